"""Restores a version: its texts go into the files of the piece, whose present texts are kept as a version first."""

from __future__ import annotations

from pathlib import Path

from waves.live.history.kept_files import KeptFiles
from waves.live.history.versions import Versions
from waves.live.workspace.workspace import Workspace, find_workspace
from waves.problem import Problem, Problems
from waves.whole_file import write_whole


def restore_version(number: int, folder: Path) -> list[str]:
    """Write the files of a version, each whole or not at all; the present ones are kept as a version first.

    Returns sentences that say what was done. Raises Problems.
    """
    workspace = find_workspace(folder)
    history = history_of(workspace)
    texts = history.texts(number)
    try:
        present = texts_of_files(workspace)
        kept = history.add(present)
        for name, text in texts.items():
            if present.get(name) != text:
                file = workspace.root / name
                file.parent.mkdir(exist_ok=True)
                write_whole(file, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise Problems(Problem(f"cannot write '{error.filename}': {error.strerror}")) from None
    others = [f"{name} is not part of version {number} and stays as it is" for name in present.keys() - texts.keys()]
    return [f"version {number} is in the files; what they said is version {kept}", *others]


def texts_of_files(workspace: Workspace) -> dict[str, str]:
    """The texts of the files of a piece, by name of the file. Raises OSError."""
    texts = {}
    for path in workspace.files:
        data = workspace.allowed(path).read_bytes()
        texts[path.relative_to(workspace.root).as_posix()] = data.decode("utf-8", "surrogateescape")
    return texts


def history_of(workspace: Workspace) -> Versions:
    """The versions of a workspace. Raises Problems."""
    history = Versions(KeptFiles(workspace.root).history)
    try:
        history.refresh()
    except OSError as error:
        raise Problems(Problem(f"the versions cannot be read: {error.strerror}")) from None
    return history
