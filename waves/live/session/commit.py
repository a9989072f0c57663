"""Brings plans to the engine: on the frame where they belong, and into all that keeps what plays."""

from __future__ import annotations

import time
from collections.abc import Callable

from waves.engine.plan.plan import Plan
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.events.changes import Waiting
from waves.events.event import Notify
from waves.language.model.quantize import Quantize
from waves.live.history.archive import SessionArchive
from waves.live.session.music_time import MusicTime, music_time, transport
from waves.live.workspace.composer import Composer, Composition

LOOK = 0.0005  # seconds between two looks whether the callback took a plan
WAIT = 0.01  # seconds between two looks how far a boundary is
SOON = 0.005  # seconds after which a boundary may still be met
EARLY = 0.1  # seconds before its boundary that a plan is given to the callback


class OutdatedPlan(Exception):
    """A plan was built upon another than the one that plays: it is to be built again."""


class Committer:
    """`overtaken` tells whether a newer save is there, which a plan that still waits gives way to."""

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

    def begin(self, plan: Plan, composition: Composition) -> None:
        """The first plan: the device does not run yet."""
        self.engine.offer(plan)
        self._came_in(plan, composition, first=True)

    def commit(
        self,
        plan: Plan,
        composition: Composition | None = None,
        quantize: Quantize | None = None,
        gives_way: bool = True,
    ) -> bool:
        """Offer a plan and wait until it plays; False when it does not come in any more. Raises Stale.

        Without a composition it is the piece that plays, its tails forgotten.
        """
        if quantize and quantize.count and not self._wait(plan, quantize):
            return False
        if self.archive:
            self.archive.leaving(plan, composition)
        refusals = self.engine.refusals
        self.engine.offer(plan)
        while self.engine.playing is not plan:
            if self.engine.hangs:
                return False
            if self.engine.refusals != refusals:
                raise OutdatedPlan
            if gives_way and self.overtaken() and self.engine.withdraw():
                return False
            time.sleep(LOOK)
        self._came_in(plan, composition)
        return True

    @property
    def music_time(self) -> MusicTime | None:
        """Where the music is."""
        playing = self.engine.playing
        return music_time(playing, self.engine.rate) if playing else None

    def _wait(self, plan: Plan, quantize: Quantize) -> bool:
        """Wait until shortly before the boundary, and set it; False when a newer save is there first."""
        told = False
        while (playing := self.engine.playing) and (now := self.music_time) and (state := transport(playing)):
            clock = self.engine.clock
            boundary = now.boundary(quantize, clock + round(SOON * self.engine.rate))
            if boundary is None:
                return True
            frame = now.frame_of(boundary)
            if not told:
                seconds = (frame - clock) / self.engine.rate
                place = now.place(frame)
                self.notify(Waiting(boundary=str(quantize), place=place, frame=frame, seconds=round(seconds, 3)))
                told = True
            if frame - clock <= EARLY * self.engine.rate:
                plan.wait_for_beat(state, boundary)
                return True
            if self.overtaken():
                return False
            time.sleep(WAIT)
        return True

    def _came_in(self, plan: Plan, composition: Composition | None, first: bool = False) -> None:
        plan.commit_states(self.registry)
        if self.archive:
            self.archive.committed(plan, composition, first)
        plan.parent = None  # it is on its way out, and its own parent with it
        if composition:
            self.composer.committed(composition)
