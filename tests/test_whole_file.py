"""Files are written whole or not at all, also when the disk is full, and leave nothing behind."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.full_disk import full_disk
from tests.harness.kept_sessions import kept_in
from tests.harness.paths import TOP
from tests.harness.session_harness import compile_for, compose, composer_for, save
from waves.audio.offline_render import render_files
from waves.engine.compiler import compiler_worker
from waves.engine.compiler.compiler import request
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.state.state_registry import Registry
from waves.live.history.restoring import restore_version
from waves.live.history.versions import Versions
from waves.live.kept import snapshot_file
from waves.live.workspace.trust import trust
from waves.problem import Problems
from waves.whole_file import FOR_OWNER, remove_abandoned, whole_files, write_whole

fcntl = pytest.importorskip("fcntl", reason="locks of POSIX")


@contextmanager
def failing_flush() -> Iterator[None]:
    """What was written does not reach the disk, which is told at the end."""

    def fsync(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield


FULL = "No space left|File too large"
Full = Callable[[], "contextmanager[None]"]
each_failure = pytest.mark.parametrize("full", [full_disk, failing_flush], ids=lambda full: full.__name__)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# ---- the helper


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"one")
    write_whole(tmp_path / "a", b"two")
    assert contents(tmp_path) == {"a": b"two"}


def test_the_old_file_is_there_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with whole_files([tmp_path / "a", tmp_path / "b"]) as [first, second]:
        first.write_bytes(b"new")
        second.write_bytes(b"new")
        assert first.parent == tmp_path and first.name.startswith("."), "a watcher of the folder would see it"
        assert (tmp_path / "a").read_bytes() == b"old" and not (tmp_path / "b").exists()
    assert contents(tmp_path) == {"a": b"new", "b": b"new"}


def test_an_error_of_the_writer_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def write() -> None:
        with whole_files([tmp_path / "a", tmp_path / "b"]) as [first, _]:
            first.write_bytes(b"new")
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        write()
    assert contents(tmp_path) == {"a": b"old"}


@each_failure
def test_a_full_disk_leaves_the_old_file_and_is_named_by_it(tmp_path: Path, full: Full) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with full(), pytest.raises(OSError, match=FULL) as raised:
        write_whole(tmp_path / "a", b"x" * 100)
    assert raised.value.filename == str(tmp_path / "a")
    assert contents(tmp_path) == {"a": b"old"}


def test_a_folder_that_is_not_there_is_an_error_with_the_name_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(tmp_path / "none" / "a", b"")
    assert str(raised.value) == f"[Errno 2] No such file or directory: '{tmp_path}/none/a'"


def test_permissions_are_kept_given_or_those_of_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "a"
    before = os.umask(0o027)
    try:
        write_whole(file, b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    file.chmod(0o604)
    write_whole(file, b"more", FOR_OWNER)
    assert stat.S_IMODE(file.stat().st_mode) == 0o604
    write_whole(tmp_path / "b", b"", FOR_OWNER)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600


def test_a_link_is_replaced_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("outside")
    write_whole(tmp_path / "link", b"data", follow=False)
    assert not (tmp_path / "link").is_symlink() and contents(tmp_path) == {"outside": b"mine", "link": b"data"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "link").symlink_to("deep/target")
    write_whole(tmp_path / "link", b"data")
    assert (tmp_path / "link").is_symlink() and contents(tmp_path / "deep") == {"target": b"data"}


def test_nothing_is_replaced_unasked_not_even_what_came_meanwhile(tmp_path: Path) -> None:
    def write(meanwhile: Path) -> None:
        with whole_files([tmp_path / "a", tmp_path / "b"], replace=False) as files:
            for file in files:
                file.write_bytes(b"new")
            meanwhile.write_bytes(b"old")

    for name in ("b", "c"):  # the first time it comes while the block runs, then it is there
        with pytest.raises(FileExistsError) as raised:
            write(tmp_path / name)
        assert raised.value.filename == str(tmp_path / "b") and raised.value.strerror == "File exists"
    assert contents(tmp_path) == {"b": b"old"}
    (tmp_path / "b").unlink()
    write(tmp_path / "c")
    assert contents(tmp_path) == {"a": b"new", "b": b"new", "c": b"old"}


def test_of_two_programs_that_finish_at_the_same_time_the_first_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes after the last look, just before the file gets its name."""
    link = os.link

    def late(file: Path, target: Path) -> None:
        target.write_bytes(b"first")
        link(file, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(FileExistsError), whole_files([tmp_path / "a"], replace=False) as [file]:
        file.write_bytes(b"second")
    assert contents(tmp_path) == {"a": b"first"}


def test_a_disk_without_hard_links_has_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "Operation not permitted")))
    with whole_files([tmp_path / "a"], replace=False) as [file]:
        file.write_bytes(b"data")
    assert contents(tmp_path) == {"a": b"data"}


def test_the_name_of_a_file_reaches_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode)), real(handle))
    )
    write_whole(tmp_path / "a", b"one")
    assert flushed == [False, True]


WRITER = """
import sys, time
from pathlib import Path
from waves.whole_file import whole_files
with whole_files([Path(sys.argv[1])]) as [file]:
    file.write_bytes(b"half")
    print("half", flush=True)
    time.sleep(600)
"""


