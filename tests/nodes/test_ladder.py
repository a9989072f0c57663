"""Ladder: the linear circuit in closed form, its pitch, its saturation, aliases, and values that jump."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal

from waves.testing import RATE, Player, node, spectrum_db

Ladder = node("ladder")
SIZE = 1 << 14


def played(sound, frames=SIZE, rate=RATE, **given):
    return Player(Ladder, frames, compiled=True, rate=rate, signal=sound, **given).render()


def circuit(ratio, resonance, slope):
    """The level in dB of four poles and their feedback, and what the node makes up for its loss of level."""
    pole = 1.0 / (1.0 + 1j * ratio)
    found = pole ** (slope // 6) / (1.0 + 4.0 * resonance * pole**4)
    return 20.0 * np.log10(np.abs(found) * (1.0 + 2.0 * resonance))


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
@pytest.mark.parametrize("cutoff", [500.0, 4000.0])
def test_softly_it_is_the_linear_circuit(rate, cutoff):
    """That of the bilinear transform at twice the rate; up to an octave above the cutoff the circuit within 0.7 dB."""
    impulse = np.eye(1, SIZE)[0] * 1e-3
    freqs = np.fft.rfftfreq(SIZE, 1.0 / rate)
    bent = np.tan(0.5 * np.pi * freqs / rate) / np.tan(0.5 * np.pi * cutoff / rate)
    for resonance in (0.0, 0.9):
        for slope in (12, 24):
            sound = played(impulse, rate=rate, cutoff=cutoff, resonance=resonance, slope=slope)
            found = 20.0 * np.log10(np.abs(np.fft.rfft(sound)) * 1e3)
            wanted = circuit(bent, resonance, slope)
            heard = (freqs > 30.0) & (freqs < 0.45 * rate) & (wanted > -80.0)
            np.testing.assert_allclose(found[heard], wanted[heard], atol=0.1)
            heard &= freqs < 2.0 * cutoff
            np.testing.assert_allclose(found[heard], circuit(freqs / cutoff, resonance, slope)[heard], atol=0.7)


def pitch(sound):
    """The frequency in Hz of a sound of one strong partial: the mean advance of the phase of its analytic signal."""
    spectrum = np.fft.fft(sound * np.hanning(sound.size))
    place = np.abs(spectrum[: sound.size // 2]).argmax()
    alone = np.zeros_like(spectrum)
    alone[place - 8 : place + 9] = spectrum[place - 8 : place + 9]
    part = np.fft.ifft(alone)[sound.size // 4 : -sound.size // 4]
    return float(np.polyfit(np.arange(part.size), np.unwrap(np.angle(part)), 1, w=np.abs(part))[0]) * RATE / 2.0 / np.pi


@pytest.mark.parametrize("cutoff", [110.0, 1000.0, 6000.0, 12_000.0, 19_000.0])
def test_it_sings_in_tune_out_of_silence(cutoff):
    for resonance in (1.1, 1.2):
        sound = played(0.0, 60_000, cutoff=cutoff, resonance=resonance)[-30_000:]
        away = 1200.0 * np.log2(pitch(sound) / cutoff)
        print(f"{cutoff:g} Hz, {resonance}: {away:.3f} cent, peak {np.abs(sound).max():.3f}")
        assert abs(away) < 1.0
        assert 0.3 < np.abs(sound).max() < 0.6
    assert not played(0.0, cutoff=cutoff, resonance=0.99).any()


@pytest.mark.parametrize(("place", "drive", "most"), [(743, 24.0, -100.0), (3719, 9.0, -90.0)])
def test_partials_hardly_fold_back(place, drive, most):
    """Of a sine of 1000 or 5005 Hz: all that is no multiple of it, up to 20 kHz."""
    count = 1 << 15
    sine = 0.5 * np.sin(2.0 * np.pi * place / count * np.arange(2 * count))
    spectrum = spectrum_db(played(sine, 2 * count, cutoff=18_000.0, drive=drive)[count:])[
        : round(20_000 * count / RATE)
    ]
    away = np.abs(np.arange(spectrum.size) - place * np.rint(np.arange(spectrum.size) / place))
    alias = spectrum[away > 20].max() - spectrum.max()
    print(f"aliases {alias:.1f} dB")
    assert alias < most


def test_a_saw_stays_as_loud_whatever_the_drive():
    saw = 0.25 * signal.sawtooth(2.0 * np.pi * 110.0 * np.arange(SIZE) / RATE)
    for drive in (0.0, 12.0, 24.0, 48.0):
        power = np.mean(played(saw, cutoff=19_000.0, drive=drive)[2000:] ** 2) / np.mean(saw[2000:] ** 2)
        assert 10.0 * np.log10(power) == pytest.approx(0.0, abs=0.5)


def test_it_is_bounded_while_everything_jumps():
    """The saturation is within -1 and 1, and each pole stays between what it was and what goes in."""
    noise = np.random.default_rng(2)
    cutoff = noise.choice([0.0, 20.0, 3000.0, 1e9, np.nan], SIZE)
    resonance = noise.choice([0.0, 1.2, np.nan], SIZE)
    sound = played(noise.uniform(-50.0, 50.0, SIZE), cutoff=cutoff, resonance=resonance)
    assert np.abs(sound).max() < 2.0 * (1.0 + 2.0 * 1.2)


def test_its_slope_is_12_or_24():
    with pytest.raises(ValidationError, match="'slope' is 12 or 24, not 18"):
        Ladder(signal=None, cutoff=100.0, slope=18)
