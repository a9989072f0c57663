"""A pattern with a name in a file of Python, with its place there, as plain data or as a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waves.language.patterns.told.told_notes import NoteBook
from waves.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class PythonPattern:
    """A pattern; `form` is its plain data, or `book` has the notes of its function."""

    name: str
    file: str
    """The name of the file below the piece."""
    line: int
    lines: list[str]
    """Those of the file."""
    about: str = ""
    """The first line of its docstring, or of that of its file."""
    form: Any = None
    book: NoteBook | None = None

    def __repr__(self) -> str:
        """A text that differs for what plays differently."""
        return f"function {self.name} {self.book.key}" if self.book else f"pattern {self.form!r}"

    def __str__(self) -> str:
        """Its place, for a report."""
        return f"in {self.file}"

    @property
    def source(self) -> str:
        """The line of the file that begins it."""
        return self.lines[self.line - 1] if self.line <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class PythonPatterns:
    """The patterns of all files of Python of a piece, by name."""

    patterns: Mapping[str, PythonPattern] = field(default_factory=dict)
    lost: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """By name of a pattern of a file that cannot be used why."""
    problems: tuple[Problem, ...] = ()
    """Those of the files, in their order."""


NO_PYTHON = PythonPatterns()
