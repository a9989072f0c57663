"""Pools and clock of a sequence: what belongs to a voice, how long it lasts, gates."""

from __future__ import annotations

import math

import pytest

from tests.harness.sequences import notes, pools, problem, text_of, tree
from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.text.document import read_document
from waves.problem import Problems


def test_a_node_has_a_pool_of_its_own_and_equal_ones_share_it():
    steps = "[{osc: {freq: 3}}, [{osc: {freq: 4}}, kick], {osc: {freq: 3}}, {kick: {freq: 9}}, kick: ]"
    assert notes(steps.replace("kick: ]", "{kick: {}}]")) == {
        "osc": [[()], [], [()], [], []],
        "osc~2": [[], [()], [], [], []],
        "kick": [[], [()], [], [], [()]],
        "kick~2": [[], [], [], [()], []],
    }


def test_ids_do_not_depend_on_the_place_of_a_step():
    one = set(nodes(tree("[kick, null, 'bass c2', {osc: {freq: 3}}]")))
    two = set(nodes(tree("[null, {osc: {freq: 3}}, 'bass e2', hat, kick, kick]")))
    assert one < two


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
        ("{filter: {cutoff: {osc: {range: [200, 900], duration: 0.3}}, signal: {osc: {}}}}", 0.3),
        ("{osc: {freq: [200, 100]}}", 1.0),
        ("{envelope: {gate: gate, signal: {osc: {}}}}", math.inf),
        ("{envelope: {gate: gate, end: false, signal: {osc: {}}}}", 1.0),
        ("{envelope: {gate: 1 - gate, signal: {osc: {}}}}", 1.0),
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


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("voices: 4", "'sequencer' needs 'interval', or a 'trigger'"),
        ("interval: -1", "interval: expected at least 0.001 s, got -1"),
        ("interval: 1, repeat: 0", "repeat: expected at least 1 passes, got 0"),
        ("interval: 1, swing: 2", "swing: expected -1 to 1, got 2"),
        ("interval: 1, chain: [kick]", "'sequencer' needs one of 'steps' and 'chain'"),
    ],
)
def test_problems_of_a_sequence(more, sentence):
    assert problem("[kick]", more).removeprefix("beat.sequencer: ") == sentence


@pytest.mark.parametrize("word", ["inf", "infinite", "infinity", ".inf"])
def test_endless_repeat_may_be_written(word):
    tree("[kick]", f"interval: 1, repeat: {word}")


def test_an_oscillator_is_naive_as_a_gate():
    for source in ("{osc: {type: sqr, freq: 3}}", "{context: {x: 1, signal: {osc: {freq: 3}}}}"):
        root = tree("[kick]", f"trigger: {source}")
        (clock,) = (node for node in nodes(root).values() if node.id.endswith(".Clock"))
        assert clock.inputs["trigger"].settings["naive"] is True


def test_an_oscillator_is_as_it_is_written_and_elsewhere_band_limited():
    root = tree("[kick]", "trigger: {osc: {naive: false, freq: {osc: {}}}}")
    found = [node.settings["naive"] for node in nodes(root).values() if "naive" in node.settings]
    assert found == [False] * len(found) and len(found) == 3