@contextmanager
def killed_writer(folder: Path, end: Callable[[subprocess.Popen[str]], None]) -> Iterator[None]:
    """A program that is ended while it writes a file, at the end of the block."""
    program = [sys.executable, "-c", WRITER, str(folder / "target")]
    with subprocess.Popen(program, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "half\n"
        yield
        end(process)


def test_what_a_killed_program_has_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("mine.part", ".0123456789abcdef.part.txt", ".0123456789abcde.part", ".0123456789ABCDEF.part"):
        (tmp_path / name).write_bytes(b"kept")
    (tmp_path / ".0000000000000000.part").mkdir()
    (tmp_path / "outside").write_bytes(b"kept")
    (tmp_path / ".1111111111111111.part").symlink_to("outside")
    os.mkfifo(tmp_path / ".2222222222222222.part")
    before = sorted(os.listdir(tmp_path))
    with killed_writer(tmp_path, subprocess.Popen.kill):
        assert len(os.listdir(tmp_path)) == len(before) + 1
        assert remove_abandoned(tmp_path) == 0, "it is still being written"
    assert len(os.listdir(tmp_path)) == len(before) + 1
    write_whole(tmp_path / "new", b"new")
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "new"])


def test_a_file_that_is_taken_for_abandoned_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program looks between the creation of a file and its lock."""
    real, seen = fcntl.flock, []

    def flock(handle: int, how: int) -> None:
        if not seen:
            seen.append(next(tmp_path.glob(".*.part")))
            seen[0].unlink()
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    write_whole(tmp_path / "a", b"one")
    assert seen and contents(tmp_path) == {"a": b"one"}


def test_a_file_of_another_user_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".0123456789abcdef.part").write_bytes(b"")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert remove_abandoned(tmp_path) == 0
    monkeypatch.undo()
    assert remove_abandoned(tmp_path) == 1


# ---- everybody who writes files


@each_failure
def test_the_list_of_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: Full) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    trust(tmp_path)
    before = contents(tmp_path)
    with full(), pytest.raises(Problems, match=f"cannot write '.*trusted.json': .*({FULL})"):
        trust(tmp_path / "other")
    assert contents(tmp_path) == before


@each_failure
def test_a_saved_state(tmp_path: Path, full: Full) -> None:
    kept = kept_in(tmp_path)
    assert kept.seal
    snapshot_file.write_snapshot(kept.state, "last.npz", Snapshot(about={"clock": 1}), kept.seal)
    before = contents(tmp_path)
    with full(), pytest.raises(OSError, match=FULL):
        snapshot_file.write_snapshot(kept.state, "last.npz", Snapshot(about={"clock": 2}), kept.seal)
    assert contents(tmp_path) == before
    assert snapshot_file.read_snapshot(kept.state, "last.npz", kept.seal).about == {"clock": 1}


def test_a_line_of_a_log_names_its_file(tmp_path: Path) -> None:
    file = kept_in(tmp_path).versions_file
    file.add({"time": 1.0})
    file.write()
    file.add({"time": 2.0})
    with full_disk(), pytest.raises(OSError, match=FULL) as raised:
        file.write()
    assert str(raised.value) == f"[Errno {raised.value.errno}] File too large: '{file.path}'"
    file.add({"time": 3.0})
    file.write()
    file.refresh()
    assert [entry["time"] for entry in file.entries] == [1.0, 2.0, 3.0], "what had to wait is there too"


@each_failure
def test_machine_code(tmp_path: Path, full: Full) -> None:
    file = tmp_path / "kernel.o"
    asked = request(EngineKernel("swap")) | {"path": str(file)}
    compiler_worker.compile_request(asked)
    before = contents(tmp_path)
    with full(), pytest.raises(OSError, match=FULL):
        compiler_worker.compile_request(asked)
    assert contents(tmp_path) == before and len(before["kernel.o"]) > 100


@each_failure
def test_a_version_that_is_restored(tmp_path: Path, full: Full) -> None:
    save(tmp_path, f"my_sound: {{osc: {{}}}} # {'new' * 20}\n")
    history = Versions(kept_in(tmp_path))
    history.add({"waves.yaml": f"my_sound: {{osc: {{}}}} # {'old' * 20}\n"})
    history.add({"waves.yaml": (tmp_path / "waves.yaml").read_text()})
    history.write()
    before = contents(tmp_path)
    with full(), pytest.raises(Problems, match=f"cannot write '.*waves.yaml': .*({FULL})"):
        restore_version(1, tmp_path)
    assert contents(tmp_path) == before


@each_failure
@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_render_and_its_stems(tmp_path: Path, full: Full, suffix: str) -> None:
    save(tmp_path, "my_sound: {mix: {a: {track: {signal: {osc: {amp: 0.5}}}}}}\n")
    composer = composer_for(tmp_path)
    composer.stems = ["a"]
    composition = compose(composer)
    compile_for(composition.graph)
    paths = [tmp_path / f"whole.{suffix}", tmp_path / f"stem.{suffix}"]
    for path in paths:
        path.write_bytes(b"old")
    before = contents(tmp_path)

    def engine() -> Engine:
        engine = Engine(44100, 2, True, 2)
        engine.offer(build_plan(composition.graph, None, Registry(), engine.addresses, 0))
        return engine

    with full(), pytest.raises(Problems, match="cannot write '.*(whole|stem)"):
        render_files(engine(), paths, seconds=0.2)
    assert contents(tmp_path) == before
    rendered = render_files(engine(), paths, seconds=0.2)
    assert rendered.frames == 8820 and all(path.stat().st_size > 1000 for path in paths)
