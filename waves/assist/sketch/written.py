"""Parts of a text as they are written: words, values, and the items of mappings and lists.

Lines and columns of this room count from 0, in characters; the lines are those of an entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Place = tuple[int, int]
"""A line and a column."""


class Word(NamedTuple):
    """A part of one line. `text` is without quotes; `column` and `end` are those of `text`."""

    text: str
    line: int
    column: int

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.column + len(self.text)

    @property
    def place(self) -> Place:
        """The place where it begins."""
        return self.line, self.column

    def holds(self, place: Place) -> bool:
        """Whether a caret at this place touches it."""
        return place[0] == self.line and self.column <= place[1] <= self.end


SignKind = Literal["comment", "punctuation", "anchor", "text", "unknown"]


class Sign(NamedTuple):
    """A word that is no key and no value: a comment, a bracket, an anchor."""

    kind: SignKind
    word: Word


ValueKind = Literal["nothing", "scalar", "alias", "mapping", "list"]


@dataclass(slots=True, eq=False)
class Value:
    """A value as written. A scalar has one part on each of its lines, an alias its name."""

    kind: ValueKind = "nothing"
    begin: Place = (0, 0)
    end: Place = (0, 0)
    """Behind its last character; of brackets that are never closed, behind all that stands in them."""
    items: list[Item] = field(default_factory=list)
    parts: list[Word] = field(default_factory=list)
    quote: str = ""
    """The quote around a scalar, or `|` before one; the bracket before a mapping or a list."""
    closed: bool = True
    anchor: str = ""
    signs: list[Sign] = field(default_factory=list)
    """All signs in it that belong to none of its items."""

    @property
    def text(self) -> str:
        """The text of a scalar, escapes as they are written."""
        return " ".join(part.text for part in self.parts)

    @property
    def by_key(self) -> dict[str, Item]:
        """The items of a mapping by their key; of two the last one."""
        return {item.key.text: item for item in self.items if item.key}

    def holds(self, place: Place) -> bool:
        """Whether a caret at this place is inside the brackets."""
        return self.begin < place and (place < self.end or (not self.closed and place <= self.end))


@dataclass(slots=True, eq=False)
class Item:
    """A key with its value, or one value of a list. The value is read when it is first asked for."""

    key: Word | None
    begin: Place
    """The place where it begins; in brackets, behind the sign before it."""
    end: Place = (0, 0)
    """The place where the next one begins; in brackets, the sign behind it."""
    sign: Word | None = None
    """The `:` or `-`; None of a key whose `:` is not written yet, and in a list in brackets."""
    index: int = 0
    """Its position among the items."""
    children: list[Item] = field(default_factory=list)
    """Items that are indented below it."""
    starts: list[Place] = field(default_factory=list)
    """The places where the lines of its value begin that stand beside it, or below it without a key."""
    read: Callable[[Item], Value] | None = None
    known: Value | None = None
    folded: bool = False
    """Whether its value stands in brackets of one line and is not read yet."""

    @property
    def is_given(self) -> bool:
        """Whether a value of it was found in the brackets it stands in."""
        return self.known is not None or self.folded

    @property
    def value(self) -> Value:
        """The value, read once."""
        if self.known is None:
            self.known = self.read(self) if self.read else Value(begin=self.end, end=self.end)
        return self.known

    @property
    def name(self) -> str:
        """The key as text, or an empty string."""
        return self.key.text if self.key else ""

    @property
    def column(self) -> int:
        """The column that it is indented to."""
        return self.begin[1]
