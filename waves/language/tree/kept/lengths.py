"""Lengths of a tempo that does not move: numbers of nodes that alone are others where the tempo is another one.

So a part of a tree stays, and its numbers are written again. What plays may have the same nodes: a composition keeps
its numbers, and writes them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from waves.language.tree.tree_node import TreeNode

LENGTHS = ("bpm", "beat", "bar", "eighth", "sixteenth", "triplet")
"""Names of a tempo that are numbers where it does not move."""

Numbers = list[tuple[TreeNode, str, Any]]
"""Inputs of nodes with their numbers."""


class Length(NamedTuple):
    """An input of a node whose number follows from a tempo that does not move.

    Without a name it is no input, but says whether the node may stay in another tempo.
    """

    node: TreeNode
    name: str
    of_tempo: Callable[[Any], float | None] | None = None
    """The number for a `Tempo`, None where the node cannot stay. The position of the tempo itself has none."""


def numbers_of(lengths: Iterable[Length]) -> Numbers:
    """The numbers that some lengths have now."""
    return [(node, name, node.inputs[name]) for node, name, _ in lengths if name]


def write(numbers: Numbers) -> None:
    """Give nodes their numbers."""
    for node, name, number in numbers:
        node.inputs[name] = number
