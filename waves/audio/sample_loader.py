"""Loads sample files: any format and rate that libsndfile reads, resampled to the rate of the engine.

Files of numbers are kept with them.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import soundfile
import soxr

from waves.audio.number_files import NumbersError, load_numbers
from waves.problem import reason_of

SUFFIXES = (
    *(".wav", ".wave", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".voc", ".paf"),
    *(".flac", ".ogg", ".oga", ".opus", ".mp3"),
)
MB = 1_000_000  # bytes
DECODED = 1 << 18  # frames at a time
STREAMED = 0x7FFF_F000  # bytes from which a size in a header is none: the length was not known when it was written
SIZES = re.compile(r"^ *(?:data|SSND|Data Size|riff|Riff size) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
"""Sizes in the report of libsndfile on a file: the one in its header, and the true one."""
SILENCE = np.zeros((1, 1), np.float32)
SILENCE.flags.writeable = False


class SampleError(ValueError):
    """One sentence on why a file cannot be used as a sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A file at the rate of the engine: `data` is float32 of shape (channels, frames), read only. Any thread.

    Of a file of numbers: float64 of shape (columns, rows).
    """

    path: Path
    data: np.ndarray[Any, Any]
    warning: str = ""
    """One sentence on what is not played of the file; empty if all is."""
    mistake: str = ""
    """One sentence on why a file of a folder cannot be used, and is silent; empty if it can."""
    stamp: tuple[int, int] = (0, 0)
    """The time of its last change in ns and its size in bytes when it was loaded."""

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
    above `limit_mb` is refused before it is decoded. Of a file that is cut short, what is there. Raises SampleError.
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
            data, whole = _decoded(file)
            np.nan_to_num(data, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            warning = _warning(path.name, data.shape[1], None if whole else len(data) / file.samplerate)
            if file.samplerate != rate:
                data = soxr.resample(data, file.samplerate, rate, quality="VHQ")
    except OSError as error:
        raise SampleError(f"'{path.name}' cannot be read: {reason_of(error)}") from None
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: samples without a header
        reason = getattr(error, "error_string", "") or "no header says what it holds"
        raise SampleError(f"'{path.name}' is not a sound file: {reason.rstrip('.')}") from None
    if len(data) == 0:
        raise SampleError(f"'{path.name}' has no sound")
    channels = np.ascontiguousarray(data.T)
    channels.flags.writeable = False
    return Sample(path, channels, warning)


def _numbers(path: Path, limit_mb: float) -> Sample:
    try:
        return Sample(path, load_numbers(path, limit_mb))
    except NumbersError as error:
        raise SampleError(str(error)) from None


def _decoded(file: soundfile.SoundFile) -> tuple[np.ndarray[Any, Any], bool]:
    """The frames of a file, and whether they are all that its header promises."""
    parts: list[np.ndarray[Any, Any]] = []
    try:
        while len(part := file.read(DECODED, "float32", always_2d=True)):
            parts.append(part)
    except soundfile.SoundFileError:
        if not parts:
            raise
    data = np.concatenate(parts) if parts else np.empty((0, file.channels), np.float32)
    sizes = ((int(said), int(found)) for said, found in SIZES.findall(file.extra_info))
    is_cut = len(data) < file.frames or any(found < said < STREAMED for said, found in sizes)
    return data, not is_cut


def _warning(name: str, channels: int, seconds: float | None) -> str:
    """A sentence on what is not played of a file; `seconds`: the length of one that is cut short."""
    said = [f"has {channels} channels: the first two play"] if channels > 2 else []
    if seconds is not None:
        said.append(f"is cut short: it plays to the cut, at {seconds:.3g} s")
    return f"'{name}' {' and '.join(said)}" if said else ""


def load_kit(paths: list[Path], load: Callable[[Path], Sample], name: str) -> tuple[list[Sample], list[str]]:
    """The samples of several files, and a sentence for each file that cannot be used, or not all of it.

    Such a file is silent, and keeps its number: the others do not move. `name` is that of the folder. `load` raises
    ValueError. Raises SampleError when there is no other.
    """
    samples: list[Sample] = []
    sentences: list[str] = []
    unusable = 0
    for number, path in enumerate(paths):
        try:
            samples.append(load(path))
            sentences.append(samples[-1].warning)
        except ValueError as error:
            if len(paths) == 1:
                raise SampleError(str(error)) from None
            unusable += 1
            samples.append(Sample(path, SILENCE, mistake=str(error)))
            sentences.append(f"{error}; number {number} of '{name}' is silent, the others play")
    if unusable == len(paths):
        raise SampleError(sentences[0].partition(";")[0])
    return samples, [sentence for sentence in sentences if sentence]


class SampleCache:
    """Loaded samples, and files of numbers. Above `limit_mb` in total the least recently used go. Any thread."""

    def __init__(self, limit_mb: float):
        self.limit_mb = limit_mb
        self._lock = Lock()
        self._samples: OrderedDict[tuple[Path, int, int, int], Sample] = OrderedDict()
        self._unusable: dict[Path, tuple[tuple[Path, int, int, int], float, str]] = {}  # with their sentences

    def load(self, path: Path, rate: int) -> Sample:
        """The file at `path` as of `load_sample`, read once as long as it does not change. Raises SampleError."""
        return self._kept(path, rate, lambda: load_sample(path, rate, self.limit_mb))

    def numbers(self, path: Path) -> Sample:
        """The numbers in the file at `path` as of `load_numbers`, read once in the same way. Raises SampleError."""
        return self._kept(path, 0, lambda: _numbers(path, self.limit_mb))

    def _kept(self, path: Path, rate: int, read: Callable[[], Sample]) -> Sample:
        try:
            status = path.stat()
        except OSError as error:
            raise SampleError(f"'{path.name}' cannot be read: {reason_of(error)}") from None
        key = (path, status.st_mtime_ns, status.st_size, rate)
        with self._lock:
            if key in self._samples:
                self._samples.move_to_end(key)
                return self._samples[key]
        tried, limit, sentence = self._unusable.get(path, ((), 0.0, ""))
        if (tried, limit) == (key, self.limit_mb):
            raise SampleError(sentence)
        try:
            sample = replace(read(), stamp=key[1:3])
        except SampleError as error:
            self._unusable[path] = (key, self.limit_mb, str(error))
            raise
        with self._lock:
            self._unusable.pop(path, None)
            self._samples[key] = sample
            while self.size > self.limit_mb * MB:
                self._samples.popitem(last=False)
        return sample

    def still_has(self, sample: Sample, rate: int) -> bool:
        """Whether a sample is in memory: then it is used once more. It is not looked whether its file has changed."""
        key = (sample.path, *sample.stamp, rate)
        with self._lock:
            is_there = self._samples.get(key) is sample
            if is_there:
                self._samples.move_to_end(key)
            return is_there

    def files(self) -> list[Path]:
        """Every file in memory."""
        with self._lock:
            return [path for path, *_ in self._samples]

    @property
    def size(self) -> int:
        """Bytes of all samples together."""
        return sum(sample.data.nbytes for sample in self._samples.values())


def list_folder(path: Path) -> list[Path]:
    """The sound files directly inside a folder, ordered by name; links are left out.

    Upper and lower case are alike, and numbers in names count as numbers: 9 before 10. Raises SampleError when there is
    none.
    """
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError as error:
        raise SampleError(f"'{path.name}' cannot be read: {reason_of(error)}") from None
    sounds = [name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    if not sounds:
        raise SampleError(f"the folder '{path.name}' has no sound files")
    return [path / name for name in sorted(sounds, key=lambda name: (_in_order(name), name))]


def _in_order(name: str) -> list[str | int]:
    """A key for sorting: texts and numbers in turn, the first a text."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name.lower())]
