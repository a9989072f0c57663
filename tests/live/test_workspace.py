"""The files of a workspace are found, its code runs only when allowed, its paths stay inside."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.harness.paths import TOP as ROOT
from waves.app.commands.replay import find_session
from waves.app.setup.new import new_workspace
from waves.language.text.document import read_document
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.live.workspace.settings import Settings, read_settings
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.trust import is_trusted, trust
from waves.live.workspace.workspace import (
    PathError,
    Workspace,
    find_workspace,
    reachable_folders,
    safe_path,
    workspace_at,
)
from waves.problem import Problems


@pytest.fixture(autouse=True)
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "config-home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    return home


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "set"
    (root / "samples").mkdir(parents=True)
    (root / "waves.yaml").write_text("")
    (root / "samples" / "kick.wav").write_text("")
    return find_workspace(root)


def test_a_folder_that_cannot_be_reached_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for folder in (tmp_path / "circle", tmp_path / ("x" * 300), Path("~nobody-of-this-name")):
        for open_folder in (workspace_at, new_workspace, lambda folder: find_session("last", folder)):
            with pytest.raises(Problems, match="cannot (be opened|be read|write)"):
                open_folder(folder)


def test_folders_in_settings_that_cannot_be_reached_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 3}}\n")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "there").mkdir()
    names = ["~nobody-of-this-name", "circle", "x" * 300, "a\0b", "there", "not_yet"]
    assert reachable_folders(tmp_path, names) == [tmp_path / "there", tmp_path / "not_yet"]
    for setting in ("SAMPLE_FOLDERS", "WATCH_DIRS"):
        (tmp_path / "config.py").write_text(f"{setting} = {names}\n")
        opened = open_workspace(tmp_path, trust=True)
        assert opened.left_out == [f"{setting}: there is no folder '{name}'" for name in names if name != "there"]
    with pytest.raises(PathError, match="there is no file"):
        safe_path(opened.workspace, "samples/x.wav", names)


def test_only_waves_yaml_is_needed(workspace: Workspace) -> None:
    root = workspace.root
    assert workspace == Workspace(root, None, root / "samples")
    assert workspace.files() == [root / "waves.yaml"]


def test_everything_is_found(workspace: Workspace) -> None:
    root = workspace.root
    for folder in ("sounds", "sounds/deep", "sounds/folder.yaml", "nodes"):
        (root / folder).mkdir()
    for name in (
        "config.py",
        "sounds/b.yaml",
        "sounds/a.yaml",
        "sounds/.c.yaml",
        "sounds/d.txt",
        "sounds/deep/e.yaml",
    ):
        (root / name).write_text("")
    found = find_workspace(root)
    assert found.files() == [root / "waves.yaml", root / "sounds" / "a.yaml", root / "sounds" / "b.yaml"]
    assert (found.config, found.nodes) == (root / "config.py", root / "nodes")


def test_a_folder_without_waves_yaml(tmp_path: Path) -> None:
    with pytest.raises(Problems, match=r"there is no folder '.*nowhere'; `waves new .*nowhere` makes one"):
        find_workspace(tmp_path / "nowhere")


def test_the_library_is_found_in_the_checkout_and_in_the_package(tmp_path: Path) -> None:
    assert library_folder("nodes") == ROOT / "nodes"
    assert library_folder("demo") == ROOT
    assert library_folder("presets") == ROOT / "presets"
    package = tmp_path / "site-packages" / "waves"
    package.mkdir(parents=True)
    with pytest.raises(Problems, match="install it again"):
        library_folder("nodes", package)
    for part in ("nodes", "demo"):
        (package / "_library" / part).mkdir(parents=True)
    (package.parent / "nodes").mkdir()
    (package.parent / "pyproject.toml").write_text("")
    assert library_folder("nodes", package) == package / "_library" / "nodes"
    assert library_folder("demo", package) == package / "_library" / "demo"
    assert not is_trusted(package.parent, package), "what lies beside an installed package is no checkout"


def test_trust_is_given_to_one_folder_and_kept_from_others(workspace: Workspace, config_home: Path) -> None:
    assert is_trusted(ROOT)
    assert not is_trusted(workspace.root)
    trust(workspace.root)
    assert is_trusted(workspace.root)
    assert is_trusted(workspace.root / "samples" / "..")
    assert not is_trusted(workspace.root / "samples")
    assert not is_trusted(workspace.root.parent)
    [file] = config_home.rglob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    trust(workspace.root / "samples")
    assert is_trusted(workspace.root)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "{}", "3", "[1, null]", '"/"', "\xff"])
def test_a_broken_list_of_trust_trusts_nothing(workspace: Workspace, config_home: Path, text: str) -> None:
    trust(workspace.root)
    [file] = config_home.rglob("*.json")
    file.write_text(text, "latin-1")
    assert not is_trusted(workspace.root)
    assert not is_trusted(Path("/"))
    trust(workspace.root)
    assert is_trusted(workspace.root)


def test_a_list_of_trust_that_others_can_write_is_not_believed(workspace: Workspace, config_home: Path) -> None:
    trust(workspace.root)
    [file] = config_home.rglob("*.json")
    file.chmod(0o666)
    assert not is_trusted(workspace.root)


def test_a_new_workspace(tmp_path: Path) -> None:
    made = new_workspace(tmp_path / "sets" / "first")
    assert is_trusted(made.root)
    assert sorted(path.name for path in made.root.iterdir()) == [
        "config.py",
        "nodes",
        "samples",
        "waves.yaml",
    ]
    assert made == find_workspace(made.root)
    assert read_settings(made.config) == Settings()
    assert "my_sound" in read_document(made.files()[0].read_text(), "waves.yaml").entries


@pytest.mark.parametrize("name", ["waves.yaml", "config.py", "nodes", "samples"])
def test_a_new_workspace_touches_no_file(tmp_path: Path, name: str) -> None:
    root = tmp_path / "set"
    root.mkdir()
    (root / name).write_text("mine")
    with pytest.raises(Problems, match=f"{name}' is already there; nothing was changed"):
        new_workspace(root)
    assert [path.name for path in root.iterdir()] == [name]
    assert (root / name).read_text() == "mine"
    assert not is_trusted(root)


def test_paths_inside(workspace: Workspace, tmp_path: Path) -> None:
    kick = workspace.root / "samples" / "kick.wav"
    assert safe_path(workspace, "samples/kick.wav") == kick
    assert safe_path(workspace, "samples") == kick.parent
    assert safe_path(workspace, "samples/../samples/kick.wav") == kick
    assert safe_path(workspace, str(kick)) == kick
    (kick.parent / "again.wav").symlink_to("kick.wav")
    assert safe_path(workspace, "samples/again.wav") == kick


def test_paths_in_sample_folders(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "drums" / "808").mkdir(parents=True)
    clap = tmp_path / "drums" / "808" / "clap.wav"
    clap.write_text("")
    link = workspace.root / "samples" / "clap.wav"
    link.symlink_to(clap)
    for folder in ("~/drums", str(tmp_path / "drums"), "../drums"):
        assert safe_path(workspace, "808/clap.wav", ["/nowhere", folder]) == clap
        assert safe_path(workspace, "samples/clap.wav", [folder]) == clap, "a link to an allowed folder"
        assert safe_path(workspace, str(clap), [folder]) == clap
    with pytest.raises(PathError, match="outside the workspace"):
        safe_path(workspace, "samples/clap.wav")


@pytest.mark.parametrize(
    "text", ["/etc/hostname", "../secret.wav", "samples/../../secret.wav", "link.wav", "linked/secret.wav"]
)
def test_paths_outside(workspace: Workspace, text: str) -> None:
    (workspace.root.parent / "secret.wav").write_text("")
    (workspace.root / "link.wav").symlink_to("../secret.wav")
    (workspace.root / "linked").symlink_to("..")
    with pytest.raises(PathError, match="outside the workspace; SAMPLE_FOLDERS in config.py allows further folders"):
        safe_path(workspace, text)


@pytest.mark.parametrize("text", ["samples/none.wav", "a\0b", "x" * 5000, "circle.wav", "waves.yaml/x.wav", "~/x.wav"])
def test_paths_to_nothing(workspace: Workspace, text: str) -> None:
    (workspace.root / "circle.wav").symlink_to("circle.wav")
    with pytest.raises(PathError, match="there is no file"):
        safe_path(workspace, text)


@pytest.mark.parametrize("made", ["text", "dangling", "outside"])
def test_only_what_can_be_played_is_suggested(workspace: Workspace, made: str) -> None:
    samples = workspace.root / "samples"
    (workspace.root.parent / "secret.wav").write_text("")
    if made == "text":
        (samples / "bells.txt").write_text("")
    else:
        (samples / "bells.wav").symlink_to("gone.wav" if made == "dangling" else "../../secret.wav")
    for text in ("samples/bells.wav", "samples/bels.wav"):
        with pytest.raises(PathError) as error:
            safe_path(workspace, text)
        assert "did you mean" not in str(error.value)


def test_a_similar_name_is_suggested(workspace: Workspace) -> None:
    with pytest.raises(PathError, match=r"there is no file 'samples/kik.wav'; did you mean 'samples/kick.wav'\?$"):
        safe_path(workspace, "samples/kik.wav")
    (workspace.root.parent / "secret.wav").write_text("")
    with pytest.raises(
        PathError, match=r"there is no file '../secre.wav' in the folder of the piece or in SAMPLE_FOLDERS$"
    ):
        safe_path(workspace, "../secre.wav")


def test_what_is_no_file(workspace: Workspace) -> None:
    os.mkfifo(workspace.root / "pipe.wav")
    with pytest.raises(PathError, match="'pipe.wav' is not a file"):
        safe_path(workspace, "pipe.wav")
    with pytest.raises(PathError, match="'/dev/zero' is not a file"):
        safe_path(workspace, "/dev/zero", ["/dev"])


def test_a_folder_is_no_suggestion_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("a: {osc: {}}\n")
    (tmp_path / "nodes").mkdir()
    with pytest.raises(PathError) as error:
        safe_path(find_workspace(tmp_path), "nope.wav")
    assert "did you mean" not in str(error.value)


def test_a_folder_called_waves_yaml_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").mkdir()
    with pytest.raises(Problems, match="'waves.yaml' in '.*' is a folder, and no file; move it away"):
        find_workspace(tmp_path)


@pytest.mark.parametrize("what", ["the folder", "its files"])
def test_sounds_that_may_not_be_looked_at_are_told_and_the_rest_plays(tmp_path, monkeypatch, what):
    folder, listdir, status = tmp_path / "sounds", os.listdir, Path.stat
    folder.mkdir()
    (folder / "x.yaml").write_text("x: {osc: {}}\n")
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {}}\n")

    def listed(path: Any = ".") -> list[str]:
        if what == "the folder" and path == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listdir(path)

    def looked(path: Path, **options: Any) -> os.stat_result:
        if what == "its files" and path.parent == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return status(path, **options)

    monkeypatch.setattr(os, "listdir", listed)
    monkeypatch.setattr(Path, "stat", looked)
    piece, [told] = open_workspace(tmp_path).composer().read()
    name = "sounds" if what == "the folder" else "sounds/x.yaml"
    assert list(piece.sounds) == ["my_sound"] and str(told).startswith(f"{name}:1:1: cannot be read: ")
    (tmp_path / "waves.yaml").unlink()
    _, told = open_workspace(tmp_path).composer().read()
    assert str(told[0]).startswith(f"{name}:1:1: cannot be read: "), "and not that there is no piece"


def test_an_empty_file_names_the_way_back_to_its_text(tmp_path: Path) -> None:
    (tmp_path / "waves.yaml").write_text("")
    versions = tmp_path / ".waves" / "history" / "versions.jsonl"
    [without] = check_piece(open_workspace(tmp_path))[0]
    versions.parent.mkdir(parents=True)
    versions.write_text("")
    [told] = check_piece(opened := open_workspace(tmp_path))[0]
    assert "history" not in without.sentence
    assert told.sentence.endswith(
        "; `waves history` lists what was played, and `waves history restore NUMBER` writes it"
    )
    for read in (lambda: opened.composer().choose([]), lambda: opened.composer().compose([("my_sound", {})])):
        with pytest.raises(Problems) as found:
            read()
        assert found.value.problems == [told]
