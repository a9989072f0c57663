"""Sections with bars of their own against exact arithmetic: natural ends, and calls at bars, beats and at once."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
import pytest

from waves.node import BLOCK
from waves.node_types.builtin.form.sections import AT, KEYS, SECTION, Sections, call_cells, key_of
from waves.testing import RATE, Player

NAMES = ("a", "b", "c")
BEAT = Fraction(int(RATE) * 60, 4999)  # frames


class Song:
    """The same, section by section: the beats of each bar in turn, and where the bars begin."""

    def __init__(self, spans: list[int], metres: list[list[Fraction]]):
        self.spans, self.metres = spans, metres
        self.section, self.begun = 0, (Fraction(0), 0)
        self.bars: list[tuple[Fraction, int, int]] = []  # the beat, the section and the bar in it

    def play(self, until: Fraction) -> None:
        """Go on to a beat, bar by bar."""
        at, bar = self.begun
        while at < until:
            if bar == self.spans[self.section]:
                self.section, bar = (self.section + 1) % len(self.spans), 0
            self.bars.append((at, self.section, bar))
            turn = self.metres[self.section]
            at, bar = at + turn[bar % len(turn)], bar + 1
        self.begun = at, bar

    def call(self, section: int) -> None:
        """Begin a section with the next bar."""
        self.section, self.begun = section, (self.begun[0], 0)


@pytest.mark.parametrize("seed", range(8))
def test_bars_and_sections_are_those_of_exact_arithmetic(seed):
    dice = np.random.default_rng(seed)
    spans = [int(n) for n in dice.integers(1, 5, 3)]
    metres = [[Fraction(int(n), 2) for n in dice.integers(2, 10, dice.integers(1, 4))] for _ in NAMES]
    cells, frames = call_cells(), 2 * int(RATE)
    position = np.arange(frames) / float(BEAT)
    given = {"names": NAMES, "spans": tuple(map(float, spans)), "order": (0, 1, 2)}
    given |= {"ways": (((1, 1.0),), ((2, 1.0),), ((0, 1.0),)), "metre": (4.0,)}
    given |= {"metres": tuple(tuple(map(float, turn)) for turn in metres), "call": cells[SECTION], "grid": cells[AT]}
    player = Player(Sections, frames, compiled=True, beats=position, beat=60 / 4999, **given)
    song, heard = Song(spans, metres), []
    for serial in range(1, 9):
        block = int(dice.integers(1, 10 * RATE / 64))
        heard.append(player.render(block * BLOCK))
        song.play(Fraction(player.at) / BEAT)
        called = int(dice.integers(0, 3))
        cells[AT].array[0] = -1.0
        cells[SECTION].array[0] = float(serial * KEYS + key_of(NAMES[called]))
        song.call(called)
    heard.append(player.render(frames - player.at))
    song.play(Fraction(frames) / BEAT)
    section, number, _, tick, _, _, _, bars, seconds, within = np.concatenate(heard, axis=1)
    for k, (at, own, bar) in enumerate(song.bars):
        i = ceil(at * BEAT)
        length = metres[own][bar % len(metres[own])]
        passed = float(i / BEAT - at) / float(length)
        if i < frames:
            assert (section[i], number[i], tick[i]) == (own + 1, bar + 1, bar == 0), (k, at)
            assert (bars[i], within[i]) == pytest.approx((k + passed, bar + passed), abs=1e-9)
            assert seconds[i] == pytest.approx(float(length) * 60 / 4999)
