"""Carries the silence counters of tails into the next plan.

A row with a tail (a delay, a filter) has ended when its inputs have and it was silent for a while. The count of silent
frames stands in the words of the row, not in its state, so the commit copies it to the row of the next plan. Build
thread only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from waves.abi import WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.row_words import WORD_OF, Rows, rows_at, voice_places
from waves.engine.plan.state_binding import Copy, copy_of_bytes

COUNTERS = 2 * WORD  # bytes of `quiet` and `since`, which are neighbours


def tail_copies(old: Rows, old_graph: Graph, new: Rows, new_graph: Graph, keys: Mapping[str, str]) -> list[Copy]:
    """Copies for the commit, from the rows that play, `old`, to the rows of the next plan.

    `old_graph` has the keys of the next graph; `keys` gives these by the keys in `old`.
    """
    places = {keys.get(key, key): old.place(key) for key in old.offsets}
    copies: list[Copy] = []
    for key, row in new_graph.rows.items():
        was = old_graph.rows.get(key)
        if was is None or key not in places or key not in new.offsets or was.kind is not row.kind:
            continue
        source, target = places[key], new.place(key)
        if row.voice and was.voice:
            if list(row.voice.graph.rows) == list(was.voice.graph.rows):
                for at, to in _voice_rows(old, source, new, target, row.voice.graph):
                    copies.append(_copy(old, at + WORD_OF["status"], new, to + WORD_OF["status"], WORD))
                    copies.append(_copy(old, at + WORD_OF["quiet"], new, to + WORD_OF["quiet"], COUNTERS))
        elif _has_counters(row):
            copies.append(_copy(old, source + WORD_OF["quiet"], new, target + WORD_OF["quiet"], COUNTERS))
    return copies


def _has_counters(row: Row) -> bool:
    return row.kind.tail and any(name in row.inputs or name in row.lists for name in row.kind.waits)


def _voice_rows(old: Rows, source: int, new: Rows, target: int, graph: Graph) -> Iterator[tuple[int, int]]:
    """Indices at which the rows of all voices of a pool begin, in the old words and in the new ones."""
    for at, to in zip(voice_places(old.words, source), voice_places(new.words, target), strict=False):
        for (place, _), (new_place, _) in zip(
            rows_at(old.words, graph, at), rows_at(new.words, graph, to), strict=True
        ):
            yield place, new_place


def _copy(old: Rows, source: int, new: Rows, target: int, size: int) -> Copy:
    return copy_of_bytes(old.address + source * WORD, new.address + target * WORD, size)
