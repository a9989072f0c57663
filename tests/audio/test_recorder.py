"""Recordings: readable at any moment, true about their length, and not stopped by a disk that takes no more."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.full_disk import full_disk as limited_disk
from tests.harness.session_harness import Stage
from tests.harness.waiting import wait
from waves.audio import file_headers, recorder
from waves.audio.recorder import Recorder
from waves.events.event import Event
from waves.problem import Problems

pytest.importorskip("resource", reason="limits of a process are those of POSIX")

PIECE = """\
my_sound:
  mix:
    one: {track: {pan: -0.5, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}}
    two: {track: {pan: 0.5, signal: {osc: {type: noise, amp: 0.1}}}}
"""
SECOND = 44_100


class Take:
    """A stage with a recorder, which looks a hundred times a second."""

    def __init__(self, live: Stage, path: Path, **options: object):
        self.live, self.path = live, path
        self.events: list[Event] = []
        self.heard: list[np.ndarray] = []
        self.recorder = Recorder(live.engine, path, publish=self.events.append, **options)  # type: ignore[arg-type]

    def play(self, frames: int) -> None:
        self.heard.append(self.live.play(frames))

    @property
    def sound(self) -> np.ndarray:
        """All that was heard."""
        return np.concatenate(self.heard)

    def record(self, frames: int) -> None:
        """Play what is in the files then."""
        self.play(frames)
        assert self.has_written(frames)

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """A full disk, of which has been told after another second."""
        with full_disk():
            self.play(SECOND)
            self.wait_for("recording_interrupted")
            yield

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def wait_for(self, kind: str) -> Event:
        assert wait(lambda: kind in self.kinds()), f"no '{kind}' but {self.events}"
        return next(event for event in self.events if event.kind == kind)

    def has_written(self, frames: int) -> bool:
        return wait(lambda: bool(self.recorder._parts) and self.recorder._parts[-1].file.frames >= frames)


@pytest.fixture
def take(stage: Callable[..., Stage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Take]]:
    """Makes takes of a piece with two tracks."""
    monkeypatch.setattr(recorder, "EVERY", 0.01)
    monkeypatch.setattr(recorder, "AGAIN", 0.01)
    made: list[Take] = []

    def make(name: str = "take.wav", **options: object) -> Take:
        stems = options.get("stems") or ()
        live = stage(PIECE, stems=stems)  # type: ignore[arg-type]
        made.append(Take(live, tmp_path / "takes" / name, **options))
        return made[-1]

    yield make
    for one in made:
        one.recorder._stopping.set()
        one.recorder._thread.join()


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond a header."""
    with limited_disk(200):
        yield


def read(path: Path) -> np.ndarray:
    return soundfile.read(path, always_2d=True, dtype="float32")[0]


