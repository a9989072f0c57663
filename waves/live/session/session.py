"""The live loop: a save becomes a build, a build becomes a plan, and the engine takes it between two blocks.

A mistake anywhere leaves the sound as it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import missing
from waves.engine.plan.forgetting import everything, nothing, sounds_on
from waves.engine.plan.plan import Plan, build_plan, needed
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.trial import Refused, try_plan
from waves.events import Event, Notify
from waves.language.model.quantize import Quantize
from waves.live.history.archive import SessionArchive
from waves.live.session.background_compile import BackgroundCompiler
from waves.live.session.build_thread import BuildThread
from waves.live.session.commit import Committer, OutdatedPlan
from waves.live.session.parameter_moves import ParameterMoves
from waves.live.session.reload_report import ReloadReport, reload_report
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.node_types.builtin.crossfade import SHORT
from waves.problem import Problem, Problems, defect

SAVED_JUST_NOW = 5.0  # a file older than this when its change is seen: its time is not when it was saved
HUSH = 0.05  # seconds
PATIENCE = 1.0  # seconds until it is silent


@dataclass(frozen=True, slots=True)
class Change:
    """Files that were seen to change, and when the last of them was written (seconds since the epoch)."""

    files: tuple[Path, ...]
    saved: float


class Session:
    """Plays `sounds` of the composer's workspace on an engine, through any number of saves."""

    def __init__(
        self,
        composer: Composer,
        sounds: Sounds,
        engine: Engine,
        compiler: Compiler,
        notify: Notify,
        *,
        fade: float | None = None,
        at: Quantize | None = None,
        registry: Registry | None = None,
        archive: SessionArchive | None = None,
    ):
        self.composer, self.sounds, self.engine, self.compiler = composer, sounds, engine, compiler
        self.notify, self.fade, self.at = notify, fade, at
        self.node_state_registry = registry or Registry()
        self.archive = archive
        self.builder = BuildThread(self._build)
        self.good = self.refused = 0
        self.problems: tuple[Problem, ...] = ()
        self.last: ReloadReport | None = None  # the save that came in last
        self.held = False
        self._kept: Mapping[str, str] | None = None  # texts of the last good save that came while held
        self._instead: Mapping[str, str] | None = None  # texts of the next build, for those of the files
        self._change: Change | None = None
        self._built: Change | None = None  # the last one that a build was tried for
        self._due = False  # a build of what the files say
        self._tidies = True  # what has gone is let go
        self._hushing = False
        self._again = False  # the piece begins anew with the next plan
        self._stopped = False  # the last save was refused by its trial
        self._let_in = False  # the next one comes in without
        self._building = threading.Lock()
        self.moves = ParameterMoves(engine, composer, self._insert_moved)
        self._inserts = False  # parameters were moved that the plan does not read yet
        self.committer = Committer(engine, self.node_state_registry, composer, archive, notify, self._gives_way)
        self.background = BackgroundCompiler(
            compiler, notify, self._request, lambda problems: self._refuse(problems, self._change)
        )

    @property
    def yaml_changed(self) -> threading.Event:
        """The flag that the watcher raises."""
        return self.builder.yaml_changed

    def begin(self, composition: Composition, state: Snapshot | None = None) -> None:
        """The first plan, its kernels compiled, from a state that was saved or from none; raises Problems."""
        if self.archive:
            self.archive.given()
        if state:
            composition = replace(composition, graph=state.seeded(composition.graph))
        plan = self._plan(composition)
        if state:
            state.restore(plan)
            self.engine.resume_at(state.about["clock"], state.about["level"], state.limiter)
        self.committer.begin(plan, composition)

    def changed(self, files: Iterable[Path]) -> None:
        """Files were saved: build as soon as the present build is done."""
        times = []
        for file in files:
            try:
                times.append(file.stat().st_mtime)
            except OSError:  # gone again
                continue
        now = time.time()
        saved = max(times, default=now)
        self._change = Change(tuple(files), saved if now - saved < SAVED_JUST_NOW else now)
        self._request()

    def _request(self) -> None:
        self._due = True
        self.builder.request()

    def drop_finished_fades(self) -> None:
        """Let go of parts that have faded or rung out; to be called now and then."""
        if self._tidies and not self.engine.fading and self.composer.has_finished_fades(self._over):
            self.builder.request()

    def reload(self) -> None:
        """Build as if every file had been saved."""
        self.changed(())

    def set_value(self, name: str, value: float, frame: int = 0) -> str:
        """Move a parameter from outside, as `ParameterMoves.set` says."""
        return self.moves.set(name, value, frame)

    def release_value(self, name: str) -> str:
        """Give a parameter that was moved from outside back to the text; its `<id>.<parameter>`. Raises Problems."""
        key = self.moves.release(name)
        self.reload()
        return key

    def _insert_moved(self) -> None:
        self._inserts = True
        self.builder.request()

    def hold(self, held: bool) -> None:
        """While held, saves are checked but do not come in."""
        self.held = held
        if not held and self._kept:
            self._request()

    def accept_refused(self) -> None:
        """Let the last save in, although its trial refused it."""
        if not self._stopped:
            self.notify(Event("transport", "no save was refused by its trial"))
            return
        self._let_in = True
        self.reload()

    def hush(self) -> None:
        """Fade out, forget tails, memories and voices, and go on from there."""
        with self.engine.silenced(HUSH, PATIENCE):
            self._hushing = True  # a save that waits for its boundary is built again
            with self._building:
                self._hushing = False
                playing = self.engine.playing
                if playing:
                    graph = playing.graph
                    plan = build_plan(graph, playing, self.node_state_registry, self.engine.bus, 0, forget=sounds_on)
                    with suppress(OutdatedPlan):
                        self.committer.commit(plan, gives_way=False)

    def _gives_way(self) -> bool:
        """Whether a plan that waits is to make room."""
        return self._due or self._hushing

    def undo(self, steps: int = 1) -> None:
        """Bring back the text of an earlier version, or with negative steps of a later one."""
        if self.archive and self.archive.step(-steps):
            self.reload()
        else:
            text = f"there is no {'earlier' if steps > 0 else 'later'} version"
            self.notify(Event("transport", text))

    def again(self) -> None:
        """Play from the start."""
        self._again = True
        self.reload()

    def stop(self) -> None:
        self.builder.stop()

    def _build(self) -> None:
        """One build: read, check, compile if need be, plan, try, commit."""
        with self._building:
            if not self._due:
                if self._inserts:
                    self._insert_values()
                else:
                    self._tidy()
                return
            self._due = False
            change, started = self._change, time.time()
            if change is not self._built:
                self.composer.take_offered_types()
                self._built = change
            anew = self._again or self.engine.ended
            try:
                given = self.archive.given() if self.archive else None
                given, self._instead = self._instead or given, None
                composition = self.composer.compose(self.sounds, given=given)
                if not anew:
                    composition = self.composer.with_slow_fades(composition, self._over)
                composed = time.time()
                todo = missing(needed(composition.graph))
                if todo:
                    self.background.compile(todo)
                    return
                plan = self._plan(composition, anew)
                quantize = Quantize() if anew else self._quantize(composition)
                if self.held:
                    self._kept, self._let_in = composition.texts, False
                    text = "held: the save is good and waits for `h`"
                    self.notify(Event("reloaded", text, {"held": True}))
                    return
                planned = time.time()
                if not self.committer.commit(plan, composition, quantize):
                    if not self.engine.hangs:  # a newer save, or hush
                        self._request()
                    return
            except OutdatedPlan:
                self._request()
                return
            except Problems as found:
                self._refuse(found.problems, change, isinstance(found, Refused))
                if self._kept and not self.held:  # the last good one comes in instead
                    self._instead, self._kept = self._kept, None
                    self._request()
                return
            except Exception as error:  # the loop and the sound must survive it
                self._refuse([defect(error)], change)
                return
            self.moves.committed(composition)
            self._again = self._stopped = self._let_in = False
            self._tidies, self._kept = True, None
            self._report(plan, composition, change, started, composed, planned)

    def _insert_values(self) -> None:
        """Commit what plays with the parameters that were moved, whatever the files say now."""
        self._inserts = False
        try:
            if composition := self.composer.with_moved():
                self.committer.commit(self._plan(composition, tidies=True), composition, gives_way=False)
        except OutdatedPlan:
            self._insert_moved()
        except Exception as error:
            problems = error.problems if isinstance(error, Problems) else [defect(error)]
            self.notify(Event("fault", "a parameter cannot be moved", {}, tuple(problems)))

    def _tidy(self) -> None:
        """Commit what plays without the parts that have gone."""
        if self.engine.ended:
            return
        try:
            if self.archive:
                self.archive.unpark()
            if composition := self.composer.without_finished_fades(self._over):
                self.committer.commit(self._plan(composition, tidies=True), composition)
        except OutdatedPlan:  # the next look finds them again
            pass
        except Exception as error:  # silent as they are, they stay until the next save
            self._tidies = False
            if not isinstance(error, Problems):  # of files that are gone
                self.notify(Event("fault", "what has gone cannot be let go", {}, (defect(error),)))

    def _over(self, passage: str) -> bool:
        """Whether a part has come or gone, all channels of it."""
        states = self.node_state_registry.states.items()
        return all(state.over for key, state in states if key.partition("#")[0] == passage)

    def _plan(self, composition: Composition, anew: bool = False, tidies: bool = False) -> Plan:
        """A plan that was tried; with `anew` the piece begins from the start."""
        playing = self.engine.playing
        seconds = self.fade if self.fade is not None else composition.written.fade
        seconds = self.composer.settings.FADE if seconds is None else seconds
        seconds = 0.0 if anew else min(seconds, SHORT) if tidies else seconds
        registry, bus = self.node_state_registry, self.engine.bus
        if self.archive and not anew and not tidies:
            self.archive.park(registry, playing, composition.graph)
        fade, forget = round(seconds * self.engine.rate), everything if anew else nothing
        plan = build_plan(composition.graph, playing, registry, bus, fade, forget, restart=anew)
        if self.composer.settings.TRIAL and not self._let_in and not tidies:
            composition.findings.extend(try_plan(plan, self.engine))
        return plan

    def _quantize(self, composition: Composition) -> Quantize:
        """When a save comes in: as the command line says, or the file, or `config.py`."""
        return self.at or composition.written.at or self.composer.quantize

    def _refuse(self, problems: list[Problem], change: Change | None, by_trial: bool = False) -> None:
        self.refused += 1
        if self.archive:
            self.archive.refused()
        self._stopped, self._let_in = by_trial, False
        problems = [self.composer.located(problem) for problem in problems]
        self.problems = tuple(problems)
        errors = sum(p.level == "error" for p in problems)
        text = f"{_files(change)} refused, {errors} problem{'s' * (errors != 1)}: the old sound plays on"
        text += "; `F` lets it in" * by_trial
        figures = {"good": self.good, "refused": self.refused}
        self.notify(Event("refused", text, figures, tuple(problems)))
        if self.composer.fall_back():  # it may be that the texts are right, and the node types that are new are not
            self._request()

    def _report(
        self,
        plan: Plan,
        composition: Composition,
        change: Change | None,
        started: float,
        composed: float,
        planned: float,
    ) -> None:
        now = time.time()
        self.good += 1
        self.problems = tuple(composition.findings)
        saved = change.saved if change else started
        frame, where = self.engine.committed_at, self.committer.music_time
        self.last = reload_report(
            plan,
            milliseconds=round((now - saved) * 1e3, 2),
            stages={
                "watch": round((started - saved) * 1e3, 2),
                "compose": round((composed - started) * 1e3, 2),
                "plan": round((planned - composed) * 1e3, 2),
                "commit": round((now - planned) * 1e3, 2),
            },
            frame=frame,
            place=where.place(frame) if where else "",
            good=self.good,
            refused=self.refused,
        )
        last = self.last
        text = f"{_files(change)}: {last.milliseconds:.0f} ms, {last.place}, reload {self.good}: {last.line}"
        self.notify(Event("reloaded", text, {"file": _files(change), **last.figures}, self.problems))


def _files(change: Change | None) -> str:
    return ", ".join(file.name for file in change.files) if change and change.files else "reload"
