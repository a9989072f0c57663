"""Nodes whose kernel does not return while they play: the message, the recording, and the version that plays then."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.command import Play, waves
from tests.harness.kept_sessions import kept_in
from tests.harness.paths import NODES
from tests.harness.ramp_callback import Ramp
from tests.harness.session_harness import RATE, save
from tests.harness.terminal import Terminal
from tests.harness.waiting import wait
from waves.app.player.options import PlayOptions
from waves.app.player.rescue import instead
from waves.app.player.restart import VARIABLE, Handover, received_handover, restart_command
from waves.app.player.resume import plays_mended
from waves.app.player.start import restore_saved_state
from waves.audio.device import StreamOptions
from waves.audio.device_supervisor import DeviceSupervisor
from waves.engine.runtime.faults import problem_in_code
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.watchdog import Look, Watchdog
from waves.live.history.log_reader import read_log
from waves.live.history.resume_state import read_state
from waves.live.history.rollback import PlayedTexts, choose_rollback, contains_rows, played_texts
from waves.live.kept.json_lines import JsonLines
from waves.live.kept.snapshot_file import write_snapshot
from waves.live.workspace.trust import trust
from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile

WOBBLE = '''\
"""Wobble: passes its signal on, until it hangs.

    a: {wobble: {signal: {osc: {freq: 110}}}}
