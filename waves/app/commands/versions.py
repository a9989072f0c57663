"""`waves history`: lists the versions that were played, and writes one into the files."""

from __future__ import annotations

import time
from pathlib import Path

from waves.app.terminal.tables import table
from waves.live.history.archive import FOLDER
from waves.live.history.versions import Versions
from waves.live.workspace.workspace import Workspace, find_workspace
from waves.problem import Problem, Problems, printable
from waves.whole_file import write_whole


def list_versions(folder: Path) -> None:
    """Print one line for each version, the newest last."""
    rows = [
        [str(one.number), time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.time)), printable(one.change)]
        for one in history_of(find_workspace(folder)).all()
    ]
    print(table(rows) if rows else "nothing has been played yet")


def show_restored(number: int, folder: Path) -> None:
    """Write the files of a version, and print what was done. Raises Problems."""
    for sentence in restore_version(number, folder):
        print(printable(sentence))


def restore_version(number: int, folder: Path) -> list[str]:
    """Write the files of a version, each whole or not at all; the present ones are kept as a version first.

    Returns sentences that say what was done. Raises Problems.
    """
    workspace = find_workspace(folder)
    history = history_of(workspace)
    texts = history.texts(number)
    try:
        present = {
            path.relative_to(workspace.root).as_posix(): path.read_bytes().decode("utf-8", "surrogateescape")
            for path in workspace.files
        }
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


def history_of(workspace: Workspace) -> Versions:
    """The versions of a workspace. Raises Problems."""
    history = Versions(workspace.root / FOLDER / "history")
    try:
        history.refresh()
    except OSError as error:
        raise Problems(Problem(f"the versions cannot be read: {error.strerror}")) from None
    return history
