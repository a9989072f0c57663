"""Band-limited steps and corners of minimum phase: what smooths a step begins with it, and needs nothing of the future.

    arrays = {"table": "f8"}
    return {"table": step_table(constants.quality)}            # in `prepare`
    add_edges(work, 0, frames, shares, sums, table, -2.0, False)   # in the kernel, of a saw

A step is replaced by the integral of a low-pass of minimum phase, a corner by the integral of that. The low-pass is
late by `LATE` frames at low frequencies, so what lies between the steps is taken from so many frames ago: then nothing
is shifted, and no mean arises.

All ripple follows the step, none is before it, so a step goes beyond its end by 18 to 22 % of its height. A low-pass
that knows the future has half of that on either side, 9 to 11 %: a response that is flat to 15 kHz and then falls
steeply has that much ripple, whatever its phase, and only one that falls slowly has none.

(Brandt: Hard sync without aliasing, 2001; Stilson, Smith: Alias-free digital synthesis of classic analog waveforms,
1996; the minimum phase by the cepstrum: Oppenheim, Schafer: Discrete-time signal processing.)
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from waves.dsp.maths import clip, floor

Array = np.ndarray[Any, Any]
LATE = 3  # frames
BEFORE = 3  # frames before the first, from which the place of a step is drawn
PHASES = 256  # places of a step between two frames; between them what smooths it lies on a line
LONGEST = 28  # frames
LOWPASSES = {"draft": (10, 0.40, 4.5), "good": (18, 0.42, 6.5), "best": (26, 0.43, 8.5)}
"""Of each quality: frames, corner in turns per frame, and the beta of Kaiser's window."""
SMOOTH = 0.9  # part of the change, or of its change, that the next higher difference may reach


def step_table(quality: str) -> Array:
    """The smoothing of a step of height 1 for all phases, then of a corner where the slope grows by 1 per frame."""
    return _table(quality)


def step_frames(table: Any) -> int:
    """The frames over which a step is smoothed."""
    return int(table.size // (2 * (PHASES + 1)))


def add_edges(
    work: Any, phases: int, size: int, shares: int, sums: int, table: Any, height: float, corners: bool
) -> None:
    """Adds what smooths the edges where a phase passes whole numbers, each of a height.

    All is in `work`: the phases of `size` frames from `phases` on, behind `BEFORE` earlier ones, the share of what is
    smoothed in each frame from `shares` on, 0 for none; and to what stands from `sums` on it is added. An edge lies
    where a cubic through four phases meets it. What smooths a step goes onto one that is sharp; `corners`: onto one
    that is `LATE`, where the slope changes by `height` times that of the phase, up at even numbers, down at odd ones.
    """
    frames = step_frames(table)
    for i in range(size):
        at = phases + BEFORE + i
        before, now = floor(work[at - 1]), floor(work[at])
        if before != now and work[shares + i] > 0.0:
            slope = work[at] - work[at - 1]
            bend = slope - (work[at - 1] - work[at - 2])
            twist = bend - (work[at - 1] - 2.0 * work[at - 2] + work[at - 3])
            if abs(twist) > SMOOTH * max(abs(slope), abs(bend)):
                bend = twist = 0.0
            behind = work[at] - (now if now > before else now + 1.0)
            since = clip(behind / slope, 0.0, 1.0)
            pace = slope
            for _ in range(3):
                place = slope * since + since * (since - 1.0) * (twist * (since - 2.0) / 6.0 - 0.5 * bend)
                pace = slope - (since - 0.5) * bend + (since * (0.5 * since - 1.0) + 1.0 / 3.0) * twist
                since = clip(since - (place - behind) / pace, 0.0, 1.0) if abs(pace) > 1e-9 else since
            value = height * (now - before)
            if corners:
                value = height * work[shares + i] * (pace if now - 2.0 * floor(0.5 * now) == 0.0 else -pace)
            row = since * PHASES
            first = int(row)
            rest = row - first
            rows = table.part(((PHASES + 1) if corners else 0) * frames + first * frames, 2 * frames)
            for j in range(frames):
                work[sums + i + j] += value * (rows[j] + rest * (rows[frames + j] - rows[j]))


@cache
def _table(quality: str) -> Array:
    count, corner, beta = LOWPASSES[quality]
    places = np.arange(-count * PHASES // 2, count * PHASES // 2 + 1) / PHASES
    lowpass = _minimum_phase(np.sinc(2.0 * corner * places) * np.kaiser(places.size, beta))
    late = LATE * PHASES - np.arange(lowpass.size) @ lowpass
    frames = count + 2
    grid = np.arange((frames + 1) * PHASES + 1)
    step = np.interp(grid, np.arange(-1, lowpass.size) + 0.5 + late, np.cumsum([0.0, *lowpass]), 0.0, 1.0)
    bend = np.concatenate([[0.0], np.cumsum(0.5 * (step[1:] + step[:-1]))])
    bend = (bend - np.maximum(np.arange(bend.size) - LATE * PHASES, 0.0)) / PHASES
    bend -= np.linspace(0.0, bend[-1], bend.size)
    rows = np.arange(PHASES + 1)[:, None] + PHASES * np.arange(frames)
    table: Array = np.concatenate([(step[rows] - 1.0).ravel(), bend[rows].ravel()])
    table.flags.writeable = False
    return table


def _minimum_phase(response: Array) -> Array:
    """The response of the same partials whose energy comes first; its sum is 1."""
    size = 1 << (16 * response.size - 1).bit_length()
    cepstrum = np.fft.irfft(np.log(np.maximum(np.abs(np.fft.rfft(response, size)), 1e-9)), size)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    made: Array = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), size)[: response.size]
    return made / made.sum()
