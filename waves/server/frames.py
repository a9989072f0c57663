"""Binary messages: sound and levels as a client draws them, with a header that says what they are.

byte 0      kind: 1 scope, 2 spectrum, 3 meters, 4 loudness
byte 1      rows: channels, or tracks
bytes 2-3   values in each row
bytes 4-11  first frame of the stream that they are of, float64
then        the values, float32, row after row; all little endian
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SCOPE, SPECTRUM, METERS, LOUDNESS = 1, 2, 3, 4
HEADER = struct.Struct("<BBHd")
SCOPE_FRAMES = 512
BANDS = 128
LOWEST, HIGHEST = 20.0, 20_000.0  # Hz, the edges of the spectrum
FLOOR = -120.0  # dB


def packed(kind: int, frame: float, rows: Array) -> bytes:
    """A binary message. `rows`: shape (channels or tracks, values)."""
    return HEADER.pack(kind, rows.shape[0], rows.shape[1], frame) + rows.astype("<f4").tobytes()


def scope(frames: Array) -> Array:
    """The frames to draw, shape (channels, SCOPE_FRAMES): from the last rise through zero that leaves enough of them.

    `frames`: shape (frames, channels). A steady tone stands still so.
    """
    left = frames[:, 0]
    last = len(left) - SCOPE_FRAMES
    rises = np.flatnonzero((left[: last - 1] < 0.0) & (left[1:last] >= 0.0)) if last > 1 else np.empty(0, int)
    first = int(rises[-1]) + 1 if len(rises) else max(last, 0)
    shown = frames[first : first + SCOPE_FRAMES].T
    return np.pad(shown, ((0, 0), (0, SCOPE_FRAMES - shown.shape[1])))


def spectrum(frames: Array, rate: float) -> Array:
    """Levels in BANDS bands of equal width in octaves, dB of a sine of full scale, shape (1, BANDS).

    `frames`: shape (frames, channels), `rate` in Hz. Channels are added in power, behind a Hann window.
    """
    window = np.hanning(len(frames))
    bins = np.fft.rfft(frames * window[:, None], axis=0)
    power = np.sum(np.abs(bins) ** 2, axis=1) * (2.0 / np.sum(window)) ** 2
    edges = np.geomspace(LOWEST, min(HIGHEST, rate / 2), BANDS + 1) * len(frames) / rate
    first = np.minimum(np.floor(edges[:-1]).astype(int), len(power) - 1)
    last = np.minimum(np.maximum(np.ceil(edges[1:]).astype(int), first + 1), len(power))
    peaks = np.maximum.reduceat(np.append(power, 0.0), np.ravel(np.column_stack((first, last))))[::2]
    return np.asarray(np.maximum(10.0 * np.log10(np.maximum(peaks, 1e-30)), FLOOR)[None, :])
