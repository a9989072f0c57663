"""Makes plans: a request in; a graph, and a plan that has passed its trial, out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from waves.engine.plan.forgetting import everything, nothing, sounds_on
from waves.engine.plan.plan import Plan, build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.trial import try_plan
from waves.engine.state.state_registry import Registry
from waves.events.event import Notify
from waves.events.progress import BuildProgress
from waves.live.history.archive import SessionArchive
from waves.live.session.build_requests import BuildRequest
from waves.live.session.reload_report import Stages
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.piece_reader import still_written
from waves.live.workspace.settled_files import Stamp, stamp_of
from waves.node_types.builtin.crossfade import SHORT
from waves.node_types.library.library import problems_of_types
from waves.problem import Problems
from waves.python_patterns.pattern_reader import same_patterns


class Planner:
    """Composes and plans for one engine. Build thread, or a thread that holds its lock."""

    def __init__(
        self,
        composer: Composer,
        engine: Engine,
        registry: Registry,
        archive: SessionArchive | None,
        notify: Notify,
        fade: float | None = None,
    ):
        """`fade`: seconds of every crossfade, None: as the files and settings say."""
        self.progress = BuildProgress(notify)
        self.composer, self.engine, self.registry, self.archive = composer, engine, registry, archive
        self.fade = fade
        self._state: Snapshot | None = None
        self._told: Mapping[Path, Stamp] = {}  # the files, as they were read for the last outcome

    def first_plan(
        self, composition: Composition, state: Snapshot | None, untried: bool = False
    ) -> tuple[Plan, Composition]:
        """The first plan, with the states of a snapshot if there is one, and its composition with the seeds of these.

        Raises TrialRefused. No device runs yet.
        """
        self._state = state
        composition = self._with_seeds(composition)
        plan = self.plan(composition, untried=untried)
        if state:
            state.restore(plan)
            self.engine.resume_at(state.about["clock"], state.about["level"], state.limiter)
        return plan, composition

    def compose(self, request: BuildRequest, sounds: Sounds, restart: bool) -> Composition:
        """The graph of a request, with the parts of the present piece that fade out slowly. Raises Problems.

        Files may not be whole yet: `composer.was_complete` says whether they were.
        """
        given = self.archive.begin_build(request.search is not None) if self.archive else None
        composition = self.composer.compose(sounds, given=request.texts or given, early=True)
        return composition if restart else self.composer.with_slow_fades(composition, self.is_over)

    def build(
        self, request: BuildRequest, sounds: Sounds, restart: bool, stages: Stages, may_go_on: Callable[[], bool]
    ) -> tuple[Composition, Plan] | None:
        """The composition and the plan of a request; None if it must be built again.

        While a file that was just written rests, it is built already: all of it is done again if more was written, or
        if `may_go_on()` is false before the plan is made. Raises as `compose` and `plan`.
        """
        with self.progress.building(request.subject, request.aim):
            return self._build(request, sounds, restart, stages, may_go_on)

    def _build(
        self, request: BuildRequest, sounds: Sounds, restart: bool, stages: Stages, may_go_on: Callable[[], bool]
    ) -> tuple[Composition, Plan] | None:
        try:
            composition = self.compose(request, sounds, restart)
            if request.sounds is None and not restart:
                self._refuse_pattern_files(composition)
            stages.end("compose")
            if not may_go_on():
                return None
            plan = self.plan(composition, request.fade, restart, accepted=self.accepts(request))
            stages.end("plan")
        except Problems:
            if self.composer.was_complete():
                raise
            return None
        is_complete = self.composer.was_complete()
        stages.end("watch")
        return (composition, plan) if is_complete else None

    def _refuse_pattern_files(self, composition: Composition) -> None:
        """Raise Problems where files of patterns have mistakes, and nothing else differs from what plays."""
        before = self.composer.playing
        if not (before and before.piece and composition.piece) or composition.texts != before.texts:
            return
        was, now = before.piece.python, composition.piece.python
        if now.problems not in ((), was.problems) and same_patterns(was.patterns, now.patterns):
            raise Problems(now.problems)

    def plan(
        self,
        composition: Composition,
        fade: float | None = None,
        restart: bool = False,
        untried: bool = False,
        accepted: bool = False,
    ) -> Plan:
        """A plan upon the one that plays, crossfaded within `fade` seconds. Raises TrialRefused after its trial.

        `untried`: without a trial; `accepted`: what the trial would refuse is a warning.
        """
        playing = self.engine.playing
        if playing:
            self._state = None  # nothing begins from it any more
        if self.archive and not restart:
            self.archive.park_state(self.registry, playing, composition.graph)
        seconds = 0.0 if restart else self._seconds(composition, fade)
        with problems_of_types(composition.library):
            plan = build_plan(
                composition.graph,
                playing,
                self.registry,
                self.engine.addresses,
                round(seconds * self.engine.rate),
                everything if restart else nothing,
                restart=restart,
            )
        plan.continue_level(playing)
        if untried:
            plan.level = math.inf
        if self.composer.settings.TRIAL and not untried:
            composition.findings.extend(try_plan(plan, self.engine, accepted))
        if self.archive and self.archive.built is not None:
            with suppress(OSError):  # a file is missing for a moment
                files, _ = self.composer.file_texts(), composition.check_unplayed()
                composition.findings[:] = still_written(composition.findings, composition.texts, files)
        plan.accepted = accepted
        return plan

    def conclude(self, request: BuildRequest) -> bool:
        """Note that a request has its outcome; whether it had the text of the files, and not that of a version."""
        of_files = request.texts is None and (self.archive is None or self.archive.built is None)
        if of_files:
            self._told = self.composer.stamps
        return of_files

    def has_told(self, files: Iterable[Path]) -> bool:
        """Whether files are as they were read for the last outcome: a busy system reports one save twice."""
        try:
            stamps = {file: stamp_of(file) for file in files}
        except OSError:
            return False
        return bool(stamps) and stamps.items() <= self._told.items()

    def accepts(self, request: BuildRequest) -> bool:
        """Whether the player accepts what is built for a request, or accepted this version when it was saved."""
        if request.accepted or not self.archive or request.texts is not None:
            return request.accepted
        return self.archive.versions.is_accepted(self.archive.built or 0)

    def plan_of_playing(self, composition: Composition) -> tuple[Plan, Composition]:
        """A plan for a small change of the present version, without a trial, and its composition.

        It may take the place of the first plan, which waits for its device: then it begins from the same states.
        """
        playing, registry, addresses = self.engine.playing, self.registry, self.engine.addresses
        frames = round(min(self._seconds(composition, None), SHORT) * self.engine.rate)
        if playing is None:
            composition = self._with_seeds(composition)
        plan = build_plan(composition.graph, playing, registry, addresses, frames, nothing)
        plan.continue_level(playing)
        if playing is None and self._state:
            self._state.restore(plan)
        return plan, composition

    def silent_plan(self, playing: Plan) -> Plan:
        """A plan of the present graph without tails, ring buffers and voices: they start empty."""
        plan = build_plan(playing.graph, playing, self.registry, self.engine.addresses, 0, sounds_on)
        plan.continue_level(playing)
        return plan

    def is_over(self, passage: str) -> bool:
        """Whether a slow fade is over in all channels; `passage` is the ID of its node."""
        states = self.registry.states.items()
        return all(state.over for key, state in states if key.partition("#")[0] == passage)

    def _with_seeds(self, composition: Composition) -> Composition:
        state = self._state
        return replace(composition, graph=state.with_seeds(composition.graph)) if state else composition

    def _seconds(self, composition: Composition, fade: float | None) -> float:
        written = composition.written.fade, self.composer.settings.FADE
        return next(seconds for seconds in (fade, self.fade, *written) if seconds is not None)
