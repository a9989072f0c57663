"""Allpass filters: their level is 1, and their delay is the one that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp.filters import allpass

RATE = 44_100.0
IMPULSE = np.eye(1, 4096)[0]


def response(coefficient, freq):
    """The response at a frequency, from the answer to an impulse."""
    answer = each(allpass.allpass, IMPULSE, coefficient, states=(1,))
    return answer @ np.exp(-2j * np.pi * freq / RATE * np.arange(answer.size))


@pytest.mark.parametrize("freq", [20.0, 440.0, 4000.0, 11_000.0])
@pytest.mark.parametrize("delay", [0.1, 0.5, 1.0, 1.37, 1.9])
def test_the_tuned_delay_is_exact(delay, freq):
    found = response(allpass.tuned_coefficient(delay, freq, RATE), freq)
    turns = -np.angle(found) / (2.0 * np.pi) % 1.0
    assert abs(found) == pytest.approx(1.0, abs=1e-9)
    assert turns / (freq / RATE) == pytest.approx(delay, abs=1e-6)


@pytest.mark.parametrize("delay", [0.5, 0.8, 1.0, 1.3, 1.5])
def test_the_simple_delay_is_right_at_low_frequencies(delay):
    coefficient = allpass.allpass_coefficient(delay)
    for freq, bound in ((20.0, 1e-4), (0.05 * RATE, 0.02)):
        turns = -np.angle(response(coefficient, freq)) / (2.0 * np.pi)
        assert turns / (freq / RATE) == pytest.approx(delay, abs=bound)


def test_any_delay_and_frequency_give_a_filter_that_is_stable():
    values = [-1.0, 0.0, 0.1, 1.0, 2.0, 7.0, np.nan, np.inf]
    for delay in values:
        assert abs(allpass.allpass_coefficient(delay)) < 1.0
        for freq in (*values, 100.0, 0.3 * RATE, RATE):
            assert abs(allpass.tuned_coefficient(delay, freq, RATE)) < 1.0
