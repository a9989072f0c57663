"""Onsets of a file: the frames where a stroke, a pluck or a note begins. For `prepare`, with NumPy.

A place is an onset where the level rises in most bands of the spectrum at once (spectral flux of logarithmic levels,
over two hops). The frame is then where the level of the slope of the wave first leaves what was before.

(Bello, Daudet, Abdallah, Duxbury, Davies, Sandler: A tutorial on onset detection in music signals, 2005; Böck, Widmer:
Maximum filter vibrato suppression for onset detection, 2013.)
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

HOP, WINDOW = 0.003, 0.012  # s
BANDS = 24
FLOOR = 1e-3  # -60 dB of the loudest, below which a band is silent
RISE = 6.0  # dB, in the mean of all bands
APART = 0.03  # s
LEAVES = 0.1  # part of the way from the level before to that of the attack
EARLY = 0.0003  # s before that


def onsets_of(file: Array, rate: float) -> Array:
    """The onsets of a file of shape (channels, frames), in order: whole frames, at least `APART`."""
    hop = max(round(HOP * rate), 1)
    rises = _rises(file, hop, rate)
    wide = max(round(APART / HOP), 1)
    padded = np.pad(rises, wide, constant_values=0.0)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * wide + 1).max(axis=1)
    usual = np.lib.stride_tricks.sliding_window_view(np.pad(rises, 4 * wide, mode="edge"), 8 * wide + 1).mean(axis=1)
    found = np.flatnonzero((rises == around) & (rises > RISE + usual))
    slope = np.abs(np.diff(file, axis=1, prepend=0.0)).max(axis=0)
    places: list[int] = []
    for k in found:
        place = _attack(slope, int(k) * hop, rate)
        if not places or place - places[-1] >= APART * rate:
            places.append(place)
    return np.array(places, np.int64)


def _rises(file: Array, hop: int, rate: float) -> Array:
    """By how many dB the level of all bands rises up to each hop."""
    size = 1 << int(np.ceil(np.log2(WINDOW * rate)))
    edges = np.unique(np.geomspace(1.0, size // 2, BANDS + 1).astype(int))
    window = np.hanning(size).astype(np.float32)
    padded = np.pad(file, ((0, 0), (size // 2, max(size - file.shape[1], 0))))  # none in the last frames
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop]
    parts = (np.abs(np.fft.rfft(frames[:, k : k + 1024] * window)) ** 2 for k in range(0, frames.shape[1], 1024))
    bands = np.concatenate([np.add.reduceat(part.sum(axis=0), edges[:-1], axis=1) for part in parts])
    bands = np.vstack([np.zeros((2, bands.shape[1]), bands.dtype), bands])
    decibels = 10.0 * np.log10(bands + FLOOR**2 * max(float(bands.max()), 1e-12))
    return np.maximum(decibels[2:] - decibels[:-2], 0.0).mean(axis=1)


def _attack(slope: Array, near: int, rate: float) -> int:
    """The frame where the slope of the wave leaves what it was before, near a rise."""
    span = round(0.012 * rate)
    first = near - span
    part = np.pad(slope[max(first, 0) : near + span], (max(-first, 0), 0))
    short = max(round(0.0005 * rate), 1)
    level = np.maximum.accumulate(part)
    before = part[: max(len(part) // 8, 1)].max()
    highest = level[-1]
    above = np.flatnonzero(level > before + LEAVES * (highest - before))
    place = first + (int(above[0]) if above.size else span)
    return max(place - round(EARLY * rate) - short // 4, 0)
