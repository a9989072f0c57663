"""Trust: whether the Python files of a workspace may run, as the user decided."""

from __future__ import annotations

import json
import os
from pathlib import Path

from waves.live.workspace.shipped_files import PACKAGE, checkout_folder
from waves.private_folder import user_folder
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import FOR_OWNER, write_whole


def is_trusted(folder: Path, package: Path = PACKAGE) -> bool:
    """Whether the Python in a workspace may run: the user allowed it, or it is the checkout of waves."""
    root = folder.resolve()
    return root == checkout_folder(package) or str(root) in _trusted()


def trust(folder: Path) -> None:
    """Allow the Python in a workspace to run, from now on. Raises Problems when that cannot be saved."""
    file = trust_file()
    folders = sorted({*_trusted(), str(folder.resolve())})
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, json.dumps(folders, indent=1).encode(), FOR_OWNER)
    except OSError as error:
        raise Problems(Problem(f"cannot write '{error.filename}': {reason_of(error)}")) from None


def trust_file() -> Path:
    """The list of the folders that the user allowed; it need not exist."""
    return user_folder() / "trusted.json"


def _trusted() -> list[str]:
    """Folders that the user allowed; none if others may write the list, or if it cannot be read."""
    file = trust_file()
    try:
        if os.name == "posix" and file.stat().st_mode & 0o022:
            return []
        folders = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in folders if isinstance(name, str)] if isinstance(folders, list) else []
