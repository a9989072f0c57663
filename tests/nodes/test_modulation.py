"""Chorus, flanger, phaser and tremolo: where their delays, notches and levels are, and what their reading loses."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.at_rates import rendered
from tests.harness.session_harness import save
from waves.testing import RATE, Player, node

Chorus, Flanger, Phaser, Tremolo = node("chorus"), node("flanger"), node("phaser"), node("tremolo")
NOISE = 0.1 * np.random.default_rng(3).standard_normal(1 << 16)
IMPULSE = np.eye(1, 1 << 15)[0]
BOTH = [44_100.0, 96_000.0]
POLE = 3.0**0.5 - 2.0


def played(kind, frames, frames_per_s=RATE, **given):
    """Left and right."""
    return Player(kind, frames, compiled=True, sample_rate=frames_per_s, **given).render()


def added(sound, freq, late, rate):
    """All else in a sound beside a tone that is late by so much, in dB below the tone, and the level of the tone."""
    turns = 2.0 * np.pi * freq * (np.arange(sound.size) / rate - late)
    basis = np.stack([np.cos(turns), np.sin(turns)], 1)[4000:]
    fit, *_ = np.linalg.lstsq(basis, sound[4000:], rcond=None)
    return 20.0 * np.log10(np.std(sound[4000:] - basis @ fit) / np.std(basis @ fit)), np.hypot(*fit)


def response(sound):
    return np.fft.rfft(sound)


@pytest.mark.parametrize("rate", BOTH)
def test_a_voice_of_a_chorus_is_the_sound_at_a_delay_that_swings(rate):
    t = np.arange(40_000) / rate
    for freq, most in ((1000.0, -100.0), (5000.0, -68.0), (10_000.0, -40.0)):
        tone = np.sin(2.0 * np.pi * freq * t)
        given = {"rate": 2.0, "depth": 1.0, "voices": 1, "spread": 0.0, "mix": 1.0}
        sound = played(Chorus, t.size, rate, signal=[tone], **given)[0]
        noise, level = added(sound, freq, 0.007 + 0.0028 * np.sin(2.0 * np.pi * 2.0 * t), rate)
        print(f"{rate:g}: {freq:g} Hz {noise:.1f} dB, level {20.0 * np.log10(level):.3f} dB")
        assert noise < most
        assert abs(20.0 * np.log10(level)) < 0.1


def test_a_chorus_is_as_bright_and_as_loud_as_its_input_and_wide():
    left, right = played(Chorus, NOISE.size, signal=[NOISE])
    power = [np.abs(np.fft.rfft(one)) ** 2 for one in (NOISE, left, right)]
    freqs = np.fft.rfftfreq(NOISE.size, 1.0 / RATE)
    for low, high, most in ((100.0, 1000.0, 0.6), (1000.0, 8000.0, 0.3), (8000.0, 12_000.0, 0.3)):
        band = (freqs > low) & (freqs < high)
        change = [10.0 * np.log10(one[band].sum() / power[0][band].sum()) for one in power[1:]]
        print(f"{low:g} to {high:g} Hz: {change[0]:.2f}, {change[1]:.2f} dB")
        assert np.abs(change).max() < most
    voices = [played(Chorus, NOISE.size, signal=[NOISE], mix=1.0, spread=spread) for spread in (0.0, 0.7)]
    alike = [np.corrcoef(*one)[0, 1] for one in voices]
    print("alike", alike)
    assert alike[0] == pytest.approx(1.0) and abs(alike[1]) < 0.4


@pytest.mark.parametrize("rate", BOTH)
def test_the_delay_of_a_flanger_glides_by_octaves(rate):
    t = np.arange(40_000) / rate
    tone = np.sin(2.0 * np.pi * 5000.0 * t)
    given = {"rate": 1.5, "depth": 0.7, "time": 0.003, "feedback": 0.0, "mix": 1.0, "spread": 1.0}
    left, right = played(Flanger, t.size, rate, signal=[tone], **given)
    for sound, sign in ((left, 1.0), (right, -1.0)):
        octaves = 4.0 * 0.7 * (0.5 - 0.5 * sign * np.cos(2.0 * np.pi * 1.5 * t))
        noise, _ = added(sound, 5000.0, 0.003 * 2.0**-octaves, rate)
        print(f"{rate:g}: {noise:.1f} dB")
        assert noise < -65.0


def test_a_flanger_is_the_comb_of_its_delay_and_its_teeth_are_deep():
    given = {"time": 80.5 / RATE, "depth": 0.0, "spread": 0.0}
    w = 2.0 * np.pi * np.fft.rfftfreq(IMPULSE.size)
    z = np.exp(-1j * w)
    weights = (np.array([1.0, 23.0, 23.0, 1.0])[:, None] / 48.0 * z ** np.arange(79, 83)[:, None]).sum(0)
    delay = weights * (1.0 - POLE) ** 2 / (1.0 - POLE * z) ** 2
    for feedback in (0.5, -0.8):
        found = response(played(Flanger, IMPULSE.size, signal=[IMPULSE], feedback=feedback, **given)[0])
        again = 0.98 * feedback
        wanted = np.sqrt(0.5) * (1.0 + np.sqrt(1.0 - again**2) * delay / (1.0 - again * delay))
        assert np.abs(found - wanted).max() < 1e-7
    level = 20.0 * np.log10(np.abs(response(played(Flanger, IMPULSE.size, signal=[IMPULSE], feedback=0.0, **given)[0])))
    freqs = np.fft.rfftfreq(IMPULSE.size, 1.0 / RATE)
    near = (freqs > 9000.0) & (freqs < 11_000.0)
    print(f"teeth at 10 kHz: {level[near].min():.1f} to {level[near].max():.1f} dB")
    assert level[near].min() < -30.0 and level[near].max() > 2.9


@pytest.mark.parametrize("rate", BOTH)
@pytest.mark.parametrize(("stages", "feedback"), [(6, 0.0), (4, 0.7), (11, -0.6)])
def test_a_phaser_is_its_circuit(rate, stages, feedback):
    given = {"stages": stages, "feedback": feedback, "depth": 0.0, "cutoff": 800.0, "spread": 0.0}
    found = response(played(Phaser, IMPULSE.size, rate, signal=[IMPULSE], **given)[0])
    freqs = np.fft.rfftfreq(IMPULSE.size, 1.0 / rate)
    ratio = np.tan(np.pi * np.minimum(freqs / rate, 0.4999999)) / np.tan(np.pi * 800.0 / rate)
    passed = ((1.0 - 1j * ratio) / (1.0 + 1j * ratio)) ** stages
    again = 0.98 * feedback
    wanted = np.sqrt(0.5) * (1.0 + np.sqrt(1.0 - again**2) * passed / (1.0 - again * passed))
    assert np.abs(found - wanted)[:-1].max() < 1e-6
    if feedback == 0.0:
        ratios = np.tan(np.pi / 12.0 * np.array([1.0, 3.0, 5.0]))  # 0.27, 1 and 3.7
        places = rate / np.pi * np.arctan(ratios * np.tan(np.pi * 800.0 / rate))
        level = 20.0 * np.log10(np.abs(found) + 1e-9)
        notches = freqs[1:-1][(level[1:-1] < level[:-2]) & (level[1:-1] < level[2:]) & (level[1:-1] < -25.0)]
        print(notches, places)
        np.testing.assert_allclose(notches[:3], places, atol=freqs[1])


@pytest.mark.parametrize("rate", BOTH)
def test_the_level_of_a_tremolo_is_a_cosine(rate):
    t = np.arange(20_000) / rate
    left, right = played(Tremolo, t.size, rate, signal=[1.0], rate=7.0, depth=0.6, spread=1.0)
    swing = np.cos(2.0 * np.pi * 7.0 * t)
    np.testing.assert_allclose(left, 0.7 + 0.3 * swing, atol=1e-9)
    np.testing.assert_allclose(right, 0.7 - 0.3 * swing, atol=1e-9)


def test_in_a_piece_a_tremolo_swings_as_often_at_any_rate(tmp_path):
    save(tmp_path, "my_sound: {tremolo: {rate: 7, depth: 1, signal: {osc: {type: cos, freq: 0}}}}\n")
    for rate in (44_100, 96_000):
        level = rendered(tmp_path, rate, 0.3)[:, 0]
        np.testing.assert_allclose(level, 0.5 + 0.5 * np.cos(14.0 * np.pi * np.arange(level.size) / rate), atol=1e-9)


def test_a_square_tremolo_does_not_click_and_stays_at_its_ends():
    level = played(Tremolo, 44_100, signal=[1.0], rate=4.0, depth=1.0, shape="sqr")[0]
    steepest = np.abs(np.diff(level)).max() * RATE
    assert steepest == pytest.approx(0.5 * np.pi / 0.004, rel=0.01)
    assert np.mean((level > 0.999) | (level < 0.001)) > 0.95


def test_a_jump_of_what_moves_a_delay_or_a_notch_is_no_click():
    """A jump is followed within some milliseconds: no frame differs from the next by more than that explains."""
    t = np.arange(20_000) / RATE
    tone = np.sin(2.0 * np.pi * 200.0 * t)
    jump = np.where(t < 0.2, 0.0, 1.0)
    steepest = 2.0 * np.pi * 200.0 / RATE
    for kind, given in (
        (Chorus, {"depth": jump, "spread": jump, "mix": 1.0, "voices": 1}),
        (Flanger, {"depth": jump, "spread": jump, "time": 0.0005 + 0.0195 * jump, "mix": 1.0, "feedback": 0.0}),
        (Phaser, {"depth": jump, "spread": jump, "cutoff": 100.0 + 9000.0 * jump, "mix": 1.0, "feedback": 0.0}),
    ):
        sound = played(kind, t.size, signal=[tone], **given)[:, 4000:]
        print(kind.__name__, np.abs(np.diff(sound)).max() / steepest)
        assert np.abs(np.diff(sound)).max() < 3.0 * steepest
