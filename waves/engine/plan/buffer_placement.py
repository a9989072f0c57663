"""Places the outputs of rows in buffers of one block, which are used again after their last reader; and constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.engine.graph.graph import Graph, Output
from waves.engine.state.copies import address_of
from waves.memo import per_class
from waves.node import BLOCK, Node
from waves.node_types.library.signature import slow_places

Array = np.ndarray[Any, Any]

TOGETHER = 16  # blocks of constants that are made at once


def scratch_blocks(graph: Graph) -> int:
    """Blocks of working memory that the most demanding kernel needs."""
    rows = graph.rows.values()
    inner = [scratch_blocks(row.voice.graph) for row in rows if row.voice]
    return max([*inner, *map(_blocks_of, {row.kind for row in rows if row.voice is None})], default=0)


@per_class
def _blocks_of(kind: type[Node]) -> int:
    """Blocks of working memory and of slow values that a kernel needs."""
    return kind.scratch + sum(count for _, count in slow_places(kind).values())


def place_buffers(graph: Graph) -> tuple[dict[str, int], int]:
    """The number of the first buffer of each row, and how many buffers there are. A row never writes what it reads.

    Tracks that are measured have buffers of their own; all others are the same with and without them.

    Example: `a` is read by `b`, `b` by `c`, `c` is the output of the graph:

        ({"a": 0, "b": 1, "c": 0}, 2)
    """
    last_reader: dict[str, str] = {}
    for key, row in graph.rows.items():
        for sources in (row.inputs, *row.lists.values()):
            for source in sources.values():
                if isinstance(source, Output):
                    last_reader[source.key] = key
    read_last_by: dict[str, list[str]] = {}
    for key, reader in last_reader.items():
        if key in graph.rows:
            read_last_by.setdefault(reader, []).append(key)
    outputs = {source.key for source in graph.outputs if isinstance(source, Output)}
    measured = [source.key for channels in graph.meters.values() for source in channels if isinstance(source, Output)]
    places: dict[str, int] = {}
    free: list[int] = []
    count = 0
    for key, row in graph.rows.items():
        width = row.outs
        if width == 1 and free:
            places[key] = free.pop()
        else:
            places[key], count = count, count + width
        for done in read_last_by.get(key, []):
            if done not in outputs:
                first = places[done]
                free.extend(range(first, first + graph.rows[done].outs))
        if key not in last_reader and key not in outputs and width == 1:
            free.append(places[key])
    for key in dict.fromkeys(measured):  # read after all rows; at the end, so that no other row moves
        if key not in outputs:
            places[key], count = count, count + graph.rows[key].outs
    return places, count


class Constants:
    """Blocks of one number each, one for every constant that the rows of a plan or a voice read."""

    def __init__(self) -> None:
        self.blocks: list[Array] = []  # float64 of shape (TOGETHER, BLOCK)
        self._addresses: dict[float, int] = {}

    def address(self, constant: float) -> int:
        """The address of the block of a constant."""
        if constant in self._addresses:
            return self._addresses[constant]
        number = len(self._addresses) % TOGETHER
        if not number:
            self.blocks.append(np.empty((TOGETHER, BLOCK)))
            self._first = address_of(self.blocks[-1])
        self.blocks[-1][number] = constant
        address = self._addresses[constant] = self._first + number * BLOCK * 8
        return address
