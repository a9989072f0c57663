"""Three pieces of one kind of work each, offline, compared with hand-written code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import pieces
from bench.reference import BLOCK, Loop, in_c, in_numba
from bench.table import Table
from bench.timing import interleaved
from bench.workspace import RATE, Piece

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """A piece and its budgets: share of the reference's speed, largest error of a sample."""

    name: str
    title: str
    text: Callable[[], str]
    share: float
    error: float
    fast: str = ""  # of a second C loop, which does less work


WORKLOADS = (
    Workload("sines", "200 sines", pieces.sines, 0.5, 1e-8, "sine of a polynomial"),
    Workload("voices", "32 × saw, low-pass moved by a sine, gain", pieces.voices, 0.7, 1e-8),
    Workload("players", "64 looping players", pieces.players, 0.6, 1e-7, "linear"),
)


def expected_sines(frames: int) -> Array:
    """The closed form of the sines."""
    turns = np.arange(frames)[:, None] * (pieces.SINES / RATE)
    total: Array = pieces.SINE_GAIN * np.sin(2.0 * np.pi * turns).sum(axis=1)
    return total


def summed(loop: Loop, frames: int) -> Array:
    """The next frames of a hand-written loop, float64 of shape (frames,)."""
    out = np.zeros(frames)
    loop(out)
    return out


def check(workload: Workload, frames: int = 128 * 64) -> float:
    """The largest difference from the hand-written loops; raises AssertionError if it is too large."""
    rendered = Piece(workload.text()).render(frames)
    by_loop = summed(in_numba(workload.name), frames)
    error = float(np.abs(rendered - by_loop).max())
    if workload.name == "sines":
        error = max(error, float(np.abs(rendered - expected_sines(frames)).max()))
    if loop := in_c(workload.name):
        error = max(error, float(np.abs(summed(loop, frames) - by_loop).max()))
    loud = float(np.abs(by_loop).max())
    if not (error <= workload.error and loud > 0.01):
        raise AssertionError(f"{workload.title}: off by {error:.2g} of a peak of {loud:.2g}")
    return error


def measure(quick: bool = False) -> list[Table]:
    """The table of all workloads; all variants run in turn, so that other work of the machine slows all of them."""
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
        table.add(workload.title, f"{mine:.0f} ×")
        table.add(
            f"  of the speed of hand-written {by}",
            f"{share:.2f}",
            f"at least {workload.share}",
            share >= workload.share,
        )
        for name, what in (
            ("C", "hand-written C"),
            ("fast", f"hand-written C, {workload.fast}"),
            ("Numba", "hand-written, by Numba"),
        ):
            if value := times.get(f"{workload.name} {name}"):
                table.add(f"  {what}", f"{value:.0f} ×")
        sound = errors[workload.name]
        table.add(
            "  largest difference of a sample",
            f"{sound:.0e}",
            f"at most {workload.error:.0e}",
            sound <= workload.error,
        )
    return [table]
