"""Carries what says whether rows have ended from one list of rows into the next.

A row with a tail (a delay, a filter) has ended when its inputs have and it was silent for a while. The count of silent
frames stands in the words of the row, not in its state. So it is copied at the commit to the rows of the next plan, and
after a transition from its rows to the settled ones. Build thread only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from waves.abi import WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.row_words import POOL_WORD, WORD_OF, Rows, rows_at
from waves.engine.state.copies import Copy, address_of, copy_of_bytes

COUNTERS = 2 * WORD  # bytes of `quiet` and `since`, which are neighbours

Places = np.ndarray[Any, Any]
"""Indices of words, int64: where a row begins in each voice."""


def tail_copies(old: Rows, old_graph: Graph, new: Rows, new_graph: Graph, keys: Mapping[str, str]) -> list[Copy]:
    """Copies from the rows `old` to the rows `new` that are played next, those of all voices too.

    `old_graph` has the keys of the next graph; `keys` gives these by the keys in `old`.
    """
    places = {keys.get(key, key): old.place(key) for key in old.offsets}
    copies: list[Copy] = []
    for key, row in new_graph.rows.items():
        was = old_graph.rows.get(key)
        if was is None or key not in places or key not in new.offsets or was.kind is not row.kind:
            continue
        at, to = np.array([places[key]]), np.array([new.place(key)])
        for inner, sources, targets in _in_voices(old, was, at, new, row, to):
            for source, target in zip(sources.tolist(), targets.tolist(), strict=True):
                copies.append(_copy(old, source + WORD_OF["status"], new, target + WORD_OF["status"], WORD))
                if _has_counters(inner):
                    copies.append(_copy(old, source + WORD_OF["quiet"], new, target + WORD_OF["quiet"], COUNTERS))
        if _has_counters(row):
            copies.append(_copy(old, places[key] + WORD_OF["quiet"], new, new.place(key) + WORD_OF["quiet"], COUNTERS))
    return copies


def _has_counters(row: Row) -> bool:
    return row.kind.tail and any(name in row.inputs or name in row.lists for name in row.kind.waits)


def _rings_out(graph: Graph) -> bool:
    """Whether any row of a voice has a count of silent frames, at any depth."""
    return any(_rings_out(row.voice.graph) if row.voice else _has_counters(row) for row in graph.rows.values())


def _in_voices(
    old: Rows, was: Row, at: Places, new: Rows, row: Row, to: Places
) -> Iterator[tuple[Row, Places, Places]]:
    """The rows of the voices of a pool that both lists have, each with its places in the old words and in the new.

    `at` and `to` are the places of the pool's own row, several where it is itself in voices.
    """
    if was.voice is None or row.voice is None or not _rings_out(row.voice.graph):
        return
    sources, targets = _voices(old, at), _voices(new, to)
    slots = min(sources.shape[1], targets.shape[1])
    sources, targets = sources[:, :slots].ravel(), targets[:, :slots].ravel()
    before = {found.key: (found, place) for place, found in rows_at(old.words, was.voice.graph, int(sources[0]))}
    for place, inner in rows_at(new.words, row.voice.graph, int(targets[0])):
        found, first = before.get(inner.key, (None, 0))
        if found is not None and found.kind is inner.kind:
            source, target = sources + (first - sources[0]), targets + (place - targets[0])
            yield inner, source, target
            yield from _in_voices(old, found, source, new, inner, target)


def _voices(rows: Rows, pools: Places) -> Places:
    """Places of the rows of each voice, of shape (pools, slots); `pools` are those of the rows of one pool."""
    first, size, slots = (rows.words[pools + POOL_WORD[name]] for name in ("program", "program_bytes", "slots"))
    places: Places = ((first - address_of(rows.words))[:, None] + size[:, None] * np.arange(slots[0])) // WORD
    return places


def _copy(old: Rows, source: int, new: Rows, target: int, size: int) -> Copy:
    return copy_of_bytes(old.address + source * WORD, new.address + target * WORD, size)
