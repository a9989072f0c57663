"""Modal: the pitches of the partials, their decay, and their levels by the place of the strike and by the mallet."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from waves.testing import RATE, Player, level, node

Modal = node("modal")
BELL = (0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796, 8.215)
RATIOS = {"wood": (1.0, 4.0, 10.0, 17.2), "glass": (1.0, 2.32, 4.25, 6.63, 9.38), "bell": BELL}


def free_bar(k):
    """The number k of a bar with free ends, from 0 on: a root of cos x cosh x = 1."""
    return brentq(lambda x: np.cos(x) - 1.0 / np.cosh(x), (k + 1.4) * np.pi, (k + 1.6) * np.pi)


RATIOS["metal"] = tuple((free_bar(k) / free_bar(0)) ** 2 for k in range(8))


def struck(seconds, rate=RATE, **given):
    return Player(Modal, round(seconds * rate), compiled=True, rate=rate, **given).render()


def pitch(sound, near, rate):
    """The frequency in Hz of the partial near a frequency: the mean advance of its phase, filtered alone."""
    spectrum = np.fft.fft(sound * np.hanning(sound.size))
    place = round(near * sound.size / rate)
    alone = np.zeros_like(spectrum)
    alone[place - 8 : place + 9] = spectrum[place - 8 : place + 9]
    part = np.fft.ifft(alone)[sound.size // 4 : -sound.size // 4]
    turns = np.unwrap(np.angle(part)) / 2.0 / np.pi
    return float(np.polyfit(np.arange(part.size), turns, 1, w=np.abs(part))[0]) * rate


@pytest.mark.parametrize(
    ("material", "rate"), [*((one, RATE) for one in RATIOS), ("metal", 22_050.0), ("metal", 96_000.0)]
)
def test_each_partial_has_its_pitch_within_1_cent(material, rate):
    freq, worst = 701.0, 0.0
    sound = struck(0.7, rate, freq=freq, material=material, decay=100.0, strike=1.0, position=0.07)
    for ratio in RATIOS[material]:
        if ratio * freq < 0.4 * rate:
            worst = max(worst, abs(1200.0 * np.log2(pitch(sound, ratio * freq, rate) / freq / ratio)))
    print(f"{material}, {rate:g}: {worst:.3f} cent")
    assert worst < 0.6  # the two halves of a partial of the bell are 0.9 cent apart


@pytest.mark.parametrize("material", RATIOS)
def test_the_pitch_falls_by_60_db_in_the_decay_and_higher_partials_sooner(material):
    def falls(near):
        first, later = (level(sound[round(at * RATE) :][:8820], near) for at in (0.05, 0.45))
        return (first - later) / 0.4  # dB per s

    sound = struck(0.8, freq=400.0, material=material, decay=2.0, strike=1.0, position=0.07)
    assert falls(400.0) == pytest.approx(30.0, rel=0.03)
    assert falls(400.0 * RATIOS[material][2]) > (20.0 if material == "bell" else 60.0)


def test_a_bar_moves_as_its_shape_and_gets_the_spectrum_of_the_mallet():
    """The shapes of a bar with free ends, as the books write them; the mallet is a Hann window of 1.3 ms."""
    freq, place, strike = 200.0, 0.3, 0.4
    sound = struck(0.5, freq=freq, material="metal", decay=100.0, strike=strike, position=place)[1000:]
    wide, found, wanted = 0.006 * (0.00015 / 0.006) ** strike, [], []
    for k, ratio in enumerate(RATIOS["metal"][:6]):
        b = free_bar(k)
        sigma = (np.cosh(b) - np.cos(b)) / (np.sinh(b) - np.sin(b))
        x = 0.5 * b * place
        shape = np.cosh(x) + np.cos(x) - sigma * (np.sinh(x) + np.sin(x))
        turns = freq * ratio * wide
        found.append(level(sound, freq * ratio))
        fallen = 0.6 * ratio**0.9 * (1000.0 + 0.5 * sound.size) / RATE  # dB, in the middle of what is measured
        wanted.append(20.0 * np.log10(abs(0.5 * shape * np.sinc(turns) / (1.0 - turns**2))) - fallen)
    np.testing.assert_allclose(np.subtract(found, found[0]), np.subtract(wanted, wanted[0]), atol=0.5)


def test_the_loudest_moment_is_about_amp():
    for material in RATIOS:
        for strike in (0.0, 0.5, 1.0):
            peak = np.abs(struck(0.2, material=material, strike=strike, position=0.5 * strike)).max()
            assert 0.3 < peak < 1.2, (material, strike)


def test_without_trigger_and_signal_it_ends_when_it_is_silent():
    player = Player(Modal, 22_050, compiled=True, material="wood", decay=0.1)
    sound = player.render()
    last = np.flatnonzero(sound)[-1] / RATE
    print(f"it ends after {last:.3f} s")
    assert player.ended and 0.2 < last < 0.27


def test_noise_is_about_as_loud_as_it_comes_in():
    noise = np.random.default_rng(4).standard_normal(44_100)
    sound = struck(1.0, material="metal", signal=noise, decay=0.5)[22_050:]
    assert 20.0 * np.log10(sound.std()) == pytest.approx(0.0, abs=3.0)
    assert not struck(0.1, signal=np.zeros(4410)).any()