"""

from waves.node import Node, Signal, State, param


class Wobble(Node):
    signal: Signal = param(unit="value", description="The signal.")
    after: int = param(10000, unit="frames", minimum=10000, description="When it hangs.")

    class state(State):
        count: int = 0  # frames
        way: float = 1.0

    @staticmethod
    def render(out, signal, after, state):
        for i in range(out.size):
            state.count += 1
            while state.count > after:
                state.way = -state.way
            out[i] = signal[i]
'''
LOOP = 21  # line of the loop
SOUND = WOBBLE.replace("while state.count > after:", "if state.count < 0:")
GOOD = "my_sound:\n  mix:\n    a: {osc: {freq: 110, amp: 0.2}}\n"
BAD = GOOD + "    b: {wobble: {signal: {osc: {freq: 220, amp: 0.2}}}}\n"


# ---- detection


def looks(*what: tuple[bool, int, float], every: float = 0.1) -> list[bool]:
    """The answer of the watchdog to each look: inside, the place, and the processor time since the last look."""
    dog, worked, said = Watchdog(), 100.0, []
    for k, (inside, place, more) in enumerate(what):
        worked += more
        said.append(dog.hangs(Look(inside, (place,), worked, 50.0 + k * every)))
    return said


@pytest.mark.parametrize(
    ("what", "every", "hangs"),
    [
        pytest.param([(True, 1, 0.1)] * 10, 0.1, True, id="in the same place at work"),
        pytest.param([(False, 1, 0.1)] * 10, 0.1, False, id="a stalled device: not inside"),
        pytest.param([(True, k, 0.1) for k in range(10)], 0.1, False, id="late but moving"),
        pytest.param([(True, 1, 0.0)] * 50, 0.1, False, id="stopped in a debugger, or never its turn"),
        pytest.param([(True, 1, 0.1), (True, 1, 0.0)], 3600.0, False, id="the machine slept"),
        pytest.param([(True, 1, 0.1)] * 4, 3600.0, False, id="slept, few looks"),
        pytest.param([(True, 1, 0.4)] * 4, 0.1, False, id="two busy threads beside it"),
        pytest.param([(True, 1, 0.1)] * 4 + [(False, 1, 0.1)] + [(True, 1, 0.1)] * 4, 0.1, False, id="it came back"),
    ],
)
def test_only_a_callback_that_works_in_one_place_hangs(what, every, hangs):
    assert looks(*what, every=every)[-1] is hangs


def test_it_is_noticed_after_half_a_second():
    assert looks(*[(True, 1, 0.125)] * 6, every=0.125) == [False] * 4 + [True] * 2


def test_the_line_is_that_of_the_loop_or_of_the_kernel():
    found = problem_in_code(SourceFile("w.wobble", "/w/wobble.py", WOBBLE))
    assert str(found) == f"wobble.py:{LOOP}:13: this loop does not come to an end"
    assert found.source == "            while state.count > after:"
    assert problem_in_code(SourceFile("w.wobble", "/w/wobble.py", SOUND)).mark.line == 18


# ---- restart


def test_the_same_command_replaces_the_process_or_is_a_child():
    arguments = ["python3", "-X", "dev", "-m", "waves", "play", "bass", "--record", "set.wav"]
    assert restart_command(arguments, "/venv/bin/python", "linux").command == ["/venv/bin/python", *arguments[1:]]
    assert restart_command(arguments, "/venv/bin/python", "darwin").replaces
    assert not restart_command(arguments, "C:\\venv\\python.exe", "win32").replaces
    assert restart_command(["waves.exe", "play"], "", "win32").command == ["waves.exe", "play"]


def test_the_handover_changes_the_options_and_is_received_once():
    told = Handover(2, "set.wav", 3.5, True)
    environment = {VARIABLE: json.dumps({"restarts": 2, "record": "set.wav", "left": 3.5, "held": True}), "A": "b"}
    assert (
        received_handover(environment) == told and environment == {"A": "b"} and received_handover(environment) is None
    )
    assert received_handover({VARIABLE: "[1"}) is None and received_handover({VARIABLE: '{"other": 1}'}) is None
    wishes = told.applied(PlayOptions(sounds=["bass", "freq=110"], record=Path("old.wav"), duration=9.0, plain=True))
    assert wishes == PlayOptions(resume=True, record=Path("set.wav"), duration=3.5, plain=True)
    assert Handover().applied(PlayOptions(record=Path("old.wav"))).record is None


def version(text: str, **nodes: str) -> PlayedTexts:
    return PlayedTexts(
        {"waves.yaml": text}, {name: SourceFile(f"w.{name}", f"/w/{name}.py", t) for name, t in nodes.items()}
    )


def test_the_newest_version_without_the_row_that_hangs_is_taken_before_the_newest_other():
    third, second, first = (version(text) for text in ("3", "2", "1"))
    assert choose_rollback(iter([second, first]), {third.digest}, lambda one: one is second) is first
    assert choose_rollback(iter([second, first]), {third.digest}, lambda one: False) is second
    assert choose_rollback(iter([second, first]), {third.digest}, lambda one: True) is second
    assert choose_rollback(iter([second, first]), {third.digest, second.digest}, lambda one: True) is first
    assert choose_rollback(iter([third]), {third.digest}, lambda one: False) is None


def test_other_texts_of_nodes_are_another_version_and_play_instead():
    old, bad = version("a", grit="1", same="s"), version("a", grit="2", same="s")
    assert old.digest != bad.digest == version("a", same="s", grit="2").digest
    assert instead(bad, old, {}) == {"/w/grit.py": ("2", "1")}
    assert instead(old, version("a", grit="0"), {"/w/grit.py": ("2", "1")}) == {"/w/grit.py": ("2", "0")}


def test_the_log_tells_which_version_is_without_a_row_as_it_is(stage, tmp_path):
    first = "my_sound: {mix: {a: {osc: {freq: 110}}}}"
    second = "my_sound: {mix: {a: {osc: {freq: 110}}, b: {filter: {cutoff: 500, signal: {osc: {freq: 55}}}}}}"
    third, fourth = second.replace("110", "115"), second.replace("110", "115").replace("500", "600")
    live = stage(first, keeps=True)
    for text in (second, third, fourth):
        live.play(1000)
        live.reload(text)
    live.play(1000)
    live.session.stop()
    log = live.archive.log.path
    found = list(played_texts([log, tmp_path / "none.jsonl"]))
    assert [version.texts["waves.yaml"] for version in found] == [fourth, third, second, first]
    for now, before in ((fourth, third), (third, first)):
        graph = live.composer.compose([("my_sound", {})], given={"waves.yaml": now}).graph
        row = graph.rows["my_sound.root.Mix.b.Filter"]
        hung = next(version for version in found if version.texts["waves.yaml"] == now)
        others = iter(found[found.index(hung) :])
        good = choose_rollback(others, {hung.digest}, contains_rows(live.composer, [row]))
        assert good.texts["waves.yaml"] == before


def test_node_texts_of_a_saved_state_run_only_in_a_trusted_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setattr(library, "_substitutes", {})
    save(tmp_path, GOOD)
    about = {"rate": 44100, "sounds": [], "texts": {}, "clock": 0, "level": 1.0, "gain": 1.0}
    about["substitutes"] = {"/osc.py": ("1", "2")}
    kept = kept_in(tmp_path)
    write_snapshot(kept.state, "last.npz", Snapshot(about=about), kept.seal)
    wishes = PlayOptions(folder=tmp_path, resume=True)
    assert restore_saved_state(wishes) and library._substitutes == {}
    trust(tmp_path)
    assert restore_saved_state(wishes) and library._substitutes == {("/osc.py", "1"): "2"}


def test_a_node_file_that_was_mended_during_the_restart_plays_as_it_is(stage, tmp_path):
    save(tmp_path / "types", SOUND, "wobble.py")
    types = library.load_library(NODES, tmp_path / "types")
    file = library.origin(types["wobble"]).source.file
    live = stage(GOOD, library=types, keeps=True)
    archive = live.archive
    for hung, mended in ((WOBBLE, True), (SOUND, False)):
        archive.state.hanging_file, archive.state.hanging_text, archive.chosen = file, hung, 1
        archive.state.substitutes = {file: (hung, "an older text")}
        assert plays_mended(live.session) == mended and (archive.chosen is None) == mended
        assert (archive.chosen_label == "") == mended and (archive.state.substitutes == {}) == mended


@pytest.mark.long
def test_a_loop_that_the_trial_meets_is_refused_and_later_saves_are_committed(workspace):
    """The state makes it hang immediately: the sound plays on, the build thread continues with the next save."""
    folder = workspace(GOOD)
    (folder / "config.py").unlink()
    with Play(folder) as play:
        play.wait_for("started")
        play.save(BAD)
        refused = play.wait_for("refused")
        assert [(p["path"], p["sentence"]) for p in refused["problems"]] == [
            ("my_sound.mix.b.wobble", "this wobble does not come to an end: its trial took more than 4 s")
        ]
        assert "`F`" not in refused["text"]
        play.save(GOOD.replace("freq: 110", "freq: 120"))
        assert play.wait_for("reloaded")["good"] == 1
        assert play.end() == 130


# ---- the device


def test_a_callback_that_does_not_come_back_is_not_the_devices_fault(sandbox):
    """PortAudio's own thread: while it is inside, the supervisor leaves the device alone, whatever its clock says."""
    told, lines, inside = Ramp(), [], [True]
    keeper = DeviceSupervisor(*told.callback, lines.append, StreamOptions())
    keeper.start(lambda: 0, lambda: inside[0])
    try:
        time.sleep(1.0)
        assert not keeper.away and not lines
        inside[0] = False
        assert wait(lambda: keeper.away)
    finally:
        keeper.stop()


