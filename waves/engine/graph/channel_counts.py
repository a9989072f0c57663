"""Channels of the rows of a node, by number and by name, and those of a signal on two channels of a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from waves.engine.graph.graph import Array, Output, Source
from waves.language.tree.parts import channels_behind
from waves.language.tree.tree_node import TreeNode
from waves.node_types.library import signature


def pair(channels: Sequence[Source]) -> list[Source]:
    """The channels of a signal, a mono signal twice."""
    return [channels[0], channels[0]] if len(channels) == 1 else list(channels)


def width(inputs: dict[str, list[Source]], lists: dict[str, dict[str, list[Source]]], arrays: dict[str, Array]) -> int:
    """Channels of a node: as many as the widest of its inputs and prepared arrays has."""
    widths = [len(channels) for channels in inputs.values()]
    widths += [len(channels) for entries in lists.values() for channels in entries.values()]
    return max([1, *widths, *(len(array) for array in arrays.values() if array.ndim == 2)])


def named_outputs(
    node: TreeNode, rows: Sequence[Output], outputs: Sequence[Output], wide: int
) -> Iterator[tuple[str, list[Output]]]:
    """The outputs of each name, of `rows`, the first outputs of the rows of a node; `outputs` are its channels.

    What stands around a node with named channels, such as its `gain`, has channels of these names too.
    """
    for name in signature.names_read(node.kind):
        at = signature.first_output(node.kind, name, wide)
        yield name, [Output(row.key, at) for row in rows]
    for channel, name in enumerate(channels_behind(node)):
        yield name, [outputs[channel % len(outputs)]]
