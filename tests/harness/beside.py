"""What a sound has beside its partials, in dB: aliases, images, noise."""

from __future__ import annotations

import numpy as np

from waves.testing import RATE

LOBE = 12.0  # bins, half the main lobe of the window with its side lobes below -180 dB


def power_of(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The frequency of each bin in Hz, and its power; a sine of amplitude 1 has 1 in all its bins."""
    window = np.kaiser(sound.size, 26.0)
    power = np.abs(np.fft.rfft(sound * window)) ** 2 * 4.0 / (np.sum(window**2) * sound.size)
    return np.arange(power.size) * RATE / sound.size, power


def beside(sound: np.ndarray, freq: float, below: float = 20_000.0, near: float = 0.0) -> float:
    """Power of all from 20 Hz to `below` that is not within `near` Hz of `freq`, in dB re what is."""
    place, power = power_of(sound)
    own = np.abs(place - freq) <= max(near, LOBE * RATE / sound.size)
    return float(10.0 * np.log10(power[~own & (place > 20.0) & (place < below)].sum() / power[own].sum()))


def level_of(sound: np.ndarray, freq: float) -> float:
    """Power at `freq` in dB re a sine of amplitude 1."""
    place, power = power_of(sound)
    return float(10.0 * np.log10(power[np.abs(place - freq) <= LOBE * RATE / sound.size].sum()))
