"""Problems of rows that fail: which node it is, where it stands in the file, and what is wrong with it. Any thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from waves.engine.graph.graph import Row
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_words import WORD_OF, Array, rows_at, voice_places
from waves.node_types.library.library import called
from waves.problem import Problem


def row_problem(row: Row, what: str, level: Literal["error", "warning"] = "error") -> Problem:
    """A sentence about a row at the place of its node: `waves.yaml:4:5: … this osc gives no finite number`."""
    sentence = f"this {called(row.kind)} {what}"
    if row.node is None:
        return Problem(f"{row.key}: {sentence}", level=level)
    return Problem(sentence, row.node.mark, row.node.path, level)


def fault_problem(plan: Plan, key: str) -> Problem:
    """Why a row of a plan has failed; of a pool, why the first failed row of its voices has.

    `key` as in `Engine.faults`.
    """
    rows, graph = plan.settled, plan.graph
    if plan.moving and plan.transition and key in plan.moving.faults() and key not in rows.faults():
        rows, graph = plan.moving, plan.transition.moving
    row, place = graph.rows[key], rows.place(key)
    while failed := next(_failed_in_voices(rows.words, row, place), None):
        place, row = failed
    raised = rows.words[place + WORD_OF["status"]] < 0
    return row_problem(row, "uses an index outside, or raises" if raised else "gives no finite number")


def _failed_in_voices(words: Array, pool: Row, place: int) -> Iterator[tuple[int, Row]]:
    """The rows in the voices of a pool that have failed, each with the index in `words` at which it begins."""
    if pool.voice is None:
        return
    for first in voice_places(words, place):
        for at, row in rows_at(words, pool.voice.graph, first):
            if words[at + WORD_OF["faults"]]:
                yield at, row
