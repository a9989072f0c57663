"""Noise and impulse: the slopes and levels of the colours, chances of clicks, and moments of impulses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from waves.testing import RATE, Player, node

Noise, Impulse = node("noise"), node("impulse")
SLOPES = {"white": 0.0, "pink": -3.0103, "brown": -6.0206, "blue": 3.0103, "violet": 6.0206}  # dB per octave
RATES = [22_050, 44_100, 48_000, 96_000]
FRAMES = 1 << 18


def played(kind, frames, rate=RATE, **given):
    return Player(kind, frames, compiled=True, sample_rate=rate, **given).render()


def bands(sound, rate, low, high):
    """The power of each third of an octave."""
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    freqs = np.fft.rfftfreq(sound.size, 1.0 / rate)
    edges = low * 2.0 ** (np.arange(int(3.0 * np.log2(high / low)) + 1) / 3.0)
    found = [power[(freqs >= a) & (freqs < b)].mean() for a, b in pairwise(edges)]
    return np.array(found)


@pytest.mark.parametrize("rate", RATES)
def test_a_colour_has_its_slope_and_the_power_of_white_noise(rate):
    """Beside white noise of the same seed: what chance adds is in both. Of brown noise all power counts."""
    plain = played(Noise, FRAMES, rate, seed=5)
    white = bands(plain, rate, 40.0, min(16_000.0, 0.363 * rate))
    for colour, slope in SLOPES.items():
        sound = played(Noise, FRAMES, rate, seed=5, type=colour)
        level = 10.0 * np.log10(bands(sound, rate, 40.0, min(16_000.0, 0.363 * rate)) / white)
        away = np.abs((level[3:] - level[:-3]) - slope).max()
        freqs = np.fft.rfftfreq(FRAMES, 1.0 / rate)
        heard = (freqs >= (0.0 if colour == "brown" else 20.0)) & (freqs < 20_000.0)
        power = [np.sum(np.abs(np.fft.rfft(one))[heard] ** 2) for one in (sound, plain)]
        louder = 10.0 * np.log10(power[0] / power[1])
        print(f"{rate} {colour}: slope off by {away:.2f} dB per octave, {louder:+.2f} dB")
        assert away < 0.35
        if rate > 40_000:
            assert abs(louder) < (1.2 if colour == "brown" else 0.3)


def test_white_noise_is_normal_and_has_the_same_density_at_every_rate():
    for rate in RATES:
        sound = played(Noise, 50_000, rate, seed=2)
        assert sound.std() == pytest.approx(np.sqrt(rate / RATE), rel=0.02)
    assert stats.kstest(played(Noise, 20_000, seed=3), "norm").pvalue > 0.001


@pytest.mark.parametrize("rate", RATES)
def test_dust_is_as_many_clicks_as_asked_for_of_any_level(rate):
    """Each at 44.1 kHz one frame; a gap is as long as chance makes it, so the gaps are exponential."""
    sound = played(Noise, 20 * rate, rate, type="dust", density=100.0, seed=4)
    begins = np.flatnonzero((sound[1:] != sound[:-1]) & (sound[1:] != 0.0)) + 1
    assert begins.size == pytest.approx(2000, abs=150)
    heights = sound[begins]
    assert stats.kstest(heights, "uniform", (-1.0, 2.0)).pvalue > 0.001
    assert stats.kstest(np.diff(begins) / rate, "expon", (0.0, 1.0 / 100.0)).pvalue > 0.001
    assert np.count_nonzero(sound) == pytest.approx(begins.size * max(round(rate / 44_100), 1), rel=0.01)


def test_a_crackle_has_few_loud_pops_and_many_soft_ones_at_every_rate():
    for rate in RATES:
        sound = played(Noise, 20 * rate, rate, type="crackle", density=100.0, seed=4)
        levels = np.abs(sound[: 2000 * (rate // 100)].reshape(2000, -1)).max(axis=1)
        print(f"{rate}: RMS {sound.std():.4f}, peak {levels.max():.2f}, half below {np.median(levels):.3f}")
        assert 0.5 < levels.max() < 2.0
        assert np.median(levels) < 0.1 * levels.max()
        assert sound.std() == pytest.approx(0.048, rel=0.25)


@pytest.mark.parametrize("rate", RATES)
def test_impulses_lie_where_the_phase_is_whole(rate):
    sound = played(Impulse, 2 * rate, rate, freq=7.3, amp=0.5)
    begins = np.flatnonzero(np.diff(sound, prepend=0.0) > 0.0)
    np.testing.assert_array_equal(begins, np.ceil(np.arange(begins.size) * rate / 7.3 - 1e-6))
    assert begins.size == 15
    assert np.count_nonzero(sound == 0.5) == begins.size * max(round(rate / 44_100), 1) == np.count_nonzero(sound)


def test_a_phase_makes_impulses_earlier():
    sound = played(Impulse, 44_100, freq=10.0, phase=0.25 * 2.0 * np.pi)
    np.testing.assert_array_equal(np.flatnonzero(sound), np.arange(10) * 4410 + 3308)
