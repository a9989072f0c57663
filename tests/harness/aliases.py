"""What a sound of one pitch has besides its partials."""

from __future__ import annotations

import numpy as np
from scipy import signal

from tests.harness.at_rates import Frames
from waves.testing import RATE

MEASURED, SKIPPED = 1 << 17, 8192  # frames that are measured, and those before them


def aliases(sound: Frames, freq: float, base: float) -> list[float]:
    """Power of all that is no multiple of `base`, in dB re the partial at `freq`: below 10 kHz, and below 20 kHz."""
    power = np.abs(np.fft.rfft((sound - sound.mean()) * signal.windows.kaiser(sound.size, 26.0, sym=False))) ** 2
    place = np.arange(power.size) * RATE / sound.size
    lobe = 12.0 * RATE / sound.size  # Hz, half the main lobe of the window
    between = (np.abs(place - base * np.rint(place / base)) > lobe) & (place > 20.0)
    own = power[np.abs(place - freq) <= lobe].sum()
    return [10.0 * np.log10(power[between & (place < limit)].sum() / own) for limit in (10_000.0, 20_000.0)]
