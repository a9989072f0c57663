"""The files of a piece: one that is broken, doubled or missing stops only what needs it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.harness.command import Play, waves
from tests.harness.mistakes import SOUNDS, LiveSession, composer_for, make_workspace
from waves.events.event import Event
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

TEXT = "my_sound: {osc: {freq: 220, amp: 0.1}}\n"


@pytest.fixture
def session(tmp_path: Path) -> LiveSession:
    found = LiveSession(tmp_path / "piece", TEXT)
    found.play(10)
    return found


def sentences(event: Event) -> list[str]:
    return [str(problem) for problem in event.problems]


@pytest.mark.parametrize("name", ["kit copy.yaml", "kit.sync-conflict-20250101-120000-ABCDEF.yaml", "kit (1).yaml"])
def test_a_copy_of_a_file_is_told_and_blocks_nothing(session: LiveSession, name: str) -> None:
    sounds = session.file.parent / "sounds"
    shutil.copy(sounds / "kit.yaml", sounds / name)
    event = session.save(TEXT.replace("220", "330"))
    session.stop()
    assert event.kind == "reloaded"
    assert f"sounds/{name}:2:1: kick: the sound 'kick' is also in sounds/kit.yaml:2, and that one counts" in (
        sentences(event)
    )
    assert len(event.problems) == 4  # three sounds, and a name of vars


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x: {osc: {freq:220}}\ny: {osc: {}}\n", "write a space after ':'"),
        (b"x: {osc: {id: caf\xe9}}\ny: {osc: {}}\n", "the file is not UTF-8"),
        (b"\x00\x01\x02", "a character that no editor shows"),
        (b"- a\n- b\n", "the file is a list"),
        (b"x" * 1_100_000, "more than 1000000"),
    ],
)
def test_a_broken_file_stops_only_what_uses_it(session: LiveSession, content: bytes, words: str) -> None:
    (session.file.parent / "sounds" / "more.yaml").write_bytes(content)
    plays = session.save("my_sound: {osc: {freq: 230, amp: 0.1}}\n")
    assert plays.kind == "reloaded"
    assert [words in sentence for sentence in sentences(plays)] == [True]
    refused = session.save("my_sound: {mix: {one: x, two: hat}}\n")
    session.stop()
    assert refused.kind == "refused"
    assert any(words in sentence for sentence in sentences(refused))


def test_what_is_no_file_is_passed_over(session: LiveSession) -> None:
    sounds = session.file.parent / "sounds"
    os.mkfifo(sounds / "pipe.yaml")
    (sounds / "dead.yaml").symlink_to("nowhere")
    (sounds / "folder.yaml").mkdir()
    event = session.save(TEXT.replace("220", "330"))
    session.stop()
    assert (event.kind, event.problems) == ("reloaded", ())


def test_the_mistake_of_what_plays_comes_first(session: LiveSession) -> None:
    event = session.save("lead: {osc: {freq:220}}\nfar: {osc: {frq: 3}}\nmy_sound: {osc: {freqq: 220}}\n")
    session.stop()
    assert [problem.mark.line for problem in event.problems if problem.mark] == [3, 1, 2]


def test_a_folder_with_sounds_alone(tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", TEXT)
    folder = file.parent
    (folder / "sounds" / "main.yaml").write_text(TEXT)
    file.unlink()
    checked = waves(folder, "check")
    assert checked.returncode == 0, checked.stderr
    assert "no waves.yaml here" in checked.stderr
    listed = waves(folder, "list")
    assert "my_sound" in listed.stdout
    rendered = waves(folder, "render", "my_sound", "--duration", "0.1", "-o", str(tmp_path / "x.wav"))
    assert rendered.returncode == 0, rendered.stderr
    with Play(folder, "my_sound") as play:
        play.wait_for("started")
        (folder / "sounds" / "main.yaml").write_text(TEXT.replace("220", "330"))
        assert play.wait_for("reloaded")["file"] == "main.yaml"
        file.write_text("other: {osc: {freq: 3}}\n")
        assert play.wait_for("reloaded")["file"] == "waves.yaml"


def test_a_folder_without_any_file_of_a_piece_is_none(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / ".hidden.yaml").write_text(TEXT)
    with pytest.raises(Problems, match="no waves.yaml"):
        find_workspace(tmp_path)


@pytest.mark.parametrize("name", ["waves.yml", "wave.yaml", "song.yaml"])
def test_a_file_of_another_name_is_told_with_what_to_do(tmp_path: Path, name: str) -> None:
    file = make_workspace(tmp_path / "piece", TEXT)
    piece = composer_for(file)
    assert piece.compose(SOUNDS)
    file.rename(file.with_name(name))
    told = f"there is '{name}': if that is the piece, rename it to waves.yaml"
    with pytest.raises(Problems, match=f"cannot be read: No such file or directory; {told}"):
        piece.compose(SOUNDS)
    assert any(f"there is '{name}': rename it" in notice for notice in open_workspace(file.parent).notices)
    shutil.rmtree(file.parent / "sounds")
    with pytest.raises(Problems, match=f"no waves.yaml in '.*'; {told}"):
        find_workspace(file.parent)


def test_of_several_files_none_like_waves_yaml_is_taken_for_it(tmp_path: Path) -> None:
    for name in ("mkdocs.yml", "song.yaml", ".hidden.yaml"):
        (tmp_path / name).write_text(TEXT)
    with pytest.raises(Problems, match="`waves new .*` makes one"):
        find_workspace(tmp_path)


def test_a_waves_yaml_that_was_there_is_missed(tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", TEXT)
    piece = composer_for(file)
    assert piece.compose(SOUNDS)
    file.unlink()
    with pytest.raises(Problems, match="cannot be read"):
        piece.compose(SOUNDS)
