"""Shows what happens: one line per event, or one JSON object per event; `screen` draws instead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, TextIO

from waves.events import Event
from waves.problem import printable

KEYS = "space pause  . hush  - + volume  c record  h hold  r reload  u undo  q quit"


@dataclass(frozen=True, slots=True)
class Status:
    """How it plays now: `peaks` since the last look, full scale is 1; `load` is a part of 1."""

    title: str
    device: str
    seconds: float
    peaks: tuple[float, ...]
    load: float
    underflows: int
    gain: float = 1.0
    paused: bool = False
    held: bool = False
    recording: str = ""
    version: str = ""


class Display(Protocol):
    """Whatever shows events and the status; called from one thread."""

    def event(self, event: Event) -> None: ...

    def status(self, status: Status) -> None: ...

    def close(self) -> None: ...


class PlainDisplay:
    """One line per event, the problems of a refused save below it."""

    def __init__(self, out: TextIO):
        self._out = out

    def event(self, event: Event) -> None:
        lines = [event.line, *(problem.show() for problem in event.problems)]
        print("\n".join(lines), file=self._out, flush=True)

    def status(self, status: Status) -> None:
        """Lines have no status."""

    def close(self) -> None:
        """Nothing is left to do."""


class JsonDisplay(PlainDisplay):
    """One JSON object per event and line."""

    def event(self, event: Event) -> None:
        print(event.json, file=self._out, flush=True)


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
