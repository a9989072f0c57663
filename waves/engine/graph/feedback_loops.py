"""Feedback edges of a tree: the references that read the previous block, so that every loop can be executed.

A loop is closed by a reference (`$id` or `reference`). In each loop the reference that stands first in the file is
delayed by one block of 64 frames; all other edges read the current block. Any thread.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Iterator
from itertools import pairwise

from waves.language.tree import tree_node
from waves.language.tree.tree_node import Reference, Template, TreeNode
from waves.problem import Mark, Problem, Problems

Edge = tuple[TreeNode, TreeNode | Reference]
"""The node that reads, and what it reads."""


def read_by(node: TreeNode) -> Iterator[TreeNode | Reference]:
    """Nodes and references that a node reads; for a pool also the root of its voices."""
    for _, _, source in tree_node.edges(node):
        if not isinstance(source, float):
            yield source
    if node.template and node.template.root:
        yield node.template.root


def edges_of(node: TreeNode) -> Iterator[Edge]:
    """The edges into a node; for a pool also those into the nodes of its voices."""
    for _, _, source in tree_node.edges(node):
        if not isinstance(source, float):
            yield node, source
    if node.template:
        for inner in voice_nodes(node.template):
            yield from edges_of(inner)


def voice_nodes(template: Template) -> list[TreeNode]:
    """The nodes that belong to a voice, its root first."""
    assert template.root
    found, stack = {template.root: None}, [template.root]
    while stack:
        for _, _, source in tree_node.edges(stack.pop()):
            if isinstance(source, float):
                continue
            target = tree_node.target_of(source)
            if target.voice is template and target not in found:
                found[target] = None
                stack.append(target)
    return list(found)


def position(edge: Reference) -> Mark:
    """File, line and column of a reference; before all others if it is not written in a file."""
    return edge.mark or Mark("", 0, 0)


def feedback_edges(nodes: Iterable[TreeNode]) -> set[tuple[TreeNode, Reference]]:
    """The edges that read the previous block, one in every loop. Raises Problems: a loop without any reference.

    Example: `a` reads `$b` (line 3) and `b` reads `$a` (line 4). The edge of line 3 is delayed; the order of execution
    is `a`, `b`.
    """
    sources = {node: list(read_by(node)) for node in nodes}
    delayed = {
        (node, edge)
        for node, edges in sources.items()
        for edge in edges
        if isinstance(edge, Reference) and edge.target is node
    }
    if not any(isinstance(edge, Reference) for edges in sources.values() for edge in edges):
        return delayed
    while True:
        sorter = graphlib.TopologicalSorter(
            {
                node: [  # in order, so that the same loop is found first in every process
                    tree_node.target_of(edge) for edge in edges if (node, edge) not in delayed
                ]
                for node, edges in sources.items()
            }
        )
        try:
            sorter.prepare()
            return delayed
        except graphlib.CycleError as error:
            delayed.add(_first_reference(error.args[1], sources, delayed))


def _first_reference(
    loop: list[TreeNode],
    sources: dict[TreeNode, list[TreeNode | Reference]],
    delayed: set[tuple[TreeNode, Reference]],
) -> tuple[TreeNode, Reference]:
    """The reference of a loop that stands first in the file, with its reader."""
    references = [
        (reader, edge)
        for target, reader in pairwise(loop)  # graphlib: each is read by the next
        for edge in sources[reader]
        if isinstance(edge, Reference) and edge.target is target and (reader, edge) not in delayed
    ]
    if not references:
        raise Problems(Problem("this sound needs itself", loop[0].mark, loop[0].path))
    return min(references, key=lambda found: position(found[1]))
