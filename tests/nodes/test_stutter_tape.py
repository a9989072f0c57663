"""Stutter and tape: what is said again and when, how far the speed wavers, levels, aliases and treble of a tape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from waves.testing import RATE, Player, node

Stutter, Tape = node("stutter"), node("tape")
CHANCE = np.random.default_rng(6)
EVERY, PIECE, SEAM = 4000, 1000, 133  # frames of an interval, of what is said again, of a crossfade
COUNT = 1 << 15


def stuttered(sides, **given):
    sizes = {"interval": EVERY / RATE, "length": PIECE / RATE}
    return Player(Stutter, sides[0].size, compiled=True, signal=sides, **{**sizes, **given}).render()


def test_the_first_piece_of_each_interval_is_said_again():
    sound = CHANCE.normal(0, 0.3, 5 * EVERY)
    frames = np.arange(sound.size)
    expected = sound[frames // EVERY * EVERY + frames % EVERY % PIECE]
    whole = frames % PIECE >= SEAM  # behind the crossfades
    np.testing.assert_allclose(stuttered([sound])[whole], expected[whole], atol=1e-12)


def test_it_begins_on_the_grid_of_the_piece():
    sound = CHANCE.normal(0, 0.3, 3 * EVERY)
    heard = stuttered([sound], first=1700)
    begin = EVERY - 1700
    np.testing.assert_allclose(
        heard[: begin + PIECE], sound[: begin + PIECE], atol=1e-12
    )  # it has begun too late to stutter
    np.testing.assert_allclose(heard[begin + PIECE + SEAM :][:700], sound[begin + SEAM :][:700], atol=1e-12)


def test_chance_is_drawn_for_each_interval_and_for_all_channels():
    sides = [CHANCE.normal(0, 0.3, 200 * EVERY) for _ in range(2)]
    left, right = stuttered(sides, chance=0.5)
    other = [
        np.abs(heard - sound).reshape(-1, EVERY)[:, PIECE:] > 1e-9
        for heard, sound in zip((left, right), sides, strict=True)
    ]
    hit = [one.any(axis=1) for one in other]
    assert np.array_equal(*hit) and 0.35 < hit[0].mean() < 0.65
    np.testing.assert_allclose(stuttered(sides, chance=0.0), sides, atol=1e-12)


def test_no_seam_is_a_click():
    tone = 0.5 * np.sin(2 * np.pi * 100.0 / RATE * np.arange(6 * EVERY))
    treble = signal.sosfilt(
        signal.butter(8, 6000.0, "highpass", fs=RATE, output="sos"), stuttered([tone], length=0.031)
    )
    assert 20.0 * np.log10(np.abs(treble[1000:]).max()) < -70.0


def played(sound, rate=RATE, **given):
    still = {"wow": 0.0, "flutter": 0.0, "age": 0.0, "drive": -24.0}
    return Player(Tape, sound.size, compiled=True, rate=rate, signal=sound, **{**still, **given}).render()


@pytest.mark.parametrize(("given", "most"), [({"wow": 1.0}, 0.01), ({"flutter": 1.0}, 0.005), ({}, 1e-5)])
def test_the_speed_wavers_as_far_as_is_stated(given, most):
    tone = np.sin(2 * np.pi * 3000.0 / RATE * np.arange(6 * 44100))
    phase = np.unwrap(np.angle(signal.hilbert(played(tone, **given))))
    speed = np.convolve(np.diff(phase), np.hanning(200) / np.hanning(200).sum(), "same")[4000:-4000]
    away = np.abs(speed * RATE / (2 * np.pi * 3000.0) - 1.0).max()
    print(f"{given}: {100 * away:.3f} %")
    assert (0.75 * most if given else 0.0) <= away < 1.03 * most


@pytest.mark.parametrize("drive", [0.0, 12.0])
def test_quiet_becomes_louder_and_loud_softer_by_the_same(drive):
    level = 10.0 ** (drive / 20.0)
    change = 10.0 * np.log10(level / np.tanh(level))
    for amp, expected in ((1e-4, change), (1.0, -change)):
        tone = amp * np.where(np.arange(20_000) % 2000 < 1000, 1.0, -1.0)  # a peak that lasts has no treble
        found = 20.0 * np.log10(np.abs(played(tone, drive=drive)[9000 + 900 : 9000 + 1000]).max() / amp)
        print(f"{drive} dB, {amp}: {found:.3f} dB of {expected:.3f}")
        assert found == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("drive", "most"), [(0.0, -100.0), (6.0, -70.0), (12.0, -50.0)])
def test_saturation_leaves_few_aliases(drive, most):
    """Of a tone of 5 kHz at full level, which is on the tape by 6 dB louder than that."""
    place = 3719  # of 32768
    tone = np.sin(2.0 * np.pi * place / COUNT * np.arange(2 * COUNT))
    spectrum = np.abs(np.fft.rfft(played(tone, drive=drive)[COUNT:] * np.hanning(COUNT)))
    away = np.abs(np.arange(spectrum.size) - place * np.rint(np.arange(spectrum.size) / place))
    alias = 20.0 * np.log10(spectrum[away > 20].max() / spectrum.max())
    print(f"drive {drive} dB: aliases {alias:.1f} dB")
    assert alias < most


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
@pytest.mark.parametrize("age", [0.0, 1.0])
def test_the_treble_wears_off_at_any_rate(age, rate):
    """A lowpass of one pole: of 20 kHz when it is new, of 3 kHz when it is old; the bass has a bump."""
    answer = np.fft.rfft(played(1e-3 * np.eye(1, COUNT)[0], rate, age=age, drive=-24.0)) * 1e3
    corner = 20_000.0 * np.exp(-1.9 * age)
    for freq in (300.0, 1000.0, 3000.0, 8000.0):
        found = 20.0 * np.log10(np.abs(answer[round(freq * COUNT / rate)]))
        stated = -10.0 * np.log10(1.0 + (freq / corner) ** 2)
        assert found == pytest.approx(stated, abs=0.4 if age == 0.0 else 0.7), freq
    bump = 20.0 * np.log10(np.abs(answer[round(80.0 * COUNT / rate)]))
    assert bump == pytest.approx(2.9 * age, abs=0.2 + 0.5 * age)
