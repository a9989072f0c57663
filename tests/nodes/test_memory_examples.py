"""The examples with rings and buffers: a physical fact of each, and the laws of every kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.node_types.library.library import load_library
from waves.testing import RATE, Player, laws

TYPES = load_library(NODES, EXAMPLE_NODES)
RATE_FRAMES = round(RATE)
CHANCE = np.random.default_rng(3)


@pytest.mark.parametrize(
    ("onsets", "rotation", "pattern"), [(3, 0, "x..x..x."), (5, 0, "x.x.xx.x"), (3, 1, ".x..x..x")]
)
def test_onsets_are_as_even_as_can_be(onsets, rotation, pattern):
    """The patterns of Bjorklund, but for where they begin."""
    given = {"position": np.arange(8000) / 1000.0, "onsets": onsets, "steps": 8, "rotation": rotation}
    heard = np.flatnonzero(Player(TYPES["euclid"], 8000, compiled=True, **given).render())
    found = "".join("x" if 1000 * k in heard else "." for k in range(8))
    assert (found + found).find(pattern) >= 0 and len(heard) == onsets


def test_what_is_picked_is_as_likely_as_its_weight():
    pulses = np.tile([1.0, 0.0], 20_000)
    values, weights = [1.0, 2.0, 3.0], [3.0, 1.0, 0.0]
    heard = Player(TYPES["pick"], pulses.size, compiled=True, values=values, weights=weights, trigger=pulses).render()
    assert set(heard) == {1.0, 2.0} and np.mean(heard == 1.0) == pytest.approx(0.75, abs=0.01)
    alike = Player(TYPES["pick"], pulses.size, compiled=True, values=values, weights=[], trigger=pulses).render()
    assert np.mean(alike == 3.0) == pytest.approx(1 / 3, abs=0.01)


NOISE = CHANCE.normal(0, 0.3, 700)
SLOW = 0.5 + 0.5 * np.sin(np.arange(NOISE.size) / 50.0)
PULSES = np.where(np.arange(NOISE.size) // 150 % 2 == 0, 1.0, 0.0)
CASES: dict[str, dict[str, Any]] = {
    "euclid": {"position": np.arange(NOISE.size) / 40.0, "onsets": 5.0, "steps": 8.0},
    "pick": {"values": [1.0, SLOW, 3.0], "weights": [1.0, 2.0, SLOW], "trigger": PULSES},
}


@pytest.mark.parametrize("name", CASES)
def test_every_law_is_kept(name):
    assert laws(TYPES[name], **CASES[name]) == []
