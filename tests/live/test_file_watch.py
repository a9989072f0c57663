"""Saves of every kind are seen, soon and whole; what editors leave beside a file is not."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from waves.live.saves import file_watch as module
from waves.live.saves import folder_reports
from waves.live.saves.file_watch import watch
from waves.live.saves.folder_reports import (
    CLOSE_WRITE,
    CREATE,
    IGNORED,
    MODIFY,
    MOVED_FROM,
    MOVED_TO,
    Burst,
)
from waves.live.workspace import settled_files
from waves.live.workspace.settled_files import SETTLED, read_early, read_settled

LONG = 3_600_000  # ms: only reports of the system say when to look


class Watcher:
    """A watch on a thread, and the sets of changes that it gives."""

    def __init__(self, *paths: Path):
        self.sets: Queue[set[Path]] = Queue()
        self.lost: list[str] = []
        self.coming: list[set[Path]] = []
        self.ready, self.stop = Event(), Event()
        self.thread = Thread(target=self.run, args=(paths,))

    def run(self, paths: tuple[Path, ...]) -> None:
        def lost(reason: str) -> None:
            self.lost.append(reason)
            self.ready.set()

        for changed in watch(lambda: paths, self.stop, lost, coming=lambda files: self.coming.append({*files})):
            self.sets.put(changed)

    def next(self) -> set[Path]:
        return self.sets.get(timeout=60)

    def until(self, path: Path) -> None:
        """Waits until `path` is among the changes."""
        while path not in self.next():
            pass


@contextmanager
def watching(*paths: Path) -> Iterator[Watcher]:
    """A watch that the system has begun, or that has said that it cannot."""
    watcher = Watcher(*paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder_reports, "begun", watcher.ready.set)
        watcher.thread.start()
        try:
            assert watcher.ready.wait(60)
            yield watcher
        finally:
            watcher.stop.set()
            watcher.thread.join(60)
            assert not watcher.thread.is_alive()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "waves.yaml"
    path.write_text("a: 1\n")
    return path


def test_every_kind_of_save_is_seen(file: Path) -> None:
    with watching(file.parent) as watcher:
        file.write_text("a: 22\n")
        watcher.until(file)

        swap = file.with_name("waves.yaml.new")  # write beside, rename over
        swap.write_text("a: 333\n")
        os.replace(swap, file)
        watcher.until(file)

        os.rename(file, file.with_name("waves.yaml~"))  # Vim with a backup
        file.write_text("a: 4444\n")
        watcher.until(file)

        file.unlink()
        watcher.until(file)

        file.write_text("a: 5\n")
        watcher.until(file)

        other = file.with_name("more.yaml")
        other.write_text("b: 1\n")
        watcher.until(other)
        assert watcher.lost == []


def test_a_rename_that_keeps_size_and_time_is_seen(file: Path) -> None:
    with watching(file) as watcher:
        copy = file.with_name("copy")
        copy.write_text("a: 2\n")
        shutil.copystat(file, copy)
        os.replace(copy, file)
        assert watcher.next() == {file}


def test_what_editors_leave_beside_is_ignored(file: Path) -> None:
    names = (
        ".waves.yaml.swp",
        "4913",
        "waves.yaml~",
        "#waves.yaml#",
        ".#waves.yaml",
        "waves.yaml.tmp",
        ".git",
        "x.bak",
    )
    with watching(file.parent) as watcher:
        for name in names:
            file.with_name(name).write_text("x")
        file.write_text("a: 2\n")
        assert watcher.next() == {file}, "something else came before, or with it"
    assert not any(IGNORED.match(name) for name in ("waves.yaml", "49131.wav", "bak.yaml", "a#b.yaml", "tmp.wav"))


def test_only_the_file_itself_where_a_file_is_watched(file: Path) -> None:
    with watching(file) as watcher:
        file.with_name("other.yaml").write_text("x")
        file.write_text("a: 2\n")
        assert watcher.next() == {file}, "something else came before, or with it"


def test_a_folder_may_come_and_go(file: Path) -> None:
    sounds = file.parent / "sounds"
    with watching(file, sounds) as watcher:
        for text in ("one", "two"):
            sounds.mkdir()
            (sounds / "kick.yaml").write_text(text)
            assert watcher.next() == {sounds / "kick.yaml"}
            shutil.rmtree(sounds)
            assert watcher.next() == {sounds / "kick.yaml"}
        assert watcher.lost == []


def test_a_linked_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_reports, "LOOK_MS", LONG)
    target = tmp_path / "elsewhere" / "mine.yaml"
    target.parent.mkdir()
    target.write_text("a: 1\n")
    link = tmp_path / "waves.yaml"
    link.symlink_to(target)
    with watching(link) as watcher:
        target.write_text("a: 22\n")
        assert watcher.next() == {link}


def test_a_lost_watch_is_said_and_polled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object) -> Iterator[set[Path]]:
        raise OSError("too many watches")
        yield set()

    monkeypatch.setattr(module, "reports", fails)
    with watching(file) as watcher:
        assert watcher.lost == ["too many watches"]
        file.write_text("a: 22\n")
        assert watcher.next() == {file}


def test_a_silent_watch_is_said_and_polled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(folders: object, stop_event: Event, coming: object) -> Iterator[set[Path]]:
        folder_reports.begun()
        while not stop_event.wait(0.01):
            yield set()

    monkeypatch.setattr(module, "reports", silent)
    with watching(file) as watcher:
        for text in ("a: 22\n", "a: 333\n", "a: 4444\n"):
            file.write_text(text)
            assert watcher.next() == {file}
        assert watcher.lost == ["the system does not report changes here"]


def test_every_save_is_reported_by_the_system(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_reports, "LOOK_MS", LONG)
    with watching(file.parent) as watcher:
        for count in range(20):
            swap = file.with_name(".swap")
            swap.write_text("a: 1\n" * (count + 2))
            os.replace(swap, file)
            assert watcher.next() == {file}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system is not asked itself")
def test_a_file_that_is_written_is_reported_once_when_it_is_closed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is open: it is emptied, and written in parts."""
    for name in ("LOOK_MS", "STEP_MS", "LONGEST_MS"):
        monkeypatch.setattr(folder_reports, name, LONG)
    with watching(file) as watcher:
        with file.open("w") as stream:
            for _ in range(5):
                stream.write("a: 2\n")
                stream.flush()
                time.sleep(0.01)
            assert watcher.sets.empty() and watcher.coming == []
        assert watcher.next() == {file}
        assert watcher.sets.empty()
        assert watcher.coming == ([{file}] if sys.platform == "linux" else []), "told before it was reported"


