"""The clock of a sequencer against exact arithmetic, and what it does when it begins, changes and ends."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, inf
from typing import Any

import numpy as np
import pytest

from tests.harness.clock_steps import Steps, beats
from waves.node import BLOCK
from waves.node_types.builtin.step_clock import StepClock
from waves.testing import RATE, Player

FRAMES = 44100
NOTHING = np.zeros(FRAMES)


def expected(count: int, interval: Fraction, swing: Fraction = Fraction(0)) -> list[int]:
    """The first frames at or after the onsets, exactly; odd steps are early by half the swing."""
    return [ceil((k - swing / 2 * (k % 2)) * interval * int(RATE)) for k in range(count)]


FURTHER = [("1999.99", "-0.61"), ("1357", "1")]
"""Tempos and swings."""


def pulses(*frames: int, length: int = 3) -> np.ndarray[Any, Any]:
    signal = NOTHING.copy()
    for frame in frames:
        signal[frame : frame + length] = 1.0
    return signal


@pytest.mark.parametrize(
    ("bpm", "swing"), [("1273.7", "0.37"), *(pytest.param(*one, marks=pytest.mark.long) for one in FURTHER)]
)
def test_every_onset_is_on_its_frame_after_ten_thousand_steps(bpm, swing):
    interval = 15 / Fraction(bpm)
    frames = ceil(10_001 * interval * int(RATE))
    steps = Steps(frames, bpm=float(bpm), interval=15.0 / float(bpm), swing=float(swing), steps=7)
    found = steps.run()[:10_000]
    assert [frame for frame, _, _ in found] == expected(10_000, interval, Fraction(swing))
    assert [step for _, step, _ in found] == [k % 7 for k in range(10_000)]


def test_a_clock_is_exact_an_hour_after_the_start():
    first, interval = 3600 * int(RATE) + 17, 15 / Fraction("127.3")
    found = Steps(FRAMES, bpm=127.3, first=first, interval=15 / 127.3, swing=0.3).onsets
    steps = int(first / (interval * int(RATE))) + 12
    frames = expected(steps, interval, Fraction("0.3"))
    assert found == [frame - first for frame in frames if first <= frame < first + FRAMES]


def test_one_step_lasts_as_long_as_its_swing_says():
    found = Steps(FRAMES, interval=0.1, swing=0.5).run()
    assert [length for _, _, length in found[:4]] == [round(0.075 * RATE), round(0.125 * RATE)] * 2


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_blocks_do_not_matter(compiled):
    given = {"interval": 0.0123 + 0.004 * np.sin(np.arange(4000) / 300.0), "swing": 0.3, "compiled": compiled}
    given |= {"reset": np.where(np.arange(4000) % 1511 == 1510, 1.0, 0.0)}
    runs = [Steps(4000, block=block, **given).run() for block in (1, 7, 63, 64)]
    assert len(runs[0]) > 5
    assert all(run == runs[0] for run in runs)


@pytest.mark.parametrize("bpm", [93.7, 120.0])
def test_added_at_any_moment_it_has_the_onsets_of_one_that_always_ran(bpm):
    given = {"interval": 15.0 / bpm, "swing": 0.4, "steps": 5}
    always = Steps(FRAMES, bpm=bpm, **given).run()
    for first in np.random.default_rng(1).integers(0, FRAMES, 40) // BLOCK * BLOCK:
        added = Steps(FRAMES - int(first), bpm=bpm, first=int(first), **given).run()
        assert [(f + first, s, n) for f, s, n in added] == [event for event in always if event[0] >= first]


def test_an_onset_on_the_first_frame_of_a_clock_sounds():
    given = {"interval": 64 * 10 / RATE}
    assert Steps(1300, first=640, **given).onsets == [0, 640, 1280]
    assert Steps(1300, first=704, **given).onsets == [576, 1216]


def test_what_begins_now_counts_from_there():
    assert Steps(FRAMES, first=5000, interval=0.3, begin="now").onsets == [0, 13230, 26460, 39690]


def test_what_cannot_know_where_it_would_be_begins_with_the_next_bar():
    found = Steps(3 * FRAMES, first=30_000, interval=0.25, begin="bar", bar=3.0).onsets
    assert found[:2] == [3 * 22050 - 30_000, 3 * 22050 - 30_000 + 11_025]
    moving = 0.25 + 0.1 * np.arange(3 * FRAMES) / FRAMES
    assert Steps(3 * FRAMES, first=30_000, interval=moving, bar=3.0).onsets[0] == 3 * 22050 - 30_000
    assert Steps(FRAMES, interval=moving[:FRAMES], bar=3.0).onsets[0] == 0


def test_a_changed_interval_carries_on_from_its_position():
    interval = np.where(np.arange(FRAMES) < 10_000, 0.1, 0.2)
    # two steps and 1180 of the third's 4410 frames at 0.1 s, the rest of it at twice that
    later = [10_000 + 2 * 3230, 10_000 + 2 * 7640]
    assert Steps(FRAMES, interval=interval).onsets[:5] == [0, 4410, 8820, *later]


def test_a_moving_interval_is_integrated():
    seconds = np.arange(2 * FRAMES) / RATE
    interval = 0.1 / (1.0 + 0.5 * seconds)  # the position in steps is 10 t + 2.5 t^2
    onsets = np.array(Steps(2 * FRAMES, interval=interval).onsets) / RATE
    assert np.abs(10 * onsets + 2.5 * onsets**2 - np.arange(onsets.size)).max() < 40.0 / RATE


def test_a_length_in_beats_follows_a_moving_tempo():
    bpm = 120.0 + 40.0 * np.sin(np.arange(4 * FRAMES) / 9000.0)
    position = beats(4 * FRAMES, bpm)
    onsets = Steps(4 * FRAMES, bpm=bpm, interval=60.0 / bpm / 3.0).onsets
    assert onsets == [int(np.argmax(position >= k / 3.0 - 1e-9)) for k in range(len(onsets))]
    assert len(onsets) > 20


def test_each_rising_edge_is_a_step():
    edges = [0, 3, 5, 7, 100, 126, 128, 5000]
    trigger = pulses(*edges, length=1)
    found = Steps(FRAMES, mode="trigger", trigger=trigger, steps=3).run()
    assert [frame for frame, _, _ in found] == edges
    assert [step for _, step, _ in found] == [0, 1, 2, 0, 1, 2, 0, 1]


def test_as_many_triggers_as_a_block_can_have():
    trigger = np.where(np.arange(FRAMES) % 2 == 0, 1.0, 0.0)
    assert Steps(6400, mode="trigger", trigger=trigger[:6400]).onsets == list(range(0, 6400, 2))


def test_reset_goes_back_to_the_first_step():
    found = Steps(FRAMES, interval=0.1, reset=pulses(7000), steps=8).run()
    assert [(frame, step) for frame, step, _ in found[:4]] == [(0, 0), (4410, 1), (7000, 0), (11_410, 1)]
    given = {"mode": "trigger", "steps": 8, "trigger": pulses(10, 20, 30, 40)}
    found = Steps(FRAMES, reset=pulses(25), **given).run()
    assert [step for _, step, _ in found] == [0, 1, 0, 1]


@pytest.mark.parametrize("interval", [0.05, 0.002, 0.001])
def test_it_ends_with_its_last_pass_and_leaves_no_event(interval):
    steps = Steps(FRAMES, interval=interval, steps=3, repeat=2.0)
    assert len(steps.run()) == 6
    assert steps.player.ended and steps.player.state.count == 0
    held = Steps(FRAMES, interval=interval, steps=3, repeat=2.0, ends=False)
    assert len(held.run()) == 6 and not held.player.ended
    assert 6.999 < held.player.outputs[0, -1] < 7.0


def test_a_chain_goes_on_when_nothing_sounds():
    steps = Steps(64 * 12, mode="chain", steps=3, repeat=1.0, begin="bar")
    player = steps.player
    found = []
    for busy in [0, 1, 1, 0, 2, 0, 1, 0, 0]:
        player.state.busy = busy
        player.render(BLOCK)
        found.append((int(player.state.count), player.ended))
    assert [count for count, _ in found] == [1, 0, 0, 1, 0, 1, 0, 0, 0]
    assert [ended for _, ended in found].index(True) == 7


def test_nothing_sounds_late_when_the_transport_jumps():
    position = beats(FRAMES, 120.0)
    position[10_000:] += 40.0
    forward = Steps(FRAMES, beats=position, interval=0.05).onsets
    assert len([frame for frame in forward if 9990 <= frame < 12_205]) == 1
    position[20_000:] -= 41.0
    back = Steps(FRAMES, beats=position, interval=0.05).onsets
    assert max(np.diff(back)) <= 2205 + 1


def test_the_position_counts_steps_and_their_fraction():
    position = Steps(FRAMES, interval=0.1)
    position.run()
    out = position.player.outputs[0]
    np.testing.assert_allclose(out, 1.0 + np.arange(FRAMES) / 4410.0, atol=2e-9)
    late = Steps(FRAMES, interval=0.1, first=441 * 25)
    late.run()
    np.testing.assert_allclose(late.player.outputs[0], 3.5 + np.arange(FRAMES) / 4410.0, atol=2e-9)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
@pytest.mark.parametrize("name", ["interval", "swing", "reset", "beats", "beat", "trigger"])
def test_hostile_inputs_leave_no_trace(name, compiled):
    frames = 1024
    mode = "trigger" if name == "trigger" else "interval"
    good = {"interval": 0.002, "swing": 0.2, "reset": 0.0, "beats": beats(frames, 120.0), "beat": 0.5}
    good |= {"trigger": 0.0}
    for bad in (np.nan, inf, -inf, 1e300, -1e300, 1e9, -1e9):
        spoilt = np.array(np.broadcast_to(good[name], frames))
        spoilt[100:292] = bad
        player = Player(StepClock, frames, compiled=compiled, mode=mode, **(good | {name: spoilt}))
        assert np.isfinite(player.render()[320:]).all(), bad
        assert all(np.isfinite(player.record[field]).all() for field in player.record.dtype.names)
