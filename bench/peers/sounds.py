"""Measures of a sound: partials, aliases, what is left beside a tone, levels over time.

A sound is float64 of shape (frames,) at 44.1 kHz; levels are in dB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.peers.works import RATE, WINDOW

Array = np.ndarray[Any, Any]
LOWEST = 1e-15  # of a power that is made a level
STEEP, USUAL = 26.0, 12.0  # of Kaiser windows: side lobes below -180 dB, below -85 dB
FINE = 8  # bins for each of a spectrum without zeros behind the sound
LOBE = 12  # bins to each side of a partial, for the steep window
SKIPPED = 8192  # frames at the start, until filters have settled


def db(power: Any) -> Any:
    """A power as a level."""
    return 10.0 * np.log10(np.maximum(power, LOWEST))


def loudness(sound: Array) -> float:
    """The level of the mean power."""
    return float(db(np.mean(np.square(sound)))) if sound.size else float(db(0.0))


def spectrum(sound: Array) -> tuple[Array, Array]:
    """Frequencies (Hz) and power of each bin, of the frames of one window after the start."""
    part = sound[SKIPPED : SKIPPED + WINDOW]
    window = np.kaiser(part.size, STEEP)
    power = np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2
    return np.fft.rfftfreq(part.size, 1.0 / RATE), power


def aliases(sound: Array, base: float) -> tuple[float, float]:
    """What lies between the multiples of `base` (Hz), below 10 and below 20 kHz, relative to the fundamental."""
    freqs, power = spectrum(sound)
    width = LOBE * RATE / WINDOW
    own = np.abs(freqs - np.rint(freqs / base) * base) <= width
    tone = power[np.abs(freqs - base) <= width].sum()
    between = [float(db(power[~own & (freqs > 20.0) & (freqs < limit)].sum() / tone)) for limit in (10e3, 20e3)]
    return between[0], between[1]


def beside(sound: Array, freq: float, width: float = LOBE * RATE / WINDOW) -> float:
    """All below 20 kHz that is further than `width` (Hz) from the tone near `freq`, relative to it."""
    freqs, power = spectrum(sound)
    near = np.flatnonzero(np.abs(freqs - freq) <= 0.02 * freq)
    middle = freqs[near[np.argmax(power[near])]]
    own = np.abs(freqs - middle) <= width
    return float(db(power[~own & (freqs > 20.0) & (freqs < 20e3)].sum() / power[own].sum()))


def partials(sound: Array, freqs: Array) -> Array:
    """Amplitude and phase at each frequency: complex of shape (freqs,).

    From the nearest of finely spaced bins: seen from the middle of the window, a partial has the same phase in all bins
    of its lobe.
    """
    window = np.kaiser(sound.size, USUAL)
    size = 1 << (FINE * sound.size).bit_length()
    bins = np.fft.rfft(sound * (2.0 / window.sum() * window), size)
    nearest = np.rint(freqs * size / RATE).astype(int)
    middle = (sound.size - 1) / 2.0
    return np.asarray(bins[nearest] * np.exp(2j * np.pi * middle * (nearest / size - freqs / RATE)))


def tracks(sound: Array, freqs: Array, length: float, hop: float) -> Array:
    """Amplitude and phase over time, through windows of `length` each `hop` (s): complex of shape (windows, freqs)."""
    size, step = round(length * RATE), round(hop * RATE)
    starts = np.arange(0, sound.size - size + 1, step)
    window = np.kaiser(size, USUAL)
    parts = np.lib.stride_tricks.sliding_window_view(sound, size)[starts] * (2.0 / window.sum() * window)
    turns = np.exp(-2j * np.pi / RATE * np.outer(np.arange(size), freqs))
    return np.asarray(parts @ turns * np.exp(-2j * np.pi / RATE * np.outer(starts, freqs)))


def powers(sound: Array, length: float) -> Array:
    """The mean power of each part of `length` (s)."""
    size = round(length * RATE)
    count = sound.size // size
    return np.asarray(np.square(sound[: count * size]).reshape(count, size).mean(axis=1))


def lateness(sound: Array, expected: Array, most: int = 441) -> tuple[int, float]:
    """By how many frames the rises and falls of a sound come after those expected, and how alike they are (0 to 1)."""
    size = 22  # frames, half a millisecond

    def rises(of: Array) -> Array:
        smooth = np.sqrt(np.convolve(np.square(of), np.ones(size) / size, "same"))
        return np.asarray(np.maximum(smooth[size:] - smooth[:-size], 0.0))

    a, b = rises(expected), rises(sound)
    a, b = a / np.linalg.norm(a), b / max(np.linalg.norm(b), LOWEST)
    likeness = [float(np.dot(a[most:-most], b[most + lag : b.size - most + lag])) for lag in range(-most, most + 1)]
    best = int(np.argmax(likeness))
    return best - most, likeness[best]


def rough(sound: Array, shape: Array, phase: Array, most: int = 80) -> float:
    """What is left of a sound beside `shape` times a sine of `phase` (rad), where level and phase may drift smoothly.

    So steps of pitch and level count, and a glide that comes a little late does not. The best start counts.
    """
    drift = np.polynomial.chebyshev.chebvander(np.linspace(-1.0, 1.0, len(shape)), 6)
    model = np.hstack([drift * (shape * wave)[:, None] for wave in (np.sin(phase), np.cos(phase))])
    basis, sound = np.linalg.qr(model)[0], np.concatenate([np.zeros(most), sound])

    def left(late: int) -> float:
        part = sound[most + late : most + late + len(shape)]
        rest = part - basis @ (basis.T @ part)
        return float(db(np.dot(rest, rest) / max(np.dot(part, part), LOWEST)))

    return min(left(late) for late in range(-most, most + 1))
