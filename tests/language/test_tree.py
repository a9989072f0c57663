"""Nodes, IDs, names and references of what plays."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from tests.harness.kernel_player import Player
from tests.harness.small_nodes import TYPES, Lag, Osc, build_sounds, nodes, problem, problems, single, track, tree
from waves.language.build.sound_tree import check_sounds
from waves.language.build.tempo_names import tree_builder
from waves.language.model.models import NodeModel
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import read_document
from waves.language.tree.instantiate import instantiate_node
from waves.language.tree.tree_node import Instance, Reference, TreeNode, reachable
from waves.node_types.builtin import expression, mixing
from waves.node_types.builtin.curve import Curve
from waves.node_types.builtin.duration import EndAfter, LatchAtStart
from waves.node_types.library.catalogue import describe


def ids(text: str, *parts: str) -> set[str]:
    return set(nodes(tree(text, *parts)))


def expression_inputs(source: object) -> list[object]:
    assert isinstance(source, TreeNode) and source.kind is expression.Expression
    inputs = source.inputs["inputs"]
    assert isinstance(inputs, dict)
    return list(inputs.values())


# Identity


def test_the_root_is_a_mix() -> None:
    assert ids("my_sound: {mix: {lead: {osc: {freq: {osc: }}}}}", "my_sound") == {
        "my_sound.root.Mix",
        "my_sound.root.Mix.lead.Osc",
        "my_sound.root.Mix.lead.Osc.freq.Osc",
    }


def test_a_sound_that_is_no_mix_is_a_track_of_its_name() -> None:
    assert ids("tone: osc", "tone") == {"tone.root.Mix", "tone.root.Mix.tone.Osc"}


def test_a_mix_is_seen_through_what_only_stands_around_it() -> None:
    assert ids("a: {context: {v: 1, signal: b}}\nb: {mix: {x: osc}}") == {
        "a.root.Context.signal.Mix",
        "a.root.Context.signal.Mix.x.Osc",
    }
    assert ids("a: {context: {v: 1, signal: {osc: }}}") == {"a.root.Mix", "a.root.Mix.a.Context.signal.Osc"}


def test_the_entries_of_a_list_have_id_or_name_or_position() -> None:
    text = "kick: osc\na: {mix: {signals: [kick, {osc: {id: x}}, kick, {osc: }, 0.5, $x]}}"
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


# Values


def test_every_signal_is_there_by_default_or_as_written() -> None:
    osc = single(tree("a: {osc: {freq: 3, range: [0, {osc: }], seed: 2}}"))
    other = osc.inputs.pop("range")
    assert osc.inputs == {"freq": 3.0, "amp": 1.0, "phase": 0.0, "pulse_width": 0.5, "duration": math.inf}
    assert isinstance(other, dict) and other["0"] == 0.0 and isinstance(other["osc"], TreeNode)
    assert osc.settings == {"type": "sin", "scale": 1.0, "seed": 2, "naive": False}


def test_what_is_constant_is_folded() -> None:
    freq = single(tree("vars: {base: c2 * 2}\na: {osc: {freq: base * octave + 1}}")).inputs["freq"]
    assert freq == pytest.approx(440 * 2 ** (-9 / 12) + 1, rel=1e-12)


def test_an_expression_is_a_node() -> None:
    osc = single(tree("a: {osc: {freq: 200 + 50 * $b, id: a1, amp: {osc: {id: b}}}}"))
    freq = osc.inputs["freq"]
    found = expression_inputs(freq)
    assert isinstance(freq, TreeNode) and freq.id == "a/a1.freq.Expression"
    (edge,) = (one for one in found if isinstance(one, Reference))
    assert edge.target is osc.inputs["amp"]
    assert sorted(one for one in found if isinstance(one, float)) == [50.0, 200.0]
    assert str(edge.mark) == "waves.yaml:1:28"


def test_the_code_of_an_expression_does_not_change_with_its_constants() -> None:
    one, two = (single(tree(f"a: {{osc: {{freq: {n} + 50 * t}}}}")).inputs["freq"] for n in (200, 300))
    assert isinstance(one, TreeNode) and isinstance(two, TreeNode)
    assert one.settings == two.settings and one.id == two.id


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


def test_to_mono_is_a_node() -> None:
    osc = single(tree("a: {context: {x: {osc: }, signal: {osc: {freq: 2 * to_mono(x)}}}}"))
    (mono,) = (one for one in expression_inputs(osc.inputs["freq"]) if isinstance(one, TreeNode))
    assert mono.kind is mixing.Mono
    assert mono.inputs["signal"] is not None


# Lists that move


@pytest.mark.parametrize(
    ("written", "levels", "positions"),
    [
        ("[10, 5]", [10, 5], [0, 1]),
        ("[1, 2, 4]", [1, 2, 4], [0, 0.5, 1]),
        ("[[150, 0.1], 50]", [150, 50], [0.1, 1]),
        ("[0, [1, .25], [2, .5], 0]", [0, 1, 2, 0], [0, 0.25, 0.5, 1]),
        ("[1 + 1, [3, 1 / 2], 4]", [2, 3, 4], [0, 0.5, 1]),
    ],
)
def test_curves(written: str, levels: list[float], positions: list[float]) -> None:
    curve = single(tree(f"a: {{osc: {{freq: {written}, duration: 2}}}}")).inputs["freq"]
    assert isinstance(curve, TreeNode) and curve.kind is Curve
    assert curve.id == "a.root.Mix.a.Osc.freq.Curve"
    assert list(curve.inputs["values"].values()) == levels  # type: ignore[union-attr]
    assert list(curve.inputs["positions"].values()) == positions  # type: ignore[union-attr]
    assert curve.inputs["duration"] == 2.0


def test_a_list_of_one_is_a_constant() -> None:
    assert single(tree("a: {osc: {freq: [3]}}")).inputs["freq"] == 3.0


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("a: {osc: {amp: [0, 1], duration: 2}}", 2.0),
        ("a: {filter: {cutoff: 9, duration: 3, signal: {osc: {amp: [0, 1]}}}}", 3.0),
        ("a: {mix: {x: {track: {signal: {osc: {amp: [0, 1]}}}}}, duration: 4}", 4.0),
        ("a: {mix: {x: {track: {duration: 2, signal: {osc: {amp: [0, 1]}}}}}, duration: 4}", 2.0),
        ("a: {context: {v: [0, 1], duration: 5, signal: {osc: {amp: v}}}}", 5.0),
        ("a: {context: {x: 1, duration: 5, signal: b}}\nb: {osc: {amp: [0, 1]}}", 5.0),
        ("a: {b: {duration: 6}}\nb: {osc: {amp: [0, 1]}}", 6.0),
        ("a: {b: {amp: [0, 1], duration: 7}}\nb: osc", 7.0),
        ("vars: {up: [0, 1]}\na: {osc: {amp: up, duration: bar * 2}}", 4.0),
    ],
)
def test_a_list_takes_the_nearest_duration_through_any_wrapper(text: str, duration: float) -> None:
    (curve,) = (node for node in nodes(tree(text)).values() if node.kind is Curve)
    assert curve.inputs["duration"] == duration
    assert list(curve.inputs["values"].values()) == [0.0, 1.0]  # type: ignore[union-attr]


def test_a_list_without_a_duration_s14() -> None:
    text = "a: {filter: {cutoff: [2000, 200], signal: {osc: {type: saw, duration: 2}}}}"
    assert problem(text) == "1:22: a.filter.cutoff: a list moves over a time: give 'filter' a 'duration'"


# Durations


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


def test_life_ends_on_the_frame() -> None:
    rate = 1000.0
    player = Player(EndAfter, 400, signal=np.ones(400), duration=0.25, rate=rate)
    out = player.render()
    np.testing.assert_array_equal(out, np.r_[np.ones(250), np.zeros(150)])


def test_start_holds_the_first_frame() -> None:
    out = Player(LatchAtStart, 300, signal=np.arange(5.0, 305.0)).render()
    np.testing.assert_array_equal(out, np.full(300, 5.0))


# Sub-patches


def test_parameters_replace_those_of_the_top_node_s13() -> None:
    text = "hat: {osc: {type: noise, amp: 0.5, duration: 0.05}}\na: {mix: {x: {hat: {amp: 0.2, type: SAW}}, y: hat}}"
    found = nodes(tree(text))
    x, y = found["a.root.Mix.x.Osc"], found["a.root.Mix.y.Osc"]
    assert (x.inputs["amp"], x.settings["type"], x.inputs["duration"]) == (0.2, "saw", 0.05)
    assert (y.inputs["amp"], y.settings["type"]) == (0.5, "noise")


def test_parameters_reach_the_names_of_a_context_s13() -> None:
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


def test_common_parameters_always_go_to_the_top_node_s13() -> None:
    found = nodes(
        tree(
            "hat: {context: {v: 1, signal: {osc: {freq: v}}}}\n"
            "a: {mix: {x: {hat: {id: h, duration: 2, monitor: true}}}}"
        )
    )
    assert set(found) == {"a.root.Mix", "a/h.life", "a/h.signal.Osc"}
    assert found["a/h.life"].common == {"monitor": True}


def test_anything_else_is_a_problem_s13() -> None:
    text = "hat: {context: {v: 1, signal: {osc: {freq: v}}}}\na: {mix: {x: {hat: {vv: 2}}}}"
    assert problem(text) == (
        "2:21: a.mix.x.hat.vv: 'hat' has no parameter 'vv': its top node 'context' does not take it; did you mean 'v'?"
    )


def test_a_parameter_is_checked_like_any_other() -> None:
    assert problem("hat: osc\na: {hat: {pulse_width: 3}}") == (
        "2:24: a.hat.pulse_width: expected at most 1 cycles, got 3"
    )


def test_a_parameter_nobody_reads_is_a_warning() -> None:
    text = "hat: {context: {v: 1, w: 1, signal: {osc: {freq: v}}}}\na: {hat: {v: 3, w: 2}}"
    assert problem(text) == "2:17: warning: a.hat.w: 'hat' never reads 'w'"


def test_parameters_of_the_command_line() -> None:
    text = "hat: {context: {v: 1, signal: {osc: {amp: v}}}}"
    assert single(tree(text, ("hat", {"v": 0.4})), "hat").inputs["amp"] == 0.4
    assert single(tree(text, ("hat", {"v": "1 / 4"})), "hat").inputs["amp"] == 0.25
    assert problem(text, ("hat", {"w": 0.4})).startswith("hat.w: 'hat' has no parameter 'w'")


def test_a_sound_that_plays_itself_names_the_loop() -> None:
    text = "a: {b: {}}\nb: {mix: {x: c}}\nc: {filter: {cutoff: 1, signal: a}}"
    assert problem(text) == "3:25: c.filter.signal: a sound that plays itself has no end: a → b → c → a"


def test_an_alias_and_an_anchor_s19_s26() -> None:
    assert ids("a: b\nb: osc") == {"a.root.Mix", "a.root.Mix.a.Osc"}
    text = "_b: &b {type: saw, id: s}\na: {mix: {x: one, y: two}}\none: {osc: *b}\ntwo: {osc: {<<: *b, freq: 220}}"
    found = nodes(tree(text))
    assert set(found) == {"a.root.Mix", "a.root.Mix.x/s", "a.root.Mix.y/s"}
    assert found["a.root.Mix.y/s"].settings["type"] == "saw" and found["a.root.Mix.y/s"].inputs["freq"] == 220.0


def test_tracks_may_be_names_or_expressions_s8() -> None:
    found = tree("bass: {osc: {freq: 2}}\na: {mix: {bass: bass, lfo: {osc: {id: x}}, half: 0.5 * $x}}").inputs[
        "signals"
    ]
    assert isinstance(found, dict)
    assert isinstance(found["bass"], TreeNode) and found["bass"].kind is Osc
    assert isinstance(found["half"], TreeNode) and found["half"].kind is expression.Expression


# Names


def test_a_sound_is_never_the_name_of_a_value_s9() -> None:
    text = "gain: osc\na: {osc: {amp: gain}}"
    assert problem(text) == "2:16: a.osc.amp: 'gain' is a sound: write '{gain: {}}' to play it here"
    assert single(tree("vars: {gain: 0.4}\n" + text)).inputs["amp"] == 0.4
    assert isinstance(single(tree("gain: osc\na: {osc: {amp: {gain: {}}}}")).inputs["amp"], TreeNode)


@pytest.mark.parametrize(
    ("around", "value"),
    [
        ("a: {context: {x: 1, signal: {context: {x: 2, signal: {osc: {freq: x}}}}}}", 2.0),
        ("vars: {x: 3}\na: {context: {x: 1, signal: {osc: {freq: x}}}}", 1.0),
        ("vars: {pi: 3}\na: {osc: {freq: pi}}", 3.0),
        ("a: {context: {pi: 4, signal: {osc: {freq: pi}}}}", 4.0),
        ("a: {context: {x: 2, y: x * 3, signal: {osc: {freq: y}}}}", 6.0),
        ("a: {osc: {freq: bar}}", 2.0),
        ("a: {osc: {freq: beat / 2 - eighth + sixteenth + triplet + bpm}}", 0.125 + 1 / 6 + 120),
        ("vars: {bar: 9}\na: {osc: {freq: bar}}", 9.0),
        ("b: {osc: {freq: x}}\na: {context: {x: 8, signal: b}}", 8.0),
        ("a: {context: {x: 5, signal: {osc: {freq: $x}}}}", 5.0),
    ],
)
def test_the_innermost_name_is_meant(around: str, value: float) -> None:
    (osc,) = (node for node in nodes(tree(around)).values() if node.kind is Osc)
    assert osc.inputs["freq"] == pytest.approx(value, rel=1e-15)


def test_ids_stand_between_parameters_and_vars() -> None:
    name = "a.root.Context.signal.Mix.n.Osc"

    def freq(context: str, read: str) -> object:
        mix = f"{{mix: {{m: {{osc: {{id: x}}}}, n: {{osc: {{freq: {read}}}}}}}}}"
        return nodes(tree(f"vars: {{x: 1}}\na: {{context: {{{context}signal: {mix}}}}}"))[name].inputs["freq"]

    assert isinstance(freq("", "x"), Reference)
    assert freq("x: 2, ", "x") == 2.0
    assert isinstance(freq("x: 2, ", "$x"), Reference)


def test_a_name_is_one_node_for_all_that_read_it() -> None:
    osc = single(tree("a: {context: {x: {osc: }, signal: {osc: {freq: x, amp: x, phase: 2 * x}}}}"))
    assert isinstance(osc.inputs["freq"], TreeNode)
    assert osc.inputs["freq"] is osc.inputs["amp"]
    assert osc.inputs["freq"] in expression_inputs(osc.inputs["phase"])


def test_vars_in_any_order_s27() -> None:
    text = "vars: {cutoff: root * 8, root: c2, chord: [0, 3, 1 + 6], section: chorus}\na: {osc: {freq: cutoff}}"
    assert single(tree(text)).inputs["freq"] == pytest.approx(8 * 440 * 2 ** (-33 / 12), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{x: sin(t)}", "1:15: vars.x: a var is a constant, 't' moves"),
        ("{x: y, y: 2 * x}", "1:11: vars.x: the vars read each other in a circle: x → y → x"),
        ("{x: x}", "1:11: vars.x: the vars read each other in a circle: x → x"),
        ("{x: 2 * yy, yyy: 1}", "1:15: vars.x: unknown name 'yy'; did you mean 'yyy'?"),
        ("{x: {osc: {}}}", "1:11: vars.x: expected a constant, got {osc: …}"),
        ("{x: .inf}", "1:11: vars.x: expected a finite number, got .inf"),
        ("{x: [1, [2]]}", "1:11: vars.x: a list in vars holds numbers only"),
        ("{x: chorus}", "2:17: a.osc.freq: 'x' is the word 'chorus', not a number"),
    ],
)
def test_vars_that_are_wrong(text: str, sentence: str) -> None:
    assert problem(f"vars: {text}\na: {{osc: {{freq: x}}}}") == sentence


def test_unread_vars_are_left_to_check() -> None:
    text = "vars: {x: sin(t), y: word}\na: osc"
    tree(text)
    assert [str(p) for p in check_sounds(TYPES, [read_document(text, "w.yaml")])] == [
        "w.yaml:1:15: vars.x: a var is a constant, 't' moves"
    ]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("lout", "1:17: a.osc.freq: unknown name 'lout'; did you mean 'loud'?"),
        ("3 + $lou", "1:21: a.osc.freq: no node has the id 'lou'; did you mean 'loud'?"),
        ("f * 2", "1:17: a.osc.freq: 'f' is known only inside a note"),
        ("1 / 0", "1:21: a.osc.freq: "),
    ],
)
def test_names_that_nothing_has(value: str, sentence: str) -> None:
    assert problem(f"a: {{osc: {{freq: {value}, id: loud}}}}").startswith(sentence)


# References


def test_references_may_close_a_loop_s20() -> None:
    found = nodes(
        tree(
            "fb: {mix: {a1: {osc: {freq: 200 + $b1 * 50, id: a1}}, b1: {osc: {freq: 90 + $a1 * 20, id: b1}}}}",
            "fb",
        )
    )
    a, b = found["fb/a1"], found["fb/b1"]
    (to_b,) = (one for one in expression_inputs(a.inputs["freq"]) if isinstance(one, Reference))
    (to_a,) = (one for one in expression_inputs(b.inputs["freq"]) if isinstance(one, Reference))
    assert (to_a.target, to_b.target) == (a, b)
    assert to_a.mark is not None and to_b.mark is not None and to_b.mark < to_a.mark


def test_the_reference_node_and_a_node_that_reads_itself() -> None:
    found = tree("a: {mix: {x: {osc: {id: tone, amp: $tone}}, y: {reference: {ref: tone}}}}")
    tone, again = track(found, "x"), track(found, "y")
    assert isinstance(again, Reference) and again.target is tone
    assert tone.inputs["amp"].target is tone


def test_a_reference_may_name_a_node_by_its_place() -> None:
    found = tree("a: {mix: {x: osc, y: {reference: {ref: a.root.Mix.x.Osc}}}}")
    assert track(found, "y").target is track(found, "x")


def test_an_id_is_looked_for_in_the_same_use_then_around_it() -> None:
    text = (
        "b: {mix: {x: {osc: {id: s}}, y: {osc: {freq: $s}}, z: {osc: {freq: $far}}}}\n"
        "a: {mix: {one: b, two: b, s: {osc: {id: s}}, far: {osc: {id: far}}}}"
    )
    found = nodes(tree(text))
    for use in ("one", "two"):
        mix = f"a.root.Mix.{use}.Mix"
        near, far = found[f"{mix}.y.Osc"].inputs["freq"], found[f"{mix}.z.Osc"].inputs["freq"]
        assert isinstance(near, Reference) and near.target is found[f"a.root.Mix.{use}/s"]
        assert isinstance(far, Reference) and far.target is found["a/far"]


def test_an_id_of_another_playing_sound() -> None:
    text = "a: {osc: {id: s}}\nb: {osc: {freq: $s}}"
    root = tree(text, "a", "b")
    found = nodes(root)
    assert root.id == "root.Mix" and root.inputs["signals"] == {
        "a": found["a.root.Mix"],
        "b": found["b.root.Mix"],
    }
    edge = found["b.root.Mix.b.Osc"].inputs["freq"]
    assert isinstance(edge, Reference) and edge.target is found["a/s"]
    assert problem(text, "b") == "2:17: b.osc.freq: the id 's' is in 'a', which does not play here"


def test_an_id_of_several_uses_is_a_problem_from_outside() -> None:
    text = "k: {osc: {id: s}}\na: {mix: {x: k, y: k, z: {osc: {freq: $s}}}}"
    assert problem(text) == ("2:39: a.mix.z.osc.freq: several nodes have the id 's', in 'a.root.Mix.x', 'a.root.Mix.y'")
    one = nodes(tree("k: {osc: {id: s}}\na: {mix: {x: k, z: {osc: {freq: $s}}}}"))
    edge = one["a.root.Mix.z.Osc"].inputs["freq"]
    assert isinstance(edge, Reference) and edge.target is one["a.root.Mix.x/s"]


def test_a_reference_to_a_number_is_that_number() -> None:
    text = "a: {mix: {x: {expression: {exp: 2 + 1, id: n}}, y: {osc: {freq: $n, amp: 2 * $n}}}}"
    osc = nodes(tree(text))["a.root.Mix.y.Osc"]
    assert osc.inputs["freq"] == 3.0
    assert 3.0 in expression_inputs(osc.inputs["amp"])


def test_a_reference_to_a_reference_is_its_target_and_never_itself() -> None:
    found = tree("a: {mix: {x: osc, y: {reference: {ref: z}}, z: {expression: {exp: $t1, id: z}}, t: {osc: {id: t1}}}}")
    assert track(found, "y").target is track(found, "t")
    text = "a: {mix: {x: {reference: {ref: y, id: z}}, y: {reference: {ref: z, id: y}}}}"
    assert {p.sentence for p in problems(text)} == {
        "'y' refers only to itself",
        "'z' refers only to itself",
    }


def test_a_name_of_a_context_that_is_read_by_its_id_only() -> None:
    found = nodes(tree("a: {context: {lfo: {osc: {id: slow}}, signal: {osc: {freq: $slow}}}}"))
    assert "a/slow" in found


# Limits


def test_depth() -> None:
    def nest(levels: int) -> str:
        sounds = [f"s{n}: {{filter: {{cutoff: 1, signal: s{n + 1}}}}}" for n in range(levels - 1)]
        return "\n".join([*sounds, f"s{levels - 1}: osc"])

    assert len(nodes(tree(nest(100), "s0"))) == 101
    assert problem(nest(101), "s0") == "101:7: s100: more than 100 nodes inside each other"


def test_number_of_nodes() -> None:
    tens = "\n".join(f"s{n}: {{mix: {{signals: [{', '.join([f's{n + 1}'] * 10)}]}}}}" for n in range(6))
    started = time.perf_counter()
    assert problem(f"{tens}\ns6: osc", "s0").endswith("more than 20000 nodes")
    assert time.perf_counter() - started < 10.0


def test_a_sound_that_is_not_there() -> None:
    assert problem("kick: osc", "kik") == "kik: there is no sound 'kik'; did you mean 'kick'?"


def test_an_error_counts_where_it_plays() -> None:
    text = "a: osc\nb: {osc: {frq: 1}}\nc: {mix: {x: b}}"
    tree(text)
    assert len(problems(text, "b")) == len(problems(text, "c")) == 1


def test_check_finds_everything_and_knows_the_names_of_notes() -> None:
    text = "a: {osc: {freq: f, amp: v * 2}}\nb: {osc: {freq: nix}}\nc: {ocs: }\nd: {d: }"
    found = check_sounds(TYPES, [read_document(text, "w.yaml")])
    assert [p.mark.line for p in found if p.mark] == [2, 3, 4]


# Speed


def piece(level: int) -> str:
    """150 nodes, 320 lines."""
    voice = (
        "v{n}:\n  track:\n    pan: sin(t * 0.{n})\n    signal:\n      filter:\n"
        "        cutoff: [200, [900, 0.5], 400]\n        duration: 20\n"
        + ("        signal: {{osc: {{type: saw, freq: base * {n}, amp: 0.3 * level}}}}\n")
    )
    tracks = "".join(f"    x{n}: v{n}\n" for n in range(32))
    return f"vars: {{base: a2, level: 0.{level}}}\na:\n  mix:\n{tracks}" + "".join(voice.format(n=n) for n in range(32))


def test_a_save_is_checked_and_built_in_ten_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    cache, document, times = Cache(), None, []
    for level in range(10):
        document = read_document(piece(level), "w.yaml", document)
        started = time.process_time()
        root, _ = build_sounds(["a"], TYPES, [document], cache=cache)
        times.append(time.process_time() - started)
    with capsys.disabled():
        print(
            f"\n{len(reachable(root))} nodes: first {times[0] * 1e3:.1f} ms,",
            f"then {min(times[1:]) * 1e3:.1f} ms",
        )
    assert len(reachable(root)) > 150
    assert min(times[1:]) < 0.010


@pytest.mark.parametrize("name", ["context", "expression", "reference"])
def test_the_examples_of_the_files_play(name: str) -> None:
    text = describe(TYPES[name])["description"]
    examples = "\n".join(line.removeprefix("    ") for line in text.splitlines() if line.startswith("    "))
    document = read_document(examples, "w.yaml")
    for sound in document.entries:
        root, warnings = build_sounds([sound], {**TYPES, "delay": Lag}, [document])
        assert root.id == f"{sound}.root.Mix" and not warnings
    assert f"{name}:" in document.entries[sound].text or name == "context"
