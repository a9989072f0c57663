"""How far rows are on their way to their end, carried from the plan that plays into the next one.

A tail has ended when it was silent for a while; the count of that stands in the row, not in its state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from waves.abi import COPY_BYTES, WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.row_words import WORD_OF, Rows, voices

Copy = tuple[int, ...]
COUNTS = 2 * WORD  # `quiet` and `since`, side by side


def tail_copies(old: Rows, before: Graph, new: Rows, after: Graph, names: Mapping[str, str]) -> list[Copy]:
    """What the commit copies of rows that stay; `names` are the present keys of rows that had others."""
    was = {names.get(key, key): offset // WORD for key, offset in old.offsets.items()}
    entries: list[Copy] = []
    for key, row in after.rows.items():
        then = before.rows.get(key)
        if then is None or key not in was or key not in new.offsets or then.kind is not row.kind:
            continue
        source, target = was[key], new.offsets[key] // WORD
        if row.voice and then.voice:
            if list(row.voice.graph.rows) == list(then.voice.graph.rows):
                for one, other in _voices(old, source, new, target, len(row.voice.graph.rows)):
                    entries.append(_copy(old, one + WORD_OF["status"], new, other + WORD_OF["status"], WORD))
                    entries.append(_copy(old, one + WORD_OF["quiet"], new, other + WORD_OF["quiet"], COUNTS))
        elif _counts(row):
            entries.append(_copy(old, source + WORD_OF["quiet"], new, target + WORD_OF["quiet"], COUNTS))
    return entries


def _counts(row: Row) -> bool:
    return row.kind.tail and any(name in row.inputs or name in row.lists for name in row.kind.waits)


def _voices(old: Rows, source: int, new: Rows, target: int, rows: int) -> Iterator[tuple[int, int]]:
    """The rows of all voices of a pool, in the words of both."""
    for one, other in zip(voices(old.words, source), voices(new.words, target), strict=False):
        for _ in range(rows):
            yield one, other
            one += int(old.words[one + WORD_OF["bytes"]]) // WORD
            other += int(new.words[other + WORD_OF["bytes"]]) // WORD


def _copy(old: Rows, source: int, new: Rows, target: int, size: int) -> Copy:
    return (COPY_BYTES, old.address + source * WORD, new.address + target * WORD, size, 0, 0, 0, 0, 0)
