"""The log of a session, and its replay: bit for bit what was heard."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.harness.command import Play, environment, waves
from tests.harness.kept_sessions import kept_in, log_of, replay_of, replayed, state_of
from tests.harness.rich_piece import RICH_WITH_NOTES
from tests.harness.session_harness import FADE, Player, compose, composer_for, save, without_line, write_sample
from tests.harness.waiting import wait
from waves.app.time_argument import seconds_of
from waves.audio.recorder import Recorder
from waves.engine.plan.plan import build_plan
from waves.language.model.sound_arguments import UsageProblem
from waves.live.history.log_reader import changed_samples, read_log
from waves.live.kept.json_lines import JsonLines
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

EDITS: list[Callable[[str], str]] = [
    lambda text: text.replace("root: 110", "root: 115"),
    lambda text: text.replace("type: saw", "type: sqr"),
    lambda text: text.replace("time: 0.13", "time: 0.31"),  # a longer ring
    lambda text: text + "# nothing\n",
    lambda text: text.replace("    hiss:", "    more: {osc: {freq: 70, amp: 0.1}}\n    hiss:"),
    lambda text: without_line(text, "    echo:"),
    lambda text: text.replace(
        "    break:", "    echo: {delay: {time: 0.2, feedback: 0.7, signal: {plucked: {}}}}\n    break:"
    ),
    lambda text: text.replace("interval: 0.09", "interval: 0.07"),
    lambda text: text.replace("{osc: {freq: 440 * f", "{osc: {type: tri, freq: 441 * f"),
    lambda text: text.replace("$tone", "{osc: {type: saw, freq: 100, amp: 0.3}}"),
    lambda text: text.replace("    loop:", "    wrapped:"),
    lambda text: text.replace("peak: 0.4", "peak: 0.5, type: highpass"),
    lambda text: text.replace("feedback: 0.7", "feedback: 0.2").replace("time: 0.2,", "time: 0.02,"),
    lambda text: text.replace("speed: 0.83", "speed: -1.2"),
    lambda text: text.replace("freq: 140", "freq: 141"),
    lambda text: text.replace("[ping, ~,", "[ping, ping f=1.5,"),
    lambda text: text.replace("pan: -0.4", "pan: {osc: {freq: 3}}"),
    lambda text: text.replace("freq: 70", "freq: 75 + 10 * sin(t)"),
    lambda text: text.replace("decay: 0.1", "decay: 0.3"),
    lambda text: text.replace("root: 115", "root: 60"),
]


@pytest.mark.parametrize("limiting", [False, True])
def test_a_replay_is_what_was_heard_to_the_bit(stage, limiting):
    """20 edits, at frames that have nothing to do with each other, each built while the piece plays on."""
    live = stage(RICH_WITH_NOTES, keeps=True, limiting=limiting)
    dice = np.random.default_rng(3)
    heard, text = [live.play(5003)], RICH_WITH_NOTES
    for edit in EDITS:
        before, text = text, edit(text)
        assert text != before
        live.save(text)
        while not live.engine.waiting and not live.session.builder.wait(0):  # goes on while it is built
            heard.append(live.play(int(dice.integers(1, 200)), 37))
        heard += [live.settle(), live.play(int(dice.integers(1000, 9000)), 100)]
    heard = np.concatenate(heard)
    outcomes = live.session.outcomes
    assert outcomes.good == 20 and outcomes.refused == 0, [str(problem) for problem in outcomes.problems]
    again = replayed(log_of(live), len(heard))
    assert np.abs(heard).max() > 0.3
    assert hashlib.sha256(again.tobytes()).digest() == hashlib.sha256(heard.tobytes()).digest()


@pytest.mark.parametrize("block", [37, 1000])
def test_saves_that_wait_for_a_beat_inside_a_block_are_replayed_and_leave_the_rest(stage, block):
    """Beats of 21,868.6 frames, so that none begins with a block; voices sound through each of the commits."""
    text = (
        "settings: {at: beat}\n"
        "my_sound:\n  tempo:\n    bpm: 121\n    signal:\n      mix:\n"
        "        edited: {track: {out: 1, signal: {osc: {freq: 200, amp: 0.1}}}}\n"
        "        kept: {track: {out: 3, signal: {sequencer: {interval: beat / 7, steps: [ping, ~, ping f=2]}}}}\n"
        "ping: {context: {f: 1, signal: {delay: {time: 0.03, mix: 0.5, signal: {osc: {freq: 440 * f, amp: 0.2,\n"
        "  duration: 0.1}}}}}}\n"
    )
    live = stage(text, keeps=True, channels=4)
    heard = [live.play(5003, block)]
    frames = []
    for count, freq in enumerate((300, 250), 1):
        live.save(text.replace("freq: 200", f"freq: {freq}"))
        assert wait(lambda count=count: live.kinds.count("waiting") == count)
        beat = [event.frame for event in live.events if event.kind == "waiting"][-1]
        heard.append(live.play(beat - 2000 - live.engine.clock, block))
        assert wait(lambda: live.engine.waiting), "the plan is with the callback before the beat begins"
        heard.append(live.play(4000, block))
        assert wait(lambda count=count: live.session.outcomes.good == count)
        heard.append(live.play(3001, block))
        frames.append(live.engine.committed_at)
    assert live.session.outcomes.good == 2 and all(frame % 64 for frame in frames), frames
    heard = np.concatenate(heard)
    assert np.array_equal(replayed(log_of(live), len(heard)), heard)
    untouched = stage(text, channels=4).play(len(heard))
    assert np.array_equal(heard[:, 2:], untouched[:, 2:]) and not np.array_equal(heard, untouched)


def test_what_comes_and_goes_slowly_does_so_again(stage):
    """Parts with `fade` and `tail` that leave, turn round, and are let go of; clocks, voices and noise among them."""
    pad = "    pad: {track: {fade: 0.4, signal: {osc: {type: noise, amp: 0.1}}}}\n"
    dub = "    dub: {delay: {tail: true, time: 0.05, feedback: 0.4, mix: 0.5, signal: {plucked: {}}}}\n"
    run = "    run: {sequencer: {tail: true, interval: 0.05, steps: [ping f=3, ping f=2]}}\n"
    live = stage(RICH_WITH_NOTES.replace("    hiss:", pad + dub + run + "    hiss:"), keeps=True)
    dice = np.random.default_rng(4)
    heard, tidied = [live.play(5003)], 0
    for parts in ("", pad, dub + run, pad, "", pad + dub + run, run, ""):
        live.save(RICH_WITH_NOTES.replace("    hiss:", parts + "    hiss:"))
        heard += [live.settle(), live.play(int(dice.integers(1000, 30_000)), 100)]
        taken = live.engine.commits
        live.session.upkeep.look()
        heard += [live.settle(), live.play(int(dice.integers(1000, 9000)), 100)]
        tidied += live.engine.commits - taken
    assert live.session.outcomes.good == 8 and tidied > 2
    heard = np.concatenate(heard)
    again = replayed(log_of(live), len(heard))
    assert np.array_equal(again, heard)


def test_it_does_not_matter_when_a_ring_was_copied_ahead(tmp_path):
    """A longer echo: its plan is made long before it is taken, or just then; the ring is the same to the bit."""
    text = "my_sound: {delay: {time: %g, feedback: 0.7, signal: {osc: {type: noise, amp: 0.3}}}}"
    save(tmp_path, text % 0.1)  # a ring of 2^17 frames
    composer = composer_for(tmp_path)
    first, longer = compose(composer).graph, None
    heard = []
    for ahead in (1, 63, 5000, 150_000, 219_000):
        player = Player(first)
        player.play(80_000)
        player.play(220_000 - ahead)
        if longer is None:
            save(tmp_path, text % 5)  # one of 2^18, and it reads what the other never had
            longer = compose(composer).graph
        plan = build_plan(longer, player.plan, player.registry, player.engine.addresses, FADE, at=300_069)
        player.play(ahead)
        player.engine.offer(plan)
        heard.append(player.play(200_000))
        assert player.engine.playing is plan and player.engine.committed_at == 300_069
    assert all(np.array_equal(one, heard[0]) for one in heard)


def test_volume_pauses_hush_undo_and_a_new_beginning_are_replayed_too(stage, tmp_path):
    """All that can be done to the sound, while a device runs; the file of the recorder and the replay are the same."""
    live = stage(RICH_WITH_NOTES, keeps=True, limiting=True)
    live.archive.start()
    recorder = Recorder(live.engine, tmp_path / "live.wav", first=live.engine.lookahead)
    engine = live.engine

    def rest(frames: int = 7000) -> None:
        until = engine.frames_written + frames
        while engine.frames_written < until:
            time.sleep(0.001)

    def build(action: Callable[[], Any]) -> None:
        action()
        assert live.session.builder.wait(10)
        rest()

    with live.running():
        rest()
        build(lambda: live.save(RICH_WITH_NOTES.replace("root: 110", "root: 220")))
        without = without_line(RICH_WITH_NOTES, "break:")
        build(lambda: live.save(without))
        engine.set_gain(0.3)
        rest()
        engine.set_gain(2.5)
        rest()
        engine.pause(True)
        rest()
        engine.set_gain(0.7)
        rest(3000)
        engine.pause(False)
        rest()
        live.session.hush()
        rest()
        live.session.hush(False)
        rest()
        build(live.session.undo)
        build(lambda: live.session.undo(-1))
        build(lambda: live.session.undo(2))
        build(live.session.restart)
        build(lambda: live.save(RICH_WITH_NOTES.replace("root: 110", "root: 330")))
        engine.fade_out(0.02, 1.0)
        rest()
    path = recorder.stop()
    log = log_of(live)
    assert [bool(commit.get("parked")) for commit in log.commits] == [*[False] * 4, True, False, True, *[False] * 2]
    assert live.session.outcomes.refused == 0 and len(log.commits) == 9 and len(log.inputs) >= 9
    output = tmp_path / "replay.wav"
    result = waves(live.folder, "replay", str(log.path), "-o", str(output))
    assert result.returncode == 0, result.stderr
    assert path.read_bytes() == output.read_bytes()


def test_a_part_of_a_session_is_that_part_of_the_whole_and_stems_add_up(stage, tmp_path):
    live = stage(RICH_WITH_NOTES, keeps=True, limiting=True)
    live.engine.set_gain(0.3)
    live.play(30_000)
    live.reload(RICH_WITH_NOTES.replace("    hiss:", "    more: {osc: {freq: 70, amp: 0.1}}\n    hiss:"))
    live.play(60_000)
    log = log_of(live)
    whole, part = tmp_path / "whole.wav", tmp_path / "part.wav"
    assert waves(live.folder, "replay", log.path.stem, "-o", str(whole), "--stems").returncode == 0
    result = waves(live.folder, "replay", str(log.path), "-o", str(part), "--from", "0.7", "--to", "0:01.2")
    assert result.returncode == 0, result.stderr
    frames, _ = soundfile.read(whole, dtype="float32")
    some, _ = soundfile.read(part, dtype="float32")
    assert len(frames) == 90_064 - 64 and np.array_equal(some, frames[30_870:52_920])
    stems = sorted(tmp_path.glob("whole__*.wav"))
    assert len(stems) == 10 and any("more" in stem.name for stem in stems)
    total = sum(soundfile.read(stem)[0] for stem in stems)
    assert np.allclose(total, frames, atol=1e-6), "nothing is loud enough for the limiter"
    kept = waves(live.folder, "keep", "1s", "-o", str(tmp_path / "kept.wav"))
    assert kept.returncode == 0, kept.stderr
    assert np.array_equal(soundfile.read(tmp_path / "kept.wav", dtype="float32")[0], frames[-44_100:])


def test_a_log_that_a_crash_left_is_played_as_far_as_it_goes(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    heard = [live.play(5000)]
    live.save(RICH_WITH_NOTES.replace("root: 110", "root: 220"))
    heard += [live.settle(), live.play(10_000)]
    heard = np.concatenate(heard)
    path = log_of(live).path
    data = path.read_bytes()
    path.write_bytes(data[: data.rfind(b'{"frames"')] + b'{"commit": 3, "fra')
    log = read_log(path)
    assert len(log.commits) == 2
    assert np.array_equal(replayed(log, len(heard)), heard)


def test_a_sample_that_is_no_longer_what_it_was_is_named(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(1000)
    log = log_of(live)
    assert changed_samples(log, find_workspace(live.folder)) == []
    write_sample(live.folder / "samples" / "a.wav", 330.0)
    (problem,) = changed_samples(log, find_workspace(live.folder))
    assert "samples/a.wav" in str(problem) and problem.level == "warning"


def test_a_sample_that_is_exchanged_before_it_is_logged_is_named(stage):
    """What was heard is in no file any more, so that the replay may differ."""
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(1000)
    write_sample(live.folder / "samples" / "a.wav", 330.0)
    (problem,) = changed_samples(log_of(live), find_workspace(live.folder))
    assert "samples/a.wav" in str(problem) and problem.level == "warning"


def test_a_sample_that_was_removed_does_not_keep_the_rest_from_being_logged(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(1000)
    (live.folder / "samples" / "a.wav").unlink()
    log = log_of(live)
    assert log.frames == 1000 and [event for event in live.events if event.kind == "fault"] == []
    (problem,) = changed_samples(log, find_workspace(live.folder))
    assert "samples/a.wav" in str(problem)


NUMBERED = "my_sound: {sequencer: {interval: 0.05, steps: [perc:0, perc:2]}}\n"  # of samples/perc/


@pytest.mark.parametrize("change", ["removed", "added", "broken"])
def test_numbers_of_a_folder_are_the_files_that_they_were(stage, tmp_path, change):
    """A file goes for a while, or another one comes first, or is broken: the numbers move in the replay as well."""
    folder = tmp_path / "samples" / "perc"
    for name, freq in (("a", 220.0), ("b", 330.0), ("c", 440.0), ("d", 550.0)):
        write_sample(folder / f"{name}.wav", freq, 0.2)
    file = folder / ("aa.wav" if change == "added" else "b.wav")
    before = (folder / "b.wav").read_bytes()
    live = stage(NUMBERED, folder=tmp_path, keeps=True)
    heard = [live.play(20_000)]
    for content in {"removed": (None, before), "added": (before,), "broken": (b"x", before)}[change]:
        live.archive._add_new()  # as its thread does a few times a second
        file.write_bytes(content) if content else file.unlink()
        live.session.changed([file])
        heard += [live.settle(), live.play(20_000)]
    heard = np.concatenate(heard)
    write_sample(folder / "0.wav", 500.0)  # what the folder has now is not what it had
    log = log_of(live)
    assert [len(entry["of"]["samples/perc"]) for entry in log.files] == {
        "removed": [4, 3, 4], "added": [4, 5], "broken": [4, 4, 4],
    }[change]  # fmt: skip
    assert changed_samples(log, find_workspace(live.folder)) == []
    assert np.array_equal(replayed(log, len(heard)), heard)
    (folder / "d.wav").unlink()
    (problem,) = changed_samples(log, find_workspace(live.folder))
    assert problem.sentence == "'samples/perc/d.wav' of this session is not there: the replay has silence in its place"


def test_a_new_log_begins_with_what_plays_and_nothing_else(stage, tmp_path):
    """A file that was broken before is no warning of a log that began after `.waves/` was deleted."""
    file = tmp_path / "samples" / "b.wav"
    write_sample(file, 330.0)
    text = "my_sound: {mix: {a: {sample: {file: samples/b.wav}}}}\n"
    live = stage(text, folder=tmp_path, keeps=True)
    live.play(1000)
    live.archive._add_new()
    live.reload("my_sound: {osc: {freq: 220, amp: 0.1}}\n")
    write_sample(file, 440.0)
    shutil.rmtree(tmp_path / ".waves")
    log = log_of(live)
    assert len(log.commits) == 1 and changed_samples(log, find_workspace(live.folder)) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "not the log of a session"),
        ('{"session": 1}\n', "another version of waves"),
        ('{"session": 99}\n', "another version of waves"),
        ("my_sound: {osc: {}}\n", "not the log of a session"),
        ('{"session": 2}\n', "another version of waves"),
        ('{"session": 3}\n', "entry 1 cannot be used: sounds: field required"),
    ],
)
def test_what_is_no_log_is_refused_with_a_sentence(tmp_path, content, sentence):
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(Problems, match=sentence):
        read_log(tmp_path / "a.jsonl")


def test_a_state_that_does_not_say_its_place_is_one_sentence(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(2000)
    again = stage(folder=live.folder, keeps=True, resumed=state_of(live))
    again.play(640)
    log, kept = log_of(again), again.archive.kept
    folder = kept.sessions.existing_folder(log.path.stem)
    whole = read_snapshot(folder, "state.npz", kept.seal)
    about = dict(whole.about)
    for wrong in ({"clock": None}, {"clock": "0"}, {"level": 1e9}, {"seeds": 5}, {"seeds": {"a": "b"}}):
        whole.about = {name: value for name, value in {**about, **wrong}.items() if value is not None}
        write_snapshot(folder, "state.npz", whole, kept.seal)
        with pytest.raises(Problems, match=r"^the state 'state.npz' cannot be used: (clock|level|seeds)"):
            replayed(log, 64)


def test_a_session_whose_state_was_removed_says_why_and_the_way_out(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    live.play(2000)
    again = stage(folder=live.folder, keeps=True, resumed=state_of(live))
    again.play(640)
    again.reload(without_line(RICH_WITH_NOTES, "    echo:"))
    again.play(9000)
    assert again.session.undo(1)
    again.settle()
    again.play(640)
    log = log_of(again)
    folder = log.path.with_suffix("")
    (folder / "3.npz").unlink()
    removed = "goes on from a state that was removed: "
    with pytest.raises(Problems, match=rf"{removed}.*; the part before 0\.\d+ s can be replayed"):
        replayed(log, 12_000)
    (folder / "state.npz").unlink()
    with pytest.raises(Problems, match=f"{removed}.*HISTORY_MB.*keeps more from now on$"):
        replayed(log, 64)
    folder.rmdir()
    with pytest.raises(Problems, match=removed):
        replayed(log, 64)


def test_a_log_that_cannot_be_written_never_stops_the_sound(stage, tmp_path):
    write_sample(tmp_path / "samples" / "a.wav")
    sessions = kept_in(tmp_path).sessions.path
    sessions.rmdir()
    sessions.write_text("a file where the folder should be")
    live = stage(RICH_WITH_NOTES, folder=tmp_path, keeps=True)
    live.archive.start()
    heard = [live.play(5000)]
    live.save(RICH_WITH_NOTES.replace("root: 110", "root: 220"))
    heard += [live.settle(), live.play(5000)]
    live.archive.stop(1.0)
    assert live.kinds == ["keeping_interrupted", "reloaded", "fault"]
    assert np.abs(np.concatenate(heard)).max() > 0.3


def test_texts_are_stored_once_and_lines_of_two_writers_do_not_mix(tmp_path):
    kept = kept_in(tmp_path)
    one, other, found = (JsonLines(kept.sessions, "lines.jsonl", kept.texts, kept.seal) for _ in range(3))
    for k in range(20):
        writer = (one, other)[k % 2]
        writer.add({"k": k}, {"waves.yaml": "text" * 1000, "sounds/a.yaml": str(k % 3)})
        writer.write()
    with one.path.open("ab") as file:
        file.write(b'{"half a li')
    one.add({"k": 20}, {"waves.yaml": "\udcff"})
    one.write()
    found.refresh()
    assert [entry["k"] for entry in found.entries] == list(range(21)) and found.damaged == 1
    assert found.texts_of(found.entries[7]) == {"waves.yaml": "text" * 1000, "sounds/a.yaml": "1"}
    assert found.texts_of(found.entries[20]) == {"waves.yaml": "\udcff"}
    texts = list((tmp_path / ".waves" / "texts").iterdir())
    assert len(texts) == 5 and sum(file.stat().st_size for file in texts) < 300


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300.0), ("90", 90.0), ("90s", 90.0), ("1h30m", 5400.0), ("1:30", 90.0), ("1:00:01.5", 3601.5)],
)
def test_a_length_of_time_is_read_as_it_is_written(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "five", "5 m", "-3", "1:2:3:4", "nan"])
def test_what_is_no_length_of_time_is_a_problem(text):
    with pytest.raises(UsageProblem, match="5m"):
        seconds_of(text)


@pytest.mark.parametrize("device", ["silent", pytest.param("default", marks=pytest.mark.device)])
def test_the_file_of_a_live_recording_with_20_edits_is_that_of_its_replay(request, tmp_path, device):
    """The whole program in its own process, with another seed of hashes for the replay."""
    if device != "silent":
        request.getfixturevalue("sandbox")
    write_sample(tmp_path / "samples" / "a.wav")
    save(tmp_path, RICH_WITH_NOTES)
    live, text = tmp_path / "live.wav", RICH_WITH_NOTES
    with Play(tmp_path, "--device", device, "--record", str(live)) as play:
        play.wait_for("recording")
        assert play.events[0]["device"] == device
        time.sleep(0.3)
        for edit in EDITS:
            text = edit(text)
            play.save(text)
            play.wait_for("reloaded")
            time.sleep(0.11)
        play.end()
        code = play.process.returncode
    assert code == 130
    (log,) = (tmp_path / ".waves" / "sessions").glob("*.jsonl")
    assert (tmp_path / ".waves" / ".gitignore").read_text() == "*\n"
    output = tmp_path / "replay.wav"
    command = [sys.executable, "-m", "waves", "replay", "last", "-o", str(output)]
    env = {**environment(tmp_path), "PYTHONHASHSEED": "12345"}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, timeout=110, stdout=subprocess.DEVNULL)
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (live, output)}
    assert len(digests) == 1
    frames, rate = soundfile.read(live)
    assert len(frames) > 2.5 * rate and np.abs(frames).max() > 0.3
    assert len(read_log(log).commits) == 21


NODE = """
from waves.node import Node, Signal, State, param

