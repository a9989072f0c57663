"""Grooves: where they put each note, by hand, by a closed form and in every metre; and the chance of a loose player."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from statistics import mean, pstdev

import pytest

from tests.harness.chains import chain_of, data_of
from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.model.form.metres import Metre
from waves.language.model.models import Groove
from waves.language.model.patterned.groove import NAMED, Warp, beats_of
from waves.language.patterns.lanes import make_pass
from waves.language.patterns.reader import read
from waves.language.patterns.together.combined import STEPS, Lane
from waves.language.text.document import read_document

SOUNDS = "kick: {osc: {freq: 60, amp: v, duration: 0.05}}\nhat: {osc: {freq: 600, amp: v, duration: 0.05}}\n"


def placed(text: str, values: bool = False) -> list[list[float]]:
    """By step of the clock the places of the notes in it, or their first values."""
    root, told = build_sounds(["my_sound"], shipped(), [read_document(f"my_sound: {text}\n{SOUNDS}", "w.yaml")])
    assert told == []
    (pool,) = (node for node in nodes(root).values() if node.template)
    if values:
        return [[note[0] for note in step] for step in pool.settings["notes"]]
    timing = pool.settings["timing"] or [[(0.0,) for _ in step] for step in pool.settings["notes"]]
    return [[note[0] for note in step] for step in timing]


BY_HAND = [
    ('{play: "hat*16", swing: 58%}', [[(k + 0.16 * (k % 2)) / 16 for k in range(16)]]),
    ('{play: "hat*16", swing: 50%}', [[k / 16 for k in range(16)]]),
    ('{play: "hat*4", swing: -0.2, grid: beat}', [[0, 0.275, 0.5, 0.775]]),
    ('{play: "hat*4", swing: 55, grid: beat}', [[0, 0.275, 0.5, 0.775]]),
    ('{play: "hat*4", groove: triplet, grid: beat}', [[0, 1 / 3, 0.5, 0.5 + 1 / 3]]),
    ('{play: "hat*8", swing: 75%, grid: beat}', [[0, 3 / 16, 3 / 8, 7 / 16, 1 / 2, 11 / 16, 7 / 8, 15 / 16]]),
    ('{play: "hat*8", swing: 70%, cycle: 2 * beat}', [[(k + 0.4 * (k % 2)) / 8 for k in range(8)]]),
    ('{play: "hat hat hat hat", swing: 70%, interval: sixteenth}', [[0], [0.4], [0], [0.4]]),
    ('{play: "hat*3", swing: 70%, cycle: 3 * sixteenth}', [[0, 1.4 / 3, 2 / 3]]),
    ("{play: [hat, hat, hat, hat], swing: 70%, grid: beat}", [[0, 0.35, 0.5, 0.85]]),
    ('{play: "hat*4", groove: {grid: beat, times: [0, .1, 0, -.2]}}', [[0, 0.275, 0.5, 0.7]]),
    ('{tempo: {metre: 3/4, signal: {play: "hat*12", swing: 60%}}}', [[(k + 0.2 * (k % 2)) / 12 for k in range(12)]]),
    ('{tempo: {metre: [4/4, 3/4], signal: {play: "hat*4", swing: 60%, grid: beat}}}',
     [[0, 0.3, 0.5, 0.8], [0, 0.3, 0.5 + 0.1 / 3, 0.75]]),
    ('{tempo: {metre: [4/4, 3/4], signal: {play: "<hat*2 hat>", swing: 60%, grid: bar/2, cycle: bar/2}}}',
     [[0, 0.5], [0]]),
    ('{tempo: {metre: [4/4, 3/4], signal: {play: "hat*16", swing: 60%, cycle: 4 * beat}}}',
     [[(k + 0.2 * (k % 2)) / 16 for k in range(16)]]),
    ('{tempo: {metre: 7/8, signal: {play: "hat*14", swing: 60%}}}', [[(k + 0.2 * (k % 2)) / 14 for k in range(14)]]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_a_groove_by_hand(text, expected):
    assert [pytest.approx(step) for step in expected] == placed(text)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("grid", [Fraction(1, 16), Fraction(1, 13), Fraction(2, 7)])
def test_a_groove_keeps_the_order_and_the_bar_line(name, grid):
    warp = Warp(Groove("sixteenth", tuple(map(Fraction, NAMED[name])), ()), (grid,))
    moments = [warp.moved(Fraction(k, 211)) for k in range(423)]
    assert all(before < after for before, after in pairwise(moments))
    assert [warp.moved(Fraction(k)) for k in (0, 1, 5, -3)] == [0, 1, 5, -3]
    assert all(warp.moved(moment + 9) == warp.moved(moment) + 9 for moment in (Fraction(1, 7), Fraction(15, 16)))


def test_a_groove_changes_strengths_too():
    assert placed('{play: "hat:v.5*4", groove: {grid: beat, times: [0], v: [1, .6]}}', values=True) == [
        [0.5, pytest.approx(0.3), 0.5, pytest.approx(0.3)]
    ]


def test_lengths_of_the_tempo():
    in_four = [beats_of(text, Metre()) for text in ("bar", "5 * eighth", "bar / 1.5", "2*beat", "sixteenth")]
    assert in_four == [4, Fraction(5, 2), Fraction(8, 3), 2, Fraction(1, 4)]
    assert [beats_of(text, Metre((Fraction(7),), 8)) for text in ("bar", "eighth", "sixteenth")] == [
        7,
        1,
        Fraction(1, 2),
    ]
    others = ("0.5", "bar * beat", "1 / beat", "bar +", "x", "bar bar", "")
    assert not any(beats_of(text, Metre()) for text in others)


def test_a_loose_player_is_late_by_chance_and_never_by_more_than_twice_the_spread():
    lanes = {STEPS: Lane(read("a*8"))}
    chain = chain_of(data_of("humanise: {time: ms(8), v: .1}, rev"))
    found = make_pass(lanes, 1, chain=chain).notes
    assert found == make_pass(lanes, 1, chain=chain).notes != make_pass(lanes, 2, chain=chain).notes
    late, louder = [note.seconds for note in found], [note.strength - 1 for note in found]
    assert len(set(late)) > 480 and min(late) >= 0 and max(late) == pytest.approx(0.016)
    assert mean(late) == pytest.approx(0.008 * 0.79, rel=0.1)  # of a normal distribution, its sign left out
    assert abs(mean(louder)) < 0.012 and pstdev(louder) == pytest.approx(0.096, rel=0.1)
    assert max(map(abs, louder)) == pytest.approx(0.2)


def test_a_loose_player_comes_after_all_that_changes_notes():
    before, after = (chain_of(data_of(text)) for text in ("humanise: {v: .1}, ply: 2", "ply: 2, humanise: {v: .1}"))
    lanes = {STEPS: Lane(read("a*4"))}
    assert make_pass(lanes, chain=before) == make_pass(lanes, chain=after)
    thinned = make_pass(lanes, chain=chain_of(data_of("degrade: .5, humanise: {v: .1}"))).notes
    assert {note.draw.probability for note in thinned} == {0.5}
