"""Bars that differ: positions and clocks against exact arithmetic, from the start and after ten thousand cycles."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Any

import numpy as np
import pytest

from tests.harness.clock_steps import Steps, beats
from waves.node_types.builtin.form.bars import Bars, bar_length, bar_lines, bars_at, beats_of, next_line
from waves.node_types.builtin.form.ramp import RampedTransport
from waves.testing import RATE, Player

Array = np.ndarray[Any, Any]
LENGTHS = [Fraction(n, 8) for n in (8, 12, 20, 24, 28, 32, 40)]


def line(bars: Fraction, turn: list[Fraction]) -> Fraction:
    """The beat after so many bars, bar by bar."""
    whole, rest = divmod(bars, 1)
    turns, more = divmod(int(whole), len(turn))
    return turns * sum(turn) + sum(turn[:more]) + rest * turn[more]


def turns() -> list[list[Fraction]]:
    """Lists of bars by chance."""
    dice = np.random.default_rng(7)
    return [[LENGTHS[k] for k in dice.integers(0, len(LENGTHS), count)] for count in (2, 3, 5, 7)]


@pytest.mark.parametrize("turn", [[Fraction(4)], [Fraction(4), Fraction(4), Fraction(3)], *turns()], ids=str)
def test_positions_in_bars_and_back(turn):
    lines = bar_lines([float(length) for length in turn])
    begins = [*accumulate(turn, initial=Fraction(0))]
    for k in range(-40, 4000, 37):
        at = Fraction(k, 32) + (10_000 if k % 2 else 0)
        turned, rest = divmod(at, begins[-1])
        bar = bisect_right(begins, rest) - 1
        exact = turned * len(turn) + bar + (rest - begins[bar]) / turn[bar]
        assert bars_at(float(at), lines) == pytest.approx(float(exact), abs=1e-10)
        assert bar_length(float(at), lines) == turn[bar]
        assert beats_of(float(exact), lines) == pytest.approx(float(at), abs=1e-10)
        assert next_line(float(at), lines) == line(Fraction(ceil(exact)), turn)


def counted(position: Array, beat: Any, turn: list[Fraction]) -> tuple[Array, Array]:
    """The position in bars and the seconds of the present one."""
    metre = tuple(map(float, turn))
    made = Player(Bars, position.size, compiled=True, beats=position, beat=beat, metre=metre).render()
    return made[0], made[1]


SHARES = [Fraction(1), Fraction(2), Fraction(1, 2), Fraction(2, 3)]
CLOCKS = [(*one, True) for one in zip(turns(), SHARES, strict=True)] + [(turns()[3], Fraction(1), False)]


@pytest.mark.parametrize(("turn", "share", "late"), CLOCKS, ids=range(len(CLOCKS)))
def test_a_clock_in_bars_has_every_onset_on_its_frame(turn, share, late):
    bpm = Fraction("4999.3")
    exact = [line(k * share, turn) * 60 / bpm * int(RATE) for k in range(10_040 if late else 40)]
    first = ceil(exact[10_000]) // 64 * 64 if late else 0
    frames = ceil(exact[-1]) - first
    position, seconds = counted(beats(frames, float(bpm), first), 60.0 / float(bpm), turn)
    steps = Steps(frames, beats=position, beat=seconds, interval=seconds * float(share), steps=7)
    found = [(frame + first, step) for frame, step, _ in steps.run()]
    assert found == [(ceil(at), k % 7) for k, at in enumerate(exact) if first <= ceil(at) < first + frames]


def test_a_clock_in_bars_stays_in_its_place_while_the_tempo_moves():
    turn, frames = turns()[1], 44100
    given = {"before": 900.0, "after": 4900.0, "length": 40.0, "metre": tuple(map(float, turn))}
    position, bpm = Player(RampedTransport, frames, compiled=True, **given).render()
    bars, seconds = counted(position, 60.0 / bpm, turn)
    found = Steps(frames, beats=bars, beat=seconds, interval=seconds / 2, steps=7).onsets
    lines = [float(line(Fraction(k, 2), turn)) - 1e-9 for k in range(40)]
    assert found == [int(k) for k in np.searchsorted(position, lines) if k < frames]
