"""Resume state: a snapshot of all nodes, written every few seconds, from which a session goes on after a restart."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, take_playing, take_stopped
from waves.live.history.log_entries import StateAbout, check_entry
from waves.live.kept.kept_files import LAST_STATE, KeptFolder
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.workspace.composition import Composition, Sounds
from waves.node_types.library.library import Types, origin
from waves.problem import Problem, Problems, reason_of

WRITE_EVERY = 4.0  # seconds


@dataclass(frozen=True, slots=True)
class Rollback:
    """An earlier version that a restart is to play, its texts and sounds; the rest as in `ResumeState`."""

    texts: Mapping[str, str]
    sounds: Sounds
    substitutes: dict[str, tuple[str, str]]
    hanging: list[str]
    hanging_file: str
    hanging_text: str


class ResumeState:
    """The file of the resume state, and the data that is written with the snapshot.

    The archive sets the data; its thread writes while the session plays, the main thread after that.
    """

    def __init__(self, kept: KeptFolder, engine: Engine, sounds: Sounds):
        """`kept`: the folder that it is written to, as soon as that can be opened."""
        self.kept, self.engine = kept, engine
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
        self.switches: list[list[Any]] = []
        """Tracks that are switched mute or solo, as plain data."""
        self.substitutes: dict[str, tuple[str, str]] = {}
        """By node file: its text that did not return, and the text that plays in place of it."""
        self.hanging: list[str] = []
        """Digests of versions with a node that did not return."""
        self.hanging_file = self.hanging_text = ""
        """The node file of the last node that did not return, and its text then."""
        self.unwritten = ""
        """Words for the state if it could not be written at the end, else empty."""
        self._is_written = False  # the file is of this session, or of the one that it goes on from
        self._written_at, self._written_clock = time.monotonic(), -1

    def continue_from(self, snapshot: Snapshot) -> None:
        """Take over the substitutes and hanging versions of the session that this one goes on from."""
        about, self._is_written = snapshot.about, True
        self.substitutes = {file: (hung, played) for file, (hung, played) in about.get("substitutes", {}).items()}
        self.hanging, self.hanging_file = about.get("hanging", []), about.get("hanging_file", "")
        self.hanging_text = about.get("hanging_text", "")

    def roll_back(self, back: Rollback) -> None:
        """Take the data of an earlier version, for `write_again`."""
        self.texts, self.sounds, self.substitutes = back.texts, back.sounds, back.substitutes
        self.hanging, self.hanging_file, self.hanging_text = back.hanging, back.hanging_file, back.hanging_text

    def mended_files(self, types: Types) -> list[Path]:
        """Node files of these types that have another text than the one that did not return, and play as they are."""
        hung = {file: text for file, (text, _) in self.substitutes.items()}
        hung |= {self.hanging_file: self.hanging_text} if self.hanging_text else {}
        loaded = [source for kind in types.values() if (made := origin(kind)) for source in made.sources()]
        files = {one.file for one in loaded if not one.stands_in and hung.get(one.file, one.text) != one.text}
        return [Path(file) for file in sorted(files)]

    def move_to(self, kept: KeptFolder, composition: Composition) -> None:
        """Go on in another folder, in which there is no state of this session yet, with what plays."""
        self.kept, self._is_written = kept, False
        self.texts, self.sounds = composition.texts, composition.sounds
        self._written_at, self._written_clock = -WRITE_EVERY, -1

    def write_if_due(self, stopped: Callable[[], bool]) -> None:
        """Write while a device plays, if the last time is `WRITE_EVERY` ago and the clock has moved.

        Waits for the callback to make the copies, until `stopped`. Raises OSError.
        """
        if time.monotonic() - self._written_at < WRITE_EVERY or self.engine.clock == self._written_clock:
            return
        if self.kept.seal is None:  # it cannot be opened yet
            return
        if not self._may_write():
            return
        if snapshot := take_playing(self.engine, stopped):
            self._write(snapshot)
        self._written_at = time.monotonic()

    def write_all(self) -> None:
        """Write everything, the longest rings too, while no device plays. Raises OSError.

        The state of an earlier session stays if this one was shorter than `WRITE_EVERY`.
        """
        if self._may_write() and (snapshot := take_stopped(self.engine)):
            self.unwritten = "the state to resume from"
            self._write(snapshot)
            self.unwritten = ""

    def _may_write(self) -> bool:
        """Whether this session takes no longer one's state away. Raises OSError."""
        if self._is_written or self.engine.frames_written >= WRITE_EVERY * self.engine.rate:
            return True
        return not self.kept.state.is_there(LAST_STATE)

    def write_again(self, more: Snapshot | None) -> None:
        """Write the last snapshot with the data of now, and states of `more` that are not in it.

        Raises OSError and Problems.
        """
        snapshot = read_state(self.kept) if self._is_written else Snapshot(about={"clock": 0, "level": 1.0})
        if more:
            snapshot.states = {**more.states, **snapshot.states}
            snapshot.memories = {**more.memories, **snapshot.memories}
        self._write(snapshot)

    def _write(self, snapshot: Snapshot) -> None:
        if self.kept.seal is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.kept.folder.path))
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
            "hanging_text": self.hanging_text,
            "moved": self.moved,
            "switches": self.switches,
        }
        write_snapshot(self.kept.state, LAST_STATE, snapshot, self.kept.seal)
        self._is_written = True


def read_state(kept: KeptFolder | None) -> Snapshot:
    """The state that a session can go on from. Raises Problems when there is none, or it cannot be used."""
    try:
        if kept is None or not kept.state.is_there(LAST_STATE):
            raise Problems(Problem("no state was saved: the session begins from the start"))
        snapshot = read_snapshot(kept.state, LAST_STATE, kept.seal)
    except OSError as error:
        raise Problems(Problem(f"the saved state cannot be read: {reason_of(error)}")) from None
    check_entry(StateAbout, snapshot.about, "the saved state")
    return snapshot
