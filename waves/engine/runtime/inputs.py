"""The queue of timed input events: everything from outside that changes the sound without a new plan."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from waves.abi import INPUT, INPUT_KINDS, INPUTS
from waves.engine.plan.state_registry import address_of

KEPT = 100_000  # applied events that wait to be read

APPLIED = INPUT.index("applied")


class InputQueueFull(Exception):
    """The sound thread does not take events: nothing plays, or too many were sent at the same time."""

    def __init__(self) -> None:
        super().__init__(f"{INPUTS} changes wait already, and nothing plays that would take them")


@dataclass(frozen=True, slots=True)
class InputEvent:
    """A change from outside: one of `abi.INPUT_KINDS`, its value, and when."""

    kind: str
    value: float
    target: int = 0
    """Of a parameter the address of its value, a float64 that outlives the engine's plans."""
    name: str = ""
    """What the target is called in the session log."""
    frame: int = 0
    """Frame of the stream; 0: with the next block."""


class InputQueue:
    """Events on their way to the sound thread, and those that it has applied. Any thread may send.

    The callback looks through the waiting events at the start of each block, applies those whose frame is before the
    end of the block in the order in which they were sent, and writes the first frame of the block beside each.
    """

    def __init__(self, shared: Any, publish: Callable[[int], object]):
        """`publish` stores the count of events sent, after everything that was written before."""
        self._shared, self._publish = shared, publish
        self._words = np.zeros((INPUTS, len(INPUT)), np.int64)
        self._values = self._words.view(np.float64)
        self._lock = threading.Lock()
        self._waiting: dict[int, InputEvent] = {}
        self._applied: deque[tuple[int, InputEvent]] = deque(maxlen=KEPT)
        shared["inputs"] = address_of(self._words)

    def send(self, event: InputEvent) -> None:
        """Put an event into the queue. Raises InputQueueFull, and ValueError for a kind that does not exist."""
        if event.kind not in INPUT_KINDS:
            raise ValueError(f"there is no input event '{event.kind}'; one of: {', '.join(INPUT_KINDS)}")
        kind = INPUT_KINDS.index(event.kind)
        with self._lock:
            sent = int(self._shared["inputs_sent"])
            if sent - int(self._shared["inputs_taken"]) >= INPUTS:
                raise InputQueueFull
            self._collect()
            slot = sent % INPUTS
            self._words[slot, : APPLIED + 1] = kind, event.target, 0, event.frame, -1
            self._values[slot, INPUT.index("value")] = event.value
            self._waiting[sent] = event
            self._publish(sent + 1)

    def take_applied(self) -> list[tuple[int, InputEvent]]:
        """The events applied since the last call, each with the first frame of its block. For one reader: the log."""
        with self._lock:
            self._collect()
            applied = list(self._applied)
            self._applied.clear()
        return applied

    def _collect(self) -> None:
        for number in list(self._waiting):
            frame = int(self._words[number % INPUTS, APPLIED])
            if frame >= 0:
                self._applied.append((frame, self._waiting.pop(number)))
