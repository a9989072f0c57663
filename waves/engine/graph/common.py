"""Data that the lowerings of a piece and of its voices share."""

from __future__ import annotations

from dataclasses import dataclass, field

from waves.engine.graph.feedback_loops import OpenedLoops
from waves.engine.graph.graph import Output, Prepare
from waves.language.tree.tree_node import TreeNode
from waves.node import Signal
from waves.node_types.library import signature

Widths = dict[tuple[TreeNode, str], int]
"""Numbers of channels, by a node and the name of an output, empty for its signal."""


@dataclass(eq=False, slots=True)
class Common:
    """The same for a piece and all its voices."""

    rate: float
    seed: int
    prepare: Prepare
    loops: OpenedLoops
    widths: Widths = field(default_factory=dict)  # channels of what is read a block later, if above one
    found_widths: Widths = field(default_factory=dict)  # the same, as this run finds them
    routed: dict[TreeNode, list[Output]] = field(default_factory=dict)  # tracks with device outputs of their own


def unwritten(node: TreeNode) -> list[str]:
    """Signals of a node that have no default and are not written: its kernel reads NaN there."""
    return [name for name in signature.parameter_names(node.kind, Signal) if name not in node.inputs]
