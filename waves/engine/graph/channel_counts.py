"""Numbers of channels: of the rows of a node, and of a signal on two channels of a device."""

from __future__ import annotations

from collections.abc import Sequence

from waves.engine.graph.graph import Array, Source


def pair(channels: Sequence[Source]) -> list[Source]:
    """The channels of a signal, a mono signal twice."""
    return [channels[0], channels[0]] if len(channels) == 1 else list(channels)


def width(inputs: dict[str, list[Source]], lists: dict[str, dict[str, list[Source]]], arrays: dict[str, Array]) -> int:
    """Channels of a node: as many as the widest of its inputs and prepared arrays has."""
    widths = [len(channels) for channels in inputs.values()]
    widths += [len(channels) for entries in lists.values() for channels in entries.values()]
    return max([1, *widths, *(len(array) for array in arrays.values() if array.ndim == 2)])
