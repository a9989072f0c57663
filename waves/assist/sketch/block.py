"""Sketch of one entry: its items by their indentation, and the values beside them when they are asked for.

    lead:
      mix:
        one: {osc: {freq: 220

is an item `lead` with an item `mix` with an item `one`, whose value is a mapping that is not closed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from waves.assist.sketch.flow import BLOCK_TEXT, DASH, KEY, PLAIN, InlineReader
from waves.assist.sketch.written import Item, Place, Sign, Value, Word

NEEDS_READING = re.compile(r"[{\[\"']")
SIMPLE = re.compile(r"[^#'\"]*")
MOST_SKETCHES = 1024
MOST_LINES = 20_000
DEEPEST = 50  # items inside each other: those beyond stand beside each other


class Sketch:
    """The items of an entry, or of some lines that are none; `comments` are those on lines of their own."""

    def __init__(self, text: str):
        self.lines = text.split("\n")[:MOST_LINES]
        self.comments: list[Sign] = []
        self.root = Item(None, (0, -1), (len(self.lines), 0))
        self.stack = [self.root]
        number = 0
        while number < len(self.lines):
            line = self.lines[number]
            left = line.lstrip()
            if not left:
                number += 1
            elif left[0] == "#":
                self.comments.append(Sign("comment", Word(left.rstrip(), number, len(line) - len(left))))
                number += 1
            else:
                number = self._line(number, line, len(line) - len(left))
        self._leave(-1, len(self.lines))

    @property
    def items(self) -> list[Item]:
        """The items at the left: one for an entry."""
        return self.root.children

    def _leave(self, column: int, line: int, dashes: bool = False) -> None:
        """End the items that are indented as far as `column`, before a line; of those just there only `dashes`."""
        while (top := self.stack[-1]) is not self.root and top.column >= column:
            if dashes and top.column == column and top.key is not None:
                break
            top.end = line, 0
            self.stack.pop()

    def _line(self, number: int, line: str, column: int) -> int:
        """Take the items that begin on a line at a column; the first line that is not read with it."""
        begun: Item | None = None
        while line.startswith("-", column) and DASH.match(line, column):
            self._leave(column, number, dashes=True)
            begun = self._begin(None, (number, column), Word("-", number, column))
            rest = line[column + 1 :]
            column += 1 + len(rest) - len(rest.lstrip())
        if match := KEY.match(line, column):
            self._leave(column, number)
            group = match.lastgroup or "plain"
            key = Word(match[group].rstrip(), number, match.start(group))
            begun = self._begin(key, (number, column), Word(":", number, match.end() - 1))
            rest = line[match.end() :]
            column = match.end() + len(rest) - len(rest.lstrip())
        if begun is not None:
            return self._beside(begun, (number, column)) if column < len(line) else number + 1
        self._leave(column, number)
        top = self.stack[-1]
        plain = line[column] not in "{['\"|>*&!"
        goes_on = not top.starts or self._is_plain(top)
        if top is not self.root and not top.children and goes_on:
            return self._beside(top, (number, column))
        if plain and top is not self.root:
            word = Word(PLAIN.match(line, column)[0].rstrip(), number, column)  # type: ignore[index]
            self._begin(word, (number, column), None)
            return number + 1
        return self._beside(self._begin(None, (number, column), None), (number, column))

    def _begin(self, key: Word | None, place: Place, sign: Word | None) -> Item:
        """A new item below the innermost one that is open."""
        if len(self.stack) > DEEPEST:
            self.stack.pop().end = place
        above = self.stack[-1]
        item = Item(key, place, place, sign, len(above.children), read=self._value)
        above.children.append(item)
        self.stack.append(item)
        return item

    def _is_plain(self, item: Item) -> bool:
        """Whether the value beside an item is text without quotes, which may go on below."""
        line, column = item.starts[0]
        return self.lines[line][column] not in "{['\"|>*&!#"

    def _beside(self, item: Item, place: Place) -> int:
        """Note that a value begins, or goes on, at a place; the first line that is not read with it."""
        number, column = place
        line = self.lines[number]
        if line[column] == "#" and not item.starts:
            self.comments.append(Sign("comment", Word(line[column:].rstrip(), number, column)))
            return number + 1
        item.starts.append(place)
        if line[column] in "|>" and BLOCK_TEXT.match(line, column):
            return self._text_below(item, number + 1)
        if not NEEDS_READING.search(line, column):
            return number + 1
        simple = SIMPLE.match(line, column)
        if simple and simple.end() == len(line):
            part = line[column:]
            if part.count("{") <= part.count("}") and part.count("[") <= part.count("]"):
                return number + 1
        if self._is_plain(item):
            return number + 1
        reader = self._reader(item)
        if (value := reader.read()).kind != "nothing":
            item.known = value
        return max(reader.stop, number + 1)

    def _text_below(self, item: Item, number: int) -> int:
        """Take the lines of a text behind `|` or `>`."""
        while number < len(self.lines):
            line = self.lines[number]
            if line.strip():
                column = len(line) - len(line.lstrip())
                if column <= item.column:
                    break
                item.starts.append((number, column))
            number += 1
        return number

    def _reader(self, item: Item) -> InlineReader:
        return InlineReader(self.lines, item.starts[0], item.column, len(self.lines))

    def _value(self, item: Item) -> Value:
        """The value of an item: what is indented below it, or what stands beside it."""
        beside = self._written_beside(item) if item.starts else Value("nothing", item.begin, item.begin)
        if not item.children:
            if beside.kind == "nothing":
                beside.begin, beside.end = (_behind(item.sign) if item.sign else item.begin), item.end
            return beside
        kinds = [child.key is None and child.sign is not None for child in item.children]
        signs = beside.signs + [Sign("unknown", part) for part in beside.parts if beside.kind != "nothing"]
        if beside.items:
            signs += [Sign("unknown", Word(beside.quote, *beside.begin))]
        first = item.children[0]
        kind = "list" if kinds[0] else "mapping"
        return Value(kind, first.begin, item.end, item.children, anchor=beside.anchor, signs=signs)  # type: ignore[arg-type]

    def _written_beside(self, item: Item) -> Value:
        line, column = item.starts[0]
        if BLOCK_TEXT.match(self.lines[line], column):
            parts = [Word(self.lines[n][c:].rstrip(), n, c) for n, c in item.starts[1:]]
            sign = Sign("punctuation", Word(self.lines[line][column], line, column))
            end = (parts[-1].line, parts[-1].end) if parts else (line, column + 1)
            return Value("scalar", (line, column), end, parts=parts, quote="|", signs=[sign])
        value = self._reader(item).read()
        for number, start in item.starts[1:]:
            text = PLAIN.match(self.lines[number], start)[0].rstrip()  # type: ignore[index]
            value.parts.append(Word(text, number, start))
            value.end = number, start + len(text)
            if comment := self.lines[number][value.end[1] :].strip():
                value.signs.append(Sign("comment", Word(comment, number, self.lines[number].index("#", value.end[1]))))
        return value


def _behind(word: Word) -> Place:
    return word.line, word.end


@lru_cache(MOST_SKETCHES)
def sketch(text: str) -> Sketch:
    """The sketch of the lines of an entry; the same text gives the same object."""
    return Sketch(text)
