"""A disk that takes nothing: what plays waits in memory, in its order, and is written when there is room again."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
import pytest

from tests.harness.kept_sessions import kept_in, log_of, replayed
from tests.harness.session_harness import FADE, Stage
from waves.live.history.resume_state import read_state
from waves.live.history.versions import Versions
from waves.live.kept import owner_key
from waves.live.kept.kept_files import find_kept
from waves.live.kept.safe_folder import SafeFolder

TEXT = "my_sound: {{osc: {{freq: {}, amp: 0.2}}}}\n"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The disk of all folders that are kept: `full` or not."""
    state = SimpleNamespace(full=False)
    append, replacing = SafeFolder.append, SafeFolder.replacing

    def refuse() -> None:
        if state.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def appended(folder: SafeFolder, *arguments: Any) -> None:
        refuse()
        append(folder, *arguments)

    @contextmanager
    def replaced(folder: SafeFolder, *arguments: Any) -> Iterator[BinaryIO]:
        refuse()
        with replacing(folder, *arguments) as file:
            yield file

    monkeypatch.setattr(SafeFolder, "append", appended)
    monkeypatch.setattr(SafeFolder, "replacing", replaced)
    yield state
    state.full = False


def write_all(live: Stage) -> None:
    """The round of the thread of the archive, five times a second."""
    with live.archive._reporting(renews=True):
        live.archive._add_new()
        live.archive._write_waiting()
        live.archive.versions.write_snapshots()
        live.archive._tell_all_written()


def played(live: Stage, text: str) -> np.ndarray:
    live.save(text)
    return np.concatenate([live.settle(), live.play(FADE + 64)])


def listed(folder: Path) -> list[str]:
    """The texts of the versions as another process reads them."""
    history = Versions(kept_in(folder))
    history.refresh()
    return [history.texts(number)["waves.yaml"] for number in range(1, history.count + 1)]


def test_saves_on_a_full_disk_are_undone_and_are_all_there_when_there_is_room(stage, disk, tmp_path):
    live = stage(TEXT.format(100), keeps=True)
    texts = [TEXT.format(100 * number) for number in range(1, 5)]
    heard = [live.play(1024), played(live, texts[1])]
    disk.full = True
    for text in texts[2:]:
        heard.append(played(live, text))
        write_all(live)
    [told] = [event.text for event in live.events if event.kind == "keeping_interrupted"]
    said = "what plays cannot be kept in .waves/: No space left on device; it plays on"
    assert told == f"{said}, and is written as soon as that is possible"
    assert live.archive.versions.count == 4 and listed(live.folder) == texts[:2]
    live.session.undo()
    heard += [live.settle(), live.play(FADE + 64)]
    assert live.composer.playing.texts["waves.yaml"] == texts[2], "the last save is undone, and not the one before"
    write_all(live)
    disk.full = False
    write_all(live)
    assert live.kinds.count("keeping_interrupted") == live.kinds.count("keeping_resumed") == 1
    assert listed(live.folder) == texts
    sound = np.concatenate(heard)
    log = log_of(live)
    assert len(log.commits) == 5
    assert np.array_equal(replayed(log, len(sound)), sound)
    assert not [event for event in live.events if event.kind == "fault"]


