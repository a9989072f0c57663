"""IDs, settings, inputs, durations and parameters of nodes, and the limits of their number."""

from __future__ import annotations

import math

import pytest

from tests.harness.small_nodes import TYPES, Osc, ids, nodes, problem, single, tree
from waves.language.build.tempo_names import tree_builder
from waves.language.model.models import NodeModel
from waves.language.model.piece import read_piece
from waves.language.text.document import read_document
from waves.language.tree.instantiate import instantiate_node
from waves.language.tree.tree_node import Instance, Reference, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.duration import EndAfter, LatchAtStart


def test_the_entries_of_a_list_have_id_or_name_or_position() -> None:
    text = "kick: osc\na: {mix: {signals: [kick, {osc: {id: x}}, kick, {osc: }, 0, $x]}}"
    signals = tree(text).inputs["signals"]
    assert isinstance(signals, dict)
    assert list(signals) == ["kick", "x", "kick~2", "osc~2", "4", "5"]
    assert ids(text) == {
        "a.root.Mix",
        "a.root.Mix.signals.kick.Osc",
        "a.root.Mix.signals.kick~2.Osc",
        "a.root.Mix.signals.osc~2.Osc",
        "a/x",
    }


def test_an_id_begins_a_prefix_of_its_own() -> None:
    assert ids("a: {mix: {x: {osc: {id: lfo, freq: {osc: }}}}}") == {"a.root.Mix", "a/lfo", "a/lfo.freq.Osc"}


def test_an_id_belongs_to_the_use_of_its_sound() -> None:
    text = "hat: {osc: {id: s, amp: {osc: }}}\na: {mix: {x: hat, y: {hat: {id: mine}}}}"
    assert ids(text) == {
        "a.root.Mix",
        "a.root.Mix.x/s",
        "a.root.Mix.x/s.amp.Osc",
        "a/mine",
        "a/mine.amp.Osc",
    }


def test_ids_do_not_depend_on_neighbours_and_order() -> None:
    one = ids("a: {mix: {x: osc, y: {filter: {cutoff: 1, signal: osc}}}}")
    two = ids("a: {mix: {new: osc, y: {filter: {signal: osc, cutoff: 1}}, x: osc}}")
    assert two - one == {"a.root.Mix.new.Osc"} and one <= two


def test_no_two_nodes_have_one_id() -> None:
    tree_of_dots = tree("a: {mix: {x.amp: osc, x: {mix: {amp: osc}}, x.Mix.amp: osc}}")
    assert len(nodes(tree_of_dots)) == 5


def test_places() -> None:
    osc = nodes(tree("a:\n  mix:\n    x: {osc: {freq: t}}"))["a.root.Mix.x.Osc"]
    assert (str(osc.mark), osc.path) == ("waves.yaml:3:9", "a.mix.x.osc")


def test_the_interface_in_three_arguments() -> None:
    piece = read_piece([read_document("a: {osc: {freq: t}}", "w.yaml")], TYPES)
    model = piece.sounds["a"].root
    assert isinstance(model, NodeModel)
    around = tree_builder(piece, 120.0).context(Instance("here"))
    made = instantiate_node(around, model, "here.root.Mix", "signals", "lead")
    assert isinstance(made, TreeNode) and made.id == "here.root.Mix.signals.lead.Osc"
    assert instantiate_node(around, 0.5, "here", "freq") == 0.5


def test_every_signal_is_there_by_default_or_as_written() -> None:
    osc = single(tree("a: {osc: {freq: 3, range: [0, {osc: }], seed: 2}}"))
    other = osc.inputs.pop("range")
    assert osc.inputs == {"freq": 3.0, "amp": 1.0, "phase": 0.0, "pulse_width": 0.5, "duration": math.inf}
    assert isinstance(other, dict) and other["0"] == 0.0 and isinstance(other["osc"], TreeNode)
    assert osc.settings == {"type": "sin", "scale": 1.0, "seed": 2, "naive": False}


