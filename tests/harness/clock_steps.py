"""A step clock by itself: the position of a transport in, its steps out."""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.node import BLOCK
from waves.node_types.builtin.step_clock import StepClock
from waves.node_types.builtin.transport import Transport
from waves.testing import Player


def beats(frames: int, bpm: Any, first: int = 0) -> np.ndarray[Any, Any]:
    """The position of a transport that is read from frame `first`."""
    return Player(Transport, frames, compiled=True, bpm=bpm, first=first).render()


class Steps:
    """A clock whose events are collected: (frame, step, length) for each."""

    def __init__(self, frames: int, *, bpm: Any = 120.0, first: int = 0, block: int = BLOCK, **given: Any):
        given = {"beats": beats(frames, bpm, first), "beat": 60.0 / bpm, **given}
        self.player = Player(StepClock, frames, **{"compiled": True, **given})
        self.events: list[tuple[int, int, int]] = []
        self.block = block

    def run(self) -> list[tuple[int, int, int]]:
        player = self.player
        while player.at < player.frames and not player.ended:
            first = player.at
            player.render(min(self.block, player.frames - first, BLOCK - first % BLOCK))  # one call of the kernel
            for k in range(player.state.count):
                events = player.state
                event = (events.frame[k] + first, events.step[k], events.length[k])
                if event[1] >= 0:  # else the end of a step that the transport has left
                    self.events.append(tuple(int(number) for number in event))  # type: ignore[arg-type]
        return self.events

    @property
    def onsets(self) -> list[int]:
        return [frame for frame, _, _ in self.run()]
