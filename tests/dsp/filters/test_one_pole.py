"""One-pole filters against the Butterworth filters of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from tests.harness.compiled_code import each
from waves.dsp.filters import one_pole

NOISE = np.random.default_rng(3).standard_normal(4000)
FREQS = np.geomspace(20.0, 20_000.0, 40)


@pytest.mark.parametrize("rate", [22_050.0, 44_100.0, 96_000.0])
@pytest.mark.parametrize("freq", [5.0, 1000.0, 10_000.0])
@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_it_is_the_butterworth_filter_of_order_1(kind, freq, rate):
    """Whose -3 dB point is exact."""
    coefficient = one_pole.lowpass_coefficient(freq, rate)
    found = each(getattr(one_pole, kind), NOISE, coefficient, states=(1,))
    expected = signal.lfilter(*signal.butter(1, freq, kind, fs=rate), NOISE)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_frequency_is_held_in_its_range():
    at = [one_pole.lowpass_coefficient(freq, 44_100.0) for freq in (-1.0, np.nan, 0.0, 0.499 * 44_100, np.inf)]
    assert at[:3] == [0.0, 0.0, 0.0] and at[3] == at[4] < 1.0


def test_the_mean_goes_and_the_bass_stays():
    found = each(one_pole.dc_block, 1.0 + NOISE, 44_100.0, states=(1,))
    expected = signal.lfilter(*signal.butter(1, 10.0, "highpass", fs=44_100.0), 1.0 + NOISE)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    still = each(one_pole.dc_block, np.ones(44_100), 44_100.0, states=(1,))
    assert abs(still[-1]) < 1e-12
    _, (at_10, at_40) = signal.freqz(*signal.butter(1, 10.0, "highpass", fs=44_100.0), [10.0, 40.0], fs=44_100.0)
    assert 20.0 * np.log10(abs(at_10)) == pytest.approx(-3.01, abs=0.01) and abs(at_40) > 0.97


@pytest.mark.parametrize("corner", [100.0, 4000.0, 19_000.0])
def test_delay_and_level_at_a_frequency_are_those_of_its_response(corner):
    coefficient = one_pole.lowpass_coefficient(corner, 44_100.0)
    _, response = signal.freqz(*signal.butter(1, corner, fs=44_100.0), FREQS, fs=44_100.0)
    delay = -np.angle(response) / (2.0 * np.pi * FREQS / 44_100.0)
    np.testing.assert_allclose(each(one_pole.lowpass_delay, coefficient, FREQS, 44_100.0), delay, rtol=1e-8)
    np.testing.assert_allclose(each(one_pole.lowpass_level, coefficient, FREQS, 44_100.0), abs(response), rtol=1e-8)
