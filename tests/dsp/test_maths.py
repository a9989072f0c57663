"""Arithmetic of kernels against closed forms, in plain Python and compiled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.harness.compiled_code import in_kernels
from waves.dsp import maths
from waves.engine.native.entry import jit

anything = st.floats(allow_nan=True, allow_infinity=True)
FAST_POWERS = in_kernels(maths.exponent), in_kernels(maths.power_of_two)


@given(st.floats(-1e6, 1e6))
def test_sine_of_turns(x):
    assert maths.sine(x) == pytest.approx(math.sin(math.tau * (x - round(x))), abs=2e-11)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_number_has_no_whole_part_and_is_no_error(x):
    for function in (maths.floor, maths.rint):
        assert function(x) == x or x != x
    assert not maths.sine(x) > 1.0 and 0.0 <= maths.turn(x) < 1.0


@given(st.floats(1e-300, 1e300))
def test_a_number_is_a_power_of_two_times_one_near_1(x):
    for exponent, power_of_two in ((maths.exponent, maths.power_of_two), FAST_POWERS):
        n = exponent(x)
        assert n == math.floor(n) and power_of_two(n) == 2.0**n
        assert math.sqrt(0.5) <= x * power_of_two(-n) < math.sqrt(2.0)


@given(anything, st.integers(1, 10**9))
def test_an_index_is_inside(x, size):
    for function in (maths.finite_index, jit(maths.finite_index)):
        index = function(x, size)
        assert 0 <= index < size
        if 0 <= x < size:
            assert index == int(x)


@given(anything, anything)
def test_seconds_are_whole_frames(seconds, rate):
    found = maths.frames(seconds, rate)
    assert -1e15 <= found <= 1e15 and found == round(found)


def test_seconds_are_rounded():
    assert maths.frames(0.29, 44100.0) == 12789.0
    assert maths.frames(math.inf, 44100.0) == maths.frames(math.nan, 44100.0) == 1e15


@given(anything, st.floats(8000.0, 192000.0))
def test_an_increment_is_on_the_grid(freq, rate):
    step = maths.increment(freq, rate)
    assert abs(step) <= 0.5 and step / maths.STEP == round(step / maths.STEP)
    if abs(freq) < rate / 2:
        assert step == pytest.approx(freq / rate, abs=maths.STEP)


@given(st.floats(-1e15, 1e15))
def test_a_turn_is_a_phase(x):
    assert 0.0 <= maths.turn(x) < 1.0


def test_the_time_of_a_fade_is_a_count_of_frames():
    seconds = (0.29, 0.0, -1.0, math.nan, math.inf)
    assert [maths.fade_frames(time, 44100.0) for time in seconds] == [12789.0, 0.0, 0.0, 0.0, 44100e6]


def test_fades_arrive_exactly():
    assert [maths.rising(x) for x in (-1.0, 0.0, 1.0, 2.0)] == [0.0, 0.0, 1.0, 1.0]
    assert [maths.falling(x) for x in (-1.0, 0.0, 1.0, 2.0)] == [1.0, 1.0, 0.0, 0.0]
    assert maths.rising(0.3) + maths.falling(0.3) == pytest.approx(1.0)


def test_the_hash_changes_half_the_bits():
    """Flipping any bit of the input flips any bit of the output about every other time."""
    numbers = range(0, 1 << 20, 997)
    for bit in range(32):
        flipped = [maths.scrambled(n) ^ maths.scrambled(n ^ (1 << bit)) for n in numbers]
        for other in range(32):
            share = sum(f >> other & 1 for f in flipped) / len(flipped)
            assert 0.4 < share < 0.6


def test_streams_are_uniform_and_normal_and_the_same_compiled():
    uniform = np.array([maths.uniform(7, n) for n in range(20000)])
    gaussian = np.array([maths.gaussian(7, n) for n in range(20000)])
    assert stats.kstest(uniform, "uniform").pvalue > 0.001
    assert stats.kstest(gaussian, "norm").pvalue > 0.001
    fast = jit(maths.gaussian)
    np.testing.assert_allclose([fast(7, n) for n in range(100)], gaussian[:100], atol=1e-12)
