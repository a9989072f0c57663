"""Reloads node files that are saved while they play: loads, compiles and tries them, then replaces the old types.

The sound and other saves do not wait. Whatever is wrong with a file, its old version plays on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.events.changes import Mended, NodesLoaded, Refused
from waves.events.event import Event, Notify
from waves.events.progress import compiling
from waves.live.saves.node_check import Check, DroppedError, as_they_are_made, outdated
from waves.live.session.build_thread import BuildThread
from waves.live.session.reload_report import state_changes
from waves.live.workspace.settled_files import read_settled
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.fingerprint import type_fingerprint
from waves.node_types.library.library import Library, Types
from waves.node_types.library.module_loader import SourceFile, parse_problem
from waves.node_types.process.node_python import tried
from waves.node_types.process.python_process import ProcessClosed
from waves.problem import Mark, Problem, defect, reason_of

STABLE = (
    *("engine.compiler", "engine.graph", "engine.plan", "engine.runtime"),
    *("audio", "live", "app", "cli", "dsp.limiter"),
)
"""Parts of waves that are never loaded again while it plays: a change takes effect with the next start."""


@dataclass(frozen=True, slots=True)
class NodeReload:
    """Result of a reload of node files: names of the types that changed; `error` has a line for each problem."""

    success: bool
    names: tuple[str, ...]
    message: str
    error: str = ""
    problems: tuple[Problem, ...] = ()


class NodeReloader:
    """The node types of some folders, and how they follow their files.

    `accept` is given all types, the files that changed and when that was seen (seconds since 1970), from a thread of
    its own. Kinds in `packages` that are outside the shipped library stay bounds-checked in play if `checked`.
    """

    def __init__(
        self,
        types: Types,
        packages: Iterable[str],
        compiler: Compiler,
        notify: Notify,
        accept: Callable[[Types, list[Path], float], None],
        *,
        checked: bool = True,
    ):
        self.types, self.packages, self.compiler = dict(types), list(packages), compiler
        self.notify, self.accept, self.checked = notify, accept, checked
        self.problems: tuple[Problem, ...] = ()
        """Problems of the node files as they are now: these play in an older version, or not at all."""
        self.gone: dict[str, Problem] = {}
        """By name of a type the problem that its file is gone, where it was there before."""
        self.types_that_stay: Callable[[], Types] = dict  # those that play, where the piece refused newer ones
        self.take_back: Callable[[Types, list[str]], None] = lambda types, files: None
        """Is given all types, and the names of files whose newer types are not offered any more."""
        self.builder = BuildThread(self._update, "nodes")
        self._loaded = library.loaded_in(self.packages)
        self._refused = ""  # names of the files that `problems` came with
        self._dropped = ""  # names of the files whose check was dropped, until the next one ends
        self._one = threading.Lock()
        self._since: float | None = None  # the first change that is not loaded yet
        self._check: Check | None = None  # in progress
        self._dropping = threading.Lock()  # so that the process of the next check is not the one that is ended

    def start(self) -> None:
        """Start the thread of the reloads."""
        self.builder.start()

    def stop(self) -> None:
        """Stop after the present reload."""
        self.builder.stop()

    def changed(self, since: float | None = None, files: Iterable[Path] = ()) -> None:
        """Files were saved, at `since` (seconds since 1970): load them after the present reload. Any thread.

        A reload that checks the text before of one of `files` is dropped.
        """
        self._since = min(filter(None, (self._since, since or time.time())))
        self.builder.request()
        with self._dropping:
            check = self._check
            if check and check.is_needed and check.is_about(files):
                check.dropped.set_result(None)
                self.compiler.sandbox.interrupt()

    def reload(self) -> NodeReload:
        """Load the files that have changed, and return the result. Any thread; one reload at a time."""
        with self._one:
            since, self._since = self._since or time.time(), None
            self.compiler.sandbox.resume()
            with self._dropping:
                check = self._check = Check()
            try:
                return self._reload(since, check)
            except (DroppedError, ProcessClosed):
                if check.is_needed:  # the player ends
                    raise
                self._dropped = ", ".join(sorted(Path(file).name for file in check.files or ())) or self._dropped
                return NodeReload(False, (), "saved again while it was checked")
            finally:
                with self._dropping:
                    self._check = None

    def _update(self) -> None:
        try:
            self.reload()
        except ProcessClosed:  # the player ends
            pass
        except Exception as error:  # the loop must survive it
            self._refuse(defect(error), time.time())

    def _reload(self, since: float, check: Check) -> NodeReload:
        try:
            sources = library.read_sources(self.packages, read_settled)
        except OSError as error:
            mark = Mark(Path(error.filename).name, 1, 1) if error.filename else None
            return self._refuse(Problem(f"cannot be read: {reason_of(error)}", mark), since)
        staying = outdated(self.types, self.types_that_stay(), sources)
        self.types |= staying
        self._loaded = {
            **self._loaded,
            **{one.source.name: one for one in map(library.origin, staying.values()) if one},
        }
        back = [Path(one.source.file).name for one in map(library.origin, staying.values()) if one]
        before = self._loaded
        old = {Path(loaded.source.file).name for loaded in before.values()}
        saved = [one for name, one in sources.items() if name not in before or before[name].source != one]
        if not saved and before.keys() <= sources.keys():
            if names := ", ".join(back) or (self._refused if self.problems else self._dropped):
                was_wrong = bool(back or self.problems)  # a check that was dropped has told nothing
                self.problems, self._dropped = (), ""  # with the text again that plays
                if back:
                    self.accept(self.types, [*map(Path, back)], since)
                return _Report(self.notify, names, was_wrong, since).end()
            return NodeReload(True, (), "no node file has changed")
        mended = [one for one in saved if one.name in before and before[one.name].source.stands_in]
        saved += [before[name].source for name in before.keys() - sources.keys()]  # the files that are gone
        check.files = frozenset(one.file for one in saved)
        files = ", ".join(Path(one.file).name for one in saved)
        with compiling(self.notify, f"checking {files}"):
            was_wrong = bool(self.problems or mended or back)
            report = _Report(self.notify, files, was_wrong, since, old, check)
            unparsable = [problem for one in saved if one.name in sources and (problem := parse_problem(one))]
            report.refuse(unparsable, partly=len(unparsable) < len(saved))
            found = library.load_types(sources, before, tried(self.compiler.sandbox, sources))
            changed = {name: kind for name, kind in found.types.items() if self._is_another(name, kind)}
            types = {name: self.types.get(name, kind) for name, kind in found.types.items()}
            for name in types.keys() - changed.keys():
                library.follow_file(types[name], found.types[name])
            types = {name: kind for name, kind in types.items() if name in self.types or name not in changed}
            report.refuse([one for one in found.problems if one not in unparsable], partly=bool(changed))
            for made in as_they_are_made(changed, lambda kind: self._made(kind, check), check.dropped):
                check.go_on()
                good = {name: changed[name] for name, said in made.items() if not said}
                for name in made.keys() - good.keys():
                    self._stays(changed[name], found)
                report.take(*self._take({**types, **good}, saved, since))
                types |= good
                report.refuse([problem for said in made.values() for problem in said], partly=bool(report.names))
            check.go_on()
            report.take(*self._take(types, saved, since))
            if (mended or back) and not (report.names or report.gone or report.problems):  # to what plays
                self.accept(types, [*(Path(one.file) for one in mended), *map(Path, back)], since)
            elif back and not report.names:
                self.take_back(self.types, back)
        self._loaded = found.loaded
        self.problems, self._refused, self._dropped = tuple(report.problems), files, ""
        return report.end()

    def _refuse(self, problem: Problem, since: float) -> NodeReload:
        """Load nothing, for a reason that has to do with no file, or with all of them."""
        report = _Report(self.notify, "nodes", bool(self.problems), since)
        report.refuse([problem], partly=False)
        self.problems, self._refused = (problem,), "nodes"
        return report.end()

    def _take(self, types: Types, saved: list[SourceFile], since: float) -> tuple[list[str], list[str], list[str]]:
        """Play with these types from now on: names of those that differ, of those that are gone, lost fields."""
        before, self.types = self.types, dict(types)
        names = [name for name in types if before.get(name) is not types[name]]
        gone = [name for name in before if name not in types]
        for name in gone:
            if source := library.origin(before[name]):
                file = Path(source.source.file)
                sentence = f"{file.parent.name}/{file.name} is gone, and the node '{name}' with it"
                self.gone[name] = Problem(sentence, Mark(file.name, 1, 1))
        self.gone = {name: problem for name, problem in self.gone.items() if name not in types}
        carried = state_changes(before, types)
        if names or gone:
            self.accept(types, [Path(one.file) for one in saved], since)
        return names, gone, carried

    def _is_another(self, name: str, kind: type[Node]) -> bool:
        old = self.types.get(name)
        return kind is not old and (old is None or type_fingerprint(kind) != type_fingerprint(old))

    def _made(self, kind: type[Node], check: Check) -> list[Problem]:
        """Try a type that changed, and compile and try all variants of its kernel; its problems."""
        try:
            check.go_on()
            if problems := self.compiler.sandbox.prepare(kind):
                return problems
            if hasattr(kind, "render"):
                kernel_cache.mark_untrusted([kind], self.checked and not library.is_shipped(kind))
                kernels = kernel_cache.variants(kind)
                self.compiler.compile(kernels, of_saved_file=True, needed=lambda: check.is_needed)
        except (CompileError, ProcessClosed) as error:
            return error.problems or [Problem("the compiler is closed")]
        return []

    def _stays(self, kind: type[Node], found: Library) -> None:
        """Keep the old version of a type: its file is loaded again with the next save."""
        origin = library.origin(kind)
        assert origin
        module = origin.source.name
        if module in self._loaded:
            found.loaded[module] = self._loaded[module]
        else:
            found.loaded.pop(module, None)


class _Report:
    """Events of a reload, each as soon as its cause is known, and its result."""

    def __init__(
        self,
        notify: Notify,
        files: str,
        was_wrong: bool,
        since: float,
        old: Container[str] | None = None,
        check: Check | None = None,
    ):
        """`since`: when the change was seen, in seconds since 1970. `old`: files with a version that can play on.

        After a `check` that was dropped nothing is told: DroppedError.
        """
        self.notify, self.files, self.was_wrong, self.since = notify, files, was_wrong, since
        self.old, self.check = old, check or Check()
        self.names: list[str] = []
        self.gone: list[str] = []
        self.carried: list[str] = []
        self.problems: list[Problem] = []

    def refuse(self, problems: list[Problem], partly: bool) -> None:
        """Problems were found; all of this reload so far are told."""
        if problems:
            self.check.go_on()
            self.problems += problems
            self.notify(self._refused(partly))

    def take(self, names: list[str], gone: list[str], carried: list[str]) -> None:
        """Types are new, or changed, or gone."""
        if names or gone:
            self.names, self.gone, self.carried = self.names + names, self.gone + gone, self.carried + carried
            self.notify(self._loaded(names, gone, carried))

    def end(self) -> NodeReload:
        """The result; it is told if nothing else was."""
        changed = (*self.names, *self.gone)
        good: Event = self._loaded(self.names, self.gone, self.carried)
        if self.was_wrong and not changed:
            good = Mended(file=self.files, subject="nodes")
        if not changed and not self.problems:
            self.notify(good)
        message = good.text if changed or not self.problems else self._refused(False).text
        errors = "\n".join(map(str, self.problems))
        return NodeReload(not self.problems, changed, message, errors, tuple(self.problems))

    def _loaded(self, names: list[str], gone: list[str], carried: list[str]) -> NodesLoaded:
        return NodesLoaded(
            file=self.files,
            names=tuple(names),
            removed=tuple(gone),
            states=tuple(carried),
            seconds=max(time.time() - self.since, 0.0),
            problems=tuple(self.problems),
        )

    def _refused(self, partly: bool) -> Refused:
        marks = [problem.mark for problem in self.problems]
        missing = self.old is not None and all(mark and mark.file not in self.old for mark in marks)
        return Refused(file=self.files, subject="nodes", partly=partly, missing=missing, problems=tuple(self.problems))
