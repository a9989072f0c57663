"""Commits plans: offers them to the engine at their boundary, and tells registry, archive and composer."""

from __future__ import annotations

import time
from collections.abc import Callable

from waves import collector
from waves.abi import PLAN
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.events.changes import Waiting
from waves.events.event import Notify
from waves.events.trouble import Fault
from waves.language.model.quantize import Quantize
from waves.live.history.archive import SessionArchive
from waves.live.session.music_time import MusicTime, music_time, other_bars, transport
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.problem import defect

LOOK = 0.0005  # seconds between two checks whether the callback has taken a plan
WAIT = 0.01  # seconds between two checks of the distance to a boundary
SOON = 0.005  # seconds; a boundary that is nearer is missed
EARLY = 0.1  # seconds before its boundary at which a plan is offered
LONG = 0.1  # seconds for which a plan waits for the callback before garbage is collected meanwhile


class OutdatedPlan(Exception):
    """The plan was built upon a plan that does not play any more: it must be built again."""


class Committer:
    """Commits one plan at a time. Build thread, or a thread that holds its lock.

    While `overtaken()` is true, a plan that waits for its boundary gives up.
    """

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        composer: Composer,
        archive: SessionArchive | None,
        notify: Notify,
        overtaken: Callable[[], bool],
    ):
        self.engine, self.registry, self.composer, self.archive = engine, registry, composer, archive
        self.notify, self.overtaken = notify, overtaken
        self.waits = False
        """Whether a plan waits: for its boundary, or, as it was offered, for the next frames."""

    def begin(self, plan: Plan, composition: Composition) -> None:
        """Commit the first plan; no device runs yet."""
        self.engine.offer(plan)
        self._committed(plan, composition, first=True)
        self.write()

    def first_plays(self, gives_way: Callable[[], bool]) -> bool:
        """Wait until the device has taken the first plan: the next one stands upon its states. False if it gave way."""
        while self.engine.playing is None:
            if gives_way():
                return False
            collector.resume()
            time.sleep(LOOK)
        return True

    def commit(
        self,
        plan: Plan,
        composition: Composition | None = None,
        quantize: Quantize | None = None,
        gives_way: Callable[[], bool] | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> bool:
        """Offer a plan, and wait until it plays; False if it was overtaken or the engine hangs. Raises OutdatedPlan.

        Without a composition it is the piece that plays, without its tails. A plan that was offered is withdrawn when
        `gives_way()` is true, by default `overtaken()`. `meanwhile` is called while the plan waits for the callback;
        it must not raise, and the caller calls `write` later.
        """
        try:
            if quantize and quantize.count and not self._wait(plan, quantize):
                return False
            if self.archive:
                self.archive.copy_replaced_state(plan, composition)
            refusals = self.engine.refusals
            self.engine.offer(plan)
            self.waits = True
            if meanwhile:
                meanwhile()
            if not self._is_taken(plan, gives_way or self.overtaken, refusals):
                return False
        finally:
            self.waits = False
        self._committed(plan, composition)
        if not meanwhile:
            self.write()
        return True

    def write(self) -> None:
        """Write what was committed into the session log and the versions: files may take long."""
        try:
            if self.archive:
                self.archive.write_commits()
        except Exception as error:  # the loop that calls this must survive it
            self.notify(Fault(message="the history cannot be written", problems=(defect(error),)))

    def _is_taken(self, plan: Plan, gives_way: Callable[[], bool], refusals: int) -> bool:
        """Wait until a plan plays; False if it gave way or the engine hangs. Raises OutdatedPlan.

        `refusals`: count of those of the engine when the plan was offered.
        """
        began = time.monotonic()
        while self.engine.playing is not plan:
            if self.engine.hangs:
                return False
            if self.engine.refusals != refusals:
                raise OutdatedPlan
            if gives_way() and self.engine.withdraw():
                return False
            if time.monotonic() - began > LONG:
                collector.resume()
            time.sleep(LOOK)
        return True

    @property
    def music_time(self) -> MusicTime | None:
        """The present position in the music; None before anything plays."""
        playing = self.engine.playing
        return music_time(playing, self.engine.rate) if playing else None

    def frame_of(self, plan: Plan) -> int:
        """The frame of the piece since which the plan that was committed last plays: 0 if it begins again."""
        return 0 if plan.header[PLAN.index("restart")] else self.engine.committed_at

    def _wait(self, plan: Plan, quantize: Quantize) -> bool:
        """Wait until shortly before the boundary, and write it into the plan; False if it was overtaken."""
        told, self.waits = False, True
        while (playing := self.engine.playing) and (now := self.music_time) and (state := transport(playing)):
            clock = self.engine.clock
            boundary = now.boundary(quantize, clock + round(SOON * self.engine.rate), other_bars(plan, playing))
            if boundary is None:
                return True
            frame = now.frame_of(boundary)
            if not told:
                seconds = (frame - clock) / self.engine.rate
                place = now.place(frame)
                self.notify(Waiting(boundary=str(quantize), place=place, frame=frame, seconds=round(seconds, 3)))
                told = True
            if now.is_known(boundary) and frame - clock <= EARLY * self.engine.rate:
                plan.wait_for_beat(state, boundary)
                return True
            if self.overtaken():
                return False
            collector.resume()
            time.sleep(WAIT)
        return True

    def _committed(self, plan: Plan, composition: Composition | None, first: bool = False) -> None:
        plan.commit_states(self.registry)
        if self.archive:
            self.archive.committed(plan, composition, first)
        plan.parent = None  # so that the plan before can be freed
        if composition:
            self.composer.committed(composition)
