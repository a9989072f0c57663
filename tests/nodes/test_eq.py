"""EQ: each band against its analogue model, silence of bands at 0 dB, cuts that undo boosts, values that jump."""

from __future__ import annotations

import numpy as np
import pytest

from waves.testing import RATE, Player, node

EQ = node("eq")
SIZE = 1 << 15
NOISE = np.random.default_rng(3).uniform(-0.5, 0.5, 8192)
FREQS = [100.0, 1500.0, 9500.0, 16_000.0]
GAINS = [-24.0, 0.04, 12.0]


def played(sound, rate=RATE, **given):
    return Player(EQ, sound.size, compiled=True, rate=rate, signal=sound, **given).render()


def away(analogue, rate=RATE, highest=16_000.0, **given):
    """The largest difference of the level to an analogue response of s = i f, in dB, from 30 Hz to a frequency."""
    freqs = np.fft.rfftfreq(SIZE, 1.0 / rate)
    heard = (freqs > 30.0) & (freqs < highest)
    found = np.abs(np.fft.rfft(played(np.eye(1, SIZE)[0], rate, **given)))[heard]
    return np.abs(20.0 * np.log10(found / np.abs(analogue(1j * freqs[heard])))).max()


def low_shelf(freq, gain):
    a = 10.0 ** (gain / 40.0)
    return lambda s: (
        a * ((s / freq) ** 2 + np.sqrt(2 * a) * s / freq + a) / (a * (s / freq) ** 2 + np.sqrt(2 * a) * s / freq + 1)
    )


def high_shelf(freq, gain):
    return lambda s: low_shelf(freq, gain)(freq**2 / s)


def peak(freq, octaves, gain):
    a = 10.0 ** (gain / 40.0)
    width = 2.0 ** (octaves / 2.0) - 2.0 ** (-octaves / 2.0)
    return lambda s: ((s / freq) ** 2 + a * width * s / freq + 1) / ((s / freq) ** 2 + width / a * s / freq + 1)


def butterworth(freq, power):
    return lambda s: (s / freq) ** power / ((s / freq) ** 2 + np.sqrt(2) * s / freq + 1)


@pytest.mark.parametrize("freq", FREQS)
def test_each_band_is_its_analogue_model(freq):
    worst = {}
    for gain in GAINS:
        for octaves in (0.15, 1.0, 4.0):
            found = away(peak(freq, octaves, gain), mid=gain, mid_freq=freq, bandwidth=octaves)
            worst["mid"] = max(worst.get("mid", 0.0), found)
        found = away(low_shelf(freq, gain), low=gain, low_freq=freq)
        worst["low"] = max(worst.get("low", 0.0), found)
        found = away(high_shelf(freq, gain), high=gain, high_freq=freq)
        worst["high"] = max(worst.get("high", 0.0), found)
    worst["low_cut"] = away(butterworth(freq, 2), low_cut=freq)
    worst["high_cut"] = away(butterworth(freq, 0), high_cut=freq)
    print(f"{freq:g} Hz:", ", ".join(f"{name} {found:.3f} dB" for name, found in worst.items()))
    assert max(worst.values()) < 0.1


@pytest.mark.parametrize("rate", [22_050.0, 96_000.0])
def test_it_is_that_model_at_other_rates(rate):
    highest = 0.36 * rate
    assert away(peak(5000.0, 1.0, 12.0), rate, highest, mid=12.0, mid_freq=5000.0) < 0.1
    assert away(high_shelf(8000.0, -9.0), rate, highest, high=-9.0) < 0.1


def test_all_bands_together_are_the_sum_of_their_levels():
    given = {"low": 6.0, "mid": -9.0, "mid_freq": 700.0, "high": 3.0, "low_cut": 40.0, "high_cut": 15_000.0}
    parts = [low_shelf(100.0, 6.0), peak(700.0, 1.0, -9.0), high_shelf(8000.0, 3.0)]
    parts += [butterworth(40.0, 2), butterworth(15_000.0, 0)]
    assert away(lambda s: np.prod([part(s) for part in parts], axis=0), **given) < 0.1


def test_at_0_db_it_is_the_sound_to_the_bit():
    np.testing.assert_array_equal(played(NOISE), NOISE)
    np.testing.assert_array_equal(played(NOISE, low_freq=5000.0, mid_freq=30.0, bandwidth=4.0), NOISE)


def test_a_cut_undoes_a_boost():
    given = {"mid_freq": 3000.0, "bandwidth": 0.5, "low_freq": 300.0, "high_freq": 15_000.0}
    boosted = played(NOISE, low=12.0, mid=24.0, high=9.0, **given)
    np.testing.assert_allclose(played(boosted, low=-12.0, mid=-24.0, high=-9.0, **given), NOISE, atol=1e-9)


def test_it_is_stable_while_everything_jumps():
    """Every 16 frames, as often as the values are made: the largest gain of all bands is 72 dB."""
    noise = np.random.default_rng(4)

    def jumping(low, high):
        return np.repeat(noise.choice([low, high, np.nan], NOISE.size // 16), 16)

    given = {name: jumping(-24.0, 24.0) for name in ("low", "mid", "high")}
    given |= {name: jumping(20.0, 20_000.0) for name in ("low_freq", "mid_freq", "high_freq")}
    sound = played(NOISE, **given, bandwidth=jumping(0.1, 4.0), low_cut=jumping(20.0, 2000.0))
    assert np.abs(sound).max() < 0.5 * 10.0 ** (72.0 / 20.0)


def test_a_cut_that_is_not_given_is_none_and_its_frequency_moves():
    """A lowpass that glides up from 200 Hz lets a tone of 1 kHz through as it passes it."""
    tone = np.sin(2.0 * np.pi * 1000.0 / RATE * np.arange(2 * NOISE.size))
    heard = played(tone, high_cut=np.geomspace(200.0, 20_000.0, tone.size))
    first, last = (np.std(part) / np.std(tone) for part in (heard[500:1500], heard[-1000:]))
    assert first < 0.1
    assert last == pytest.approx(1.0, abs=0.01)
