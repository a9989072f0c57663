"""Records the output while it plays: the files can be played at any moment, also after a crash."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from waves.audio.sound_files import create, format_of, stem_paths, unused
from waves.engine.runtime.engine import Engine
from waves.problem import Problem, Problems

EVERY = 0.2  # seconds between two writes


@dataclass(eq=False, slots=True)
class _Part:
    """One file: the engine's channels in it, and the next frame of the stream to write; `until`: the first not to."""

    file: soundfile.SoundFile
    channels: slice
    next: int
    until: int | None


class Recorder:
    """Writes the engine's output from frame `first` of the stream to frame `until`; None: from now on, without an end.

    `stems` are the names of the engine's stems: each gets a file of two channels beside `path`. `frames` are those
    written so far, `lost` those that this process was too late for. Raises Problems when a file cannot be created.
    Threads: created, used and stopped on control threads, one call at a time; it writes on a thread of its own.
    """

    def __init__(
        self,
        engine: Engine,
        path: Path,
        first: int | None = None,
        until: int | None = None,
        stems: list[str] | None = None,
    ):
        self.engine = engine
        self.path = unused(path)
        self.frames, self.lost = 0, 0
        begin = engine.frames_written if first is None else first
        self._parts: list[_Part] = []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._open(self.path, slice(0, engine.main_channels), begin, until)
            early = engine.lookahead if begin >= engine.lookahead else 0  # stems come before the limiter
            for k, stem in enumerate(stem_paths(self.path, stems or [])):
                channels = slice(engine.main_channels + 2 * k, engine.main_channels + 2 * k + 2)
                self._open(unused(stem), channels, begin - early, None if until is None else until - early)
        except (OSError, soundfile.SoundFileError) as error:
            self._close()
            raise Problems(Problem(f"cannot record to '{path}': {error}")) from None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def _open(self, path: Path, channels: slice, begin: int, until: int | None) -> None:
        count = channels.stop - channels.start
        file = create(path, self.engine.rate, count, format_of(path, None), recording=True)
        self._parts.append(_Part(file, channels, begin, until))

    def go_on(self) -> None:
        """Record without an end from now on."""
        for part in self._parts:
            part.until = None

    def _run(self) -> None:
        while not self._stopping.wait(EVERY):
            self._drain()

    def _drain(self) -> None:
        """Write what the engine's ring buffer holds and the files do not."""
        ring = self.engine.ring
        for part in self._parts:
            written = self.engine.frames_written
            if part.until is not None:
                written = min(written, part.until)
            if written - part.next > len(ring):  # this process slept for longer than the ring lasts
                self.lost += written - len(ring) - part.next
                part.next = written - len(ring)
            if written > part.next:
                frames = np.arange(part.next, written) % len(ring)
                part.file.write(ring[frames, part.channels])
                part.file.flush()
                if part is self._parts[0]:
                    self.frames += written - part.next
                part.next = written

    def stop(self) -> Path:
        """Write the rest and close the files; the path of the whole output."""
        self._stopping.set()
        self._thread.join(2.0)
        self._drain()
        self._close()
        return self.path

    def _close(self) -> None:
        for part in self._parts:
            part.file.close()
