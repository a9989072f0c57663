"""Colours of a text: its words and signs, each with a kind."""

from __future__ import annotations

from dataclasses import dataclass

from waves.assist.answers.desk import Desk
from waves.assist.meaning.mark import Kind
from waves.assist.meaning.piece_names import Surroundings


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign; `line` and `column` count from 1, in characters."""

    line: int
    column: int
    length: int
    kind: Kind


def tokens(text: str, around: Surroundings, first_line: int = 1, last_line: int | None = None) -> list[Token]:
    """The tokens on the lines from `first_line` to `last_line`, in order; without one those of the whole text.

    No two of them overlap, and only blanks are between them, but in texts that mean nothing. Only the entries on these
    lines are read, the others as far as names need it. Any text is taken.

        tokens("tone: {osc: {freq: c4}}", around)     # entry, punctuation ..., node ..., parameter ..., note ...

    The kinds are listed at `waves.assist.meaning.marks.Kind`.
    """
    desk = Desk(text, around)
    last = len(desk.file.lines) if last_line is None else last_line
    found: dict[tuple[int, int], Token] = {}
    for entry in desk.file.between(first_line - 1, last - 1):
        first, end = first_line - 1 - entry.first, last - 1 - entry.first
        for mark in desk.marks.of_entry(around.name, entry, range(max(first, 0), end + 1)):
            word = mark.word
            if word.text and first <= word.line <= end:
                token = Token(entry.first + word.line + 1, word.column + 1, len(word.text), mark.kind)
                found.setdefault((token.line, token.column), token)
    starts = desk.file.entries[0].first if desk.file.entries else len(desk.file.lines)
    for number in range(first_line - 1, min(last, starts)):
        line = desk.file.lines[number]
        if stripped := line.strip():
            column = line.index(stripped)
            kind: Kind = "comment" if stripped.startswith("#") else "unknown"
            found[number + 1, column + 1] = Token(number + 1, column + 1, len(stripped), kind)
    return [found[place] for place in sorted(found)]
