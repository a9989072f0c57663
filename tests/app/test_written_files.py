"""Files that commands write: none is replaced unasked, none is left half written, none holds a failed piece."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.command import PATIENCE, Play, environment, waves
from tests.harness.engine_harness import library as all_types
from tests.harness.session_harness import Stage, compose, composer_for, save
from tests.harness.waiting import wait
from waves.app.commands.render import render_sounds
from waves.app.commands.replay import replay_session
from waves.app.performance.offline import offline_engine
from waves.audio.offline_render import render_files
from waves.audio.sound_files import format_of
from waves.language.model.sound_arguments import UsageProblem
from waves.problem import Problems

PIECE = """\
my_sound: {mix: {a: {track: {signal: {osc: {freq: 220, amp: 0.2}}}}}}
short: {osc: {freq: 300, amp: 0.2, duration: 0.1}}
"""


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    return save(tmp_path, PIECE).parent


def names(folder: Path) -> set[str]:
    """Everything in a folder, hidden files too."""
    return {file.name for file in folder.iterdir()} - {"waves.yaml", ".waves", ".config", "samples"}


def render(folder: Path, output: Path | None, *, force: bool = False, stems: bool = False) -> None:
    render_sounds(["short"] if output is None else [], output, None, "0.1", stems, folder, False, force, None, {})


def test_render_replaces_nothing_unasked(piece: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(piece)
    for output in (piece / "a.wav", None):
        file = output or piece / "short.wav"
        file.write_bytes(b"mine")
        with pytest.raises(
            UsageProblem, match=rf"^'.*{file.name}' exists already: --force replaces it, -o gives another"
        ):
            render(piece, output)
        assert file.read_bytes() == b"mine"
        render(piece, output, force=True)
        assert soundfile.info(file).frames == 4410


def test_nor_the_file_of_a_track(piece: Path) -> None:
    (piece / "a__a.wav").write_bytes(b"mine")
    with pytest.raises(UsageProblem, match=r"a__a.wav' exists already"):
        render(piece, piece / "a.wav", stems=True)
    assert names(piece) == {"a__a.wav"}
    render(piece, piece / "a.wav", stems=True, force=True)
    assert soundfile.info(piece / "a__a.wav").frames == 4410


def test_nor_does_replay(stage: Callable[..., Stage]) -> None:
    live = stage(PIECE, keeps=True, stems=["a"])
    live.play(4410)
    live.archive.stop(1.0)
    live.stop()
    for taken in ("a.wav", "a__a.wav"):
        (live.folder / taken).write_bytes(b"mine")
        with pytest.raises(UsageProblem, match=f"{taken}' exists already: --force replaces it"):
            replay_session("last", live.folder / "a.wav", "0", None, True, live.folder, False, False)
        assert (live.folder / taken).read_bytes() == b"mine"
        replay_session("last", live.folder / "a.wav", "0", None, True, live.folder, False, True)
        (live.folder / "a.wav").unlink()
    assert names(live.folder) == {"a__a.wav"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_render_that_is_ended_leaves_nothing(piece: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "waves", "render", "-o", "a.wav", "--duration", "80000"]
    with subprocess.Popen(command, cwd=piece, env=environment(piece), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert wait(lambda: any(name.endswith(".part") for name in names(piece)), PATIENCE)
            process.send_signal(how)
            assert process.wait(PATIENCE) == 128 + how
            assert process.stderr and "Traceback" not in process.stderr.read()
        finally:
            process.kill()
    assert names(piece) == set()


def test_what_a_killed_render_has_left_is_removed_by_the_next(piece: Path) -> None:
    command = [sys.executable, "-m", "waves", "render", "-o", "a.wav", "--duration", "80000"]
    with subprocess.Popen(command, cwd=piece, env=environment(piece)) as process:
        assert wait(lambda: any(name.endswith(".part") for name in names(piece)), PATIENCE)
        process.kill()
    assert len(names(piece)) == 1
    assert waves(piece, "render", "short", "-o", "b.wav").returncode == 0
    assert names(piece) == {"b.wav"}


def test_a_piece_that_fails_makes_no_file(tmp_path: Path) -> None:
    save(tmp_path, "my_sound: {mishap: {way: nan, when: {osc: {type: sqr, freq: 1, amp: -1}}}}\n")
    composer = composer_for(tmp_path, all_types())
    composition = compose(composer)
    for seconds, fails in ((0.4, False), (2.0, True)):  # it fails after half a second
        expected = pytest.raises(Problems, match="mishap gives no finite number") if fails else nullcontext()
        with expected, offline_engine(composition, composer) as engine:
            render_files(engine, [tmp_path / "a.wav"], seconds=seconds, faultless=True)
        assert names(tmp_path) == {"a.wav"}
        assert soundfile.info(tmp_path / "a.wav").frames == 17640


@pytest.mark.parametrize(
    ("name", "subtype", "channels", "rate", "said"),
    [
        ("a.flac", None, 9, 44100, "a .flac file has at most 8 channels, not 9: a .wav file has room"),
        ("a.ogg", None, 256, 44100, "a .ogg file has at most 255 channels, not 256: a .wav file has room"),
        ("a.ogg", None, 2, 384_000, "a .ogg file of subtype VORBIS has at most 200000 frames in a second, not 384000"),
        ("a.ogg", "OPUS", 2, 44100, "OPUS has 8000 or 12000 or 16000 or 24000 or 48000 frames in a second, not 44100"),
    ],
)
def test_what_a_format_has_no_room_for_is_said_before_the_work(
    name: str, subtype: str | None, channels: int, rate: float, said: str
) -> None:
    with pytest.raises(Problems, match=said):
        format_of(Path(name), subtype, channels, rate)
    assert format_of(Path("a.wav"), None, channels, rate) == ("WAV", "FLOAT")
    assert format_of(Path("a.flac"), None, 8, 384_000) and format_of(Path("a.ogg"), "OPUS", 64, 48_000)


def test_more_channels_than_flac_has_are_one_sentence(piece: Path) -> None:
    done = waves(piece, "render", "-o", "a.flac", "--channels", "10")
    assert (done.returncode, names(piece)) == (2, set())
    assert done.stderr == "a .flac file has at most 8 channels, not 10: a .wav file has room\n"


def test_a_broken_file_that_arrives_in_a_kit_is_said_and_nothing_stops(tmp_path: Path) -> None:
    kit = tmp_path / "samples" / "kit"
    kit.mkdir(parents=True)
    for name in ("a", "c"):
        soundfile.write(kit / f"{name}.wav", np.full(4410, 0.5), 44100)
    save(tmp_path, "my_sound: {sequencer: {interval: 0.1, steps: [kit:1]}}\n")
    with Play(tmp_path, "--record", "take.wav") as play:
        play.wait_for("started")
        (kit / "d.wav").write_text("404 not found")
        event = play.wait_for("reloaded")
        [problem] = event["problems"]
        assert problem["level"] == "warning" and problem["line"] == 1
        assert problem["sentence"].endswith("number 2 of 'kit' is silent, the others play")
        play.save("my_sound: {sequencer: {interval: 0.2, steps: [kit:1]}}\n")
        play.wait_for("reloaded")
        play.end()
    sound, _ = soundfile.read(tmp_path / "take.wav")
    assert np.abs(sound).max() > 0.4


def test_a_recording_on_a_full_disk_says_so_and_tells_its_true_length(piece: Path) -> None:
    """The limit of the program is that of its files, as a full disk is."""
    limits = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)); "
    play_it = "sys.argv.insert(1, 'play'); runpy.run_module('waves', run_name='__main__')"
    with Play(piece, "--record", "take.wav", program=("-c", limits + play_it)) as play:
        said = play.wait_for("recording_interrupted")
        assert said["reason"] == "File too large" and "holds 2.83 s" in said["text"]
        assert play.wait_for("recording_resumed")["lost"] == 0
        assert play.end() == 130
        play.ended()
        [last] = [event for event in play.events if event["event"] == "recorded"]
    lengths = [soundfile.info(piece / path).frames for path in last["paths"]]
    assert last["frames"] == sum(lengths) and len(lengths) >= 2
    assert soundfile.info(piece / "take.wav").frames == said["frames"]
