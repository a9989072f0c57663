"""One piece, played on a device through broken saves and faults: full disk, kills, damaged files, lost devices.

    pytest -m soak tests/app/test_soak_faults.py -s

Prints each fault with what the player said of it. Between two faults the sound is recorded and no block of it may be
silent; only while the device or the player is gone there is nothing to hear.
"""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.audio_sandbox import RecorderStalled, Sandbox
from tests.harness.command import Play, waves
from tests.harness.session_harness import composer_for, write_sample
from tests.harness.slips import slipped
from tests.harness.waiting import wait
from waves.live.history.restoring import history_of
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

BROKEN_SAVES = 400
PATIENCE = 240.0  # seconds; what was damaged is compiled again
LATENCY = "0.25"  # s; other work on the machine is not what is tried here
SILENT = 0.02  # a block below is one; the steady sine alone has 0.1
BLOCK = 882  # frames of 20 ms

PIECE = """\
my_sound:
  tempo:
    bpm: 127
    signal:
      mix:
        steady: {osc: {freq: %(freq)s, amp: 0.1, id: steady}}
        beat: {track: {volume: 0.3, signal: {sequencer: {interval: eighth, steps: [kick, note c4, kick, note eb4]}}}}
        loop: {track: {volume: 0.2, signal: {sample: {file: samples/a.wav, loop: true, id: loop}}}}
%(more)skick: {osc: {freq: [150, 50], amp: [0.5, 0], duration: 0.15}}
note: {envelope: {attack: 0.003, release: 0.1, duration: 0.15, signal: {osc: {type: tri, freq: f, amp: 0.2}}}}
"""
MORE = (  # parts that need further machine code
    "        echo: {delay: {time: 0.2, feedback: 0.3, mix: 0.5, signal: {osc: {freq: 440, amp: 0.02}}}}\n",
    "        low: {filter: {cutoff: 300, signal: {osc: {type: saw, freq: 55, amp: 0.05}}}}\n",
    "        moved: {osc: {freq: 220, amp: {smooth: {time: 0.01, signal: 0.02}}}}\n",
)


