"""`waves new`: makes a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path

from waves.live.workspace.new_workspace import new_workspace
from waves.problem import printable


def make_workspace(path: Path) -> None:
    """Make a folder with a small piece, and print how to play it. Raises Problems."""
    new_workspace(path)
    print(printable(f"made {path}; to play it: waves play --dir {shlex.quote(str(path))}"))
