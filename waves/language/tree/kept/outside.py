"""The nodes outside of the closed parts of a tree: few, where most of it did not change."""

from __future__ import annotations

from collections.abc import Iterable

from waves.language.tree.tree_node import PartRun, Reference, TreeNode, reads
from waves.node_types.builtin.transport import Transport


def outside_of_parts(root: TreeNode) -> list[TreeNode | PartRun]:
    """The nodes that a node needs, but of each closed part only its top, and of a run of such parts only that.

    What is in a part reads nothing else. The position of a tempo does not count.
    """
    nodes: dict[TreeNode | PartRun, None] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if node in nodes:
            continue
        nodes[node] = None
        if node.inside is not None:
            continue
        if node.template and node.template.root:
            stack.append(node.template.root)
        for source in reads(node):
            if isinstance(source, float):
                continue
            if isinstance(source, Reference):
                stack.append(source.target)
            elif isinstance(source, PartRun) or source.inside is not None:  # nearly all in a large piece
                nodes[source] = None
            else:
                stack.append(source)
    return list(nodes)


def positions_of_tempos(nodes: Iterable[TreeNode | PartRun]) -> list[TreeNode]:
    """Of the nodes outside of parts those with the position of a tempo that does not move, by ID; parts may read it."""
    found = {node.inside.transport if node.inside else node for node in nodes}
    return sorted(
        (
            node
            for node in found
            if isinstance(node, TreeNode) and node.kind is Transport and isinstance(node.inputs["bpm"], float)
        ),
        key=lambda node: node.id,
    )
