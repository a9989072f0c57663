"""A progress bar on standard error, removed at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from waves.app.terminal.suspension import Action, gives_terminal_back
from waves.events.progress import time_left


@contextmanager
def bar(
    label: str, total: float, *around: tuple[Action, Action], counts: bool = False
) -> Iterator[tuple[Callable[[float], None], Action]]:
    """Show a progress bar with the time so far, and the time that is left.

    Yields a function that takes how much of `total` is done, and what stops the program as Ctrl-Z does. `counts`: of
    things, whose numbers are shown. `around`: what else gives the terminal back, as in `gives_terminal_back`.
    """
    console = Console(stderr=True)
    numbers = (MofNCompleteColumn(),) if counts else ()
    times = (TimeElapsedColumn(), _TimeLeft(), TextColumn("left"))
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *numbers, *times)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(label, total=total, at=0.0)

        def advance(done: float) -> None:
            progress.update(task, completed=done, at=progress.tasks[0].elapsed)

        with gives_terminal_back((progress.stop, progress.start), *around) as stop:
            yield advance, stop


@contextmanager
def activity() -> Iterator[Callable[[str], None]]:
    """Show what is done now on standard error, removed at the end; nothing where it is no terminal.

    Yields a function that takes it in words. Nothing else is printed meanwhile.
    """
    if not sys.stderr.isatty():
        yield lambda words: None
        return
    with Console(stderr=True).status("") as status, gives_terminal_back((status.stop, status.start)):
        yield lambda words: status.update(Text(words))


class _TimeLeft(ProgressColumn):
    """The time that is left, which counts down between two steps as well."""

    def render(self, task: Task) -> Text:
        left = time_left(task.elapsed or 0.0, task.fields["at"] or 0.0, task.completed, task.total or 0.0)
        return Text("-:--:--" if left is None else str(timedelta(seconds=round(left))), style="progress.remaining")
