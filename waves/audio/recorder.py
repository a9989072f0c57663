"""Records the output while it plays: the files can be played at any moment, also after a crash.

When the disk takes no more, the files are completed as far as it took them, and the recording goes on in the next files
as soon as there is room again. For a second less than the engine's ring buffer lasts, nothing is lost by that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from waves.audio.output_file import OutputFile
from waves.audio.sound_files import format_of, stem_paths, unused
from waves.engine.runtime.engine import Engine
from waves.events.event import Notify
from waves.events.playing import RecordingResumed, RecordingStarted, RecordingStopped
from waves.events.trouble import RecordingInterrupted
from waves.problem import Problem, Problems, reason_of

EVERY = 0.2  # seconds between two writes
AGAIN = 0.25  # seconds between two attempts to go on after an error
AHEAD = 0.01  # part of the ring buffer that is left out at first where copying it was too slow for the sound
PATIENCE = 10.0  # seconds for the last write


@dataclass(eq=False, slots=True)
class _Part:
    """One file: the engine's channels in it, and the first frame of the stream in it, `begin`.

    `early`: frames by which the stream of the part is ahead of that of the whole output.
    """

    file: OutputFile
    channels: slice
    begin: int
    early: int

    @property
    def next(self) -> int:
        """The next frame of the stream to write."""
        return self.begin + self.file.frames


class Recorder:
    """Writes the engine's output from frame `first` of the stream to frame `until`; None: from now on, without an end.

    `stems` are the names of the engine's stems: each gets a file of two channels beside `path`. Raises Problems when a
    file cannot be created; what happens to the files afterwards is published.
    Threads: created, used and stopped on control threads, one call at a time; it writes on a thread of its own.
    """

    def __init__(
        self,
        engine: Engine,
        path: Path,
        first: int | None = None,
        until: int | None = None,
        stems: list[str] | None = None,
        publish: Notify = lambda event: None,
        is_logged: Callable[[], bool] = lambda: False,
    ):
        """`is_logged`: whether what is lost can be rendered from the log of the session."""
        self.engine, self.wanted, self.until, self.stems = engine, path, until, stems or []
        self.publish, self.is_logged = publish, is_logged
        self.paths: list[Path] = []
        """The files of the whole output, more than one if it was interrupted."""
        self.frames = self.lost = 0
        """Frames in completed files, and frames that are in none."""
        self._next = engine.frames_written if first is None else first  # of the whole output, while nothing is written
        self._first = self._next
        self._parts: list[_Part] = []
        self._stopping = threading.Event()
        try:
            self._open()
        except OSError as error:
            raise Problems(Problem(f"cannot record to '{path}': {reason_of(error)}")) from None
        publish(RecordingStarted(path=str(self.path), wanted="" if self.path == path else str(path)))
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The file of the whole output, the latest."""
        return self.paths[-1]

    def go_on(self) -> None:
        """Record without an end from now on."""
        self.until = None

    def stop(self) -> Path:
        """Write the rest and close the files; the last file of the whole output."""
        self._stopping.set()
        self.until = self._end  # what the engine writes from now on is not part of it
        self._thread.join(PATIENCE)
        if self._thread.is_alive():  # the disk does not answer, nor would it now
            self.frames += self._parts[0].file.frames if self._parts else 0
        else:
            self._drain()
            if self._parts:
                self._complete()
            self.lost += max(self._end - self._next, 0)
        paths, seconds = tuple(map(str, self.paths)), self.frames / self.engine.rate
        event = RecordingStopped(
            path=paths[-1],
            paths=paths,
            frames=self.frames,
            seconds=seconds,
            lost=self.lost,
            lost_seconds=self.lost / self.engine.rate,
            logged=self.lost > 0 and self.is_logged(),
        )
        self.publish(event)
        return self.path

    def _run(self) -> None:
        while not self._stopping.wait(EVERY if self._parts else AGAIN):
            self._drain()

    def _drain(self) -> None:
        """Write what the engine's ring buffer holds and the files do not."""
        try:
            if self._parts:
                self._write(self._parts)
            else:
                self._resume()
        except OSError as error:
            if self._parts:
                self._interrupt(error)

    def _write(self, parts: list[_Part]) -> None:
        """Write what files lack. Raises OSError."""
        for part, frames in zip(parts, self._copied(parts), strict=True):
            if len(frames):
                part.file.write(frames)
                part.file.settle()

    def _copied(self, parts: list[_Part]) -> list[np.ndarray[Any, Any]]:
        """Copies of the frames that files lack, all that the ring buffer still holds."""
        ring = self.engine.ring
        ahead = 0  # frames that are left out, so that the sound does not overtake the copying of a full ring buffer
        while True:
            written = self.engine.frames_written
            late = max(written - len(ring) - part.next for part in parts)
            if late > 0:  # this process slept for longer than the ring lasts; the stems stay beside the whole output
                late += ahead
                self.lost += late
                for part in parts:
                    part.begin += late
                ahead = min(max(2 * ahead, round(AHEAD * len(ring))), len(ring))
            copies = []
            for part in parts:
                end = written if self.until is None else min(written, self.until - part.early)
                copies.append(_copy(ring[:, part.channels], part.next, max(end, part.next)))
            if self.engine.frames_written - len(ring) <= min(part.next for part in parts):
                return copies  # else the oldest frames were replaced meanwhile

    @property
    def seconds(self) -> float:
        """Length so far, with what could not be written. Any thread."""
        return max(self._end - self._first, 0) / self.engine.rate

    @property
    def interrupted(self) -> bool:
        """Whether nothing is written now, because the disk takes no more. Any thread."""
        return not self._parts and not self._stopping.is_set()

    @property
    def _end(self) -> int:
        """The end of what is to be recorded so far, as a frame of the whole output."""
        written = self.engine.frames_written
        return written if self.until is None else min(written, self.until)

    def _open(self) -> None:
        """Begin files at the next frame of the whole output. Raises OSError, and then there are none."""
        path = unused(self.wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        early = self.engine.lookahead if self._next >= self.engine.lookahead else 0  # stems come before the limiter
        main = self.engine.main_channels
        kinds = [(path, slice(0, main), 0)]
        for k, stem in enumerate(stem_paths(path, self.stems)):
            kinds.append((unused(stem), slice(main + 2 * k, main + 2 * k + 2), early))
        parts: list[_Part] = []
        lost = self.lost
        try:
            for to, channels, ahead in kinds:
                count = channels.stop - channels.start
                file = OutputFile(
                    to, self.engine.rate, count, format_of(to, None, count, self.engine.rate), recording=True
                )
                parts.append(_Part(file, channels, self._next - ahead, ahead))
            self._write(parts)
        except OSError:
            for part in parts:  # nothing of it was heard of yet
                _close(part.file)
                part.file.path.unlink(missing_ok=True)
            self.lost = lost
            raise
        self._parts = parts
        self.paths.append(path)

    def _resume(self) -> None:
        """Go on in the next files, with the oldest frame that is still there. Raises OSError."""
        lost = self.lost
        self._open()
        missed = self.lost - lost
        seconds, logged = missed / self.engine.rate, missed > 0 and self.is_logged()
        self.publish(RecordingResumed(path=str(self.path), lost=missed, seconds=seconds, logged=logged))

    def _interrupt(self, error: OSError) -> None:
        """Close the files; the next ones begin where the shortest of these ends."""
        kept = self._complete()
        self.publish(
            RecordingInterrupted(
                path=str(self.path), frames=kept, seconds=kept / self.engine.rate, reason=reason_of(error)
            )
        )

    def _complete(self) -> int:
        """Close the files; the frames that each of them holds."""
        parts, self._parts = self._parts, []
        closed = [_close(part.file) for part in parts]
        kept = [part.file.frames if all(closed) else part.file.frames_on_disk() for part in parts]
        ends = [part.begin + count + part.early for part, count in zip(parts, kept, strict=True)]
        self._next = min(ends)
        frames = max(self._next - parts[0].begin, 0)
        self.frames += frames
        return frames


def _copy(ring: np.ndarray[Any, Any], begin: int, end: int) -> np.ndarray[Any, Any]:
    """A copy of the frames from `begin` to before `end` of the stream; the ring holds all of them."""
    first = begin % len(ring)
    before_its_end = ring[first : first + end - begin]
    return np.concatenate([before_its_end, ring[: end - begin - len(before_its_end)]])


def _close(file: OutputFile) -> bool:
    """Closes a file; whether it is complete."""
    try:
        file.close()
    except OSError:
        return False
    return not file.failed
