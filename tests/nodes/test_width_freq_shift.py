"""Width and freq_shift: sum and difference, where the bass is mono, the image that is left of a shift."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from waves.testing import RATE, Player, node

Width, FreqShift = node("width"), node("freq_shift")
CHANCE = np.random.default_rng(4)
SIDES = [CHANCE.normal(0, 0.3, 8192) for _ in range(2)]
COUNT = 1 << 16  # frames of a measured tone


def wide(sides=SIDES, rate=RATE, **given):
    return Player(Width, len(sides[0]), compiled=True, rate=rate, signal=sides, **given).render()


@pytest.mark.parametrize("width", [0.0, 0.5, 1.0, 2.0])
def test_the_side_is_multiplied_and_the_middle_stays(width):
    left, right = wide(width=width)
    np.testing.assert_allclose(left + right, SIDES[0] + SIDES[1], atol=1e-12)
    np.testing.assert_allclose(left - right, width * (SIDES[0] - SIDES[1]), atol=1e-12)


def test_a_mono_sound_stays():
    np.testing.assert_allclose(wide([SIDES[0]], width=2.0), [SIDES[0]] * 2, atol=1e-12)


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
def test_the_side_falls_below_the_bass_as_a_filter_of_linkwitz_and_riley(rate):
    """Two filters of Butterworth of the first order; the middle keeps its level, and the phase of the side."""
    one, none = np.eye(1, 1 << 16)[0], np.zeros(1 << 16)
    left, right = np.fft.rfft(wide([one, none], rate, bass=200.0))
    freqs = np.linspace(0.0, 0.5 * rate, left.size)
    b, a = signal.butter(1, 200.0, "highpass", fs=rate)
    high = signal.freqz(b, a, freqs, fs=rate)[1] ** 2
    np.testing.assert_allclose(left - right, high, atol=1e-6)
    np.testing.assert_allclose(np.abs(left + right), 1.0, atol=1e-6)
    above = freqs > 50.0
    assert np.abs(np.angle((left + right)[above] / high[above])).max() < 1e-3


def test_an_edit_of_the_width_and_of_the_bass_is_no_click():
    tone = [0.5 * np.sin(2 * np.pi * freq / RATE * np.arange(22_050)) for freq in (220.0, 331.0)]
    sweep = np.linspace(0.0, 1.0, 22_050)
    for given in ({"width": 2.0 * sweep}, {"bass": 2000.0 * sweep}):
        treble = signal.sosfilt(signal.butter(4, 4000.0, "highpass", fs=RATE, output="sos"), wide(tone, **given))
        assert 20.0 * np.log10(np.abs(treble[:, 2000:]).max()) < -80.0


def shifted(freq, shift, rate=RATE, **given):
    """Levels in dB, by frequency, of a tone that is shifted, without its start."""
    freq, shift = (round(one * COUNT / rate) * rate / COUNT for one in (freq, shift))  # on the grid of the spectrum
    tone = np.sin(2 * np.pi * freq / rate * np.arange(2 * COUNT))
    sound = Player(FreqShift, tone.size, compiled=True, rate=rate, signal=tone, shift=shift, **given).render()[COUNT:]
    spectrum = np.abs(np.fft.rfft(sound * np.kaiser(COUNT, 26.0))) / (0.5 * np.kaiser(COUNT, 26.0).sum())

    def level(place):
        k = round(place * COUNT / rate)
        return 20.0 * np.log10(max(spectrum[max(k - 2, 0) : k + 3].max(), 1e-12))

    return level


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
@pytest.mark.parametrize(
    ("freq", "shift"), [(1000.0, 100.0), (1000.0, -100.0), (60.0, 500.0), (9000.0, -8000.0), (300.0, 0.7)]
)
def test_a_tone_moves_and_its_image_is_below_84_db(freq, shift, rate):
    level = shifted(freq, shift, rate)
    image, carrier = level(abs(freq - shift)), level(freq)
    print(f"{freq} Hz by {shift} Hz: {level(freq + shift):.3f} dB, image {image:.0f} dB, carrier {carrier:.0f} dB")
    assert abs(level(freq + shift)) < 0.01
    if abs(shift) > 20.0:
        assert image < -84.0 and carrier < -84.0


def test_what_moves_beyond_half_the_rate_is_gone_and_what_moves_through_0_comes_back():
    beyond = shifted(20_000.0, 5000.0)
    print(f"at 25 kHz, folded: {beyond(RATE - 25_000.0):.0f} dB")
    assert beyond(RATE - 25_000.0) < -80.0
    assert abs(shifted(300.0, -1000.0)(700.0)) < 0.01


def test_a_moving_shift_is_no_click_and_no_mix_is_the_input():
    frames = np.arange(44_100)
    tone = 0.5 * np.sin(2 * np.pi * 220.0 / RATE * frames)
    sweep = 1000.0 * np.sin(2 * np.pi * frames / 44_100.0)
    sound = Player(FreqShift, tone.size, compiled=True, signal=tone, shift=sweep).render()[4000:]
    treble = signal.sosfilt(signal.butter(10, 6000.0, "highpass", fs=RATE, output="sos"), sound)
    assert 20.0 * np.log10(np.abs(treble[2000:]).max()) < -70.0 and np.abs(sound).max() < 1.0
    assert np.array_equal(Player(FreqShift, tone.size, compiled=True, signal=tone, mix=0.0).render(), tone)
