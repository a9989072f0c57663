"""Half-band filters: what passes, what is stopped, how late it is, and two times the rate around a distortion."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp.filters import halfband
from waves.testing import spectrum_db

FRAMES = 1 << 14
PASS, STOP = 0.4535, 0.5465  # of the rate


def up(frames):
    return each(halfband.up, frames, states=(8,), results=2).T.ravel()


def down(frames):
    return each(halfband.down, frames[::2], frames[1::2], states=(8,))


@pytest.fixture(scope="module")
def response():
    """The response of one of them at frequencies of the rate from 0 to 1, which is half of twice the rate."""
    return np.linspace(0.0, 1.0, FRAMES + 1), np.fft.rfft(up(np.eye(1, FRAMES)[0])) / 2.0


def test_ripple_and_stop_band(response):
    freq, found = response
    passed, stopped = (20.0 * np.log10(np.abs(found[where])) for where in (freq <= PASS, freq >= STOP))
    print(f"ripple {np.abs(passed).max():.1e} dB, stop band {stopped.max():.1f} dB")
    assert np.abs(passed).max() < 1e-6 and stopped.max() < -104.0


def test_latency(response):
    freq, found = response
    delay = -np.gradient(np.unwrap(np.angle(found)), freq) / (2.0 * np.pi)
    at = [delay[np.searchsorted(freq, place)] for place in (0.001, 0.02, 0.23, PASS)]
    assert at == pytest.approx([1.84, 1.84, 2.4, 8.8], abs=0.05)


def test_down_has_the_same_response():
    """Impulses at the first and at the second of the two frames give the two halves of one response."""
    both = np.zeros((2, FRAMES))
    both[0, 0] = both[1, 1] = 1.0
    first, second = map(down, both)
    answer = np.stack([second, first], axis=1).ravel()
    np.testing.assert_allclose(2.0 * answer, up(np.eye(1, FRAMES // 2)[0]), atol=1e-12)


def test_up_and_down_again_keep_each_level_and_are_late_by_three_frames():
    found = np.fft.rfft(down(up(np.eye(1, FRAMES)[0])))
    freq = np.linspace(0.0, 0.5, found.size)
    assert np.abs(20.0 * np.log10(np.abs(found[freq <= PASS]))).max() < 2e-6
    delay = -np.gradient(np.unwrap(np.angle(found)), freq) / (2.0 * np.pi)
    at = [delay[np.searchsorted(freq, place)] for place in (0.001, 0.02, 0.23, PASS)]
    assert at == pytest.approx([3.18, 3.18, 4.3, 17.2], abs=0.1)


def test_a_frequency_above_the_pass_band_comes_back_below_104_db():
    for freq in (0.56, 0.7, 0.9):
        sine = np.sin(2.0 * np.pi * freq / 2.0 * np.arange(2 * FRAMES))
        assert spectrum_db(down(sine)[1000:]).max() < -104.0
