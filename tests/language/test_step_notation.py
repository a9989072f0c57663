"""Steps of every form, and the sentence for each mistake in them."""

from __future__ import annotations

import pytest

from tests.harness.sequences import SOUNDS, column, notes, pools, problem, problems, tree
from waves.language.expression.builtin_names import note_frequency
from waves.language.model.step_notation import read_parameter
from waves.node_types.builtin.voices import NoteValue

C2 = note_frequency("c2")


def test_each_sound_has_a_pool_and_each_step_its_notes():
    assert notes("[kick, null, [kick, pad], 'pad, kick']") == {
        "kick": [[()], [], [()], [()]],
        "pad": [[], [], [()], [()]],
    }


def test_rests():
    assert notes("[kick, ~, null, '~']") == {"kick": [[()], [], [], []]}


def test_a_note_sets_the_frequency():
    assert notes("[bass c2, bass, bass f80, 'bass note=c2']") == {"bass": [[(C2,)], [(-1.0,)], [(80.0,)], [(C2,)]]}


def test_one_sound_twice_in_a_step_is_two_notes():
    assert notes("['bass c2, bass c3']") == {"bass": [[(C2,), (2 * C2,)]]}


def test_every_name_of_a_value_is_that_value():
    for name in ("a", "amp"):
        assert notes(f"['kick {name}.2']") == {"kick": [[(0.2,)]]}
    for name in ("v", "vel", "velocity"):
        assert notes(f"['hat {name}.2']") == {"hat": [[(0.2,)]]}


def test_numbers_are_written_in_many_ways():
    numbers = {"v.5": 0.5, "v0.5": 0.5, "v-2": -2.0, "v=.5": 0.5, "v+1": 1.0, "v=-1.5": -1.5}
    for text, value in numbers.items():
        assert notes(f"['hat {text}']") == {"hat": [[(value,)]]}


def test_the_first_word_whole_is_the_sound():
    text = f"{SOUNDS}kick2: pad\n808: pad\nbeat: {{sequencer: {{interval: 1, steps: [kick2, '808 f80']}}}}"
    assert notes("", text=text) == {"kick2": [[()], []], "808": [[], [(80.0,)]]}


def test_a_node_type_is_a_sound_without_parameters():
    assert notes("[osc f440]") == {"osc": [[(440.0,)]]}


def test_a_node_may_stand_beside_its_parameters_and_have_an_id():
    assert list(notes("[{osc: {}, freq: 3, id: blip}]")) == ["blip"]


def test_a_file_of_a_folder_is_a_sample_with_that_number():
    root = tree("[bd:3, bd:0, 'bd:1']")
    (pool,) = pools(root).values()
    assert pool.settings["notes"][0] == ((3.0,),) and pool.settings["notes"][1] == ((0.0,),)
    sample = pool.template.root
    assert sample.settings["file"] == "samples/bd"
    assert sample.inputs["chop"].kind is NoteValue


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ("[]", "steps: expected at least one step"),
        ("3", "steps: expected a list of steps, got 3"),
        ("[808]", "steps.0: a number is not a sound: a step is a sound, and a rest is '~'"),
        ("['']", "steps.0: a step is empty: a rest is null or '~'"),
        ("[kik]", "steps.0: there is no sound 'kik'; did you mean 'kick'?"),
        ("[kick2]", "steps.0: there is no sound 'kick2'; did you mean 'kick'?"),
        ("['kick, kik']", "steps.0: there is no sound 'kik'; did you mean 'kick'?"),
        ("['kick,, hat']", "steps.0: there is no sound beside the comma"),
        ("[kick hat]", "steps: a comma separates the steps; did you mean '[kick, hat]'?"),
        ("['kick v=loud']", "steps.0: only a number or a note stands after 'v=' in a step, not 'loud'"),
        ("['kick x5']", "steps.0: 'kick' has no parameter 'x'"),
        ("['kick seed5']", "steps.0: 'seed' of 'kick' cannot differ from note to note"),
        (
            "['kick f3 c4']",
            "steps.0: 'freq' is given twice: several notes are several sounds; did you mean 'kick f3, kick c4'?",
        ),
        ("[[[kick]]]", "steps.0.0: a list inside a step holds at least one sound, and no further list"),
        ("[{ocs: {}}]", "steps.0.ocs: unknown node 'ocs'; did you mean 'osc'?"),
        ("[{osc: {frq: 3}}]", "steps.0.osc.frq: 'osc' has no parameter 'frq'; did you mean 'freq'?"),
        ("['lit a4']", "steps.0: 'a4' is the parameter 'a' of 'lit' here, not a note; did you mean 'a=4'?"),
        ("[beat]", "steps.0: a sound that plays itself has no end: beat → beat"),
    ],
)
def test_problems(steps, sentence):
    assert problem(steps).removeprefix("warning: beat.sequencer.") == sentence


def test_the_caret_is_below_the_word():
    assert column("[kick, 'kick, hat v.4, kik']") == "kik']}}"
    assert column("['hat v.2, kick x5']") == "x5']}}"


def test_all_problems_at_once():
    assert len(problems("[kik, 808, 'kick x5', {ocs: {}}]")) == 4


@pytest.mark.parametrize(
    ("word", "given"),
    [("c2", ("freq", C2)), ("a10", ("a", 10.0)), ("f=a4", ("f", 440.0)), ("v=.5", ("v", 0.5)), ("cb0", ("cb", 0.0))],
)
def test_a_word_gives_a_name_and_a_number(word, given):
    """Notes go from c0 to g10; beyond that a word is a parameter."""
    reports = []
    assert read_parameter(word, "kick", {"freq"}, {"kick"}, lambda *report: reports.append(report)) == given
    assert reports == []


@pytest.mark.parametrize("word", ["v=", "g#10", "kick", "="])
def test_any_other_word_gives_no_number(word):
    reports = []
    assert read_parameter(word, "kick", {"freq"}, {"hat"}, lambda *report: reports.append(report)) is None
    assert reports == [(f"'{word}' gives no number: a parameter is written 'v.5' or 'v=.5'", "", "error")]
