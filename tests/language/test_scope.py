"""Meaning of names in expressions, and vars."""

from __future__ import annotations

import pytest

from tests.harness.small_nodes import Osc, expression_inputs, nodes, problem, single, tree
from waves.language.tree.tree_node import Reference, TreeNode


def test_a_sound_is_never_the_name_of_a_value() -> None:
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


def test_vars_in_any_order() -> None:
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
        ("{x: chorus}", "1:11: vars.x: 'x' is the word 'chorus', not a number"),
    ],
)
def test_vars_that_are_wrong(text: str, sentence: str) -> None:
    assert problem(f"vars: {text}\na: {{osc: {{freq: x}}}}") == sentence


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("lout", "1:17: a.osc.freq: unknown name 'lout'; did you mean 'loud'?"),
        ("3 + $lou", "1:21: a.osc.freq: no node has the id 'lou'; did you mean 'loud'?"),
        ("f * 2", "1:17: a.osc.freq: 'f' is known only inside a note: '{play: a}' plays 'a' by notes"),
        ("1 / 0", "1:21: a.osc.freq: "),
    ],
)
def test_names_that_nothing_has(value: str, sentence: str) -> None:
    assert problem(f"a: {{osc: {{freq: {value}, id: loud}}}}").startswith(sentence)
