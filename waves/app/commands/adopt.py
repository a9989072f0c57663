"""`waves adopt`: takes over what was kept of a piece by somebody else, on another computer, or with another key."""

from __future__ import annotations

from pathlib import Path

from waves.live.history.adoption import adopt
from waves.live.workspace.workspace import find_workspace
from waves.problem import printable


def adopt_kept(folder: Path) -> None:
    """Take over the folders that were set aside, and print what was taken. Raises Problems."""
    for sentence in adopt(find_workspace(folder).root):
        print(printable(sentence))
