"""Opens the loops of a tree: the edges that read what their node was 64 frames ago."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Iterator
from itertools import pairwise

from waves.language.tree import tree_node
from waves.language.tree.tree_node import Reference, Template, TreeNode
from waves.problem import Mark, Problem, Problems


def edges(node: TreeNode) -> Iterator[TreeNode | Reference]:
    """What a node reads, numbers left out; for a pool what its voices are made of too."""
    for _, _, source in tree_node.edges(node):
        if not isinstance(source, float):
            yield source
    if node.template and node.template.root:
        yield node.template.root


def reads(node: TreeNode) -> Iterator[tuple[TreeNode, TreeNode | Reference]]:
    """What a node reads, with the reader: for a pool also what the nodes of its voices read."""
    for _, _, source in tree_node.edges(node):
        if not isinstance(source, float):
            yield node, source
    if node.template:
        for inside in nodes_of(node.template):
            yield from reads(inside)


def nodes_of(template: Template) -> list[TreeNode]:
    """The nodes of one voice."""
    assert template.root
    found, stack = {template.root: None}, [template.root]
    while stack:
        for _, _, source in tree_node.edges(stack.pop()):
            target = source.target if isinstance(source, Reference) else source
            if isinstance(target, TreeNode) and target.voice is template and target not in found:
                found[target] = None
                stack.append(target)
    return list(found)


def place(edge: Reference) -> Mark:
    """Where a reference is written."""
    return edge.mark or Mark("", 0, 0)


def open_loops(nodes: Iterable[TreeNode]) -> set[tuple[TreeNode, Reference]]:
    """The references that read the previous block: in every loop the one that comes first in the file."""
    delayed: set[tuple[TreeNode, Reference]] = set()
    reads = {node: list(edges(node)) for node in nodes}
    if not any(isinstance(edge, Reference) for edge_list in reads.values() for edge in edge_list):
        return delayed
    delayed |= {
        (node, edge)
        for node, found in reads.items()
        for edge in found
        if isinstance(edge, Reference) and edge.target is node
    }
    while True:
        sorter = graphlib.TopologicalSorter(
            {
                node: [  # in order, so that the same loop is found first in every process
                    edge.target if isinstance(edge, Reference) else edge
                    for edge in edge_list
                    if (node, edge) not in delayed
                ]
                for node, edge_list in reads.items()
            }
        )
        try:
            sorter.prepare()
            return delayed
        except graphlib.CycleError as error:
            delayed.add(_first_reference(error.args[1], reads, delayed))


def _first_reference(
    loop: list[TreeNode],
    reads: dict[TreeNode, list[TreeNode | Reference]],
    delayed: set[tuple[TreeNode, Reference]],
) -> tuple[TreeNode, Reference]:
    inside = [
        (reader, edge)
        for target, reader in pairwise(loop)  # graphlib: each is read by the next
        for edge in reads[reader]
        if isinstance(edge, Reference) and edge.target is target and (reader, edge) not in delayed
    ]
    if not inside:
        raise Problems(Problem("this sound needs itself", loop[0].mark, loop[0].path))
    return min(inside, key=lambda found: place(found[1]))
