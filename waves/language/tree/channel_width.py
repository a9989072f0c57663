"""How many channels a source has."""

from __future__ import annotations

from collections.abc import Callable

from waves.language.tree.lifetime import _inputs
from waves.language.tree.tree_node import Reference, Source, TreeNode, reachable
from waves.node import Channels
from waves.node_types.builtin.voices import Pool, StereoPool


def channels_of(source: Source, prepared: Callable[[TreeNode], int], known: dict[TreeNode, int]) -> int:
    """How many channels a source has, as `graph` makes rows of it; `prepared` is told in `widen`."""
    node = source.target if isinstance(source, Reference) else source
    if isinstance(node, float):
        return 1
    if node not in known:
        known[node] = 1  # what closes a loop does not widen it
        kind = node.kind
        together = any(info.annotation is Channels for info in kind.model_fields.values())
        if node.template or len(kind.outputs) > 1 or together:
            known[node] = len(kind.outputs)
        else:
            read = _inputs(node, tuple(node.inputs))
            known[node] = max([prepared(node), *(channels_of(one, prepared, known) for one in read)])
    return known[node]


def widen(root: TreeNode, prepared: Callable[[TreeNode], int] = lambda node: 1) -> None:
    """Give every pool as many channels as its voices have; to be called again when the samples are known.

    `prepared(node)` is the number of channels of the arrays that a node prepares, 1 without any.
    """
    pools = [node for node in reachable(root) if node.template]
    for _ in range(len(pools) + 1):  # a pool in a voice of a pool comes first
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
