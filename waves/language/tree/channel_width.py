"""Number of channels of a source, and of the voices of a pool."""

from __future__ import annotations

from collections.abc import Callable

from waves.language.tree.kept.outside import outside_of_parts
from waves.language.tree.tree_node import (
    Reference,
    TreeNode,
    output_of,
    sources_first,
    sources_of,
    target_of,
)
from waves.node_types.builtin.voices import Pool, StereoPool
from waves.node_types.library.signature import channel_count, is_one_row


def channels_of(root: TreeNode, prepared: Callable[[TreeNode], int], known: dict[TreeNode, int]) -> int:
    """Number of channels of a node, as `lowering` makes rows of it: those of its widest input.

    `known` holds the nodes that were asked for before. `prepared`: as for `widen`.
    """

    def read(node: TreeNode) -> list[TreeNode]:
        if node in known or _has_fixed_width(node):
            return []
        names = [node.kind.channels] if isinstance(node.kind.channels, str) else node.inputs
        sources = [source for source in sources_of(node, names) if not isinstance(source, float)]
        return [target_of(source) for source in sources if not _is_mono_output(source)]

    for node in sources_first(root, read):
        if node in known:
            continue
        if _has_fixed_width(node):
            known[node] = channel_count(node.kind)
        else:
            widths = [known.get(target, 1) for target in read(node)]  # what closes a loop does not widen it
            known[node] = max([prepared(node), *widths])
    return known[root]


def _is_mono_output(source: TreeNode | Reference) -> bool:
    """Whether a source is an output by name of a node that is one row."""
    return bool(output_of(source)) and is_one_row(target_of(source).kind)


def _has_fixed_width(node: TreeNode) -> bool:
    """Whether the number of channels of a node does not depend on what it reads."""
    return bool(node.template) or (is_one_row(node.kind) and not isinstance(node.kind.channels, str))


def widen(root: TreeNode, prepared: Callable[[TreeNode], int] = lambda node: 1) -> None:
    """Give every pool as many channels as its voices have.

    `prepared(node)` is the number of channels of the arrays that a node prepares, 1 without any.
    """
    pools: list[TreeNode] = []
    for node in outside_of_parts(root):
        if node.inside:
            pools += node.inside.pools
        elif isinstance(node, TreeNode) and node.template:
            pools.append(node)
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
