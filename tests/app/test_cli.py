"""The commands, run as a user runs them, on the silent device."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
import soundfile

from tests.harness import command
from tests.harness.command import PATIENCE, ROOT, Play, environment, waves
from waves.app import json_documents
from waves.app.player.options import PlayOptions
from waves.app.player.player import Player
from waves.events.event_bus import EventBus
from waves.live.history.log_reader import read_log
from waves.version import __version__

PIECE = """\
# A low tone
# to begin with
my_sound:
  mix:
    low: {osc: {freq: 220, amp: 0.3}}
    high: {osc: {type: saw, freq: 330, amp: 0.1}}

short: {osc: {freq: 300, amp: 0.2, duration: 0.5, release: 0.1}}  # half a second
loud: {osc: {freq: 100, amp: 2, duration: 0.2}}
hat: {context: {v: 1, f: 100, signal: {osc: {freq: f, amp: 0.5 * v, duration: 0.2}}}}
"""
RATE = 44100


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    (tmp_path / "waves.yaml").write_text(PIECE)
    return tmp_path


def heard(file: Path) -> np.ndarray:
    """float32, shape (frames, channels)."""
    return soundfile.read(file, dtype="float32", always_2d=True)[0]


def pitch(frames: np.ndarray) -> float:
    """Hz of the strongest partial, within 0.5 Hz."""
    mono = frames[:, 0]
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), RATE * 2))
    return float(np.argmax(spectrum) / 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("play nope", 2, "there is no sound 'nope'"),
        ("play shot", 2, "there is no sound 'shot'; did you mean 'short'?"),
        ("play freq=3", 2, "'freq=3' has no sound before it"),
        ("render short pan2", 2, "'short' has no parameter of that name"),
        ("play --bogus", 2, "No such option"),
        ("play --rate 3", 2, "--rate: expected a number greater than or equal to 8000, got 3"),
        ("play --duration 0", 2, "--duration takes seconds"),
        ("play --once --loop", 2, "give one of them"),
        ("render --duration 1e12", 2, "--duration takes at most 86400 seconds"),
        ("play short --duration 8 bars", 2, "--duration of `waves play` is in seconds, not in bars"),
        ("nodes oscc", 2, "there is no node type 'oscc'; did you mean 'osc'?"),
        ("play --device nowhere", 3, "there is no output device 'nowhere'"),
        ("play --record song.mp3", 2, "its name must end in .wav, .flac or .ogg"),
        ("render -o nowhere/song.wav short", 2, "there is no folder 'nowhere'"),
        ("render short freq=oops", 2, "unknown name 'oops'"),
        ("check --dir nowhere", 2, "there is no folder 'nowhere'"),
        ("trust nowhere", 2, "there is no folder 'nowhere'"),
        ("new .", 2, "is already there"),
    ],
)
def test_exit_codes(piece: Path, arguments: str, code: int, said: str) -> None:
    done = waves(piece, *arguments.split())
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_version(tmp_path: Path) -> None:
    assert waves(tmp_path, "--version").stdout == f"waves {__version__}\n"


def test_no_sound_named_lists_them(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("kick: {osc: {}}\nhat: {osc: {}}\n")
    done = waves(tmp_path, "play", "--device", "silent", "--no-watch")
    assert done.returncode == 2
    assert "name one of: kick, hat" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("check piece", 2, "the piece in the folder 'piece' is chosen with `--dir piece`"),
        ("check waves.yml", 2, "choose it without an argument in its folder"),
        ("check piece/waves.yaml", 2, "choose it with `--dir piece`"),
        ("list --volume 3", 2, "the volume: the keys - and + while it plays, or `volume` of a `track` in waves.yaml"),
        ("render --rate 44.1", 2, "expected a whole number, in Hz, got '44.1'; did you mean 44100?"),
        ("play --fade 3s", 2, "expected a number, in s, got '3s'; did you mean 3?"),
        ("nodes ehco", 2, "there is no node type 'ehco'; did you mean 'delay'?"),
    ],
)
def test_what_the_arguments_mean_is_said(tmp_path: Path, arguments: str, code: int, said: str) -> None:
    (tmp_path / "piece").mkdir()
    (tmp_path / "piece" / "waves.yaml").write_text("my_sound: {osc: {}}\n")
    done = waves(tmp_path, *arguments.split())
    assert done.returncode == code and said in done.stderr, done.stderr
    assert "parse" not in done.stderr


def test_a_broken_file_at_the_start_waits_for_the_mend(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {oscc: {freq: 3}}\n")
    with Play(tmp_path) as play:
        event = play.wait_for("not_playing")
        [problem] = event["problems"]
        assert (problem["line"], problem["column"], problem["suggestion"]) == (1, 12, "'osc'")
        play.save("my_sound: {osc: {freqq: 3}}\n")
        assert play.wait_for("not_playing")["problems"][0]["path"] == "my_sound.osc.freqq"
        play.save("my_sound: {osc: {freq: 300}}\n")
        play.wait_for("started")
        play.save("my_sound: {osc: {freq: 310}}\n")
        play.wait_for("reloaded")
        assert play.end() == 130


def test_a_start_that_its_trial_refuses_leaves_no_session_log(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {amp: 1e5}}\n")
    sessions = tmp_path / ".waves" / "sessions"
    with Play(tmp_path) as play:
        assert "dBFS" in play.wait_for("not_playing")["problems"][0]["sentence"]
        play.save("my_sound: {osc: {amp: 1e6}}\n")
        play.wait_for("not_playing")
        assert [*sessions.glob("*")] == []
        play.save("my_sound: {osc: {amp: 0.1}}\n")
        play.wait_for("started")
        assert play.end() == 130
    [log] = sessions.glob("*")
    assert read_log(log).commits


def test_a_file_stamped_in_the_future_is_tried_once_and_its_save_took_no_time(tmp_path: Path) -> None:
    """Neither the wait for the mend nor the report takes it for a save that is still to come."""

    def stamp() -> None:
        os.utime(tmp_path / "waves.yaml", (4e9, 4e9))  # the year 2096

    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freqq: 3}}\n")
    stamp()
    with Play(tmp_path) as play:
        play.wait_for("not_playing")
        play.save("my_sound: {osc: {freq: 300}}\n")
        play.wait_for("started")
        assert [event["event"] for event in play.events].count("not_playing") == 1
        play.save("my_sound: {osc: {freq: 310}}\n")
        play.wait_for("reloaded")
        stamp()
        report = play.wait_for("reloaded")
        assert 0.0 <= report["milliseconds"] < 1e5 and min(report["stages"].values()) >= 0.0
        assert play.end() == 130


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_wait_for_the_mend(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {oscc: {freq: 3}}\n")
    with Play(tmp_path) as play:
        play.wait_for("not_playing")
        assert play.end(how) == 128 + how


@pytest.mark.parametrize("arguments", [("--duration", "1"), ("--once",), ("--no-watch",)])
def test_a_broken_file_is_not_waited_for_without_anybody_who_mends_it(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {oscc: {freq: 3}}\n")
    done = waves(tmp_path, "play", "--device", "silent", "--json-events", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "waves.yaml:1:12: my_sound.oscc: unknown node 'oscc'; did you mean 'osc'?",
        "    my_sound: {oscc: {freq: 3}}",
        "               ^",
    ]


def test_help_and_play_import_late(piece: Path) -> None:
    done = waves(piece, "--help", python=("-X", "importtime"))
    assert done.returncode == 0 and "render" in done.stdout
    for heavy in ("numpy", "pydantic", "rich", "llvmlite", "sounddevice", "ruamel"):
        assert f" {heavy}\n" not in done.stderr
    arguments = ("play", "--device", "silent", "--plain", "--duration", "0.1")
    done = waves(piece, *arguments, python=("-X", "importtime"))
    assert done.returncode == 0
    assert "llvmlite" in done.stderr and "numba" not in done.stderr and " rich\n" not in done.stderr


def test_a_recording_is_the_render_bit_for_bit(piece: Path) -> None:
    done = waves(piece, "play", "--device", "silent", "--plain", "--duration", "1.5", "--record", "live.wav")
    assert done.returncode == 0, done.stderr
    assert waves(piece, "render", "--duration", "1.5", "-o", "file.wav").returncode == 0
    live, file = heard(piece / "live.wav"), heard(piece / "file.wav")
    assert live.shape == (round(1.5 * RATE), 2)
    assert np.abs(live).max() > 0.3
    np.testing.assert_array_equal(live, file)


def test_a_recording_never_replaces_a_file(piece: Path) -> None:
    (piece / "live.wav").write_bytes(b"precious")
    arguments = ("play", "short", "--device", "silent", "--once", "--record", "live.wav")
    done = waves(piece, *arguments)
    assert done.returncode == 0 and "recording to live_2.wav, as live.wav exists already\n" in done.stdout
    assert (piece / "live.wav").read_bytes() == b"precious"
    assert len(heard(piece / "live_2.wav")) >= RATE // 2


@pytest.mark.parametrize(
    ("arguments", "hertz", "peak"),
    [
        (["short"], 300, 0.2),
        (["short", "freq=440"], 440, 0.2),
        (["short a4"], 440, 0.2),
        (["short", "f441", "a.1"], 441, 0.1),
        (["hat v.4"], 100, 0.2),
        (["hat", "v0.4", "f200"], 200, 0.2),
        (["short", "freq=200 + 20", "amp=db(-20)"], 220, 0.1),
    ],
)
def test_parameters_of_a_sound(piece: Path, arguments: list[str], hertz: float, peak: float) -> None:
    assert waves(piece, "render", *arguments, "-o", "x.wav").returncode == 0
    frames = heard(piece / "x.wav")
    assert pitch(frames) == pytest.approx(hertz, abs=1.0)
    assert np.abs(frames).max() == pytest.approx(peak, rel=0.01)


def test_sounds_together_are_their_sum(piece: Path) -> None:
    for sounds in (["short"], ["hat"], ["short", "hat v.5"]):
        name = sounds[0] if len(sounds) == 1 else "both"
        options = ("--no-limit", "--duration", "0.4", "-o", f"{name}.wav", "--subtype", "DOUBLE")
        assert waves(piece, "render", *sounds, *options).returncode == 0
    short, hat, both = (soundfile.read(piece / f"{name}.wav")[0] for name in ("short", "hat", "both"))
    np.testing.assert_allclose(both, short + 0.5 * hat, atol=1e-12)


def test_saves_during_play(piece: Path) -> None:
    with Play(piece, "--record", "live.wav") as play:
        started = play.wait_for("started")
        assert started["sounds"] == ["my_sound"] and started["rate"] == RATE
        assert "editing waves.yaml: change `freq: 220`, line 5, and save" in started["text"]
        time.sleep(0.3)
        play.save(PIECE.replace("220", "230"))
        event = play.wait_for("reloaded")
        assert (event["good"], event["refused"], event["file"]) == (1, 0, "waves.yaml")
        assert (event["new"], event["dropped"]) == (0, 0) and event["kept"] == 3
        assert set(event["stages"]) == {"watch", "compose", "plan", "commit"}
        play.save(PIECE.replace("{freq: 220, ", "{freq: 220, volume: 3, "))
        event = play.wait_for("refused")
        [problem] = event["problems"]
        assert (problem["file"], problem["line"]) == ("waves.yaml", 5)
        assert problem["path"] == "my_sound.mix.low.osc.volume"
        assert "'osc' has no parameter 'volume'" in problem["sentence"]
        time.sleep(0.3)
        play.save("my_sound: [\n")
        play.wait_for("refused")
        time.sleep(0.3)
        play.save(PIECE.replace("high:", "other:"))
        event = play.wait_for("reloaded")
        assert (event["good"], event["refused"], event["renamed"], event["dropped"]) == (2, 2, 1, 0)
        time.sleep(0.2)
        assert play.end() == 130
    frames = heard(piece / "live.wav")
    blocks = frames[: len(frames) // 64 * 64 - 4096].reshape(-1, 64, 2)  # the last ones fade out
    assert np.abs(blocks).max(axis=(1, 2)).min() > 0.005, "a silent block"
    assert np.isfinite(frames).all()


def test_no_watch(piece: Path) -> None:
    with Play(piece, "--no-watch", "--duration", "1.2") as play:
        assert play.wait_for("started")["watching"] is False
        play.save(PIECE.replace("220", "230"))
        play.wait_for("stopped")
        assert play.process.wait(PATIENCE) == 0
        assert "reloaded" not in [event["event"] for event in play.events]


def test_config_turns_the_watcher_off(piece: Path) -> None:
    (piece / "config.py").write_text("WAIT_FOR_CHANGES_IN_WAVES_YAML = False\nSAMPLE_RATE = 48000\n")
    with Play(piece, "--duration", "0.1") as play:
        started = play.wait_for("started")
        assert (started["watching"], started["rate"]) == (False, 48000)
    with Play(piece, "--duration", "0.1", "--rate", "22050") as play:
        assert play.wait_for("started")["rate"] == 22050


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_with_a_fade_and_a_whole_file(piece: Path, how: signal.Signals) -> None:
    with Play(piece, "short freq=300 amp=.5 duration=1e4 release=0", "--record", "live.wav") as play:
        play.wait_for("started")
        time.sleep(0.7)
        assert play.end(how) == 128 + how
        assert "stopped" in play.wait_for("stopped")["text"]
    frames = heard(piece / "live.wav")
    assert np.abs(frames[:10000]).max() > 0.45
    assert np.abs(frames[-32:]).max() < 1e-6
    step = 2 * np.pi * 300 / RATE * 0.5  # of the sine alone
    assert np.abs(np.diff(frames[:, 0])).max() < step + 0.5 / (0.02 * RATE)


def test_once_and_loop(piece: Path) -> None:
    with Play(piece, "short", "--once") as play:
        play.wait_for("ended")
        assert play.process.wait(PATIENCE) == 0
    with Play(piece, "short", "--loop", "--record", "live.wav") as play:
        play.wait_for("ended")
        play.wait_for("ended")
        assert play.end() == 130
    frames = heard(piece / "live.wav")
    once = frames[: RATE // 2]
    starts = np.flatnonzero((frames[1:, 0] != 0) & (frames[:-1, 0] == 0))
    again = next(start for start in starts if start > RATE // 2)
    np.testing.assert_array_equal(frames[again + 1 : again + 5000], once[1:5000])


def test_an_ended_sound_waits_for_the_next_save(piece: Path) -> None:
    with Play(piece, "short", "--record", "live.wav") as play:
        assert "the next save plays it again" in play.wait_for("ended")["text"]
        play.save(PIECE.replace("freq: 300", "freq: 600"))
        play.wait_for("reloaded")
        play.wait_for("ended")
        assert play.end() == 130
    frames = heard(piece / "live.wav")
    second = frames[RATE * 6 // 10 :]
    assert pitch(frames[: RATE // 2]) == pytest.approx(300, abs=1)
    assert pitch(second) == pytest.approx(600, abs=1)


def test_render_says_when_it_took_four_seconds(piece: Path) -> None:
    done = waves(piece, "render")
    assert done.returncode == 0
    assert "'my_sound' has no end: rendering 4 s" in done.stderr
    assert done.stdout.startswith("my_sound.wav: 4.000 s, peak -")
    assert len(heard(piece / "my_sound.wav")) == 4 * RATE
    done = waves(piece, "render", "short")
    assert (done.stderr, len(heard(piece / "short.wav"))) == ("", RATE // 2)


def test_render_formats_and_rate(piece: Path) -> None:
    assert waves(piece, "render", "short", "-o", "a.flac", "--rate", "48000").returncode == 0
    info = soundfile.info(piece / "a.flac")
    assert (info.format, info.subtype, info.samplerate, info.frames) == ("FLAC", "PCM_24", 48000, 24000)
    assert waves(piece, "render", "short", "-o", "a.ogg").returncode == 0
    assert soundfile.info(piece / "a.ogg").subtype == "VORBIS"
    assert {file.name for file in piece.iterdir()} == {"waves.yaml", "a.flac", "a.ogg"}
    assert waves(piece, "render", "short", "-o", "a.wav", "--subtype", "PCM_25").returncode == 2


def test_clipped_frames_are_counted_without_the_limiter(piece: Path) -> None:
    done = waves(piece, "render", "loud", "--no-limit", "--subtype", "PCM_16")
    assert "frames clipped" in done.stderr and done.returncode == 0
    t = np.arange(round(0.2 * RATE)) / RATE
    over = int(np.count_nonzero(np.abs(2 * np.sin(2 * np.pi * 100 * t)) >= 1.0))
    assert abs(int(done.stderr.split()[0]) - over) <= 4
    done = waves(piece, "render", "loud", "--subtype", "PCM_16", "--force")
    assert done.stderr == "" and np.abs(heard(piece / "loud.wav")).max() < 10 ** (-0.29 / 20)
    done = waves(piece, "render", "loud", "duration=1", "--force")
    told = "the limiter turned it down by more than 3 dB for 1.0 s, at most by 6.3 dB: a lower `gain`"
    assert told in done.stderr and done.returncode == 0


def test_a_sound_of_a_thousand_years_is_a_problem(piece: Path) -> None:
    done = waves(piece, "render", "short", "duration=1e12")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert not (piece / "short.wav").exists()


WRONG = """\
vars: {x: oops}
good: {osc: {freq: 100}}
bad: {osc: {freq: nowhere, amplitude: 3}}
worse: {mix: {a: {oscc: {}}, b: {sample: {file: gone.wav}}}}
"""


def test_check_finds_everything_at_once(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(WRONG)
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "more.yaml").write_text("other: {osc: {amp: ]}}\n")
    done = waves(tmp_path, "check")
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("    ")]
    for place, sentence in [
        ("waves.yaml:3:", "unknown name 'nowhere'"),
        ("waves.yaml:3:", "'osc' has no parameter 'amplitude'"),
        ("waves.yaml:4:", "unknown node 'oscc'"),
        ("waves.yaml:4:", "there is no file 'gone.wav'"),
        ("sounds/more.yaml:1:", ""),
    ]:
        assert any(line.startswith(place) and sentence in line for line in lines), (place, sentence, lines)
    assert "error" in done.stdout


def test_check_strict(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("a: {envelope: {attak: 1, signal: {osc: {}}, release: 0}}\n")
    assert waves(tmp_path, "check").returncode == 0
    done = waves(tmp_path, "check", "--strict")
    assert done.returncode == 1
    assert "waves.yaml:1:16: warning: " in done.stderr and "1 warning" in done.stdout


OWN = """\
'''Silence: nothing at all.'''
from pathlib import Path
from waves.node import Node
Path(__file__).with_name("ran").touch()
class Silence(Node):
    @staticmethod
    def render(out):
        for i in range(out.size):
            out[i] = 0.0
