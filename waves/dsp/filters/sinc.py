"""Reading between frames by a windowed sinc: a table of weights, and the sum of the frames around a place.

    arrays = {"weights": "f8"}
    return {"weights": sinc_table(constants.quality)}     # in `prepare`
    points = sinc_points(weights)                         # in the kernel; x from 0 to 1, after frame k
    y = weighed(frames.part(k - points // 2 + 1, points), weights, 0, points, PHASES, x)

On a frame it is that frame to the bit. What a moving place adds to a tone, at a rate of 44.1 kHz, lies below it by 62
dB up to 10 kHz with `draft`, which weighs 8 frames; by 90 dB up to 10 kHz and 65 dB at 15 kHz with `good`, 16 frames;
by 98 dB up to 15 kHz with `best`, 32 frames.

(Smith, Gossett: A flexible sampling-rate conversion method, 1984; the window is Kaiser's.)
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
PHASES = 128  # places between two frames for which there are weights; between them the weights lie on a line
KERNELS = {"draft": (8, 6.0), "good": (16, 8.5), "best": (32, 11.0)}
"""Frames that are weighed, and the beta of Kaiser's window."""
WIDTHS = 2.0 ** (np.arange(15) / 4.0)
"""Those of the sincs of `wide_sincs`; one of width w takes away what lies above `rate` / 2w."""


def sinc_table(quality: str, in_loop: bool = False) -> Array:
    """The weights of a quality, "draft", "good" or "best", for all phases, one after the other: for `prepare`.

    They add up to 1; `in_loop`: to so much less between the frames that they make no partial louder.
    """
    return _sinc(quality, in_loop)


def wide_sincs(quality: str) -> tuple[Array, Array]:
    """The weights of sincs of all `WIDTHS`, and of each its place in them, its points, its phases: for `prepare`."""
    return _sincs(quality)


def delay_sincs(quality: str) -> Array:
    """The weights with which `delayed` reads: of 2, 4, 8 frames and so on up to those of the quality, for `prepare`."""
    return _delay_sincs(quality)


def sinc_points(weights: Any) -> int:
    """The number of frames that a table of `sinc_table` weighs."""
    return int(weights.size // (PHASES + 1))


def weighed(frames: Any, weights: Any, begin: int, points: int, phases: int, part: float) -> float:
    """The value after the middle one of `points` frames, by a part of a frame from 0 to 1.

    The weights of the sinc begin at `begin`, with so many `phases`.
    """
    row = part * phases
    first = int(row)
    rest = row - first
    rows = weights.part(begin + first * points, 2 * points)
    total = 0.0
    for j in range(points):
        total += frames[j] * (rows[j] + rest * (rows[points + j] - rows[j]))
    return total


@cache
def _sinc(quality: str, in_loop: bool) -> Array:
    points, beta = KERNELS[quality]
    return _frozen(_on_frames(_weights(points, PHASES, points, beta, 1.0), in_loop).ravel())


def _on_frames(weights: Array, in_loop: bool) -> Array:
    """The weights exact on the frames; `in_loop`: divided by their loudest partial between them."""
    made: Array = weights / np.abs(np.fft.rfft(weights, 1 << 12)).max() if in_loop else weights
    made[[0, -1]] = np.rint(made[[0, -1]])
    return made


@cache
def _sincs(quality: str) -> tuple[Array, Array]:
    points, beta = KERNELS[quality]
    tables, kernels, first = [sinc_table(quality)], [[0, points, PHASES]], sinc_table(quality).size
    for width in WIDTHS[1:]:
        count, phases = 4 * int(np.ceil(0.25 * points * width)), PHASES >> int(np.log2(width))
        tables.append(_weights(count, phases, points, beta, width).ravel())
        kernels.append([first, count, phases])
        first += tables[-1].size
    return _frozen(np.concatenate(tables)), _frozen(np.array(kernels).ravel())


def delayed(line: Any, weights: Any, age: float) -> float:
    """The value of a ring buffer at an age of 1 or more frames, by `weights` of `delay_sincs`.

    So many frames are weighed as there are around that age: 2, 4, 8 and so on. No partial becomes louder.
    """
    whole = int(age)
    points = delay_points(weights)
    while points > 2 * whole:
        points //= 2
    row = (age - whole) * PHASES
    first = int(row)
    rest = row - first
    rows = weights.part((points - 2) * (PHASES + 1) + first * points, 2 * points)
    newest = whole - points // 2 + 1
    total = 0.0
    for j in range(points):
        total += line.at(newest + j) * (rows[j] + rest * (rows[points + j] - rows[j]))
    return total


def delayed_block(work: Any, into: int, room: int, line: Any, weights: Any, age: float, size: int) -> None:
    """The values at an age for the next `size` frames, before any of them is written: to `work` from `into` on.

    The age is `BLOCK` and the points of `weights` at least. `work` has room for so many frames from `room` on.
    """
    whole = int(age)
    points = delay_points(weights)
    row = (age - whole) * PHASES
    first = int(row)
    rest = row - first
    rows = weights.part((points - 2) * (PHASES + 1) + first * points, 2 * points)
    oldest = whole + points // 2
    for k in range(size + points - 1):
        work[room + k] = line.at(oldest - k)
    for i in range(size):
        work[into + i] = 0.0
    for j in range(0, points, 4):  # four at once: the sum is read and written less often
        w0 = rows[j] + rest * (rows[points + j] - rows[j])
        w1 = rows[j + 1] + rest * (rows[points + j + 1] - rows[j + 1])
        w2 = rows[j + 2] + rest * (rows[points + j + 2] - rows[j + 2])
        w3 = rows[j + 3] + rest * (rows[points + j + 3] - rows[j + 3])
        last = room + points - 1 - j
        for i in range(size):
            work[into + i] += (w0 * work[last + i] + w1 * work[last - 1 + i]) + (
                w2 * work[last - 2 + i] + w3 * work[last - 3 + i]
            )


def delay_points(weights: Any) -> int:
    """The most frames that `weights` of `delay_sincs` weigh."""
    return int(weights.size // (PHASES + 1) + 2) // 2


@cache
def _delay_sincs(quality: str) -> Array:
    line = np.array([[1.0 - k / PHASES, k / PHASES] for k in range(PHASES + 1)])
    short = _on_frames(_weights(4, PHASES, 4, 4.0, 1.0), True)
    most, _ = KERNELS[quality]
    longer = [_sinc(name, True) for name, (points, _) in KERNELS.items() if points <= most]
    return _frozen(np.concatenate([line.ravel(), short.ravel(), *longer]))


def _weights(count: int, phases: int, points: int, beta: float, width: float) -> Array:
    """The weights of `count` frames for each phase, of a sinc of a width and of so many points before it was wider."""
    away = ((np.arange(phases + 1) / phases)[:, None] - np.arange(count) + (count // 2 - 1)) / width
    inside = np.maximum(1.0 - (2.0 * away / points) ** 2, 0.0)
    weights = np.where(inside > 0.0, np.sinc(away) * np.i0(beta * np.sqrt(inside)), 0.0)
    made: Array = weights / weights.sum(axis=1, keepdims=True)
    return made


def _frozen(numbers: Array) -> Array:
    numbers.flags.writeable = False
    return numbers
