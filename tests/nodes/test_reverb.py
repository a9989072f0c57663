"""Reverb: decay in each octave, echoes and modes beside those of Freeverb, level, freeze, shimmer, moved parameters."""

from __future__ import annotations

import inspect
from math import erfc, log, sqrt

import numpy as np
import pytest
from scipy import ndimage, signal

from waves.testing import RATE, Player, node

Reverb = node("reverb")
OCTAVES = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)  # Hz
CHANCE = np.random.default_rng(3)
COMBS, ALLPASSES = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617), (556, 441, 341, 225)  # frames, of Freeverb


def room(sound, rate=RATE, **given):
    sides = sound if isinstance(sound, list) else [sound]
    given = {"mix": 1.0, "delay": 0.0, **given}
    return Player(Reverb, sides[0].size, compiled=True, rate=rate, signal=sides, **given).render()


def click(seconds, rate=RATE):
    return np.eye(1, round(seconds * rate))[0]


def decays(sides, rate=RATE, octaves=OCTAVES):
    """The decay time in each octave: twice the time from -5 to -35 dB of the energy that is still to come."""
    found = []
    for middle in octaves:
        band = signal.butter(
            4, [middle / sqrt(2), min(middle * sqrt(2), 0.49 * rate)], "bandpass", fs=rate, output="sos"
        )
        energy = np.sum(signal.sosfilt(band, sides) ** 2, axis=0)[::-1].cumsum()[::-1]
        level = 10.0 * np.log10(energy / energy[0])
        places = np.arange(np.argmax(level < -5.0), np.argmax(level < -35.0))
        found.append(-60.0 / np.polyfit(places / rate, level[places], 1)[0])
    return np.array(found)


