"""A progress bar on standard error, removed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from waves.app.terminal.suspension import gives_terminal_back


@contextmanager
def bar(label: str, total: float) -> Iterator[Callable[[float], None]]:
    """Show a progress bar; yields a function that takes how much of `total` is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(label, total=total)
        with gives_terminal_back((progress.stop, progress.start)):
            yield lambda done: progress.update(task, completed=done)
