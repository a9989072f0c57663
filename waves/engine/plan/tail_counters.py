"""Carries what says whether rows have ended from one list of rows into the next.

A row with a tail (a delay, a filter) has ended when its inputs have and it was silent for a while. The count of silent
frames stands in the words of the row, not in its state. So it is copied at the commit to the rows of the next plan, and
after a transition from its rows to the settled ones. Build thread only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from waves.abi import COPY, COPY_BYTES, WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.row_words import POOL_WORD, WORD_OF, PlacedPool, Rows, RowTemplate

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
    if was.places is now.places:
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
    was_pools = {keys.get(key, key): pool for key, pool in old.template.pools.items()} if keys else old.template.pools
    silent: list[tuple[int, int]] = []
    found = _Found([], [])
    for key in new.template.counting:
        row = new_graph.rows[key]
        was = old_graph.rows.get(key)
        if was is None or was.kind is not row.kind or key not in offsets or key not in new.offsets:
            continue
        places = offsets[key] // WORD, new.offsets[key] // WORD
        if not row.voice:
            silent.append(places)
        elif key in was_pools and key in new.template.pools:
            before, now = was_pools[key], new.template.pools[key]
            if before is now:
                found.add_same(_of_pool(new, row, now, places[1]), old.template.shift, new.template.shift)
            else:
                found.add(old, was, before, np.array([places[0]]), new, row, now, np.array([places[1]]))
    one_by_one = np.array(silent, np.int64).reshape(-1, 2).T
    return [found.in_voices, [(one_by_one[0], one_by_one[1]), *found.counters]]


def _of_pool(rows: Rows, row: Row, pool: PlacedPool, at: int) -> tuple[Places, Places]:
    """The places in the voices of a pool, as in `_Found`, counted from the first word that `shift` is before.

    They are kept with the pool, which has its place there among all rows that differ in others only.
    """
    if pool.places is None:
        found = _Found([], [])
        found.add(rows, row, pool, np.array([at]), rows, row, pool, np.array([at]))
        first, second = (_joined(one for one, _ in pairs) - rows.template.shift for pairs in found)
        pool.places = first, second
    places: tuple[Places, Places] = pool.places  # type: ignore[assignment]
    return places


def counting_rows(graph: Graph) -> list[str]:
    """Keys of the rows that count silent frames, and of the pools in whose voices some may do so."""
    return [key for key, row in graph.rows.items() if row.voice or (row.kind.tail and _has_counters(row))]


def _has_counters(row: Row) -> bool:
    return bool(row.kind.tail) and any(name in row.inputs or name in row.lists for name in row.kind.waits)


def _rings_out(graph: Graph) -> bool:
    """Whether any row of a voice has a count of silent frames, at any depth."""
    return any(_rings_out(row.voice.graph) if row.voice else _has_counters(row) for row in graph.rows.values())


class _Found(NamedTuple):
    """Places of rows in voices, in the old words and in the new: of all, and of those that count silent frames."""

    in_voices: list[tuple[Places, Places]]
    counters: list[tuple[Places, Places]]

    def add(
        self, old: Rows, was: Row, before: PlacedPool, at: Places, new: Rows, row: Row, now: PlacedPool, to: Places
    ) -> None:
        """Add the rows of the voices of a pool that both lists have, if any counts silent frames.

        `at` and `to` are the places of the pool's own row, several where it is itself in voices.
        """
        both = _rows_of_both(was, before.voice, row, now.voice)
        if not both.rows:
            return
        sources = _voices(old, at, before.voice.integers.size)
        targets = _voices(new, to, now.voice.integers.size)
        slots = min(sources.shape[1], targets.shape[1])
        sources, targets = sources[:, :slots].ravel(), targets[:, :slots].ravel()
        for to_add, (first, second) in ((self.in_voices, both.all), (self.counters, both.counting)):
            to_add.append(((first[:, None] + sources).ravel(), (second[:, None] + targets).ravel()))
        for found, inner, name in both.pools:
            places = sources + before.voice.offsets[name] // WORD, targets + now.voice.offsets[inner.key] // WORD
            pools = before.voice.pools[name], now.voice.pools[inner.key]
            self.add(old, found, pools[0], places[0], new, inner, pools[1], places[1])

    def add_same(self, places: tuple[Places, Places], old: int, new: int) -> None:
        """Add places that both lists have, behind so many words."""
        for to_add, one in zip(self, places, strict=True):
            to_add.append((one + old, one + new))


class _BothRows(NamedTuple):
    """The rows that the voices of a pool have in both lists; places count from the first word of a voice."""

    rows: int
    all: tuple[Places, Places]
    counting: tuple[Places, Places]
    pools: list[tuple[Row, Row, str]]
    """Pools in the voices: the row before, the row now, and the key in the rows before."""


def _rows_of_both(was: Row, before: RowTemplate, row: Row, now: RowTemplate) -> _BothRows:
    """The rows that voices have in both lists, none if no row counts silence; kept with voices that stay the same."""
    kept = now.places.voice
    if before is now and isinstance(kept, _BothRows):
        return kept
    assert was.voice and row.voice
    rows = was.voice.graph.rows
    known = dict(zip(rows, before.offsets.items(), strict=True))  # whose keys may be those before
    inner = row.voice.graph.rows.values() if _rings_out(row.voice.graph) else []
    same = [one for one in inner if one.key in rows and rows[one.key].kind is one.kind]

    def places(some: list[Row]) -> tuple[Places, Places]:
        pairs = [(known[one.key][1] // WORD, now.offsets[one.key] // WORD) for one in some]
        first, second = np.array(pairs, np.int64).reshape(-1, 2).T
        return first, second

    pools = [(rows[one.key], one, known[one.key][0]) for one in same if one.voice]
    pools = [(found, one, name) for found, one, name in pools if name in before.pools and one.key in now.pools]
    made = _BothRows(len(same), places(same), places([one for one in same if _has_counters(one)]), pools)
    if before is now:
        now.places.voice = made
    return made


def _voices(rows: Rows, pools: Places, size: int) -> Places:
    """Places of the rows of each voice, of shape (pools, slots), each so many words behind the one before.

    `pools` are the places of the rows of one pool.
    """
    first, slots = rows.words[pools + POOL_WORD["program"]], int(rows.words[pools[0] + POOL_WORD["slots"]])
    places: Places = (first - rows.address)[:, None] // WORD + size * np.arange(slots)
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
