"""`waves adopt` and `waves replay FILE`: what somebody else kept, also where it is hostile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.forged_files import make_foreign, plain_lines, tree_of, write_lines
from tests.harness.kept_sessions import kept_in, replayed
from tests.harness.session_harness import Stage, save, write_sample
from waves.app.commands.replay import replay_session
from waves.live.history.adoption import adopt
from waves.live.history.log_reader import changed_samples, read_log
from waves.live.history.replay import allowed_settings
from waves.live.history.restoring import history_of
from waves.live.history.resume_state import read_state
from waves.live.kept.kept_files import find_kept
from waves.live.kept.safe_folder import SafeFolder
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.kept.text_store import text_hash
from waves.live.workspace.settings import Settings
from waves.live.workspace.trust import trust
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

PIECE = "my_sound: {mix: {a: {sample: {file: samples/a.wav, loop: true}}, b: {osc: {freq: 220, amp: 0.1}}}}\n"
EDITED = PIECE.replace("220", "330")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A piece with two versions, a state of the first, a session and a state to resume from."""
    folder = tmp_path_factory.mktemp("source")
    write_sample(folder / "samples" / "a.wav")
    live = Stage(folder, PIECE, keeps=True)
    live.play(2048)
    live.reload(EDITED)
    live.play(4096)
    live.archive.state.substitutes = {"nodes/evil.py": ("a", "import os")}
    live.archive.stop(1.0)
    live.stop()
    return folder


@pytest.fixture
def piece(source: Path, tmp_path: Path) -> Path:
    """A copy of it in which `.waves/` is somebody else's."""
    folder = tmp_path / "piece"
    shutil.copytree(source, folder)
    make_foreign(folder)
    return folder


def log_in(piece: Path) -> Path:
    [log] = (piece / ".waves" / "sessions").glob("*.jsonl")
    return log


def test_everything_that_can_be_used_is_taken_over_and_nothing_of_it_moves(piece):
    before = {name: data for name, data in tree_of(piece).items() if name.startswith(".waves/")}
    heard = replayed(read_log(log_in(piece)), 6000)
    [said] = adopt(piece)
    assert said.startswith("'.waves-foreign/': 2 versions, 1 state, 1 session, 1 state to resume from taken over. ")
    after = tree_of(piece)
    assert {name: after[name.replace(".waves", ".waves-foreign", 1)] for name in before} == before
    history = history_of(find_workspace(piece))
    assert [history.texts(k)["waves.yaml"] for k in (1, 2)] == [PIECE, EDITED] and not history.damaged
    assert history.snapshot(1, 44100)
    about = read_state(find_kept(piece)).about
    assert about["version"] == 2 and about["texts"]["waves.yaml"] == EDITED
    log = read_log(log_in(piece))
    assert log.is_own and len(log.commits) == 2 and np.abs(heard).max() > 0.1
    assert np.array_equal(replayed(log, 6000), heard)
    [said] = adopt(piece)
    assert "nothing taken over" in said and history_of(find_workspace(piece)).count == 2


def test_python_of_somebody_else_stays_behind(piece):
    assert any("nodes" in entry for entry in plain_lines(log_in(piece)))
    adopt(piece)
    assert all(commit["nodes"] is None for commit in read_log(log_in(piece)).commits)
    assert "substitutes" not in read_state(find_kept(piece)).about


def test_without_a_folder_there_is_nothing_to_take_over(tmp_path):
    save(tmp_path, PIECE)
    with pytest.raises(Problems, match="nothing to take over"):
        adopt(tmp_path)


@pytest.mark.parametrize("name", ["/abs.txt", "../x", "sounds/../../x", "nodes/evil.py", "config.py", 5])
@pytest.mark.parametrize("inline", [True, False])
def test_versions_of_other_names_are_left_out_and_the_rest_is_taken(piece, tmp_path, name, inline):
    """Texts in the lines are those of an earlier version of waves."""
    lines: list[dict[str, Any]] = []
    for key, text in ((name, "OWNED = 1\n"), ("waves.yaml", "mine: {osc: {}}\n")):
        lines.append({"text": text_hash(text), "content": text})
        lines.append({"time": 1.0, "texts": {str(key): text_hash(text)}})
    if not inline:
        lines = [line for line in lines if "content" not in line]
    write_lines(piece / ".waves" / "history" / "versions.jsonl", lines)
    outside = {path for path in tmp_path.iterdir() if path != piece}
    [said] = adopt(piece)
    assert ("1 version" in said) is inline and f"left out: {1 if inline else 2}" in said
    assert {path for path in tmp_path.iterdir() if path != piece} == outside
    assert not (piece / "nodes").exists() and history_of(find_workspace(piece)).count == inline


