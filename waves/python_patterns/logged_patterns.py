"""Patterns of Python in the log of a session: patterns in, plain data out, and back; nothing is run for a replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waves.language.patterns.syntax import PatternError
from waves.language.patterns.told.forms import packed_notes, read_notes
from waves.language.patterns.told.python_pattern import PythonPattern, PythonPatterns
from waves.language.patterns.told.told_notes import NoteBook
from waves.problem import Problem, Problems
from waves.python_patterns.cycle_book import RecordedBook
from waves.python_patterns.pattern_process import Notes


def patterns_to_data(patterns: Mapping[str, PythonPattern], numbers: Mapping[NoteBook, int]) -> list[dict[str, Any]]:
    """Patterns as plain data; `numbers`: those of the functions."""
    found = []
    for one in patterns.values():
        data: dict[str, Any] = {"name": one.name, "file": one.file, "line": one.line, "source": one.source[:1000]}
        if one.book:
            data["function"] = numbers[one.book]
            data["tried"] = {str(cycle): packed_notes([*notes]) for cycle, notes in one.book.tried.items()}
        else:
            data["form"] = one.form
        found.append(data)
    return found


def patterns_from_data(
    entry: Mapping[str, Any], given: Mapping[int, Mapping[int, Notes]], books: dict[int, RecordedBook]
) -> PythonPatterns:
    """The patterns of an entry that was checked. `given`: cycles by number of the function; `books`: those so far."""
    found: dict[str, PythonPattern] = {}
    for one in entry["patterns"]:
        number, book = one.get("function"), None
        if number is not None:
            if number not in books:
                books[number] = RecordedBook(f"{number}", cycles_from_data(one["tried"]), given.get(number, {}))
            book = books[number]
        lines = [""] * (one["line"] - 1) + [one["source"]]
        found[one["name"]] = PythonPattern(one["name"], one["file"], one["line"], lines, "", one.get("form"), book)
    return PythonPatterns(found)


def cycles_from_data(data: Mapping[str, Any]) -> dict[int, Notes]:
    """The notes of cycles. Raises Problems."""
    try:
        return {int(cycle): read_notes(notes) for cycle, notes in data.items()}
    except PatternError as error:
        raise Problems(Problem(f"the notes of a cycle cannot be used: {error.sentence}")) from None
