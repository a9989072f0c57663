"""Walks through the tree."""

from __future__ import annotations

from tests.harness.small_nodes import Lag, Osc
from waves.language.tree.tree_node import Reference, TreeNode, edges, reachable, sources_first, sources_of, target_of


def read(node: TreeNode) -> list[TreeNode]:
    return [target_of(source) for _, _, source in edges(node) if not isinstance(source, float)]


def test_sources_of_some_inputs_in_order():
    inner = TreeNode("inner", Osc)
    node = TreeNode("node", Osc, inputs={"freq": 3.0, "range": {"0": 1.0, "1": inner}, "amp": inner})
    assert sources_of(node, ("range", "phase", "freq")) == [1.0, inner, 3.0]


def test_every_node_comes_after_those_it_reads():
    shared = TreeNode("shared", Osc)
    first, second = (TreeNode(name, Lag, inputs={"signal": shared}) for name in ("first", "second"))
    root = TreeNode("root", Osc, inputs={"range": {"0": first, "1": Reference(second)}, "freq": 3.0})
    assert list(sources_first(root, read)) == [shared, first, second, root]


def test_only_what_closes_a_loop_comes_later():
    outer, inner = TreeNode("outer", Lag), TreeNode("inner", Lag)
    outer.inputs["signal"], inner.inputs["signal"] = inner, Reference(outer)
    assert list(sources_first(outer, read)) == [inner, outer]
    assert list(sources_first(inner, read)) == [outer, inner]


def test_what_only_other_nodes_need_is_left_out():
    shared, alone = TreeNode("shared", Osc), TreeNode("alone", Osc)
    removed = TreeNode("removed", Osc, inputs={"freq": shared, "amp": alone})
    root = TreeNode("root", Osc, inputs={"freq": shared, "amp": removed})
    assert {node.id for node in reachable(root)} == {"root", "shared", "removed", "alone"}
    assert {node.id for node in reachable(root, [removed])} == {"root", "shared"}