def test_a_file_that_was_made_to_take_the_place_of_another_is_not_waited_for(file: Path) -> None:
    new, burst = file.with_name("new.txt"), Burst()
    for path, what in ((new, CREATE), (new, MODIFY), (new, CLOSE_WRITE), (new, MOVED_FROM), (file, MOVED_TO)):
        burst.add(path, what, 7)
    assert (burst.files, burst.open_files) == ({file}, set())


def test_a_file_that_was_moved_aside_is_waited_for(file: Path) -> None:
    old, burst = file.with_name("old.yaml"), Burst()
    burst.add(file, MOVED_FROM, 7)
    burst.add(old, MOVED_TO, 7)
    assert (burst.files, burst.open_files) == ({file, old}, {file})


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no other ways")
def test_watchfiles_reports_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watchfiles = folder_reports._watchfiles
    monkeypatch.setattr(folder_reports, "_inotify", lambda folders, stop, _: watchfiles(folders, stop))
    with watching(file.parent) as watcher:
        file.write_text("a: 22\n")
        watcher.until(file)
        file.with_name("more.yaml").write_text("b: 1\n")
        watcher.until(file.with_name("more.yaml"))
        assert watcher.lost == []


def test_only_what_is_reported_is_looked_at(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_reports, "LOOK_MS", LONG)
    for number in range(50):
        file.with_name(f"{number}.yaml").write_text("x")
    looks: list[Path] = []
    stamp = module.stamp_of
    with watching(file.parent) as watcher:
        monkeypatch.setattr(module, "stamp_of", lambda path: (looks.append(path), stamp(path))[1])
        file.write_text("a: 22\n")
        assert watcher.next() == {file}
        assert {*looks} == {file}


def test_a_file_written_in_parts_is_read_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that it is about to be read, more is written."""
    file.write_text("a: 1\n")
    os.utime(file, (time.time() + 60.0,) * 2)
    left = ["b: 2\n"] * 5
    sleep = time.sleep

    def written(seconds: float) -> None:
        sleep(seconds)
        if left:
            with file.open("a") as stream:
                stream.write(left.pop())
            os.utime(file, (time.time() + 60.0,) * 2)  # however late it is looked at, it has just been written

    monkeypatch.setattr(settled_files, "time", SimpleNamespace(time=time.time, sleep=written))
    assert read_settled(file) == "a: 1\n" + "b: 2\n" * 5


def test_a_file_is_read_when_it_returns(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()
    waits, sleep = [], time.sleep

    def returns(seconds: float) -> None:
        sleep(seconds)
        waits.append(seconds)
        if len(waits) == 3:
            file.write_text("a: 2\n")

    monkeypatch.setattr(settled_files, "time", SimpleNamespace(time=time.time, sleep=returns))
    assert read_settled(file) == "a: 2\n" and len(waits) >= 3


def test_a_file_that_is_gone_is_given_up_soon(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()
    waits: list[float] = []
    monkeypatch.setattr(settled_files, "time", SimpleNamespace(time=time.time, sleep=waits.append))
    with pytest.raises(FileNotFoundError):
        read_settled(file)
    assert sum(waits) <= 0.1


def test_bytes_are_kept(file: Path) -> None:
    file.write_bytes(b"a: \xe9\r\n")
    os.utime(file, ns=(0, 2**62))  # a time far ahead
    assert read_settled(file) == "a: \udce9\r\n"


def test_what_cannot_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled_files, "TRIES", 3)
    with pytest.raises(FileNotFoundError):
        read_settled(file.with_name("none.yaml"))
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="'pipe' is not a file"):
        read_settled(pipe)


def test_a_file_that_was_just_written_is_read_early_and_said_to_be_unfinished(file: Path) -> None:
    file.write_text("a: 1\n")
    os.utime(file, (time.time() + 60.0,) * 2)
    assert read_early(file) == ("a: 1\n", False)
    os.utime(file, (time.time() - 60.0,) * 2)
    assert read_early(file) == ("a: 1\n", True)
    os.utime(file)
    text, rested = read_early(file)
    assert text == "a: 1\n" and (not rested or time.time() - file.stat().st_mtime > SETTLED)
