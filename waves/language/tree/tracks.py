"""Tracks of a piece: the entries of its outermost mix, which can be written as stems."""

from __future__ import annotations

from waves.language.tree.tree_node import TreeNode


def outermost_mix(root: TreeNode) -> TreeNode:
    """The mix whose tracks are the stems: the first node with `signals`, below any chain of `signal` inputs."""
    while "signals" not in root.inputs and isinstance(inner := root.inputs.get("signal"), TreeNode):
        root = inner
    return root


def tracks(root: TreeNode) -> list[str]:
    """Names of the tracks; empty if there is no mix. Any thread."""
    signals = outermost_mix(root).inputs.get("signals")
    return list(signals) if isinstance(signals, dict) else []
