"""Rhythms that were tapped: the shortest text, which the reader of patterns gives back as it was."""

from __future__ import annotations

from random import Random

import pytest

from waves.app.commands.tap.tapped import tapped
from waves.language.patterns.events import Player
from waves.language.patterns.reader import read

TOLERANCE = 0.02  # bars, 40 ms of a bar of 2 s


def taps(line: str) -> list[float]:
    """The places of a line of a drum machine, in bars."""
    return [k / len(line) for k, sign in enumerate(line) if sign == "x"]


def onsets(text: str, bars: int) -> list[float]:
    """The places of a pattern in its first cycles."""
    player, pattern = Player(), read(text)
    return sorted(float(one.begin) for bar in range(bars) for one in player.cycle(pattern, bar) if one.word)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("x...............", "kick"),
        ("x...x...x...x...", "kick*4"),
        ("x..x..x.", "kick(3,8)"),
        ("..x...x.", "[~ kick]*2"),
        ("x.x.x.xx", "kick!3 kick*2"),
        ("x.......x.x.....", "kick [kick*2 ~]"),
        ("x..x..x...x.x...", "kick(3,8) [~ kick!2 ~]"),
        ("x.xx.x", "kick(4,6)"),
    ],
)
def test_a_bar_becomes_its_shortest_text(line, text):
    found = tapped(taps(line), 1, 4, TOLERANCE, "kick")
    assert found is not None and found.pattern == text
    assert onsets(text, 1) == pytest.approx(taps(line))


def test_bars_come_in_turn_and_as_few_as_come_again():
    four = taps("x.x.x.x.")
    later = [1 + tap for tap in four]
    assert tapped([*four, *later], 2, 4, TOLERANCE, "kick").pattern == "kick*4"
    assert tapped([*four, 1.0, 1.5], 2, 4, TOLERANCE, "kick").pattern == "<kick*4 kick*2>"
    assert tapped(four, 3, 4, TOLERANCE, "kick").pattern == "<kick*4 ~!2>"


def test_each_beat_may_have_parts_of_its_own():
    mixed = [0, 1 / 12, 2 / 12, 0.25, 0.5, 0.625, 0.75]
    found = tapped(mixed, 1, 4, 0.012, "hat")
    assert onsets(found.pattern, 1) == pytest.approx(mixed)


def test_a_lateness_of_all_taps_is_taken_out_and_told():
    late = [tap + 0.015 for tap in taps("x..x..x...x.x...")]
    found = tapped(late, 1, 4, TOLERANCE, "kick")
    assert found.pattern == "kick(3,8) [~ kick!2 ~]"
    assert found.shift == pytest.approx(0.015) and found.furthest == pytest.approx(0.0, abs=1e-9)


def test_what_no_grid_fits_within_the_tolerance_is_nothing():
    assert tapped([], 1, 4, TOLERANCE, "kick") is None
    assert tapped([0.0, 0.2131], 1, 4, 0.0001, "kick") is None
    assert tapped([0.0, 0.001], 1, 4, TOLERANCE, "kick") is None, "two taps at one place"


def test_every_text_gives_taps_within_the_tolerance():
    dice = Random(3)
    for _ in range(60):
        bars, parts, share = dice.choice((1, 2, 3, 4)), dice.choice((3, 4, 5, 6, 7, 8, 12, 16)), dice.random()
        exact = [bar + k / parts for bar in range(bars) for k in range(parts) if dice.random() < share]
        if not exact:
            continue
        played = [tap + dice.uniform(-0.004, 0.004) for tap in exact]
        found = tapped(played, bars, dice.choice((3, 4)), 0.01, "kick")
        assert found is not None, (exact, played)
        text = onsets(found.pattern, bars)
        assert text == pytest.approx(found.onsets), found
        assert len(text) == len(played)
        assert max(abs(a - b - found.shift) for a, b in zip(played, text, strict=True)) <= 0.01 + 1e-9, found