def test_numbers_among_settings_may_be_constant_expressions() -> None:
    text = "vars: {n: 3}\na: {osc: {seed: n + 1, scale: 1 / 4}}"
    osc = single(tree(text))
    assert osc.settings["seed"] == 4 and type(osc.settings["seed"]) is int
    assert osc.settings["scale"] == 0.25


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("scale: t", "1:18: a.osc.scale: 'scale' is a constant and cannot move"),
        ("scale: 1 - 2", "1:18: a.osc.scale: expected at least 0 Hz, got -1"),
        ("seed: 1 / 2", "1:17: a.osc.seed: expected a whole number, got 0.5"),
    ],
)
def test_settings_that_are_no_constants(setting: str, sentence: str) -> None:
    assert problem(f"a: {{osc: {{{setting}}}}}") == sentence


def test_a_type_with_a_duration_of_its_own_takes_it() -> None:
    assert ids("a: {osc: {duration: 2}}") == {"a.root.Mix", "a.root.Mix.a.Osc"}


def test_any_other_node_lives_in_a_wrapper() -> None:
    found = nodes(tree("a: {filter: {cutoff: 1, signal: osc, duration: 2, id: warm}}"))
    life = found["a/warm.life"]
    assert life.kind is EndAfter
    assert life.inputs == {"signal": found["a/warm"], "duration": 2.0}


def test_a_duration_that_moves_is_read_at_the_start_once() -> None:
    found = nodes(tree("a: {osc: {duration: 1 + t, amp: [0, 1]}}"))
    start = found["a.root.Mix.a.Osc.duration.Start"]
    assert start.kind is LatchAtStart
    assert found["a.root.Mix.a.Osc"].inputs["duration"] is start
    assert found["a.root.Mix.a.Osc.amp.Curve"].inputs["duration"] is start


def test_parameters_replace_those_of_the_top_node() -> None:
    text = "hat: {osc: {type: noise, amp: 0.5, duration: 0.05}}\na: {mix: {x: {hat: {amp: 0.2, type: SAW}}, y: hat}}"
    found = nodes(tree(text))
    x, y = found["a.root.Mix.x.Osc"], found["a.root.Mix.y.Osc"]
    assert (x.inputs["amp"], x.settings["type"], x.inputs["duration"]) == (0.2, "saw", 0.05)
    assert (y.inputs["amp"], y.settings["type"]) == (0.5, "noise")


def test_parameters_reach_the_names_of_a_context() -> None:
    text = "hat: {context: {v: 1, signal: {osc: {amp: v * 0.5}}}}\na: {mix: {x: {hat: {v: 0.5}}, y: hat}}"
    found = nodes(tree(text))
    assert found["a.root.Mix.x.Context.signal.Osc"].inputs["amp"] == 0.25
    assert found["a.root.Mix.y.Context.signal.Osc"].inputs["amp"] == 0.5


def test_signal_is_the_input_of_a_processor() -> None:
    found = nodes(tree("warm: {filter: {cutoff: 9, signal: 0}}\na: {mix: {x: {warm: {signal: {osc: }}}}}"))
    assert found["a.root.Mix.x.Filter"].inputs["signal"] is found["a.root.Mix.x.Filter.signal.Osc"]


def test_parameters_pass_through_sounds_that_stand_for_sounds() -> None:
    osc = single(tree("c: {osc: {freq: 1, amp: 1}}\nb: {c: {freq: 2, amp: 2}}\na: {b: {freq: 3}}"))
    assert (osc.inputs["freq"], osc.inputs["amp"]) == (3.0, 2.0)


def test_parameters_are_meant_where_they_are_written() -> None:
    text = (
        "hat: {context: {v: 1, w: 5, signal: {osc: {freq: v, amp: w}}}}\n"
        "a: {context: {w: 7, signal: {mix: {x: {hat: {v: w}}, y: {osc: {id: m}}, z: {hat: {v: $m}}}}}}"
    )
    found = nodes(tree(text))
    x, z = (found[f"a.root.Context.signal.Mix.{name}.Context.signal.Osc"] for name in "xz")
    assert (x.inputs["freq"], x.inputs["amp"]) == (7.0, 5.0)
    edge = z.inputs["freq"]
    assert isinstance(edge, Reference) and edge.target is found["a/m"]


