"""Feedback edges: in every loop the reference that stands first in the file reads the previous block."""

from __future__ import annotations

import pytest

from tests.harness.engine_harness import Reference, lowered, mix, node
from waves.engine.graph.feedback_loops import open_loops
from waves.language.tree.tree_node import reachable
from waves.problem import Mark, Problems


def reference(target, line):
    return Reference(target, Mark("waves.yaml", line, 1))


def loop(first_line, second_line):
    """Two oscillators that read each other, and the lines of both references."""
    a, b = node("a", "osc", freq=200.0), node("b", "osc", freq=90.0)
    a.inputs["phase"], b.inputs["phase"] = reference(b, first_line), reference(a, second_line)
    return a, b


@pytest.mark.parametrize(("lines", "delayed"), [((3, 4), "a"), ((4, 3), "b")])
def test_the_first_reference_of_a_loop_is_delayed(lines, delayed):
    a, b = loop(*lines)
    [(reader, edge)] = open_loops(reachable(mix(a=a, b=b))).edges
    assert reader.id == delayed and edge.mark.line == 3


def test_a_node_that_reads_itself_is_delayed():
    a = node("a", "osc", freq=200.0)
    a.inputs["phase"] = reference(a, 3)
    assert {reader.id for reader, _ in open_loops(reachable(mix(a=a))).edges} == {"a"}


def test_references_without_a_loop_are_not_delayed():
    a, b = node("a", "osc", freq=200.0), node("b", "osc", freq=90.0)
    b.inputs["phase"] = reference(a, 3)
    assert open_loops(reachable(mix(a=a, b=b))).edges == set()


def test_the_delayed_edge_is_two_rows_on_one_state():
    graph = lowered(mix(**dict(zip("ab", loop(3, 4), strict=True))))
    read, write = graph.rows["b.previous"], graph.rows["b.remember"]
    assert read.state_key == write.state_key == "b.previous" and "b.remember" in graph.sinks
    keys = list(graph.rows)
    assert keys.index("b.previous") < keys.index("a") < keys.index("b") < keys.index("b.remember")


def test_a_loop_without_a_reference_is_a_problem():
    a, b = loop(3, 4)
    a.inputs["phase"], b.inputs["phase"] = b, a
    c = node("c", "osc")
    c.inputs["phase"] = reference(a, 5)
    with pytest.raises(Problems, match="this sound needs itself"):
        open_loops([a, b, c])
