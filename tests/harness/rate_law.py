"""How far a sound at 44.1 kHz is from the same one at eight times that rate, brought down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import maximum_filter
from scipy.signal import firwin, resample_poly

from tests.harness.at_rates import Frames

RATE = 44_100
TIMES = 8
HIGHEST = 16_000.0  # Hz
LOUD, LOUD_MOMENT = 40.0, 30.0  # dB below the loudest third of an octave, or moment of one, that are compared
SIZE, HOP = 4096, 1024  # frames of a spectrum, and between two
NEAR = 3  # lines of the spectrum by which a partial may lie elsewhere
LOWPASS = firwin(128 * TIMES + 1, 0.97 / TIMES, window=("kaiser", 12.0))


@dataclass(frozen=True, slots=True)
class Apart:
    """The differences of a sound at 44.1 kHz from the one at eight times the rate, up to 16 kHz, in dB."""

    bands: float
    """Of a third of an octave."""
    moments: float
    """Of a third of an octave within 93 ms."""
    partials: float
    """Of the loudest partial that only one of them has: beside the loudest of all. Nothing: -180."""

    def __str__(self) -> str:
        return f"bands {self.bands:.2f} dB, moments {self.moments:.2f} dB, other partials {self.partials:.0f} dB"


def apart(sound: Frames, fast: Frames, lowest: float = 0.0) -> Apart:
    """Compare the frames of a sound at 44.1 kHz with those of it at eight times the rate, from `lowest` Hz on."""
    slow = resample_poly(fast, 1, TIMES, axis=0, window=LOWPASS)
    frames = min(len(sound), len(slow))
    one, other = spectra(sound[:frames]), spectra(slow[:frames])
    for magnitudes in (one, other):
        magnitudes[..., : int(lowest / RATE * SIZE)] = 0.0
    bands = [_levels(magnitudes, None) for magnitudes in (one, other)]
    moments = [_levels(magnitudes, (1, 2)) for magnitudes in (one, other)]
    alone = max(_alone(one, other), _alone(other, one))
    return Apart(_most(*bands, LOUD), _most(*moments, LOUD_MOMENT), 20.0 * np.log10(max(alone, 1e-9)))


def spectra(sound: Frames) -> Any:
    """Magnitudes up to `HIGHEST`, of shape (moments, channels, lines)."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, SIZE, axis=0)[::HOP]
    return np.abs(np.fft.rfft(windows * np.hanning(SIZE + 1)[:-1]))[..., : int(HIGHEST / RATE * SIZE)]


def _levels(magnitudes: Any, axes: tuple[int, ...] | None) -> Any:
    """Of each third of an octave from 50 Hz on the power in dB: in all, or over some axes."""
    freqs = np.arange(magnitudes.shape[-1]) * RATE / SIZE
    edges = np.arange(np.log2(50.0), np.log2(HIGHEST), 1.0 / 3.0)
    parts = [magnitudes[..., (freqs >= 2.0**low) & (freqs < 2.0 ** (low + 1.0 / 3.0))] for low in edges]
    return 10.0 * np.log10(np.stack([np.sum(part**2, axis=axes) for part in parts]) + 1e-20)


def _most(levels: Any, right: Any, loud: float) -> float:
    return float(np.abs(levels - right)[right > right.max() - loud].max())


def _alone(magnitudes: Any, other: Any) -> float:
    """The highest line that the other spectra have less than half of, near it and in the moments beside it."""
    around = maximum_filter(other, size=(3, 1, 2 * NEAR + 1))
    return float(np.where(magnitudes > 2.0 * around, magnitudes, 0.0).max() / other.max())
