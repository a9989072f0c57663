"""Detects a node whose kernel never returns; a stalled device and a busy machine are told apart from it.

The callback writes into the shared record that it is inside a block, and into each list of rows which of them runs. A
node hangs when all of that stays the same while this process uses half a second of processor time: a thread that waits
for its turn, a machine that sleeps and a debugger use none.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

from waves.engine.graph.graph import Row
from waves.engine.plan import row_words
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine

EVERY = 0.1  # seconds between two looks
LIMIT = 0.5  # seconds of processor time, and of the wall clock
OFFLINE_LIMIT = 2.0  # seconds of processor time without a device: nobody waits for the sound
LOOKS = 5  # at least, with the callback in the same place


@dataclass(frozen=True, slots=True)
class Look:
    """Position of the callback; `place` is the same only while it is in one call, one block and one row."""

    inside: bool
    place: tuple[Any, ...]
    worked: float  # seconds of processor time of the process so far
    at: float  # seconds of a clock that only moves forward


def look(engine: Engine) -> Look:
    """The position of the callback of an engine now. Any thread."""
    inside = engine.inside
    rows = _running(engine.playing) if inside else ()
    place = (engine.calls, engine.frames_rendered, *(at for at, _ in rows))
    return Look(inside, place, time.process_time(), time.monotonic())


class Watchdog:
    """Compares looks; after enough of the same the callback hangs. One thread."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._first: Look | None = None
        self._looks = 0

    def hangs(self, now: Look) -> bool:
        """Whether the callback hangs, after one more look."""
        if self._first is None or not now.inside or now.place != self._first.place:
            self._first, self._looks = (now if now.inside else None), 1
            return False
        self._looks += 1
        worked, waited = now.worked - self._first.worked, now.at - self._first.at
        return self._looks >= LOOKS and worked >= self._limit and waited >= self._limit


def wait_for_hang(engine: Engine, stop: Event) -> tuple[Row, ...] | None:
    """Looks at the callback until it hangs: gives the engine up, and returns the rows that it hangs in.

    None when `stop` is set before. Watchdog thread.
    """
    watchdog = Watchdog()
    while not stop.wait(EVERY):
        if watchdog.hangs(look(engine)):
            engine.give_up()
            return tuple(row for _, row in _running(engine.playing))
    return None


def wait_for_hang_offline(engines: Sequence[Engine], stop: Event) -> tuple[Row, ...] | None:
    """The rows that one of some engines without a device hangs in, once it does; None when `stop` is set before.

    Watchdog thread.
    """
    watchdogs = [Watchdog(OFFLINE_LIMIT) for _ in engines]
    while not stop.wait(EVERY):
        for engine, watchdog in zip(engines, watchdogs, strict=True):
            rows = _running(engine.playing)
            place = (engine.frames_rendered, *(at for at, _ in rows))
            if watchdog.hangs(Look(bool(rows), place, time.process_time(), time.monotonic())):
                return tuple(row for _, row in rows)
    return None


def _running(plan: Plan | None) -> tuple[tuple[int, Row], ...]:
    """The row that runs now, with the index of its first word; in a pool then the row of its voice."""
    if plan is None:
        return ()
    if plan.moving and plan.transition and (found := row_words.running(plan.moving.words, plan.transition.moving)):
        return found
    return row_words.running(plan.settled.words, plan.graph)
