"""Expressions and interpolated lists as nodes."""

from __future__ import annotations

import pytest

from tests.harness.small_nodes import expression_inputs, nodes, problem, single, tree
from waves.language.tree.tree_node import Reference, TreeNode
from waves.node_types.builtin import mixing
from waves.node_types.builtin.curve import Curve


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


def test_to_mono_is_a_node() -> None:
    osc = single(tree("a: {context: {x: {osc: }, signal: {osc: {freq: 2 * to_mono(x)}}}}"))
    (mono,) = (one for one in expression_inputs(osc.inputs["freq"]) if isinstance(one, TreeNode))
    assert mono.kind is mixing.Mono
    assert mono.inputs["signal"] is not None


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


def test_a_list_without_a_duration() -> None:
    text = "a: {filter: {cutoff: [2000, 200], signal: {osc: {type: saw, duration: 2}}}}"
    assert problem(text) == "1:22: a.filter.cutoff: a list moves over a time: give 'filter' a 'duration'"