def test_common_parameters_always_go_to_the_top_node() -> None:
    found = nodes(
        tree(
            "hat: {context: {v: 1, signal: {osc: {freq: v}}}}\n"
            "a: {mix: {x: {hat: {id: h, duration: 2, monitor: true}}}}"
        )
    )
    assert set(found) == {"a.root.Mix", "a/h.life", "a/h.signal.Osc"}
    assert found["a/h.life"].common == {"monitor": True}


def test_anything_else_is_a_problem() -> None:
    text = "hat: {context: {v: 1, signal: {osc: {freq: v}}}}\na: {mix: {x: {hat: {vv: 2}}}}"
    assert problem(text) == (
        "2:21: a.mix.x.hat.vv: 'hat' has no parameter 'vv': its top node 'context' does not take it; did you mean 'v'?"
    )


def test_a_parameter_is_checked_like_any_other() -> None:
    assert problem("hat: osc\na: {hat: {pulse_width: 3}}") == ("2:24: a.hat.pulse_width: expected 0 to 1 cycles, got 3")


def test_a_parameter_nobody_reads_is_a_warning() -> None:
    text = "hat: {context: {v: 1, w: 1, signal: {osc: {freq: v}}}}\na: {hat: {v: 3, w: 2}}"
    assert problem(text) == "2:17: warning: a.hat.w: 'hat' never reads 'w'"


def test_a_sound_that_plays_itself_names_the_loop() -> None:
    text = "a: {b: {}}\nb: {mix: {x: c}}\nc: {filter: {cutoff: 1, signal: a}}"
    assert problem(text) == "3:25: c.filter.signal: a sound that plays itself has no end: a → b → c → a"


def test_an_alias_and_an_anchor() -> None:
    assert ids("a: b\nb: osc") == {"a.root.Mix", "a.root.Mix.a.Osc"}
    text = "_b: &b {type: saw, id: s}\na: {mix: {x: one, y: two}}\none: {osc: *b}\ntwo: {osc: {<<: *b, freq: 220}}"
    found = nodes(tree(text))
    assert set(found) == {"a.root.Mix", "a.root.Mix.x/s", "a.root.Mix.y/s"}
    assert found["a.root.Mix.y/s"].settings["type"] == "saw" and found["a.root.Mix.y/s"].inputs["freq"] == 220.0


def test_tracks_may_be_names_or_expressions() -> None:
    found = tree("bass: {osc: {freq: 2}}\na: {mix: {bass: bass, lfo: {osc: {id: x}}, half: 0.5 * $x}}").inputs[
        "signals"
    ]
    assert isinstance(found, dict)
    assert isinstance(found["bass"], TreeNode) and found["bass"].kind is Osc
    assert isinstance(found["half"], TreeNode) and found["half"].kind is expression.Expression


def test_depth() -> None:
    def nest(levels: int) -> str:
        sounds = [f"s{n}: {{filter: {{cutoff: 1, signal: s{n + 1}}}}}" for n in range(levels - 1)]
        return "\n".join([*sounds, f"s{levels - 1}: osc"])

    assert len(nodes(tree(nest(100), "s0"))) == 101
    assert problem(nest(101), "s0") == "101:7: s100: more than 100 nodes inside each other"


def test_number_of_nodes() -> None:
    tens = "\n".join(f"s{n}: {{mix: {{signals: [{', '.join([f's{n + 1}'] * 10)}]}}}}" for n in range(6))
    assert problem(f"{tens}\ns6: osc", "s0").endswith("more than 20000 nodes")


def test_the_signal_of_a_use_is_the_input_signal_of_the_sound() -> None:
    """As in pauloricca/waves, so that a sound can be an effect; `input_signal` itself may be given too."""
    effect = "low: {context: {input_signal: 0, k: 2, signal: {filter: {cutoff: 100 * k, signal: $input_signal}}}}\n"
    for name in ("signal", "input_signal"):
        found = tree(f"{effect}a: {{mix: {{x: {{low: {{{name}: {{osc: {{freq: 3}}}}, k: 4}}}}}}}}").inputs["signals"]
        assert isinstance(found, dict) and isinstance(found["x"], TreeNode) and found["x"].inputs["cutoff"] == 400.0
        source = found["x"].inputs["signal"]
        assert isinstance(source, TreeNode) and source.kind is Osc