@pytest.mark.parametrize("name", ["history/versions.jsonl", "history/1.npz", "state/last.npz", "sessions", "texts"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "huge"])
def test_what_is_no_plain_file_is_left_out(piece, tmp_path, name, kind):
    path = piece / ".waves" / name
    aside = tmp_path / "aside"
    path.rename(aside)
    if kind == "link":
        path.symlink_to(aside)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as huge:
            huge.truncate(1 << 42)
    [said] = adopt(piece)
    assert "taken over" in said
    history = history_of(find_workspace(piece))
    assert history.count == (0 if name in ("history/versions.jsonl", "texts") else 2)
    assert (history.snapshot(1, 44100) is None) is (name != "state/last.npz" and name != "sessions")


LINES = [
    {"turn": 5},
    {"files": 1, "of": {"/dev/zero": [["/dev/zero", "x"]]}},
    {"files": 1, "of": {"a": [["../../etc/passwd", "x"]]}},
    {"frames": 10**15},
    {"frames": -1},
    {"frames": "1"},
    {"frames": 1e300},
    {"input": 5, "kind": "gain", "value": 1.0},
    {"input": 64, "kind": "gain", "value": float("nan")},
    {"input": 64, "kind": "gain", "value": 1e300},
    {"input": 64, "kind": "ramp", "value": 0.0},
    {"input": 64, "kind": "other", "value": 1.0},
    {"input": 64, "kind": "parameter", "value": 1.0},
    {"input": -64, "kind": "gain", "value": 1.0},
    {"input": 2**70, "kind": "gain", "value": 1.0},
    {"commit": 3, "frame": 5},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0},
    {"commit": 3, "frame": 5, "clock": 0, "fade": 0, "restart": False},
    {"commit": 3, "frame": 64, "clock": -1, "fade": 0, "restart": False},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 10**12, "restart": False},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0, "restart": False, "clears": 10**12},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0, "restart": False, "parked": "../../x.npz"},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0, "restart": False, "moved": [[1, 2]]},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0, "restart": False, "sounds": "x"},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0, "restart": False, "texts": {"../x": "0" * 32}},
    {"commit": 3, "frame": 64, "clock": 0, "fade": 0, "restart": False, "texts": {"waves.yaml": "../../owner"}},
    {"nodes": {"a": "b"}, "texts": {}},
    {"nodes": 5},
    {"files": 1, "of": {"a": [["a.wav", "x"], ["a.wav", "x"]]}},
    {"files": 1, "of": {"a": [[None, "x"]]}},
]
HEADERS: list[dict[str, Any]] = [
    {"rate": 3},
    {"rate": float("nan")},
    {"rate": 10**9},
    {"rate": "44100"},
    {"channels": 0},
    {"channels": 10**6},
    {"seed": -1},
    {"stems": 5},
    {"state": "/etc/passwd"},
    {"state": "../x.npz"},
    {"limiting": "yes"},
    {"sounds": [["my_sound"]]},
]
HARMLESS = (LINES[0], LINES[1], LINES[2])
"""Lines of no known kind, and samples that no text plays: they are not used."""


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line)[:60])
def test_a_forged_line_of_a_log_is_one_sentence(piece, tmp_path, line):
    log = log_in(piece)
    write_lines(log, [*plain_lines(log), line])
    if line in HARMLESS:
        again = read_log(log)
        assert len(again.commits) == 2 and len(changed_samples(again, find_workspace(piece))) == ("files" in line)
        return
    with pytest.raises(Problems, match=r"cannot be used|longer than a day") as found:
        replay_session(str(log), tmp_path / "o.wav", "0", None, False, piece, False, force=False)
    assert len(found.value.problems) == 1 and not (tmp_path / "o.wav").exists()
    [said] = adopt(piece)
    assert "session" not in said.partition("; left out")[0] and "left out: 1" in said


@pytest.mark.parametrize("changed", HEADERS, ids=str)
def test_a_forged_header_of_a_log_is_one_sentence(piece, changed):
    log = log_in(piece)
    header, *lines = plain_lines(log)
    write_lines(log, [header | changed, *lines])
    with pytest.raises(Problems, match="cannot be used"):
        read_log(log)


def test_settings_of_a_foreign_log_are_in_their_ranges_and_open_no_folders(piece):
    log = log_in(piece)
    lines = plain_lines(log)
    first = next(line for line in lines if "commit" in line)
    first["settings"]["SAMPLE_FOLDERS"] = ["/"]
    write_lines(log, lines)
    own = Settings(SAMPLE_FOLDERS=["mine"])
    read = read_log(log)
    assert not read.is_own and allowed_settings(read, read.commits[0], own).SAMPLE_FOLDERS == ["mine"]
    first["settings"]["PARKING_NODES"] = -1
    write_lines(log, lines)
    with pytest.raises(Problems, match="settings that are out of their ranges"):
        _ = read_log(log).settings


