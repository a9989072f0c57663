"""Moving rows of plans in which nothing differs but numbers that glide, and pools.

They are the settled ones behind the fades, and each that reads a fade reads its output. Build thread only.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np

from waves.abi import WORD
from waves.engine.graph.graph import Graph, Output, Row, Source
from waves.engine.plan.row_assembly import COUNTS, STATUS, Assembly, EngineAddresses
from waves.engine.plan.row_forms import form_of, write_inputs
from waves.engine.plan.row_words import BUFFERS, SELF, TAG, WORD_OF, Blocks, RowTemplate
from waves.engine.plan.state_binding import Bind


def behind_fades(
    settled: RowTemplate, graph: Graph, moving: Graph, faded: set[str], bind: Bind, addresses: EngineAddresses
) -> RowTemplate | None:
    """The moving rows: the fades, then the settled rows, of which those in `faded` read fades; None as above."""
    fades = dict(islice(moving.rows.items(), len(moving.rows) - len(graph.rows)))  # they come first
    if not all(_have_same_tables(graph.rows[key], moving.rows[key]) for key in faded):
        return None
    head = _fades_of(fades, bind, addresses, settled.blocks)
    size = head.integers.size
    integers = np.concatenate([head.integers, settled.integers])
    places = settled.places
    if places.own is None:
        places.own = np.flatnonzero(settled.integers >> TAG == SELF >> TAG)
    if places.rows is None:
        places.rows = np.fromiter(settled.offsets.values(), np.int64, len(settled.offsets))
    integers[size:][places.own] += size * WORD
    offsets = head.offsets | dict(zip(settled.offsets, (places.rows + size * WORD).tolist(), strict=True))
    outputs = {key: int(head.integers[offset // WORD + WORD_OF["out"]]) for key, offset in head.offsets.items()}
    more: list[int] = []
    for key in faded:
        row, first = moving.rows[key], offsets[key] // WORD

        def address(source: Source) -> int | None:
            return outputs.get(source.key) if isinstance(source, Output) else None

        write_inputs(integers, first, row, addresses.rate, address)
        for table, keys in form_of(row, addresses.rate).ends:
            words = [SELF + offsets[one] + STATUS for one in keys]
            integers[first + WORD_OF[table]] = SELF + (len(integers) + len(more)) * WORD
            integers[first + COUNTS[table]] = len(words)
            more += words
    return replace(
        settled,
        integers=np.concatenate([integers, np.array(more, np.int64)]) if more else integers,
        float_places=np.concatenate([head.float_places, settled.float_places + size]),
        float_values=np.concatenate([head.float_values, settled.float_values]),
        offsets=offsets,
        blocks=head.blocks,
        keep=[moving.rows, *settled.keep, *head.keep],
        shift=size,
    )


def _fades_of(fades: dict[str, Row], bind: Bind, addresses: EngineAddresses, blocks: int) -> RowTemplate:
    """The rows of fades between numbers, whose buffers come after so many blocks of others."""
    more = Blocks(blocks)
    graph = Graph(fades, [Output(key) for key in fades])  # which other rows read: each in a buffer of its own
    assembly = Assembly(graph, bind, addresses, more, BUFFERS, {})
    template = assembly.template()
    return replace(template, blocks=more.count, keep=assembly.keep)


def _have_same_tables(row: Row, moving: Row) -> bool:
    """Whether a row reads as many entries of each list while it moves."""
    return {name: list(entries) for name, entries in row.lists.items()} == {
        name: list(entries) for name, entries in moving.lists.items()
    }