@pytest.mark.device
def test_a_stalled_device_does_not_hang(sandbox, tmp_path):
    save(tmp_path, GOOD)
    with Play(tmp_path, "--device", "default", "--no-watch") as play:
        play.wait_for("started")
        sandbox.do("freeze")
        try:
            assert "does not play on" in play.wait_for("device")["text"]
            time.sleep(1.0)
        finally:
            sandbox.do("thaw")
        assert "playing on device" in play.wait_for("device")["text"]
        assert play.end() == play.ended() == 130
    assert "hung" not in [event["event"] for event in play.events]


# ---- real sessions


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Path]:
    """A trusted workspace with the node `wobble`, whose trial would meet its loop."""

    def make(piece: str, node: str = WOBBLE) -> Path:
        save(tmp_path, "TRIAL = False\n", "config.py")
        save(tmp_path, node, "nodes/wobble.py")
        save(tmp_path, piece)
        assert waves(tmp_path, "trust").returncode == 0
        return tmp_path

    return make


def texts(play: Play, kind: str) -> list[str]:
    return [event["text"] for event in play.events if event["event"] == kind]


def test_a_node_that_hangs_is_named_and_the_version_before_it_plays_on(workspace):
    folder = workspace(GOOD)
    state = folder / ".waves" / "state" / "last.npz"
    with Play(folder, "--record", "set.wav") as play:
        play.wait_for("started")
        [log] = (folder / ".waves" / "sessions").glob("*.jsonl")
        assert wait(state.exists)
        play.save(BAD)
        play.wait_for("reloaded")
        hung = play.wait_for("hung")
        assert hung["text"] == "the node 'wobble' does not come to an end: the sound stops"
        assert (hung["node"], hung["path"]) == ("wobble", "my_sound.mix.b.wobble")
        places = [(problem["file"], problem["line"], problem["path"]) for problem in hung["problems"]]
        assert places == [("waves.yaml", 4, "my_sound.mix.b.wobble"), ("wobble.py", LOOP, "")]
        recorded = play.says("recorded")["frames"]
        play.says("starting again by itself, with version 1 of 2, older than the file")
        play.wait_for("started")
        clock = read_state(kept_in(folder)).about["clock"]
        play.says(f"going on from {clock / RATE:.1f} s")
        assert play.says("recording to")["text"] == "recording to set_2.wav, as set.wav exists already"
        time.sleep(0.7)
        assert (folder / "waves.yaml").read_text() == BAD, "the file is not touched"
        play.save(SOUND, "nodes/wobble.py")  # what hung is mended: the file plays
        assert play.wait_for("reloaded")["text"].endswith("; b: new")
        time.sleep(0.5)
        assert play.end() == play.ended() == 130
    assert len(texts(play, "hung")) == 1 and len(texts(play, "started")) == 2
    assert len(texts(play, "stopped")) == 1, "it did not stop when it started again by itself"
    logged = max(entry.get("frames", 0) for entry in read_log(log).file.entries)
    before, _ = soundfile.read(folder / "set.wav", dtype="float32", always_2d=True)
    assert len(before) == recorded and 0 <= logged - recorded <= 128, "whole up to the block that did not end"
    assert np.abs(before[-2000:]).max() > 0.1
    save(folder, GOOD)
    whole = waves(folder, "render", "-o", "whole.wav", "--duration", f"{clock / RATE + 0.5:.3f}")
    assert whole.returncode == 0, whole.stderr
    expected, _ = soundfile.read(folder / "whole.wav", dtype="float32", always_2d=True)
    after, _ = soundfile.read(folder / "set_2.wav", dtype="float32", always_2d=True)
    assert clock > 2 * RATE and np.array_equal(after[:20_000], expected[clock : clock + 20_000])