@pytest.mark.parametrize(("header", "settings"), [(63, 2), (1, 2), (2, 1), (2, 64)])
def test_a_session_is_not_replayed_with_other_channels_than_its_settings(piece, tmp_path, header, settings):
    """The engine reads an output of the piece for each channel of the header."""
    log = log_in(piece)
    lines = plain_lines(log)
    lines[0]["channels"] = header
    next(line for line in lines if "commit" in line)["settings"]["CHANNELS"] = settings
    write_lines(log, lines)
    sentence = f"CHANNELS = {settings}, and its session has {header}$"
    with pytest.raises(Problems, match=sentence):
        replayed(read_log(log), 64)
    with pytest.raises(Problems, match=sentence):
        replay_session(str(log), tmp_path / "o.wav", "0", None, False, piece, False, force=False)
    assert not (tmp_path / "o.wav").exists()


@pytest.mark.parametrize(
    ("channels", "rate", "stems"), [(64, 384_000, 0), (2, 384_000, 1000), (64, 192_000, 1), (2, 44_100, 1000)]
)
def test_numbers_of_a_foreign_log_that_are_each_in_range_do_not_multiply(piece, tmp_path, channels, rate, stems):
    """The engine has memory for ten seconds of all its channels and stems."""
    log = log_in(piece)
    lines = plain_lines(log)
    lines[0] |= {"channels": channels, "rate": float(rate), "stems": ["a"] * stems}
    write_lines(log, lines)
    with pytest.raises(Problems, match=f"has {channels + 2 * stems} channels at {rate} Hz, which is too much"):
        replay_session(str(log), tmp_path / "o.wav", "0", None, False, piece, False, force=False)
    assert not (tmp_path / "o.wav").exists()
    lines[0] |= {"channels": 64, "rate": 192_000.0, "stems": []}
    write_lines(log, lines)
    assert read_log(log).header["channels"] == 64, "as much as any piece needs"


def test_later_settings_of_a_forged_log_do_not_change_the_channels(piece):
    log = log_in(piece)
    lines = plain_lines(log)
    first, second = (line for line in lines if "commit" in line)
    second["settings"] = first["settings"] | {"CHANNELS": 1}
    write_lines(log, lines)
    with pytest.raises(Problems, match="CHANNELS = 1, and its session has 2$"):
        replayed(read_log(log), second["frame"] + 64)


def test_python_in_a_foreign_log_runs_only_with_trust(piece, tmp_path, monkeypatch, capsys):
    log = log_in(piece)
    mark = tmp_path / "RAN"
    lines = plain_lines(log)
    nodes = next(line for line in lines if "nodes" in line)
    texts = kept_in(tmp_path).texts
    key = texts.keep(f"open({str(mark)!r}, 'w')\n")
    texts.write()
    name = "waves_nodes.evil"
    nodes["nodes"][name], nodes["texts"][name] = str(piece / "nodes" / "evil.py"), key
    (tmp_path / ".waves" / "texts" / f"{key}.z").rename(piece / ".waves" / "texts" / f"{key}.z")
    write_lines(log, lines)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    trust(piece)
    replay_session(str(log), tmp_path / "o.wav", "0", None, False, piece, False, force=False)
    assert not mark.exists() and "is not trusted and not read" in capsys.readouterr().err


def test_a_log_that_lies_alone_takes_texts_of_the_piece_that_it_is_played_for(piece, source, tmp_path):
    log = log_in(piece)
    alone = tmp_path / "somewhere" / "set.jsonl"
    alone.parent.mkdir()
    alone.write_bytes(log.read_bytes())
    with pytest.raises(Problems, match="lacks a text"):
        replay_session(str(alone), tmp_path / "o.wav", "0", None, False, piece, False, force=False)
    replay_session(str(alone), tmp_path / "o.wav", "0", None, False, source, False, force=False)
    assert (tmp_path / "o.wav").stat().st_size > 40_000


def test_forged_numbers_of_a_state_that_was_adopted_are_found_when_it_is_used(
    piece, stage: Callable[..., Stage], tmp_path
):
    seal = kept_in(tmp_path).seal
    folder = SafeFolder(piece / ".waves" / "state")
    state = read_snapshot(folder, "last.npz", None)
    state.states["my_sound.root.Mix.b.Osc"][1]["phase"] = np.nan
    write_snapshot(folder, "last.npz", state, seal)
    adopt(piece)
    live = stage(EDITED, folder=piece)
    live.play(64)
    with pytest.raises(Problems, match="'phase' of a Osc is not a number"):
        read_state(find_kept(piece)).check(live.engine.playing.graph)
