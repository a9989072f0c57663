"""Reloads node files that are saved while they play: loads, compiles and tries them, then replaces the old types.

The sound and other saves do not wait. Whatever is wrong with a file, its old version plays on.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.events.changes import Mended, NodesLoaded, Refused
from waves.events.event import Notify
from waves.events.progress import compiling
from waves.live.session.build_thread import BuildThread
from waves.live.workspace.file_watch import read_settled
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.fingerprint import type_fingerprint
from waves.node_types.library.library import Library, Types
from waves.node_types.library.signature import state_dtype
from waves.problem import Mark, Problem

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

    `accept` is given all types and the files that changed, from a thread of its own. Kinds in `packages` that are
    outside the shipped library stay bounds-checked in play if `checked`.
    """

    def __init__(
        self,
        types: Types,
        packages: Iterable[str],
        compiler: Compiler,
        notify: Notify,
        accept: Callable[[Types, list[Path]], None],
        *,
        checked: bool = True,
    ):
        self.types, self.packages, self.compiler = dict(types), list(packages), compiler
        self.notify, self.accept, self.checked = notify, accept, checked
        self.problems: tuple[Problem, ...] = ()
        """Problems of the node files as they are now: these play in an older version, or not at all."""
        self.builder = BuildThread(self._update, "nodes")
        self._loaded = library.loaded_in(self.packages)
        self._refused = ""  # names of the files that `problems` came with
        self._one = threading.Lock()

    def start(self) -> None:
        """Start the thread of the reloads."""
        self.builder.start()

    def stop(self) -> None:
        """Stop after the present reload."""
        self.builder.stop()

    def changed(self) -> None:
        """Files were saved: load them after the present reload. Any thread."""
        self.builder.request()

    def reload(self) -> NodeReload:
        """Load the files that have changed, and return the result. Any thread; one reload at a time."""
        with self._one:
            return self._reload()

    def _update(self) -> None:
        self.reload()

    def _reload(self) -> NodeReload:
        began = time.monotonic()
        try:
            sources = library.read_sources(self.packages, read_settled)
        except OSError as error:
            mark = Mark(Path(error.filename).name, 1, 1) if error.filename else None
            return self._published((), [Problem(f"cannot be read: {error.strerror or error}", mark)])
        before = self._loaded
        saved = [one for name, one in sources.items() if name not in before or before[name].source != one]
        if not saved and before.keys() <= sources.keys():
            if self.problems:  # with the text again that plays
                return self._published((), [], self._refused)
            return NodeReload(True, (), "no node file has changed")
        files = ", ".join(Path(one.file).name for one in saved) or "a file that is gone"
        with compiling(self.notify, f"checking {files}"):
            wrong = self.compiler.sandbox.load(sources, saved[0] if saved else next(iter(sources.values())))
            found = library.load_types(sources, before, wrong)
            changed = {name: kind for name, kind in found.types.items() if self._is_another(name, kind)}
            unmade = {name: said for name, kind in changed.items() if (said := self.compiler.sandbox.prepare(kind))}
            made = {name: kind for name, kind in changed.items() if name not in unmade}
            problems = [*found.problems, *itertools.chain(*unmade.values()), *self._compile(made)]
        types = {name: self.types.get(name, kind) for name, kind in found.types.items()}
        for name in types.keys() - changed.keys():
            library.follow_move(types[name], found.types[name])
        for name, kind in changed.items():
            kernels_of = kernel_cache.variants(kind) if hasattr(kind, "render") else []
            if name in unmade or kernel_cache.missing(kernels_of):
                self._stays(name, kind, types, found)
            else:
                types[name] = kind
        names = [name for name in {**self.types, **types} if self.types.get(name) is not types.get(name)]
        carried = [line for name in names for line in carried_over(self.types.get(name), types.get(name))]
        self._loaded, self.types = found.loaded, types
        if names:
            self.accept(types, [Path(one.file) for one in saved])
        seconds = time.monotonic() - began
        return self._published(tuple(names), problems, files, carried, seconds)

    def _is_another(self, name: str, kind: type[Node]) -> bool:
        old = self.types.get(name)
        return kind is not old and (old is None or type_fingerprint(kind) != type_fingerprint(old))

    def _compile(self, changed: Types) -> list[Problem]:
        """Compile and try all variants of the types that changed; their problems."""
        kinds = [kind for kind in changed.values() if hasattr(kind, "render")]
        for kind in kinds:
            kernel_cache.mark_untrusted([kind], self.checked and not library.is_shipped(kind))
        try:
            self.compiler.compile([kernel for kind in kinds for kernel in kernel_cache.variants(kind)])
        except CompileError as error:
            return error.problems
        return []

    def _stays(self, name: str, kind: type[Node], types: dict[str, type[Node]], found: Library) -> None:
        """Keep the old version of a type, or leave it out; its file is loaded again with the next save."""
        origin = library.origin(kind)
        assert origin
        module = origin.source.name
        if name in self.types:
            types[name] = self.types[name]
        else:
            types.pop(name, None)
        if module in self._loaded:
            found.loaded[module] = self._loaded[module]
        else:
            found.loaded.pop(module, None)

    def _published(
        self,
        names: tuple[str, ...],
        problems: list[Problem],
        files: str = "nodes",
        carried: Iterable[str] = (),
        seconds: float = 0.0,
    ) -> NodeReload:
        """Publish the result as events, and return it."""
        loaded = NodesLoaded(
            file=files,
            names=tuple(name for name in names if name in self.types),
            removed=tuple(name for name in names if name not in self.types),
            states=tuple(carried),
            seconds=seconds,
        )
        refused = Refused(file=files, subject="nodes", partly=bool(names), problems=tuple(problems))
        good = Mended(file=files, subject="nodes") if self.problems and not names else loaded
        self.problems, self._refused = refused.problems, files
        if names or not problems:
            self.notify(good)
        if problems:
            self.notify(refused)
        message = good.text if names or not problems else refused.text
        return NodeReload(not problems, names, message, "\n".join(map(str, problems)), refused.problems)


def carried_over(old: type[Node] | None, new: type[Node] | None) -> list[str]:
    """One sentence about the fields of the state that are not carried over by name; empty if all are."""
    if old is None or new is None:
        return []
    before: Mapping[str, Any] = state_dtype(old).fields or {}
    after: Mapping[str, Any] = state_dtype(new).fields or {}
    parts = [f"'{name}' is new" for name in after if name not in before]
    parts += [f"'{name}' is dropped" for name in before if name not in after]
    parts += [
        f"'{name}' has another type and starts again"
        for name in after
        if name in before and before[name][0] != after[name][0]
    ]
    return [f"state of {new.__name__.lower()}: {', '.join(parts)}"] if parts else []
