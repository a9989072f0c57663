"""Records what the device plays, as it goes: the file is playable at any moment, after a crash too."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from waves.engine import Engine
from waves.problem import Problem, Problems

EVERY = 0.2  # seconds between two writes
UPDATE_HEADER = 0x1061  # libsndfile: the header is right after every write
SUBTYPES = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}


def unused(path: Path) -> Path:
    """The path, or the first of `name_2`, `name_3` ... that does not exist: nothing is ever written over."""
    found, count = path, 2
    while found.exists():
        found, count = path.with_name(f"{path.stem}_{count}{path.suffix}"), count + 1
    return found


class Recorder:
    """Writes the engine's output from frame `first` of the stream to frame `until`; None: now, and no end.

    Raises Problems when the file cannot be written.
    """

    def __init__(self, engine: Engine, path: Path, first: int | None = None, until: int | None = None):
        self.engine = engine
        self.path = unused(path)
        self.until = until
        self.frames, self.lost = 0, 0
        self._next = int(engine.mail["ring_written"]) if first is None else first
        subtype = SUBTYPES.get(self.path.suffix.lower(), "FLOAT")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = soundfile.SoundFile(self.path, "x", int(engine.rate), engine.channels, subtype)
        except (OSError, soundfile.SoundFileError) as error:
            raise Problems(Problem(f"cannot record to '{path}': {error}")) from None
        keep_header_right(self._file)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY):
            self._drain()

    def _drain(self) -> None:
        ring = self.engine.ring
        written = int(self.engine.mail["ring_written"])
        if self.until is not None:
            written = min(written, self.until)
        if written - self._next > len(ring):  # this process slept for longer than the ring lasts
            self.lost += written - len(ring) - self._next
            self._next = written - len(ring)
        if written <= self._next:
            return
        frames = np.arange(self._next, written) % len(ring)
        self._file.write(ring[frames])
        self._file.flush()
        self.frames += written - self._next
        self._next = written

    def stop(self) -> Path:
        """Write what is left; the file's path."""
        self._stopping.set()
        self._thread.join(2.0)
        self._drain()
        self._file.close()
        return self.path


def keep_header_right(file: Any) -> None:
    """Have libsndfile update the header with every write, where the format has one to update."""
    soundfile._snd.sf_command(file._file, UPDATE_HEADER, soundfile._ffi.NULL, 1)
