"""Places of values and of words in the texts of a piece: their file, line and columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.language.model.patterned.heard.played_notes import WrittenWord
from waves.language.text.document import Document, Entry
from waves.language.text.yaml_values import YamlValue
from waves.problem import Mark

RANGE = re.compile(r"-?\d+\s*\.\.\s*-?\d+")
BLOCK_TEXT = ("|", ">")


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A part of one line of a file; line and column count from 1, in characters."""

    file: str
    line: int
    column: int
    length: int


Documents = Mapping[Path, Document]


def span_of(documents: Documents, path: Sequence[str | int], key: bool = False) -> TextSpan | None:
    """The part of a line that a value (or its key) is written in; None for what is not written there."""
    sound, *steps = path
    for document in documents.values():
        entry = document.entries.get(str(sound))
        if entry and written_at(entry, steps):
            mark = entry.mark(steps, key)
            rest = entry.source(mark)[mark.column - 1 :]
            return TextSpan(document.name, mark.line, mark.column, _length(rest, key))
    return None


def value_at(documents: Documents, path: Sequence[str | int]) -> YamlValue | None:
    """The value at a path; None for what is not written there."""
    sound, *steps = path
    entries = (document.entries.get(str(sound)) for document in documents.values())
    return next((value for entry in entries if entry and (value := written_at(entry, steps))), None)


def written_at(entry: Entry, steps: Sequence[str | int]) -> YamlValue | None:
    """The value at a path in an entry."""
    value: Any = entry.value
    for step in steps:
        if isinstance(value.content, str):
            return None
        try:
            value = value.content[step]
        except (LookupError, TypeError):
            return None
    return value  # type: ignore[no-any-return]


def word_span(documents: Documents, word: WrittenWord) -> TextSpan | None:
    """The part of a line that a word of a pattern is written in; None where the text says it in another way."""
    path = (word.place.origin.name, *word.place.path)
    if not word.text:
        return span_of(documents, path)
    for document in documents.values():
        if (entry := document.entries.get(str(path[0]))) and (value := written_at(entry, path[1:])):
            return _word_in(document.name, entry, path[1:], value, word)
    return None


def _word_in(
    file: str, entry: Entry, path: Sequence[str | int], value: YamlValue, word: WrittenWord
) -> TextSpan | None:
    """The place of a word in the text of a value at a path."""
    column = word.column
    if isinstance(value.content, list):  # a lane whose entries are read as `[a] [b]`
        for k, one in enumerate(value.content):
            column -= 1
            size = len(str(one.content))
            if 0 <= column < size:
                return _word_in(file, entry, (*path, k), one, word._replace(column=column))
            column -= size + len("] ")
        return None
    if value.content is None or isinstance(value.content, dict):
        return None
    text = str(value.content)
    several = RANGE.match(text, column)
    if not several and not text.startswith(word.text, column):
        return None
    length = len(several[0] if several else word.text)
    places = _letters(entry, entry.mark(path), text[: column + length])
    if len(places) < column + length:
        return None
    (line, first), (last_line, last) = places[column], places[-1]
    return TextSpan(file, line + 1, first + 1, last + 1 - first) if line == last_line else None


def _letters(entry: Entry, mark: Mark, text: str) -> list[tuple[int, int]]:
    """Line and column, from 0, of each letter of a text in its file; up to one that is written in another way.

    White space of a text of several lines stands for any in the file.
    """
    line, column = mark.line - 1, mark.column - 1
    opened = entry.lines[line][column : column + 1]
    if opened in BLOCK_TEXT:
        line, column = line + 1, 0
    elif opened in ("'", '"'):
        column += 1
    found: list[tuple[int, int]] = []
    may_skip = opened in BLOCK_TEXT
    for letter in text:
        if letter.isspace():
            found.append((line, column))
            may_skip = True
            continue
        while may_skip and line < len(entry.lines) and not entry.lines[line][column : column + 1].strip():
            line, column = (line, column + 1) if column < len(entry.lines[line]) else (line + 1, 0)
        if line >= len(entry.lines) or entry.lines[line][column : column + 1] != letter:
            break
        found.append((line, column))
        column, may_skip = column + 1, False
    return found


def _length(text: str, key: bool) -> int:
    """Characters of the first value in the rest of a line: up to the quote, bracket, comma or comment that ends it."""
    if not text:
        return 0
    if text[0] in "'\"":
        end = text.find(text[0], 1)
        return end + 1 if end > 0 else len(text)
    if text[0] in "[{":
        depth = 0
        for column, letter in enumerate(text):
            depth += (letter in "[{") - (letter in "]}")
            if not depth:
                return column + 1
        return len(text)
    marks = (":",) if key else (",", "]", "}", " #")
    ends = [place for mark in marks if (place := text.find(mark)) >= 0]
    return len(text[: min(ends, default=len(text))].rstrip())
