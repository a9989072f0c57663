"""What is heard from a real device: the same bits as a file, every save, and nothing of a busy machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.harness.audio_sandbox import RecorderStalled
from tests.harness.command import ROOT, Play, environment, waves
from tests.harness.ramp_callback import keeps_time
from tests.harness.rich_piece import RICH
from tests.harness.session_harness import FADE, RATE, Frames, Player, Stage, step, write_sample
from tests.harness.waiting import wait
from waves.audio.device import StreamOptions
from waves.audio.device_supervisor import DeviceSupervisor

pytestmark = pytest.mark.device

BLOCKS = (63, 64, 65, 256, 1024, 4096)
ATTEMPTS = 3

SIDES = """\
my_sound:
  mix:
    left:
      track:
        pan: -1
        signal:
          mix:
            a: {track: {volume: 0.5, signal: {sample: {file: samples/a.wav, loop: true, speed: 0.83}}}}
            b: {osc: {type: saw, freq: 110, amp: 0.05}}
    right: {track: {pan: 1, signal: {osc: {freq: 330, amp: 0.3}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sample(tmp_path / "samples" / "a.wav")
    (tmp_path / "waves.yaml").write_text(RICH)
    return tmp_path


@contextmanager
def on_air(stage: Stage, **options: Any) -> Iterator[tuple[DeviceSupervisor, list[str]]]:
    """A stage on the first device of the sandbox, and what is said of it."""
    lines: list[str] = []
    wanted = StreamOptions(rate=RATE, **options)
    keeper = DeviceSupervisor(stage.engine.callback, stage.engine.address, lines.append, wanted)
    keeper.start(lambda: stage.engine.calls)
    try:
        assert wait(lambda: stage.engine.clock > 4410)
        yield keeper, lines
    finally:
        keeper.stop()


def offline(stage: Stage, frames: int) -> Frames:
    """The piece of a stage as it is rendered, in the samples of a device."""
    composition = stage.composer.compose(stage.session.sounds)
    player = Player(composition.graph, limiting=True)
    return player.engine.render(frames).astype(np.float32)


def heard(file: Path) -> Frames:
    return soundfile.read(file, dtype="float32", always_2d=True)[0]


def from_its_start(recorded: Frames, expected: Frames) -> Frames:
    """A recording from the frame on where the expected sound begins."""
    first, sounding = (int(np.flatnonzero(frames.any(axis=1))[0]) for frames in (recorded, expected))
    assert first >= sounding, "the recording began too late"
    return recorded[first - sounding :][: len(expected)]


def same_bits(recorded: Frames, expected: Frames) -> bool:
    """Whether a recording begins with the expected sound; a busy machine may put silence between its blocks."""
    sounding = expected[expected.any(axis=1)]
    return np.array_equal(recorded[recorded.any(axis=1)][: len(sounding)], sounding)


def device_plays(record: Callable[[], Frames], expected: Frames) -> bool:
    """Whether a recording of a device has the expected bits: a busy machine may lose a block, but not each time."""
    for _ in range(ATTEMPTS):
        with suppress(RecorderStalled):
            if same_bits(record(), expected):
                return True
    return False


# ---- the same bits


@pytest.mark.parametrize("block", BLOCKS)
def test_a_device_plays_the_bits_of_the_offline_render(sandbox, stage, block):
    expected = offline(stage(RICH, limiting=True), RATE)
    assert step(expected) > 0.05

    def record() -> Frames:
        live = stage(RICH, limiting=True)
        with sandbox.recording() as recording, on_air(live, block=block):
            assert wait(lambda: live.engine.clock > 1.4 * RATE)
        return recording.frames

    assert device_plays(record, expected)


@pytest.mark.parametrize("block", [1, *BLOCKS])
def test_no_block_of_a_device_changes_a_bit(stage, block):
    live = stage(RICH, limiting=True)
    assert np.array_equal(live.play(RATE, block), offline(live, RATE))


def test_a_file_a_recording_and_the_device_are_the_same_bits(sandbox, folder):
    assert waves(folder, "render", "my_sound", "-o", "file.wav", "--duration", "2").returncode == 0
    file = heard(folder / "file.wav")
    assert len(file) == 2 * RATE and step(file) > 0.05

    def record() -> Frames:
        (folder / "live.wav").unlink(missing_ok=True)
        with sandbox.recording() as recording:
            arguments = ("--device", "sandbox1", "--record", "live.wav", "--duration", "2", "my_sound")
            with Play(folder, *arguments) as play:
                assert play.ended() == 0
        assert np.array_equal(heard(folder / "live.wav"), file)
        return recording.frames

    assert device_plays(record, file)


# ---- a save


@pytest.mark.timing
def test_a_save_is_heard_without_gap_or_click_and_the_rest_goes_on(sandbox, folder):
    (folder / "waves.yaml").write_text(SIDES)
    assert waves(folder, "render", "my_sound", "-o", "before.wav", "--duration", "8").returncode == 0
    before = heard(folder / "before.wav")
    edited = SIDES.replace("freq: 330", "freq: 345")
    with sandbox.recording() as recording, Play(folder, "--device", "sandbox1", "my_sound") as play:
        play.wait_for("started")
        time.sleep(1.0)
        play.save(edited)
        commit = play.wait_for("reloaded")["frame"]
        time.sleep(0.5)
        play.save(edited.replace("freq: 345", "freq: [1"))
        play.wait_for("refused")
        time.sleep(0.5)
        assert play.end() == 130
        underflows = play.wait_for("stopped")["underflows"]
    assert underflows == 0, "this machine is too busy to tell"
    recorded = from_its_start(recording.frames, before)
    recorded = recorded[: np.flatnonzero(recorded.any(axis=1))[-1] - 4000]  # it fades out as it stops
    left, right = recorded.T
    assert len(recorded) > 1.8 * RATE
    assert np.array_equal(left, before[: len(left), 0]), "the untouched track is the same to the bit"
    changed = np.flatnonzero(right != before[: len(right), 1])[0]
    assert RATE // 2 < commit <= changed < commit + 8, "the report names the frame"
    # two sines of one amplitude: what 345 Hz steps at most, and a fade between what differs by twice the peak
    peak = np.abs(right).max()
    assert step(right) <= 2 * np.pi * 345 / RATE * peak + 2 * peak / FADE
    blocks = recorded[: len(recorded) // 64 * 64].reshape(-1, 64, 2)
    assert np.abs(blocks).max(axis=1).min() > 0.0, "a silent block"
    tail = right[changed + 2000 :]
    cosine = 2 * np.cos(2 * np.pi * 345 / RATE)  # x[n+1] = 2 cos(w) x[n] - x[n-1]
    assert np.allclose(tail[2:], cosine * tail[1:-1] - tail[:-2], atol=1e-6)


# ---- a device that fails


@pytest.mark.parametrize(
    ("harm", "repair", "said"),
    [("unplug", "replug", "is lost"), ("freeze", "thaw", "does not play on")],
)
def test_a_device_that_fails_is_said_once_and_the_piece_keeps_time(sandbox, folder, harm, repair, said):
    """The recording of what is played has no gap and no other bit, whatever the device does."""
    with Play(folder, "--device", "default", "--record", "live.wav", "my_sound") as play:
        play.wait_for("started")
        time.sleep(0.5)
        sandbox.do(harm)
        text = play.wait_for("device")["text"]
        assert text == f"device 'default' {said}: the piece keeps time silently until it is back"
        sandbox.do(repair)
        assert play.wait_for("device")["text"] == "playing on device 'default'"
        assert play.end() == play.ended() == 130
    assert [event["event"] for event in play.events].count("device") == 2
    live = heard(folder / "live.wav")[: -RATE // 4]  # it fades out as it stops
    assert len(live) > RATE // 2
    assert (
        waves(folder, "render", "my_sound", "-o", "file.wav", "--duration", f"{len(live) / RATE + 1}").returncode == 0
    )
    assert np.array_equal(live, heard(folder / "file.wav")[: len(live)])


def test_a_device_that_returns_plays_the_piece_where_it_is_by_then(sandbox, stage):
    live = stage(RICH, limiting=True)
    expected = offline(live, 60 * RATE)
    with on_air(live) as (keeper, lines):
        sandbox.do("unplug")
        assert wait(lambda: keeper.away)
        assert keeps_time(lambda: live.engine.clock, RATE)
        sandbox.do("replug")
        assert wait(lambda: not keeper.away)
        clock = live.engine.clock
        with sandbox.recording() as recording:
            time.sleep(0.3)
        assert len(lines) == 2
    played = recording.frames[recording.frames.any(axis=1)]
    part, sounding = played[len(played) // 2 :][:2000], np.flatnonzero(expected.any(axis=1))
    places = np.flatnonzero((expected[sounding[:-2000]] == part[0]).all(axis=1))
    found = [place for place in places if np.array_equal(expected[sounding[place : place + 2000]], part)]
    assert len(found) == 1 and sounding[found[0]] > clock


# ---- a busy machine


@contextmanager
def witness() -> Iterator[Callable[[], int]]:
    """Another stream on the second device that does nothing; ends it and gives its count of underflows."""
    command = [sys.executable, "-m", "tests.soak.reference_stream", "sandbox2"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment(ROOT), **pipes) as process:
        assert process.stdout and process.stdout.readline() == "playing\n"
        yield lambda: int(process.communicate(timeout=60)[0])


def busy(folder: Path, seconds: float, pause: float, edits: Callable[[int], str], threads: int) -> dict[str, Any]:
    """Play beside burning threads and save again and again; the underflows and the load of what played."""
    saves = 0
    program = ("-m", "tests.soak.load", str(threads))
    with witness() as ended, Play(folder, "--device", "default", "my_sound", program=program) as play:
        play.wait_for("started")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(pause)
            saves += 1
            play.save(edits(saves))
        time.sleep(0.5)
        assert play.end() == 130
        stopped, load = play.wait_for("stopped"), play.wait_for("load")
        others = ended()
    kinds = [event["event"] for event in play.events]
    assert "refused" not in kinds and "fault" not in kinds
    reloads = [event["milliseconds"] for event in play.events if event["event"] == "reloaded"]
    assert reloads, "saves are waiting in vain"  # burning threads share one GIL with the builder
    measured = {"underflows": stopped["underflows"], "others": others, **load}
    slowest, typical = max(reloads), float(np.median(reloads))
    print(f"\n{saves} saves, {len(reloads)} reloads, {typical:.0f} ms, at most {slowest:.0f} ms; {measured}")
    return measured


def assert_no_underflow(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What runs dry each time, and once beside a stream that does not, waits for something of its own.

    When the stream beside it, which does nothing, always runs dry as well, the sound server does not get its
    turn and the runs say nothing. A sound thread that needs Python runs dry hundreds of times in each.
    """
    runs = []
    for _ in range(ATTEMPTS):
        runs.append(measure())
        if not runs[-1]["underflows"]:
            return runs[-1]
    assert all(run["others"] for run in runs), runs
    pytest.skip("the sound server of this machine does not get its turn")


def test_an_underflow_is_counted(sandbox, folder):
    """A process that stands still for longer than its buffer lasts."""
    with Play(folder, "--device", "default", "my_sound") as play:
        play.wait_for("started")
        time.sleep(0.5)
        os.kill(play.process.pid, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(play.process.pid, signal.SIGCONT)
        time.sleep(0.5)
        play.end()
        assert play.wait_for("stopped")["underflows"] >= 1


@pytest.mark.timing(runs=1)
def test_no_underflow_beside_busy_threads_and_two_saves_a_second(sandbox, tmp_path):
    text = (ROOT / "waves.yaml").read_text()
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    (tmp_path / "waves.yaml").write_text(text)
    start = text.index("\nmy_sound:")

    def edits(save: int) -> str:
        """The first volume of the piece, a little louder and softer."""

        def other(match: re.Match[str]) -> str:
            return f"volume: {float(match[1]) * (1 + 0.01 * (save % 7)):.4f}"

        return text[:start] + re.sub(r"volume: ([\d.]+)", other, text[start:], count=1)

    assert edits(1) != text
    assert_no_underflow(lambda: busy(tmp_path, 20.0, 0.5, edits, threads=2))


def heavy(tracks: int, save: int = 0) -> str:
    """A piece whose load grows with its tracks, and an edit of one number and one setting of it."""
    wild = " + ".join(f"tan(t * {k}.1) ** 2" for k in range(1, 13))
    lines = [
        f"    n{k}: {{filter: {{cutoff: '800 + ({wild}) % 400', signal: {{osc: {{type: saw, freq: {55 + k},"
        f" amp: 0.02}}}}}}}}"
        for k in range(tracks)
    ]
    type_ = ("sin", "tri", "sqr")[save % 3]
    tone = f"    tone: {{osc: {{type: {type_}, freq: {330 + save % 10}, amp: 0.05}}}}"
    rest = "    echo: {delay: {time: 0.2, feedback: 0.5, signal: {sample: {file: samples/a.wav, loop: true}}}}"
    return "\n".join(["my_sound:", "  mix:", tone, rest, *lines, ""])


def tracks_for(load: float, folder: Path) -> int:
    """So many tracks of `heavy` that the sound thread works for that part of its time."""
    measured = busy(folder, 4.0, 0.25, lambda save: heavy(20, save), threads=0)
    return round(20 * load / measured["mean"])


@pytest.mark.timing(runs=1)
@pytest.mark.parametrize("duration", [10.0, pytest.param(60.0, marks=[pytest.mark.soak, pytest.mark.timeout(400)])])
def test_no_underflow_at_60_percent_load_and_four_saves_a_second(sandbox, folder, duration):
    (folder / "waves.yaml").write_text(heavy(20))
    tracks = tracks_for(0.6, folder)
    (folder / "waves.yaml").write_text(heavy(tracks))
    measured = assert_no_underflow(lambda: busy(folder, duration, 0.25, lambda k: heavy(tracks, k), threads=0))
    assert measured["mean"] > 0.45
