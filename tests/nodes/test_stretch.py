"""Stretch: the file itself at time 1, onsets, pitch, level and seams, and that nothing that moves is a click."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from tests.harness.paths import TOP
from waves.testing import RATE, Player, node

Stretch = node("stretch")
SECOND = round(RATE)
TIME = np.arange(4 * SECOND) / RATE
BREAK = np.ascontiguousarray(soundfile.read(TOP / "samples" / "break.flac", dtype="float32")[0].T)
STROKES = np.arange(4, 60, 7) * SECOND // 40  # frames


def played(file, seconds, **given):
    return Player(Stretch, round(seconds * RATE), compiled=True, file=[file], **given).render()


def tones(*freqs, frames=2 * SECOND):
    wave = sum(0.2 * np.sin(2.0 * np.pi * freq * TIME[:frames] + freq) for freq in freqs)
    return np.asarray(wave, np.float32)[None]


def strokes():
    """Strokes of noise that fall by 60 dB in 60 ms, over a soft tone."""
    chance = np.random.default_rng(5)
    wave = 0.01 * np.sin(2.0 * np.pi * 330.0 * TIME[: 2 * SECOND])
    for frame in STROKES:
        wave[frame : frame + 2646] += 0.5 * chance.standard_normal(2646) * 10.0 ** (-3.0 * np.arange(2646) / 2646)
    return np.asarray(wave, np.float32)[None]


def beside(sound, freqs):
    """dB of the loudest that is farther than 8 Hz from all frequencies, to the loudest of all."""
    partials = np.abs(np.fft.rfft(sound * np.kaiser(sound.size, 14.0)))
    at = np.arange(partials.size) * RATE / sound.size
    far = np.all([np.abs(at - freq) > 8.0 for freq in freqs], axis=0)
    return 20.0 * np.log10(partials[far].max() / partials.max())


def cents(sound, freq):
    """By how much the partial nearest to a frequency is higher than that."""
    partials = np.log(np.abs(np.fft.rfft(sound * np.hanning(sound.size), 1 << 18)) + 1e-12)
    near = round(freq * (1 << 18) / RATE)
    k = near - 100 + int(np.argmax(partials[near - 100 : near + 101]))
    a, b, c = partials[k - 1 : k + 2]
    return 1200.0 * np.log2((k + 0.5 * (a - c) / (a - 2.0 * b + c)) * RATE / (1 << 18) / freq)


def loudness(sound):
    return 20.0 * np.log10(np.sqrt(np.mean(np.square(sound))))


def test_at_time_1_it_is_the_file_itself_again_and_again():
    sound = played(BREAK, 6.0, loop=True)
    np.testing.assert_allclose(sound, np.tile(BREAK, 2)[:, : 6 * SECOND], atol=1e-12)
    np.testing.assert_allclose(
        played(BREAK, 1.0, slices=8.0, slice=3.0)[:, 133:21900], BREAK[:, 66283:88050], atol=1e-12
    )
    cut = played(tones(440.0), 0.1, start=0.25)[0] / (tones(440.0)[0, SECOND // 2 :][:4410] + 1e-12)
    np.testing.assert_allclose(cut[[33, 66, 99, 133]], [0.25, 0.5, 0.75, 1.0], atol=0.02)  # a fade of 3 ms


@pytest.mark.parametrize(
    ("time", "quality", "kept"),
    [(0.5, "good", 0.045), (0.8, "good", 0.045), (1.4, "draft", 0.01), (2.0, "good", 0.045), (2.0, "best", 0.085)],
)
def test_each_stroke_begins_at_its_time_and_is_as_recorded(time, quality, kept):
    file = strokes()
    sound = played(file, 2.0 * time, time=time, quality=quality)[0]
    late = []
    for frame in STROKES:
        stroke, due = file[0, frame : frame + 200].astype(float), round(frame * time)
        misfits = [np.sum((sound[due + k : due + k + 200] - stroke) ** 2) for k in range(-200, 201)]
        late.append(1000.0 * (int(np.argmin(misfits)) - 200) / RATE)
        first, length = due + int(np.argmin(misfits)) - 200, round(kept * RATE)
        np.testing.assert_allclose(sound[first : first + length], file[0, frame : frame + length], atol=1e-6)
        before = sound[due - 1000 : due - 100]  # neither an echo nor a second stroke
        assert np.abs(before).max() < 0.1 * np.abs(stroke).max()
    print(f"late by {min(late):.2f} to {max(late):.2f} ms")
    assert np.abs(late).max() < 0.5


@pytest.mark.parametrize("time", [0.5, 2.0])
def test_tones_and_chords_keep_their_pitch_and_level(time):
    for quality, freqs in (
        ("good", (440.0,)),
        ("draft", (440.0, 554.37, 659.26)),
        ("good", (220.0, 277.18, 329.63)),
        ("best", (110.0, 138.59, 164.81)),
    ):
        file = tones(*freqs)
        sound = played(file, 2.0 * time, time=time, quality=quality)[0][SECOND // 4 : -SECOND // 4]
        away = max(abs(cents(sound, freq)) for freq in freqs)
        print(f"{quality}, {freqs}: {away:.3f} cents, beside {beside(sound, freqs):.0f} dB")
        assert away < 0.1 and abs(loudness(sound) - loudness(file)) < 0.2
        assert beside(sound, freqs) < (-100.0 if len(freqs) == 1 else -35.0)


@pytest.mark.parametrize("time", [0.5, 0.8, 2.0])
def test_noise_keeps_its_level_and_its_colour(time):
    """White noise, in octaves from 500 Hz on."""
    file = np.asarray(0.1 * np.random.default_rng(3).standard_normal(2 * SECOND), np.float32)[None]
    sound = played(file, 2.0 * time, time=time)[0][SECOND // 4 : -SECOND // 4]
    apart = [octaves(sound) - octaves(file[0]), loudness(sound) - loudness(file)]
    print(f"{time}: {apart[1]:+.2f} dB, octaves {np.round(apart[0], 2)}")
    assert np.abs(apart[0]).max() < 0.5 and abs(apart[1]) < 0.4


def octaves(sound):
    """dB in each octave from 500 Hz to 16 kHz."""
    power = np.abs(np.fft.rfft(sound)) ** 2 / sound.size**2
    at = np.arange(power.size) * RATE / sound.size
    return np.array(
        [10.0 * np.log10(power[(at >= low) & (at < 2.0 * low)].sum()) for low in 500.0 * 2.0 ** np.arange(5)]
    )


def test_a_time_that_moves_or_stands_still_is_no_click():
    """What is heard beside a tone, far from it, in steps, a glide and a halt."""
    file, moving = tones(440.0, frames=4 * SECOND), TIME[: round(3.5 * RATE)]
    for time in (np.where(moving % 0.7 < 0.3, 3.0, 1.6), 1.0 + moving, np.where(moving > 1.0, np.inf, 1.0)):
        sound = played(file, 3.5, time=time)[0][SECOND // 2 : 3 * SECOND]
        print(f"{beside(sound, [440.0]):.0f} dB")
        assert beside(sound, [440.0]) < -100.0


def test_pitch_changes_no_time_and_glides():
    file = tones(440.0)
    for pitch in (-12.0, 0.3, 7.0):
        sound = played(file, 2.0, pitch=pitch)[0]
        assert abs(cents(sound, 440.0 * 2.0 ** (pitch / 12.0))) < 0.1
    late = played(strokes(), 2.0, pitch=-5.0)[0]
    assert np.abs(late[STROKES[0] : STROKES[0] + 200]).max() > 0.2 > np.abs(late[: STROKES[0] - 40]).max()
    gliding = played(file, 2.0, pitch=12.0 * np.sin(3.0 * TIME[: 2 * SECOND]))[0]
    assert np.abs(np.diff(gliding)).max() < 1.01 * 0.2 * 2.0 * np.pi * 880.0 / RATE


def test_a_loop_of_a_tone_has_no_seam_and_each_pass_has_the_length_that_is_asked_for():
    sound = played(tones(440.0, frames=SECOND), 4.0, loop=True, time=1.7)[0]
    assert beside(sound[SECOND:], [440.0]) < -100.0
    loop = played(BREAK, 4.0, loop=True, length=1.5)
    first = BREAK[0, :300]
    for k in range(3):
        np.testing.assert_allclose(loop[0, k * 66150 : k * 66150 + 300], first, atol=1e-6)


def test_both_channels_are_treated_as_one():
    sound = played(np.vstack([BREAK[0], 0.5 * BREAK[0]]), 3.0, time=1.4)
    np.testing.assert_allclose(sound[1], 0.5 * sound[0], atol=1e-9)


def test_it_ends_with_its_file():
    player = Player(Stretch, 3 * SECOND, compiled=True, file=[tones(440.0, frames=SECOND)], time=2.0)
    sound = player.render()[0]
    assert player.ended and abs(np.flatnonzero(sound)[-1] - 2 * SECOND) < 10