def echo_density(side, rate=RATE):
    """Times after the first echo, and the part of frames beyond the deviation of the 20 ms around, over that of noise.

    (Abel, Huang: A simple, robust measure of reverberation echo density, 2006.)
    """
    side = side[np.argmax(np.abs(side) > 1e-6 * np.abs(side).max()) :]
    width = round(0.02 * rate)
    parts = np.lib.stride_tricks.sliding_window_view(side, width)[:: width // 10]
    window = np.hanning(width) / np.hanning(width).sum()
    deviation = np.sqrt(parts**2 @ window)
    density = (np.abs(parts) > deviation[:, None]) @ window / erfc(sqrt(0.5))
    return np.arange(len(parts)) * (width // 10) / rate, density


def ringing(side, first, last, rate=RATE):
    """By how many dB a mode stands above the mean of the 100 Hz around it, from one time to another."""
    part = side[round(first * rate) : round(last * rate)]
    rise = np.exp(
        np.polyfit(np.arange(part.size), 0.5 * np.log(signal.fftconvolve(part**2, np.ones(2000), "same") + 1e-30), 1)[0]
        * -np.arange(part.size)
    )
    power = np.abs(np.fft.rfft(part * rise * np.hanning(part.size))) ** 2
    per_hz = part.size / rate
    around = ndimage.uniform_filter1d(power, round(100 * per_hz))
    heard = slice(round(100 * per_hz), round(8000 * per_hz))
    return 10.0 * log((power / around)[heard].max()) / log(10.0)


def freeverb(seconds, damping=0.2, feedback=0.84, rate=RATE):
    """The answer of Freeverb's left side to a click, by the transfer function of its structure."""
    size = 1 << 17
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    combs = sum(z**n / (1.0 - feedback * (1.0 - damping) / (1.0 - damping * z) * z**n) for n in COMBS)
    for n in ALLPASSES:
        combs = combs * (1.5 * z**n - 1.0) / (1.0 - 0.5 * z**n)
    return np.fft.irfft(combs)[: round(seconds * rate)]


@pytest.fixture(scope="module")
def hall():
    """The answer to a click of the room as it is by default, but without damping."""
    return room(click(3.0), damping=0.0)


def test_the_decay_is_that_asked_for_in_each_octave(hall):
    """There are few modes in the bass: clicks on the left and on the right are heard together."""
    one, none = click(1.5), np.zeros(round(1.5 * RATE))
    short = np.concatenate([room(sides, damping=0.0, decay=1.0, size=0.4) for sides in ([one, none], [none, one])])
    for decay, sides in ((2.0, hall), (1.0, short)):
        found = decays(sides)
        print(f"{decay} s:", np.round(found, 3))
        np.testing.assert_allclose(found, decay, rtol=0.05)


def test_each_line_loses_its_part_of_the_decay_and_reaches_another_in_one_block():
    """A pass of a line takes as many dB as its time is of the decay, which is 60 dB."""
    decay = np.where(np.arange(256) < 100, 1.5, 3.0)
    player = Player(Reverb, 256, compiled=True, signal=[np.zeros(256)] * 2, decay=decay, damping=0.0)
    found = []
    for _ in range(4):
        player.render(64)
        found.append((player.state.begins[:16].copy(), player.state.ends[:16].copy()))
    one, other = (10.0 ** (-3.0 * inspect.getmodule(Reverb).TIMES[3] / seconds) for seconds in (1.5, 3.0))
    for (begin, end), stated in zip(found, [(one, one), (one, one), (one, other), (other, other)], strict=True):
        np.testing.assert_allclose((begin, end), stated, rtol=1e-9)


@pytest.mark.parametrize(("damping", "decay"), [(0.3, 2.0), (0.6, 2.0)])
def test_damping_lets_the_treble_fall_sooner_as_is_stated(damping, decay):
    slow, fast = 1.0 / decay, 1.0 / (decay * 0.05**damping)
    share = np.square(OCTAVES) / (np.square(OCTAVES) + 4000.0**2)
    stated = 1.0 / (slow + share * (fast - slow))
    found = decays(room(click(1.5 * decay), damping=damping, decay=decay))
    print(np.round(found, 3), np.round(stated, 3))
    np.testing.assert_allclose(found, stated, rtol=0.15)


def test_echoes_are_dense_sooner_than_in_freeverb(hall):
    density = {"reverb": echo_density(hall[0][:13_000]), "freeverb": echo_density(freeverb(0.5))}
    dense = {name: times[np.argmax(found > 0.9)] for name, (times, found) in density.items()}
    mean = {name: found[(times > 0.02) & (times < 0.1)].mean() for name, (times, found) in density.items()}
    print(f"0.9 after {dense} s; from 20 to 100 ms {mean}")
    assert mean["reverb"] > 0.85 and mean["reverb"] > mean["freeverb"] + 0.1


def test_it_has_more_modes_than_freeverb():
    """The modes in each Hz of a network of delay lines are the sum of its delays in s. (Jot, Chaigne, 1991.)"""
    own, other = inspect.getmodule(Reverb).TIMES[3].sum(), sum(COMBS) / RATE
    print(f"{own:.3f} modes in each Hz, {other:.3f} in Freeverb")
    assert own == pytest.approx(0.74, abs=0.01) and other == pytest.approx(0.25, abs=0.01)


def test_no_mode_rings(hall):
    """Noise of the same length has a peak of 10 dB among its neighbours."""
    noise = ringing(CHANCE.standard_normal(2 * 44100), 0.5, 1.5)
    found, other = ringing(hall[0], 0.5, 1.5), ringing(freeverb(2.0, 0.0, 0.9), 0.5, 1.5)
    print(f"reverb {found:.1f} dB, freeverb {other:.1f} dB, noise {noise:.1f} dB")
    assert found < 13.5 and found < other - 1.0


def test_left_and_right_have_nothing_in_common_and_are_as_loud(hall):
    early, late = hall[:, :4410], hall[:, 4410:44100]
    for part in (early, late):
        assert abs(np.corrcoef(part)[0, 1]) < 0.2
    power = np.sum(hall**2, axis=1)
    assert 10.0 * abs(np.log10(power[0] / power[1])) < 1.0


@pytest.mark.parametrize(("size", "decay"), [(0.0, 0.3), (0.5, 2.0), (1.0, 3.0)])
def test_noise_is_as_loud_in_the_room(size, decay):
    sides = [CHANCE.standard_normal(4 * 44100) for _ in range(2)]
    heard = room(sides, size=size, decay=decay, damping=0.0)[:, -2 * 44100 :]
    level = 10.0 * np.log10(np.mean(heard**2))
    print(f"size {size}, decay {decay} s: {level:.2f} dB")
    assert abs(level) < 0.5


@pytest.mark.parametrize("late", [0.0, 0.1])
def test_it_answers_after_its_delay(late):
    heard = room(click(0.3), delay=late)
    onset = np.argmax(np.abs(heard).max(axis=0) > 1e-6) / RATE
    assert onset == pytest.approx(late + 0.0012, abs=0.0035)


def test_freeze_holds_what_rings_and_lets_nothing_in():
    sound = CHANCE.standard_normal(6 * 44100)
    sound[44100:] = 0.0
    gate = np.where(np.arange(sound.size) > 40_000, 1.0, 0.0)
    held = room(sound, freeze=gate, decay=0.5)
    level = [10.0 * np.log10(np.mean(held[:, k * 44100 :][:, :88200] ** 2)) for k in (2, 4)]
    print(f"{level[1] - level[0]:.4f} dB in 2 s")
    assert abs(level[1] - level[0]) < 0.05 and level[0] > -3.0
    loud = sound.copy()
    loud[88200:] = CHANCE.standard_normal(sound.size - 88200)
    assert np.array_equal(room(loud, freeze=gate, decay=0.5), held)


def test_shimmer_is_an_octave_higher_and_ends():
    tone = np.sin(2.0 * np.pi * 441.0 / RATE * np.arange(2 * 44100))
    part = room(tone, shimmer=0.5, modulation=0.0)[0, -44100:] * np.hanning(44100)
    power = np.abs(np.fft.rfft(part)) ** 2
    at = {freq: 10.0 * np.log10(power[freq - 30 : freq + 31].sum() / power.sum()) for freq in (441, 882, 1764, 661)}
    print({freq: round(level, 1) for freq, level in at.items()})
    assert at[441] > at[882] > at[1764] > at[661] and at[882] > -15.0
    noise = CHANCE.standard_normal(2 * 44100)
    loud = room(noise, shimmer=1.0, decay=60.0, damping=0.0, size=0.2)
    assert np.sqrt(np.mean(loud[:, -44100:] ** 2)) < 4.0


SWEEPS = {
    "size": 1.0,
    "decay": 20.0,
    "damping": 1.0,
    "delay": 0.5,
    "modulation": 1.0,
    "shimmer": 1.0,
    "freeze": 1.0,
    "mix": 1.0,
}


@pytest.mark.parametrize("name", SWEEPS)
def test_a_parameter_may_move_over_its_range_without_a_click(name):
    """Of a tone of 220 Hz there is nothing in the treble, however the room changes."""
    frames = np.arange(44100)
    tone = 0.5 * np.sin(2.0 * np.pi * 220.0 / RATE * frames) * np.minimum(frames / 4410.0, 1.0)
    there_and_back = 0.5 - 0.5 * np.cos(2.0 * np.pi * frames / 22050.0)
    heard = room(tone, **{"decay": 1.0, "mix": 0.5, name: SWEEPS[name] * there_and_back})
    above = 12_000.0 if name == "shimmer" else 4000.0  # Hz: the sixth octave is 7040 Hz
    treble = signal.sosfilt(signal.butter(10, above, "highpass", fs=RATE, output="sos"), heard)
    level = 20.0 * np.log10(np.abs(treble).max() / 0.5)
    print(f"{name}: {level:.0f} dB, peak {np.abs(heard).max():.2f}")
    assert level < -60.0 and np.abs(heard[:, -22050:]).max() > 0.1 and np.abs(heard).max() < 2.0


def test_the_room_is_the_same_at_any_rate(hall):
    high = room(click(3.0, 96_000.0), 96_000.0, damping=0.0)
    np.testing.assert_allclose(decays(high, 96_000.0), 2.0, rtol=0.05)
    for middle in OCTAVES:
        levels = []
        for sides, rate in ((hall, RATE), (high, 96_000.0)):
            band = signal.butter(2, [middle / sqrt(2), middle * sqrt(2)], "bandpass", fs=rate, output="sos")
            levels.append(10.0 * np.log10(np.sum(signal.sosfilt(band, sides) ** 2) * rate / 44100.0))
        assert abs(levels[1] - levels[0]) < 1.5, (middle, levels)
