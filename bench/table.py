"""Tables of results, each with its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table as Grid

WIDTH, COLUMN = 120, 20  # characters without a terminal: of the table, of a column at least


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: the measurement, its result, a budget; `passed` is None without a budget."""

    cells: tuple[str, ...]
    passed: bool | None = None

    @property
    def word(self) -> str:
        """`pass`, `FAIL` or nothing."""
        return "" if self.passed is None else "pass" if self.passed else "FAIL"


@dataclass(slots=True)
class Table:
    """Results of one kind; `note` says how they were measured."""

    title: str
    note: str = ""
    columns: Sequence[str] = ("measured", "figure", "budget")
    figures: list[Figure] = field(default_factory=list)

    def add(self, what: str, figure: str, budget: str = "", passed: bool | None = None) -> None:
        """Append a row of the default columns."""
        self.row((what, figure, budget), passed)

    def row(self, cells: tuple[str, ...], passed: bool | None = None) -> None:
        """Append a row."""
        self.figures.append(Figure(cells, passed))

    @property
    def failures(self) -> int:
        """How many budgets are exceeded."""
        return sum(figure.passed is False for figure in self.figures)

    @property
    def markdown(self) -> str:
        """The table as Markdown: text to the left, numbers to the right."""
        cells = [figure.cells for figure in self.figures]
        numbers = [all(cell[:1].isdigit() for cell in column if cell) for column in zip(*cells, strict=True)]
        rows = [tuple(self.columns), tuple("---:" if number else "---" for number in numbers), *cells]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)

    def show(self) -> None:
        """Print it; as plain text if standard output is not a terminal."""
        grid = Grid(box=box.MARKDOWN, title=self.title, title_justify="left", title_style="bold")
        for column in (*self.columns, ""):
            side = "right" if column == "figure" else "left"
            grid.add_column(column, justify=side, overflow="fold")  # type: ignore[arg-type]
        for figure in self.figures:
            grid.add_row(*figure.cells, figure.word)
        width = max(WIDTH, len(self.columns) * COLUMN)
        console = Console(markup=False, highlight=False, width=None if Console().is_terminal else width)
        console.print()
        console.print(grid)
        if self.note:
            console.print(self.note)
