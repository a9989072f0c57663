"""`waves history`: lists the versions that were played, and writes one into the files."""

from __future__ import annotations

import time
from pathlib import Path

from waves.app.terminal.messages import show_problems
from waves.app.terminal.tables import table
from waves.live.history.restoring import history_of, restore_version
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problem, printable


def list_versions(folder: Path) -> None:
    """Print one line for each version, the newest last."""
    history = history_of(find_workspace(folder))
    rows = [
        [str(one.number), time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.time)), printable(one.change)]
        for one in history.all()
    ]
    print(table(rows) if rows else "nothing has been played yet")
    if history.damaged:
        show_problems(
            [Problem(f"lines of the history that are damaged and left out: {history.damaged}", level="warning")]
        )


def show_restored(number: int, folder: Path) -> None:
    """Write the files of a version, and print what was done. Raises Problems."""
    for sentence in restore_version(number, folder):
        print(printable(sentence))
