"""Tracks that are mute or solo by an action: kept through saves and restarts, in no file, replayed to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed, state_of
from tests.harness.session_harness import FADE, RATE, Stage, composer_for, step
from waves.app.performance.piece_status import levels_of
from waves.language.tree.tree_node import Switch, track_states
from waves.live.history.log_entries import Commit, check_entry
from waves.problem import Problems

PIECE = """\
my_sound:
  mix:
    low: {osc: {freq: 110, amp: 0.2}}
    high: {track: {pan: 0.2, signal: {osc: {freq: 330, amp: 0.2}}}}
    beat: {sequencer: {interval: 0.02, steps: [{osc: {freq: 700, amp: 0.1, duration: 0.01}}]}}
"""
KEY = "my_sound.root.Mix.low"
STEPS = 0.4 * 2 * np.pi * 330 / RATE * 1.2  # of the tones, between neighbouring frames
PART = 2000  # frames


def level(frames: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(frames.astype(float)))))


def with_stems(stage, **options) -> Stage:
    live = stage(PIECE, stems=["low", "high", "beat"], **options)
    live.call = lambda frames: live.engine.render(frames).copy()
    return live


def switched(live: Stage, what: str, track: str, on: bool | None = None) -> np.ndarray:
    """Switch a track; what is heard until the plan is there."""
    live.session.switches.set(what, track, on)
    return live.settle()


def test_a_track_is_mute_without_a_click_and_the_others_stay_equal_to_the_bit(stage):
    live, untouched = with_stems(stage), with_stems(stage)
    live.play(PART)
    heard = np.concatenate(
        [switched(live, "mute", "low"), live.play(PART), switched(live, "mute", "low"), live.play(PART)]
    )
    same = untouched.play(PART + len(heard))[PART:]
    low = heard[:, 2]
    assert level(low[FADE + 300 : PART]) == 0.0 and np.array_equal(low[-500:], same[-500:, 2])
    assert step(low[:, None]) <= STEPS
    assert np.array_equal(heard[:, 4:], same[:, 4:])
    assert live.session.switches.composer.switches == {} and levels_of(live.session) == {}


def test_solo_of_several(stage):
    live = with_stems(stage)
    live.play(64)
    switched(live, "solo", "low")
    live.play(FADE)
    switched(live, "solo", "beat")
    live.play(FADE)
    assert levels_of(live.session) == {"low": "solo", "high": "not heard", "beat": "solo"}
    heard = live.play(PART)
    assert level(heard[:, 4]) == 0.0 and min(level(heard[:, 2]), level(heard[:, 6])) > 0.01


def test_a_switch_is_kept_through_saves_and_is_in_no_file_and_no_render(stage):
    live = stage(PIECE)
    live.play(64)
    switched(live, "mute", "low")
    wrapped = "{filter: {cutoff: 900, signal: {osc: {freq: 110, amp: 0.2}}}}"
    for text in (PIECE.replace("330", "331"), PIECE.replace("{osc: {freq: 110, amp: 0.2}}", wrapped)):
        live.play(FADE)
        assert live.reload(text).kind == "reloaded"
        assert levels_of(live.session) == {"low": "mute"}
        assert (live.folder / "waves.yaml").read_text() == text
    assert track_states(composer_for(live.folder).compose([("my_sound", {})]).root)["low"].heard
    live.play(FADE)
    live.reload(PIECE.replace("low:", "_low:"))
    live.play(FADE)
    assert live.composer.switches == {} and levels_of(live.session) == {"low": "mute"}, "now the text says so"
    switched(live, "mute", "low", False)
    live.play(FADE)
    assert live.composer.switches == {KEY: Switch(mute=False)} and levels_of(live.session) == {}


def test_it_survives_a_restart_and_the_replay_is_equal_to_the_bit(stage):
    live = stage(PIECE, keeps=True)
    heard = [
        live.play(640),
        switched(live, "mute", "low"),
        live.play(1280),
        switched(live, "solo", "high"),
        live.play(1280),
    ]
    again = stage(folder=live.folder, keeps=True, resumed=state_of(live))
    assert levels_of(again.session) == {"low": "mute", "high": "solo", "beat": "not heard"}
    played, expected = again.play(PART), live.play(PART)
    assert np.array_equal(played, expected)
    before = np.concatenate([*heard, expected])
    assert np.array_equal(replayed(log_of(live), len(before)), before)
    played = np.concatenate([played, switched(again, "mute", "low"), again.play(PART)])
    assert np.array_equal(replayed(log_of(again), len(played)), played)


def test_a_switch_of_a_track_that_is_away_waits_for_it(stage):
    live = stage(PIECE)
    live.play(64)
    switched(live, "mute", "low")
    live.play(FADE)
    live.reload(PIECE.replace("    low:", "    deep:"))
    live.play(FADE)
    live.reload(PIECE)
    live.play(FADE)
    assert levels_of(live.session) == {"low": "mute"}


def test_the_tracks_of_several_sounds_are_switched(stage):
    live = stage("a: {osc: {freq: 3}}\nb: {osc: {freq: 5}}\n", sounds=(("a", {}), ("b", {})))
    live.play(64)
    switched(live, "mute", "b")
    assert levels_of(live.session) == {"b": "mute"}


def test_keys_mean_the_chosen_track(stage):
    live = stage(PIECE)
    live.play(64)
    switches = live.session.switches
    assert [switches.choose(steps) for steps in (1, 1, 1, 1, -1)] == ["low", "high", "beat", "low", "beat"]
    assert switches.set("mute", None, None) == ("beat", True)
    assert switches.states()["beat"].mute, "before it is heard"
    assert switches.set("mute", None, True) == ("beat", True)
    assert switches.set("mute", None, None) == ("beat", False)


def test_a_track_that_does_not_play_is_a_problem(stage):
    live = stage(PIECE)
    live.play(64)
    for name, suggestion in (("lov", "'low'"), ("", ""), ("x" * 5000, ""), ("my_sound.root.Mix.low", "")):
        with pytest.raises(Problems) as raised:
            live.session.switches.set("mute", name, None)
        [problem] = raised.value.problems
        assert problem.sentence.startswith("no track is called '") and problem.suggestion == suggestion
        assert len(problem.sentence) < 200
    assert live.composer.switches == {}


@pytest.mark.parametrize(
    "wrong", [[["a"]], [["a", 1, None]], [[1, True, None]], [["a", "yes", None]], [["a" * 2000, True, None]], "a"]
)
def test_forged_switches_are_refused(wrong):
    entry = {"commit": 1, "frame": 0, "clock": 0, "fade": 0, "restart": False}
    check_entry(Commit, {**entry, "switches": [["a", True, None]]}, "the log")
    with pytest.raises(Problems):
        check_entry(Commit, {**entry, "switches": wrong}, "the log")
