"""Displays of events and of the status: lines of text, lines of JSON; `screen` draws. One runs as a listener."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TextIO

from waves.events.event import Event
from waves.events.event_bus import Subscription
from waves.problem import printable

LOOK = 0.2  # seconds between two looks at the status


@dataclass(frozen=True, slots=True)
class Status:
    """How the piece plays now."""

    title: str
    device: str
    seconds: float  # of the piece
    peaks: tuple[float, ...]  # since the last look, one for each channel; full scale is 1
    load: float  # part of its time that the sound thread works
    underflows: int
    gain: float = 1.0  # factor
    paused: bool = False
    held: bool = False
    recording: str = ""
    version: str = ""


class Display(Protocol):
    """Shows events, and the status if `has_status`. All methods are called on one thread."""

    has_status: bool

    def event(self, event: Event) -> None:
        """Show an event."""

    def status(self, status: Status) -> None:
        """Show how it plays now."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class PlainDisplay:
    """One line per event, the problems of a refused save below it."""

    has_status = False

    def __init__(self, out: TextIO):
        self._out = out

    def event(self, event: Event) -> None:
        """Write it. Raises BrokenPipeError when nobody reads any more."""
        self._write("\n".join([event.line, *(problem.show() for problem in event.problems)]))

    def status(self, status: Status) -> None:
        """Lines have no status."""

    def close(self) -> None:
        """Nothing is left to do."""

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except BrokenPipeError:
            with suppress(OSError, ValueError):  # what is buffered is written nowhere, instead of failing again at exit
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._out.fileno())
                os.close(nowhere)
            raise


class JsonDisplay(PlainDisplay):
    """One JSON object per event and line, as docs/events.schema.json says."""

    def event(self, event: Event) -> None:
        """Write it. Raises BrokenPipeError when nobody reads any more."""
        self._write(event.json)


def listener(display: Display, status: Callable[[], Status]) -> Callable[[Subscription], None]:
    """A listener for `EventBus.run` that shows all events, and five times a second the status."""

    def show(subscription: Subscription) -> None:
        due = time.monotonic()
        try:
            while True:
                event = subscription.take(max(due - time.monotonic(), 0.0) if display.has_status else None)
                if event:
                    display.event(event)
                ends = event is None and subscription.closed
                if display.has_status and (ends or time.monotonic() >= due):
                    display.status(status())
                    due = time.monotonic() + LOOK
                if ends:
                    return
        finally:
            display.close()

    return show


def decibels(level: float) -> str:
    """A level as text: `-12.3 dB`."""
    return f"{20 * math.log10(level):.1f} dB" if level > 0 else "-inf dB"


def clock(seconds: float) -> str:
    """Minutes and seconds: `1:05.2`."""
    tenths = int(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def words(status: Status) -> str:
    """What is unusual about the status now, in words."""
    found = [
        "paused" if status.paused else "",
        "held" if status.held else "",
        f"recording {printable(status.recording)}" if status.recording else "",
        f"playing {status.version}" if status.version else "",
    ]
    return ", ".join(word for word in found if word) or "playing"
