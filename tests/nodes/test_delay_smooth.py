"""Delay and smooth: exact times, echoes, pitch of a moving tape, and how fast a jump is followed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from tests.harness.at_rates import rendered
from tests.harness.beside import beside, level_of
from tests.harness.session_harness import save
from waves.testing import RATE, Player, node

Delay, Smooth = node("delay"), node("smooth")
sound = np.random.default_rng(8).standard_normal(5000)


def delayed(**given):
    return Player(Delay, 5000, compiled=True, **{"signal": sound} | given).render()


@pytest.mark.parametrize("frames", [0, 1, 2, 63, 64, 65, 1000, 2000])
def test_whole_times_are_exact(frames):
    expected = np.concatenate([np.zeros(frames), sound])[:5000]
    np.testing.assert_allclose(delayed(time=frames / RATE), expected, atol=1e-9)


def test_below_a_frame_it_is_a_straight_line_to_the_input():
    earlier = np.concatenate([[0.0], sound])[:5000]
    np.testing.assert_allclose(delayed(time=0.25 / RATE), 0.75 * sound + 0.25 * earlier, atol=1e-9)


@pytest.mark.parametrize("frames", [95.3, 96.3, 1000.6])
def test_a_time_that_stays_sounds_as_one_that_is_read_frame_by_frame(frames):
    """From two blocks on, a constant time is read a block at a time, however the blocks are cut."""
    given = {"signal": sound, "time": frames / RATE, "feedback": 0.7, "damping": 0.2}
    each = Player(Delay, 5000, compiled=True, **given | {"time": np.full(5000, given["time"])}).render()
    whole = Player(Delay, 5000, compiled=True, constant=("time",), **given).render()
    np.testing.assert_allclose(whole, each, atol=1e-12)
    for block in (37, 1):
        cut = Player(Delay, 5000, compiled=True, constant=("time",), **given).render(block=block)
        np.testing.assert_array_equal(cut, whole)


def tone(freq, frames=40_000):
    return np.sin(2 * np.pi * freq / RATE * np.arange(frames))


QUALITIES = ("draft", "good", "best")
BOUNDS = {"draft": (-60.0, -60.0), "good": (-90.0, -90.0), "best": (-105.0, -100.0)}
"""dB by quality, beside a tone of 5 and of 10 kHz."""


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("middle", "way"), [(0.01, 0.001), (0.0005, 0.00003)])
@pytest.mark.parametrize("mode", ["DIGITAL", "TAPE"])
def test_a_time_that_moves_adds_little_to_a_tone(quality, middle, way, mode):
    """Further from the tone than it is bent by the movement of half a hertz."""
    time = middle + way * np.sin(2 * np.pi * 0.5 / RATE * np.arange(40_000))
    for freq, most in zip((5000.0, 10_000.0), BOUNDS[quality], strict=True):
        made = Player(Delay, 40_000, compiled=True, signal=tone(freq), time=time, mode=mode, quality=quality)
        found = beside(made.render()[7232:], freq, near=0.005 * freq + 60.0)
        print(f"{quality}, {mode}, {freq:.0f} Hz, {1000 * middle:g} ± {1000 * way:g} ms: {found:.1f} dB")
        assert found < most


@pytest.mark.parametrize("quality", QUALITIES)
def test_from_a_quarter_of_a_millisecond_on_the_bounds_hold(quality):
    time = np.linspace(0.00025, 0.00035, 40_000)
    for freq in (5000.0, 10_000.0):
        made = Player(Delay, 40_000, compiled=True, signal=tone(freq), time=time, quality=quality).render()[7232:]
        found = beside(made, freq, near=0.005 * freq + 60.0)
        print(f"{quality}, {freq:.0f} Hz: {found:.1f} dB")
        assert found < (-60.0 if quality == "draft" else -90.0)


@pytest.mark.parametrize("quality", ["good", "best"])
@pytest.mark.parametrize("part", [0.1, 0.5])
def test_a_time_between_two_frames_keeps_every_level_to_15_khz(quality, part):
    for freq in (1000.0, 10_000.0, 15_000.0):
        made = Player(Delay, 9000, compiled=True, signal=tone(freq, 9000), time=(100.0 + part) / RATE, quality=quality)
        assert level_of(made.render()[808:], freq) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("quality", QUALITIES)
def test_what_goes_round_neither_grows_nor_dies(quality):
    """Feedback of 1 over 100.5 frames, and over a time that moves: 700 times round."""
    start = np.zeros(70_000)
    start[:1000] = np.sin(2 * np.pi * 441.0 / RATE * np.arange(1000)) * np.hanning(1000)
    for time in (100.5 / RATE, (100.5 + 3.0 * np.sin(np.arange(70_000) / 3000.0)) / RATE):
        made = Player(Delay, 70_000, compiled=True, signal=start, time=time, feedback=1.0, quality=quality).render()
        first, last = (np.abs(made[k : k + 2000]).max() for k in (2000, 68_000))
        print(f"{quality}: {first:.3f}, {last:.3f}")
        assert last < 1.05 * first
        if quality != "draft":
            assert last > 0.8 * first


def test_feedback_echoes_and_mix_keeps_the_input():
    impulse = np.zeros(5000)
    impulse[0] = 1.0
    echoes = delayed(signal=impulse, time=700 / RATE, feedback=-0.5, mix=0.25)
    expected = np.zeros(5000)
    expected[0] = 0.75
    expected[700::700] = 0.25 * (-0.5) ** np.arange(7)
    np.testing.assert_allclose(echoes, expected, atol=1e-9)


def test_a_tape_changes_pitch_and_arrives():
    wave = np.sin(2 * np.pi * 1000.0 * np.arange(88200) / RATE)
    time = np.where(np.arange(88200) < 30000, 0.3, 0.2)
    tape = Player(Delay, 88200, compiled=True, signal=wave, time=time, mode="TAPE").render()
    fastest = np.abs(np.diff(tape[20000:])).max() * RATE / (2 * np.pi * 1000.0)
    assert 1.5 < fastest < 2.01  # 0.1 s less within 0.1 s: twice the speed
    np.testing.assert_allclose(tape[-100:], wave[-100 - round(0.2 * RATE) : -round(0.2 * RATE)], atol=2e-3)
    digital = Player(Delay, 88200, compiled=True, signal=wave, time=time).render()
    np.testing.assert_allclose(digital[30000:30100], wave[30000 - round(0.2 * RATE) :][:100], atol=1e-6)


def test_memory_has_head_room():
    assert Delay.lengths(SimpleNamespace(time=0.25), RATE) == {"line": 1.0}
    assert Delay.lengths(SimpleNamespace(time=4.0), RATE) == {"line": pytest.approx(4.4)}
    assert Delay.lengths(SimpleNamespace(time=None), RATE) == {"line": 30.0}


def test_a_time_beyond_the_memory_is_the_longest_there_is():
    player = Player(Delay, 5000, compiled=True, signal=sound, time=1e9)
    expected = np.concatenate([np.zeros(player.memories["line"].size - 2), sound])[:5000]
    np.testing.assert_allclose(player.render(), expected, atol=1e-9)


def test_smooth_covers_63_percent_in_its_time():
    jump = np.concatenate([[0.0], np.ones(9999)])
    level = Player(Smooth, 10000, compiled=True, signal=jump, time=0.05).render()
    found = np.argmax(level >= 1 - np.exp(-1)) / RATE
    print(f"63 % after {found * 1000:.3f} ms of 50")
    assert found == pytest.approx(0.05, rel=0.001)
    np.testing.assert_allclose(level, 1 - np.exp(-np.arange(10000) / (0.05 * RATE)), atol=1e-9)


def test_smooth_by_step_never_moves_faster():
    level = Player(Smooth, 5000, compiled=True, signal=sound, step=0.02).render()
    assert np.abs(np.diff(level)).max() <= 0.02 + 1e-12
    still = Player(Smooth, 500, compiled=True, signal=np.where(np.arange(500) < 1, 0.0, 1.0)).render()
    np.testing.assert_allclose(still[:101], np.arange(101) * 0.01, atol=1e-12)  # 0.01 where nothing is given


def test_smooth_begins_at_the_signal_and_remembers():
    assert (Player(Smooth, 500, compiled=True, signal=0.7, time=1.0).render() == 0.7).all()
    assert (Player(Smooth, 500, compiled=True, signal=0.7, step=0.001).render() == 0.7).all()


def test_smooth_takes_one_way():
    with pytest.raises(ValidationError, match="takes 'step' or 'time', not both"):
        Smooth(signal=None, step=0.1, time=0.1)


@pytest.mark.parametrize("more", ["", ", pingpong: true"])
def test_echoes_that_lie_far_apart_are_heard(tmp_path, more):
    """Between them it is silent for longer than what has ended is."""
    tone = "{osc: {freq: 441, duration: 0.05, amp: 0.5}}"
    save(tmp_path, f"my_sound: {{delay: {{time: 0.6, feedback: 0.5, mix: 0.5{more}, signal: {tone}}}}}\n")
    sound = np.abs(rendered(tmp_path, 44_100, 2.5)).max(axis=1)
    peaks = [sound[round(k * 0.6 * 44_100) :][:2205].max() for k in range(5)]
    np.testing.assert_allclose(peaks, [0.25, 0.25, 0.125, 0.0625, 0.03125], rtol=0.05)
