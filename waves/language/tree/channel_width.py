"""Number of channels of a source, and of the voices of a pool."""

from __future__ import annotations

from collections.abc import Callable

from waves.language.tree.tree_node import TreeNode, reachable, sources_first, sources_of, target_of
from waves.node_types.builtin.voices import Pool, StereoPool
from waves.node_types.library.signature import is_one_row


def channels_of(root: TreeNode, prepared: Callable[[TreeNode], int], known: dict[TreeNode, int]) -> int:
    """Number of channels of a node, as `lowering` makes rows of it: those of its widest input.

    `known` holds the nodes that were asked for before. `prepared`: as for `widen`.
    """

    def read(node: TreeNode) -> list[TreeNode]:
        if node in known or node.template or is_one_row(node.kind):
            return []
        return [target_of(source) for source in sources_of(node, node.inputs) if not isinstance(source, float)]

    for node in sources_first(root, read):
        if node.template or is_one_row(node.kind):
            known[node] = len(node.kind.outputs)
        elif node not in known:
            widths = [known.get(target, 1) for target in read(node)]  # what closes a loop does not widen it
            known[node] = max([prepared(node), *widths])
    return known[root]


def widen(root: TreeNode, prepared: Callable[[TreeNode], int] = lambda node: 1) -> None:
    """Give every pool as many channels as its voices have; to be called again when the samples are known.

    `prepared(node)` is the number of channels of the arrays that a node prepares, 1 without any.
    """
    pools = [node for node in reachable(root) if node.template]
    for _ in range(len(pools) + 1):  # the width of a pool depends on that of a pool in its voice
        known: dict[TreeNode, int] = {}
        changed = False
        for node in pools:
            assert node.template and node.template.root
            wide = channels_of(node.template.root, prepared, known) > 1
            kind = StereoPool if wide else Pool
            changed |= node.kind is not kind
            node.kind = kind
        if not changed:
            return
