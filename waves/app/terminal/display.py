"""Displays for events and status: lines of text or lines of JSON. A display runs as a listener of the event bus."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from waves.app.performance.monitors import Monitor
from waves.events.event import Event
from waves.events.event_bus import Subscription
from waves.problem import Problem, printable

LOOK = 0.25  # seconds between two looks at the status
SILENT = 1e-5  # factor, -100 dB: what is softer is shown as silence


@dataclass(frozen=True, slots=True)
class Status:
    """Status of the piece that plays."""

    title: str
    device: str
    seconds: float  # of the piece
    peaks: tuple[float, ...]  # since the last look, one for each channel; full scale is 1
    load: float  # part of its time that the sound thread works
    underflows: int
    gain: float = 1.0  # factor
    ended: bool = False
    paused: bool = False
    held: bool = False
    hushed: bool = False
    recording: str = ""
    interrupted: bool = False  # the recording, because the disk takes no more
    version: str = ""
    monitors: tuple[Monitor, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)  # of tracks: mute, solo, not heard
    chosen: str = ""  # the track that keys mean
    section: str = ""  # that plays, and those that keys call
    problems: tuple[Problem, ...] = ()  # of what plays: muted nodes, patterns that could not give a cycle


class Display(Protocol):
    """Shows events, and the status if `has_status`. On one thread, unless a method names another."""

    has_status: bool

    def event(self, event: Event) -> None:
        """Show an event."""

    def status(self, status: Status) -> None:
        """Show how it plays now."""

    def notify(self, sequence: str) -> None:
        """Write a control sequence that draws attention, see `notification`. Any thread."""

    def close(self) -> None:
        """Leave the terminal as it was."""

    def suspend(self) -> None:
        """Leave the terminal to others for a while. Main thread."""

    def resume(self) -> None:
        """Show again what was shown. Main thread."""


class PlainDisplay:
    """One line for each event, its problems below it."""

    has_status = False

    def __init__(self, out: TextIO):
        self._out = out

    def event(self, event: Event) -> None:
        """Write an event. Raises BrokenPipeError if nobody reads any more."""
        self._write("\n".join([event.line, *(problem.show() for problem in event.problems)]))

    def status(self, status: Status) -> None:
        """Lines do not show the status."""

    def notify(self, sequence: str) -> None:
        """On standard error, where no program reads it as a line."""
        print(end=sequence, file=sys.stderr, flush=True)

    def close(self) -> None:
        """The stream stays open."""

    def suspend(self) -> None:
        """Lines need nothing of the terminal."""

    def resume(self) -> None:
        """The next line follows the last one."""

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
    """One JSON object for each event and line, see docs/events.schema.json."""

    def event(self, event: Event) -> None:
        """Write an event. Raises BrokenPipeError if nobody reads any more."""
        self._write(event.json)


def listener(display: Display, status: Callable[[], Status]) -> Callable[[Subscription], None]:
    """A listener for `EventBus.run` that shows all events, and the status four times a second."""

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
    """A level as text: `-12.3 dB`; `-inf dB` for silence."""
    return f"{20 * math.log10(level):.1f} dB" if level > SILENT else "-inf dB"


def clock(seconds: float) -> str:
    """Minutes and seconds: `1:05.2`."""
    tenths = int(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def words(status: Status) -> str:
    """The state in words: ended, paused, held, hushed, recording with its file, version; else `playing`."""
    found = [
        "ended" if status.ended else "",
        "paused" if status.paused else "",
        "held" if status.held else "",
        "hushed" if status.hushed else "",
        f"recording {printable(status.recording)}{' is interrupted' * status.interrupted}" if status.recording else "",
        f"playing {status.version}" if status.version else "",
    ]
    return ", ".join(word for word in found if word) or "playing"
