"""Pages: what comes again is as in a pass, and what chance decides is another in each cycle and never comes again."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from tests.harness.chains import chain_of, data_of
from waves.language.patterns.calls.call_values import Walks
from waves.language.patterns.kept.kept_notes import ByCycle
from waves.language.patterns.lanes import make_pass
from waves.language.patterns.line import LineNote
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import MOST_NOTES, PatternError
from waves.language.patterns.together.combined import STEPS, Lane
from waves.language.patterns.together.pages import BLOCK, Pages, comes_again
from waves.language.patterns.transforms import Transformed

Written = tuple[str, str, dict[str, str]]


def written(steps: str, transforms: str = "", **lanes: str) -> Written:
    return steps, transforms, lanes


def lanes_of(steps: str, lanes: dict[str, str]) -> dict[str, Lane]:
    return {STEPS: Lane(read(steps)), **{name: Lane(read(text, fractions=True)) for name, text in lanes.items()}}


def pages(of: Written, seed: int = 1) -> Pages:
    steps, transforms, lanes = of
    return Pages(lanes_of(steps, lanes), seed, chain_of(data_of(transforms)) if transforms else (), counts_turns=True)


def said(note: LineNote, cycle: int = 0) -> tuple[object, ...]:
    words = tuple(sorted((name, word.said) for name, word in note.words.items()))
    return note.begin - cycle, note.end - cycle, words, note.semitones, note.strength, note.seconds, note.turn


AGAIN = [
    written("a b [c d]*2 <e f g>"),
    written("a*1.5, {b c d}%4"),
    written("<[a b] [_ c]> d", note="c4 [_ e4] g4"),
    written("a(3,8)", note="<[c4,e4] g4 _>", v="1 .5 .3"),
    written("a*4", "fast: 3, rev, every: {3: slow 2}, ply: '1 2'", v="<1 .5>"),
    written("a/2 b", "also: {1/4: rev}, palindrome"),
    written("a*8", note="<[c4,e4,g4]/2 [a3,c4]/2>/1.5"),
]


@pytest.mark.parametrize("of", AGAIN)
def test_pages_of_what_comes_again_are_its_pass(of):
    steps, transforms, lanes = of
    chain = chain_of(data_of(transforms)) if transforms else ()
    assert comes_again(lanes_of(steps, lanes), chain)
    made = make_pass(lanes_of(steps, lanes), 1, chain=chain)
    by_cycle = pages(of)
    for cycle in (0, 1, made.cycles, 7 * made.cycles + 2):
        inside = cycle % made.cycles
        expected = [said(note, inside) for note in made.notes if inside <= note.begin < inside + 1]
        found = [said(note, cycle) for note in by_cycle.cycle(cycle)]
        assert [one[:-1] for one in found] == [one[:-1] for one in expected]


DRAWN = [
    written("a|b c|d a*4|b"),
    written("a*4", v="rand(.3,1)"),
    written("a*2", v="perlin*2", note="irand(30)"),
    written("a*4", "sometimes: {.5: transpose 7}"),
    written("a*4", "humanise: {time: 0.01, v: 0.2}"),
    written("a b", "some_cycles: {.5: fast 2}, rev"),
    written("a? b? c?*2 d", "rev"),
    written("a*2", "transpose: '1|5|7|9'"),
    written("[a|b]? [_ c|d]"),
]


@pytest.mark.parametrize("of", DRAWN)
def test_what_chance_decides_never_comes_again_and_follows_from_seed_and_cycle(of):
    steps, transforms, lanes = of
    assert not comes_again(lanes_of(steps, lanes), chain_of(data_of(transforms)) if transforms else ())
    first = pages(of)
    cycles = [tuple(said(note, cycle) for note in first.cycle(cycle)) for cycle in range(160)]
    for apart in (1, 2, 16, 32, 64):
        assert cycles[:96] != cycles[apart : apart + 96]
    for cycle in (159, 100, 1):  # asked for alone, in any order, by somebody else
        assert tuple(said(note, cycle) for note in pages(of).cycle(cycle)) == cycles[cycle]
    assert [tuple(said(note, k) for note in pages(of, seed=2).cycle(k)) for k in range(8)] != cycles[:8]


def test_a_name_with_chance_in_it_never_comes_again():
    lanes = {STEPS: Lane(Transformed(read("a*8"), chain_of(data_of("degrade: .5"))))}
    assert not comes_again(lanes, ())
    made = Pages(lanes, 3)
    counts = [len(made.cycle(cycle)) for cycle in range(128)]
    assert counts[:64] != counts[64:] and 3 < sum(counts) / 128 < 5


def test_a_walk_may_be_forgotten_at_any_time():
    class Forgetting(ByCycle[dict[int, Walks]]):
        def __contains__(self, block: object) -> bool:
            is_known = super().__contains__(block)
            self.clear()  # as another thread may
            return is_known

    made, known = pages(written("a*8", v="walk(0,7,1)")), pages(written("a*8", v="walk(0,7,1)"))
    made.walked = Forgetting(4)
    assert [made.cycle(k) for k in range(3)] == [known.cycle(k) for k in range(3)]


def test_a_walk_goes_step_by_step_through_all_cycles():
    made = pages(written("a*8", v="walk(0,7,1)"))
    values = [float(note.words["v"].said) for cycle in range(4 * BLOCK) for note in made.cycle(cycle)]
    assert all(abs(after - before) <= 1 for before, after in pairwise(values))
    assert min(values) == 0 and max(values) == 7
    again = pages(written("a*8", v="walk(0,7,1)"))
    assert [float(note.words["v"].said) for note in again.cycle(3 * BLOCK)] == values[24 * BLOCK : 24 * BLOCK + 8]


def test_pitches_are_counted_from_the_beginning_of_their_chord():
    made = pages(written("x*3", freq="<c4 g4>/2", v="rand"))
    assert [[note.turn for note in made.cycle(cycle)] for cycle in (3, 2, 41, 4)] == [[3, 4, 5], [0, 1, 2]] * 2


def test_probability_of_a_rhythm_and_places_are_exact():
    made = pages(written("a", rhythm="x .5 x*3", v="rand"))
    onsets = {note.begin - cycle for cycle in (10_000, 10_001, 10_002) for note in made.cycle(cycle)}
    assert onsets >= {Fraction(0), Fraction(2, 3), Fraction(7, 9), Fraction(8, 9)} and Fraction(1, 3) in onsets
    counts = sum(Fraction(1, 3) in {note.begin % 1 for note in made.cycle(cycle)} for cycle in range(200))
    assert 70 < counts < 130


def test_too_many_notes_are_refused():
    with pytest.raises(PatternError, match=f"{MOST_NOTES:,} at most"):
        pages(written("[a|b]*1024*8")).cycle(0)
