"""What happens during play, for whoever shows it: one line of text, or one line of JSON."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from waves.problem import Problem, printable

Kind = Literal[
    "started",
    "waiting",
    "reloaded",
    "refused",
    "compiling",
    "compiled",
    "ended",
    "device",
    "recording",
    "transport",
    "fault",
    "hung",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its kind, a sentence, and figures by name (times in milliseconds)."""

    kind: Kind
    text: str
    figures: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    at: float = field(default_factory=time.time)  # seconds since the epoch

    @property
    def clock(self) -> str:
        """Local time to the millisecond."""
        return time.strftime("%H:%M:%S", time.localtime(self.at)) + f".{int(self.at * 1000) % 1000:03d}"

    @property
    def line(self) -> str:
        """One line, safe for a terminal."""
        return printable(f"{self.clock} {self.text}")

    @property
    def json(self) -> str:
        """One line of JSON."""
        problems = [
            {
                "file": p.mark.file if p.mark else None,
                "line": p.mark.line if p.mark else None,
                "column": p.mark.column if p.mark else None,
                "path": p.path,
                "level": p.level,
                "sentence": p.sentence,
                "suggestion": p.suggestion,
            }
            for p in self.problems
        ]
        return json.dumps(
            {"event": self.kind, "time": self.at, "text": self.text, **self.figures, "problems": problems}
        )


Notify = Callable[[Event], None]


@contextmanager
def counted(notify: Notify, text: str) -> Iterator[None]:
    """Says what is being done, and once a second for how long: an event `compiling`."""
    done = threading.Event()

    def count() -> None:
        seconds = 0
        while not done.wait(1.0):
            seconds += 1
            notify(Event("compiling", f"{text}: {seconds} s", {"seconds": seconds}))

    notify(Event("compiling", text))
    thread = threading.Thread(target=count, name="counted", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
