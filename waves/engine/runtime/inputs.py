"""Queue of timed input events: changes from outside that need no new plan, such as volume, pause and parameters."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from waves.abi import INPUT, INPUT_KINDS, INPUTS
from waves.engine.state.copies import address_of
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]

MAX_APPLIED = 100_000  # applied events that wait to be read; the oldest are dropped

APPLIED = INPUT.index("applied")


class InputQueueFull(Problems):
    """The queue has no room: nothing plays that would apply the events, or too many were sent at the same time."""

    def __init__(self) -> None:
        super().__init__(Problem(f"{INPUTS} changes wait already, and nothing plays that would take them"))


@dataclass(frozen=True, slots=True)
class InputEvent:
    """A change from outside, of any thread. Immutable."""

    kind: str
    """One of `abi.INPUT_KINDS`."""
    value: float
    """Of `pause`, `mute` and `limit` 0 or 1, of `gain` a factor, of `ramp` seconds, of `parameter` its number."""
    target: Array | None = None
    """Of a parameter its value, one float64: the event keeps this memory until it is applied."""
    name: str = ""
    """Name of the target in the session log."""
    frame: int = 0
    """Frame of the stream; 0: with the next block."""


class InputQueue:
    """Events that wait for the sound thread, and those that it has applied. Any thread.

    At the start of each block the callback applies the events whose frame is before the end of the block, in the order
    in which they were sent, and writes the first frame of the block to each.
    """

    def __init__(self, shared: Any, publish: Callable[[int], object]):
        """`shared` is the engine's record; `publish` stores the count of events in it, in release order."""
        self._shared, self._publish = shared, publish
        self._words = np.zeros((INPUTS, len(INPUT)), np.int64)
        self._values = self._words.view(np.float64)
        self._lock = threading.Lock()
        self._waiting: dict[int, InputEvent] = {}
        self._applied: deque[tuple[int, InputEvent]] = deque(maxlen=MAX_APPLIED)
        shared["inputs"] = address_of(self._words)

    def send(self, event: InputEvent) -> None:
        """Append an event. Raises InputQueueFull, and ValueError for a kind that does not exist."""
        if event.kind not in INPUT_KINDS:
            raise ValueError(f"there is no input event '{event.kind}'; one of: {', '.join(INPUT_KINDS)}")
        kind = INPUT_KINDS.index(event.kind)
        with self._lock:
            sent = int(self._shared["inputs_sent"])
            if sent - int(self._shared["inputs_taken"]) >= INPUTS:
                raise InputQueueFull
            self._collect()
            slot = sent % INPUTS
            target = 0 if event.target is None else address_of(event.target)
            self._words[slot, : APPLIED + 1] = kind, target, 0, event.frame, -1
            self._values[slot, INPUT.index("value")] = event.value
            self._waiting[sent] = event
            self._publish(sent + 1)

    def take_applied(self) -> list[tuple[int, InputEvent]]:
        """Remove and return the events that were applied, each with the first frame of its block.

        They are in the order in which they were found to be applied. For one reader, the session log.
        """
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
