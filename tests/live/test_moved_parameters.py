"""Parameters that are moved from outside: glide, survive saves, give way to the text, and are replayed."""

from __future__ import annotations

import math
import re
import time
from typing import Any

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replay_of, replayed, state_of
from tests.harness.session_harness import FADE, RATE, Stage, step, without_line
from tests.harness.small_nodes import nodes
from tests.harness.waiting import LIMIT, wait
from waves.app.performance.piece_watch import PieceWatch
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import Kernel, NodeKernel
from waves.engine.runtime.plan_lock import PlanLock
from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.live.session import commit
from waves.node import BLOCK
from waves.node_types.builtin.moved_value import ValueCell
from waves.problem import Problems

TONE = """\
my_sound:
  mix:
    low: {track: {volume: 0.5, signal: {osc: {freq: 110, id: main}}}}
    hiss: {osc: {type: noise, amp: 0.01}}
"""
FREQ = "my_sound.root.Mix.low.Track.signal.Osc.freq"


def moved(live: Stage, name: str, value: float) -> str:
    key = live.session.set_value(name, value)
    live.settle()
    return key


def onsets(frames: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Frames at which the first channel is loud after 20 ms of silence."""
    loud = np.flatnonzero(np.abs(frames[:, 0]) > 0.02)
    return loud[1:][np.diff(loud) > 0.02 * RATE]


def frequency(frames: np.ndarray[Any, Any]) -> float:
    """By the spectrum of the first channel, to a bin."""
    signal = frames[:, 0] * np.hanning(len(frames))
    return float(np.argmax(np.abs(np.fft.rfft(signal))) * RATE / len(frames))


def test_a_parameter_glides_without_a_click_and_without_compiling(stage):
    live = stage(TONE.replace("0.01", "0"), keeps=True)
    before = live.play(RATE)
    assert frequency(before) == pytest.approx(110, abs=1)
    key = live.session.set_value("main.freq", 220.0)
    after = np.concatenate([live.settle(), live.play(RATE)])
    assert frequency(after[-RATE:]) == pytest.approx(220, abs=1)
    assert step(np.concatenate([before[-64:], after])) <= 2 * np.pi * 220 / RATE * 0.6
    assert live.kinds == []
    live.session.set_value(key, 330.0)
    more = np.concatenate([live.settle(), live.play(RATE)])
    assert live.session.moves.values == {key: 330.0} and live.session.outcomes.good == 0
    assert step(np.concatenate([after[-64:], more])) <= 2 * np.pi * 330 / RATE * 0.6


@pytest.mark.parametrize("name", ["main.freq", "my_sound.mix.low.track.signal.osc.freq"])
def test_a_parameter_has_three_names(stage, name):
    live = stage(TONE, keeps=True)
    live.play(100)
    assert moved(live, name, 150.0) == moved(live, moved(live, name, 160.0), 170.0)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("main.freqq", 1.0, "has no parameter 'freqq'; did you mean 'freq'?"),
        ("mian.freq", 1.0, "nothing that plays has the name 'mian'; did you mean 'main'?"),
        ("main.type", 1.0, "is a setting: it is changed in the text"),
        ("main.freq", float("nan"), "expected a finite number"),
        ("my_sound.mix.low.track.pan", 2.0, "expected -1 to 1"),
    ],
)
def test_what_cannot_be_moved_is_one_sentence(stage, name, value, sentence):
    live = stage(TONE, keeps=True)
    live.play(100)
    with pytest.raises(Problems, match=re.escape(sentence)):
        live.session.set_value(name, value)
    assert live.session.moves.values == {}


def test_it_survives_saves_and_gives_way_where_the_text_changes_the_number(stage):
    live = stage(TONE, keeps=True)
    live.play(FADE)
    key = moved(live, "main.freq", 220.0)
    live.play(2000)
    for k in range(5):
        live.reload(TONE.replace("0.01", f"0.0{k + 2}"))
        live.play(2000)
    assert live.session.moves.values == {key: 220.0}
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)
    live.reload(TONE.replace("110", "165"))
    live.play(2000)
    assert live.session.moves.values == {}
    assert frequency(live.play(RATE)) == pytest.approx(165, abs=1)


def test_it_moves_while_the_file_is_broken(stage):
    live = stage(TONE, keeps=True)
    live.play(FADE)
    assert live.reload(TONE.replace("osc", "osk")).kind == "refused"
    moved(live, "main.freq", 220.0)
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)


def test_it_moves_beside_a_save_that_is_refused(stage):
    """Though the thread that builds wakes up once for both."""
    live = stage(TONE, keeps=True)
    live.play(FADE)
    live.session.upkeep.wake = lambda: None
    live.session.set_value("main.freq", 220.0)
    assert live.reload(TONE.replace("osc", "osk")).kind == "refused"
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)


def test_it_follows_a_node_that_is_renamed_and_waits_for_one_that_is_removed(stage):
    text = TONE.replace(", id: main", "")
    live = stage(text, keeps=True)
    live.play(FADE)
    moved(live, FREQ, 220.0)
    live.play(2000)
    live.reload(text.replace("low:", "deep:"))
    live.play(2000)
    assert live.session.moves.values == {FREQ.replace("low", "deep"): 220.0}
    live.reload("my_sound: {mix: {hiss: {osc: {type: noise, amp: 0.01}}}}\\n")
    live.play(4000)
    live.reload(text.replace("low:", "deep:"))
    live.play(4000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)


@pytest.mark.parametrize("played", [0, 1000])
def test_values_that_are_waited_for_begin_together_with_the_next_frames(stage, played):
    live = stage(TONE, keeps=True)
    frames = [live.play(played)]
    for name, value in (("main.freq", 220.0), ("my_sound.mix.low.track.volume", 0.25)):
        live.session.set_value(name, value)
        live.session.upkeep.wait_for_insertion(LIMIT)
    frames.append(live.play(RATE))
    assert live.engine.commits == 1 + (played > 0) and frequency(frames[-1]) == pytest.approx(220, abs=1)
    live.settle()
    again = replay_of(log_of(live))
    assert np.array_equal(again.render(played + RATE).astype(np.float32), np.concatenate(frames))
    assert len(again.log.commits) == 2


def test_each_look_says_what_has_moved_since_the_last(stage):
    text = TONE.replace(", id: main", "")
    live = stage(text, keeps=True)
    watch = PieceWatch(live.session, "wait", live.events.append, lambda: None)

    def said() -> list[str]:
        del live.events[:]
        watch.look()
        return [event.text for event in live.events if event.kind.startswith("parameter")]

    live.play(FADE)
    moved(live, FREQ, 220.0)
    assert said() == ["freq is moved to 220"] and said() == []
    moved(live, FREQ, 330.0)
    assert said() == [], "it is not taken yet"
    live.play(2000)
    assert said() == ["freq is moved to 330"]
    live.reload(text.replace("low:", "deep:"))
    assert said() == ["freq is moved to 330"] and live.events[-1].node == FREQ.replace("low", "deep").rpartition(".")[0]
    live.play(2000)
    live.reload(text.replace("low:", "deep:").replace("110", "165"))
    assert said() == ["freq is what the text says now"] and said() == []


def test_an_input_that_a_node_feeds_is_overruled_and_given_back(stage):
    live = stage(TONE.replace("freq: 110", "freq: {osc: {freq: 5, range: [100, 120]}}"), keeps=True)
    live.play(FADE)
    moved(live, "main.freq", 220.0)
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)
    (live.folder / "waves.yaml").write_text("half: {")
    live.session.release_value("main.freq")
    live.settle()
    live.play(2000)
    assert live.session.moves.values == {} and not live.session.moves.uninserted
    assert 95 < frequency(live.play(RATE)) < 125
    assert not live.events, "no file is read, and no reload told"


def test_the_replay_of_twenty_saves_and_many_moves_is_the_same_to_the_bit(stage):
    live = stage(TONE, keeps=True)
    frames = [live.play(3000)]
    for k in range(20):
        live.session.set_value("main.freq", 110.0 + 7 * k)
        frames.append(live.settle())
        frames.append(live.play(777 + 13 * k))
        live.session.set_value("my_sound.mix.low.track.volume", 0.5 - 0.02 * k)
        live.save(TONE.replace("0.01", f"{0.01 + k / 1000}") if k % 7 else TONE.replace("110", f"{111 + k}"))
        frames.append(live.settle())
        frames.append(live.play(500))
    played = np.concatenate(frames)
    log = log_of(live)
    assert sum(entry["kind"] == "parameter" for entry in log.inputs) == 40
    differs = np.flatnonzero((replayed(log, len(played)) != played).any(axis=1))
    assert not differs.size, f"from frame {differs[0]}"


@pytest.mark.parametrize("builds_late", [False, True], ids=["plan before frame", "plan after frame"])
def test_a_first_move_at_a_later_frame_waits_for_it_and_is_replayed_to_the_bit(stage, monkeypatch, builds_late):
    """Whether the plan is ready by then or not; a move in between counts until that frame."""
    live, still = stage(TONE, keeps=True), stage(TONE, keeps=True)
    frames, due = [live.play(3000)], 100 * BLOCK + 5
    if builds_late:
        monkeypatch.setattr(live.session.upkeep, "wake", lambda: None)
    key = live.session.set_value("main.freq", 220.0, due)
    frames.append(live.settle())
    assert live.session.moves.values == {key: 110.0}
    frames.append(live.play(100 * BLOCK - sum(map(len, frames))))
    same = still.play(100 * BLOCK)
    assert np.allclose(np.concatenate(frames), same, atol=1e-9), "nothing moves before the frame"
    assert live.session.moves.values == {key: 110.0}
    if builds_late:
        frames.append(live.play(BLOCK))
        live.session.builder.request()
        frames.append(live.settle())
    frames.append(live.play(2 * RATE))
    assert live.session.moves.values == {key: 220.0} and frequency(frames[-1]) == pytest.approx(220, abs=1)
    due = sum(map(len, frames)) + 5000
    live.session.set_value("my_sound.mix.low.track.volume", 0.1, due)
    live.session.set_value("my_sound.mix.low.track.volume", 0.3)
    frames += [live.settle(), live.play(RATE)]
    played = np.concatenate(frames)
    log = log_of(live)
    assert [entry["value"] for entry in log.inputs] == [110.0, 220.0, 0.5, 0.3, 0.1]
    again = replay_of(log).render(len(played))
    assert np.array_equal(again.astype(np.float32), played)


def test_a_first_move_is_replayed_though_its_plan_is_seen_after_its_frame(stage, monkeypatch):
    """The log of a commit may be written when the value has arrived already."""
    monkeypatch.setattr(commit, "LOOK", 0.2)
    live = stage(TONE, keeps=True)
    frames = [live.play(3200)]
    key = live.session.set_value("main.freq", 220.0, 6400)
    assert wait(lambda: live.engine.waiting)
    with live.engine.plan_lock:
        pass
    frames += [live.play(6400), live.settle()]
    assert live.session.moves.values == {key: 220.0} and live.engine.committed_in == 3200
    played = np.concatenate(frames)
    again = replay_of(log_of(live)).render(len(played))
    assert np.array_equal(again.astype(np.float32), played)


def test_a_signal_cannot_be_moved_at_a_later_frame(stage):
    live = stage(TONE.replace("freq: 110", "freq: {osc: {freq: 5, range: [100, 120]}}"), keeps=True)
    live.play(FADE)
    with pytest.raises(Problems, match="'freq' of '.*' is not a constant: it can be moved now, but not at a later"):
        live.session.set_value("main.freq", 220.0, live.engine.frames_rendered + BLOCK)
    assert live.session.moves.values == {}
    live.session.set_value("main.freq", 220.0, live.engine.frames_rendered + BLOCK - 1)
    live.settle()
    live.session.set_value("main.freq", 330.0, live.engine.frames_rendered + RATE)
    live.play(RATE // 2)
    assert frequency(live.play(RATE // 2)) == pytest.approx(220, abs=2)
    live.play(FADE)
    assert frequency(live.play(RATE)) == pytest.approx(330, abs=1)


def test_it_survives_a_restart_and_the_replay_of_the_resumed_session_is_the_same(stage):
    live = stage(TONE, keeps=True)
    live.play(640)
    key = moved(live, "main.freq", 220.0)
    live.play(1280)
    live.session.set_value(key, 330.0)
    live.play(192)  # in the middle of the glide, whole blocks
    again = stage(folder=live.folder, keeps=True, resumed=state_of(live))
    assert again.session.moves.values == {key: 330.0}
    played, expected = again.play(RATE), live.play(RATE)
    assert frequency(expected) == pytest.approx(330, abs=1) and np.array_equal(played, expected)
    again.session.set_value(key, 150.0)
    again.save(TONE.replace("0.01", "0.02"))
    played = np.concatenate([played, again.settle(), again.play(RATE)])
    assert frequency(played[-RATE:]) == pytest.approx(150, abs=1) and again.session.outcomes.good == 1
    assert np.array_equal(replayed(log_of(again), len(played)), played)
    again.reload(TONE.replace("110", "165"))
    again.play(2000)
    assert again.session.moves.values == {} and frequency(again.play(RATE)) == pytest.approx(165, abs=1)


def test_it_survives_undo_and_redo_until_a_version_has_another_number(stage):
    live = stage(TONE.replace("110", "165"), keeps=True)
    live.play(FADE)
    live.reload(TONE)
    key = moved(live, "main.freq", 220.0)
    for text in (TONE.replace("0.01", "0.02"), "my_sound: {mix: {hiss: {osc: {type: noise, amp: 0.01}}}}\n"):
        live.play(2000)
        live.reload(text)
    playing = []
    for steps in (1, 1, -1, -1, 1):
        live.play(4000)
        live.session.undo(steps)
        live.settle()
        live.play(2000)
        playing.append((live.archive.versions.playing, round(frequency(live.play(RATE)))))
    assert [version for version, _ in playing] == [3, 2, 3, 4, 3]
    assert [tone for version, tone in playing if version < 4] == [220] * 4
    live.session.undo(2)
    live.settle()
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(165, abs=1) and key not in live.session.moves.values


def test_it_survives_hush(stage):
    live = stage(TONE, keeps=True)
    live.play(FADE)
    key = moved(live, "main.freq", 220.0)
    with live.running():
        live.session.hush()
        live.session.hush(False)
    live.play(2000)
    assert live.session.moves.values == {key: 220.0} and frequency(live.play(RATE)) == pytest.approx(220, abs=1)
    moved(live, key, 330.0)
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(330, abs=1)


NOTES = """\
my_sound: {mix: {beat: {sequencer: {interval: 0.1, steps: [ping, ping f=2]}}}}
ping: {context: {f: 1, signal: {osc: {freq: 200 * f, amp: 0.3, duration: 0.05}}}}
"""


def test_in_a_voice_it_moves_all_notes(stage):
    """Though they had pitches of their own; a second parameter of the same voice can be moved as well."""
    live = stage(NOTES, keeps=True)
    live.play(RATE)
    key = moved(live, "ping.context.signal.osc.freq", 900.0)
    live.play(RATE)
    notes = live.play(RATE)
    for first in onsets(notes)[:-1]:
        note = notes[first : first + 2000]
        assert np.argmax(np.abs(np.fft.rfft(note[:, 0], RATE))) == pytest.approx(900, abs=5)
    assert len(onsets(notes)) >= 9
    moved(live, "ping.context.signal.osc.duration", 0.02)
    live.play(RATE)
    shorter = live.play(RATE)
    loud, before = (np.count_nonzero(np.abs(frames[:, 0]) > 0.01) for frames in (shorter, notes))
    assert loud == pytest.approx(0.4 * before, rel=0.05)
    live.reload(NOTES.replace("0.1,", "0.2,"))
    live.play(RATE)
    assert len(onsets(live.play(2 * RATE))) in (9, 10) and len(live.session.moves.values) == 2
    live.session.release_value(key)
    live.settle()
    live.play(RATE)
    assert not [event for event in live.events if event.kind == "fault"]


TEMPO = """\
my_sound:
  mix:
    beat: {tempo: {bpm: 120, signal: {sequencer: {interval: beat / 2, steps: [ping]}}}}
ping: {osc: {freq: 200, amp: 0.3, duration: beat / 8}}
"""
WITHOUT = TEMPO.replace("{tempo: {bpm: 120, signal: ", "").replace("}}}}\n", "}}\n", 1)


@pytest.mark.parametrize(
    ("text", "name"),
    [(TEMPO, "my_sound.mix.beat.tempo.bpm"), (WITHOUT, "transport.bpm")],
    ids=["of a tempo", "of the piece"],
)
def test_a_tempo_can_be_moved(stage, text, name):
    """Steps and all lengths in beats follow."""
    live, other = stage(text, keeps=True), stage(text, keeps=True)
    live.play(RATE), other.play(RATE)
    key = live.session.set_value(name, 120.0)
    same = np.concatenate([live.settle(), live.play(RATE)])
    assert np.allclose(same, other.play(len(same)), atol=1e-5), "the same tempo sounds the same"
    before = live.play(2 * RATE)
    live.session.set_value(key, 240.0)
    live.play(RATE)
    after = live.play(2 * RATE)
    for frames, seconds in ((before, 0.25), (after, 0.125)):
        assert np.diff(onsets(frames)) == pytest.approx(seconds * RATE, abs=1)
        loud = np.count_nonzero(np.abs(frames[:, 0]) > 0.01) / len(frames)
        assert loud == pytest.approx(0.25, abs=0.01), "a note lasts a quarter of its step"
    live.reload(text.replace("beat:", "pulse:"))
    live.play(RATE)
    assert list(live.session.moves.values.values()) == [240.0]
    assert np.diff(onsets(live.play(RATE))) == pytest.approx(0.125 * RATE, abs=1)


def test_a_tempo_is_back_at_what_the_text_says_when_that_changes(stage):
    live = stage(TEMPO, keeps=True)
    live.play(RATE)
    moved(live, "my_sound.mix.beat.tempo.bpm", 240.0)
    live.play(RATE)
    live.reload(TEMPO.replace("120", "60"))
    live.play(RATE)
    assert live.session.moves.values == {}
    assert np.diff(onsets(live.play(3 * RATE))) == pytest.approx(0.5 * RATE, abs=1)


def test_kernels_that_a_moved_tempo_needs_are_compiled_before_it_moves(stage, monkeypatch):
    live = stage(TEMPO, keeps=True)
    live.play(RATE)
    compiled: list[str] = []

    class Compiler:
        def compile(self, kernels: list[Kernel], progress: object) -> None:
            compiled.extend(kernel.kind.__name__ for kernel in kernels if isinstance(kernel, NodeKernel))

    monkeypatch.setattr(kernel_cache, "missing", lambda kernels: [] if compiled else kernels)
    live.session.background.compiler = Compiler()
    key = moved(live, "my_sound.mix.beat.tempo.bpm", 240.0)
    assert {"KeepAlive", "MovedValue", "Expression"} <= set(compiled) and live.session.moves.values == {key: 240.0}


def test_what_cannot_follow_leaves_the_parameter_as_it_is(stage):
    """A setting that needs a constant, in beats."""
    text = TEMPO.replace("interval:", "voices: beat * 8, interval:")
    live = stage(text, keeps=True)
    live.play(RATE)
    moved(live, "my_sound.mix.beat.tempo.bpm", 240.0)
    (event,) = live.events
    assert event.kind == "fault" and "'voices' is a constant and cannot move" in str(event.problems[0])
    assert live.session.moves.values == {}
    assert live.reload(text.replace("200", "210")).kind == "reloaded"


def test_the_other_track_is_the_same_to_the_bit(stage):
    stems = {"stems": ["low", "hiss"]}
    live, other = stage(TONE, keeps=True, **stems), stage(TONE, keeps=True, **stems)
    live.call, other.call = live.engine.render, other.engine.render
    frames = [live.play(1000)]
    for value in (220.0, 440.0, 100.0):
        live.session.set_value("main.freq", value)
        frames += [live.settle(), live.play(1500)]
    live.session.release_value("main.freq")
    frames += [live.settle(), live.play(2000)]
    played = np.concatenate(frames)
    expected = other.play(len(played))
    assert not np.allclose(played[:, 2:4], expected[:, 2:4], atol=0.1)
    assert np.abs(played[:, 4:]).max() > 0.005 and np.array_equal(played[:, 4:], expected[:, 4:])


def test_what_cannot_follow_before_the_first_frame_leaves_the_piece_as_it_is(stage, monkeypatch):
    let_go = PlanLock.__exit__
    monkeypatch.setattr(PlanLock, "__exit__", lambda *of: time.sleep(0.01) or let_go(*of))  # a slow build thread
    live = stage(TEMPO.replace("interval:", "voices: beat * 8, interval:"), keeps=True)
    for name, value in (("ping.osc.amp", 0.1), ("my_sound.mix.beat.tempo.bpm", 60.0)):
        live.session.set_value(name, value)
        live.session.upkeep.wait_for_insertion(LIMIT)
    played = live.play(RATE)
    live.settle()
    assert live.session.moves.values == {} and [event.kind for event in live.events] == ["fault"]
    assert np.array_equal(played, stage(TEMPO, keeps=True).play(RATE)) and np.abs(played).max() > 0.1


def test_a_move_beside_an_undo_that_is_held_back_does_not_keep_its_parked_state(stage):
    live = stage(TONE, keeps=True)
    live.play(5000)
    live.reload(without_line(TONE, "hiss"))
    live.play(5000)
    registry, hiss = live.session.node_state_registry, "my_sound.root.Mix.hiss.Osc"
    parked = registry.parked[hiss]
    live.session.hold(True)
    live.session.undo()
    live.settle()
    assert registry.parked[hiss] is not parked, "parked as the version left it"
    moved(live, "main.freq", 220.0)
    assert registry.parked[hiss] is parked


def test_a_build_that_was_made_before_a_release_does_not_undo_it(stage):
    live = stage(TONE, keeps=True)
    live.play(100)
    key = moved(live, "main.freq", 220.0)
    with_move = live.composer.playing
    live.session.moves.release(key)
    live.session.moves.committed(with_move)
    assert live.session.moves.values == {}


@pytest.mark.parametrize("name", ["clock", "voices", "nothing"])
def test_what_is_no_number_is_not_moved_though_a_log_says_so(stage, name):
    node = "my_sound.root.Mix.beat.Tempo.signal.Sequencer.ping.Pool"
    live = stage(TEMPO, keeps=True)
    live.play(100)
    with pytest.raises(Problems, match=r"is a connection|is a setting|has no parameter"):
        live.session.set_value(f"{node}.{name}", 1.0)
    for digest in (digest_of(nodes(live.composer.playing.root)[node].inputs.get(name, math.nan)), "1.0"):
        live.session.composer.moved = {"forged": MovedParameter(node, name, ValueCell("forged", 1.0), digest)}
        composition = live.composer.compose([("my_sound", {})])
        assert composition.moved == {} and composition.released == ("forged",)
