"""Comb and dc: pitch, decay and damping of the tone, and the highpass that takes an offset away."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal

from waves.testing import RATE, Player, level, node

Comb, DC = node("comb"), node("dc")
NOISE = np.random.default_rng(4).standard_normal(20_000)


def struck(seconds, rate=RATE, **given):
    impulse = np.eye(1, round(seconds * rate))[0]
    return Player(Comb, impulse.size, compiled=True, rate=rate, signal=impulse, **given).render()


def pitch(sound, near, rate):
    """The frequency in Hz of the partial near a frequency: the mean advance of its phase, filtered alone."""
    spectrum = np.fft.fft(sound * np.hanning(sound.size))
    place = round(near * sound.size / rate)
    alone = np.zeros_like(spectrum)
    alone[place - 8 : place + 9] = spectrum[place - 8 : place + 9]
    part = np.fft.ifft(alone)[sound.size // 4 : -sound.size // 4]
    turns = np.unwrap(np.angle(part)) / 2.0 / np.pi
    return float(np.polyfit(np.arange(part.size), turns, 1, w=np.abs(part))[0]) * rate


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
def test_a_comb_is_in_tune(rate):
    worst = 0.0
    for freq, damping in ((27.5, 0.0), (110.0, 0.7), (441.7, 0.0), (1760.0, 0.7), (4000.0, 0.7)):
        sound = struck(0.9, rate, freq=freq, decay=20.0, damping=damping)[round(0.1 * rate) :]
        worst = max(worst, abs(1200.0 * np.log2(pitch(sound, freq, rate) / freq)))
    print(f"{rate:g}: {worst:.4f} cent")
    assert worst < 1.0


def test_a_comb_falls_by_60_db_in_its_decay_and_above_2_khz_sooner():
    def falls(freq, damping, near):
        sound = struck(1.0, freq=freq, decay=1.0, damping=damping)
        first, later = (level(sound[round(at * RATE) :][:4410], near) for at in (0.05, 0.25))
        return (first - later) / 0.2  # dB per s

    assert falls(220.0, 0.0, 220.0) == pytest.approx(60.0, rel=0.01)
    assert falls(220.0, 0.0, 6600.0) == pytest.approx(60.0, rel=0.01)  # nothing is lost between the frames
    assert falls(220.0, 0.5, 220.0) == pytest.approx(60.0, rel=0.03)
    assert falls(220.0, 0.5, 13_200.0) == pytest.approx(120.0, rel=0.03)


@pytest.mark.parametrize("feedback", [0.9, -0.7])
def test_a_comb_of_whole_frames_is_the_filter_of_the_book(feedback):
    found = Player(Comb, NOISE.size, compiled=True, signal=NOISE, freq=441.0, feedback=feedback).render()
    still = Player(DC, NOISE.size, compiled=True, signal=NOISE, cutoff=10.0).render()
    keep = 0.99999 * feedback
    wanted = signal.lfilter([np.sqrt(1.0 - keep**2)], [1.0, *np.zeros(99), -keep], still)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_comb_takes_a_decay_or_a_feedback():
    with pytest.raises(ValidationError, match="takes 'decay' or 'feedback', not both"):
        Comb(signal=None, freq=100.0, decay=1.0, feedback=0.5)


def test_a_pitch_that_glides_is_no_click():
    """The error of the tone beside one that glides is small: no frame stands out."""
    tone = np.sin(2.0 * np.pi * 300.0 / RATE * np.arange(44_100)) * np.minimum(np.arange(44_100) / 8000.0, 1.0)
    freq = np.linspace(200.0, 400.0, tone.size)
    sound = Player(Comb, tone.size, compiled=True, signal=tone, freq=freq, feedback=0.8).render()
    bend = np.abs(np.diff(sound, 2)).max() / np.abs(sound).max() / (2.0 * np.pi * 300.0 / RATE) ** 2
    print(f"bends {bend:.2f} times as much as a tone of 300 Hz")
    assert bend < 1.3


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
@pytest.mark.parametrize("cutoff", [10.0, 300.0])
def test_dc_is_a_highpass_of_the_first_order(rate, cutoff):
    found = Player(DC, NOISE.size, compiled=True, rate=rate, signal=NOISE, cutoff=cutoff).render()
    np.testing.assert_allclose(found, signal.lfilter(*signal.butter(1, cutoff, "high", fs=rate), NOISE), atol=1e-8)


def test_dc_takes_an_offset_away():
    sound = Player(DC, 44_100, compiled=True, signal=0.4 + 0.3 * np.sin(0.05 * np.arange(44_100))).render()
    assert abs(sound[-12_566:].mean()) < 1e-4  # 100 periods
