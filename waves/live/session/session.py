"""The live loop: a request leads to a build, the build to a plan, and the engine takes the plan between two blocks.

A mistake anywhere leaves the sound as it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from waves.collector import paused
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import MissingKernels, Plan
from waves.engine.runtime import trial
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.hush import Hush
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.state.state_registry import Registry
from waves.events.event import Notify, title
from waves.language.model.piece import Piece
from waves.language.model.quantize import Quantize
from waves.live.history.archive import SessionArchive
from waves.live.session.background_compile import BackgroundCompiler
from waves.live.session.build_requests import BuildRequest, BuildRequests, Change, VersionSearch, change_of_files
from waves.live.session.build_thread import BuildThread
from waves.live.session.commit import Committer, OutdatedPlan
from waves.live.session.outcomes import Outcomes
from waves.live.session.planner import Planner
from waves.live.session.reload_report import Stages, is_heard
from waves.live.session.upkeep import Upkeep
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.problem import Problem, Problems, defect


class Session:
    """Plays `sounds` of the composer's workspace on an engine, through any number of changes.

    Any thread but the sound thread may request a change. Builds run on the build thread, one at a time, which is also
    the thread of the methods with an underscore.
    """

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
        """`fade` (s) and `at` overrule what the files and settings say of changes."""
        self.composer, self.engine, self.compiler, self.notify = composer, engine, compiler, notify
        self.sounds: Sounds = sounds
        """The sounds that play, each with its parameters."""
        self.at, self.archive = at, archive
        self.node_state_registry = registry or Registry()
        self.held = False
        """Whether saves are checked, but do not take effect."""
        self._hush = Hush(engine)
        self.requests, self.outcomes = BuildRequests(), Outcomes(notify)
        self.builder = BuildThread(self._build, "builder")
        self.planner = Planner(composer, engine, self.node_state_registry, archive, notify, fade)
        self.committer = Committer(engine, self.node_state_registry, composer, archive, notify, self._is_overtaken)
        ends = self._kernels_are_ready, self._kernels_failed
        self.background = BackgroundCompiler(compiler, notify, *ends, lambda: self.requests.aim or self.upkeep.waiting)
        self.upkeep = Upkeep(self.planner, self.committer, self.background, notify, self.builder.request)
        self.moves, self.switches = self.upkeep.moves, self.upkeep.switches
        """Parameters that are moved, and tracks that are switched, from outside."""
        self._checked: BuildRequest | None = None  # the last good one while saves were held, with its texts
        self._chosen: Sounds | None = None  # by `play`, until they play or are refused
        self._change: Change | None = None  # the last one that was built
        self._building = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sounds that play."""
        return tuple(name for name, _ in self.sounds)

    @property
    def upcoming(self) -> Sounds:
        """The sounds that were chosen last, though they may not play yet."""
        return self._chosen or self.sounds

    @property
    def piece(self) -> Piece:
        """The text that plays, as checked models of all its sounds. Raises Problems if nothing plays."""
        if not (self.composer.playing and self.composer.playing.piece):
            raise Problems(Problem("nothing plays yet"))
        return self.composer.playing.piece

    def begin(self, composition: Composition, state: Snapshot | None = None, untried: bool = False) -> None:
        """Give the engine its first plan, from a saved state or from none; no device runs yet. Raises Problems.

        The kernels of the composition are compiled. `untried`: without a trial.
        """
        if self.archive:
            self.archive.begin_build()
        self.committer.begin(*self.planner.first_plan(composition, state, untried))

    def stop(self) -> None:
        """Stop after the present build."""
        self.builder.stop()

    # changes

    def changed(self, files: Iterable[Path], since: float | None = None) -> None:
        """Build the text of the files; `files` were saved, at `since` (seconds since 1970) if that is known."""
        change = change_of_files(files := [*files])
        self._request(BuildRequest(replace(change, saved=since) if since else change, files=frozenset(files)))

    def reload(self) -> None:
        """Build as if every file had been saved."""
        self._request(BuildRequest(Change.now("reload")))

    def play(self, sounds: Sounds, fade: float | None = None, at: Quantize | None = None) -> None:
        """Play other sounds of the present version, crossfaded within `fade` seconds at the boundary `at`.

        Fade and boundary default to those of saves. Held saves stay held. Raises Problems if nothing plays.
        """
        if (playing := self.composer.playing) is None:
            raise Problems(Problem("nothing plays yet"))
        self._chosen = sounds
        change = Change.now(f"play {title(name for name, _ in sounds)}")
        self._request(BuildRequest(change, sounds, playing.texts, fade, at))

    def restart(self, name: str = "restart") -> None:
        """Play from the start: the text of the files, or the present text while saves are held."""
        texts = self.composer.playing.texts if self.held and self.composer.playing else None
        self._request(BuildRequest(Change.now(name), texts=texts, restart=True))

    def undo(self, steps: int = 1) -> str:
        """Play an earlier version that is heard (negative `steps`: a later one); the first tried. Raises Problems."""
        return self._version(VersionSearch(-1 if steps > 0 else 1), -steps)

    def play_version(self, number: int) -> str:
        """Play the version of a number, heard or not; its name. Raises Problems if there is none."""
        return self._version(VersionSearch(0), number=number)

    def _version(self, search: VersionSearch, steps: int = 0, number: int = 0) -> str:
        if self.archive is None or not self.archive.choose_version(steps, number=number):
            which = f"{'earlier' if search.direction < 0 else 'later'} version" if steps else f"version {number}"
            raise Problems(Problem(f"there is no {which}"))
        self._request(BuildRequest(Change.now(self.archive.versions.name(self.archive.chosen)), search=search))
        return self.archive.chosen_label

    def hold(self, held: bool) -> None:
        """Hold saves: they are checked and do not take effect. On release the last good or accepted one does."""
        self.held = held
        if not held and self._checked:
            change = replace(self._checked.change, saved=time.time(), asked=time.monotonic())  # it begins now
            accepted = self._checked.accepted and self._checked.change is self._change
            self._request(replace(self._checked, change=change, texts=None, accepted=accepted))

    def accept_refused(self) -> None:
        """Play the last change although its trial refused it. Raises Problems if there is none."""
        self._request(self.outcomes.accepted(self.requests.unfinished))

    def set_value(self, name: str, value: float, frame: int = 0) -> str:
        """Move a parameter from outside, as `ParameterMoves.set` says. Raises Problems."""
        return self.moves.set(name, value, frame)

    def release_value(self, name: str) -> str:
        """Give a parameter that was moved from outside back to the text; its `<id>.<parameter>`. Raises Problems."""
        return self.moves.release(name)

    def hush(self, hushed: bool = True) -> None:
        """Fade out, and empty tails, ring buffers and voices; False: fade in again, as does the next change.

        Meanwhile the piece goes on silently. A change that was asked for before does not end that. Takes up to a second
        or so. One call at a time, on any thread but the sound thread and the build thread, whose lock it waits for.
        """
        if not hushed:
            self._hush.end()
            return
        self._hush.begin()
        with self.requests.urgent():
            self._building.acquire()
        try:
            if playing := self.engine.playing:
                with suppress(OutdatedPlan):
                    self.committer.commit(self.planner.silent_plan(playing), gives_way=lambda: False)
        finally:
            self._building.release()

    @property
    def hushed(self) -> bool:
        """Whether it is silent on request."""
        return self._hush.is_on

    def stay_hushed(self, hushed: bool) -> None:
        """Begin silently if the session before this one was silent; no device runs yet."""
        if hushed:
            self._hush.begin(0.0)

    def _request(self, request: BuildRequest) -> None:
        self.requests.add(request)
        self.builder.request()

    def _retry(self, request: BuildRequest) -> None:
        self.requests.put_back(request)
        self.builder.request()

    # builds

    def _build(self) -> None:
        """Build what was requested; without a request, do the upkeep of the present version."""
        self.requests.let_urgent_pass()
        with self._building, paused():
            if self.engine.playing is None and self.upkeep.values_wait:
                self.upkeep.run()
            request = self.requests.take()
            if request is None or self.planner.has_told(request.files):
                self.requests.taken = None
                self.upkeep.run()
                return
            try:
                self._carry_out(request := replace(request, files=frozenset()))
            except OutdatedPlan:
                self._retry(request)
            except MissingKernels as found:
                self.requests.postpone(request)
                self.background.compile(found.kernels)
            except Problems as found:
                self._refuse(found.problems, request, by_trial=isinstance(found, trial.TrialRefused))
            except Exception as error:  # the loop and the sound must survive it
                self._refuse([defect(error)], request)
            self.committer.write()
            self.requests.taken = None
            if self.moves.uninserted:
                self.builder.request()

    def _carry_out(self, request: BuildRequest) -> None:
        """Compose, plan and try, commit, report. Raises Problems, OutdatedPlan and MissingKernels."""
        stages = Stages(request.change.saved)
        if request.change is not self._change:
            self.composer.take_offered_types()
            self._change = request.change
        restart = request.restart or self.engine.ended
        sounds = self.sounds if request.sounds is None else request.sounds
        made = self.planner.build(request, sounds, restart, stages, self._first_plays)
        if made is None:
            self._retry(request)
            return
        composition, plan = made
        if request.search and not is_heard(plan, self.composer.playing, composition) and self._steps_over(request):
            return
        if self.held and request.texts is None:
            self._checked = replace(request, texts=composition.texts)
            self.outcomes.was_checked(request, composition.check_unplayed(), self.planner.conclude(request))
            return
        compare = partial(self.outcomes.compare, plan, self.composer.playing, composition)
        at = Quantize() if restart else request.at or self.at or composition.written.at or self.composer.quantize
        if not self.committer.commit(plan, composition, at, None, compare):
            if not self.engine.hangs:
                self._retry(request)
            return
        stages.end("commit")
        self._took_effect(request, plan, composition, stages)

    def _is_overtaken(self) -> bool:
        """Whether a build that waits for its frame is in vain: a newer one was asked for, or the session has ended."""
        return self.requests.overtake or self.builder.ended

    def _first_plays(self) -> bool:
        """Wait for the first plan; False if a newer build, moved parameters or the end come before it."""
        return self.committer.first_plays(lambda: self._is_overtaken() or self.upkeep.values_wait)

    def _took_effect(self, request: BuildRequest, plan: Plan, composition: Composition, stages: Stages) -> None:
        self.upkeep.committed(composition)
        self.sounds = composition.sounds
        if request.sounds is self._chosen:
            self._chosen = None
        self.upkeep.fades_stay = False
        self._hush.end(request.change.asked)
        if request.texts is None or not self.held:
            self._checked = None
        frame, where = self.committer.frame_of(plan), self.committer.music_time
        place, of_files = (where.place(frame) if where else ""), self.planner.conclude(request)
        self.outcomes.took_effect(request, composition, stages, frame, place, of_files)

    def _refuse(self, problems: list[Problem], request: BuildRequest, by_trial: bool = False) -> None:
        """Publish the problems of a request; retry the good save that was held, or the present node types."""
        if self._steps_over(request, fails=True):
            return
        of_files = self.planner.conclude(request)
        if self.archive:
            self.archive.build_refused()
        if request.sounds is self._chosen:
            self._chosen = None
        if request.restart:  # with the next change
            self.requests.postpone(BuildRequest(request.change, restart=True))
        older, ended = self.archive.version_label if self.archive else "", self.engine.ended
        self.outcomes.was_refused(request, map(self.composer.located, problems), by_trial, of_files, older, ended)
        others = self.composer.fall_back()
        if (checked := self._checked) and not self.held:
            self._checked = None
            self._retry(checked)
        elif others:  # the texts may be right, and the node types that are new wrong
            self._retry(replace(request, accepted=False))

    def _steps_over(self, request: BuildRequest, fails: bool = False) -> bool:
        """Let undo or redo go on to the next version, if there is one: this one `fails`, or is not heard."""
        search, archive = request.search, self.archive if request.texts is None else None
        if not (search and search.direction and archive and archive.choose_version(search.direction, on=True)):
            return False
        change = replace(request.change, name=archive.versions.name(archive.chosen))
        self._retry(replace(request, change=change, search=search.over(fails)))
        return True

    def _kernels_are_ready(self) -> None:
        """Build the request and the upkeep that waited for machine code. Compile thread."""
        self.upkeep.kernels_are_ready()
        if request := self.requests.take_postponed():
            self._retry(request)

    def _kernels_failed(self, problems: list[Problem]) -> None:
        """Refuse the request and the upkeep that waited for machine code. Compile thread."""
        self.upkeep.kernels_failed(problems)
        if request := self.requests.take_postponed():
            self._refuse(problems, request)
