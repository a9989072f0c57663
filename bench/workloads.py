"""Three pieces of one kind of work each, offline, against the same work by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import texts
from bench.piece import RATE, Piece
from bench.reference import BLOCK, Loop, in_c, in_numba
from bench.table import Table
from bench.timing import interleaved

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """A piece, its bars: times real time, share of the reference; `error` is how far the sound may be off."""

    name: str
    title: str
    text: Callable[[], str]
    times: float
    share: float
    error: float
    fast: str = ""  # of a second loop in C that is less work


WORKLOADS = (
    Workload("sines", "200 sines", texts.sines, 105.0, 0.5, 1e-8, "sine of a polynomial"),
    Workload("voices", "32 × saw, low-pass moved by a sine, gain", texts.voices, 75.0, 0.8, 1e-8),
    Workload("players", "64 looping players", texts.players, 95.0, 0.6, 1e-7, "linear"),
)


def expected_sines(frames: int) -> Array:
    """The closed form of the first workload."""
    turns = np.arange(frames)[:, None] * (texts.SINES / RATE)
    total: Array = texts.SINE_GAIN * np.sin(2.0 * np.pi * turns).sum(axis=1)
    return total


def summed(loop: Loop, frames: int) -> Array:
    out = np.zeros(frames)
    loop(out)
    return out


def check(workload: Workload, frames: int = 128 * 64) -> float:
    """The largest difference of the engine's sound and those by hand; raises when it is too large."""
    heard = Piece(workload.text()).render(frames)
    by_hand = summed(in_numba(workload.name), frames)
    error = float(np.abs(heard - by_hand).max())
    if workload.name == "sines":
        error = max(error, float(np.abs(heard - expected_sines(frames)).max()))
    if loop := in_c(workload.name):
        error = max(error, float(np.abs(summed(loop, frames) - by_hand).max()))
    loud = float(np.abs(by_hand).max())
    if not (error <= workload.error and loud > 0.01):
        raise AssertionError(f"{workload.title}: off by {error:.2g} of a peak of {loud:.2g}")
    return error


def measure(quick: bool = False) -> list[Table]:
    """All variants of all workloads in turn, so that no bad moment of the machine meets one of them only."""
    frames = BLOCK * (RATE * (1 if quick else 3) // BLOCK)
    few = BLOCK * (frames // BLOCK // 8)  # of the slow ones
    errors = {workload.name: check(workload) for workload in WORKLOADS}
    runs: dict[str, Callable[[], Any]] = {}
    for workload in WORKLOADS:
        piece = Piece(workload.text())
        runs[workload.name] = lambda piece=piece: piece.engine.render(frames)
        fast = f"{workload.name}_fast"
        for by, loop in (("C", in_c(workload.name)), ("fast", in_c(fast) if workload.fast else None)):
            if loop:
                runs[f"{workload.name} {by}"] = lambda loop=loop: summed(loop, frames)
        loop = in_numba(workload.name)
        runs[f"{workload.name} Numba"] = lambda loop=loop: summed(loop, few)
    seconds = interleaved(runs, 5 if quick else 20)
    times = {name: (few if name.endswith("Numba") else frames) / RATE / took for name, took in seconds.items()}
    note = f"Mono, {RATE} Hz, {frames / RATE:.0f} s a run, the best of each in turn; × real time of one core."
    table = Table("Offline", note)
    for workload in WORKLOADS:
        mine, by = times[workload.name], "C" if f"{workload.name} C" in times else "Numba"
        share = mine / times[f"{workload.name} {by}"]
        table.add(workload.title, f"{mine:.0f} ×", f"above {workload.times:.0f} ×", mine > workload.times)
        table.add(
            f"  of the same by hand in {by}",
            f"{share:.2f}",
            f"at least {workload.share}",
            share >= workload.share,
        )
        for name, what in (
            ("C", "by hand in C"),
            ("fast", f"by hand in C, {workload.fast}"),
            ("Numba", "by hand in Numba"),
        ):
            if value := times.get(f"{workload.name} {name}"):
                table.add(f"  {what}", f"{value:.0f} ×")
        sound = errors[workload.name]
        table.add(
            "  difference of the sounds",
            f"{sound:.0e}",
            f"at most {workload.error:.0e}",
            sound <= workload.error,
        )
    return [table]
