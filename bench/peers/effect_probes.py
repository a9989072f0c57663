"""What effects are measured by: a sound for each, and figures of what comes out.

A sound is float64 of shape (frames,) at 44.1 kHz.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from scipy import ndimage, signal

from bench.peers.sounds import Array, spectrum
from bench.peers.works import FIVE_K, RATE, WINDOW

LEVELS = (-40.0, -27.0, -22.0, -18.0, -12.0, -6.0, 0.0)  # dB, of a tone that is compressed
LONG = 0.6  # s, of each of these levels
THRESHOLD, RATIO, CEILING = -20.0, 4.0, -1.0  # dB, 1, dB
PUSHED = 12.0  # dB into the curve of a drive
CUTOFF = 9000.0  # Hz, of a lowpass of Butterworth
BELL, GAIN, Q = 9500.0, 12.0, sqrt(2.0)  # Hz, dB, an octave wide
NEAR = 60.0  # Hz, in which modes are counted
HIGHEST, LOWEST_LEVEL = 16_000.0, -60.0  # Hz, dB: up to there a response is compared, and where it is above that


@dataclass(frozen=True, slots=True)
class Probe:
    """A sound that goes through an effect, and its figures by name with their unit.

    `more`: whether a higher one is better; None where neither is.
    """

    node: str
    sound: Array
    figures: Callable[[Array], Sequence[float]]
    names: Sequence[str]
    more: Sequence[bool | None]


def db(factor: Array | float) -> Array:
    """A factor of the amplitude as a level."""
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(factor), 1e-12)))


def click(seconds: float) -> Array:
    """One frame of 1, then silence."""
    return np.eye(1, round(seconds * RATE))[0]


def echo_density(sound: Array) -> float:
    """From 20 to 100 ms after the first echo: the frames beyond the deviation of the 20 ms around, over those of noise.

    (Abel, Huang: A simple, robust measure of reverberation echo density, 2006.)
    """
    sound = sound[np.argmax(np.abs(sound) > 1e-6 * np.abs(sound).max()) :]
    width = round(0.02 * RATE)
    parts = np.lib.stride_tricks.sliding_window_view(sound[: round(0.14 * RATE)], width)[:: width // 10]
    window = np.hanning(width) / np.hanning(width).sum()
    density = (np.abs(parts) > np.sqrt(parts**2 @ window)[:, None]) @ window / erfc(sqrt(0.5))
    times = np.arange(len(parts)) * (width // 10) / RATE
    return float(density[(times > 0.02) & (times < 0.1)].mean())


def ringing(sound: Array) -> float:
    """By how many dB the loudest mode stands above the mean of the 100 Hz around it, from 0.5 to 1.5 s."""
    part = sound[round(0.5 * RATE) : round(1.5 * RATE)]
    places = np.arange(part.size)
    loud = 0.5 * np.log(signal.fftconvolve(part**2, np.ones(2000), "same") + 1e-30)
    power = (
        np.abs(np.fft.rfft(part * np.exp(-np.polyfit(places, loud, 1)[0] * places) * np.hanning(part.size))) ** 2
        + 1e-300
    )
    heard = slice(100, 8000)  # Hz, one bin each
    return float(10.0 * np.log10((power / ndimage.uniform_filter1d(power, 100))[heard].max()))


def decay_time(sound: Array) -> float:
    """Seconds to fall by 60 dB: twice the line through -5 to -35 dB of the energy that is still to come.

    (Schroeder: New method of measuring reverberation time, 1965; ISO 3382.)
    """
    left = np.cumsum(sound[::-1] ** 2)[::-1]
    levels = 10.0 * np.log10(left / left[0] + 1e-30)
    first, last = int(np.argmax(levels < -5.0)), int(np.argmax(levels < -35.0))
    if last - first < 2:
        return 0.0
    return float(-60.0 / (np.polyfit(np.arange(first, last), levels[first:last], 1)[0] * RATE))


def modal_density(sound: Array) -> float:
    """Modes that ring longer than 0.3 s, in each Hz: the poles of the 60 Hz around 1 and around 3 kHz.

    (Roy, Kailath: ESPRIT, estimation of signal parameters via rotational invariance techniques, 1989.)
    """
    return float(np.mean([_modes(sound, centre) for centre in (1000.0, 3000.0)]))


def _modes(sound: Array, centre: float) -> float:
    each = RATE // 120  # frames for one
    rate = RATE / each
    narrow = signal.firwin(24 * each + 1, 0.575 * NEAR, fs=RATE, window=("kaiser", 12.0))
    turned = sound * np.exp(-2j * np.pi * centre / RATE * np.arange(sound.size))
    slow = signal.fftconvolve(turned, narrow)[round(0.15 * RATE) + narrow.size : round(4.15 * RATE) : each]
    rows = np.lib.stride_tricks.sliding_window_view(slow, slow.size - slow.size // 2 + 1)
    bases, sizes, _ = np.linalg.svd(rows, full_matrices=False)
    kept = bases[:, : min(int(np.sum(sizes > 1e-5 * sizes[0])), len(rows) - 2)]
    poles = np.linalg.eigvals(np.linalg.lstsq(kept[:-1], kept[1:], rcond=None)[0])
    freqs, falls = np.angle(poles) * rate / (2.0 * np.pi), -np.log(np.abs(poles) + 1e-30) * rate
    return float(np.sum((np.abs(freqs) < 0.5 * NEAR) & (falls > 0.0) & (falls < np.log(1000.0) / 0.3)) / NEAR)


def worst_alias(sound: Array) -> float:
    """The loudest that is no multiple of the tone, up to 20 kHz, below the loudest of all, in dB."""
    freqs, power = spectrum(sound)
    away = np.abs(freqs - np.rint(freqs / FIVE_K) * FIVE_K)
    between = (away > 20.0) & (freqs > 20.0) & (freqs < 20_000.0)
    return float(10.0 * np.log10(power[between].max() / power.max()))


def distance(sound: Array, analogue: Callable[[Array], Array]) -> float:
    """The largest distance of the answer to a click from an analogue filter, a function of s = i f, in dB."""
    freqs = np.fft.rfftfreq(sound.size, 1.0 / RATE)
    wanted = db(analogue(1j * freqs))
    heard = (freqs > 40.0) & (freqs < HIGHEST) & (wanted > LOWEST_LEVEL)
    return float(np.abs(db(np.fft.rfft(sound)) - wanted)[heard].max())


def lowpass(s: Array) -> Array:
    """Butterworth's filter of the second order."""
    return np.asarray(1.0 / ((s / CUTOFF) ** 2 + sqrt(2.0) * s / CUTOFF + 1.0))


