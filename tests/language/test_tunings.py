"""Tunings: the pitches of a pattern against closed forms, Scala files, and what is refused."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from tests.harness.session_harness import Stage, composer_for, save
from tests.harness.small_nodes import nodes
from waves.language.model.harmony.tunings import Tuning, TuningError, read_scala, read_tuning
from waves.live.workspace.composer import Composer
from waves.problem import Problems
from waves.testing import RATE

SOUND = "pluck: {osc: {freq: f, amp: 0.5, duration: 2}}\n"
C4 = 440.0 * 2.0 ** (-9 / 12)
SLENDRO = "! slendro.scl\n!\nfive steps\n 5\n!\n 240.0 second\n480.\n 3/2 ! pure\n960.0\n 2/1\n"


def pitches(folder, play: str, settings: str = "", composer: Composer | None = None) -> list[float]:
    """The frequencies of the notes, in their order."""
    save(folder, f"{settings}{SOUND}my_sound: {{{play}}}\n")
    root = (composer or composer_for(folder)).compose([("my_sound", {})]).root
    [pool] = [node for node in nodes(root).values() if node.template]
    return [note[0] for step in pool.settings["notes"] for note in step]


def cents(frequencies: list[float], root: float) -> list[float]:
    return [1200.0 * log2(one / root) for one in frequencies]


@pytest.mark.parametrize(
    ("tuning", "expected"),
    [
        ("just", [0.0, 1200 * log2(5 / 4), 1200 * log2(3 / 2), 1200.0]),
        ("pythagorean", [0.0, 1200 * log2(81 / 64), 1200 * log2(3 / 2), 1200.0]),
        ("meantone", [0.0, 1200 * log2(5 / 4), 300 * log2(5), 1200.0]),
        ("werckmeister3", [0.0, 390.225, 696.09, 1200.0]),
        ("19edo", [0.0, 1200 * 6 / 19, 1200 * 11 / 19, 1200.0]),
        ("slendro.scl", [0.0, 480.0, 1200 * log2(3 / 2), 1200.0]),
    ],
)
def test_a_third_and_a_fifth_above_c(tmp_path, tuning, expected):
    save(tmp_path, SLENDRO, "slendro.scl")
    found = cents(pitches(tmp_path, f'play: pluck, note: "c4 e4 g4 c5", tuning: {tuning}'), C4)
    assert found == pytest.approx(expected, abs=0.01)


def test_the_root_is_that_of_the_scale_and_stays_where_it_is(tmp_path):
    found = pitches(tmp_path, 'play: pluck, note: "0 2 4 7", scale: d4 major, tuning: just')
    assert cents(found, C4 * 2 ** (2 / 12)) == pytest.approx([0.0, 1200 * log2(5 / 4), 1200 * log2(3 / 2), 1200.0])


def test_what_is_raised_is_tuned_as_the_note_that_it_is(tmp_path):
    for play in ('play: pluck, note: "c4 e4"', 'play: "pluck:c4 pluck:e4"', 'play: pluck, midi: "60 64"'):
        found = pitches(tmp_path, f"{play}, transpose: 7, tuning: just")
        assert cents(found, C4) == pytest.approx([1200 * log2(3 / 2), 1200 * log2(15 / 8)])


def test_the_settings_tune_every_pattern_and_move_a4(tmp_path):
    plain = pitches(tmp_path, 'play: pluck, chord: "C"')
    tuned = pitches(tmp_path, 'play: pluck, chord: "C"', "settings: {a4: 442, tuning: just}\n")
    assert cents(tuned, plain[0] * 442 / 440) == pytest.approx([0.0, 1200 * log2(5 / 4), 1200 * log2(3 / 2)])
    own = pitches(tmp_path, 'play: pluck, note: "a4", tuning: 12edo', "settings: {a4: 442, tuning: just}\n")
    assert own == pytest.approx([442.0])


def test_the_degrees_of_the_scale_tuning_are_the_steps(tmp_path):
    save(tmp_path, SLENDRO, "tunings/slendro.scl")
    found = pitches(tmp_path, 'play: pluck, note: "0 1 2 3 4 5 -1", scale: c4 tuning, tuning: slendro.scl')
    expected = [0.0, 240.0, 480.0, 1200 * log2(3 / 2), 960.0, 1200.0, -240.0]
    assert cents(found, C4) == pytest.approx(expected)


def test_a_pure_fifth_is_heard(tmp_path):
    stage = Stage(tmp_path, f"{SOUND}my_sound: {{play: pluck, note: g4, tuning: just, cycle: 2}}\n")
    sound = stage.play(round(RATE))[:, 0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    assert np.argmax(spectrum) / 8 == pytest.approx(1.5 * C4, abs=0.1)


def test_another_scala_file_is_another_tuning(tmp_path):
    play = 'play: pluck, note: "e4", tuning: mine.scl'
    save(tmp_path, SLENDRO, "mine.scl")
    save(tmp_path, SOUND)
    composer = composer_for(tmp_path)
    assert cents(pitches(tmp_path, play, composer=composer), C4) == pytest.approx([480.0])
    save(tmp_path, SLENDRO.replace("480.", "400."), "mine.scl")
    assert cents(pitches(tmp_path, play, composer=composer), C4) == pytest.approx([400.0])


@pytest.mark.parametrize(
    ("text", "sentence", "meant"),
    [
        ("jsut", "there is no tuning 'jsut'", "'just'"),
        ("0edo", "an octave is divided into 1 to 1,000 steps, not 0", "'19edo'"),
        ("gamlan.scl", "there is no Scala file 'gamlan.scl' beside waves.yaml, or in tunings/", "'gamelan.scl'"),
    ],
)
def test_what_is_no_tuning(text, sentence, meant):
    with pytest.raises(TuningError) as error:
        read_tuning(text, {"gamelan.scl": ""})
    assert (error.value.sentence, error.value.meant) == (sentence, meant)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "x.scl:1: the second line of a Scala file is the number of its notes"),
        ("a\nmany\n", "x.scl:2: the second line of a Scala file is the number of its notes"),
        ("a\n999999\n", "x.scl:2: a tuning has 1 to 1,000 notes, not 999,999"),
        ("a\n3\n100.0\n2\n", "x.scl: it has 2 of 3 notes"),
        ("a\n2\nfifth\n2\n", "x.scl:3: 'fifth' is no pitch: cents as 701.955, or a ratio as 3/2"),
        ("a\n2\n3/0\n2\n", "x.scl:3: '3/0' is no pitch: cents as 701.955, or a ratio as 3/2"),
        ("a\n1\n1/1\n", "x.scl: its last note is the period, of 1 to 12000 cents, not 0"),
    ],
)
def test_what_is_no_scala_file(text, sentence):
    with pytest.raises(TuningError) as error:
        read_scala("x.scl", text)
    assert error.value.sentence == sentence


def test_a_period_need_be_no_octave():
    tuning = read_scala("bp.scl", "a\n2\n 880.0\n 3/1\n")
    assert tuning == Tuning((0.0, 880.0), pytest.approx(1200 * log2(3)))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("{a4: high}", "'a4' is a number of Hz from 200 to 900, got 'high'"),
        ("{tuning: jsut}", "there is no tuning 'jsut'"),
    ],
)
def test_a_wrong_setting_is_told_at_its_place(tmp_path, settings, sentence):
    with pytest.raises(Problems) as error:
        pitches(tmp_path, "play: pluck", f"settings: {settings}\n")
    assert [(one.sentence, one.mark.line) for one in error.value.problems] == [(sentence, 1)]
