"""Nodes that end after a duration, and that read it at their start."""

from __future__ import annotations

import numpy as np

from waves.node_types.builtin.duration import EndAfter, LatchAtStart
from waves.testing import Player


def test_life_ends_on_the_frame() -> None:
    rate = 1000.0
    player = Player(EndAfter, 400, signal=np.ones(400), duration=0.25, rate=rate)
    out = player.render()
    np.testing.assert_array_equal(out, np.r_[np.ones(250), np.zeros(150)])


def test_start_holds_the_first_frame() -> None:
    out = Player(LatchAtStart, 300, signal=np.arange(5.0, 305.0)).render()
    np.testing.assert_array_equal(out, np.full(300, 5.0))
