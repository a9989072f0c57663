"""CPU time of whole processes: a long render less a short one, so that starting and loading do not count."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from bench.peers.programs.program import OUTPUT, Array, Program, RunError

SHORT = 2.0  # s of sound of the short render
TRIED = 20.0  # s of sound, or four times as many and so on, from which the length of the long one is estimated
MOST = 3600.0  # s of sound of the long one
PATIENCE = 900.0  # s after which a program is ended
LOG = "log.txt"


def cpu_seconds(command: Sequence[str], folder: Path) -> float:
    """CPU time of a process and its children, of user and system: only their sum is exact. Raises RunError."""
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = (folder / LOG).read_text("utf-8", "replace").strip().splitlines()[-3:]
        raise RunError(f"ended with {process.returncode}: {' / '.join(said)}")
    return usage.ru_utime + usage.ru_stime


def rendered(folder: Path) -> Array:
    """The file that was rendered, float64 of shape (frames,). Raises RunError unless it is mono float32."""
    path = folder / OUTPUT
    if not path.exists():
        raise RunError(f"no file was written: {(folder / LOG).read_text('utf-8', 'replace').strip()[-300:]}")
    info = soundfile.info(path)
    if (info.channels, info.subtype) != (1, "FLOAT"):
        raise RunError(f"the file has {info.channels} channels of {info.subtype}, expected 1 of FLOAT")
    sound: Array = soundfile.read(path)[0]
    path.unlink()
    return sound


@dataclass(slots=True)
class Side:
    """A program with one workload in a folder of its own, and its times."""

    program: Program
    work: str
    folder: Path
    seconds: float = TRIED
    """Of sound of the long render."""
    times: list[float] = field(default_factory=list)
    """Seconds of sound per CPU second, of each round."""

    def sound(self, seconds: float) -> Array:
        """The first seconds. Raises RunError."""
        self.cost(seconds)
        return rendered(self.folder)

    def cost(self, seconds: float) -> float:
        """CPU seconds of a render."""
        (self.folder / OUTPUT).unlink(missing_ok=True)
        return cpu_seconds(self.program.prepared(self.work, seconds, self.folder), self.folder)

    def size(self, cpu: float) -> Array:
        """Choose the length of the long render; its sound.

        It takes about `cpu` seconds more than the short one, and twice as long: starting is not the same each time.
        """
        short = self.cost(SHORT)
        goal, tried = max(cpu, short), TRIED
        while (more := self.cost(tried) - short) < goal / 4.0 and tried < MOST:
            tried = min(4.0 * tried, MOST)
        self.seconds = float(round(min(max(SHORT + (tried - SHORT) * goal / max(more, 1e-3), TRIED), MOST)))
        return self.sound(self.seconds)

    def run(self) -> None:
        """One round."""
        more = self.cost(self.seconds) - self.cost(SHORT)
        self.times.append((self.seconds - SHORT) / max(more, 1e-6))

    @property
    def speed(self) -> float:
        """The median."""
        return statistics.median(self.times)

    @property
    def spread(self) -> float:
        """From the slowest to the fastest round, as a part of the median."""
        return (max(self.times) - min(self.times)) / self.speed


def ratio(one: Side, other: Side) -> float:
    """How many times as fast `one` is: the median over the rounds, in which both ran next to each other."""
    return statistics.median(a / b for a, b in zip(one.times, other.times, strict=True))
