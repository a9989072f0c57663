"""The entries of a text: where each begins and ends, its name, and its sketch when it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from waves.assist.sketch.block import Sketch, sketch
from waves.language.text.document import NAME
from waves.language.text.file_lines import BEGINS_ENTRY, DOCUMENT_MARK

MOST_TEXTS = 32


@dataclass(frozen=True, slots=True, eq=False)
class EntryText:
    """The lines of a text from `first` to before `last`, counted from 0, that are an entry; `name` may be empty."""

    name: str
    first: int
    last: int
    text: str

    @property
    def sketch(self) -> Sketch:
        """Its items; the lines in them are counted from `first`."""
        return sketch(self.text)


class FileText:
    """A text as lines and entries. What stands before the first entry belongs to none.

    Lines end as the reader of the language has them; a byte order mark is not counted.
    """

    def __init__(self, text: str):
        self.lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        begins = BEGINS_ENTRY.match
        starts = [k for k, line in enumerate(self.lines) if begins(line) and not DOCUMENT_MARK.match(line)]
        self.entries = [self._entry(first, last) for first, last in pairwise([*starts, len(self.lines)])]
        self._starts = starts

    def _entry(self, first: int, last: int) -> EntryText:
        match = NAME.match(self.lines[first])
        return EntryText(match[2] if match else "", first, last, "\n".join(self.lines[first:last]))

    def entry_at(self, line: int) -> EntryText | None:
        """The entry that a line, from 0, belongs to."""
        k = bisect_right(self._starts, line) - 1
        return self.entries[k] if k >= 0 else None

    def between(self, first: int, last: int) -> Iterator[EntryText]:
        """The entries with a line from `first` to `last`, both included."""
        for entry in self.entries[max(0, bisect_right(self._starts, first) - 1) :]:
            if entry.first > last:
                return
            if entry.last > first:
                yield entry


@lru_cache(MOST_TEXTS)
def file_text(text: str) -> FileText:
    """The lines and entries of a text; the same text gives the same object."""
    return FileText(text)
