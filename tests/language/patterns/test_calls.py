"""Calls in lanes: by their closed forms, by what chance must and must not do, and by brute force."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from math import pi, sin

import pytest

from tests.harness.chains import chain_of, data_of
from waves.language.patterns.lanes import Pass, make_pass, make_passes
from waves.language.patterns.line import LineNote
from waves.language.patterns.reader import read
from waves.language.patterns.together.combined import STEPS, Lane


def made(steps: str, seed: int = 0, transforms: str = "", **lanes: str) -> Pass:
    given = {name: Lane(read(text, fractions=True)) for name, text in lanes.items()}
    chain = chain_of(data_of(transforms)) if transforms else ()
    return make_pass({STEPS: Lane(read(steps)), **given}, seed, chain=chain)


def values(found: Pass, lane: str = "v") -> list[float]:
    return [float(note.words[lane].said) for note in found.notes]


FORMS = {
    "sine(-1,3)": lambda x: 1 + 2 * sin(2 * pi * x),
    "saw": lambda x: x,
    "tri(0,2)": lambda x: 4 * x if x < 0.5 else 4 - 4 * x,
    "square(1,5)": lambda x: 1.0 if x < 0.5 else 5.0,
}


@pytest.mark.parametrize("call", FORMS)
@pytest.mark.parametrize(("signs", "turns"), [("", 1), ("*2", 2), ("/4", Fraction(1, 4))])
def test_what_moves_is_its_form_at_each_note(call, signs, turns):
    found = made("a*16", v=call + signs)
    assert found.cycles == (4 if signs == "/4" else 1) and len(found.notes) == 16 * found.cycles
    assert values(found) == pytest.approx([FORMS[call](float(note.begin * turns % 1)) for note in found.notes])


def test_a_draw_is_another_for_each_note_and_evenly_spread():
    found = values(made("a*16", v="rand(.3,1)"))
    assert len(found) == 16 * 64 == len(set(found))
    assert all(0.3 <= one < 1.0 for one in found)
    tenths = Counter(int((one - 0.3) / 0.07) for one in found)
    assert len(tenths) == 10 and all(70 <= count <= 135 for count in tenths.values())


@pytest.mark.parametrize("call", ["irand(8)", "choose(0,1,2,3,4,5,6,7)"])
def test_whole_numbers_and_choices_are_all_met_equally(call):
    counts = Counter(values(made("a*16", v=call)))
    assert set(counts) == set(range(8)) and all(90 <= count <= 166 for count in counts.values())


def test_draws_follow_from_the_seed_and_the_place_alone():
    first = made("a*4", 1, v="rand").notes
    assert first == made("a*4", 1, v="rand").notes
    assert not set(values(made("a*4", 2, v="rand"))) & set(values(made("a*4", 1, v="rand")))
    both = made("a*4", 1, v="rand", pan="rand")
    assert values(both) == values(made("a*4", 1, v="rand"))
    assert not set(values(both)) & set(values(both, "pan"))
    two = values(made("a*4", v="rand [rand rand]"))
    assert len(set(two)) == len(two)


def by_place(notes: tuple[LineNote, ...], text: str) -> dict[Fraction, str]:
    return {note.begin: note.words["v"].said for note in notes if note.words[STEPS].text == text}


@pytest.mark.parametrize("steps", ["b, a*4", "a*4, a/2", "a*4 . b b"])
def test_what_is_typed_elsewhere_changes_no_draw(steps):
    alone = by_place(made("a*4" if "." not in steps else "a*4 . ~", v="rand").notes, "a")
    lanes = {STEPS: Lane(read(steps)), "v": Lane(read("rand", fractions=True))}
    found = by_place(tuple(note for one in make_passes(lanes) for note in one.notes), "a")
    assert all(found[onset] == alone[onset] for onset in alone if (onset * 2).denominator > 1)


def test_a_copy_has_the_value_of_its_note():
    found = made("a*4", v="rand", transforms="also: {1/16: rev}")
    counts = Counter(values(found))
    assert set(counts.values()) == {2} and len(counts) == 4 * found.cycles


@pytest.mark.parametrize(
    ("call", "count"), [("walk(0,7,1)", 8), ("walk(0,1,.1)", 11), ("walk(-20,20,4)", 11), ("walk(0,40,1)", 6)]
)
@pytest.mark.parametrize("steps", ["a*8", "a(5,8)", "[a,b] a"])
def test_a_walk_goes_step_by_step_inside_its_range_and_round(call, count, steps):
    low, high, step = (float(one) for one in call[5:-1].split(","))
    for seed in range(2):
        found = values(made(steps, seed, v=call))
        places = [round((one - low) / step) for one in found]
        assert found == pytest.approx([low + step * place for place in places])
        assert all(low <= one <= high for one in found)
        assert all(abs(a - b) <= 1 for a, b in pairwise([*places, places[0]]))
        moved = sum(a != b for a, b in pairwise(places)) / len(places)
        assert 0.5 < moved < 0.8
        assert len(set(places)) >= min(count, 8)


def test_a_smooth_curve_has_no_jumps_and_comes_round():
    found = values(made("a*16", v="perlin(0,8)/2"))
    assert len(found) % 16 == 0 and max(found) - min(found) > 5
    assert all(abs(a - b) <= 8 * 1.875 / 32 for a, b in pairwise([*found, found[0]]))
    flat = found[::32]
    assert len(set(flat)) == len(flat)
    assert all(abs(a - b) < 3e-3 for a, b in zip(flat, found[1::32], strict=True))  # flat at each corner


def test_a_call_in_a_step_is_drawn_for_each_note():
    found = made("hat:v=rand(.3,1)*8 kick")
    hats = [note.words[STEPS] for note in found.notes if note.words[STEPS].text != "kick"]
    assert {word.text for word in hats} == {"hat:v=rand(.3,1)"} and len({word.said for word in hats}) == len(hats) > 64


def test_what_moves_begins_no_notes():
    assert len(made("a", v="sine/4").notes) == 4
    assert len(made("a", v="rand*8").notes) == 8 * 64


def test_constant_calls_are_numbers():
    words = [note.words["v"].said for note in made("a*4", v="ms(20) db(-20) st(12) 1").notes]
    assert words == ["0.02", "0.1", "2", "1"]


def test_a_word_before_a_bracket_is_a_call_in_a_lane_of_a_lane_with_transforms():
    lanes = {STEPS: Lane(read("a*4")), "v": Lane(read("sine", fractions=True), chain_of(data_of("fast: 2, rev")))}
    assert values(make_pass(lanes)) == pytest.approx([0.5, 0.5, 0.5, 0.5])