@pytest.mark.parametrize("cores", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_render_in_which_a_node_hangs_names_it_and_leaves_no_file(workspace, cores):
    """Machine code ends for no signal: nobody would come out of it."""
    folder = workspace(BAD.replace("{wobble: {", "{wobble: {after: 200000, ") + "    c: {osc: {freq: 330}}\n")
    done = waves(folder, "render", "-o", "a.wav", "--duration", "8", "--cores", cores, "--trust")
    assert done.returncode == 4, done.stderr
    assert "the node 'wobble' does not come to an end" in done.stderr
    assert f"wobble.py:{LOOP}:13: this loop does not come to an end" in done.stderr
    assert not [file.name for file in folder.iterdir() if file.suffix in (".wav", ".part")]


def test_a_length_in_beats_of_a_tempo_that_moves_does_not_wait_for_a_node_that_hangs(workspace):
    """The piece is played to the beat before anything is written."""
    wobble = "{wobble: {after: 200000, signal: {osc: {freq: 220}}}}"
    folder = workspace(f"my_sound: {{tempo: {{bpm: {{osc: {{freq: 1, range: [100, 140]}}}}, signal: {wobble}}}}}\n")
    done = waves(folder, "render", "-o", "a.wav", "--duration", "64 beats", "--trust")
    assert done.returncode == 4, done.stderr
    assert "the node 'wobble' does not come to an end" in done.stderr
    assert not [file.name for file in folder.iterdir() if file.suffix in (".wav", ".part")]


@pytest.mark.long
def test_the_code_before_plays_until_the_node_file_changes(workspace):
    folder = workspace(BAD, SOUND)
    with Play(folder) as play:
        play.wait_for("started")
        play.save(WOBBLE, "nodes/wobble.py")
        play.wait_for("reloaded")
        play.wait_for("hung")
        play.says("starting again by itself, with wobble.py as it was, older than the file")
        play.wait_for("started")
        play.save(BAD.replace("110", "115"))  # the piece may change, with the code that is known to be good
        assert play.wait_for("reloaded")["glided"] == 1
        play.save(SOUND.replace("signal[i]", "0.5 * signal[i]"), "nodes/wobble.py")
        assert play.wait_for("reloaded")["changed"] == 1
        time.sleep(0.5)
        assert play.end() == play.ended() == 130
    assert len(texts(play, "hung")) == 1


@pytest.mark.long
def test_a_node_in_a_voice_is_named(workspace):
    folder = workspace(GOOD)
    voice = "    b: {sequencer: {interval: 0.1, steps: [note]}}\nnote: {wobble: {signal: {osc: {duration: 0.8}}}}\n"
    with Play(folder) as play:
        play.wait_for("started")
        play.save(GOOD + voice)
        hung = play.wait_for("hung")
        assert hung["node"] == "wobble" and hung["problems"][0]["line"] == 5
        play.says("starting again by itself, with version 1 of 2")
        play.wait_for("started")
        time.sleep(0.5)
        assert play.end() == play.ended() == 130


@pytest.mark.long
def test_a_version_of_an_earlier_session_plays_for_what_is_left_of_the_time(workspace):
    folder = workspace(GOOD)
    assert waves(folder, "play", "--device", "silent", "--duration", "0.1").returncode == 0
    save(folder, BAD)
    with Play(folder, "--duration", "1.5", "--record", "set.wav") as play:
        assert play.ended() == 0
    assert len(texts(play, "hung")) == 1
    assert "starting again by itself, with version 1 of 2, older than the file" in texts(play, "restarting")
    frames = [soundfile.info(folder / name).frames for name in ("set.wav", "set_2.wav")]
    assert 9_000 < frames[0] <= 10_000 and sum(frames) == 1.5 * RATE


def test_without_an_earlier_version_it_stops_in_good_order(workspace):
    folder = workspace(BAD)
    done = waves(folder, "play", "--device", "silent", "--plain", "--record", "set.wav")
    assert done.returncode == 4 and done.stderr.count("Traceback") == 0
    said = done.stdout
    assert "there is no earlier version to go back to: waves stops" in said
    assert f"wobble.py:{LOOP}:13: this loop does not come to an end" in said and "stopped after 0.2 s" in said
    assert 9_000 < soundfile.info(folder / "set.wav").frames <= 10_000


@pytest.mark.long
def test_three_restarts_in_a_row_are_enough(workspace):
    """All versions hang: those before are known from the log of an earlier session."""
    folder = workspace(BAD, SOUND)
    assert waves(folder, "play", "--device", "silent", "--duration", "0.1").returncode == 0
    save(folder, WOBBLE, "nodes/wobble.py")
    [log] = (folder / ".waves" / "sessions").glob("*.jsonl")
    seen = read_log(log).file
    header, nodes, commit, *_ = seen.entries
    played = seen.texts_of(nodes)
    log.unlink()
    made = JsonLines(seen.folder, log.name, seen.texts, seen.seal)
    made.add(header)
    module = next(name for name in nodes["texts"] if name.endswith(".wobble"))
    made.add({"nodes": nodes["nodes"]}, {**played, module: WOBBLE})
    for freq in range(130, 136):
        made.add({**commit, "commit": freq}, {"waves.yaml": BAD.replace("110", str(freq))})
    made.write()
    with Play(folder) as play:
        assert play.ended() == 4
    assert len(texts(play, "hung")) == 4 and len(texts(play, "started")) == 4
    assert "it hung again after 3 restarts in a row: waves stops" in texts(play, "fault")
    assert (
        len([text for text in texts(play, "restarting") if text.startswith("starting again by itself, with version")])
        == 3
    )


@pytest.mark.long
def test_a_machine_that_is_busy_does_not_hang(workspace):
    """Every block takes several times as long as it lasts, and the sound thread shares the processor with others."""
    slow = SOUND.replace(
        "            state.count += 1\n",
        """            state.count += 1
            if state.count > after:
                for _ in range(40000):
                    state.way = 1.0 / (state.way + 1.0)
""",
    )
    folder = workspace(BAD, slow)
    with Play(folder, "--no-watch") as play:
        play.wait_for("started")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
        begun = time.monotonic()
        try:
            time.sleep(1.5)
        finally:
            for process in busy:
                process.kill()
                process.wait()
        assert play.end() == play.ended() == 130
    assert "hung" not in [event["event"] for event in play.events]
    assert play.events[-1]["seconds"] < 0.5 * (time.monotonic() - begun), "blocks were not late"


@pytest.fixture
def terminal(workspace) -> Iterator[Terminal]:
    begun = Terminal(workspace(GOOD))
    yield begun
    begun.close()


@pytest.mark.long
def test_the_terminal_is_restored_and_keys_work_after_the_restart(terminal, tmp_path):
    terminal.wait_for("playing my_sound")
    save(tmp_path, BAD, settled=False)
    terminal.wait_for("b: new")
    time.sleep(0.4)
    terminal.press(".")  # waits for the sound thread, which hangs by then
    terminal.wait_for("does not come to an end")
    terminal.wait_for("older than the file")
    terminal.wait_for("playing my_sound")
    terminal.press(".")
    terminal.press("+")
    terminal.wait_for("volume +1 dB")
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.settings() == terminal.before
