"""Spectra of what a node plays: levels of partials in dB."""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.testing.kernel_player import RATE

Array = np.ndarray[Any, Any]


def level(signal: Array, freq: float, rate: float = RATE) -> float:
    """Level in dB of the strongest partial within two bins of `freq` (Hz); a full-scale sine is 0 dB.

    `signal` is of shape (frames,), `rate` in Hz.
    """
    spectrum = spectrum_db(signal)
    place = round(freq * signal.size / rate)
    return float(spectrum[max(place - 2, 0) : place + 3].max())


def spectrum_db(signal: Array) -> Array:
    """Levels of all bins in dB, seen through a window whose side lobes are below -140 dB.

    `signal` is of shape (frames,), the result of (frames // 2 + 1,).
    """
    window = np.kaiser(signal.size, 20.0)
    spectrum = np.abs(np.fft.rfft(signal * window)) * 2.0 / window.sum()
    levels: Array = 20.0 * np.log10(np.maximum(spectrum, 1e-15))
    return levels