"""


def test_untrusted_python_never_runs(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {silence: {}}\n")
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "silence.py").write_text(OWN)
    for arguments in (["check"], ["play", "--device", "silent", "--no-watch"], ["render"], ["list"], ["nodes"]):
        done = waves(tmp_path, *arguments)
        assert done.returncode == (0 if arguments[0] in ("list", "nodes") else 1)
        if arguments[0] != "nodes":
            assert "is not trusted" in done.stderr and "waves trust" in done.stderr
    assert not (tmp_path / "nodes" / "ran").exists()
    for _ in range(2):  # for once: nothing of it is kept
        done = waves(tmp_path, "render", "--trust", "--duration", "0.1", "--force")
        assert done.returncode == 0 and "trust" not in done.stderr, done.stderr
        assert (tmp_path / "nodes" / "ran").exists()
        (tmp_path / "nodes" / "ran").unlink()
        done = waves(tmp_path, "render", "--duration", "0.1", "--force")
        assert done.returncode == 1 and "`--trust` with play, render or try" in done.stderr
        assert not (tmp_path / "nodes" / "ran").exists()
    assert waves(tmp_path, "trust").returncode == 0
    assert waves(tmp_path, "check").returncode == 0
    assert (tmp_path / "nodes" / "ran").exists()
    assert "silence  " in waves(tmp_path, "nodes").stdout


@pytest.mark.parametrize(
    ("command", "model"),
    [
        ("check", json_documents.CheckDocument),
        ("list", json_documents.ListDocument),
        ("nodes", json_documents.NodesDocument),
        ("devices", json_documents.DevicesDocument),
        ("doctor", json_documents.DoctorDocument),
    ],
)
def test_json_documents(piece: Path, command: str, model: type) -> None:
    done = waves(piece, command, "--json")
    document = json.loads(done.stdout)
    schema = model.model_json_schema(mode="serialization")
    jsonschema.validate(document, {**schema, "additionalProperties": False})
    assert document["version"] == 1
    if command == "list":
        assert [(s["name"], s["line"], s["node"], s["comment"]) for s in document["sounds"]] == [
            ("my_sound", 3, "mix", "A low tone"),
            ("short", 8, "osc", "half a second"),
            ("loud", 9, "osc", ""),
            ("hat", 10, "context", ""),
        ]
    if command == "nodes":
        osc = next(node for node in document["nodes"] if node["name"] == "osc")
        freq = next(parameter for parameter in osc["parameters"] if parameter["name"] == "freq")
        assert (freq["unit"], freq["default"], freq["required"]) == ("Hz", 1.0, False)
        assert osc["family"] == "sources"


def test_nodes_are_listed_by_family(piece: Path) -> None:
    (piece / "nodes").mkdir()
    for name in ("nodes/mine.py", "nodes/effects/other.py"):
        (piece / name).parent.mkdir(exist_ok=True)
        kind = f"class {Path(name).stem.title()}(Node):"
        render = "    @staticmethod\n    def render(out):\n        pass\n"
        (piece / name).write_text(f'"""Own: one more."""\nfrom waves.node import Node\n{kind}\n{render}')
    assert waves(piece, "trust", str(piece)).returncode == 0
    lines = waves(piece, "nodes").stdout.splitlines()
    rows = [(line[:8].strip(), line[8:].split()[0]) for line in lines]
    assert rows[:2] == [("", "mine"), ("control", "automation")]
    assert ("", "other") in rows[rows.index(("effects", "chorus")) : rows.index(("events", "sequencer"))]
    families = [family for family, _ in rows if family]
    assert families == sorted(families) and {"control", "dynamics", "effects", "mixing", "sources"} <= {*families}


def test_check_as_json(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(WRONG)
    done = waves(tmp_path, "check", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["ok"], document["sounds"]) == (1, False, 3)
    assert {problem["line"] for problem in document["problems"]} >= {3, 4}
    (tmp_path / "config.py").write_text("BLOK_SIZE = 3\n")
    document = json.loads(waves(tmp_path, "check", "--json").stdout)
    assert [problem["file"] for problem in document["problems"]] == ["config.py"]


def test_a_broken_node_file_is_shown_once(piece: Path) -> None:
    """Where the piece needs it alone, for one mistake is one sentence; beside what plays it claims no old code."""
    file = piece / "nodes" / "sources" / "beep.py"
    file.parent.mkdir(parents=True)
    file.write_text("class Beep(Node\n")
    assert waves(piece, "trust", str(piece)).returncode == 0
    (piece / "waves.yaml").write_text("my_sound: {osc: {amp: 0.1}}\n")
    done = waves(piece, "render", "--duration", "0.1")
    assert (done.returncode, done.stderr.count("beep.py:1")) == (0, 1)
    with Play(piece) as play:
        refused = play.wait_for("refused")
        assert refused["missing"] and refused["text"] == "beep.py refused, 1 problem: what it defines is missing"
        assert play.end() == 130
    (piece / "waves.yaml").write_text("my_sound: {beep: {freq: 220}}\n")
    for call in (("render", "-o", "other.wav"), ("ids",), ("check",), ("play", "--duration", "1", "--plain")):
        done = waves(piece, *call)
        assert done.returncode == 1
        assert done.stderr.count("beep.py:1") == 1 and "class Beep(Node\n" in done.stderr, call
        assert "unknown node 'beep'" not in done.stderr


def test_list_and_nodes_as_text(piece: Path) -> None:
    assert waves(piece, "list").stdout.splitlines() == [
        "my_sound  A low tone",
        "short     half a second",
        "loud      osc",
        "hat       context",
    ]
    told = waves(piece, "nodes", "osc").stdout
    assert "tone: {osc: {type: saw" in told and "freq" in told and "1 Hz. Frequency" in told
    assert max(map(len, told.splitlines())) <= 110


STRANGE = """\
"[red]\\x1b[2J": {osc: {freq: 3}}
my_sound: {"[/bold]\\x1b]0;hi\\x07": {}}
"""


@pytest.mark.parametrize("call", [("list",), ("nodes",), ("nodes", "osc"), ("ids", "my_sound"), ("doctor",)])
def test_lists_fit_eighty_columns_without_broken_words(piece: Path, monkeypatch: pytest.MonkeyPatch, call) -> None:
    """But for single words that are longer. Where no terminal reads, a row is a line."""
    (piece / "waves.yaml").write_text(
        "# " + "a long comment on this sound " * 6 + "\n"
        "my_sound: {mix: {a_track_of_some_length: {track: {signal: {sequencer: {interval: 1, steps: [hit]}}}}}}\n"
        "hit: {osc: {amp: 0.1, duration: 0.1}}\n"
    )

    def said(width: int) -> str:
        own = {"COLUMNS": str(width), "WAVES_CACHE": str(piece / "cache")}  # no other test adds files to it
        monkeypatch.setattr(command, "environment", lambda folder: whole(folder) | own)
        return waves(piece, *call).stdout

    whole = command.environment
    narrow, wide = said(80), said(100_000)
    assert narrow.split() == wide.split(), "the same words"
    for line in narrow.splitlines():
        assert len(line) <= 80 or len(line.split()) == 1 or line.startswith("    to mend it"), line
    assert max(map(len, wide.splitlines())) > 80


def test_names_are_never_markup_nor_commands_of_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text(STRANGE)
    listed = waves(tmp_path, "list")
    assert "[red]\\x1b[2J" in listed.stdout
    for arguments in (["check"], ["play", "--device", "silent", "--plain", "--no-watch"], ["render"]):
        done = waves(tmp_path, *arguments)
        assert done.returncode == 1
        assert "[/bold]\\x1b]0;hi\\x07" in done.stderr
        assert "\x1b" not in done.stderr + done.stdout and "\x07" not in done.stderr + done.stdout
    told = waves(tmp_path, "play", "[blink]\x1b[5m", "--no-watch").stderr
    assert "there is no sound '[blink]\\x1b[5m'" in told


def test_new_and_trust(tmp_path: Path) -> None:
    done = waves(tmp_path, "new", "song")
    assert done.returncode == 0 and "waves play --dir song" in done.stdout
    assert {"waves.yaml", "config.py"} <= {file.name for file in (tmp_path / "song").iterdir()}
    assert "is already there" in waves(tmp_path, "new", "song").stderr


def activity(task: Path) -> tuple[int, int]:
    """How often a thread has gone to sleep by itself, and its processor time in ns."""
    switches = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (task / "status").read_text(), re.MULTILINE)
    assert switches
    return int(switches[1]), int((task / "schedstat").read_text().split()[0])


@pytest.mark.timing
def test_the_idle_player_sleeps(piece: Path) -> None:
    with Play(piece, "--plain") as play:
        play.wait_for("started")
        tasks = Path(f"/proc/{play.process.pid}/task")
        if not (tasks / str(play.process.pid) / "schedstat").exists():
            pytest.skip("needs /proc/*/schedstat")

        def look() -> dict[str, tuple[int, int]]:
            return {task.name: activity(task) for task in tasks.iterdir()}

        time.sleep(3.0)  # what is begun at the start is over
        before, begun = look(), time.monotonic()
        time.sleep(4.0)
        after, seconds = look(), time.monotonic() - begun
        assert play.end() == 130
    spent = {
        name: tuple(now - was for now, was in zip(after[name], before.get(name, (0, 0)), strict=True)) for name in after
    }
    spent.pop(max(spent, key=lambda name: spent[name][1]))  # the silent device, the sound thread here
    wakes = sum(count for count, _ in spent.values()) / seconds
    share = sum(ns for _, ns in spent.values()) / 1e9 / seconds
    print(f"idle: {wakes:.0f} wakes per second; {share:.1%} of a processor")
    assert wakes < 150, "nothing looks more often than it must"
    assert share < 0.05, "nothing spins"


def playing_into_a_pipe(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`waves play --json-events` for a second, recorded, whose output nobody needs to read."""
    command = [sys.executable, "-m", "waves", "play", "--device", "silent", "--json-events", "--duration", "1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    env = environment(folder)
    return subprocess.Popen([*command, "--record", "live.wav", *arguments], cwd=folder, env=env, **pipes)  # type: ignore[call-overload, no-any-return]


UNDER_NOHUP = """
import runpy, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.argv.insert(1, "play")
runpy.run_module("waves", run_name="__main__")
"""


def test_under_nohup_a_closed_terminal_ends_nothing(piece: Path) -> None:
    with Play(piece, program=("-c", UNDER_NOHUP)) as play:
        play.wait_for("started")
        play.process.send_signal(signal.SIGHUP)
        play.save((piece / "waves.yaml").read_text().replace("freq: ", "freq: 1 + ", 1))
        play.wait_for("reloaded")
        assert play.end() == 130


def test_a_closed_pipe_ends_the_writing_and_not_the_player(piece: Path) -> None:
    """As behind `| head -1`."""
    with playing_into_a_pipe(piece) as process:
        assert json.loads(process.stdout.readline())["event"] == "started"  # type: ignore[union-attr]
        process.stdout.close()  # type: ignore[union-attr]
        assert process.wait(PATIENCE) == 0
        said = process.stderr.read()  # type: ignore[union-attr]
        assert said == "nobody reads standard output any more: the sound goes on\n"
    assert len(heard(piece / "live.wav")) == RATE


def test_a_reader_that_does_not_read_does_not_hold_the_player_up(tmp_path: Path) -> None:
    """The first event is longer than what the pipe holds."""
    name = "s" * 100_000
    (tmp_path / "waves.yaml").write_text(f"? {name}\n: {{osc: {{freq: 220, amp: 0.3}}}}\n")
    with playing_into_a_pipe(tmp_path, name) as process:
        assert process.wait(PATIENCE) == 0
        process.stdout.close()  # type: ignore[union-attr]
    assert len(heard(tmp_path / "live.wav")) == RATE


def test_a_second_signal_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    bus = EventBus()
    player = Player(SimpleNamespace(bus=bus), bus.subscribe(), PlayOptions(), False)  # type: ignore[arg-type]
    player._interrupted(signal.SIGINT)
    assert (player.code, ended) == (130, [])
    player._interrupted(signal.SIGINT)
    assert ended == [130]


def test_demo_plays_a_copy(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    options = ("--device", "silent", "--plain", "--duration", "0.5")
    done = waves(tmp_path, "demo", "--dir", str(copy), *options, "--record", "live.wav")
    assert done.returncode == 0 and f"the demo is in {copy}" in done.stderr
    assert (copy / "waves.yaml").read_bytes() == (ROOT / "waves.yaml").read_bytes()
    render = ("render", "--dir", str(copy), "--duration", "0.5", "-o", "file.wav")
    assert waves(tmp_path, *render).returncode == 0
    np.testing.assert_array_equal(heard(tmp_path / "live.wav"), heard(tmp_path / "file.wav"))
    (copy / "waves.yaml").write_text(PIECE)  # an edit of the copy stays
    assert waves(tmp_path, "demo", "--dir", str(copy), *options).returncode == 0
    assert (copy / "waves.yaml").read_text() == PIECE


@pytest.mark.long
def test_warm_compiles_all_once(tmp_path: Path) -> None:
    assert waves(tmp_path, "warm").returncode == 0
    done = waves(tmp_path, "warm")
    assert done.stderr == "" and done.stdout.endswith("are ready, 0 of them compiled now\n")


def test_check_finds_what_is_wrong_with_the_settings_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("settings: {at: bars, fade: -1, blah: 2}\nmy_sound: {osc: {}}\n")
    done = waves(tmp_path, "check")
    assert done.returncode == 1 and "1 sound, 3 errors, 0 warnings" in done.stdout
    assert "waves.yaml:1:16: " in done.stderr and "there is no setting 'blah'" in done.stderr


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "vars: {x: 1}\n"])
def test_a_piece_without_a_sound_is_told_with_an_example_that_plays(tmp_path: Path, text: str) -> None:
    (tmp_path / "waves.yaml").write_text(text)
    checked = waves(tmp_path, "check")
    assert checked.returncode == 1
    assert checked.stderr.startswith("waves.yaml:1:1: there is no sound in the files of the piece")
    [example] = re.findall("'(.*)'", checked.stderr)
    (tmp_path / "waves.yaml").write_text(text + example)
    assert waves(tmp_path, "check").returncode == 0
