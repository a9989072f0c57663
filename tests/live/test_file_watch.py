"""Saves of every kind are seen, soon and whole; what editors leave beside a file is not."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread

import pytest
import watchfiles

from waves.live.workspace import file_watch as module
from waves.live.workspace.file_watch import IGNORED, read_settled, watch


class Watcher:
    def __init__(self, *paths: Path):
        self.sets: Queue[tuple[float, set[Path]]] = Queue()
        self.lost: list[str] = []
        self.stop = Event()
        self.thread = Thread(target=self.run, args=(paths,))

    def run(self, paths: tuple[Path, ...]) -> None:
        for changed in watch(lambda: paths, self.stop, self.lost.append):
            self.sets.put((time.perf_counter(), changed))

    def next(self, timeout: float = 5) -> set[Path]:
        return self.sets.get(timeout=timeout)[1]

    def until(self, path: Path, timeout: float = 5) -> None:
        """Waits until `path` is among the changes."""
        while path not in self.next(timeout):
            pass

    def is_quiet(self, seconds: float) -> bool:
        try:
            self.sets.get(timeout=seconds)
        except Empty:
            return True
        return False


@contextmanager
def watching(*paths: Path) -> Iterator[Watcher]:
    watcher = Watcher(*paths)
    watcher.thread.start()
    time.sleep(0.15)  # the watch is set up
    try:
        yield watcher
    finally:
        watcher.stop.set()
        watcher.thread.join(5)
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
        assert watcher.is_quiet(1.2)
        file.write_text("a: 2\n")
        assert watcher.next() == {file}
    assert not any(IGNORED.match(name) for name in ("waves.yaml", "49131.wav", "bak.yaml", "a#b.yaml", "tmp.wav"))


def test_only_the_file_itself_where_a_file_is_watched(file: Path) -> None:
    with watching(file) as watcher:
        file.with_name("other.yaml").write_text("x")
        assert watcher.is_quiet(0.3)
        file.write_text("a: 2\n")
        assert watcher.next() == {file}


def test_a_folder_may_come_and_go(file: Path) -> None:
    sounds = file.parent / "sounds"
    with watching(file, sounds) as watcher:
        for text in ("one", "two"):
            sounds.mkdir()
            time.sleep(0.1)
            (sounds / "kick.yaml").write_text(text)
            assert watcher.next() == {sounds / "kick.yaml"}
            shutil.rmtree(sounds)
            assert watcher.next() == {sounds / "kick.yaml"}
        assert watcher.lost == []


def test_a_linked_file_is_seen(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "mine.yaml"
    target.parent.mkdir()
    target.write_text("a: 1\n")
    link = tmp_path / "waves.yaml"
    link.symlink_to(target)
    with watching(link) as watcher:
        target.write_text("a: 22\n")
        assert watcher.next(0.5) == {link}


def test_a_lost_watch_is_said_and_polled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **options: object) -> Iterator[set[tuple[watchfiles.Change, str]]]:
        raise OSError("too many watches")
        yield set()

    monkeypatch.setattr(watchfiles, "watch", fails)
    with watching(file) as watcher:
        assert watcher.lost == ["too many watches"]
        file.write_text("a: 22\n")
        assert watcher.next() == {file}


def test_a_silent_watch_is_said_and_polled(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object, stop_event: Event, **options: object) -> Iterator[set[tuple[watchfiles.Change, str]]]:
        while not stop_event.wait(0.05):
            yield set()

    monkeypatch.setattr(watchfiles, "watch", silent)
    with watching(file) as watcher:
        for text in ("a: 22\n", "a: 333\n", "a: 4444\n"):
            file.write_text(text)
            assert watcher.next() == {file}
        assert watcher.lost == ["the system does not report changes here"]


def test_a_save_is_told_soon(file: Path) -> None:
    delays = []
    with watching(file.parent) as watcher:
        for count in range(20):
            time.sleep(0.03)
            swap = file.with_name(".swap")
            swap.write_text("a: 1\n" * (count + 2))
            saved = time.perf_counter()
            os.replace(swap, file)
            delays.append(watcher.sets.get(timeout=5)[0] - saved)
    delays.sort()
    print(f"save to set of changes: median {delays[10] * 1e3:.1f} ms, largest {delays[-1] * 1e3:.1f} ms")
    assert delays[10] < 0.1


def test_a_file_written_in_parts_is_read_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that it is about to be read, more is written."""
    file.write_text("a: 1\n")
    left = ["b: 2\n"] * 5
    sleep = time.sleep

    def written(seconds: float) -> None:
        sleep(seconds)
        if left:
            with file.open("a") as stream:
                stream.write(left.pop())

    monkeypatch.setattr("waves.live.workspace.file_watch.time.sleep", written)
    assert read_settled(file) == "a: 1\n" + "b: 2\n" * 5


def test_a_file_is_read_when_it_returns(file: Path) -> None:
    file.unlink()
    thread = Thread(target=lambda: (time.sleep(0.05), file.write_text("a: 2\n")))
    thread.start()
    assert read_settled(file) == "a: 2\n"
    thread.join()


def test_bytes_are_kept(file: Path) -> None:
    file.write_bytes(b"a: \xe9\r\n")
    os.utime(file, ns=(0, 2**62))  # a time far ahead
    assert read_settled(file) == "a: \udce9\r\n"


def test_what_cannot_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIES", 3)
    with pytest.raises(FileNotFoundError):
        read_settled(file.with_name("none.yaml"))
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="'pipe' is not a file"):
        read_settled(pipe)
