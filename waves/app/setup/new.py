"""`waves new`: makes a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path

from waves.live.workspace.new_workspace import new_workspace
from waves.problem import printable


def make_workspace(path: Path, full: bool) -> None:
    """Make a folder with a small piece, and with presets if it is `full`; print how to play it. Raises Problems."""
    new_workspace(path, full)
    there = shlex.quote(str(path))
    print(printable(f"made {path}; to play it: waves play --dir {there}"))
    if full:
        print(printable(f"the presets in its sounds/ are listed by: waves list --dir {there}"))
