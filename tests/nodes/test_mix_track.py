"""Mix and track: plain sums, and places between left and right."""

from __future__ import annotations

import numpy as np
import pytest

from waves.testing import Player, node

noise = np.random.default_rng(3)


@pytest.mark.parametrize("count", range(10))
def test_a_mix_is_the_plain_sum(count):
    signals = [noise.standard_normal(200) for _ in range(count)]
    mixed = Player(node("mix"), 200, compiled=True, signals=signals).render()
    np.testing.assert_allclose(mixed, np.sum([np.zeros(200), *signals], axis=0), atol=1e-13)


def test_pan_is_equal_power_with_unity_at_the_centre():
    pan = np.linspace(-1.0, 1.0, 1001)
    left, right = Player(node("track"), 1001, compiled=True, signal=[1.0], pan=pan).render()
    np.testing.assert_allclose(left**2 + right**2, 2.0, atol=1e-9)
    assert left[500] == right[500] == pytest.approx(1.0, abs=1e-15)
    assert (left[0], right[0]) == pytest.approx((np.sqrt(2.0), 0.0), abs=1e-9)
    assert np.abs(np.diff(left)).max() < 0.0023  # continuous: no jump at the centre


def test_a_stereo_signal_keeps_its_sides():
    sides = [noise.standard_normal(100), noise.standard_normal(100)]
    volume = np.linspace(0.0, 2.0, 100)
    left, right = Player(node("track"), 100, compiled=True, signal=sides, volume=volume).render()
    np.testing.assert_allclose([left, right], sides * volume, atol=1e-14)
    left, right = Player(node("track"), 100, compiled=True, signal=sides, pan=1.0).render()
    np.testing.assert_allclose([left, right], [np.zeros(100), sides[1] * np.sqrt(2.0)], atol=1e-9)


def test_pan_beyond_the_ends_stays_there():
    left, right = Player(node("track"), 64, compiled=True, signal=[1.0], pan=5.0).render()
    np.testing.assert_allclose([left, right], [np.zeros(64), np.full(64, np.sqrt(2.0))], atol=1e-9)
