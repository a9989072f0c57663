"""Equal power: both levels in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp.panning import crossfade, equal_power

POSITION = np.linspace(0.0, 1.0, 1001)


def test_levels_are_cosine_and_sine_and_their_power_is_1():
    first, second = each(equal_power, POSITION, results=2)
    np.testing.assert_allclose(first, np.cos(np.pi / 2.0 * POSITION), atol=2e-11)
    np.testing.assert_allclose(second, np.sin(np.pi / 2.0 * POSITION), atol=2e-11)
    np.testing.assert_allclose(first**2 + second**2, 1.0, atol=6e-11)


def test_ends_and_what_is_outside():
    assert equal_power(-1.0) == equal_power(0.0) == equal_power(math.nan) == pytest.approx((1.0, 0.0), abs=2e-11)
    assert equal_power(9.0) == equal_power(1.0) == pytest.approx((0.0, 1.0), abs=2e-11)


def test_a_crossfade_mixes_with_these_levels():
    first, second = each(equal_power, POSITION, results=2)
    np.testing.assert_allclose(each(crossfade, 0.3, -2.0, POSITION), 0.3 * first - 2.0 * second, atol=1e-14)
