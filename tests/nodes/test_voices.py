"""Formant and vocoder: where the formants are, and what is said with the voice of another sound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from waves.testing import RATE, Player, node

Formant, Vocoder = node("formant"), node("vocoder")
IMPULSE = np.eye(1, 1 << 15)[0]
NOISE = np.random.default_rng(1).standard_normal(44_100)
MEASURED = {  # Hz: Peterson and Barney (1952), table II, means of men
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
}
UPPER, WIDTHS = (3300.0, 3750.0), (60.0, 100.0, 150.0, 200.0, 250.0)


def throat(rate=RATE, **given):
    """Frequencies and levels in dB, from 0 Hz up to half the rate."""
    sound = Player(Formant, IMPULSE.size, compiled=True, rate=rate, signal=IMPULSE, **given).render()
    return np.fft.rfftfreq(sound.size, 1.0 / rate), 20.0 * np.log10(np.abs(np.fft.rfft(sound)) + 1e-12)


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
@pytest.mark.parametrize("vowel", MEASURED)
def test_the_formants_of_a_vowel_are_where_they_were_measured(vowel, rate):
    freqs, level = throat(rate, vowel=vowel)
    peaks = freqs[signal.find_peaks(level)[0]]
    away = [abs(peaks - freq).min() / freq for freq in MEASURED[vowel]]
    print(f"{vowel} at {rate:g}: {100.0 * max(away):.2f} %")
    assert max(away) < 0.02
    s = 1j * freqs
    tract = np.prod(
        [f * f / (s * s + width * s + f * f) for f, width in zip(MEASURED[vowel] + UPPER, WIDTHS, strict=True)], axis=0
    )
    below = freqs < 8000.0
    curve = 20.0 * np.log10(np.abs(tract[below]))
    error = np.abs(level[below] - level[0] - curve)[1:].max()
    print(f"within {error:.2f} dB of the analogue curve to 8 kHz")
    assert error < (0.8 if rate < 50_000.0 else 0.1)


def test_a_vowel_may_be_between_two_and_all_of_them_higher():
    assert np.array_equal(throat(vowel="a", morph=2.0)[1], throat(vowel="i")[1])
    freqs, level = throat(vowel="a", morph=0.5)
    first = freqs[signal.find_peaks(level)[0][0]]
    assert first == pytest.approx(np.sqrt(730.0 * 530.0), rel=0.01)
    freqs, level = throat(vowel="a", shift=12.0)
    assert freqs[signal.find_peaks(level)[0][0]] == pytest.approx(1460.0, rel=0.01)


def spoken(**given):
    return Player(Vocoder, NOISE.size, compiled=True, **{"signal": [NOISE]} | given).render()


@pytest.mark.parametrize("band", [3, 8, 12])
def test_a_vocoder_lets_through_the_band_in_which_something_is_said(band):
    freq = 90.0 * 100.0 ** (band / 15.0)
    voice = np.sin(2.0 * np.pi * freq / RATE * np.arange(NOISE.size))
    for shift in (0.0, 7.0):
        freqs, power = signal.welch(spoken(key=voice, shift=shift)[8000:], RATE, nperseg=8192)
        heard, wanted = freqs[power > 0.5 * power.max()], freq * 2.0 ** (shift / 12.0)
        assert wanted * 2.0**-0.3 < heard.min() < wanted < heard.max() < wanted * 2.0**0.3
    assert np.abs(spoken(key=0.0)).max() == 0.0


@pytest.mark.parametrize("bands", [8, 16, 32])
def test_the_bands_of_a_vocoder_are_even_together(bands):
    """With one level in all of them it is a filter, flat from band to band, and the same at another rate."""
    wanted, inside = np.geomspace(120.0, 7500.0, 200), []
    for rate in (44_100.0, 96_000.0):
        given = {"signal": [IMPULSE], "key": 0.0, "bands": bands, "release": 5.0}
        player = Player(Vocoder, IMPULSE.size, compiled=True, rate=rate, **given)
        player.record["level"] = 1.0
        level = 20.0 * np.log10(np.abs(np.fft.rfft(player.render())))
        inside.append(np.interp(wanted, np.fft.rfftfreq(IMPULSE.size, 1.0 / rate), level))
    print(f"{bands} bands: {np.ptp(inside[0]):.2f} dB, rates apart by {np.abs(inside[0] - inside[1]).max():.2f} dB")
    assert np.ptp(inside[0]) < 1.6
    assert np.abs(inside[0] - inside[1]).max() < 0.7  # at 7 kHz; 0.25 below 5 kHz


def test_a_voice_of_minus_20_db_leaves_the_loudness():
    rng = np.random.default_rng(2)
    pink = np.fft.irfft(np.fft.rfft(rng.standard_normal(NOISE.size)) / np.sqrt(np.arange(NOISE.size // 2 + 1) + 50.0))
    for bands in (8, 16, 32):
        sound = spoken(key=0.1 * pink / np.std(pink), signal=[pink], bands=bands)[8000:]
        change = 20.0 * np.log10(np.std(sound) / np.std(pink))
        print(f"{bands} bands: {change:.1f} dB")
        assert abs(change) < 2.0
