"""Problems of rows that fail or hang: which node it is, where it stands in the file, and what is wrong. Any thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

from waves.engine.graph.graph import Row
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_words import WORD_OF, Array, rows_at, voice_places
from waves.events.trouble import Hung
from waves.node import Node
from waves.node_types.library.library import called, is_shipped, origin
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.places_in_code import line_of_place
from waves.problem import Problem


def row_problem(row: Row, what: str, level: Literal["error", "warning"] = "error") -> Problem:
    """A sentence about a row at the place of its node: `waves.yaml:4:5: … this osc gives no finite number`."""
    sentence = f"this {called(row.kind)} {what}"
    if row.node is None:
        return Problem(f"{row.key}: {sentence}", level=level)
    return Problem(sentence, row.node.mark, row.node.path, level)


def fault_problems(plan: Plan, key: str) -> list[Problem]:
    """The problem of a row that has failed; of a pool, that of the first failed row of its voices.

    That of a node file has another one, in its kernel. `key` as in `Engine.faults`.
    """
    rows, graph = plan.settled, plan.graph
    if plan.moving and plan.transition and key in plan.moving.faults() and key not in rows.faults():
        rows, graph = plan.moving, plan.transition.moving
    row, place = graph.rows[key], rows.place(key)
    while failed := next(_failed_in_voices(rows.words, row, place), None):
        place, row = failed
    raised = -int(rows.words[place + WORD_OF["failed"]])
    problem = row_problem(row, "uses an index outside, or raises" if raised else "gives no finite number")
    return [problem, *_in_kernel(row.kind, raised)]


def _in_kernel(kind: type[Node], place: int) -> Iterator[Problem]:
    """The problem in the file of a kernel that has failed, at a place or 0; none in what comes with waves."""
    made = origin(kind)
    if made is None or is_shipped(kind):
        return
    if place and (line := line_of_place(made.source.text, kind.__name__, "render", place)):
        yield made.source.problem("this line uses an index outside, or raises", line, _column(made.source.line(line)))
        return
    says = "uses an index outside, or raises" if place else "gives a number that is not finite"
    kernel = _kernel(made.source)
    at = (kernel.lineno, kernel.col_offset + 1) if kernel else ()
    yield made.source.problem(f"this kernel {says}; `waves try {called(kind)}` looks for it", *at)


def _column(line: str) -> int:
    """The column in which a line begins."""
    return len(line) - len(line.lstrip()) + 1


def _failed_in_voices(words: Array, pool: Row, place: int) -> Iterator[tuple[int, Row]]:
    """The rows in the voices of a pool that have failed, each with the index in `words` at which it begins."""
    if pool.voice is None:
        return
    for first in voice_places(words, place):
        for at, row in rows_at(words, pool.voice.graph, first):
            if words[at + WORD_OF["faults"]]:
                yield at, row


def hang_event(rows: tuple[Row, ...]) -> Hung:
    """The event `hung` for rows that hang: the node, its place in the piece, and the line of its loop."""
    if not rows:
        return Hung()
    name = called(rows[-1].kind)
    node = next((row.node for row in reversed(rows) if row.node), None)
    path = node.path if node else rows[-1].key
    sentence = f"the node '{name}' does not come to an end"
    problems = [Problem(sentence, node.mark if node else None, path)]
    if made := origin(rows[-1].kind):
        problems.append(problem_in_code(made.source))
    return Hung(node=name, path=path, problems=tuple(problems))


def problem_in_code(source: SourceFile) -> Problem:
    """A problem at the loop of a kernel that has only one `while`, else at the kernel's first line."""
    kernel = _kernel(source)
    if kernel is None:
        return source.problem("its kernel does not come to an end")
    loops = [node for node in ast.walk(kernel) if isinstance(node, ast.While)]
    if len(loops) == 1:
        return source.problem("this loop does not come to an end", loops[0].lineno, loops[0].col_offset + 1)
    return source.problem("this kernel does not come to an end", kernel.lineno, kernel.col_offset + 1)


def _kernel(source: SourceFile) -> ast.FunctionDef | None:
    """The kernel in a node file."""
    functions = (node for node in ast.walk(ast.parse(source.text)) if isinstance(node, ast.FunctionDef))
    return next((function for function in functions if function.name == "render"), None)