def full_disk(folder: Path, patch: pytest.MonkeyPatch) -> str:
    make = SafeFolder.folder

    def refused(where: SafeFolder, name: str) -> SafeFolder:
        if where.path == folder and name.endswith(".part"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return make(where, name)

    patch.setattr(SafeFolder, "folder", refused)
    return "No space left on device"


def full_after_a_moment(folder: Path, patch: pytest.MonkeyPatch) -> str:
    """The disk takes the folder and no file in it; a foreign `.waves/` is there."""
    (folder / ".waves").mkdir()
    (folder / ".waves" / "owner").write_text("{}")

    @contextmanager
    def refused(*_: Any) -> Iterator[BinaryIO]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        yield

    patch.setattr(SafeFolder, "replacing", refused)
    return "No space left on device"


def read_only_piece(folder: Path, patch: pytest.MonkeyPatch) -> str:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    patch.setattr(os, "mkdir", refused)
    return "Read-only file system"


def no_key(folder: Path, patch: pytest.MonkeyPatch) -> str:
    def refused(*_: Any, **__: Any) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    patch.setenv("XDG_CONFIG_HOME", str(folder.parent / "settings"))
    patch.setattr(owner_key, "whole_files", refused)
    return f"the key of the user cannot be used: '{folder.parent / 'settings/waves-live/key'}': No space left on device"


def closed_folder(folder: Path, patch: pytest.MonkeyPatch) -> str:
    """A `.waves/` of the user that cannot be read for a while, with a version of the same text and another one."""
    history = Versions(kept_in(folder))
    for text in ("a: {osc: {}}\n", TEXT.format(100)):
        history.add({"waves.yaml": text})
    history.write()
    read = SafeFolder.read

    def refused(where: SafeFolder, name: str, *arguments: Any) -> bytes:
        if name == "owner":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return read(where, name, *arguments)

    patch.setattr(SafeFolder, "read", refused)
    return "Permission denied"


@pytest.mark.parametrize("obstacle", [full_disk, full_after_a_moment, read_only_piece, no_key, closed_folder])
def test_what_cannot_be_kept_at_the_start_waits_and_is_written_in_order_when_it_can_be(stage, tmp_path, obstacle):
    piece = tmp_path / "piece"
    piece.mkdir()
    texts = [TEXT.format(100 * number) for number in range(1, 4)]
    with pytest.MonkeyPatch.context() as patch:
        reason = obstacle(piece, patch)
        found = sorted(piece.rglob("*"))
        live = stage(texts[0], folder=piece, keeps=True)
        heard = [live.play(1024), played(live, texts[1]), played(live, texts[2])]
        for _ in range(2):
            write_all(live)
            with live.archive._reporting():
                live.archive._open_folder()
        live.session.undo()
        heard += [live.settle(), live.play(FADE + 64)]
        assert live.composer.playing.texts["waves.yaml"] == texts[1]
        assert sorted({*piece.rglob("*")} - {piece / "waves.yaml"}) == found, "nothing was made or set aside"
    said = f"what plays cannot be kept in .waves/: {reason}; it plays on, and is written as soon as that is possible"
    assert [event.text for event in live.events if event.kind == "keeping_interrupted"] == [said]
    live.archive._open_folder()
    write_all(live)
    assert live.kinds.count("keeping_interrupted") == live.kinds.count("keeping_resumed") == 1
    first = ["a: {osc: {}}\n"] if obstacle is closed_folder else []
    assert listed(piece) == [*first, *texts]
    assert live.archive.version_label == f"version {2 + len(first)} of {3 + len(first)}, older than the file"
    live.session.undo(-1)
    heard += [live.settle(), live.play(FADE + 64)]
    assert live.composer.playing.texts["waves.yaml"] == texts[2] and not live.archive.version_label
    sound, log = np.concatenate(heard), log_of(live)
    assert len(log.commits) == 5 and np.array_equal(replayed(log, len(sound)), sound)
    assert read_state(find_kept(piece)).about["version"] == 3 + len(first)


def test_what_is_never_written_is_said_at_the_end(stage, disk):
    live = stage(TEXT.format(100), keeps=True)
    live.play(1024)
    disk.full = True
    played(live, TEXT.format(200))
    live.archive.stop(1.0)
    [said] = [event.text for event in live.events if event.kind == "fault"]
    lost = "1 version, the end of the log of the session and the state to resume from"
    assert said == f"not written to .waves/ (No space left on device), and lost: {lost}"
    assert live.kinds == ["reloaded", "keeping_interrupted", "fault"]


def test_what_fails_first_at_the_end_is_not_promised_for_later(stage, disk):
    live = stage(TEXT.format(100), keeps=True)
    live.play(1024)
    disk.full = True
    live.archive.stop(1.0)
    lost = "the end of the log of the session and the state to resume from"
    [said] = [event.text for event in live.events]
    assert said == f"not written to .waves/ (No space left on device), and lost: {lost}"


def test_half_a_line_that_a_disk_took_is_taken_back(tmp_path, monkeypatch):
    folder = SafeFolder(tmp_path)
    folder.append("log", b"whole\n")
    real = os.fdopen

    class Halving:
        def __init__(self, file: Any):
            self.file = file

        def __enter__(self) -> Halving:
            return self

        def __exit__(self, *_: Any) -> None:
            self.file.close()

        def write(self, data: bytes) -> int:
            return int(self.file.write(data[: len(data) // 2]))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    monkeypatch.setattr(os, "fdopen", lambda *arguments, **options: Halving(real(*arguments, **options)))
    with pytest.raises(OSError, match="No space left on device"):
        folder.append("log", b"half of it\n")
    monkeypatch.undo()
    assert (tmp_path / "log").read_bytes() == b"whole\n"
