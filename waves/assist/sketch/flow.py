"""Values that stand beside their key: brackets, quotes and plain text, closed or not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from waves.assist.sketch.written import Item, Place, Sign, SignKind, Value, ValueKind, Word

KEY = re.compile(
    r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^']|'')*)')[ \t]*:(?=\s|$)
      | (?P<plain>(?:[^\s\#&*!|>'"%@`{}\[\],?:-]|[-?:](?=\S))(?:[^:\#]|:(?=\S)|(?<=\S)\#)*?):(?=\s|$)""",
    re.VERBOSE,
)
DASH = re.compile(r"-(?=\s|$)")
PLAIN = re.compile(r"(?:[^#]|(?<=\S)#)*")
PROPERTY = re.compile(r"([&!])(\S*)\s*")
BLOCK_TEXT = re.compile(r"[|>][-+0-9]*\s*(#.*)?$")

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>(?<!\S)\#.*)
      | (?P<open>[{\[])
      | (?P<close>[}\]])
      | (?P<comma>,)
      | (?P<colon>:(?=[\s,\[\]{}]|$))
      | (?P<quote>["'])
      | (?P<property>[&!][^\s,\[\]{}]*)
      | (?P<alias>\*[^\s,\[\]{}]*)
      | (?P<plain>[^\s,\[\]{}](?:[^\s,\[\]{}:\#]|:(?![\s,\[\]{}]|$)|(?<=\S)\#|[ \t]+(?=[^\s\#]))*)""",
    re.VERBOSE,
)
QUOTED = {'"': re.compile(r'(?:[^"\\]|\\.)*(?=")'), "'": re.compile(r"(?:[^']|'')*(?='(?!'))")}
UNTIL_BRACKET = re.compile(r"[^\]}]*")
OPENING = {"}": "{", "]": "["}
FOLDED = 6  # brackets inside each other that are passed over as one
DEEPEST = 50  # brackets inside each other: those beyond mean nothing
OPEN = (0, 0)
"""End of an item that is not ended yet."""


def _closed(levels: int) -> str:
    """Pattern of brackets that are closed on their line, with no sign inside behind which a bracket may be none."""
    inside = f"|{_closed(levels - 1)}" if levels > 1 else ""
    content = rf"""(?>[^{{}}\[\]"'&\#]++|(?<=\S)\#{inside})*+"""
    return rf"\{{{content}\}}|\[{content}\]"


CLOSED = re.compile(_closed(FOLDED))


class InlineReader:
    """Reads one value from the place where it begins; brackets end where a line cannot belong to them any more."""

    def __init__(self, lines: Sequence[str], first: Place, indent: int, last: int):
        """`indent`: column of the item that has the value; `last`: the line before which all of it ends."""
        self.lines, self.indent, self.last = lines, indent, last
        self.line, self.column = first
        self.first = first
        self.stack: list[Value] = []
        self.signs: list[Sign] = []
        self.anchor = ""
        self.closed = True
        """Whether all brackets are closed."""

    def read(self) -> Value:
        """The value; afterwards `line` and `column` are behind it, and behind a comment that follows."""
        text = self.lines[self.line]
        while match := PROPERTY.match(text, self.column):
            self._property(Word(match[1] + match[2], self.line, self.column))
            self.column = match.end()
        begin = self.line, self.column
        sign = text[self.column : self.column + 1]
        if sign in ("{", "["):
            value = self._brackets()
        elif sign in ("'", '"'):
            parts = self._quoted(sign, False)
            value = Value("scalar", begin, (self.line, self.column), parts=parts, quote=sign)
        elif sign == "*":
            word = Word(PLAIN.match(text, self.column + 1)[0].rstrip(), self.line, self.column + 1)  # type: ignore[index]
            self.column = word.end
            value = Value("alias", begin, (self.line, word.end), parts=[word])
        elif sign and sign != "#":
            word = Word(PLAIN.match(text, self.column)[0].rstrip(), self.line, self.column)  # type: ignore[index]
            self.column = word.end
            value = Value("scalar", begin, (self.line, word.end), parts=[word])
        else:
            value = Value("nothing", begin, begin)
        value.anchor = value.anchor or self.anchor
        if value.closed:
            self._rest()
        value.signs += self.signs
        return value

    @property
    def stop(self) -> int:
        """The first line that does not belong to the value."""
        return self.line + self.closed

    def _rest(self) -> None:
        """Take a comment behind the value, and anything else that cannot be told."""
        text = self.lines[self.line] if self.line < self.last else ""
        while match := TOKEN.match(text, self.column):
            if match.lastgroup != "space":
                kind: SignKind = "comment" if match.lastgroup == "comment" else "unknown"
                self.signs.append(Sign(kind, Word(match[0], self.line, self.column)))
            self.column = match.end()

    def _property(self, word: Word) -> None:
        """Take an anchor, or a tag, which means nothing."""
        is_anchor = word.text.startswith("&")
        self.signs.append(Sign("anchor" if is_anchor else "unknown", word))
        if is_anchor:
            self.anchor = word.text[1:]

    def _quoted(self, quote: str, in_brackets: bool) -> list[Word]:
        """The parts of a text whose opening quote is at the place of the reader."""
        self._sign("punctuation", quote)
        text = self.lines[self.line]
        if match := QUOTED[quote].match(text, self.column):
            part = Word(match[0], self.line, self.column)
            self.column = match.end()
            self._sign("punctuation", quote)
            return [part]
        if end := self._closing_line(quote):
            parts = []
            while self.line < end:
                parts.append(self._part(text[self.column :]))
                self.line, self.column = self.line + 1, 0
                text = self.lines[self.line]
            self.column = len(text) - len(text.lstrip())
            match = QUOTED[quote].match(text, self.column)
            parts.append(self._part(match[0] if match else ""))
            self.column = parts[-1].column + len(match[0] if match else "")
            self._sign("punctuation", quote)
            return parts
        rest = text[self.column :]
        if in_brackets and (match := UNTIL_BRACKET.match(rest)):
            rest = match[0]
        part = self._part(rest)
        self.column += len(rest)
        return [part]

    def _part(self, text: str) -> Word:
        left = text.lstrip() if self.column == 0 else text
        return Word(left.rstrip(), self.line, self.column + len(text) - len(left))

    def _closing_line(self, quote: str) -> int:
        """The line on which a quote is closed that is open at the end of this one; 0 if it seems to be forgotten.

        The first line below with an odd number of quotes closes it, unless a line with a pair of them comes before.
        """
        for number in range(self.line + 1, self.last):
            if count := self.lines[number].count(quote):
                return number if count % 2 and QUOTED[quote].match(self.lines[number].lstrip()) else 0
            if not self.lines[number].strip() or self._ends_brackets(self.lines[number]):
                return 0
        return 0

    def _sign(self, kind: SignKind, text: str) -> None:
        """Take a sign at the place of the reader."""
        signs = self.stack[-1].signs if self.stack else self.signs
        signs.append(Sign(kind, Word(text, self.line, self.column)))
        self.column += len(text)

    def _ends_brackets(self, line: str) -> bool:
        """Whether a line begins an item beside, or above, the one that the brackets belong to."""
        column = len(line) - len(line.lstrip())
        return column <= self.indent and bool(KEY.match(line, column) or DASH.match(line, column))

    def _brackets(self) -> Value:
        """The value of brackets, with everything in them."""
        outermost = self._open(self.lines[self.line][self.column])
        while self.stack:
            match = TOKEN.match(self.lines[self.line], self.column)
            if match:
                self._token(match.lastgroup or "", match[0])
                continue
            self.line, self.column = self.line + 1, 0
            if self.line >= self.last or self._ends_brackets(self.lines[self.line]):
                self.closed = False
                while self.stack:
                    self._end((self.line, 0))
        return outermost

    def _token(self, kind: str, text: str) -> None:
        """Take the next part of what stands in brackets."""
        here, top = (self.line, self.column), self.stack[-1]
        match kind:
            case "open" if len(self.stack) >= DEEPEST:
                self._sign("unknown", text)
            case "open":
                item = self._item(top)
                if end := self._closing_column():
                    item.folded, item.read = True, self._unfolded
                    item.starts.append(here)
                    self.column = end
                else:
                    item.known = self._open(text)
            case "close":
                self._close(text)
            case "comma":
                if not top.quote:  # a mapping with one item, in a list
                    self._end(here)
                    top = self.stack[-1]
                if (last := self._last(top)) is not None:
                    last.end = here
                self._sign("punctuation", ",")
                top.end = self.line, self.column
            case "colon":
                self._colon(top)
            case "comment":
                self._sign("comment", text)
            case "property":
                self._property(Word(text, self.line, self.column))
                self.column += len(text)
            case "alias":
                word = Word(text[1:], self.line, self.column + 1)
                self.column = word.end
                self._value(top, Value("alias", here, word_end(word), parts=[word]))
            case "quote":
                parts = self._quoted(text, True)
                self._value(top, Value("scalar", here, (self.line, self.column), parts=parts, quote=text))
            case "plain":
                word = Word(text.rstrip(), self.line, self.column)
                self.column = word.end
                self._value(top, Value("scalar", here, word_end(word), parts=[word]))
            case _:
                self.column += len(text)

    def _unfolded(self, item: Item) -> Value:
        """The value of an item whose brackets are closed on their line."""
        return InlineReader(self.lines, item.starts[0], self.indent, self.last)._brackets()

    def _closing_column(self) -> int:
        """The column behind the bracket that closes the one at the place of the reader; 0: it must be read to be told.

        Most lines of a long `{ }` are read no further, so that an edit in it costs a quarter.
        """
        if self.anchor or len(self.stack) + FOLDED > DEEPEST:
            return 0
        match = CLOSED.match(self.lines[self.line], self.column)
        return match.end() if match else 0

    def _open(self, bracket: str) -> Value:
        """Begin a collection at the place of the reader."""
        kind: ValueKind = "mapping" if bracket == "{" else "list"
        value = Value(kind, (self.line, self.column), OPEN, quote=bracket, closed=False, anchor=self.anchor)
        self.anchor = ""
        self.stack.append(value)
        self._sign("punctuation", bracket)
        return value

    def _close(self, bracket: str) -> None:
        """End the innermost collection that this bracket can close, and those inside it."""
        here = self.line, self.column
        if all(value.quote != OPENING[bracket] for value in self.stack):
            self._sign("unknown", bracket)
            return
        while self.stack[-1].quote != OPENING[bracket]:
            self._end(here)
        value = self.stack[-1]
        self._sign("punctuation", bracket)
        self._end(here)
        value.end, value.closed = (self.line, self.column), True

    def _end(self, place: Place) -> None:
        """End the innermost collection, and its last item, before `place`."""
        value = self.stack.pop()
        if (last := self._last(value)) is not None:
            last.end = place
        value.end = place

    def _last(self, top: Value) -> Item | None:
        """The item of a collection that is not ended yet."""
        return top.items[-1] if top.items and top.items[-1].end == OPEN else None

    def _item(self, top: Value) -> Item:
        """The item of a collection to which the next word belongs; one is begun where it cannot belong to the last."""
        begin = top.begin[0], top.begin[1] + 1
        if top.end != OPEN:  # behind the comma
            begin = top.end
        if (last := self._last(top)) is not None:
            if not last.is_given:
                return last
            last.end = begin = self.line, self.column
        top.items.append(Item(None, begin, OPEN, index=len(top.items)))
        return top.items[-1]

    def _value(self, top: Value, value: Value) -> None:
        """Put a scalar or an alias into a collection: a key, a value, or more of one."""
        last = self._last(top)
        known = last.known if last else None
        if known and known.kind == value.kind == "scalar" and not (known.quote or value.quote):
            known.parts += value.parts  # plain text over several lines
            known.end = value.end
            return
        value.anchor, self.anchor = self.anchor, ""
        item = self._item(top)
        if top.kind == "mapping" and item.sign is None and value.kind == "scalar":
            if item.key is not None:  # two words without a sign between them
                item.end = value.begin
                item = Item(None, value.begin, OPEN, index=len(top.items))
                top.items.append(item)
            item.key = value.parts[0]
        else:
            item.known = value

    def _colon(self, top: Value) -> None:
        """Take a `:`; in a list the word before it is the key of a mapping with one item."""
        word, last = Word(":", self.line, self.column), self._last(top)
        if top.kind == "list":
            if last and last.known and last.known.kind == "scalar":
                key = last.known.parts[0]
                inner = Item(key, last.begin, OPEN, sign=word)
                last.known = Value("mapping", key.place, OPEN, items=[inner])
                self.stack.append(last.known)
        elif last is None or last.sign or last.is_given:
            self._item(top).sign = word
        else:
            last.sign = word
        self._sign("punctuation", ":")


def word_end(word: Word) -> Place:
    """The place behind a word."""
    return word.line, word.end
