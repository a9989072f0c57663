"""The state of what plays, in a file, every few seconds: from there a session goes on after a restart or a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, take_playing, take_stopped
from waves.live.history.snapshot_file import read, write
from waves.live.workspace.composer import Sounds
from waves.problem import Problem, Problems

EVERY = 4.0  # seconds


class StateFile:
    """The file and what stands in it beside the state: sounds, texts, volume, the version."""

    def __init__(self, path: Path, engine: Engine, sounds: Sounds):
        self.path, self.engine = path, engine
        self.sounds = sounds
        self.texts: Mapping[str, str] = {}
        self.files: Mapping[str, str] | None = None  # what the files said, when an earlier version plays
        self.version = 0
        self.gain: float | None = None
        self.instead: dict[str, tuple[str, str]] = {}  # by node file: a text of it that hung, what plays instead
        self.hung: list[str] = []  # marks of versions that hung
        self.moved: list[list[Any]] = []  # parameters that were moved from outside
        self.cause = ""  # the node file of the one that hung last
        self.kept = False  # whether the file is of this session, or of the one that it goes on from
        self._saved, self._clock = time.monotonic(), -1

    def save_sometimes(self, ended: Callable[[], bool]) -> None:
        """Save, if it is time to and something was played. Raises OSError."""
        if time.monotonic() - self._saved < EVERY or self.engine.clock == self._clock:
            return
        if found := take_playing(self.engine, ended):
            self._write(found)
        self._saved = time.monotonic()

    def go_on_from(self, found: Snapshot) -> None:
        """What an earlier session left goes on."""
        about, self.kept = found.about, True
        self.instead = {file: (hung, other) for file, (hung, other) in about.get("instead", {}).items()}
        self.hung, self.cause = about.get("hung", []), about.get("cause", "")

    def save_again(self, more: Snapshot | None) -> None:
        """Save what was saved last with what stands beside it now, and nodes of `more`. Raises OSError, Problems."""
        found = read_state(self.path) if self.kept else Snapshot(about={"clock": 0, "level": 1.0})
        if more:
            found.states = {**more.states, **found.states}
            found.rings = {**more.rings, **found.rings}
        self._write(found)

    def save_all(self) -> None:
        """Save everything; nothing plays. Raises OSError."""
        if found := take_stopped(self.engine):
            self._write(found)

    def _write(self, found: Snapshot) -> None:
        self._clock = int(found.about["clock"])
        found.about |= {
            "rate": self.engine.rate,
            "sounds": [[name, dict(given)] for name, given in self.sounds],
            "texts": dict(self.texts),
            "files": None if self.files is None else dict(self.files),
            "version": self.version,
            "gain": self.engine.gain if self.gain is None else self.gain,
            "time": time.time(),
            "left_out": found.left_out,
            "instead": self.instead,
            "hung": self.hung,
            "cause": self.cause,
            "moved": self.moved,
        }
        write(self.path, found)
        self.kept = True


def read_state(path: Path) -> Snapshot:
    """The state that a session goes on from; raises Problems when there is none that can be used."""
    if not path.exists():
        raise Problems(Problem("nothing was saved to go on from: it begins anew"))
    found = read(path)
    about: dict[str, Any] = found.about
    if not {"rate", "sounds", "texts", "clock", "level", "gain"} <= about.keys():
        raise Problems(Problem(f"'{path.name}' lacks what a session goes on from: it begins anew"))
    return found