def bell(s: Array) -> Array:
    """A peak of an equalizer."""
    a, s = 10.0 ** (GAIN / 40.0), s / BELL
    return np.asarray((s * s + a / Q * s + 1.0) / (s * s + s / (a * Q) + 1.0))


def stairs() -> Array:
    """A tone of 997 Hz at each of the levels."""
    tone = np.sin(2.0 * np.pi * 997.0 / RATE * np.arange(round(LONG * RATE)))
    return np.concatenate([10.0 ** (level / 20.0) * tone for level in LEVELS])


def off_the_curve(sound: Array) -> float:
    """The largest distance of a settled tone from `threshold` and `ratio`, in dB; made up so that the softest fits."""
    tones = sound[: len(LEVELS) * round(LONG * RATE)].reshape(len(LEVELS), -1)[
        :, round(0.4 * RATE) : round(0.55 * RATE)
    ]
    found = db(np.sqrt(2.0 * np.mean(tones**2, axis=1)))
    given = np.array(LEVELS)
    wanted = np.minimum(given, THRESHOLD + (given - THRESHOLD) / RATIO)
    return float(np.abs(found - found[0] + wanted[0] - wanted).max())


def hot() -> Array:
    """Noise and a sine at a quarter of the rate, whose peaks lie between the frames, each beyond full scale."""
    noise = 0.7 * np.random.default_rng(9).standard_normal(RATE)
    between = 1.5 * np.sin(np.pi / 2.0 * np.arange(RATE) + np.pi / 4.0) * np.linspace(0.2, 1.0, RATE)
    return np.concatenate([noise, between])


def over(sound: Array) -> float:
    """By how many dB the wave between the frames passes the ceiling."""
    return float(db(np.abs(signal.resample_poly(sound, 16, 1, window=("kaiser", 12.0))).max())) - CEILING


def tone() -> Array:
    """A full-scale sine of 5 kHz, in whole periods of a window."""
    return np.asarray(np.sin(2.0 * np.pi * FIVE_K / RATE * np.arange(WINDOW + 16_384)))


PROBES = {
    "reverb": Probe(
        "reverb",
        click(3.0),
        lambda sound: (decay_time(sound), echo_density(sound), ringing(sound)),
        (
            "time to fall by 60 dB, s",
            "echo density from 20 to 100 ms, noise is 1",
            "loudest mode above its neighbours, dB",
        ),
        (None, True, False),
    ),
    "modes": Probe("reverb", click(5.0), lambda sound: [modal_density(sound)], ["modes in each Hz"], [True]),
    "drive": Probe("drive", tone(), lambda sound: [worst_alias(sound)], ["aliases of 5 kHz at 12 dB, dB"], [False]),
    "eq": Probe(
        "eq",
        click(0.5),
        lambda sound: [distance(sound, bell)],
        ["a peak of 12 dB at 9.5 kHz: distance from the analogue curve to 16 kHz, dB"],
        [False],
    ),
    "filter": Probe(
        "filter",
        click(0.5),
        lambda sound: [distance(sound, lowpass)],
        ["a lowpass at 9 kHz: distance from the analogue curve to 16 kHz, dB"],
        [False],
    ),
    "compress": Probe(
        "compress", stairs(), lambda sound: [off_the_curve(sound)], ["a tone: distance from the curve, dB"], [False]
    ),
    "limit": Probe("limit", hot(), lambda sound: [over(sound)], ["true peak above the ceiling, dB"], [False]),
}
