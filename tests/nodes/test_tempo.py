"""The position in beats, and what is counted on it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pytest

from waves.node_types.builtin.transport import BeatNumber, BeatTick, KeepAlive, Transport
from waves.testing import RATE, Player

FRAMES = 3 * 44100


def position(bpm: Any = 120.0, frames: int = FRAMES, **given: Any) -> np.ndarray[Any, Any]:
    return Player(Transport, frames, compiled=True, bpm=bpm, **given).render()


def ticks(every: float, bpm: Any = 120.0, first: int = 0, **given: Any) -> list[int]:
    beats = position(bpm, first=first)
    found = Player(BeatTick, FRAMES, compiled=True, beats=beats, beat=60.0 / bpm, every=every, **given).render()
    assert set(np.unique(found)) <= {0.0, 1.0}
    return [int(frame) for frame in np.flatnonzero(found)]


def test_nothing_adds_up_in_a_day():
    first = 24 * 3600 * 44100
    exact = [Fraction(n) * Fraction(127.3) / (60 * 44100) for n in range(first, first + 100)]
    found = position(127.3, 100, first=first)
    assert max(abs(Fraction(float(a)) - b) for a, b in zip(found, exact, strict=True)) < Fraction(1, 10**9)


def test_a_changed_tempo_goes_on_from_the_position():
    bpm = np.where(np.arange(FRAMES) < 44100, 120.0, 90.0)
    found = position(bpm)
    assert found[44100] == pytest.approx(2.0, abs=1e-12)
    assert found[2 * 44100] == pytest.approx(3.5, abs=1e-4)
    assert found[2 * 44100] - found[44101] == pytest.approx(1.5 * 44099 / 44100, abs=1e-9)


def test_a_moving_tempo_is_integrated():
    seconds = np.arange(FRAMES) / RATE
    found = position(120.0 + 60.0 * seconds)
    np.testing.assert_allclose(found, 2.0 * seconds + 0.5 * seconds**2, atol=1e-4)


def test_without_a_past_it_is_where_it_would_be():
    added = position(frames=FRAMES - 70_000, first=70_000)
    np.testing.assert_allclose(position()[70_000:], added, atol=1e-12)


@pytest.mark.parametrize("bpm", [np.nan, np.inf, -5.0, 1e300])
def test_a_tempo_that_is_none_keeps_the_last(bpm):
    spoilt = np.full(FRAMES, 120.0)
    spoilt[1000:1500] = bpm
    np.testing.assert_allclose(position(spoilt), position(), atol=1e-9)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_blocks_do_not_matter(compiled):
    bpm = np.where(np.arange(1000) < 300, 120.0, 120.0 + np.sin(np.arange(1000) / 40.0))
    players = [Player(Transport, 1000, compiled=compiled, bpm=bpm, first=99) for _ in range(4)]
    runs = [player.render(block=block) for player, block in zip(players, (1, 7, 63, 64), strict=True)]
    for run in runs[1:]:
        np.testing.assert_allclose(run, runs[0], rtol=0, atol=0 if not compiled else 1e-13)


@pytest.mark.parametrize("every", [1.0, 0.25, 1 / 3, 4.0])
@pytest.mark.parametrize("bpm", ["120", "93.7"])
def test_ticks_are_on_the_first_frame_of_each_division(every, bpm):
    length = Fraction(every).limit_denominator(100) * 60 / Fraction(bpm) * 44100
    count = int(FRAMES / length) + 1
    exact = [frame for k in range(count) if (frame := ceil(k * length)) < FRAMES]
    assert ticks(every, float(bpm)) == exact


def test_ticks_that_are_added_are_those_that_were():
    always = ticks(0.25, 93.7)
    for first in (64, 7040, 7104, 12_800):
        added = [frame + first for frame in ticks(0.25, 93.7, first=first)]
        assert added[:10] == [frame for frame in always if frame >= first][:10]


def test_numbers_count_from_one():
    beats = position()
    found = Player(BeatNumber, FRAMES, compiled=True, beats=beats, every=4.0).render()
    np.testing.assert_array_equal(found, 1.0 + np.floor(beats / 4.0 + 1e-9))
    assert found[0] == 1.0 and found[2 * 44100 - 1] == 1.0 and found[2 * 44100] == 2.0


def test_what_keeps_the_transport_passes_the_signal_on():
    sound = np.random.default_rng(2).standard_normal(500)
    np.testing.assert_array_equal(Player(KeepAlive, 500, signal=sound, beats=0.0).render(), sound)