@pytest.mark.parametrize("name", ["take.wav", "take.flac", "take.ogg"])
def test_the_whole_recording_can_be_read(take, name: str) -> None:
    one = take(name)
    for _ in range(3):
        one.play(SECOND // 3)
        assert one.has_written(0)
    path = one.recorder.stop()
    found, heard = read(path), one.sound[:, :2]
    assert found.shape == heard.shape
    assert np.abs(found - heard).max() < {".wav": 1e-9, ".flac": 2e-7, ".ogg": 0.4}[path.suffix]
    assert one.kinds() == ["recording", "recorded"]
    assert (one.events[-1].frames, one.events[-1].lost) == (SECOND, 0)


@pytest.mark.parametrize("name", ["take.wav", "take.flac"])
def test_it_can_be_read_while_it_is_written(take, name: str) -> None:
    """Of a .flac file all but the last block, which its encoder holds back."""
    one = take(name)
    one.record(SECOND)
    assert wait(lambda: SECOND - 4609 <= soundfile.info(one.path).frames <= SECOND)
    found = read(one.path)
    assert np.abs(found - one.sound[: len(found), :2]).max() < 2e-7
    one.recorder.stop()


@pytest.mark.parametrize("name", ["take.wav", "take.flac", "take.ogg"])
def test_a_full_disk_is_said_at_once_and_nothing_is_lost_when_there_is_room_in_time(take, name: str) -> None:
    one = take(name)
    one.record(SECOND)
    with full_disk():
        one.play(2 * SECOND)
        said = one.wait_for("recording_interrupted")
        assert said.reason == "File too large" and said.path == str(one.path)
        kept = soundfile.info(one.path).frames
        assert said.frames == kept and said.seconds == kept / SECOND
        assert kept <= 3 * SECOND and (name == "take.ogg" or kept >= SECOND - 4609)
    again = one.wait_for("recording_resumed")
    assert (again.lost, again.path) == (0, str(one.path.with_stem("take_2")))
    one.play(SECOND)
    one.recorder.stop()
    [last] = [event for event in one.events if event.kind == "recorded"]
    assert (last.frames, last.lost, last.seconds) == (4 * SECOND, 0, 4.0)
    assert last.paths == (str(one.path), again.path)
    assert last.text == f"recorded 4.00 s to {one.path}, {again.path}"
    if name != "take.ogg":
        found = np.concatenate([read(Path(path))[: kept if path == said.path else None] for path in last.paths])
        assert np.abs(found - one.sound[:, :2]).max() < 2e-7
    assert one.kinds() == ["recording", "recording_interrupted", "recording_resumed", "recorded"]
    assert sorted(file.name for file in one.path.parent.iterdir()) == sorted(Path(path).name for path in last.paths)


def test_what_is_lost_is_counted_when_room_comes_too_late(take) -> None:
    one = take()
    one.record(SECOND)
    with one.interrupted():
        one.play(12 * SECOND)
    again = one.wait_for("recording_resumed")
    one.recorder.stop()
    last, first = one.events[-1], soundfile.info(one.path).frames
    assert 0 < again.lost == last.lost <= 14 * SECOND - 10 * SECOND - first
    assert last.frames == 14 * SECOND - last.lost and f"{again.seconds:.2f} s are lost" in again.text
    assert (read(Path(again.path)) == one.sound[first + again.lost :, :2]).all()
    assert last.text.endswith(f"take_2.wav; {last.lost_seconds:.2f} s are lost")


def test_what_is_lost_leads_to_the_log_where_the_session_has_one(take, stage) -> None:
    one = take(is_logged=lambda: True)
    with one.interrupted():
        one.play(12 * SECOND)
    again = one.wait_for("recording_resumed")
    one.recorder.stop()
    words = "s are missing, and can be rendered: `waves replay last -o set.wav` writes all that was played"
    assert again.text.endswith(words) and one.events[-1].text.endswith(words)
    assert [stage(PIECE, keeps=keeps).performance.recordings.is_logged() for keeps in (True, False)] == [True, False]


def test_it_goes_on_while_the_sound_overtakes_the_copying_of_a_full_ring_buffer(take, monkeypatch) -> None:
    one = take()
    one.record(SECOND)
    copy = recorder._copy

    def slow(ring: np.ndarray, begin: int, end: int) -> np.ndarray:
        if end > begin and len(one.heard) < 60:
            one.play(5120)  # as much as is heard meanwhile
        return copy(ring, begin, end)

    with one.interrupted():
        assert one.recorder.interrupted
        one.play(12 * SECOND)
        monkeypatch.setattr(recorder, "_copy", slow)
    again = one.wait_for("recording_resumed")
    monkeypatch.setattr(recorder, "_copy", copy)
    one.recorder.stop()
    assert len(one.heard) < 60, "it is not overtaken again and again"
    assert not one.recorder.interrupted
    whole, last = one.sound[:, :2], one.events[-1]
    assert last.frames + last.lost == len(whole)
    assert (read(Path(again.path)) == whole[-soundfile.info(again.path).frames :]).all(), "nothing is missing inside"


def test_the_end_tells_the_true_length_when_there_is_no_room_until_then(take) -> None:
    one = take()
    one.record(SECOND)
    with one.interrupted():
        one.recorder.stop()
    last = one.events[-1]
    assert last.frames == soundfile.info(one.path).frames and last.frames + last.lost == 2 * SECOND
    assert [file.name for file in one.path.parent.iterdir()] == ["take.wav"]


def test_the_last_write_that_fails_is_counted_too(take, monkeypatch) -> None:
    one = take()
    one.record(SECOND)
    monkeypatch.setattr(recorder, "EVERY", 60)  # the end comes before the next look
    one.recorder._stopping.set()
    one.recorder._thread.join()
    with full_disk():
        one.play(SECOND)
        one.recorder.stop()
    last = one.events[-1]
    assert last.frames == soundfile.info(one.path).frames < 2 * SECOND == last.frames + last.lost


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_recording_that_is_removed_is_said_and_goes_on(take, whole_folder: bool) -> None:
    one = take()
    one.record(SECOND)
    if whole_folder:
        shutil.rmtree(one.path.parent)
    else:
        one.path.unlink()
    one.play(SECOND)
    said = one.wait_for("recording_interrupted")
    assert (said.reason, said.frames) == ("the file was removed", 0)
    again = one.wait_for("recording_resumed")
    one.recorder.stop()
    assert (read(Path(again.path)) == one.sound[:, :2]).all(), "the past ten seconds are still there"
    assert (again.lost, one.events[-1].frames) == (0, 2 * SECOND)


def test_stems_go_on_at_the_same_frame(take) -> None:
    one = take(stems=["one", "two"])
    one.record(SECOND)
    with one.interrupted():
        pass
    one.wait_for("recording_resumed")
    one.play(SECOND)
    one.recorder.stop()
    names = ["take_2.wav", "take_2__one.wav", "take_2__two.wav"]
    whole, *stems = [read(one.path.with_name(name)) for name in names]
    assert {len(stem) for stem in stems} == {len(whole)}
    assert np.abs(sum(stems) - whole).max() < 1e-6


def test_a_recording_never_goes_where_a_link_leads(take, tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "take.wav").symlink_to(tmp_path / "outside.wav")
    one = take()
    one.play(100)
    assert one.recorder.stop() == one.path.with_stem("take_2")
    assert not (tmp_path / "outside.wav").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(take, tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("")
    with pytest.raises(Problems, match=r"^cannot record to '.*take.wav': File exists$"):
        take()


def test_a_long_recording_can_be_read_while_it_is_written_and_after(take, monkeypatch) -> None:
    monkeypatch.setattr(file_headers, "LARGEST_WAV", 8 * SECOND)  # bytes of a second
    one = take()
    one.play(SECOND // 2)
    assert one.has_written(SECOND // 2) and wait(lambda: soundfile.info(one.path).format == "WAV")
    for second in (1, 2, 3):
        one.play(SECOND)
        assert one.has_written(second * SECOND + SECOND // 2)
        assert wait(lambda: soundfile.info(one.path).format == "RF64")
        assert wait(lambda: soundfile.info(one.path).frames == sum(map(len, one.heard)))
        assert (read(one.path) == one.sound[:, :2]).all()
    one.recorder.stop()
    assert soundfile.info(one.path).format == "RF64" and (read(one.path) == one.sound[:, :2]).all()


def test_what_is_played_while_it_ends_is_not_lost(take, monkeypatch) -> None:
    made = take("a.wav")
    made.record(4410)
    write = Recorder._write
    monkeypatch.setattr(Recorder, "_write", lambda self, parts: (made.play(256), write(self, parts)))
    made.recorder.stop()
    assert made.events[-1].kind == "recorded" and made.events[-1].lost == 0
