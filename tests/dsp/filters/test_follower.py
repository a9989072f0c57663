"""The envelope follower against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp.filters.follower import follow, follower_coefficient


@pytest.mark.parametrize("rate", [22_050.0, 96_000.0])
@pytest.mark.parametrize(("rise", "fall"), [(0.001, 0.02), (0.02, 0.001)])
def test_it_rises_and_falls_by_63_percent_in_its_times(rise, fall, rate):
    count = int(0.05 * rate)
    signal = np.where(np.arange(2 * count) < count, -0.5, 0.0)  # a level has no sign
    level = each(follow, signal, follower_coefficient(rise, rate), follower_coefficient(fall, rate), states=(1,))
    seconds = np.arange(1, count + 1) / rate
    np.testing.assert_allclose(level[:count], 0.5 * (1.0 - np.exp(-seconds / rise)), rtol=1e-8)
    np.testing.assert_allclose(level[count:], level[count - 1] * np.exp(-seconds / fall), rtol=1e-8)


def test_coefficients():
    assert follower_coefficient(1.0, 44_100.0) == pytest.approx(-np.expm1(-1.0 / 44_100.0), rel=1e-11)
    assert follower_coefficient(100.0, 44_100.0) == pytest.approx(-np.expm1(-1.0 / 4_410_000.0), rel=1e-11)
    assert [follower_coefficient(time, 44_100.0) for time in (0.0, -1.0, np.nan)] == [1.0, 1.0, 1.0]
