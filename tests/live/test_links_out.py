"""Links that lead out of a folder that is not trusted: nothing is read through them, and one sentence says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.harness.command import waves
from waves.live.history.restoring import restore_version
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.trust import trust
from waves.problem import Problems

SECRET = "secret: {osc: {freq: 1234}}\n"
SENTENCE = "cannot be read: it is a link that leads outside the folder, which is not trusted; `waves trust "


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A piece that nobody trusts, beside a folder with secrets."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    root, outside = tmp_path / "set", tmp_path / "outside"
    (outside / "sounds").mkdir(parents=True)
    root.mkdir()
    for file in (outside / "secret.yaml", outside / "sounds" / "a.yaml", outside / "sounds" / "b.yaml"):
        file.write_text(SECRET.replace("secret", file.stem))
    (outside / "config.py").write_text("BPM = 90.0\n")
    (root / "waves.yaml").write_text("my_sound: {osc: {freq: 220, amp: 0.1}}\n")
    return root


def link(root: Path, name: str, target: str) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("waves.yaml", "../outside/secret.yaml"),
        ("sounds", "../outside/sounds"),
        ("sounds/x.yaml", "../../outside/secret.yaml"),
        ("sounds/x.yaml", "/etc/hostname"),
    ],
)
def test_files_of_the_piece(root: Path, name: str, target: str) -> None:
    link(root, name, target)
    piece, problems = open_workspace(root).composer().read()
    [problem] = problems
    assert str(problem).startswith(f"{name}:1:1: {SENTENCE}") and not problem.source
    assert set(piece.sounds) <= {"my_sound"}
    with pytest.raises((OSError, Problems)):
        open_workspace(root).composer().file_texts()
    inside, none = open_workspace(root, trust=True).composer().read()
    assert not [one for one in none if "link" in str(one)] and len(inside.sounds) >= 1


def test_settings(root: Path) -> None:
    link(root, "config.py", "../outside/config.py")
    with pytest.raises(Problems, match=f"^config.py:1:1: {SENTENCE}"):
        open_workspace(root)
    assert open_workspace(root, trust=True).settings.BPM == 90.0
    trust(root)
    assert open_workspace(root).settings.BPM == 90.0


def test_links_inside_are_fine(root: Path) -> None:
    (root / "versions").mkdir()
    (root / "versions" / "one.yaml").write_text("my_sound: {osc: {freq: 330}}\n")
    (root / "more").mkdir()
    (root / "more" / "kit.yaml").write_text("kick: {osc: {freq: 55}}\n")
    (root / "values.py").write_text("BPM = 80.0\n")
    link(root, "waves.yaml", "versions/one.yaml")
    link(root, "sounds", str(root / "more"))
    link(root, "config.py", "values.py")
    opened = open_workspace(root)
    piece, problems = opened.composer().read()
    assert (set(piece.sounds), problems, opened.settings.BPM) == ({"my_sound", "kick"}, [], 80.0)


def test_a_restore_shows_nothing_of_what_lies_outside(root: Path) -> None:
    assert waves(root, "play", "--device", "silent", "--plain", "--duration", "0.1").returncode == 0
    link(root, "sounds/x.yaml", "../../outside/secret.yaml")
    with pytest.raises(Problems, match="it is a link that leads outside"):
        restore_version(1, root)
    assert not any(b"1234" in file.read_bytes() for file in (root / ".waves").rglob("*") if file.is_file())


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("kind", ["zero", "pipe", "circle"])
@pytest.mark.parametrize("name", ["waves.yaml", "sounds/x.yaml", "config.py"])
def test_what_is_no_file_never_hangs(root: Path, name: str, kind: str, trusted: bool) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "zero" else path.name)
    try:
        piece, problems = open_workspace(root, trust=trusted).composer().read()
    except Problems as found:
        piece, problems = None, found.problems
    assert all("defect" not in problem.sentence for problem in problems)
    assert piece is None or set(piece.sounds) == {"my_sound"}
