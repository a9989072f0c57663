"""Other sounds of the piece are chosen while it plays: at a boundary, with a fade, kept by saves, undo and resume."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed, state_of
from tests.harness.session_harness import Stage, save
from tests.harness.waiting import wait
from waves.events import progress
from waves.language.model.quantize import Quantize
from waves.live.history.resume_state import Rollback, read_state
from waves.live.history.rollback import choose_rollback, contains_rows, played_texts
from waves.problem import Problems

PIECE = """\
my_sound:
  mix:
    drone: {osc: {type: saw, freq: 110, amp: 0.2, id: drone}}
    beat: {sequencer: {interval: eighth, steps: [hat, ~, [hat v=.5, hat]]}}
    echo: {delay: {time: 0.13, feedback: 0.6, signal: {osc: {freq: 300, amp: 0.1, duration: 0.3}}}}
night:
  mix:
    drone: {track: {pan: -0.5, signal: {osc: {type: saw, freq: 110, amp: 0.2, id: drone}}}}
    break: {sample: {file: samples/a.wav, loop: true, speed: 0.83}}
    hiss: {osc: {type: noise, amp: 0.05}}
hat: {context: {v: 1, signal: {osc: {type: noise, amp: 0.2 * v, duration: 0.05}}}}
lone: {osc: {freq: 200, amp: 0.1}}
wild: {osc: {freq: 200, amp: 10 * exp(40 * t)}}
"""
BAR = 2 * 44_100  # frames: 4 beats at 120 beats per minute
NIGHT, LONE, BOTH = [("night", {})], [("lone", {"freq": 250.0})], [("my_sound", {}), ("lone", {})]


def settled(live: Stage, frames: int = 5000) -> np.ndarray:
    """Until the change plays, and on."""
    return np.concatenate([live.settle(), live.play(frames)])


def test_other_sounds_play_and_nodes_of_one_id_go_on(stage):
    live = stage(PIECE, keeps=True)
    live.play(10_000)
    drone = live.state("drone")
    live.session.play(NIGHT)
    settled(live)
    [event] = live.events
    assert (event.kind, event.file, event.sounds) == ("reloaded", "play night", ("night",))
    assert live.session.names == ("night",)
    assert live.state("drone") is drone and drone.elapsed == live.engine.clock
    live.session.play(LONE)
    settled(live)
    assert live.engine.playing.graph.rows["lone.root.Mix.lone.Osc"].inputs["freq"] == 250.0
    assert "drone" not in live.session.node_state_registry.states
    live.session.play(NIGHT)
    settled(live)
    assert "night/drone" in live.events[-1].nodes.returned


def test_a_chosen_sound_begins_although_a_similar_one_played(stage):
    text = "my_sound: {osc: {freq: 220, amp: 0.2}}\ntimed: {osc: {freq: 220, amp: 0.2, duration: 0.1}}\n"
    live = stage(text)
    live.play(10_000)
    live.session.play([("timed", {})], 0.0)
    begun = np.abs(settled(live, 8000)[:, 0])
    assert begun[:4410].max() > 0.19 and not begun[4410 + 64 :].any()


def test_a_chosen_sound_that_is_past_begins_from_the_start(stage):
    """Its steps are counted from the start of the piece."""
    blip = "blip: {osc: {freq: 880, amp: 0.2, duration: 0.05}}\n"
    live = stage(f"{PIECE}{blip}twice: {{sequencer: {{interval: 0.1, repeat: 2, steps: [blip]}}}}\n")
    watch = live.performance.piece_watch
    live.play(2 * BAR)
    live.session.play([("twice", {})])
    settled(live)
    watch.look()
    heard = np.abs(settled(live, 3000)[:, 0])
    assert heard[:2000].max() > 0.1 and live.engine.clock < 4000
    assert [event.text.partition(":")[0] for event in live.events] == ["play twice", "play twice from the start"]
    watch.look()
    live.play(20_000)
    watch.look()
    assert live.kinds == ["reloaded", "reloaded", "ended"], "once"


def test_the_chosen_sounds_stay_through_saves_and_versions(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.play(NIGHT)
    settled(live)
    live.reload(PIECE.replace("speed: 0.83", "speed: 0.5"))
    assert live.events[-1].sounds == ("night",)
    settled(live)
    live.session.undo()
    settled(live)
    assert live.events[-1].sounds == ("night",) and live.archive.version_label == "version 1 of 2, older than the file"
    assert live.engine.playing.graph.rows["night.root.Mix.break.Sample"].inputs["speed"] == 0.83
    live.session.play(BOTH)
    settled(live)
    assert live.session.names == ("my_sound", "lone")
    assert live.archive.version_label == "version 1 of 2, older than the file", "the version stays too"


def test_a_version_tells_what_cannot_play_in_it_and_a_refusal_that_nothing_sounds(stage):
    text = "a: {osc: {freq: 200, amp: 0.1}}\nb: {osc: {freq: 300, amp: 0.1, duration: 0.05}}\nmy_sound: a\n"
    wrong = text.replace("freq: 200", "frq: 200")
    live = stage(text, keeps=True)
    live.play(1000)
    live.session.play([("b", {})])
    settled(live)
    live.reload(wrong)
    live.play(5000)
    first, second = live.archive.versions.all()
    assert (first.failing, first.remark) == ((), "")
    assert (second.failing, second.remark) == (("a", "my_sound"), "a and my_sound cannot play")
    live.session.play([("my_sound", {})])
    live.settle()
    assert live.events[-1].ended and live.events[-1].text.endswith("refused, 1 problem: the old sound has ended")


def test_a_version_with_the_text_of_the_files_is_no_older_one(stage):
    live = stage("my_sound: {osc: {freq: 200, amp: 0.1}}\n", keeps=True)
    live.play(1000)
    for freq in (300, 200):
        live.reload(f"my_sound: {{osc: {{freq: {freq}, amp: 0.1}}}}\n")
        live.play(5000)
    for playing, label in ((2, "version 2 of 3, older than the file"), (1, "")):
        live.session.undo()
        settled(live)
        assert (live.archive.versions.playing, live.archive.version_label) == (playing, label)
    live.reload("my_sound: {osc: {frq: 200}}\n")
    assert live.archive.version_label == "version 1 of 3, older than the file"


def test_a_session_with_other_sounds_is_replayed_to_the_bit(stage):
    live = stage(PIECE, keeps=True, limiting=True)
    dice = np.random.default_rng(5)
    heard = [live.play(5003)]

    def do(action: Callable[[], Any]) -> None:
        action()
        heard.append(settled(live, int(dice.integers(1000, 20_000))))

    do(lambda: live.session.play(NIGHT, 0.3))
    do(lambda: live.save(PIECE.replace("freq: 110", "freq: 220")))
    do(lambda: live.session.play(BOTH))
    do(lambda: live.save(PIECE.replace("amp: 0.05", "amp: 0.1")))
    do(lambda: live.session.play(LONE, 0.0))
    do(live.session.undo)
    do(lambda: live.session.play([("my_sound", {})], 1.0))
    do(lambda: live.session.play(NIGHT))
    assert live.kinds.count("reloaded") == 8 and "refused" not in live.kinds
    frames = np.concatenate(heard)
    log = log_of(live)
    played = ["+".join(name for name, _ in log.sounds(commit)) for commit in log.commits]
    assert played == ["my_sound", "night", "night", *["my_sound+lone"] * 2, "lone", "lone", "my_sound", "night"]
    assert np.abs(frames).max() > 0.3
    assert np.array_equal(replayed(log, len(frames)), frames)


def test_a_session_goes_on_with_the_sounds_that_played_last(stage):
    live = stage(PIECE, keeps=True)
    live.play(5120)
    live.session.play(LONE)
    settled(live, 5120)  # whole blocks
    saved = state_of(live)
    assert saved.about["sounds"] == [["lone", {"freq": 250.0}]]
    sounds = [tuple(sound) for sound in saved.about["sounds"]]
    again = stage(folder=live.folder, keeps=True, sounds=sounds, resumed=saved)
    expected, heard = live.play(4096), again.play(4096)
    assert np.array_equal(heard, expected)


def test_other_sounds_wait_for_their_bar(stage):
    live = stage(PIECE, keeps=True)
    live.play(30_000)
    live.session.play(NIGHT, at=Quantize(1, bars=True))
    assert wait(lambda: live.events)
    assert live.events[0].kind == "waiting" and live.events[0].boundary == "bar"
    play_into_the_next_bar(live)
    assert live.events[1].frame % BAR == 0


def play_into_the_next_bar(live: Stage) -> None:
    """Until the change that waits for this bar was reported; it is with the callback before the bar begins."""
    live.play(BAR - live.engine.clock % BAR - 2000)
    assert wait(lambda: live.engine.waiting)
    live.play(4000)
    assert wait(lambda: "reloaded" in live.kinds)


def test_a_save_does_not_undo_a_choice_that_waits_for_its_bar(stage):
    live = stage(PIECE, keeps=True)
    live.play(30_000)
    live.session.play(NIGHT, at=Quantize(1, bars=True))
    assert wait(lambda: live.kinds.count("waiting") == 1)
    live.save(PIECE.replace("speed: 0.83", "speed: 0.5"))
    assert wait(lambda: live.kinds.count("waiting") == 2)
    play_into_the_next_bar(live)
    live.settle()
    [event] = [event for event in live.events if event.kind == "reloaded"]
    assert (event.file, event.sounds, event.frame % BAR) == ("waves.yaml", ("night",), 0)
    assert live.engine.playing.graph.rows["night.root.Mix.break.Sample"].inputs["speed"] == 0.5


def test_a_choice_does_not_lose_a_save_that_was_not_built_yet(stage, monkeypatch):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    requests: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(live.session.builder, "request", lambda: requests.append(1))  # both, before a build begins
        live.save(PIECE.replace("speed: 0.83", "speed: 0.5"))
        live.session.play(NIGHT)
    live.session.builder.request()
    settled(live)
    assert len(requests) == 2 and live.kinds == ["reloaded"]
    assert live.engine.playing.graph.rows["night.root.Mix.break.Sample"].inputs["speed"] == 0.5


def test_what_cannot_be_played_leaves_the_old_sound_and_is_forgotten(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.play([("nigth", {})])
    settled(live)
    assert live.kinds == ["refused"] and "did you mean 'night'" in str(live.events[0].problems[0])
    live.session.play([("night", {"colour": 3})])
    settled(live)
    assert live.kinds == ["refused", "refused"] and live.events[-1].file == "play night"
    assert live.reload(PIECE).sounds == ("my_sound",)
    assert [name for name, _ in live.session.upcoming] == ["my_sound"]


def test_what_its_trial_refuses_can_be_accepted(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.play([("wild", {})])
    settled(live)
    assert live.kinds == ["refused"] and live.events[0].by_trial and live.session.names == ("my_sound",)
    live.session.accept_refused()
    settled(live)
    assert live.kinds == ["refused", "reloaded"] and live.session.names == ("wild",)


def test_what_was_accepted_while_saves_are_held_plays_when_they_are_released(stage):
    loud = PIECE.replace("freq: 110, amp: 0.2", "freq: 111, amp: 2000")
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.hold(True)
    live.save(loud)
    settled(live)
    live.session.accept_refused()
    settled(live)
    assert live.kinds == ["refused", "checked"]
    live.session.hold(False)
    settled(live)
    assert live.kinds == ["refused", "checked", "reloaded"]
    assert live.session.composer.playing.texts["waves.yaml"] == loud


def test_the_time_for_which_a_save_was_held_is_not_in_its_report(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.hold(True)
    text = PIECE.replace("freq: 110, amp: 0.2", "freq: 111, amp: 0.2")
    live.session.changed([save(live.folder, text)], since=1.0)  # in 1970
    settled(live)
    live.session.hold(False)
    settled(live)
    assert live.kinds == ["checked", "reloaded"] and live.events[-1].milliseconds < 1e9


def test_what_was_accepted_while_saves_are_held_accepts_no_later_save(stage):
    loud, louder = (PIECE.replace("freq: 110, amp: 0.2", f"freq: 111, amp: {amp}") for amp in (2000, 9000))
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.hold(True)
    live.save(loud)
    settled(live)
    live.session.accept_refused()
    settled(live)
    live.save(louder)
    settled(live)
    live.session.hold(False)
    settled(live)
    assert live.kinds == ["refused", "checked", "refused", "refused", "reloaded"]
    assert live.session.composer.playing.texts["waves.yaml"] == loud


def test_a_save_that_its_trial_refused_can_be_accepted_after_another_sound_was_chosen(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.save(PIECE.replace("freq: 110, amp: 0.2", "freq: 111, amp: 2000"))
    settled(live)
    assert live.kinds == ["refused"] and live.events[0].by_trial
    for chosen in (NIGHT, [("nigth", {})]):  # one that plays, one with a mistake
        live.session.play(chosen)
        settled(live)
    assert live.kinds == ["refused", "reloaded", "refused"] and live.session.names == ("night",)
    live.session.accept_refused()
    settled(live)
    assert live.kinds[3:] == ["reloaded"] and live.session.names == ("night",)
    assert {problem.level for problem in live.session.outcomes.problems} == {"warning"}
    assert live.engine.playing.graph.rows["night/drone"].inputs["freq"] == 111.0
    with pytest.raises(Problems, match="no change was refused by its trial$"):
        live.session.accept_refused()


def test_a_mistake_in_the_files_is_not_accepted_and_the_way_is_said(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.save(PIECE.replace("freq: 110", "freqq: 110"))
    settled(live)
    live.session.play(NIGHT)
    settled(live)
    with pytest.raises(
        Problems, match="no change was refused by its trial: the mistake in the files is mended in them"
    ):
        live.session.accept_refused()


def test_a_build_that_takes_long_is_told_until_it_ends_and_is_no_mistake_to_be_accepted(stage, monkeypatch):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.reload(PIECE.replace("freq: 110", "freqq: 110"))
    monkeypatch.setattr(progress, "TICK", 0.01)
    goes_on, compose = threading.Event(), live.composer.compose
    monkeypatch.setattr(live.composer, "compose", lambda *args, **how: goes_on.wait(60) and compose(*args, **how))
    live.save(PIECE.replace("freq: 110", "freq: 111"))
    assert wait(lambda: live.session.planner.progress.look() or len(live.told_while_building) >= 2)
    assert [one.text for one in live.told_while_building[:2]] == [
        f"building waves.yaml for {n} s so far: then the save takes effect" for n in (1, 2)
    ]
    with pytest.raises(Problems, match="refused by its trial: waves.yaml is being built$"):
        live.session.accept_refused()
    goes_on.set()
    live.settle()
    told = len(live.told_while_building)
    assert live.kinds == ["refused", "reloaded"]
    live.session.planner.progress.look()
    with pytest.raises(Problems, match="no change was refused by its trial$"):
        live.session.accept_refused()
    assert len(live.told_while_building) == told


def test_a_file_that_was_saved_in_half_says_where_it_ends_and_the_way_back(stage):
    piece = PIECE.replace("hat", "click")
    half = piece[: piece.index("click: {context")]
    live = stage(piece, keeps=True)
    live.play(5000)
    live.archive.versions.write()
    live.save(half)
    settled(live)
    assert live.kinds == ["refused"]
    first, other, *_ = live.events[0].problems
    assert (first.mark.line, first.source.strip()) == (10, "hiss: {osc: {type: noise, amp: 0.05}}")
    assert first.sentence.startswith(
        "the file ends here, where the version that plays goes on: perhaps half of it was saved; `wa"
    )
    assert "`waves history restore NUMBER` writes it" in first.sentence and "'click'" in other.sentence
    live.save(half + "clicks: {osc: {}}\n")
    settled(live)
    assert "the file ends here" not in live.events[-1].problems[0].sentence


def test_after_undo_what_was_refused_is_no_change_any_more(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.reload(PIECE.replace("freq: 110", "freq: 112"))
    live.save(PIECE.replace("amp: 0.2", "amp: 2000"))
    settled(live)
    live.session.undo()
    settled(live)
    with pytest.raises(Problems, match="no change was refused by its trial"):
        live.session.accept_refused()


def test_while_saves_are_held_other_sounds_of_the_version_that_plays_are_chosen(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.session.hold(True)
    live.reload(PIECE.replace("speed: 0.83", "speed: 0.5"))
    live.session.play(NIGHT)
    settled(live)
    assert live.kinds == ["checked", "reloaded"] and live.session.names == ("night",)
    assert live.engine.playing.graph.rows["night.root.Mix.break.Sample"].inputs["speed"] == 0.83
    live.session.hold(False)
    settled(live)
    assert live.kinds[2:] == ["reloaded"] and live.session.names == ("night",)
    assert live.engine.playing.graph.rows["night.root.Mix.break.Sample"].inputs["speed"] == 0.5


def test_a_file_with_a_mistake_does_not_keep_other_sounds_from_playing(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.reload("my_sound: [\n")
    live.session.play(NIGHT)
    settled(live)
    assert live.kinds == ["refused", "reloaded"] and live.session.names == ("night",)


def test_nothing_can_be_chosen_before_anything_plays(stage):
    live = stage(PIECE)
    live.composer.playing = None
    with pytest.raises(Problems, match="nothing plays yet"):
        live.session.play(NIGHT)


def test_after_a_node_that_hangs_the_sounds_of_the_version_before_play(stage):
    """The texts are the same; what hangs is in the sound that was chosen last."""
    live = stage(PIECE, keeps=True)
    live.play(1000)
    live.session.play(NIGHT)
    settled(live)
    live.session.stop()
    live.archive.stop(1.0, hangs=True)
    row = live.engine.playing.graph.rows["night.root.Mix.break.Sample"]
    versions = played_texts([live.archive.log.path])
    hung = next(versions)
    good = choose_rollback(versions, {hung.digest}, contains_rows(live.composer, [row]))
    assert [name for name, _ in hung.sounds] == ["night"] and [name for name, _ in good.sounds] == ["my_sound"]
    assert live.archive.roll_back(Rollback(good.texts, good.sounds, {}, [hung.digest], "", "")) == "my_sound"
    assert read_state(live.archive.kept).about["sounds"] == [["my_sound", {}]]


def test_the_problem_of_the_files_stays_while_other_sounds_and_versions_play(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    live.reload(PIECE.replace("speed: 0.83", "speed: 0.5"))
    live.save(PIECE.replace("time: 0.13", "tme: 0.13"))
    live.settle()
    [problem] = live.session.outcomes.problems
    for do in (lambda: live.session.play(NIGHT), lambda: live.session.play(LONE), live.session.undo):
        do()
        live.settle()
        assert live.session.outcomes.problems == live.events[-1].problems == (problem,)
    live.reload(PIECE)
    assert live.session.outcomes.problems == ()


def test_a_held_save_that_is_good_clears_the_problem_of_the_files(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    live.save(PIECE.replace("time: 0.13", "tme: 0.13"))
    live.settle()
    assert live.session.outcomes.problems
    live.session.hold(True)
    live.save(PIECE.replace("time: 0.13", "time: 0.14"))
    live.settle()
    live.session.play(NIGHT)
    live.settle()
    assert live.kinds[-2:] == ["checked", "reloaded"] and live.session.outcomes.problems == ()
