"""Retrigger: the sum of its copies, their places, times between frames, times that move, and its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from tests.harness.session_harness import Player as Piece
from tests.harness.session_harness import compose, composer_for, save
from waves.testing import RATE, Player, node

Retrigger = node("retrigger")
sound = np.random.default_rng(8).standard_normal(5000)
click = np.zeros(5000)
click[0] = 1.0


def heard(frames: int = 5000, **given):
    return Player(Retrigger, frames, compiled=True, **{"signal": [sound]} | given).render()


def test_copies_are_those_of_a_comb_without_a_loop():
    left, right = heard(time=441 / RATE, repeat=4, feedback=-0.5)
    taps = np.zeros(3 * 441 + 1)
    taps[::441] = (-0.5) ** np.arange(4)
    np.testing.assert_allclose(left, signal.lfilter(taps, 1.0, sound), atol=1e-12)
    np.testing.assert_allclose(right, left, atol=1e-12)


def test_copies_lie_evenly_from_left_to_right_with_equal_power():
    left, right = heard(signal=[click], time=100 / RATE, repeat=5, feedback=1.0, spread=0.8)
    places = np.arange(5) * 100
    angles = np.pi / 4 * (1.0 + np.array([-0.8, -0.4, 0.0, 0.4, 0.8]))
    np.testing.assert_allclose(left[places], np.sqrt(2.0) * np.cos(angles), atol=1e-9)
    np.testing.assert_allclose(right[places], np.sqrt(2.0) * np.sin(angles), atol=1e-9)
    assert np.count_nonzero(np.abs(left) + np.abs(right)) == 5


def test_movement_swings_all_copies():
    left, right = heard(44100, signal=[1.0], repeat=1, spread=0.5, movement=2.0)
    place = 4.0 / np.pi * np.arctan2(right, left) - 1.0
    np.testing.assert_allclose(place, 0.5 * np.sin(2 * np.pi * 2.0 * np.arange(44100) / RATE), atol=1e-6)


def test_a_stereo_sound_keeps_its_sides():
    left, right = heard(signal=[sound, 2.0 * sound[::-1]], time=50 / RATE, repeat=2, feedback=0.5)
    for side, out in ((sound, left), (2.0 * sound[::-1], right)):
        np.testing.assert_allclose(out, signal.lfilter([1.0, *np.zeros(49), 0.5], 1.0, side), atol=1e-12)


@pytest.mark.parametrize("freq", [1000.0, 5000.0])
def test_between_frames_a_copy_is_as_late_as_it_says(freq):
    """The difference from a sine that is so late: -90 dB at 1 kHz, -44 dB at 5 kHz."""
    time = 100.37 / RATE
    turns = freq * np.arange(5000) / RATE
    left, _ = heard(signal=[np.sin(2 * np.pi * turns)], time=time, repeat=2, feedback=1.0)
    copy = (left - np.sin(2 * np.pi * turns))[200:]
    error = np.sqrt(np.mean((copy - np.sin(2 * np.pi * (turns - freq * time))[200:]) ** 2) * 2.0)
    print(f"{freq:g} Hz: {20 * np.log10(error):.1f} dB")
    assert 20 * np.log10(error) < {1000.0: -89.0, 5000.0: -43.0}[freq]


@pytest.mark.parametrize("rate", [44100.0, 96000.0])
def test_times_are_seconds_at_every_rate(rate):
    pulse = np.zeros(20_000)
    pulse[0] = 1.0
    left, _ = heard(20_000, signal=[pulse], rate=rate, time=0.05, repeat=3, feedback=0.5)
    np.testing.assert_allclose(np.flatnonzero(left) / rate, [0.0, 0.05, 0.1], atol=1e-12)


def test_a_time_that_jumps_is_no_click():
    """It bends the sound less than twice as much as the two waves are bent themselves; a bare jump 500 times."""
    wave = np.sin(2 * np.pi * 200.0 * np.arange(20_000) / RATE)
    jumping = np.where(np.arange(20_000) // 2000 % 2 == 0, 0.0123, 0.02)
    out = heard(20_000, signal=[wave], time=jumping, repeat=2, feedback=1.0)[0][1000:]
    bend = np.abs(np.diff(out, 2)).max()
    of_the_wave = 2.0 * (2 * np.pi * 200.0 / RATE) ** 2
    print(f"bend {bend:.2e}, of the wave {of_the_wave:.2e}")
    assert bend < 2.0 * of_the_wave


def test_a_count_between_two_numbers_has_a_softer_last_copy():
    left, _ = heard(signal=[click], time=10 / RATE, repeat=2.25, feedback=1.0)
    np.testing.assert_allclose(left[[0, 10, 20, 30]], [1.0, 1.0, 0.25, 0.0], atol=1e-9)


def test_it_sounds_until_its_last_copy(tmp_path: Path):
    """Also where the sound is silent for longer between two copies than other tails may be."""
    save(tmp_path, "a: {retrigger: {time: 0.6, repeat: 3, feedback: 1, signal: {osc: {freq: 300, duration: 0.1}}}}\n")
    piece = Piece(compose(composer_for(tmp_path), "a").graph)
    out = piece.play(round(2.5 * RATE))[:, 0]
    loud = [np.abs(out[round(t * RATE) :][:4000]).max() for t in (0.0, 0.3, 0.6, 0.9, 1.2, 1.5)]
    np.testing.assert_allclose(loud, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0], atol=0.01)
    assert piece.engine.ended


def test_copies_that_are_too_late_are_told_at_their_line(tmp_path: Path):
    save(tmp_path, "a: {retrigger: {time: 20, repeat: 9, signal: {osc: {freq: 300}}}}\n")
    with pytest.raises(Exception, match="its last copy is 160 s late, and 60 s is the most"):
        compose(composer_for(tmp_path), "a")
