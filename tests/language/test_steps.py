"""Steps of every form, what they give to the voices of their sounds, and what is wrong with them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.build.sound_tree import check_sounds
from waves.language.expression.builtin_names import note_frequency
from waves.language.text.document import read_document
from waves.language.tree.channel_width import widen
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.duration import LatchAtStart
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.voices import Gate, NoteValue, Pool, StereoPool
from waves.problem import Problem, Problems

SOUNDS = """
kick: {osc: {freq: 60, amp: 0.5, duration: 0.1}}
hat: {context: {v: 1, signal: {osc: {type: noise, amp: 0.3 * v, duration: 0.05}}}}
bass: {osc: {type: saw, freq: f * 0.5, duration: 0.2}}
pad: {osc: {freq: 110}}
lit: {context: {a: 3, signal: {osc: {freq: a * 100, duration: 0.1}}}}
"""
C2 = note_frequency("c2")
NONE = math.nan


def text_of(steps: str, more: str = "interval: 0.5") -> str:
    return f"{SOUNDS}beat: {{sequencer: {{{more}, steps: {steps}}}}}\n"


def tree(steps: str, more: str = "interval: 0.5", text: str = "") -> TreeNode:
    root, warnings = build_sounds(["beat"], shipped(), [read_document(text or text_of(steps, more), "w.yaml")])
    assert warnings == []
    return root


def pools(root: TreeNode) -> dict[str, TreeNode]:
    """The pools of the one sequence, by name."""
    return {
        node.id.split(".Sequencer.")[1].removesuffix(".Pool"): node
        for node in nodes(root).values()
        if node.template and not node.voice
    }


def notes(steps: str, **given: Any) -> dict[str, Any]:
    """Of each pool what its steps give; NaN is -1, so that equal notes are equal."""
    return {
        name: [[tuple(-1.0 if x != x else x for x in note) for note in step] for step in written(pool)]
        for name, pool in pools(tree(steps, **given)).items()
    }


def written(pool: TreeNode) -> tuple[tuple[tuple[float, ...], ...], ...]:
    found: tuple[tuple[tuple[float, ...], ...], ...] = pool.settings["notes"]
    return found


def problems(steps: str, more: str = "interval: 0.5") -> list[Problem]:
    try:
        _, found = build_sounds(["beat"], shipped(), [read_document(text_of(steps, more), "w.yaml")])
    except Problems as error:
        found = error.problems
    assert found
    return found


def problem(steps: str, more: str = "interval: 0.5") -> str:
    """The one problem without its file and line."""
    (found,) = problems(steps, more)
    return str(found).split(": ", 1)[1].removeprefix("beat.sequencer.")


def column(steps: str) -> str:
    """The text from the caret on."""
    (found,) = problems(steps)
    assert found.mark
    return found.source[found.mark.column - 1 :]


# The forms


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


def test_a_node_has_a_pool_of_its_own_and_equal_ones_share_it():
    steps = "[{osc: {freq: 3}}, [{osc: {freq: 4}}, kick], {osc: {freq: 3}}, {kick: {freq: 9}}, kick: ]"
    assert notes(steps.replace("kick: ]", "{kick: {}}]")) == {
        "osc": [[()], [], [()], [], []],
        "osc~2": [[], [()], [], [], []],
        "kick": [[], [()], [], [], [()]],
        "kick~2": [[], [], [], [()], []],
    }


def test_a_node_may_stand_beside_its_parameters_and_have_an_id():
    assert list(notes("[{osc: {}, freq: 3, id: blip}]")) == ["blip"]


def test_a_file_of_a_folder_is_a_sample_with_that_number():
    root = tree("[bd:3, bd:0, 'bd:1 v.5']")
    (pool,) = pools(root).values()
    assert pool.settings["notes"][0] == ((3.0,),) and pool.settings["notes"][1] == ((0.0,),)
    sample = pool.template.root
    assert sample.settings["file"] == "samples/bd"
    assert sample.inputs["chop"].kind is NoteValue


def test_ids_do_not_depend_on_the_place_of_a_step():
    one = set(nodes(tree("[kick, null, 'bass c2', {osc: {freq: 3}}]")))
    two = set(nodes(tree("[null, {osc: {freq: 3}}, 'bass e2', hat, kick, kick]")))
    assert one < two


# What a note gives


def test_a_parameter_is_replaced_and_its_own_value_is_the_default():
    pool = pools(tree("[kick, 'kick f80']"))["kick"]
    given = pool.template.root.inputs["freq"]
    assert given.kind is NoteValue and given.inputs == {"default": 60.0}
    assert pool.template.given == [given]


def test_a_parameter_that_reads_the_value_stays_as_it_is_written():
    freq = pools(tree("[bass c2]"))["bass"].template.root.inputs["freq"]
    assert freq.kind is Expression
    assert [one.kind for one in freq.inputs["inputs"].values() if isinstance(one, TreeNode)] == [NoteValue]


def test_names_of_a_context_are_given_to_all_inside():
    pool = pools(tree("['hat v.5', hat]"))["hat"]
    assert [given.inputs for given in pool.template.given] == [{"default": 1.0}]


def test_what_no_note_gives_is_constant():
    text = "soft: {osc: {freq: f, amp: v * a, duration: 1}}\nbeat: {sequencer: {interval: 1, steps: [soft]}}"
    root = pools(tree("", text=text))["soft"].template.root
    assert (root.inputs["freq"], root.inputs["amp"]) == (440.0, 1.0)


def test_what_is_not_written_has_no_default():
    (pool,) = pools(tree("[bd:0, 'bd:0 f80']")).values()
    (freq,) = (one for one in pool.template.given if one.id.endswith("freq.Given"))
    assert freq.inputs == {}


def test_a_duration_can_be_given():
    pool = pools(tree("[pad duration.5, 'pad duration=2']"))["pad"]
    duration = pool.template.root.inputs["duration"]
    assert duration.kind is LatchAtStart and duration.inputs["signal"].kind is NoteValue
    assert pool.settings["length"] == math.inf


def test_gate_is_a_node_of_the_voice():
    steps = "[{envelope: {gate: gate, release: 1, end: true, signal: {osc: {freq: 3}}}}]"
    pool = pools(tree(steps))["envelope"]
    assert pool.template.gate.kind is Gate and pool.template.root.inputs["gate"] is pool.template.gate
    assert pool.settings["length"] == math.inf


def test_nodes_inside_belong_to_the_voice_and_those_outside_to_all():
    steps = "[{osc: {freq: 3 + $lfo + slow, amp: {osc: {}}}}]"
    around = f"{{context: {{slow: {{osc: {{}}}}, signal: {{sequencer: {{interval: 1, steps: {steps}}}}}}}}}"
    text = f"beat: {{mix: {{a: {{osc: {{id: lfo}}}}, b: {around}}}}}"
    found = nodes(tree("", text=text))
    (pool,) = (node for node in found.values() if node.template)
    inside = {node.id.removeprefix(f"{pool.id}.") for node in found.values() if node.voice is pool.template}
    assert inside == {"Osc", "Osc.freq.Expression", "Osc.amp.Osc"}


def test_a_sequence_inside_a_note():
    root = tree("[{sequencer: {interval: 0.1, repeat: 2, steps: [kick]}}]")
    outer = pools(root)["sequencer"]
    (inner,) = (node for node in nodes(root).values() if node.template and node.voice)
    assert inner.voice is outer.template
    assert outer.settings["length"] == math.inf
    assert inner.inputs["clock"].settings["begin"] == "now"


def test_an_id_inside_a_note_is_of_the_note():
    root = tree("[{osc: {id: x, amp: {osc: {id: y, freq: $x}}, duration: 1}}]")
    pool = "beat.root.Mix.beat.Sequencer.x.Pool"
    assert {f"{pool}/x", f"{pool}/y"} <= set(nodes(root))


def test_from_outside_it_is_a_problem():
    text = "beat: {mix: {a: {sequencer: {interval: 1, steps: [{osc: {id: x}}]}}, b: {osc: {freq: $x}}}}"
    with pytest.raises(Problems, match="each note has a 'x' of its own: put the id on the sequence"):
        tree("", text=text)


# How long a voice lasts


@pytest.mark.parametrize(
    ("sound", "length"),
    [
        ("{osc: {duration: 0.3}}", math.inf),
        ("{osc: {}}", 1.0),
        ("{mix: {a: {osc: {duration: 0.3}}, b: {osc: {}}, c: {osc: {duration: 0.2}}}}", 0.3),
        ("{mix: {a: {osc: {duration: 0.3}}, b: {osc: {duration: 0.2}}}}", math.inf),
        ("{osc: {amp: {envelope: {attack: 0.1, duration: 0.4}}}}", math.inf),
        ("{filter: {cutoff: 100, signal: {osc: {duration: 0.3}}}}", math.inf),
        ("{filter: {cutoff: 100, signal: {osc: {}}, duration: 3}}", math.inf),
        ("{filter: {cutoff: {osc: {duration: 0.3}}, signal: {osc: {}}}}", 0.3),
        ("{osc: {freq: [200, 100]}}", 1.0),
        ("{envelope: {gate: gate, signal: {osc: {}}}}", 1.0),
        ("{sample: {file: x.wav}}", math.inf),
        ("{sample: {file: x.wav, loop: true}}", 1.0),
        ("{sequencer: {interval: 1, steps: [kick]}}", 1.0),
    ],
)
def test_length(sound, length):
    (pool,) = pools(tree(f"[{sound}]")).values()
    assert pool.settings["length"] == length


def test_the_setting_for_what_has_no_end():
    document = [read_document(text_of("[pad]"), "w.yaml")]
    root, _ = build_sounds(["beat"], shipped(), document, step_length=2.5)
    assert pools(root)["pad"].settings["length"] == 2.5


def test_a_list_moves_over_the_length_of_the_step():
    root = pools(tree("[{osc: {freq: [200, 100]}}]"))["osc"].template.root
    assert root.inputs["freq"].inputs["duration"] == 0.5


# Channels


def test_a_sound_with_two_channels_has_a_pool_with_two():
    inner = "{sequencer: {interval: 1, steps: [{track: {signal: kick}}]}}"
    steps = f"[{{track: {{pan: 1, signal: {{osc: {{}}}}}}}}, {{osc: {{}}}}, {inner}]"
    kinds = {name: pool.kind for name, pool in pools(tree(steps)).items()}
    assert kinds == {"track": StereoPool, "osc": Pool, "sequencer": StereoPool}


def test_a_stereo_sample_is_known_later():
    root = tree("[{filter: {cutoff: 3, signal: {sample: {file: x.wav}}}}]")
    (pool,) = pools(root).values()
    assert pool.kind is Pool
    widen(root, lambda node: 2 if "file" in node.settings else 1)
    assert pool.kind is StereoPool


# Problems


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ("[]", "steps: expected at least one step"),
        (
            "kick",
            "steps: text here is a pattern, which cannot be played: write the steps as a list; did you mean '[kick]'?",
        ),
        ("3", "steps: expected a list of steps, got 3"),
        ("[808]", "steps.0: a number is not a sound: quote a name like that, '\"808\"'"),
        ("['']", "steps.0: a step is empty: a rest is null or '~'"),
        ("[kik]", "steps.0: there is no sound 'kik'; did you mean 'kick'?"),
        ("[kick2]", "steps.0: there is no sound 'kick2'; did you mean 'kick'?"),
        ("['kick, kik']", "steps.0: there is no sound 'kik'; did you mean 'kick'?"),
        ("['kick,, hat']", "steps.0: there is no sound beside the comma"),
        (
            "[kick hat]",
            "steps.0: 'hat' gives no number: a parameter is written 'v.5' or 'v=.5'"
            "; did you mean 'kick, hat' (together)?",
        ),
        ("['kick v=loud']", "steps.0: expected a number or a note after 'v=', got 'loud'"),
        ("['kick x5']", "steps.0: 'kick' has no parameter 'x'"),
        ("['kick seed5']", "steps.0: 'seed' of 'kick' cannot differ from note to note"),
        ("['kick f3 c4']", "steps.0: 'freq' is given twice"),
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
    ("more", "sentence"),
    [
        ("voices: 4", "'sequencer' needs 'interval', or a 'trigger'"),
        ("interval: -1", "interval: expected at least 0.001 s, got -1"),
        ("interval: 1, repeat: 0", "repeat: expected at least 1 passes, got 0"),
        ("interval: 1, swing: 2", "swing: expected at most 1, got 2"),
        ("interval: 1, chain: [kick]", "'sequencer' needs one of 'steps' and 'chain'"),
    ],
)
def test_problems_of_a_sequence(more, sentence):
    assert problem("[kick]", more).removeprefix("beat.sequencer: ") == sentence


@pytest.mark.parametrize("word", ["inf", "infinite", "infinity", ".inf"])
def test_endless_repeat_may_be_written(word):
    tree("[kick]", f"interval: 1, repeat: {word}")


def test_every_sound_may_be_that_of_a_note():
    text = "soft: {osc: {freq: f, amp: v * vel * velocity * a * amp, duration: note / freq, phase: gate}}"
    assert check_sounds(shipped(), [read_document(text, "w.yaml")]) == []


# Gates


def test_an_oscillator_is_naive_as_a_gate():
    for source in ("{osc: {type: sqr, freq: 3}}", "{context: {x: 1, signal: {osc: {freq: 3}}}}"):
        root = tree("[kick]", f"trigger: {source}")
        (clock,) = (node for node in nodes(root).values() if node.id.endswith(".Clock"))
        assert clock.inputs["trigger"].settings["naive"] is True


def test_an_oscillator_is_as_it_is_written_and_elsewhere_band_limited():
    root = tree("[kick]", "trigger: {osc: {naive: false, freq: {osc: {}}}}")
    found = [node.settings["naive"] for node in nodes(root).values() if "naive" in node.settings]
    assert found == [False] * len(found) and len(found) == 3
