"""Carries what says whether rows have ended from one list of rows into the next.

A row with a tail (a delay, a filter) has ended when its inputs have and it was silent for a while. The count of silent
frames stands in the words of the row, not in its state. So it is copied at the commit to the rows of the next plan, and
after a transition from its rows to the settled ones. Build thread only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from waves.abi import COPY, COPY_BYTES, WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.row_words import POOL_WORD, WORD_OF, Rows, rows_at
from waves.engine.state.copies import address_of

COUNTERS = 2 * WORD  # bytes of `quiet` and `since`, which are neighbours

Places = np.ndarray[Any, Any]
"""Indices of words, int64: where a row begins in each voice."""

Copies = np.ndarray[Any, Any]
"""Words of copies, int64 of shape (n, len(COPY))."""


def tail_copies(old: Rows, old_graph: Graph, new: Rows, new_graph: Graph, keys: Mapping[str, str]) -> Copies:
    """Copies from the rows `old` to the rows `new` that are played next, those of all voices too.

    `old_graph` has the keys of the next graph; `keys` gives these by the keys in `old`.
    """
    was, now = old.template, new.template
    if was and now and was.places is now.places:
        if was.places.tails is None:
            both = _places(old, old_graph, old, old_graph, {})
            was.places.tails = [_joined(one for one, _ in pairs) - was.shift for pairs in both]
        pairs = [[(places + was.shift, places + now.shift)] for places in was.places.tails]
    else:
        pairs = _places(old, old_graph, new, new_graph, keys)
    status, counters = pairs
    return np.concatenate([_copies(old, new, status, "status", WORD), _copies(old, new, counters, "quiet", COUNTERS)])


def _places(
    old: Rows, old_graph: Graph, new: Rows, new_graph: Graph, keys: Mapping[str, str]
) -> list[list[tuple[Places, Places]]]:
    """The places in both lists of the rows in voices, and of the rows that count silent frames."""
    offsets = {keys.get(key, key): offset for key, offset in old.offsets.items()} if keys else old.offsets
    counting = new.template.counting if new.template else counting_rows(new_graph)
    silent: list[tuple[int, int]] = []
    counters: list[tuple[Places, Places]] = []
    in_voices: list[tuple[Places, Places]] = []
    for key in counting:
        row = new_graph.rows[key]
        was = old_graph.rows.get(key)
        if was is None or was.kind is not row.kind or key not in offsets or key not in new.offsets:
            continue
        places = offsets[key] // WORD, new.offsets[key] // WORD
        if row.voice:
            at, to = np.array([places[0]]), np.array([places[1]])
            for inner, sources, targets in _in_voices(old, was, at, new, row, to):
                in_voices.append((sources, targets))
                if _has_counters(inner):
                    counters.append((sources, targets))
        if _has_counters(row):
            silent.append(places)
    one_by_one = np.array(silent, np.int64).reshape(-1, 2).T
    return [in_voices, [(one_by_one[0], one_by_one[1]), *counters]]


def counting_rows(graph: Graph) -> list[str]:
    """Keys of the rows that count silent frames, and of the pools in whose voices some may do so."""
    return [key for key, row in graph.rows.items() if row.voice or (row.kind.tail and _has_counters(row))]


def _has_counters(row: Row) -> bool:
    return bool(row.kind.tail) and any(name in row.inputs or name in row.lists for name in row.kind.waits)


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


def _joined(places: Iterable[Places]) -> Places:
    return np.concatenate([np.zeros(0, np.int64), *places])


def _copies(old: Rows, new: Rows, places: Sequence[tuple[Places, Places]], word: str, size: int) -> Copies:
    """Copies of `size` bytes from a word of each row to the same word of another."""
    sources, targets = _joined(one for one, _ in places), _joined(other for _, other in places)
    copies = np.zeros((len(sources), len(COPY)), np.int64)
    copies[:, COPY.index("kind")] = COPY_BYTES
    copies[:, COPY.index("source")] = old.address + (sources + WORD_OF[word]) * WORD
    copies[:, COPY.index("target")] = new.address + (targets + WORD_OF[word]) * WORD
    copies[:, COPY.index("bytes")] = size
    return copies
