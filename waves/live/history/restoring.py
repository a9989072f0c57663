"""Restores a version: its texts go into the files of the piece, whose present texts are kept as a version first."""

from __future__ import annotations

import stat
from pathlib import Path

from waves.live.history.versions import Versions
from waves.live.kept.kept_files import find_kept, open_kept
from waves.live.workspace.workspace import Workspace, find_workspace, workspace_at
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import write_whole


def restore_version(number: int, folder: Path) -> list[str]:
    """Write the files of a version, each whole or not at all; the present ones are kept as a version first.

    Only `waves.yaml` and files of `sounds/` are written, and nothing through a link. Returns sentences that say what
    was done. Raises Problems.
    """
    workspace = workspace_with_history(folder)
    texts = history_of(workspace).texts(number)
    try:
        history = Versions(open_kept(workspace.root)[0])
        present = texts_of_files(workspace)
        changed = {name: text for name, text in texts.items() if present.get(name) != text}
        for name in changed:
            refuse_links(workspace.root, name)
        kept = history.add(present, kept=not history.find(present)) if present else 0
        history.write()
        for name, text in changed.items():
            file = workspace.root / name
            file.parent.mkdir(exist_ok=True)
            write_whole(file, text.encode("utf-8", "surrogateescape"), follow=False)
    except OSError as error:
        raise Problems(Problem(f"cannot write '{error.filename}': {reason_of(error)}")) from None
    others = [f"{name} is not part of version {number} and stays as it is" for name in present.keys() - texts.keys()]
    before = f"their text before is kept as version {kept}" if kept else "there were none"
    return [f"version {number} is in the files; {before}", *others]


def workspace_with_history(folder: Path) -> Workspace:
    """The workspace in a folder, also where its files were deleted and their versions are kept. Raises Problems."""
    workspace = workspace_at(folder)
    return workspace if workspace.has_history() else find_workspace(folder)


def texts_of_files(workspace: Workspace) -> dict[str, str]:
    """The texts of the files of a piece, by name of the file. Raises OSError."""
    texts = {}
    for path in workspace.files():
        data = workspace.allowed(path).read_bytes()
        texts[path.relative_to(workspace.root).as_posix()] = data.decode("utf-8", "surrogateescape")
    return texts


def refuse_links(root: Path, name: str) -> None:
    """Check that no part of the path `name` in the folder `root` is a link, or something else than it should be.

    Raises Problems.
    """
    parts = Path(name).parts
    for count in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:count])
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        is_right = stat.S_ISREG(mode) if count == len(parts) else stat.S_ISDIR(mode)
        if not is_right:
            kind = "a link" if stat.S_ISLNK(mode) else "not what it should be"
            raise Problems(Problem(f"cannot write '{path}': it is {kind}; nothing was changed"))


def history_of(workspace: Workspace) -> Versions:
    """The versions of a workspace. Raises Problems."""
    history = Versions(find_kept(workspace.root))
    try:
        history.refresh()
    except OSError as error:
        raise Problems(Problem(f"the versions cannot be read: {reason_of(error)}")) from None
    return history
