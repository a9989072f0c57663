"""The Hilbert transform: levels, the quarter of a turn, the negative frequencies that are left, how late it is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp.filters import hilbert

FRAMES = 1 << 17
LOWEST = 15.0 / 44100.0  # of the rate


@pytest.fixture(scope="module")
def response():
    """Frequencies of the rate, and the responses of the real and the imaginary part."""
    parts = each(hilbert.analytic, np.eye(1, FRAMES)[0], states=(33,), results=2)
    return np.linspace(0.0, 0.5, FRAMES // 2 + 1), *np.fft.rfft(parts)


def test_every_level_is_kept(response):
    for part in response[1:]:
        assert np.abs(20.0 * np.log10(np.abs(part))).max() < 1e-3


def test_negative_frequencies_are_below_84_db(response):
    freq, re, im = response
    heard = (freq >= LOWEST) & (freq <= 0.5 - LOWEST)
    negative = 20.0 * np.log10(np.abs(re - 1j * im)[heard] / 2.0)
    positive = 20.0 * np.log10(np.abs(re + 1j * im)[heard] / 2.0)
    print(f"negative {negative.max():.1f} dB, positive within {np.abs(positive).max():.1e} dB")
    assert negative.max() < -84.0 and np.abs(positive).max() < 1e-7


def test_pulses_are_spread_in_the_bass(response):
    freq, re, _ = response
    delay = -np.gradient(np.unwrap(np.angle(re)), freq) / (2.0 * np.pi)
    at = [delay[np.searchsorted(freq, place)] for place in (0.002, 0.01, 0.25)]
    print(np.round(at, 1))
    assert at == pytest.approx([247.0, 54.0, 3.4], rel=0.05)
