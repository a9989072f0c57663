"""Resume state: a snapshot of all nodes, written every few seconds, from which a session goes on after a restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, take_playing, take_stopped
from waves.live.history.snapshot_file import read_snapshot, write_snapshot
from waves.live.workspace.composer import Sounds
from waves.problem import Problem, Problems

WRITE_EVERY = 4.0  # seconds


class ResumeState:
    """The file of the resume state, and the data that is written with the snapshot.

    The archive sets the data; its thread writes while the session plays, the main thread after that.
    """

    def __init__(self, path: Path, engine: Engine, sounds: Sounds):
        self.path, self.engine = path, engine
        self.sounds = sounds
        """The sounds that play, with their parameters."""
        self.texts: Mapping[str, str] = {}
        """Texts of the version that plays, by name of the file."""
        self.file_texts: Mapping[str, str] | None = None
        """Texts of the files when an earlier version was chosen; None while the files play."""
        self.version = 0
        """Number of the version that plays."""
        self.gain: float | None = None
        """Volume as a factor; None: that of the engine."""
        self.moved: list[list[Any]] = []
        """Parameters moved from outside, as plain data."""
        self.substitutes: dict[str, tuple[str, str]] = {}
        """By node file: its text that did not return, and the text that plays in place of it."""
        self.hanging: list[str] = []
        """Digests of versions with a node that did not return."""
        self.hanging_file = ""
        """The node file of the last node that did not return."""
        self._is_written = False  # the file is of this session, or of the one that it goes on from
        self._written_at, self._written_clock = time.monotonic(), -1

    def continue_from(self, snapshot: Snapshot) -> None:
        """Take over the substitutes and hanging versions of the session that this one goes on from."""
        about, self._is_written = snapshot.about, True
        self.substitutes = {file: (hung, played) for file, (hung, played) in about.get("substitutes", {}).items()}
        self.hanging, self.hanging_file = about.get("hanging", []), about.get("hanging_file", "")

    def write_if_due(self, stopped: Callable[[], bool]) -> None:
        """Write while a device plays, if the last time is `WRITE_EVERY` ago and the clock has moved.

        Waits for the callback to make the copies, until `stopped`. Raises OSError.
        """
        if time.monotonic() - self._written_at < WRITE_EVERY or self.engine.clock == self._written_clock:
            return
        if snapshot := take_playing(self.engine, stopped):
            self._write(snapshot)
        self._written_at = time.monotonic()

    def write_all(self) -> None:
        """Write everything, the longest rings too, while no device plays. Raises OSError."""
        if snapshot := take_stopped(self.engine):
            self._write(snapshot)

    def write_again(self, more: Snapshot | None) -> None:
        """Write the last snapshot with the data of now, and states of `more` that are not in it.

        Raises OSError and Problems.
        """
        snapshot = read_state(self.path) if self._is_written else Snapshot(about={"clock": 0, "level": 1.0})
        if more:
            snapshot.states = {**more.states, **snapshot.states}
            snapshot.rings = {**more.rings, **snapshot.rings}
        self._write(snapshot)

    def _write(self, snapshot: Snapshot) -> None:
        self._written_clock = int(snapshot.about["clock"])
        snapshot.about |= {
            "rate": self.engine.rate,
            "sounds": [[name, dict(parameters)] for name, parameters in self.sounds],
            "texts": dict(self.texts),
            "file_texts": None if self.file_texts is None else dict(self.file_texts),
            "version": self.version,
            "gain": self.engine.gain if self.gain is None else self.gain,
            "time": time.time(),
            "left_out": snapshot.left_out,
            "substitutes": self.substitutes,
            "hanging": self.hanging,
            "hanging_file": self.hanging_file,
            "moved": self.moved,
        }
        write_snapshot(self.path, snapshot)
        self._is_written = True


def read_state(path: Path) -> Snapshot:
    """The state that a session can go on from. Raises Problems when there is none, or it cannot be used."""
    if not path.exists():
        raise Problems(Problem("no state was saved: the session begins from the start"))
    snapshot = read_snapshot(path)
    if not {"rate", "sounds", "texts", "clock", "level", "gain"} <= snapshot.about.keys():
        raise Problems(Problem(f"'{path.name}' is not the state of a session: it begins from the start"))
    return snapshot
