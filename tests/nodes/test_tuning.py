"""Glide, snap, interval and pitch: times, values, frequencies and sidebands against closed forms."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from waves.testing import RATE, Player, node

Glide, Snap, Interval, Pitch = node("glide"), node("snap"), node("interval"), node("pitch")
MINOR = [0.0, 2.0, 3.0, 5.0, 7.0, 8.0, 10.0]


def played(kind, frames, **given):
    return Player(kind, frames, compiled=True, **given).render()


def glided(values, **given):
    return played(Glide, values.size, signal=values, **given)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_a_glide_is_a_line_that_arrives_in_its_time(rate):
    frames = round(0.05 * rate)
    steps = np.repeat([100.0, 300.0, 200.0], 2 * frames)
    line = np.interp(np.arange(steps.size) + 1, np.array([0, 2, 3, 4, 5, 6]) * frames, [100, 100, 300, 300, 200, 200])
    np.testing.assert_allclose(glided(steps, time=0.05, rate=rate), line, atol=1e-9)
    ratios = 2.0 ** np.interp(
        np.arange(steps.size) + 1,
        np.array([0, 2, 3, 4, 5, 6]) * frames,
        np.log2([100, 100, 300, 300, 200, 200]),
    )
    np.testing.assert_allclose(glided(steps, time=0.05, type="exponential", rate=rate), ratios, rtol=1e-11)


def test_a_glide_begins_at_the_first_value_and_without_a_time_is_the_signal():
    steps = np.repeat([7.0, -2.0], 300)
    assert glided(steps, time=1.0)[0] == 7.0
    np.testing.assert_array_equal(glided(steps), steps)
    through_zero = glided(steps, time=0.005, type="exponential")
    np.testing.assert_array_equal(through_zero, glided(steps, time=0.005))


def test_a_new_value_on_the_way_begins_at_the_present_level():
    steps = np.concatenate([np.zeros(10), np.ones(50), np.full(300, -1.0)])
    level = glided(steps, time=100 / RATE)
    assert level[59] == pytest.approx(0.5) and level[159] == level[-1] == -1.0
    np.testing.assert_allclose(np.diff(level[59:160]), -0.015, atol=1e-12)


def test_a_glide_of_a_level_has_no_sidebands():
    """Of 6 dB in 0.1 s on a tone: below -80 dB of it from 100 Hz beside the tone on; a jump has -50 dB there."""
    frames = round(RATE)
    level = np.where(np.arange(frames) < frames // 2, 1.0, 0.5)
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(frames) / RATE)
    window = np.blackman(frames)

    def beside(gain):
        spectrum = np.abs(np.fft.rfft(window * gain * tone))
        peak = spectrum.max()
        return 20.0 * np.log10(max(spectrum[:900].max(), spectrum[1101:].max()) / peak)

    glide, jump = beside(glided(level, time=0.1)), beside(level)
    print(f"sidebands {glide:.1f} dB, of a jump {jump:.1f} dB")
    assert glide < -80.0 < jump


def test_snap_is_the_nearest_of_the_values():
    x = np.linspace(-2.0, 6.0, 3001)
    values = np.array([0.0, 4.0, 1.0])
    found = played(Snap, x.size, signal=x, values=values.tolist())
    np.testing.assert_array_equal(found, values[np.argmin(np.abs(x - values[:, None]), axis=0)])


def test_snap_to_a_scale_is_the_nearest_note_in_semitones_in_any_octave():
    """Beside all notes of eleven octaves; what is no pitch stays."""
    pitches = 30.0 * 2.0 ** np.linspace(0.0, 8.0, 2001)
    notes = np.array([12.0 * octave + step for octave in range(-6, 5) for step in MINOR])
    semitones = 12.0 * np.log2(pitches / 400.0)
    expected = 400.0 * 2.0 ** (notes[np.argmin(np.abs(semitones - notes[:, None]), axis=0)] / 12.0)
    np.testing.assert_allclose(played(Snap, 2001, signal=pitches, scale=MINOR, root=400.0), expected, rtol=1e-12)
    assert (played(Snap, 200, signal=-np.ones(200), scale=MINOR) == -1.0).all()


def test_snap_is_the_nearest_multiple_within_the_range():
    x = np.linspace(-2.0, 6.0, 3001)
    within = played(Snap, x.size, signal=x, interval=0.75, range=[0.5, 3.0])
    places = 0.5 + 0.75 * np.arange(4)
    np.testing.assert_allclose(within, places[np.argmin(np.abs(x - places[:, None]), axis=0)], atol=1e-12)
    free = played(Snap, x.size, signal=x, interval=0.75)
    assert np.abs(free - x).max() <= 0.375 + 1e-12 and np.abs(free / 0.75 - np.rint(free / 0.75)).max() < 1e-12
    np.testing.assert_array_equal(played(Snap, x.size, signal=x, interval=0.0), x)


def test_snap_glides_through_all_values_in_its_time():
    x = np.repeat([0.0, 1.0, 0.5], 10_000)
    level = played(Snap, x.size, signal=x, values=[0.0, 0.5, 1.0], glide=0.1)
    assert np.argmax(level == 1.0) - 10_000 == pytest.approx(4410, abs=2)
    assert np.argmax(level[20_000:] == 0.5) == pytest.approx(2205, abs=2)
    assert np.abs(np.diff(level)).max() <= 1.0 / 4410 + 1e-12


def test_a_note_of_a_scale_has_its_frequency():
    notes = np.arange(-30, 31)
    found = played(Interval, notes.size, note=notes.astype(float), root=220.0, scale=MINOR)
    semitones = np.array(MINOR)[notes % 7] + 12.0 * (notes // 7)
    np.testing.assert_allclose(found, 220.0 * 2.0 ** (semitones / 12.0), rtol=1e-13)
    cents = 1200.0 * np.log2(found / (220.0 * 2.0 ** (semitones / 12.0)))
    assert np.abs(cents).max() < 1e-9


def test_a_note_between_two_is_the_nearer_one_and_the_scale_is_chromatic():
    found = played(Interval, 4, note=np.array([0.4, 0.6, -0.6, 12.4]))
    np.testing.assert_allclose(found, 440.0 * 2.0 ** (np.array([0.0, 1.0, -1.0, 12.0]) / 12.0), rtol=1e-13)
    assert np.isfinite(played(Interval, 3, note=np.array([np.nan, 1e300, -1e300]))).all()


def saw(freq, rate=RATE, seconds=0.4):
    """A saw below half the rate."""
    t = np.arange(round(seconds * rate)) / rate
    return sum(np.sin(2 * np.pi * k * freq * t) / k for k in range(1, int(0.45 * rate / freq)))


def tracked(sound, **given):
    """Pitch and sureness of the last frame."""
    return played(Pitch, sound.size, signal=[sound], **given)[:, -1]


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_a_pitch_is_exact_to_a_cent(rate):
    worst = 0.0
    for freq in (82.4, 196.3, 987.8):
        for sound in (saw(freq, rate, 0.2), np.sin(2 * np.pi * freq * np.arange(0.2 * rate) / rate)):
            found, sure = tracked(0.5 * sound, rate=rate)
            worst = max(worst, abs(1200.0 * math.log2(found / freq)))
            assert sure > 0.95
    print(f"at {rate} Hz within {worst:.3f} cent")
    assert worst < 1.0


def test_a_tone_in_noise_is_found_and_noise_is_none():
    noise = np.random.default_rng(1).normal(0.0, 1.0, 22_050)
    found, sure = tracked(saw(220.0, seconds=0.5) + 0.3 * noise)
    assert abs(1200.0 * math.log2(found / 220.0)) < 20.0 and sure > 0.7
    found, sure = tracked(noise)
    assert sure < 0.7
    assert tuple(tracked(np.zeros(8000))) == (0.0, 0.0)


def test_where_the_tone_ends_the_pitch_is_0_or_stays():
    sound = np.concatenate([saw(300.0, seconds=0.2), np.zeros(8820)])
    assert tracked(sound)[0] == 0.0
    assert abs(1200.0 * math.log2(tracked(sound, keep=True)[0] / 300.0)) < 5.0


def test_a_pitch_follows_a_step_in_time_and_moves_in_a_line():
    sound = np.concatenate([saw(200.0, seconds=0.2), saw(300.0, seconds=0.2)])
    stepped, sliding = (played(Pitch, sound.size, signal=[sound], per_sample=line)[0] for line in (False, True))
    arrived = (np.argmax(np.abs(stepped - 300.0) < 3.0) / RATE) - 0.2
    print(f"arrives after {1000 * arrived:.1f} ms")
    assert arrived < 0.040
    assert np.abs(np.diff(sliding[12_000:])).max() <= np.ptp(sliding[12_000:]) / 100
    assert abs(sliding[-1] - 300.0) < 0.2


def test_smoothing_is_the_same_at_every_rate():
    left = []
    for rate in (44_100, 96_000):
        sound = np.concatenate([saw(200.0, rate, 0.2), saw(203.0, rate, 0.2)])
        found = Player(Pitch, sound.size, compiled=True, signal=[sound], smoothing=0.9, rate=rate).render()[0]
        left.append((203.0 - found[-1]) / (203.0 - found[found.size // 2]))
    assert left[0] == pytest.approx(0.9 ** (0.175 / 0.0464), abs=0.04) and left[0] == pytest.approx(left[1], abs=0.02)


def test_windows_of_another_size_are_filled_before_they_count():
    state = SimpleNamespace(at=200, filled=True)
    usual = SimpleNamespace(min_freq=80.0, max_freq=1000.0)
    Pitch.adopted(state, usual, usual)
    assert (state.at, state.filled) == (200, True)
    Pitch.adopted(state, usual, SimpleNamespace(min_freq=80.0, max_freq=4000.0))
    assert (state.at, state.filled) == (0, False)
