"""Ramps of the tempo and of parameters over bars: exact, from a bar on, kept through saves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed
from tests.harness.session_harness import RATE
from waves.node import BLOCK
from waves.node_types.builtin.form.ramp import Ramp, RampedTransport
from waves.testing import Player

KICK = "kick: {osc: {freq: 500, amp: 0.5, duration: 0.01, release: 0.005}}\n"
FASTER = "{from: 240, to: 480, in: 4 bars}"
PIECE = KICK + f'my_sound: {{tempo: {{bpm: {FASTER}, signal: {{mix: {{k: {{play: "kick*4"}}}}}}}}}}\n'
SLOPE = 240.0 / 16.0


def frame_of(beat: float, first: float = 240.0, slope: float = SLOPE) -> int:
    """The first frame at or after a beat of a tempo that grows by `slope` in each beat."""
    return math.ceil(60.0 / slope * math.log(1.0 + slope * beat / first) * RATE - 1e-6)


def onsets(frames: np.ndarray) -> list[int]:
    """Frames at which the first channel sounds after 10 ms of silence."""
    loud = np.flatnonzero(np.abs(frames[:, 0]) > 0.0)
    return [int(loud[0]), *(int(one) for one in loud[1:][np.diff(loud) > 0.01 * RATE])]


def test_the_position_is_the_integral_and_blocks_do_not_matter():
    frames, given = 400_000, {"bpm": 90.0, "before": 90.0, "after": 140.0, "length": 16.0}
    (beats, tempo), odd = (
        Player(RampedTransport, frames, compiled=True, **given).render(block=block) for block in (64, 37)
    )
    np.testing.assert_array_equal(beats, odd[0])
    slope, n = 50.0 / 16.0, np.arange(frames)
    end = 60.0 / slope * math.log(140.0 / 90.0) * RATE
    exact = np.where(n < end, 90.0 * np.expm1(slope * n / 60.0 / RATE) / slope, 16.0 + (n - end) * 140.0 / 60.0 / RATE)
    np.testing.assert_allclose(beats, exact, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tempo, np.where(n < end, 90.0 + slope * beats, 140.0), atol=1e-9)
    ramp = Player(Ramp, frames, compiled=True, beats=beats, length=8.0, **{"from": 200.0, "to": 6000.0}).render()
    np.testing.assert_allclose(ramp, 200.0 + 5800.0 * np.minimum(beats / 8.0, 1.0), atol=1e-9)
    assert ramp[-1] == 6000.0


def test_notes_follow_a_tempo_that_becomes_faster_and_stays(stage):
    live = stage(PIECE)
    found = onsets(live.play(4 * RATE))
    expected = [frame_of(beat) for beat in range(17)]
    assert np.abs(np.array(found[:17]) - expected).max() <= 1  # an oscillator is silent in its first frame
    assert np.diff(found[17:]) == pytest.approx(RATE / 8, abs=1)


def test_it_goes_on_through_saves_begins_with_a_bar_and_is_replayed(stage):
    live = stage(PIECE.replace(FASTER, "240"), keeps=True)
    heard = [live.play(20_000)]  # 1.8 beats
    live.save(PIECE)
    heard += [live.settle(), live.play(40_000)]
    for other in ("freq: 600", "freq: 500"):  # saves that have nothing to do with it, and one that takes it back
        live.save(PIECE.replace("freq: 500", other))
        heard += [live.settle(), live.play(20_000, 37)]
    frames = np.concatenate(heard)
    bar, found = RATE, onsets(frames)
    expected = [k * RATE // 4 for k in range(4)] + [bar + frame_of(beat) for beat in range(40)]
    assert np.abs(np.array(found) - expected[: len(found)]).max() <= 1
    live.save(PIECE.replace(FASTER, "240"))
    frames = np.concatenate([frames, live.settle(), live.play(RATE)])
    assert np.diff(onsets(frames[-RATE:])[1:]) == pytest.approx(RATE / 4, abs=1)
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_one_that_is_written_anew_begins_with_the_next_bar_from_the_tempo_that_is(stage):
    live = stage(PIECE)
    live.play(BLOCK * 400)
    live.reload(PIECE.replace("to: 480", "to: 120"))
    music = live.session.committer.music_time
    live.play(64)
    assert live.session.committer.music_time.bpm > music.bpm  # the old one goes on
    live.play(RATE)
    first = live.session.committer.music_time.bpm
    live.play(RATE)
    assert 120.0 < live.session.committer.music_time.bpm < first <= 240.0


def test_a_parameter_moves_in_a_line_and_notes_share_its_way(stage):
    text = "my_sound: {mix: {a: {osc: {type: sqr, freq: 0, amp: {from: 0, to: 1, in: 2 beats}}}}}\n"
    level = np.abs(stage(text).play(RATE + 100)[:, 0])
    np.testing.assert_allclose(level, np.minimum(np.arange(RATE + 100) / RATE, 1.0), atol=1e-6)
    text = (
        "tone: {osc: {type: sqr, freq: 0, amp: {from: 0, to: 1, in: 2 beats}, duration: 0.05, attack: 0, release: 0}}\n"
        'my_sound: {mix: {a: {play: "tone*8"}}}\n'
    )
    tops = stage(text).play(RATE)[:, 0]
    assert [np.abs(tops[k * RATE // 4 + 441]) for k in range(4)] == pytest.approx([0.01, 0.26, 0.51, 0.76], abs=1e-3)


def test_a_parameter_goes_on_in_its_line_through_a_save_of_something_else(stage):
    """`b` is silent: a sine that stands at 0."""
    text = "my_sound: {mix: {a: {osc: {type: sqr, freq: 0, amp: {from: 0, to: 1, in: 1 bar}}}, b: {osc: {freq: 0}}}}\n"
    live = stage(text)
    heard = [live.play(20_000)]
    live.save(text.replace("b: {osc: {freq: 0}}", "b: {osc: {freq: 0, amp: 0.5}}"))
    heard += [live.settle(), live.play(20_000)]
    level = np.abs(np.concatenate(heard)[:, 0])
    np.testing.assert_allclose(level, np.arange(level.size) / (2.0 * RATE), atol=1e-6)
