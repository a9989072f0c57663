"""`waves history`: lists the versions that were played, and writes one into the files."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from waves.app.terminal.messages import show_problems
from waves.app.terminal.tables import table
from waves.live.history.log_reader import refused_saves
from waves.live.history.restoring import history_of, restore_version, texts_of_files, workspace_with_history
from waves.problem import Problem, printable

MOST_REFUSED = 50  # saves that are listed


def list_versions(folder: Path) -> None:
    """Print one line for each version, the newest last; a star marks the one that is in the files."""
    workspace = workspace_with_history(folder)
    history = history_of(workspace)
    same = 0
    with suppress(OSError):
        same = history.find(texts_of_files(workspace))
    versions = list(history.all())
    rows = [
        ["*" if one.number == same else "", str(one.number), clock_of(one.time), printable(one.said)]
        for one in versions
    ]
    print(table(rows) if rows else "nothing has been played yet")
    if same:
        print("* is in the files now")
    said = []
    if damaged := [str(one.number) for one in versions if one.damaged]:
        numbers = ", ".join(damaged)
        said.append(f"cannot be played or restored, as the text in '.waves/texts/' is damaged: version {numbers}")
    if history.damaged:
        said.append(f"lines of the history that are damaged and left out: {history.damaged}")
    show_problems([Problem(sentence, level="warning") for sentence in said])


def list_refused(folder: Path) -> None:
    """Print the newest saves that were refused, each with its problems, the newest last."""
    refused = refused_saves(workspace_with_history(folder).root)
    for one in refused[-MOST_REFUSED:]:
        print(printable(f"{clock_of(one.time)}  {one.change}"))
        for problem in one.problems:
            print(printable(f"    {problem}"))
    if not refused:
        print("no save was refused")
    elif len(refused) > MOST_REFUSED:
        print(f"these are the newest {MOST_REFUSED} of {len(refused)}")


def clock_of(seconds: float) -> str:
    """A time since 1970 as local date and time of day."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def show_restored(number: int, folder: Path) -> None:
    """Write the files of a version, and print what was done. Raises Problems."""
    for sentence in restore_version(number, folder):
        print(printable(sentence))
