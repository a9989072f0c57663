"""A pattern with a name in a file of Python, with its place there, as plain data or as a function."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
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

    @property
    def texts(self) -> Mapping[str, tuple[int, int]]:
        """Line and column, both from 0, of each text in its statement, and of others in its file."""
        return texts_of("\n".join(self.lines), self.line)


@lru_cache(maxsize=256)
def texts_of(file: str, line: int) -> Mapping[str, tuple[int, int]]:
    """The first place of each text in quotes in a file of Python; those in the statement at a line come first."""
    try:
        statements = ast.parse(file).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    lines = file.encode(errors="surrogateescape").split(b"\n")
    found: dict[str, tuple[int, int]] = {}
    own = [one for one in statements if one.lineno <= line <= (one.end_lineno or 0)]
    for statement in [*own, *statements]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                before = lines[node.lineno - 1][: node.col_offset].decode(errors="surrogateescape")
                place = node.lineno - 1, len(before)
                found.setdefault(node.value, place)
                found.setdefault(node.value.partition(":")[0], place)
    return found


@dataclass(frozen=True, slots=True)
class PythonPatterns:
    """The patterns of all files of Python of a piece, by name."""

    patterns: Mapping[str, PythonPattern] = field(default_factory=dict)
    lost: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """By name of a pattern of a file that cannot be used why."""
    problems: tuple[Problem, ...] = ()
    """Those of the files, in their order."""


NO_PYTHON = PythonPatterns()
