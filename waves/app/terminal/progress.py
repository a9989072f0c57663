"""A progress bar on standard error, removed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from waves.app.terminal.suspension import Action, gives_terminal_back


@contextmanager
def bar(
    label: str, total: float, *around: tuple[Action, Action], counts: bool = False
) -> Iterator[tuple[Callable[[float], None], Action]]:
    """Show a progress bar with the time so far, and the time that is left at the speed so far.

    Yields a function that takes how much of `total` is done, and what stops the program as Ctrl-Z does. `counts`: of
    things, whose numbers are shown. `around`: what else gives the terminal back, as in `gives_terminal_back`.
    """
    console = Console(stderr=True)
    numbers = (MofNCompleteColumn(),) if counts else ()
    times = (TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("left"))
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *numbers, *times)
    with Progress(*columns, console=console, transient=True, speed_estimate_period=600.0) as progress:
        task = progress.add_task(label, total=total)
        with gives_terminal_back((progress.stop, progress.start), *around) as stop:
            yield lambda done: progress.update(task, completed=done), stop
