"""Drive and crush: overtones against closed forms, aliases, loudness and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, special

from waves.testing import RATE, Player, level, node, spectrum_db

SIZE = 1 << 13
TYPES = ["soft", "tube", "fold", "hard"]


def rounded(x):
    return x * (x * x + 1.5) / (1.0 + x * x) ** 1.5


CURVES = {
    "soft": lambda x: rounded(x / 1.5),
    "tube": lambda x: rounded(x / 1.5 + 0.4) - rounded(0.4),
    "fold": lambda x: np.sin(np.pi / 2.0 * x),
    "hard": lambda x: np.clip(x, -1.0, 1.0),
}


def driven(place: int, amp: float = 1.0, rate: float = RATE, **given: Any) -> np.ndarray[Any, Any]:
    """The sound of a sine of `place` periods in `SIZE` frames, when it has settled."""
    wave = amp * np.sin(2.0 * np.pi * place / SIZE * np.arange(2 * SIZE))
    return Player(node("drive"), wave.size, compiled=True, rate=rate, signal=wave, **given).render()[-SIZE:]


def behind(kind: str, drive: float) -> float:
    """The gain behind the curve, a factor: by it a saw with a peak of 0.25 has the power that it had."""
    saw = 0.25 * np.linspace(-1.0, 1.0, 20_001)
    return float(np.std(saw) / np.std(CURVES[kind](10.0 ** (drive / 20.0) * saw)))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("drive", [0.0, 12.0, 24.0])
def test_the_overtones_are_those_of_the_curve(kind, drive):
    """Of a sine of 100 Hz: its Fourier series by integration, of `fold` Bessel functions, within 0.1 dB."""
    place, into = 19, 10.0 ** (drive / 20.0)
    spectrum = np.abs(np.fft.rfft(driven(place, type=kind, drive=drive))) * 2.0 / SIZE
    for n in range(1, 12):
        if kind == "fold":
            wanted = abs(2.0 * special.jv(n, np.pi / 2.0 * into)) * (n % 2)
        else:
            curve = CURVES[kind]
            turn = 2.0 * np.pi * (np.arange(4096) + 0.5) / 4096
            wanted = abs(2.0 * np.mean(curve(into * np.sin(turn)) * np.exp(-1j * n * turn)))
        wanted *= behind(kind, drive)
        if wanted > 1e-4:
            assert 20.0 * np.log10(spectrum[place * n] / wanted) == pytest.approx(0.0, abs=0.1), n
        else:
            assert spectrum[place * n] < 2e-4


def test_the_series_is_that_of_a_clipped_sine():
    """The fundamental in closed form: 2 / pi (g asin(1 / g) + sqrt(1 - 1 / g^2)) of a sine of peak g cut at 1."""
    g = 10.0 ** (12.0 / 20.0)
    wanted = 2.0 / np.pi * (g * np.arcsin(1.0 / g) + np.sqrt(1.0 - 1.0 / g**2))
    found = np.abs(np.fft.rfft(driven(19, type="hard")))[19] * 2.0 / SIZE
    assert found / behind("hard", 12.0) == pytest.approx(wanted, rel=1e-3)
    area = integrate.quad(lambda turn: np.clip(g * np.sin(turn), -1.0, 1.0) * np.sin(turn), 0.0, np.pi)[0]
    assert 2.0 / np.pi * area == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(("place", "drive"), [(185, 12.0), (929, 12.0), (185, 24.0)])
def test_aliases_are_far_below_what_is_heard(kind, place, drive):
    """All that is no multiple of a full-scale sine of 996 or 5001 Hz, up to 20 kHz."""
    spectrum = spectrum_db(driven(place, type=kind, drive=drive))[: round(20_000 * SIZE / RATE)]
    away = np.abs(np.arange(spectrum.size) - place * np.rint(np.arange(spectrum.size) / place))
    alias = spectrum[away > 20].max() - spectrum.max()
    print(f"{kind}, {place * RATE / SIZE:.0f} Hz, {drive} dB: {alias:.1f} dB")
    assert alias < (-95.0 if drive == 12.0 else -85.0)


@pytest.mark.parametrize("kind", TYPES)
def test_a_saw_stays_as_loud_whatever_the_drive(kind):
    """With peaks of -12 dB within 0.2 dB at any drive; with peaks of -18 and -6 dB within 3 dB at the default.

    Of `fold`, which turns what is louder around, within 6 dB.
    """
    for amp, drive in ((0.25, 0.0), (0.25, 6.0), (0.25, 12.0), (0.25, 18.0), (0.25, 24.0), (0.125, 12.0), (0.5, 12.0)):
        saw = amp * (2.0 * (np.arange(SIZE) * 110.0 / RATE % 1.0) - 1.0)
        heard = Player(node("drive"), SIZE, compiled=True, type=kind, drive=drive, signal=saw).render()
        apart = 10.0 * np.log10(np.mean(heard[2000:] ** 2) / np.mean(saw[2000:] ** 2))
        print(f"{kind} {amp} {drive}: {apart:.1f} dB")
        assert abs(apart) < (0.2 if amp == 0.25 else 6.0 if kind == "fold" else 3.01)


@pytest.mark.parametrize("kind", TYPES)
def test_without_a_mix_it_is_the_input_and_the_tone_tilts_it(kind):
    impulse = np.zeros(SIZE)
    impulse[0] = 1e-3
    for tone in (0.0, -1.0, 1.0):
        heard = Player(node("drive"), SIZE, compiled=True, type=kind, mix=0.0, tone=tone, signal=impulse).render()
        gains = 20.0 * np.log10(np.abs(np.fft.rfft(heard)) * 1e3)
        found = [gains[round(freq * SIZE / RATE)] for freq in (60.0, 1000.0, 16_000.0)]
        assert found == pytest.approx([-6.0 * tone, 0.0, 6.0 * tone], abs=0.2)
        if tone == 0.0:
            assert np.abs(gains[round(60 * SIZE / RATE) : round(20_000 * SIZE / RATE)]).max() < 0.15


def test_overtones_are_the_same_at_another_rate():
    """Up to 10 kHz, 44.1 and 96 kHz: within 0.2 dB. The sine is of 1 kHz at both."""
    found = []
    for rate in (44_100.0, 96_000.0):
        place = round(1000.0 * SIZE / rate)
        spectrum = spectrum_db(driven(place, rate=rate, drive=18.0, type="hard"))
        found.append([spectrum[place * n] for n in range(1, 11, 2)])
    np.testing.assert_allclose(found[0], found[1], atol=0.2)


# ---- crush


def crushed(sound: Any, second: float = RATE, **given: Any) -> np.ndarray[Any, Any]:
    """`second`: frames per second; `rate` is the parameter."""
    return Player(node("crush"), len(sound), compiled=True, sample_rate=second, signal=sound, **given).render()


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_its_noise_is_that_of_its_bits(bits):
    """A full-scale sine is 6.02 bits + 1.76 dB above the noise of rounding."""
    sine = (1.0 - 2.0**-bits) * np.sin(2.0 * np.pi * 0.01234567 * np.arange(1 << 15))
    heard = crushed(sine, bits=bits, rate=1e6)
    noise = heard[2:] - sine[:-2]
    found = 10.0 * np.log10(np.mean(sine**2) / np.mean(noise**2))
    assert found == pytest.approx(6.02 * bits + 1.76, abs=0.5)
    assert np.unique(np.round(heard * 2.0 ** (bits - 1), 9) % 1.0).tolist() == [0.0]


@pytest.mark.parametrize("second", [44_100.0, 96_000.0])
def test_its_images_are_those_of_the_rate_asked_for(second):
    """A sine that is held: images at k times the rate ± its frequency, at sinc of theirs; nothing else, at any rate."""
    asked, freq = 6543.21, 700.0
    sine = 0.5 * np.sin(2.0 * np.pi * freq / second * np.arange(1 << 15))
    heard = crushed(sine, second, bits=24.0, rate=asked)
    for image in (freq, asked - freq, asked + freq, 2.0 * asked - freq):
        wanted = 20.0 * np.log10(0.5 * abs(np.sinc(image / asked)) * np.sinc(image / second) ** 4)
        assert level(heard, image, second) == pytest.approx(wanted, abs=0.5), image
    spectrum = spectrum_db(heard)
    bins = np.arange(spectrum.size) * second / heard.size
    away = np.min([np.abs((bins + sign * freq) / asked - np.rint((bins + sign * freq) / asked)) for sign in (1, -1)], 0)
    rest = spectrum[(away * asked > 30.0) & (bins < 10_000.0)].max() - spectrum.max()
    print(f"{second:g}: all else {rest:.1f} dB")
    assert rest < -60.0


def test_what_is_dry_is_as_late_as_the_rest():
    sound = np.random.default_rng(2).uniform(-1.0, 1.0, 1000)
    for given in ({"mix": 0.0}, {"bits": 24.0, "rate": 1e6}):
        np.testing.assert_allclose(crushed(sound, **given)[2:], sound[:-2], atol=1e-6)
