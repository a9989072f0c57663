"""The folder `.waves/`: whose it is, no link followed, nothing that hangs, damage found."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.harness.command import waves
from tests.harness.forged_files import make_foreign, tree_of
from tests.harness.kept_sessions import kept_in, log_of, replayed, state_of
from tests.harness.session_harness import Stage, save, write_sample
from tests.harness.waiting import wait
from waves.audio.sound_files import unused
from waves.live.history.log_reader import read_log
from waves.live.history.restoring import history_of, restore_version
from waves.live.history.resume_state import read_state
from waves.live.history.versions import Versions
from waves.live.kept import safe_folder
from waves.live.kept.kept_files import find_kept, open_kept, piece_of, recordings_folder
from waves.live.kept.safe_folder import SafeFolder
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

PIECE = "my_sound: {mix: {a: {osc: {freq: 220, amp: 0.2}}, b: {delay: {time: 0.01, signal: {osc: {amp: 0.1}}}}}}\n"
EDITED = PIECE.replace("220", "330")


@pytest.fixture(params=["from open folders", "by path"])
def each_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to open a file: that of POSIX, and that of a system that knows only paths."""
    if request.param == "by path":
        monkeypatch.setattr(safe_folder, "FROM_OPEN_FOLDERS", False)
        monkeypatch.setattr(safe_folder, "NO_FOLLOW", getattr(os, "O_CLOEXEC", 0))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the user with files that nobody may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("important.txt", "rc", *(f"{k}.npz" for k in range(1, 150))):
        (folder / name).write_text("precious\n")
    return folder


def played(stage: Callable[..., Stage], folder: Path, sealed: bool = False) -> Stage:
    """A session in the folder that plays two versions and ends."""
    write_sample(folder / "samples" / "a.wav")
    live = stage(PIECE, folder=folder, keeps=True)
    live.archive.versions.megabytes = 1e-3
    live.play(2000)
    live.reload(EDITED)
    assert abs(live.play(3000)).max() > 0.1
    live.archive.stop(1.0)
    return live


LINKS = {
    ".waves/.gitignore": "important.txt",
    ".waves/owner": "important.txt",
    ".waves/history/versions.jsonl": "rc",
    ".waves/state/last.npz": "rc",
    ".waves": ".",
    ".waves/history": ".",
    ".waves/sessions": ".",
    ".waves/state": ".",
    ".waves/texts": ".",
}


@pytest.mark.parametrize("name", LINKS)
def test_no_link_of_a_folder_that_came_with_the_piece_is_followed(stage, tmp_path, outside, each_system, name):
    piece = tmp_path / "piece"
    link = piece / name
    link.parent.mkdir(parents=True)
    link.symlink_to(os.path.relpath(outside / LINKS[name], link.parent))
    before, came = tree_of(outside), tree_of(piece)
    live = played(stage, piece)
    assert tree_of(outside) == before
    assert live.kinds == ["fault", "reloaded"] and "`waves adopt`" in live.events[0].text
    assert ".waves-foreign" in live.events[0].text and Versions(find_kept(piece)).kept is not None
    moved = {file.replace(".waves", ".waves-foreign", 1): data for file, data in came.items()}
    now = tree_of(piece)
    assert {file: now[file] for file in moved} == moved, "it is only renamed"
    assert live.archive.versions.count == 2 and read_state(live.archive.kept).about["version"] == 2


@pytest.mark.parametrize("name", [name for name in LINKS if name.count("/")])
def test_no_link_in_an_own_folder_is_followed_either(stage, tmp_path, outside, each_system, name):
    piece = tmp_path / "piece"
    piece.mkdir()
    kept = kept_in(piece)
    for folder in (kept.history, kept.sessions, kept.state):
        assert folder.path.is_dir()
    kept.texts.keep("x")
    kept.texts.write()
    link = piece / name
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(outside / LINKS[name], link.parent))
    before = tree_of(outside)
    live = played(stage, piece)
    assert tree_of(outside) == before and "refused" not in live.kinds
    assert len([event for event in live.events if event.kind == "fault"]) <= 1


