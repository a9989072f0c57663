"""Notes, intervals, scales and other built-in names."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waves.language.expression.builtin_names import (
    CONSTANTS,
    FUNCTIONS,
    SCALES,
    TIME_NAMES,
    TimeName,
    builtin,
    flat_meant,
    german_note,
    note_frequency,
)

SPELLINGS = [  # of each semitone of an octave; b# belongs to the octave below, cb to the one above
    ("c",),
    ("c#", "cs", "db"),
    ("d",),
    ("d#", "ds", "eb"),
    ("e", "fb"),
    ("f", "e#"),
    ("f#", "gb"),
    ("g",),
    ("g#", "ab"),
    ("a",),
    ("a#", "as", "bb"),
    ("b",),
]


@pytest.mark.parametrize(
    ("name", "freq"),
    [
        ("a4", 440.0),
        ("A4", 440.0),
        ("a0", 27.5),
        ("c4", 261.6255653005986),
        ("c0", 16.351597831287414),
        ("g10", 25087.70790283195),
        ("c#4", 277.1826309768721),
        ("cs4", 277.1826309768721),
        ("db4", 277.1826309768721),
        ("C#4", 277.1826309768721),
        ("bb3", 233.08188075904496),
    ],
)
def test_notes_in_hertz(name, freq):
    assert note_frequency(name) == pytest.approx(freq, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "cents"),
    [
        ("unison", 0),
        ("cent", 1),
        ("tritone", 600),
        ("fifth", 700),
        ("minor_sixth", 800),
        ("major_sixth", 900),
        ("minor_seventh", 1000),
        ("major_seventh", 1100),
        ("octave", 1200),
        ("minor_ninth", 1300),
        ("major_ninth", 1400),
    ],
)
def test_intervals_are_factors_of_equal_temperament(name, cents):
    assert builtin(name) == pytest.approx(2.0 ** (cents / 1200), rel=1e-12)


@given(st.integers(0, 9), st.integers(0, 11))
def test_every_spelling_of_a_note_is_equal_temperament(octave, step):
    expected = pytest.approx(440.0 * 2.0 ** (octave - 4 + (step - 9) / 12), rel=1e-12)
    for spelling in SPELLINGS[step]:
        assert note_frequency(f"{spelling}{octave}") == expected
        assert note_frequency(f"{spelling[0].upper()}{spelling[1:]}{octave}") == expected


def test_accidentals_cross_the_octave():
    assert note_frequency("b#3") == note_frequency("c4")
    assert note_frequency("cb4") == note_frequency("b3")


@pytest.mark.parametrize("word", ["h4", "a", "4", "a11", "g#10", "a10", "cb0", "c##4", "a4b", "a-1", "AB4", ""])
def test_what_is_no_note(word):
    assert note_frequency(word) is None


@pytest.mark.parametrize(
    ("word", "note"),
    [("h4", "b4"), ("H2", "b2"), ("cis4", "c#4"), ("des4", "db4"), ("his3", "b#3"), ("Ges5", "Gb5"), ("hes3", "bb3")],
)
def test_german_names_are_those_notes(word, note):
    assert note_frequency(word) is None and note_frequency(note)
    assert german_note(word) == note


@pytest.mark.parametrize("word", ["c4", "es2", "as2", "ces0", "h11", "is4", "this4", "c4is"])
def test_other_words_are_no_german_names(word):
    assert german_note(word) == ""


def test_the_one_note_that_is_another_in_german():
    """`as2` is a sharp for many, e sharp is f for nobody."""
    assert (flat_meant("es2"), flat_meant("Es4")) == ("eb2", "eb4")
    assert not any(map(flat_meant, ("as2", "e2", "eb2", "es", "es11", "fes2")))


def test_intervals_are_factors():
    steps = {
        "semitone": 1,
        "minor_third": 3,
        "major_third": 4,
        "fourth": 5,
        "fifth": 7,
        "octave": 12,
        "whole": 2,
    }
    for name, count in steps.items():
        assert builtin(name) == pytest.approx(2 ** (count / 12), rel=1e-15)


def test_constants_and_clocks():
    assert [builtin(name) for name in ("pi", "tau", "e", "true", "false")] == [
        math.pi,
        math.tau,
        math.e,
        1.0,
        0.0,
    ]
    assert builtin("inf") == builtin("infinite") == builtin("infinity") == math.inf
    assert builtin("t") is builtin("time") is TimeName.TIME
    assert builtin("sr") is builtin("sample_rate") is TimeName.RATE
    assert builtin("nothing") is None


def test_scales_ascend_within_an_octave_from_their_root():
    for name in SCALES:
        scale = builtin(name)
        assert scale[0] == 0.0 and scale == sorted(set(scale)) and scale[-1] < 12.0
    assert builtin("minor") == builtin("aeolian") == [0, 2, 3, 5, 7, 8, 10]


@pytest.mark.parametrize(
    ("mode", "degree"),
    [("dorian", 1), ("phrygian", 2), ("lydian", 3), ("mixolydian", 4), ("aeolian", 5), ("locrian", 6)],
)
def test_the_modes_are_rotations_of_major(mode, degree):
    major = builtin("major")
    assert builtin(mode) == sorted((step - major[degree]) % 12 for step in major)


def test_a_changed_list_stays_the_callers():
    builtin("blues").append(99.0)
    assert builtin("blues") == [0, 3, 5, 6, 7, 10]


def test_no_name_means_two_things():
    names = (*CONSTANTS, *TIME_NAMES, *SCALES)
    assert len(names) == len(set(names))
    assert not set(names) & set(FUNCTIONS)
    assert not [name for name in (*names, *FUNCTIONS) if note_frequency(name)]


@pytest.mark.parametrize(
    ("name", "other", "added"),
    [
        ("minor_blues", "minor_pentatonic", 6),
        ("blues", "minor_pentatonic", 6),
        ("major_blues", "major_pentatonic", 3),
        ("bebop_major", "major", 8),
        ("bebop_minor", "minor", 9),
    ],
)
def test_some_scales_are_others_with_a_tone_between(name, other, added):
    assert builtin(name) == sorted([*builtin(other), added])


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("harmonic_minor", [0, 2, 3, 5, 7, 8, 11]),
        ("melodic_minor", [0, 2, 3, 5, 7, 9, 11]),
        ("double_harmonic", [0, 1, 4, 5, 7, 8, 11]),
        ("hungarian_minor", [0, 2, 3, 6, 7, 8, 11]),
        ("gypsy", [0, 2, 3, 6, 7, 8, 10]),
        ("persian", [0, 1, 4, 5, 6, 8, 11]),
        ("enigmatic", [0, 1, 4, 6, 8, 10, 11]),
        ("neapolitan_minor", [0, 1, 3, 5, 7, 8, 11]),
        ("neapolitan_major", [0, 1, 3, 5, 7, 9, 11]),
        ("prometheus", [0, 2, 4, 6, 9, 10]),
        ("augmented", [0, 3, 4, 7, 8, 11]),
        ("hirajoshi", [0, 2, 3, 7, 8]),
        ("kumoi", [0, 2, 3, 7, 9]),
        ("yo", [0, 2, 5, 7, 9]),
        ("iwato", [0, 1, 5, 6, 10]),
        ("japanese", [0, 1, 5, 7, 8]),
        ("pelog", [0, 1, 3, 4, 7, 8]),
    ],
)
def test_the_other_scales_have_these_steps(name, steps):
    """`pelog` has one tone more than where it is 0 1 3 7 8."""
    assert builtin(name) == steps
