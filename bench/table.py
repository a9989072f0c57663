"""Tables of figures with the budget beside each."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table as Grid


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, the figure, its budget; `passed` is None where there is none."""

    what: str
    figure: str
    budget: str = ""
    passed: bool | None = None

    @property
    def word(self) -> str:
        return "" if self.passed is None else "pass" if self.passed else "FAIL"


@dataclass(slots=True)
class Table:
    """Figures of one kind; `note` says how they were got."""

    title: str
    note: str = ""
    figures: list[Figure] = field(default_factory=list)

    def add(self, what: str, figure: str, budget: str = "", passed: bool | None = None) -> None:
        self.figures.append(Figure(what, figure, budget, passed))

    @property
    def failures(self) -> int:
        return sum(figure.passed is False for figure in self.figures)

    def show(self) -> None:
        """To standard output, as plain text where that is no terminal."""
        grid = Grid(box=box.MARKDOWN, title=self.title, title_justify="left", title_style="bold")
        for column, side in (("measured", "left"), ("figure", "right"), ("budget", "left"), ("", "left")):
            grid.add_column(column, justify=side, overflow="fold")  # type: ignore[arg-type]
        for figure in self.figures:
            grid.add_row(figure.what, figure.figure, figure.budget, figure.word)
        console = Console(markup=False, highlight=False, width=None if Console().is_terminal else 120)
        console.print()
        console.print(grid)
        if self.note:
            console.print(self.note)