class Performer:
    """A piece that is played in one folder by one player after another, and what became of its saves."""

    def __init__(self, folder: Path, other: Path, cache: Path, sandbox: Sandbox):
        """`other`: a folder in which texts are tried before they are saved."""
        self.folder, self.cache, self.sandbox = folder, cache, sandbox
        self.chance, self.counts = random.Random(7), Counter[str]()
        self.takes: list[Path] = []
        self.texts: list[str] = []  # good ones, all of which played
        first = self.text()
        for place in (folder, other):
            write_sample(place / "samples" / "a.wav")
            (place / "waves.yaml").write_text(first)
        self.composer, self.other = composer_for(other), other
        self.play = None
        self.start()

    def text(self, more: str = "") -> str:
        """The next good text."""
        self.texts.append(PIECE % {"freq": 200 + len(self.texts), "more": more})
        return self.texts[-1]

    def start(self, *arguments: str) -> None:
        """Begin to play, or go on."""
        self.takes.append(self.folder / "recordings" / f"take-{len(self.takes)}.wav")
        if self.play:
            self.play.__exit__()
        options = ("--device", "sandbox1", "--latency", LATENCY, "--record", str(self.takes[-1]))
        self.play = Play(self.folder, "my_sound", *options, *arguments)
        self.play.wait_for("started")

    def says(self, *kinds: str) -> dict[str, object]:
        """The next event of these kinds; the player must not end before it."""
        while (event := self.play.next(time.monotonic() + PATIENCE, str(kinds)))["event"] not in kinds:
            assert event["event"] not in ("stopped", "hung"), event["text"]
        return event

    def save(self, text: str) -> dict[str, object]:
        """Save a text; what became of it. A player that goes on reads the files once more by itself."""
        self.play.save(text)
        while (event := self.says("reloaded", "refused"))["file"] != "waves.yaml":
            pass
        return event

    def save_good(self, more: str = "") -> None:
        """Save a good text, which comes in."""
        event = self.save(self.text(more))
        assert event["event"] == "reloaded", event
        self.counts["good saves"] += 1

    def save_broken(self) -> None:
        """Save a broken text, which is refused in sentences."""
        event = self.save(self.broken())
        assert event["event"] == "refused" and event["problems"], (event, (self.folder / "waves.yaml").read_text())
        assert "defect" not in str(event["problems"])
        self.counts["broken saves"] += 1

    def broken(self) -> str:
        """A broken text made from the one that plays."""
        while True:
            text = slipped(self.texts[-1], self.chance)
            (self.other / "waves.yaml").write_text(text, "utf-8", "surrogateescape")
            try:
                self.composer.compose([("my_sound", {})])
            except Problems:
                return text

    @contextmanager
    def heard(self) -> Iterator[None]:
        """A time in which no block of the sound is silent."""
        try:
            with self.sandbox.recording() as recording:
                assert wait(lambda: recording.frames.any()), "nothing is heard"
                first = int(np.flatnonzero(recording.frames.any(axis=1))[0])
                yield
        except RecorderStalled:
            self.counts["recorders that stalled"] += 1
            return
        blocks = loudness(recording.frames[first + BLOCK :, 0])
        recording.path.unlink()
        assert blocks.min() > SILENT, f"a silent block after {np.argmin(blocks) * 0.02:.2f} s; {self.inquest()}"
        self.counts["blocks without silence"] += len(blocks)

    def inquest(self) -> str:
        """What the player itself knows of a silence: its underflows, and whether its own recording has it."""
        self.play.end()
        self.play.ended()
        written = loudness(soundfile.read(self.takes[-1], dtype="float32")[0][:, 0])[3:-3]  # without its own fades
        return f"underflows {self.play.events[-1]['underflows']}, silent blocks recorded {np.sum(written < SILENT)}"

    def kept(self, pattern: str) -> list[Path]:
        """Regular files in `.waves/`, the newest last."""
        files = [file for file in (self.folder / ".waves").rglob(pattern) if stat.S_ISREG(file.lstat().st_mode)]
        return sorted(files, key=lambda file: file.stat().st_mtime)

    # faults

    def lose_device(self) -> None:
        self.sandbox.do("unplug")
        self.says("device")
        self.save_broken()
        self.sandbox.do("replug")
        self.says("device")

    def freeze_server(self) -> None:
        self.sandbox.do("freeze")
        time.sleep(1.5)
        self.sandbox.do("thaw")

    def kill_server(self) -> None:
        self.sandbox.do("kill")
        self.says("device")
        self.sandbox.do("start")
        self.says("device")

    def kill_player(self) -> None:
        time.sleep(self.chance.random())
        self.play.end(signal.SIGKILL)
        self.start("--resume")
        self.says("session_resumed")

    def damage_cache(self) -> None:
        for file in filter(Path.is_file, self.cache.rglob("*.o")):  # others may be damaged since the last time
            damage(file, self.chance)
        with self.heard():
            self.save_good(self.chance.choice(MORE))

    def damage_state(self) -> None:
        self.play.end(signal.SIGKILL)
        for file in self.kept("*.npz"):
            damage(file, self.chance)
        self.start("--resume")

    def damage_log(self) -> None:
        with self.heard():
            for file in self.kept("*.jsonl")[-3:]:
                data = file.read_bytes()
                file.write_bytes(data[: len(data) // 2] + os.urandom(50) + data[len(data) // 2 :])
            self.save_good()

    def fill_disk(self) -> None:
        with self.heard(), full(self.folder / "recordings"):
            self.says("recording_interrupted")
            self.save_good()

    def suspend(self) -> None:
        self.play.process.send_signal(signal.SIGSTOP)
        time.sleep(2.0)
        self.play.process.send_signal(signal.SIGCONT)

    def close_terminal(self) -> None:
        self.play.end(signal.SIGHUP)
        self.play.ended()
        assert self.play.events[-1]["event"] == "stopped"
        self.start("--resume")


FAULTS: dict[Callable[[Performer], None], int] = {
    Performer.lose_device: 30,
    Performer.freeze_server: 4,
    Performer.kill_server: 2,
    Performer.kill_player: 6,
    Performer.damage_cache: 5,
    Performer.damage_state: 4,
    Performer.damage_log: 3,
    Performer.fill_disk: 2,
    Performer.suspend: 2,
    Performer.close_terminal: 2,
}


def loudness(sound: np.ndarray) -> np.ndarray:
    """The peak of each block of a channel."""
    return np.abs(sound[: len(sound) // BLOCK * BLOCK]).reshape(-1, BLOCK).max(axis=1)


def damage(file: Path, chance: random.Random) -> None:
    """Damage a file as a failing disk does, or put another thing in its place."""
    data = bytearray(file.read_bytes())
    match chance.randrange(5):
        case 0:
            file.write_bytes(data[: chance.randrange(len(data) or 1)])
        case 1:
            file.write_bytes(bytes(len(data)))
        case 2:
            for _ in range(20):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            file.write_bytes(data)
        case 3:
            file.unlink()
            os.mkfifo(file)
        case _:
            file.unlink()
            file.mkdir()


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No room on the disk of a folder, for as long as the block runs."""
    rest = folder / "rest"
    try:
        with rest.open("wb", buffering=0) as file:
            while file.write(bytes(65536)) == 65536:
                pass
    except OSError:
        pass
    try:
        yield
    finally:
        rest.unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a piece, with a small disk of its own for the recordings."""
    recordings = tmp_path / "piece" / "recordings"
    recordings.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(recordings)]
    if os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("needs the right to mount a disk")
    yield tmp_path / "piece"
    subprocess.run(["umount", "-l", str(recordings)], check=True)


@pytest.mark.soak
@pytest.mark.device
@pytest.mark.timeout(3600)
def test_sound_and_work_outlive_broken_saves_and_faults(sandbox, folder, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("WAVES_CACHE", str(cache))
    performer = Performer(folder, tmp_path / "other", cache, sandbox)
    try:
        faults = [fault for fault, count in FAULTS.items() for _ in range(count)]
        performer.chance.shuffle(faults)
        for number, fault in enumerate(faults):
            with performer.heard():
                for _ in range(BROKEN_SAVES * (number + 1) // len(faults) - BROKEN_SAVES * number // len(faults)):
                    performer.save_broken()
                performer.save_good()
            print(f"{number + 1:2} {fault.__name__}", flush=True)
            fault(performer)
            performer.counts["faults"] += 1
        with performer.heard():
            performer.save_good()
        performer.play.end()
        performer.play.ended()
    finally:
        performer.play.__exit__()

    history = history_of(find_workspace(folder))
    listed = {history.texts(version.number)["waves.yaml"] for version in history.all()}
    stored = {zlib.decompress(file.read_bytes()).decode("utf-8", "replace") for file in performer.kept("*.z")}
    lost = [text for text in performer.texts if text not in stored]
    unlisted = [text for text in performer.texts if text not in listed]
    lengths = [soundfile.info(take).frames for take in performer.takes]
    last = next(event for event in performer.play.events if event["event"] == "recorded")
    print(dict(performer.counts), f"{len(lengths)} recordings of {sum(lengths) / 44100:.0f} s, {len(lost)} texts lost")
    print(
        f"lines of the history that the faults damaged: {history.damaged}, texts that it does not list: {len(unlisted)}"
    )
    assert not lost and len(unlisted) <= history.damaged and all(lengths) and lengths[-1] == last["frames"]
    assert waves(folder, "history").returncode == 0
