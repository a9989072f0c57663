"""A text on the desk: its names, roles and marks, and the conversion between its lines and those of the reader."""

from __future__ import annotations

from dataclasses import dataclass

from waves.assist.meaning.mark import Mark
from waves.assist.meaning.marks import Marks
from waves.assist.meaning.piece_names import PieceNames, Surroundings, Target
from waves.assist.meaning.roles import Roles
from waves.assist.sketch.entries import EntryText, FileText


@dataclass(frozen=True, slots=True)
class Range:
    """Part of one line of a file: `line`, `start` and `end` count from 1, in characters; `end` is behind the last."""

    file: str
    line: int
    start: int
    end: int


class Desk:
    """A text and its surroundings, as the answers see them."""

    def __init__(self, text: str, around: Surroundings):
        self.around = around
        self.names = PieceNames(text, around)
        self.roles = Roles(self.names)
        self.marks = Marks(self.roles)

    @property
    def file(self) -> FileText:
        """The text that is asked about."""
        return self.names.files[self.around.name]

    def mark_at(self, line: int, column: int) -> tuple[EntryText, Mark] | None:
        """The mark under a caret, and its entry; of two that touch it the one behind it, and a word before a sign."""
        entry = self.file.entry_at(line - 1)
        if entry is None:
            return None
        place = line - 1 - entry.first, column - 1
        marks = [
            mark
            for mark in self.marks.of_entry(self.around.name, entry, [place[0]])
            if mark.word.text and mark.word.holds(place)
        ]
        if not marks:
            return None
        return entry, min(marks, key=lambda mark: (mark.kind == "punctuation", -mark.word.column))

    def range_of(self, file: str, entry: EntryText, mark: Mark) -> Range:
        """The place of a mark."""
        word = mark.word
        return Range(file, entry.first + word.line + 1, word.column + 1, word.end + 1)

    def written_at(self, target: Target) -> str:
        """The value of a name of the player's as it is written, where that is one text."""
        located = self.names.sounds.get(target.owner)
        if located is None or not 0 <= target.line < len(located.entry.sketch.lines):
            return ""
        line = located.entry.sketch.lines[target.line][target.column :]
        value = line.partition(":")[2].partition(" #")[0]
        cut = min((k for k in (value.find(sign) for sign in ",{}[]") if k >= 0), default=len(value))
        return value[:cut].strip()