class Tilt(Node):
    signal: Signal = param(description="What is changed.")

    class state(State):
        last: float = 0.0

    @staticmethod
    def render(out, signal, state):
        for i in range(out.size):
            state.last += %s * (signal[i] - state.last)
            out[i] = state.last
"""


@pytest.mark.long
def test_node_types_that_changed_while_they_played_are_replayed_as_they_were(tmp_path):
    text = "my_sound: {mix: {a: {tilt: {signal: {osc: {type: saw, freq: 110, amp: 0.5}}}}}}\n"
    save(tmp_path, text)
    node, live, output = tmp_path / "nodes" / "tilt.py", tmp_path / "live.wav", tmp_path / "replay.wav"
    save(tmp_path, NODE % "0.1", "nodes/tilt.py")
    with Play(tmp_path, "--trust", "--record", str(live)) as play:
        play.wait_for("recording")
        for factor in ("0.6", "0.02"):
            save(tmp_path, NODE % factor, "nodes/tilt.py")
            play.wait_for("reloaded")
            time.sleep(0.3)
        play.end()
    (log,) = (tmp_path / ".waves" / "sessions").glob("*.jsonl")
    assert [commit["nodes"] is None for commit in read_log(log).commits] == [False, False, False]
    node.unlink()
    result = waves(tmp_path, "replay", "last", "-o", str(output))
    assert result.returncode == 1 and "is not trusted and not read (--trust)" in result.stderr
    result = waves(tmp_path, "replay", "last", "-o", str(output), "--trust")
    assert result.returncode == 0, result.stderr
    assert live.read_bytes() == output.read_bytes()
    assert waves(tmp_path, "keep", "1s", "-o", str(tmp_path / "kept.wav"), "--trust").returncode == 0


def test_states_that_were_cleared_do_not_return_in_the_replay_either(stage):
    live = stage(RICH_WITH_NOTES, keeps=True)
    frames = [live.play(3000)]
    without = without_line(RICH_WITH_NOTES, "break:")
    for text, clears in ((without, True), (RICH_WITH_NOTES, False), (without, False), (RICH_WITH_NOTES, False)):
        live.save(text)
        frames.append(live.settle())
        frames.append(live.play(2000))
        if clears:
            live.session.node_state_registry.clear()
            assert not live.session.node_state_registry.parked
    played = np.concatenate(frames)
    engine = replay_of(log_of(live))
    assert np.array_equal(engine.render(len(played)).astype(np.float32), played)
    assert engine.registry.clears == 1
