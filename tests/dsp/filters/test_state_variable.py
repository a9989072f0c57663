"""The state-variable filter against the Butterworth filters of SciPy, and its resonance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from tests.harness.compiled_code import each
from waves.dsp.filters.state_variable import corner_coefficient, state_variable

RATE = 44_100.0
NOISE = np.random.default_rng(3).standard_normal(4000)


@pytest.mark.parametrize("freq", [20.0, 1000.0, 15_000.0])
def test_lowpass_and_highpass_are_butterworth_filters_at_their_damping(freq):
    low, _, high = each(state_variable, NOISE, corner_coefficient(freq, RATE), 2.0**0.5, states=(2,), results=3)
    np.testing.assert_allclose(low, signal.lfilter(*signal.butter(2, freq, fs=RATE), NOISE), atol=1e-9)
    np.testing.assert_allclose(high, signal.lfilter(*signal.butter(2, freq, "highpass", fs=RATE), NOISE), atol=1e-9)


@pytest.mark.parametrize("q", [0.5, 5.0, 20.0])
def test_at_its_corner_it_has_the_level_q(q):
    impulse = np.eye(1, 1 << 14)[0]
    coefficient = corner_coefficient(1000.0, RATE)
    low, band, high = each(state_variable, impulse, coefficient, 1.0 / q, states=(2,), results=3)
    turn = np.exp(-2j * np.pi * 1000.0 / RATE * np.arange(impulse.size))
    assert [abs(one @ turn) for one in (low, band, high)] == pytest.approx([q, q, q], rel=1e-6)


def test_the_coefficient_is_a_tangent():
    for freq in (1.0, 440.0, 20_000.0):
        assert corner_coefficient(freq, RATE) == pytest.approx(np.tan(np.pi * freq / RATE), rel=1e-9)
    ends = [corner_coefficient(freq, RATE) for freq in (np.nan, -5.0, np.inf)]
    assert ends[:2] == [0.0, 0.0] and ends[2] == pytest.approx(np.tan(np.pi * 0.499), rel=1e-7)
