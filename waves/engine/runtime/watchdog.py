"""Tells a node that does not come to an end from a device that stalls, and from a machine that is busy.

The callback says in the mailbox that it is inside a block, and each list of rows which of them runs. A node hangs
when all of that stays as it is while this process uses half a second of processor time: a thread that waits for its
turn, a machine that sleeps and a debugger use none.
"""

from __future__ import annotations

import ast
import time
from dataclasses import dataclass
from threading import Event
from typing import Any

from waves.engine.graph.graph import Row
from waves.engine.plan import row_words
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine
from waves.events.trouble import Hung
from waves.node_types.library.library import origin
from waves.node_types.library.module_loader import Source
from waves.problem import Problem

EVERY = 0.1  # seconds between two looks
LIMIT = 0.5  # seconds of processor time, and of the clock on the wall
LOOKS = 5  # at least, that found it in the same place


@dataclass(frozen=True, slots=True)
class Look:
    """Where the callback is: `place` is the same only while it is in one call of one row."""

    inside: bool
    place: tuple[Any, ...]
    worked: float  # seconds of processor time of the process so far
    at: float  # seconds


def look(engine: Engine) -> Look:
    """Where the callback of an engine is now."""
    inside = engine.inside
    rows = _running(engine.playing) if inside else ()
    place = (engine.calls, engine.frames_rendered, *(at for at, _ in rows))
    return Look(inside, place, time.process_time(), time.monotonic())


class Watchdog:
    """Looks again and again; knows after enough of the same that the callback does not come back."""

    def __init__(self) -> None:
        self._first: Look | None = None
        self._looks = 0

    def hangs(self, now: Look) -> bool:
        """Whether the callback hangs, after one look more."""
        if self._first is None or not now.inside or now.place != self._first.place:
            self._first, self._looks = (now if now.inside else None), 1
            return False
        self._looks += 1
        worked, waited = now.worked - self._first.worked, now.at - self._first.at
        return self._looks >= LOOKS and worked >= LIMIT and waited >= LIMIT


def running(plan: Plan | None) -> tuple[Row, ...]:
    """The row that runs now, and in a pool the row of its voice after it."""
    return tuple(row for _, row in _running(plan))


def _running(plan: Plan | None) -> tuple[tuple[int, Row], ...]:
    if plan is None:
        return ()
    if plan.moving and plan.transition and (found := row_words.running(plan.moving.words, plan.transition.moving)):
        return found
    return row_words.running(plan.settled.words, plan.graph)


def guard(engine: Engine, stop: Event) -> tuple[Row, ...] | None:
    """What the callback hangs in, once it does: the engine is given up; None when it is to stop before."""
    dog = Watchdog()
    while not stop.wait(EVERY):
        if dog.hangs(look(engine)):
            engine.give_up()
            return running(engine.playing)
    return None


def hanging(rows: tuple[Row, ...]) -> Hung:
    """What is said of rows that hang: where the node stands in the piece, and where its code is."""
    if not rows:
        return Hung()
    name = rows[-1].kind.__name__.lower()
    node = next((row.node for row in reversed(rows) if row.node), None)
    path = node.path if node else rows[-1].key
    sentence = f"the node '{name}' does not come to an end"
    problems = [Problem(sentence, node.mark if node else None, path)]
    if made := origin(rows[-1].kind):
        problems.append(in_code(made.source))
    return Hung(node=name, path=path, problems=tuple(problems))


def in_code(source: Source) -> Problem:
    """The loop of a kernel that has only one `while`, else its first line."""
    kernel = next(
        (one for one in ast.walk(ast.parse(source.text)) if isinstance(one, ast.FunctionDef) and one.name == "render"),
        None,
    )
    if kernel is None:
        return source.problem("its kernel does not come to an end")
    loops = [one for one in ast.walk(kernel) if isinstance(one, ast.While)]
    if len(loops) == 1:
        return source.problem("this loop does not come to an end", loops[0].lineno, loops[0].col_offset + 1)
    return source.problem("this kernel does not come to an end", kernel.lineno, kernel.col_offset + 1)
