"""Loads sample files: any format and rate that libsndfile reads, resampled to the rate of the engine."""

from __future__ import annotations

import math
import os
import stat
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import soundfile
import soxr

SUFFIXES = (
    *(".wav", ".wave", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".voc", ".paf"),
    *(".flac", ".ogg", ".oga", ".opus", ".mp3"),
)
MB = 1_000_000  # bytes


class SampleError(ValueError):
    """One sentence on why a file cannot be used as a sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A file at the rate of the engine: `data` is float32 of shape (channels, frames), read only. Any thread."""

    path: Path
    data: np.ndarray[Any, np.dtype[np.float32]]

    @property
    def channels(self) -> int:
        """Count of channels."""
        return int(self.data.shape[0])

    @property
    def frames(self) -> int:
        """Length in frames."""
        return int(self.data.shape[1])


def load_sample(path: Path, rate: int, limit_mb: float) -> Sample:
    """The file at `path`, resampled to `rate` Hz with the VHQ quality of soxr.

    Integers are scaled to -1..1; numbers that are not finite become 0. The size is computed from the header, so a file
    above `limit_mb` is refused before it is decoded. Raises SampleError.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SampleError(f"'{path.name}' is not a file")
        with soundfile.SoundFile(path) as file:
            frames = math.ceil(file.frames * rate / file.samplerate)
            megabytes = 4 * file.channels * max(frames, file.frames) / MB
            if megabytes > limit_mb:
                needs = f"'{path.name}' needs {megabytes:.0f} MB of memory"
                raise SampleError(f"{needs}, more than SAMPLE_MB = {limit_mb:g} allows")
            data = file.read(dtype="float32", always_2d=True)
            np.nan_to_num(data, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            if file.samplerate != rate:
                data = soxr.resample(data, file.samplerate, rate, quality="VHQ")
    except OSError as error:
        raise SampleError(f"'{path.name}' cannot be read: {error.strerror or error}") from None
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: samples without a header
        reason = getattr(error, "error_string", "") or "no header says what it holds"
        raise SampleError(f"'{path.name}' is not a sound file: {reason.rstrip('.')}") from None
    if len(data) == 0:
        raise SampleError(f"'{path.name}' has no sound")
    channels = np.ascontiguousarray(data.T)
    channels.flags.writeable = False
    return Sample(path, channels)


class SampleCache:
    """Loaded samples. Above `limit_mb` in total the least recently used are dropped. Any thread."""

    def __init__(self, limit_mb: float):
        self.limit_mb = limit_mb
        self._lock = Lock()
        self._samples: OrderedDict[tuple[Path, int, int, int], Sample] = OrderedDict()

    def load(self, path: Path, rate: int) -> Sample:
        """The file at `path` as of `load_sample`, read once as long as it does not change. Raises SampleError."""
        try:
            status = path.stat()
        except OSError as error:
            raise SampleError(f"'{path.name}' cannot be read: {error.strerror}") from None
        key = (path, status.st_mtime_ns, status.st_size, rate)
        with self._lock:
            if key in self._samples:
                self._samples.move_to_end(key)
                return self._samples[key]
        sample = load_sample(path, rate, self.limit_mb)
        with self._lock:
            self._samples[key] = sample
            while self.size > self.limit_mb * MB:
                self._samples.popitem(last=False)
        return sample

    def files(self) -> list[tuple[Path, tuple[int, int]]]:
        """Every file in memory with the time of its last change in ns and its size in bytes, as they were loaded."""
        with self._lock:
            return [(path, (time, size)) for path, time, size, _ in self._samples]

    @property
    def size(self) -> int:
        """Bytes of all samples together."""
        return sum(sample.data.nbytes for sample in self._samples.values())


def list_folder(path: Path) -> list[Path]:
    """The sound files directly inside a folder, ordered by name, upper and lower case alike; links are left out.

    Raises SampleError when there is none.
    """
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError as error:
        raise SampleError(f"'{path.name}' cannot be read: {error.strerror}") from None
    sounds = [name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    if not sounds:
        raise SampleError(f"the folder '{path.name}' has no sound files")
    return [path / name for name in sorted(sounds, key=lambda name: (name.lower(), name))]
