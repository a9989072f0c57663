"""Nodes of a workspace that start notes: edits of their files and of the piece, and going on after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.harness.node_workspace import Desk
from tests.harness.paths import EXAMPLE_NODES
from tests.harness.session_harness import RATE, Stage, save
from waves.live.history.resume_state import read_state
from waves.node_types.library.library import load_library

BALL = EXAMPLE_NODES.joinpath("bounce.py").read_text("utf-8").replace("class Bounce", "class Grit")
TICK = "tick: {context: {v: 1, signal: {osc: {type: cos, freq: 0, amp: 0.5 * v, duration: 0.0001}}}}\n"
PIECE = (
    "my_sound: {mix: {low: {osc: {freq: 110, amp: 0}}, own: {grit: {play: tick, time: 0.05, rebound: 0.98}}}}\n" + TICK
)
KERNEL = "my_sound.root.Mix.own.Grit.Kernel"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path / "desk", piece=PIECE, grit=BALL)
    yield one
    one.stage.stop()
    one.nodes.stop()


def onsets(sound: np.ndarray) -> list[int]:
    sounding = np.abs(sound[:, 0]) > 1e-6
    return [int(frame) for frame in np.flatnonzero(sounding & ~np.concatenate([[False], sounding[:-1]]))]


def test_a_kernel_that_starts_notes_is_edited_while_it_plays(desk):
    """Its state goes on: the ball is where it was, and its next strokes are those of the edited kernel."""
    before = desk.play(RATE // 4)
    strength = desk.state(KERNEL).strength
    assert 0.5 < strength < 1.0 and len(onsets(before)) == 6
    result = desk.reload(BALL.replace("0.05 * rate, state.strength", "0.05 * rate, 0.25"))
    assert result.success and desk.report("reloaded").changed
    assert desk.state(KERNEL).strength == pytest.approx(strength, rel=0.05)
    heard = desk.play(RATE)
    strokes = onsets(heard)
    assert np.allclose(np.diff(strokes), 0.05 * RATE * strength * 0.98 ** np.arange(len(strokes) - 1), rtol=0.05)
    assert heard[strokes[2:], 0] == pytest.approx(0.125, rel=1e-5)


def test_what_is_not_finite_in_its_state_begins_anew_and_is_told(desk):
    """It gives no sound of its own that would show it, and would be silent for good."""
    desk.play(RATE // 4)
    desk.state(KERNEL).values["strength"] = np.nan
    desk.play(RATE // 4)
    assert desk.engine.faults == {KERNEL: 1}
    assert np.isfinite(desk.state(KERNEL).strength) and len(onsets(desk.play(RATE // 4))) > 3


def test_a_kernel_that_is_wrong_is_refused_and_the_old_one_plays_on(desk):
    desk.play(RATE // 4)
    result = desk.save(BALL.replace("0.05 * rate, state.strength", "0.05 * rate"))
    assert not result.success
    assert "grit: a note starts with 0 values; `note_values`: v" in str(desk.report("refused").problems[0])
    assert len(onsets(desk.play(RATE // 4))) > 3


def test_another_sound_for_the_notes_of_a_kernel_comes_in_and_the_ball_goes_on(desk):
    desk.play(RATE // 4)
    strength = desk.state(KERNEL).strength
    desk.stage.reload(PIECE.replace("amp: 0.5 * v", "amp: 0.125"))
    assert desk.state(KERNEL).strength <= strength and desk.state(KERNEL).strength > 0.9 * strength
    heard = desk.play(RATE // 4)
    assert heard[onsets(heard)[2:], 0] == pytest.approx(0.125, rel=1e-5)


def test_notes_that_wait_and_chance_go_on_after_a_restart(tmp_path):
    """From the state in the file, to the bit: the second sound of a step waits for its onset in it."""
    text = (
        "my_sound: {mix: {a: {strum: {time: 0.3, interval: 1, steps: ['tick, tick v.5']}},"
        " b: {ratchet: {times: 5, chance: 0.5, interval: 0.1, steps: [tick v.3]}},"
        " c: {bounce: {play: tick v.2, time: 0.2, rebound: 0.97}}}}\n" + TICK
    )
    save(tmp_path, text)
    types = load_library(EXAMPLE_NODES.parents[1] / "nodes", EXAMPLE_NODES)
    live = Stage(tmp_path, text, library=types, keeps=True)
    live.play(105 * 64)
    live.archive.stop(1.0)
    saved = read_state(live.archive.kept)
    again = Stage(tmp_path, None, library=types, keeps=True, resumed=saved)
    waiting = [values for key, (_, values) in saved.states.items() if "Strum.tick.Pool" in key]
    assert max(values["voices"]["start"].max() for values in waiting) == 13_230 - saved.about["clock"]
    expected = live.play(60_000)
    assert len(onsets(expected)) > 30
    assert np.array_equal(again.play(60_000), expected)
    live.stop()
    again.stop()
