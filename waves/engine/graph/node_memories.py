"""Rings and buffers of a node, and the keys under which they are kept."""

from __future__ import annotations

from collections.abc import Mapping

from waves.engine.graph.graph import SHARED, Memory
from waves.language.tree.tree_node import TreeNode
from waves.node_types.library.preparation import KnownParameters, MemoryNeed, memory_needs
from waves.node_types.library.signature import has_memory
from waves.problem import Problem, Problems


def needs_of(node: TreeNode, constants: KnownParameters, rate: float, channels: Mapping[str, int]) -> list[MemoryNeed]:
    """The rings and buffers that a node needs for each of its rows, as `memory_needs`. Raises Problems."""
    if not has_memory(node.kind):
        return []
    try:
        return memory_needs(node.kind, constants, rate, channels)
    except ValueError as error:
        raise Problems(Problem(str(error), node.mark, node.path)) from None


def memory_of(node: TreeNode, need: MemoryNeed, key: str, channel: int) -> Memory:
    """A ring or a buffer of the row of a channel, under its key; of one that is shared under the name of that."""
    if need.parameter and (name := node.settings[need.parameter] or _own_name(node)):
        key = f"{SHARED}{need.element}{':' if need.element else ''}{name}"
        key = f"{key}#{channel}" if channel else key
    return Memory(need.name, key, need.size, need.element, need.name not in node.kind.unsaved)


def _own_name(node: TreeNode) -> str:
    """The explicit id of a node, empty without one: `tape` of `my_sound/tape`."""
    path, _, name = node.id.rpartition("/")
    return name if path and "." not in name else ""