@pytest.mark.parametrize(
    "name", ["owner", ".gitignore", "history/versions.jsonl", "state/last.npz", "texts", "sessions"]
)
@pytest.mark.parametrize("own", [True, False])
def test_a_pipe_or_a_device_in_place_of_a_file_never_makes_it_wait(stage, tmp_path, name, own):
    piece = tmp_path / "piece"
    piece.mkdir()
    if own:
        kept_in(piece)
    path = piece / ".waves" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    live = played(stage, piece)
    assert len([event for event in live.events if event.kind == "fault"]) <= 1
    if not own or name == "owner":
        assert (piece / ".waves-foreign" / name).is_fifo()


def test_a_state_or_log_that_is_a_pipe_a_device_or_huge_is_one_sentence(tmp_path):
    kept = kept_in(tmp_path)
    file = kept.state.path / "last.npz"
    for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)):
        make(file)
        with pytest.raises(Problems, match="cannot be used as a saved state: it is"):
            read_state(kept)
        os.rename(file, tmp_path / f"aside{len(os.listdir(tmp_path))}")
    with file.open("wb") as huge:
        huge.truncate(1 << 42)
    with pytest.raises(Problems, match="more than 1000 MB"):
        read_state(kept)
    for target in ("/dev/zero", tmp_path / "pipe"):
        if target != "/dev/zero":
            os.mkfifo(target)
        with pytest.raises(Problems, match="not a plain file"):
            read_log(Path(target))
    (kept.history.path / "versions.jsonl").symlink_to("/dev/zero")
    save(tmp_path, PIECE)
    with pytest.raises(Problems, match="the versions cannot be read: it is a link"):
        history_of(find_workspace(tmp_path))


def folder_of_somebody(path: Path) -> None:
    path.mkdir()
    (path / "mine").touch()


@pytest.mark.parametrize("make", [os.mkfifo, folder_of_somebody, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_what_is_called_like_the_folder_is_set_aside_as_it_is(tmp_path, make):
    for name in (".waves-foreign", ".waves-foreign-2"):
        (tmp_path / name).write_text("of before")
    make(tmp_path / ".waves")
    before = os.lstat(tmp_path / ".waves")
    kept_in(tmp_path)
    assert os.path.samestat(before, os.lstat(tmp_path / ".waves-foreign-3"))
    assert (tmp_path / ".waves-foreign").read_text() == "of before"
    assert find_kept(tmp_path), "a new one began"


def test_read_only_commands_say_whose_it_is_and_do_not_use_it(stage, tmp_path):
    live = played(stage, tmp_path)
    log = live.archive.log.path
    assert waves(tmp_path, "history").stdout.count("\n") == 2 + 1
    make_foreign(tmp_path)
    before = tree_of(tmp_path)
    for command in (["history"], ["history", "restore", "1"], ["replay", "last", "-o", "o.wav"], ["keep", "1s"]):
        result = waves(tmp_path, *command)
        assert result.returncode == 1 and result.stderr.count("\n") == 1, command
        assert "was not made by you" in result.stderr and "`waves adopt`" in result.stderr
    assert tree_of(tmp_path) == before
    assert waves(tmp_path, "replay", str(log), "-o", "o.wav").returncode == 0, "a file that is named is another matter"


def test_a_piece_that_is_moved_or_copied_keeps_its_folder_for_this_user(stage, tmp_path, monkeypatch):
    played(stage, tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (tmp_path / "a").rename(tmp_path / "c")
    for name in ("b", "c"):
        history = history_of(find_workspace(tmp_path / name))
        assert history.count == 2 and history.texts(1)["waves.yaml"] == PIECE and not history.damaged
        read_state(find_kept(tmp_path / name))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other user"))
    for _ in range(2):
        with pytest.raises(Problems, match="was not made by you"):
            find_kept(tmp_path / "b")
    kept_in(tmp_path)
    with pytest.raises(Problems, match="was not made by you"):
        find_kept(tmp_path / "b")


def test_parts_of_another_own_folder_do_not_fit(stage, tmp_path):
    """A seal is that of one folder: states and lines of another piece are not taken for those of this one."""
    for name in ("a", "b"):
        played(stage, tmp_path / name)
    for part in ("state/last.npz", "history/versions.jsonl"):
        shutil.copy(tmp_path / "a" / ".waves" / part, tmp_path / "b" / ".waves" / part)
    kept = find_kept(tmp_path / "b")
    history = Versions(kept)
    history.refresh()
    assert (history.count, history.damaged) == (0, 2)
    with pytest.raises(Problems, match="damaged"):
        read_state(kept)


@pytest.mark.parametrize("wrong", ["readable", "short", "no folder"])
def test_without_a_key_nothing_is_kept_one_sentence_says_so_and_it_plays(stage, tmp_path, monkeypatch, wrong):
    settings = tmp_path / "settings"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings))
    if wrong == "no folder":
        settings.write_text("a file")
    else:
        kept_in(tmp_path)
        shutil.rmtree(tmp_path / ".waves")
        key = settings / "waves-live" / "key"
        assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_bytes()) == 32
        key.chmod(0o644) if wrong == "readable" else key.write_bytes(b"short")
    write_sample(tmp_path / "samples" / "a.wav")
    live = stage(PIECE, folder=tmp_path, keeps=True)
    live.archive.start()
    live.play(2000)
    live.reload(EDITED)
    assert abs(live.play(3000)).max() > 0.1
    live.archive.stop(1.0)
    assert live.kinds == ["keeping_interrupted", "reloaded", "fault"]
    assert "the key of the user" in live.events[0].text and live.kinds.count("fault") == 1
    lost = "2 versions, the log of the session and the state to resume from"
    assert live.events[2].text.startswith("not written to .waves/ (the key of the user cannot be used: ")
    assert live.events[2].text.endswith(f"), and lost: {lost}")
    assert not (tmp_path / ".waves").exists()


