"""Fades that do not fit into their duration: no jump, no lost level, an end at 0; in `osc` and `envelope` alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.harness.session_harness import Stage
from waves.testing import RATE, Player, in_blocks, node

STEEPEST = 5.0 / (1.0 - math.exp(-5.0))  # slope of a fade over its whole time, where it begins
times = st.integers(0, 300) | st.integers(0, 12)  # frames


def rising(x):
    return (1.0 - np.exp(-5.0 * np.clip(x, 0.0, 1.0))) / (1.0 - np.exp(-5.0))


def osc(count, **given):
    """The level of an oscillator that stands still at 1."""
    return Player(node("osc"), count, compiled=True, type="cos", freq=0.0, **given)


def envelope(count, **given):
    return Player(node("envelope"), count, compiled=True, **given)


def seconds(**frames):
    return {name: np.asarray(count) / RATE for name, count in frames.items()}


def steepest_of(*fades, level=1.0):
    """The largest step from frame to frame in a fade of one of these times in frames; infinite with a jump."""
    return STEEPEST * level / min(fades) if min(fades) > 0 else math.inf


def highest(attack, release, duration):
    """The level that an attack must reach: the release may be as steep as the steeper of both."""
    low, high = 0.0, 1.0
    for _ in range(60):
        x = 0.5 * (low + high)
        low, high = (x, high) if attack * x + min(attack, release) * rising(x) < duration else (low, x)
    return rising(low)


@example(attack=4410, decay=0, sustain=1.0, release=13230, duration=2205)
@example(attack=0, decay=0, sustain=1.0, release=13230, duration=2205)
@example(attack=100, decay=0, sustain=1.0, release=0, duration=40)
@example(attack=6, decay=0, sustain=0.0, release=0, duration=7)
@given(times, times, st.sampled_from([0.0, 0.3, 1.0]), times, times)
def test_all_four_times_in_any_proportion(attack, decay, sustain, release, duration):
    count = duration + 100
    fades = seconds(attack=attack, release=release, duration=duration)
    levels = {"osc": osc(count, **fades), "envelope": envelope(count, **fades)}
    if decay > 0 or sustain < 1.0:
        levels["with decay"] = envelope(count, decay=decay / RATE, sustain=sustain, **fades)
    for name, player in levels.items():
        level = player.render()
        assert player.ended and not level[duration:].any(), name
        inner = level[:duration]
        own = [steepest_of(attack), steepest_of(release)]
        if attack > 0 and release > 0:
            inner = np.concatenate([[0.0], inner, [0.0]])
        else:
            own = [x for x in own if x < math.inf] + [steepest_of(max(min(release, duration), 1))] * (release > 0)
        if name == "with decay":  # without a time it is a jump that was asked for
            own.append(steepest_of(decay, level=1.0 - sustain))
        if inner.size > 1:
            assert np.abs(np.diff(inner)).max() <= max(own, default=0.0) + 1e-9, name
        if duration > 0 and (name != "with decay" or decay > 0):
            allowed = highest(attack, release, duration) if attack > 0 else 1.0
            near = allowed - 2.0 * STEEPEST / max(attack, 1) if attack + min(attack, release) >= duration else allowed
            assert level.max() >= near - 1e-9, name
    np.testing.assert_allclose(levels["osc"].outputs, levels["envelope"].outputs, atol=1e-9)


def test_a_note_with_a_release_longer_than_itself_begins_at_full_level_and_falls_to_its_end():
    for make in (osc, envelope):
        level = make(500, **seconds(release=900, duration=300)).render()
        np.testing.assert_allclose(level[:301], 1.0 - rising(np.arange(301) / 300), atol=1e-9)
        short = make(500, **seconds(attack=5, release=900, duration=300)).render()
        assert short[5] == pytest.approx(1.0) and 0.0 < short[299] < 1e-3


def moving(seed):
    """Times that move, in frames: attack, release; with jumps."""
    noise = np.random.default_rng(seed)
    return {name: np.repeat(noise.integers(60, 400, 30), 20).astype(float) for name in ("attack", "release")}


@pytest.mark.parametrize("make", [osc, envelope])
@pytest.mark.parametrize("duration", [80, 150, 300, 560])
def test_times_that_move_make_no_step(make, duration):
    for seed in range(20):
        fades = moving(seed)
        level = make(600, **seconds(**fades, duration=duration)).render()
        assert not level[duration:].any()
        assert np.abs(np.diff(level, prepend=0.0)).max() <= STEEPEST / 60 + 1e-9


@pytest.mark.parametrize("name", ["osc", "envelope"])
def test_times_that_move_do_not_depend_on_blocks(name):
    given = {"type": "cos", "freq": 0.0} if name == "osc" else {"decay": moving(7)["attack"] / RATE, "sustain": 0.5}
    for duration in (150, 300, 560):
        first, *others = in_blocks(node(name), 600, **given, **seconds(**moving(3), duration=duration))
        for other in others:
            np.testing.assert_allclose(other, first, rtol=0.0, atol=1e-12)


def test_an_envelope_that_is_triggered_again_falls_in_time_from_where_it_is():
    trigger = np.zeros(2000)
    trigger[[10, 200, 230, 900, 1000]] = 1.0
    fades = seconds(attack=150, decay=100, release=400, duration=300)
    level = envelope(2000, trigger=trigger, sustain=0.4, end=False, **fades).render()
    assert np.abs(np.diff(level)).max() <= STEEPEST / 100
    assert not level[1300:].any() and not level[530:900].any() and level[1000:1300].max() == 1.0


NOTES = """
soft: {osc: {freq: 0, type: cos, attack: 0.004, release: 0.9, duration: 0.03}}
firm: {envelope: {attack: 0.02, release: 0.9, duration: 0.015}}
piece: {sequencer: {interval: 0.05, steps: [soft, firm]}}
"""


def test_notes_in_voices_and_over_a_save_have_no_step(tmp_path):
    steepest = STEEPEST / (0.004 * RATE) + 1e-9
    stage = Stage(tmp_path, NOTES, sounds=(("piece", {}),))
    try:
        sound = [stage.play(7000)]
        stage.save(NOTES.replace("release: 0.9", "release: 0.01").replace("0.02,", "0.025,"))
        sound += [stage.settle(), stage.play(7000)]
    finally:
        stage.stop()
    assert stage.kinds[-1] == "reloaded"
    level = np.concatenate(sound)[:, 0]
    assert level.max() > 0.9
    assert np.abs(np.diff(level)).max() <= steepest
