"""Recordings of what plays: one at a time, in `recordings/` of the piece unless a path is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from waves.audio.recorder import Recorder
from waves.audio.sound_files import format_of, safe_name
from waves.engine.runtime.engine import Engine
from waves.events.event import Notify
from waves.problem import Problem, Problems, reason_of


class Recordings:
    """Starts and stops a recorder. One thread at a time may call its methods."""

    def __init__(self, engine: Engine, folder: Callable[[], Path], stems: list[str], publish: Notify):
        """`folder` makes `recordings/`, or raises OSError; `stems`: tracks that are also recorded to a file each."""
        self.engine, self.folder, self.stems, self.publish = engine, folder, stems, publish
        self.is_logged: Callable[[], bool] = lambda: False
        """Whether what is lost can be rendered from the log of the session."""
        self.running: Recorder | None = None
        self.wanted = Path()
        """The path that was asked for; a number is added if the file exists."""
        self._overdue_at: int | None = None  # frame of the stream

    def start(
        self, path: Path, first: int | None = None, until: int | None = None, longest: float | None = None
    ) -> Path:
        """Record from frame `first` of the stream (None: now) to frame `until` (None: no end), and return the file.

        `longest`: seconds after which it is overdue. Raises Problems when it cannot be written.
        """
        self.stop()
        self._overdue_at = None if longest is None else self.engine.frames_written + round(longest * self.engine.rate)
        self.running = Recorder(self.engine, path, first, until, self.stems, self.publish, self.is_logged)
        self.wanted = path
        return self.running.path

    def stop(self) -> Path | None:
        """Stop the recording that runs, and return its file; None if there is none."""
        recorder, self.running = self.running, None
        return recorder.stop() if recorder else None

    @property
    def is_overdue(self) -> bool:
        """Whether the recording that runs is longer than whoever started it may record. Any thread."""
        overdue_at = self._overdue_at
        return self.running is not None and overdue_at is not None and self.engine.frames_written >= overdue_at

    def record_on(self) -> None:
        """Ignore the end that was given to `start`, because a pause makes the recording longer."""
        if self.running:
            self.running.go_on()

    def path_for(self, name: str | None, sounds: Iterable[str]) -> Path:
        """A file in the folder, which is made: `name`, or the sounds and the time.

        Raises Problems for a name with a folder, and for one of another format.
        """
        if name is None:
            name = f"{safe_name('+'.join(sounds))}_{time.strftime('%Y-%m-%d_%H-%M-%S')}.wav"
        if Path(name).name != name or name.startswith("."):
            raise Problems(Problem(f"expected the name of a file without a folder, got '{name:.60}'"))
        format_of(Path(name), None)
        try:
            return self.folder() / name
        except OSError as error:
            raise Problems(Problem(f"cannot write to 'recordings/': {reason_of(error)}")) from None
