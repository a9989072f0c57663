"""Mix and track: plain sums, and places between left and right."""

from __future__ import annotations

import numpy as np
import pytest

from waves.node_types.builtin.mixing import Gain
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


def test_a_stereo_signal_is_exact_at_the_centre():
    sides = [noise.standard_normal(100), noise.standard_normal(100)]
    volume = np.linspace(0.0, 2.0, 100)
    assert np.array_equal(Player(node("track"), 100, compiled=True, signal=sides).render(), sides)
    left, right = Player(node("track"), 100, compiled=True, signal=sides, volume=volume).render()
    np.testing.assert_allclose([left, right], sides * volume, atol=1e-14)


@pytest.mark.parametrize("pan", [-1.0, -0.6, -0.01, 0.3, 1.0])
def test_the_other_side_of_a_stereo_signal_moves_over_with_equal_power(pan):
    left, right = noise.standard_normal(100), noise.standard_normal(100)
    heard = Player(node("track"), 100, compiled=True, signal=[left, right], pan=pan).render()
    here, there = np.cos(abs(pan) * np.pi / 2), np.sin(abs(pan) * np.pi / 2)
    expected = [left + there * right, here * right] if pan < 0 else [here * left, right + there * left]
    np.testing.assert_allclose(heard, expected, atol=1e-9)


def test_a_gain_is_in_decibels():
    sound, gain = noise.standard_normal(200), np.linspace(-90.0, 40.0, 200)
    for given in (-6.0, 0.0, 12.0, gain):
        heard = Player(Gain, 200, compiled=True, signal=sound, gain=given).render()
        np.testing.assert_allclose(heard, sound * 10.0 ** (np.asarray(given) / 20.0), rtol=1e-13)
    assert np.array_equal(Player(Gain, 200, compiled=True, signal=sound, gain=0.0).render(), sound)
    for wild in (np.inf, -np.inf, np.nan, 1e300, -1e300):
        assert np.isfinite(Player(Gain, 64, compiled=True, signal=1.0, gain=np.full(64, wild)).render()).all()


def test_pan_beyond_the_ends_stays_there():
    left, right = Player(node("track"), 64, compiled=True, signal=[1.0], pan=5.0).render()
    np.testing.assert_allclose([left, right], [np.zeros(64), np.full(64, np.sqrt(2.0))], atol=1e-9)


@pytest.mark.parametrize("width", [0.0, 0.4, 1.0, 2.0])
def test_the_width_of_a_track_multiplies_its_side(width):
    sides = left, right = noise.standard_normal((2, 100))
    heard = Player(node("track"), 100, compiled=True, signal=[left, right], width=width).render()
    middle, side = 0.5 * (left + right), 0.5 * (left - right)
    np.testing.assert_allclose(heard, [middle + width * side, middle - width * side], atol=1e-14)
    assert width != 1.0 or np.array_equal(heard, sides), "to the bit"
    moved = Player(node("track"), 100, compiled=True, signal=[left, right], width=width, pan=1.0).render()
    np.testing.assert_allclose(moved, [np.zeros(100), 2.0 * middle], atol=1e-9)
    mono = [Player(node("track"), 100, compiled=True, signal=[left], pan=0.3, width=one).render() for one in (width, 1)]
    assert np.array_equal(*mono)


def test_the_width_of_a_track_beyond_its_ends_stays_there():
    left, right = Player(node("track"), 64, compiled=True, signal=[1.0, 0.0], width=9.0).render()
    assert np.array_equal([left, right], [np.full(64, 1.5), np.full(64, -0.5)])
