"""Words of lanes and keys beside a pattern: misspelt keys, names of `vars`, ways of `arp`, and what is not told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.session_harness import composer_for, save
from waves.live.workspace.composition import Composition
from waves.problem import Problems

SOUNDS = "pluck: {osc: {freq: note, amp: 0.3 * v, duration: 0.3}}\n"
VARS = "vars: {soft: 0.25, root: c4, third: e4}\n"


def composed(folder: Path, play: str, before: str = "") -> Composition:
    save(folder, f"{before}{SOUNDS}my_sound: {{{play}}}\n")
    return composer_for(folder).compose([("my_sound", {})])


def notes(composition: Composition) -> list[dict[str, float]]:
    """The values of the notes, in their order."""
    assert composition.piece is not None and composition.findings == []
    [made] = composition.piece.sounds["my_sound"].root.patterns.values()
    return [dict(note.values) for note in sorted(made.notes, key=lambda note: note.onset)]


@pytest.mark.parametrize(
    ("play", "problem"),
    [
        ('play: pluck, rythm: "x..x"', "'rythm' is no setting of 'play'; did you mean 'rhythm'?"),
        ('play: pluck, rythm: "x(3,8)"', "'rythm' is no setting of 'play'; did you mean 'rhythm'?"),
        ('play: pluck, swimg: "5a"', "'swimg' is no setting of 'play'; did you mean 'swing'?"),
        ('play: pluck, phase: "x y"', "'x' is no number and no note"),
        ('play: pluck, v: "sofd"', "'sofd' is no strength: a number, or ppp to fff"),
        ('play: "soft"', "there is no sound 'soft'"),
        ('play: pluck, chord: C, arp: "<up dwon>"', "'dwon' is no way of 'arp': up, down, updown, downup, random"),
    ],
)
def test_what_is_wrong_is_told_at_the_key_or_at_the_word(tmp_path, play, problem):
    with pytest.raises(Problems) as told:
        composed(tmp_path, play, VARS)
    assert problem in str(told.value)
    assert len(told.value.problems) == 1 or "phase" in play


def test_a_lane_reads_names_of_vars_and_follows_their_changes(tmp_path):
    text = 'play: pluck, note: "root third", v: "soft 1"'
    found = notes(composed(tmp_path, text, VARS))
    assert [one["velocity"] for one in found] == [0.25, 1.0]
    assert [one["freq"] for one in found] == pytest.approx([261.6256, 329.6276], rel=1e-6)
    composer = composer_for(tmp_path)
    composer.compose([("my_sound", {})])
    save(tmp_path, f"{VARS.replace('0.25', '0.5')}{SOUNDS}my_sound: {{{text}}}\n")
    assert [one["velocity"] for one in notes(composer.compose([("my_sound", {})]))] == [0.5, 1.0]
    named = VARS + "patterns: {soft: 0.75}\n"
    assert [one["velocity"] for one in notes(composed(tmp_path, text, named))] == [0.75, 1.0], "a pattern comes first"


def test_arp_takes_a_way_for_each_onset(tmp_path):
    found = notes(composed(tmp_path, 'play: pluck, chord: C, arp: "<up down>", rhythm: "x*3"'))
    low, middle, high = (261.6256, 329.6276, 391.9954)
    assert [one["freq"] for one in found] == pytest.approx([low, middle, high, high, middle, low], rel=1e-6)
    found = notes(composed(tmp_path, 'play: pluck, chord: C, arp: "0 [2 1]", rhythm: "x*4"'))
    assert [one["freq"] for one in found] == pytest.approx([low, low, high, middle], rel=1e-6)


@pytest.mark.parametrize(
    "play",
    [
        'play: pluck, chord: "<Am F>?", arp: up, rhythm: "x*8?", mask: "<0!40 1>"',
        'play: pluck, note: "c2 c3?", slide: "ms(60)", mask: "<0!70 1>"',
    ],
)
def test_a_mask_that_is_closed_for_long_is_no_reason_for_a_warning(tmp_path, play):
    assert composed(tmp_path, play).findings == []


def test_gain_of_a_pattern_takes_a_node(tmp_path):
    assert composed(tmp_path, "play: pluck, gain: {osc: {freq: 1, range: [-6, 0]}}").findings == []
