"""Going on after a restart or a crash, from what is saved every few seconds."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.harness.command import Play, waves
from tests.harness.kept_sessions import kept_in, log_of, replayed, state_of
from tests.harness.rich_piece import RICH_WITH_NOTES
from tests.harness.session_harness import RATE, Stage, save, write_sample
from tests.harness.waiting import wait
from waves.engine.runtime import snapshot
from waves.engine.runtime.snapshot import Snapshot, take_playing, take_stopped
from waves.live.history import resume_state
from waves.live.history.resume_state import read_state
from waves.problem import Problems


def save_state(live: Stage, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """Save while a device runs, as it is done every few seconds; what is in the file."""
    monkeypatch.setattr(resume_state, "WRITE_EVERY", 0.0)
    live.archive.state.write_if_due(lambda: False)
    return read_state(live.archive.kept)


@pytest.mark.parametrize("limiting", [False, True])
def test_it_goes_on_with_the_same_frames_to_the_bit(stage, monkeypatch, limiting):
    """Saved while it plays and rings are written; loops, echoes, randomness, voices, clocks, the limiter go on."""
    live = stage(RICH_WITH_NOTES, keeps=True, limiting=limiting)
    live.play(20_011)
    with live.running():
        for _ in range(3):
            saved = save_state(live, monkeypatch)
    clock = saved.about["clock"]
    assert clock > 20_000 and clock % 64 == 0 and saved.left_out == 0
    reference = stage(RICH_WITH_NOTES, keeps=True, limiting=limiting)
    reference.play(clock)
    again = stage(folder=live.folder, keeps=True, resumed=saved, limiting=limiting)
    heard, expected = again.play(60_000), reference.play(60_000)
    assert np.abs(expected).max() > 0.3
    assert np.array_equal(heard, expected)
    assert again.engine.clock == reference.engine.clock


def test_notes_that_begin_while_the_state_is_copied_are_in_it(stage, monkeypatch):
    """Their echoes too: the voices are looked through slowly, so that several notes begin meanwhile."""
    live, reference = stage(RICH_WITH_NOTES, keeps=True), stage(RICH_WITH_NOTES, keeps=True)
    live.play(6400)
    memories_of = snapshot.memories_of

    def slowly(*arguments: Any) -> list[Any]:
        found = list(memories_of(*arguments))
        time.sleep(0.05)
        return found

    monkeypatch.setattr(snapshot, "memories_of", slowly)
    with live.running():
        saved = take_playing(live.engine)
    monkeypatch.undo()
    reference.play(saved.about["clock"])
    saved.about |= {"texts": {"waves.yaml": RICH_WITH_NOTES}, "gain": 1.0}
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    assert np.array_equal(again.play(20_000), reference.play(20_000))


def test_the_randomness_of_a_node_that_was_renamed_goes_on_too(stage):
    text = "my_sound: {mix: {a: {osc: {type: perlin, amp: 0.3}}, b: {sequencer: {interval: 0.1, steps: [hit]}}}}\n"
    text += "hit: {osc: {type: noise, amp: 0.1, duration: 0.05}}\n"
    live = stage(text, keeps=True)
    live.play(5120)
    live.reload(text.replace("{a:", "{c:").replace("b:", "d:"))
    live.play(5120)
    again = stage(folder=live.folder, keeps=True, resumed=state_of(live))
    heard, expected = again.play(20_000), live.play(20_000)
    assert np.abs(expected).max() > 0.1 and np.array_equal(heard, expected)


def test_what_was_saved_since_comes_in_as_a_save(stage, monkeypatch):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(20_000)
    with live.running():
        saved = save_state(live, monkeypatch)
    save(live.folder, RICH_WITH_NOTES.replace("root: 110", "root: 220"))
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    tone = again.state("tone").elapsed
    again.play(640)
    again.session.reload()
    again.settle()
    report = again.session.outcomes.last
    assert report.glided == 1 and not report.new and not report.dropped
    assert again.state("tone").elapsed == again.engine.clock and tone == saved.about["clock"]


def test_a_version_that_was_brought_back_still_plays_after_a_restart(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(1000)
    live.reload(RICH_WITH_NOTES.replace("root: 110", "root: 220"))
    live.play(2000)
    live.session.undo()
    live.settle()
    saved = state_of(live)
    assert saved.about["texts"]["waves.yaml"] == RICH_WITH_NOTES
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    again.play(1000)
    again.session.reload()
    again.settle()
    assert again.archive.version_label == "version 1 of 2, older than the file"
    assert again.session.outcomes.last.glided == 0, "the file says what it said then"
    again.reload(RICH_WITH_NOTES.replace("root: 110", "root: 330"))
    assert again.archive.version_label == "" and again.archive.versions.count == 3


def test_a_resumed_session_is_replayed_to_the_bit(stage, monkeypatch):
    live = stage(RICH_WITH_NOTES, keeps=True, limiting=True)
    live.play(20_000)
    with live.running():
        saved = save_state(live, monkeypatch)
    again = stage(folder=live.folder, keeps=True, resumed=saved, limiting=True)
    heard = [again.play(5000)]
    again.save(RICH_WITH_NOTES.replace("root: 110", "root: 220"))
    heard += [again.settle(), again.play(9000)]
    heard = np.concatenate(heard)
    assert np.array_equal(replayed(log_of(again), len(heard)), heard)


def test_randomness_that_was_moved_goes_on_after_a_restart_and_in_the_replay(stage):
    """Its seed is that of the place where it began; hush and a later save leave it there, as they do in the replay."""
    wild = "{osc: {type: perlin, scale: 5, amp: 0.3}}"
    note = "{osc: {type: noise, amp: 0.1, duration: 0.1}}"
    beat = "beat: {sequencer: {interval: 0.05, steps: [note]}}"
    text = f"my_sound: {{mix: {{a: {wild}, {beat}}}}}\nnote: {note}\n"
    live = stage(text, keeps=True)
    live.play(20_000)
    live.reload(text.replace(f"a: {wild}", f"b: {wild}").replace(f"note: {note}", f"note: {{mix: {{x: {note}}}}}"))
    live.play(20_000)
    saved = state_of(live)
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    heard = again.play(20_000)
    assert np.array_equal(heard, live.play(20_000))
    with again.running():
        again.session.hush()
        again.session.hush(False)
    heard = again.play(9000)
    whole = replayed(log_of(again), again.engine.frames_written)
    assert np.array_equal(whole[-9000:], heard) and np.abs(heard).max() > 0.1


def test_a_start_that_is_quit_at_once_leaves_the_state_of_the_session_before(stage, monkeypatch):
    monkeypatch.setattr(resume_state, "WRITE_EVERY", 0.2)
    text = "my_sound: {osc: {freq: 220, amp: 0.1}}\n"
    live = stage(text, keeps=True)
    live.play(5120)
    assert state_of(live).about["clock"] == 5120, "no other state is there"
    short = stage(folder=live.folder, keeps=True)
    short.play(6400)
    short.archive.state._written_at = -1.0  # its thread looks too, while it plays
    short.archive.state.write_if_due(lambda: True)
    assert state_of(short).about["clock"] == 5120
    longer = stage(folder=live.folder, keeps=True)
    longer.play(9984)
    saved = state_of(longer)
    assert saved.about["clock"] == 9984
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    again.play(640)
    assert state_of(again).about["clock"] == 10_624, "it goes on from that state"


def test_long_memories_are_saved_only_at_the_end(stage):
    live = stage("my_sound: {mix: {a: {delay: {time: 30, signal: {osc: {amp: 0.1}}}}, b: {osc: {}}}}", keeps=True)
    live.play(5000)
    with live.running():
        while_playing = take_playing(live.engine)
    at_the_end = take_stopped(live.engine)
    (key,) = at_the_end.memories
    assert at_the_end.memories[key].data.nbytes > snapshot.MEMORY_BYTES
    assert not while_playing.memories and while_playing.left_out == 1
    assert while_playing.states.keys() == at_the_end.states.keys()


def test_taking_the_state_never_keeps_the_loop_for_long(stage, capsys):
    """Blocks in which a copy was made, against those in which none was: 300 nodes, 16 MB of rings."""
    tones = [f"n{k}: {{osc: {{freq: {50 + k}, amp: 0.001}}}}" for k in range(280)]
    echo = "{delay: {time: 2.9, feedback: 0.5, signal: {osc: {freq: %d, amp: 0.01}}}}"
    echoes = [f"e{k}: {echo % (100 + k)}" for k in range(16)]
    live = stage(f"my_sound: {{mix: {{{', '.join(tones + echoes)}}}}}", keeps=True)
    live.play(6400)
    durations: dict[bool, list[float]] = {False: [], True: []}
    taken: list[Snapshot | None] = []
    taker = threading.Thread(target=lambda: taken.extend(take_playing(live.engine) for _ in range(20)))
    taker.start()
    while taker.is_alive():
        time.sleep(0.001)  # in which the copy is asked for
        asked = live.engine.is_copying()
        started = time.thread_time()  # what others do meanwhile does not count
        live.engine.call(64)
        durations[asked].append(time.thread_time() - started)
    taker.join()
    assert all(taken) and len(durations[True]) >= 10
    assert sum(one.data.nbytes for one in taken[-1].memories.values()) > 15e6
    rest, copying = np.median(durations[False]), np.median(durations[True])
    longest = max(durations[True])
    with capsys.disabled():
        print(f"\nblock {rest * 1e3:.3f} ms, with a copy {copying * 1e3:.3f} ms, longest {longest * 1e3:.3f} ms")
    assert longest < 0.005


def write_older(file: Path) -> None:
    """Rewrite the file of a snapshot as an earlier version of waves wrote them: without a head."""
    data = file.read_bytes()
    file.write_bytes(data[data.index(b"PK") :])


def state_file(folder: Path) -> Path:
    """The file of the state to resume from."""
    return folder / ".waves" / "state" / "last.npz"


@pytest.mark.parametrize("what", ["older", "cut", "empty", "missing"])
def test_a_state_that_cannot_be_used_is_said_and_ignored(stage, what):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(3000)
    live.archive.stop(1.0)
    live.stop()
    file = state_file(live.folder)
    if what == "older":
        write_older(file)
    elif what == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 500 if what == "cut" else 0])
    sentence = {"older": "of an earlier version of waves", "missing": "no state was saved"}.get(what, "cannot be used")
    with pytest.raises(Problems, match=sentence):
        read_state(kept_in(live.folder))
    result = waves(live.folder, "play", "--resume", "--device", "silent", "--duration", "0.1", "--plain")
    assert result.returncode == 0 and sentence in result.stderr
    assert "playing my_sound" in result.stdout


def test_a_folder_in_place_of_the_state_gets_another_name(stage, monkeypatch):
    """And does not keep the state from being written for ever."""
    live = stage("my_sound: {osc: {freq: 220, amp: 0.1}}\n", keeps=True)
    live.play(RATE)
    folder = live.archive.kept.state.path
    for name in ("last.npz-aside", "last.npz-aside1"):
        (folder / "last.npz" / "inside").mkdir(parents=True)
        with live.running():
            state = save_state(live, monkeypatch)
        assert state.about["rate"] == RATE and (folder / name / "inside").is_dir()
        (folder / "last.npz").unlink()


def test_files_of_another_schema_are_refused_in_one_sentence_and_no_text_is_lost(stage):
    """State, states of versions and log; the session begins from the start, and undo brings the older text back."""
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(5000)
    edited = RICH_WITH_NOTES.replace("root: 110", "root: 220")
    live.reload(edited)
    live.play(5000)
    live.archive.stop(1.0)
    live.stop()
    snapshots = list((live.folder / ".waves").rglob("*.npz"))
    assert {file.name for file in snapshots} == {"last.npz", "1.npz"}
    for file in snapshots:
        write_older(file)
    (live.folder / "older.jsonl").write_text('{"session": 1}\n')
    result = waves(live.folder, "replay", "older.jsonl", "-o", "out.wav")
    assert result.returncode == 1 and result.stderr.splitlines() == ["'older.jsonl' is of another version of waves"]
    result = waves(live.folder, "play", "--resume", "--device", "silent", "--duration", "0.1", "--plain")
    assert result.returncode == 0 and "going on from" not in result.stdout
    assert result.stderr.count("or of an earlier version of waves") == 1
    again = stage(folder=live.folder, keeps=True)
    again.play(5000)
    assert again.archive.versions.count == 2
    again.session.undo()
    again.settle()
    assert again.events[-1].kind == "reloaded" and again.archive.versions.playing == 1
    assert again.archive.versions.texts(1)["waves.yaml"] == RICH_WITH_NOTES
    assert np.abs(again.play(20_000)).max() > 0.1


def test_a_file_is_written_whole_or_not_at_all(stage, monkeypatch):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(3000)
    live.archive.state.write_all()
    before = state_file(live.folder).read_bytes()
    live.play(3000)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_, **__: (_ for _ in ()).throw(OSError("the disk is full")))
        with pytest.raises(OSError, match="full"):
            live.archive.state.write_all()
    assert state_file(live.folder).read_bytes() == before
    assert [file.name for file in state_file(live.folder).parent.iterdir()] == ["last.npz"]


def test_other_fields_of_a_kind_are_taken_over_by_name(stage):
    """A state of a type that had other fields then: what is in both goes on, the rest begins."""
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(3000)
    saved = take_stopped(live.engine)
    kind, values = saved.states["my_sound.root.Mix.break.Sample"]
    before = values[["total_samples_rendered", "last_playhead_position"]].astype(
        [("total_samples_rendered", "i8"), ("gone", "f8"), ("last_playhead_position", "f8")][::2]
    )
    saved.states["my_sound.root.Mix.break.Sample"] = (kind, before)
    saved.about |= {"texts": {"waves.yaml": RICH_WITH_NOTES}, "gain": live.engine.gain}
    again = stage(folder=live.folder, keeps=True, resumed=saved)
    state = again.state("my_sound.root.Mix.break.Sample")
    assert state.total_samples_rendered == 3008 and state.current_chop_index == -1


def test_after_a_crash_the_same_frames_come_but_for_the_time_lost(tmp_path):
    """SIGKILL in the middle of it; what comes after `--resume` is the piece from where it was saved."""
    write_sample(tmp_path / "samples" / "a.wav")
    save(tmp_path, RICH_WITH_NOTES)
    state = tmp_path / ".waves" / "state" / "last.npz"
    with Play(tmp_path) as play:
        play.wait_for("started")
        assert wait(state.exists)
        play.end(signal.SIGKILL)
    about = read_state(kept_in(tmp_path)).about
    clock = about["clock"]
    assert clock > 2 * RATE and about["level"] == 1.0
    result = waves(
        tmp_path, "play", "--resume", "--device", "silent", "--plain", "--duration", "1", "--record", "on.wav"
    )
    assert result.returncode == 0, result.stderr
    assert f"going on from {clock / RATE:.1f} s of the last session" in result.stdout
    whole = waves(tmp_path, "render", "-o", "whole.wav", "--duration", f"{clock / RATE + 1.5:.3f}")
    assert whole.returncode == 0, whole.stderr
    heard, _ = soundfile.read(tmp_path / "on.wav", dtype="float32")
    expected, _ = soundfile.read(tmp_path / "whole.wav", dtype="float32")
    assert len(heard) == RATE
    assert np.array_equal(heard, expected[clock : clock + RATE])
