"""Patterns in a piece: the sentence, the place and the suggestion for each mistake, and what is read of each text."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.text.document import read_document
from waves.problem import Problem, Problems

SOUNDS = """
kick: {osc: {freq: 60, duration: 0.1}}
snare: {osc: {type: noise, duration: 0.1}}
hat: {osc: {type: noise, amp: v, duration: 0.05}}
bass: {osc: {type: saw, freq: f, amp: v, duration: 0.2}}
pluck: {osc: {freq: f, amp: v, duration: 0.2}}
"""
BEAT = "my_sound: {%s}\n"
START = len("my_sound: {")


def problems(given: str) -> list[Problem]:
    """The problems of a piece, or its warnings."""
    try:
        return build_sounds(["my_sound"], shipped(), [read_document(BEAT % given + SOUNDS, "w.yaml")])[1]
    except Problems as error:
        return error.problems


MISTAKES = [
    ('play: "kick [hat hat"', "[", "this '[' is never closed", "'kick [hat hat]'"),
    ('play: "kick hat]"', "]", "this ']' closes nothing", "'kick hat'"),
    ('play: "kick [hat>"', ">", "'>' cannot close the '[' in column 6 of the pattern", "']'"),
    ('play: "kick []"', "[", "this group is empty: a rest is '~'", "'kick ~'"),
    ('play: "kick,"', ",", "there is no sound beside the comma", "'kick'"),
    ('play: ", kick"', '"', "there is no sound beside the comma", "'kick'"),
    ('play: "kcik hat"', '"', "there is no sound 'kcik'", "'kick'"),
    ('play: "hat v.4 hat"', "v.4", "'v.4' is no sound: in a text what a sound is given follows a colon", "'hat:v.4'"),
    ('play: "bass c2 bass eb2"', "c2", "'c2' is a note: in a text it follows its sound after a colon", "'bass:c2'"),
    (
        'play: "c4 e4 g4"',
        '"',
        "these are notes, and nothing says which sound plays them",
        "'play: pluck, note: \"c4 e4 g4\"'",
    ),
    ('play: "0 2 4"', '"', "these are numbers, and nothing says which sound plays them", ""),
    ('play: "hat kick(3)"', "kick", "euclid is onsets and steps, and a rotation if you like", "'kick(3,8)'"),
    ('play: "hat kick(8,3)"', "kick", "8 onsets do not fit into 3 steps", "'kick(3,8)'"),
    ("play: kick(3,8)", "kick", "quote the pattern: a comma ends a value inside { } and [ ]", '"kick(3,8)"'),
    ("play: kick*4, hat*8", ",", "quote the pattern: a comma ends a value inside { } and [ ]", "'\"kick*4, hat*8\"'"),
    (
        "play: [kick hat*2]",
        "hat",
        "'hat*2' is given to 'kick' here: entries of a list are parted by commas",
        "'\"kick hat*2\"'",
    ),
    ('play: "kick*"', "*", "a number is missing after '*'", "'kick*2'"),
    ('play: "kick *2"', "*", "a sign follows its step without a space", "'kick*2'"),
    ('play: "kick hat?2"', "hat", "a chance lies between 0 and 1", "'hat?0.2'"),
    ('play: "kick hat%5:4"', "hat", "a fifth of 4 never comes", "'hat%4:4'"),
    (
        'play: "kick hat", interval: eighth, cycle: bar',
        "cycle",
        "'interval' is the length of a step and 'cycle' that of all: give one of them",
        "'interval: eighth'",
    ),
    (
        'play: "hat*4", velo: "1 .5"',
        "velo",
        "'velo' is no setting of 'play', and 'hat' has no parameter of that name",
        "'vel",
    ),
    ('play: pluck, note: "c4 h4"', "h4", "there is no note 'h4': notes are a to g", "'b4'"),
    ('play: pluck, note: "g4 c4.e4"', "c4.e4", "'c4.e4' is one word: notes are parted by spaces", "'c4 e4'"),
    ('play: "hat kick*100000"', "kick", "100,000 notes in a cycle: 4,096 at most", ""),
    ('play: "bd sn"', '"', "there is no sound 'bd'", "'kick'"),
    ('play: "kick _*2"', "*", "'_' lengthens the step before it, and takes no sign", ""),
    ('play: "kick hat@2@3"', "@3", "this step has two '@'", ""),
    ('play: "kick . . hat"', ". hat", "there is nothing between the dots: a rest is '~'", ""),
    ('play: "kick, hat | snare"', "|", "',' and '|' stand in one group: give one of them a '[ ]' of its own", ""),
    ('play: "! kick"', '"', "there is no step before this '!' that it could repeat", ""),
    ('play: "<kick hat>%2"', "%", "only '{ }' has '%' with its steps in a cycle; a chance is '?'", ""),
    # what comes later
    ('play: "kick", every: {4: rev}', "every", "'every' beside a pattern comes with a later release", ""),
    ('play: "kick*4", swing: 0.2', "swing", "'swing' beside a pattern comes with a later release", ""),
    ('play: "hat*4", pan: "0 1"', "pan", "'pan' beside a pattern comes with a later release", ""),
    ('play: pluck, scale: c major, note: "c4"', "scale", "'scale' beside a pattern comes with a later release", ""),
    ('play: "hat:v=rand(.3,1)"', '"', "'hat:v=rand()' is drawn for each note: this comes with a later release", ""),
    ('play: "hat%fill"', "%", "the condition '%fill' comes with a later release", ""),
    ('play: "pluck:c4\'m7"', "c4", "'c4'm7' is a chord: this comes with a later release", ""),
    ("play: [kick, hat], every: {4: rev}", "every", "'every' beside a list comes with a later release", ""),
]


@pytest.mark.parametrize(("given", "at", "sentence", "meant"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_has_its_sentence_and_its_column(given, at, sentence, meant):
    found = next((one for one in problems(given) if one.sentence == sentence), None)
    assert found, problems(given)
    assert found.mark
    assert found.mark.line == 1
    assert found.mark.column == START + given.rindex(at) + 1 if at != '"' else START + given.index('"') + 1
    assert not meant or meant in found.suggestion


def test_a_number_as_a_note_is_a_degree():
    (found,) = problems('play: pluck, note: "60 60"')
    assert found.sentence == "a number in 'note' is a degree and needs a 'scale', which comes with a later release"
    assert found.suggestion == "'c4'"


def test_what_is_never_heard_is_a_warning():
    (found,) = problems('play: "pluck*2", note: "c4 e4 g4 a4"')
    assert (found.level, found.suggestion) == ("warning", "'play: pluck'")
    assert found.sentence == "'e4' and 'a4' are never heard: the steps have onsets at 0 and 1/2"


def test_a_lane_that_changes_nothing_is_a_warning():
    (found,) = problems('play: "kick*4", v: "1 .5"')
    assert found.level == "warning"
    assert found.sentence.startswith("'v' changes nothing: 'kick' does not use it")


def pools(given: str) -> dict[str, list[list[tuple[float, ...]]]]:
    """The values of the notes by pool and step."""
    root, warnings = build_sounds(["my_sound"], shipped(), [read_document(BEAT % given + SOUNDS, "w.yaml")])
    assert warnings == []
    return {
        node.id.split(".Sequencer.")[1].removesuffix(".Pool"): [list(step) for step in node.settings["notes"]]
        for node in nodes(root).values()
        if node.template
    }


def test_what_a_sound_is_given_wins_over_a_lane():
    assert pools('play: "hat:v.25 hat", v: .5') == {"hat": [[(0.25,), (0.5,)]]}


def test_several_notes_are_a_chord():
    ((notes,),) = pools('play: "bass:a3:v.5:a4"').values()
    assert notes == [(220.0, 0.5), (440.0, 0.5)]


def test_a_note_without_an_octave_is_in_the_fourth():
    assert pools('play: bass, note: "a [a3 ~]", v: mf') == {"bass": [[(440.0, 0.6), (220.0, 0.6)]]}


def test_a_list_fills_a_cycle():
    assert pools("play: [kick, [hat v.5, kick], ~]") == {"kick": [[(), ()]], "hat": [[(0.5,)]]}


def test_a_sound_called_play_wins():
    text = "my_sound: {mix: {a: play, b: {play: {freq: 100}}}}\nplay: {osc: {freq: 50}}\n"
    root, _ = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    assert sorted(node.inputs["freq"] for node in nodes(root).values() if "freq" in node.inputs) == [50.0, 100.0]


@pytest.mark.parametrize(("given", "passes"), [("repeat: 3", 1.0), ("repeat: 1", 1 / 3), ("repeat: 7", 7 / 3)])
def test_a_repeat_counts_cycles(given, passes):
    text = BEAT % f'play: "<kick hat snare>", {given}' + SOUNDS
    root, _ = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    (clock,) = (node for node in nodes(root).values() if node.kind.__name__ == "StepClock")
    assert clock.settings["repeat"] == pytest.approx(passes)
    assert clock.settings["steps"] * clock.settings["repeat"] >= round(3 * passes)