def test_damage_is_found_left_out_and_said(stage, tmp_path):
    live = played(stage, tmp_path)
    log = live.archive.log.path
    versions = tmp_path / ".waves" / "history" / "versions.jsonl"
    lines = versions.read_bytes().splitlines(keepends=True)
    versions.write_bytes(lines[0].replace(b"time", b"tome") + lines[1] + lines[1][:40])
    history = history_of(find_workspace(tmp_path))
    assert (history.count, history.damaged) == (2, 1) and history.texts(2)["waves.yaml"] == EDITED
    assert [one.number for one in history.all()] == [2], "a lost line moves the number of no other version"
    with pytest.raises(Problems, match="the text of version 1 is lost"):
        history.texts(1)
    assert history.add({"waves.yaml": PIECE}) == 3
    result = waves(tmp_path, "history")
    assert "damaged and left out: 1" in result.stderr and result.stdout.count("\n") == 1 + 1
    data = log.read_bytes()
    log.write_bytes(data.replace(b'"commit": 2', b'"commit": 3'))
    assert (len(read_log(log).commits), read_log(log).file.damaged) == (1, 1)
    for text in (tmp_path / ".waves" / "texts").iterdir():
        text.write_bytes(text.read_bytes()[:-3] + b"abc")
    with pytest.raises(Problems, match="the text of version 2 is lost"):
        history.texts(2)
    file = tmp_path / ".waves" / "state" / "last.npz"
    data = file.read_bytes()
    for at in range(0, len(data), len(data) // 50):
        file.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with pytest.raises(Problems, match="'last.npz' cannot be used as a saved state: it is"):
            read_state(find_kept(tmp_path))


def test_a_text_that_was_damaged_is_written_again_when_it_plays_again(tmp_path):
    kept = kept_in(tmp_path)
    key = kept.texts.keep(PIECE)
    kept.texts.write()
    (tmp_path / ".waves" / "texts" / f"{key}.z").write_bytes(b"")
    again = kept_in(tmp_path).texts
    assert again.keep(PIECE) == key
    again.write()
    assert kept_in(tmp_path).texts.text(key) == PIECE


def test_a_text_that_unpacks_without_end_is_not_unpacked(tmp_path):
    import zlib

    kept = kept_in(tmp_path)
    bomb = zlib.compress(b"\0" * 50_000_000)
    (kept.folder.path / "texts").mkdir(exist_ok=True)
    (kept.folder.path / "texts" / f"{'a' * 32}.z").write_bytes(bomb)
    with pytest.raises(KeyError, match="too large"):
        kept.texts.text("a" * 32)
    for name in ("../owner", "a" * 31, "/etc/passwd", None):
        with pytest.raises(KeyError):
            kept.texts.text(name)


def test_only_names_that_waves_makes_are_deleted(tmp_path):
    kept = kept_in(tmp_path)
    old = time.time() - 10_000
    mine = ["mine.npz", "0.npz", "01.npz", ".part", "x.part", "notes.txt"]
    theirs = ["1.npz", "2.npz", f".{'a' * 16}.part"]
    for k, name in enumerate([*mine, *theirs]):
        (kept.history.path / name).write_bytes(b"x" * 1000)
        os.utime(kept.history.path / name, (old + k,) * 2)
    (kept.history.path / f".{'b' * 16}.part").write_bytes(b"being written")
    kept.tidy()
    kept.limit_states(0.0015)
    assert set(kept.history.names()) == {*mine, "2.npz", f".{'b' * 16}.part"}


def test_the_states_of_sessions_count_too_and_those_of_the_newest_stay(tmp_path):
    kept = kept_in(tmp_path)
    for day in ("01", "02", "03"):
        folder = kept.sessions.folder(f"2026-01-{day}_00-00-00")
        folder.write("state.npz", b"x" * 1000)
        os.utime(folder.path / "state.npz", (int(day),) * 2)
    kept.history.write("7.npz", b"x" * 1000)
    kept.limit_states(0.0021)
    left = sorted(path.relative_to(kept.folder.path).as_posix() for path in kept.folder.path.rglob("*.npz"))
    assert left == ["history/7.npz", *(f"sessions/2026-01-{day}_00-00-00/state.npz" for day in ("02", "03"))]


def test_the_states_of_a_session_that_plays_in_another_process_stay(tmp_path):
    kept = kept_in(tmp_path)
    for second in range(3):
        kept.sessions.folder(f"2026-01-01_00-00-0{second}").write("state.npz", b"x" * 1000)
        kept.sessions.write(f"2026-01-01_00-00-0{second}.jsonl", b"{}\n")
    os.utime(kept.sessions.path / "2026-01-01_00-00-00.jsonl", (1, 1))
    kept.limit_states(0.0)
    left = sorted(path.parent.name for path in kept.folder.path.rglob("*.npz"))
    assert left == ["2026-01-01_00-00-01", "2026-01-01_00-00-02"]


def test_the_lost_state_of_a_session_that_goes_on_is_noticed_in_play(stage, tmp_path):
    """As when `.waves/` is being deleted while the log of a session that goes on is made in it."""
    folder = tmp_path / "piece"
    write_sample(folder / "samples" / "a.wav")
    live = stage(PIECE, folder=folder, keeps=True)
    live.play(2000)
    resumed = stage(folder=folder, keeps=True, resumed=state_of(live))
    resumed.play(2000)
    lose(folder, "its state")
    with resumed.running():
        resumed.archive.start()
        assert wait(lambda: "fault" in resumed.kinds)
    log = log_of(resumed)
    assert len(list(log.path.parent.glob("*/state.npz"))) == 1
    assert np.abs(replayed(log, 2000)).max() > 0.02


def test_what_is_no_state_of_a_session_does_not_keep_the_others_from_being_limited(tmp_path):
    kept = kept_in(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.npz").write_bytes(b"x" * 1000)
    (kept.sessions.path / "2026-01-01_00-00-00").symlink_to(tmp_path / "elsewhere")
    (kept.sessions.path / "2026-01-02_00-00-00").write_text("a file")
    kept.sessions.folder("2026-01-03_00-00-00")
    (kept.history.path / "1.npz").symlink_to("../owner")
    kept.history.write("2.npz", b"x" * 1000)
    kept.limit_states(0.0)
    assert kept.history.names() == ["1.npz"] and (tmp_path / "elsewhere" / "1.npz").exists()


def test_a_log_is_of_its_piece_from_wherever_it_is_named(tmp_path, monkeypatch):
    sessions = kept_in(tmp_path).sessions.path
    for place, name in (
        (tmp_path, ".waves/sessions/a.jsonl"),
        (sessions.parent, "sessions/a.jsonl"),
        (sessions, "a.jsonl"),
    ):
        monkeypatch.chdir(place)
        assert piece_of(Path(name)) == tmp_path
    assert piece_of(Path("/a.jsonl")) is None


def test_a_folder_that_cannot_be_looked_at_is_reported_and_no_error_of_a_build(stage, tmp_path, monkeypatch):
    """As a disk on the network that is gone, at the moment in which a plan is recorded."""
    write_sample(tmp_path / "samples" / "a.wav")
    live = stage(PIECE, folder=tmp_path, keeps=True)
    live.play(2000)

    def gone(*_: object) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    for name in ("_stat", "append", "reading"):
        monkeypatch.setattr(SafeFolder, name, gone)
    live.reload(EDITED)
    assert live.kinds == ["reloaded", "keeping_interrupted"]
    assert abs(live.play(3000)).max() > 0.1


def test_an_entry_that_is_exchanged_after_the_look_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "in").mkdir()
    folder = SafeFolder(tmp_path / "in")
    folder.write("a", b"data")
    seen = folder.stat("a")
    folder.remove("a")
    (tmp_path / "in" / "a").symlink_to("../secret")
    monkeypatch.setattr(folder, "stat", lambda name: seen)
    with pytest.raises(OSError, match="symbolic links"):
        folder.read("a", 100)
    with pytest.raises(OSError, match="symbolic links"):
        folder.append("a", b"more")
    assert (tmp_path / "secret").read_text() == "secret"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/etc/passwd", "a\0b"])
def test_a_path_is_no_name(tmp_path, name):
    folder = SafeFolder(tmp_path)
    for call in (folder.stat, folder.remove, folder.folder, folder.existing_folder, lambda one: folder.read(one, 1)):
        with pytest.raises(OSError, match="not the name of a file"):
            call(name)
    with pytest.raises(OSError, match="not the name of a file"):
        folder.write(name, b"")


# ---- what goes out of the folder


def test_recordings_do_not_leave_the_piece(tmp_path, outside):
    (tmp_path / "recordings").symlink_to(outside)
    before = tree_of(outside)
    save(tmp_path, PIECE)
    with pytest.raises(OSError, match="it is a link, which is not followed"):
        recordings_folder(tmp_path)
    assert waves(tmp_path, "play", "--device", "silent", "--duration", "0.3").returncode == 0
    result = waves(tmp_path, "keep", "1s")
    assert result.returncode == 1 and "it is a link" in result.stderr
    assert tree_of(outside) == before


def test_a_link_to_nowhere_is_not_a_free_name(tmp_path):
    (tmp_path / "a.wav").symlink_to(tmp_path / "outside.wav")
    assert unused(tmp_path / "a.wav").name == "a_2.wav"


FORGED = ["/tmp/absolute.txt", "../relative.txt", "nodes/evil.py", "config.py", "sounds/../../x", "sounds/a/b.yaml"]


@pytest.mark.parametrize("name", [*FORGED, "sounds/.hidden.yaml", "sounds/a.py", "SOUNDS/a.yaml", "waves.yaml/x", ""])
def test_a_version_with_the_name_of_another_file_is_not_restored(tmp_path, name):
    save(tmp_path, PIECE)
    file = kept_in(tmp_path).versions_file
    file.add({"time": 1.0}, {"waves.yaml": EDITED, name: "OWNED = 1\n"})
    file.write()
    before = {file: data for file, data in tree_of(tmp_path).items() if not file.startswith(".waves")}
    with pytest.raises(Problems, match="version 1 cannot be used"):
        restore_version(1, tmp_path)
    assert {file: data for file, data in tree_of(tmp_path).items() if not file.startswith(".waves")} == before
    assert not Path("/tmp/absolute.txt").exists()


@pytest.mark.parametrize("name", ["waves.yaml", "sounds", "sounds/a.yaml"])
def test_a_version_is_not_restored_through_a_link(tmp_path, outside, name):
    piece = tmp_path / "piece"
    piece.mkdir()
    save(piece, PIECE)
    history = Versions(kept_in(piece))
    history.add({"waves.yaml": EDITED, "sounds/a.yaml": "a: {osc: {}}\n"})
    history.write()
    (piece / name).unlink(missing_ok=True)
    (piece / name).parent.mkdir(exist_ok=True)
    target = outside if name == "sounds" else outside / "rc"
    target.write_text(PIECE) if name == "waves.yaml" else None
    (piece / name).symlink_to(target)
    before = tree_of(outside), (piece / "waves.yaml").read_bytes()
    with pytest.raises(Problems, match="it is a link( that leads outside|; nothing was changed)"):
        restore_version(1, piece)
    assert (tree_of(outside), (piece / "waves.yaml").read_bytes()) == before


def test_a_foreign_folder_that_is_deleted_before_it_is_set_aside_is_not_missed(tmp_path, monkeypatch):
    deleted = kept_in(tmp_path).folder.path
    (deleted / "owner").unlink()
    rename = SafeFolder.rename

    def late(folder: SafeFolder, name: str, to: str) -> None:
        if name == ".waves":
            shutil.rmtree(deleted)
        rename(folder, name, to)

    monkeypatch.setattr(SafeFolder, "rename", late)
    kept, said = open_kept(tmp_path)
    assert not said and not kept.is_lost() and tmp_path.joinpath(".waves", "owner").is_file()


def test_a_log_of_an_own_folder_that_another_program_wrote_to_is_what_was_sealed(stage, tmp_path):
    live = played(stage, tmp_path)
    log = log_of(live)
    with log.path.open("ab") as file:
        file.write(b'{"frames": 64000000}\n{"commit": 9, "frame": 0}\n')
    again = read_log(log.path)
    assert again.frames == log.frames and len(again.commits) == 2 and again.file.damaged == 2


def lose(folder: Path, what: str) -> None:
    """Delete `.waves/`, a part of it, or the folder of the piece, which is made again with the same files.

    All of it disappears at the same moment, whatever another thread writes to it.
    """
    kept, gone = folder / ".waves", folder.parent / "gone"
    files = {file: file.read_bytes() for file in (folder / "waves.yaml", folder / "samples" / "a.wav")}
    if what == "log":
        next((kept / "sessions").glob("*.jsonl")).unlink()
    elif what == "its state":
        next((kept / "sessions").glob("*/state.npz")).unlink()
    elif what == "its contents":
        for file in kept.iterdir():
            file.rename(gone)
            gone.unlink() if gone.is_file() else shutil.rmtree(gone)
    else:
        {"the piece": folder, ".waves": kept}.get(what, kept / what).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    for file, data in files.items() if what == "the piece" else ():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


@pytest.mark.parametrize(
    "what", ["the piece", ".waves", "history", "sessions", "state", "texts", "log", "its contents", "owner"]
)
def test_a_folder_that_is_deleted_in_play_is_kept_anew_from_there(stage, tmp_path, what):
    """One sentence says so; then there are versions, a state, and a log whose replay is what was heard since."""
    folder = tmp_path / "piece"
    write_sample(folder / "samples" / "a.wav")
    live = stage(PIECE, folder=folder, keeps=True)
    archive = live.archive
    live.play(2000)
    live.reload(EDITED)
    live.engine.set_gain(0.5)
    live.play(3000)
    with live.running():
        archive.start()
        assert wait(lambda: live.engine.frames_rendered > 20_000)
        with archive._lock:  # nothing is made again before the piece is
            lose(folder, what)
        assert wait(lambda: "fault" in live.kinds)
    assert live.kinds == ["reloaded", "fault"] and "kept anew" in live.events[-1].text
    assert not list(folder.glob(".waves-foreign*"))
    versions = 1 if what in ("history", "the piece", ".waves", "its contents") else 2
    assert archive.versions.count == archive.versions.playing == versions
    live.reload(PIECE.replace("0.2", "0.1"))
    begin = live.engine.frames_written - archive.log._first_frame
    heard = live.play(6000)
    assert live.session.undo(1) == f"version {versions} of {versions + 1}, older than the file"
    live.settle()
    log = log_of(live)
    assert log.path.parent == folder / ".waves" / "sessions" and len(log.commits) == 3
    assert np.abs(heard).max() > 0.02
    assert np.array_equal(replayed(log, begin + len(heard))[begin:], heard)
    assert read_state(archive.kept).about["texts"] == {"waves.yaml": EDITED}
    assert live.kinds.count("fault") == 1


def test_a_folder_that_stays_away_is_said_and_kept_again_when_it_is_back(stage, tmp_path):
    folder = tmp_path / "piece"
    write_sample(folder / "samples" / "a.wav")
    live = stage(PIECE, folder=folder, keeps=True)
    with live.running():
        assert wait(lambda: live.engine.playing is not None)
        live.archive.start()
        folder.rename(tmp_path / "away")
        assert wait(lambda: live.events)
        assert live.kinds == ["keeping_interrupted"]
        assert live.events[0].reason == "No such file or directory"
        (tmp_path / "away").rename(folder)
        live.save(EDITED)
        assert wait(lambda: live.archive.versions.count == 2)
    assert len(log_of(live).commits) == 2
