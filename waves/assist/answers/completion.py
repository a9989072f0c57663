"""Completion: everything that may be written at a caret, ranked for the word that is begun there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from waves.assist.answers import candidates
from waves.assist.answers.candidates import Candidates
from waves.assist.answers.desk import Desk
from waves.assist.answers.items import Item, item
from waves.assist.meaning.piece_names import Surroundings
from waves.assist.meaning.role import Role
from waves.assist.sketch.entries import EntryText
from waves.assist.sketch.spot import Spot, spot_at
from waves.assist.sketch.written import Item as Written
from waves.assist.sketch.written import Value
from waves.language.model.step_notation import step_words

MOST_ITEMS = 200
NAME = re.compile(r"\$?[\w#]*")
BEFORE = re.compile(r"\$?[\w#]*$")
OUTPUT = re.compile(r"\$([\w#]+)\.\w*$")
CALL = re.compile(r"([a-z_]\w*)\(\[?[^()]*$")
NEW = Written(None, (0, 0))
"""An item of a list that is not written yet."""
LISTS = ("signals", "values", "numbers", "steps")
KEYED = ("entry", "signal", "step", "template", "parameters", "settings")


@dataclass(frozen=True, slots=True)
class Completion:
    """The items for the text from `start` to `end` of a line; all count from 1, `end` is behind the last character."""

    line: int
    start: int
    end: int
    items: list[Item]


def complete(text: str, line: int, column: int, around: Surroundings) -> Completion:
    """The completion at a caret: `column` is that of the character behind it. Any text and place are taken.

    Items that begin with the word before the caret come first, then those that have it or its letters in them;
    among these, the likely ones for the place come first. There are at most 200.
    """
    desk = Desk(text, around)
    line = min(max(line, 1), len(desk.file.lines))
    written = desk.file.lines[line - 1]
    column = min(max(column, 1), len(written) + 1)
    return _Place(desk, line, written, column - 1).completion()


class _Place:
    """A caret in a line; its column counts from 0."""

    def __init__(self, desk: Desk, line: int, written: str, column: int):
        self.desk, self.line, self.written, self.column = desk, line, written, column

    def completion(self) -> Completion:
        """The items at the caret."""
        before = self.written[: self.column]
        if re.fullmatch(r"\w*", before) and re.match(r"\w|\s*$", self.written):
            is_named = ":" in self.written  # an entry has its name already
            return self._found(self._word(), () if is_named else candidates.entries(self.desk))
        entry = self.desk.file.entry_at(self.line - 1)
        return self._in_entry(entry) if entry else self._found("", [])

    def _in_entry(self, entry: EntryText) -> Completion:
        spot = spot_at(entry.sketch, (self.line - 1 - entry.first, self.column))
        if spot.where == "comment" or not spot.path:
            return self._found("", [])
        roles, values = self.desk.roles.of_path(spot.path)
        if spot.where == "key":
            return self._key(spot, roles, values)
        role, value = roles[-1], values[-1]
        if spot.where == "inside":
            return self._inside(role, value)
        if value.kind == "alias":
            anchors = self.desk.names.anchors(self.desk.around.name)
            return self._found(self._word(), (item(name, "anchor") for name in anchors))
        below = self._is_below(spot)
        if below and role.form in KEYED and role.form != "step" and not spot.quote:
            return self._found(self._word(), Candidates(self.desk, role).keys(None, ": ", False))
        return self._value(role, spot)

    def _key(self, spot: Spot, roles: list[Role], values: list[Value]) -> Completion:
        """The completion of a key, or before one that stands behind the caret."""
        item, value = spot.path[-1], values[-2]
        node = roles[-2].node
        given = {name: one for name, one in node.given.items() if one is not item}  # a name in full is offered still
        holder = replace(roles[-2], names=roles[-1].names, node=replace(node, given=given))
        if item.key and self.column < item.key.column:
            before = Candidates(self.desk, holder).keys(value, ": , ", True) if value.quote else ()
            return self._found("", before)
        begun = item.key.text[: self.column - item.key.column] if item.key else ""
        if not re.fullmatch(r"\w*", begun) or item.name == "<<":
            return self._found("", [])
        others = [one for one in value.items if one is not item]
        rest = Value(value.kind, items=others, quote=value.quote, anchor=value.anchor)
        after = "" if item.sign else ": "
        is_node = item.sign is None or values[-1].kind in ("mapping", "nothing")
        found = Candidates(self.desk, holder, values[-1].by_key, is_node)
        return self._found(self._word(), found.keys(rest, after, bool(value.quote)))

    def _is_below(self, spot: Spot) -> bool:
        """Whether the caret is on a line of its own below the key."""
        item = spot.path[-1]
        return item.sign is not None and item.key is not None and self._line_of(item.begin[0]) < self.line

    def _line_of(self, line: int) -> int:
        entry = self.desk.file.entry_at(self.line - 1)
        return line + 1 + (entry.first if entry else 0)

    def _inside(self, role: Role, value: Value) -> Completion:
        """The completion between the items of a collection."""
        found = Candidates(self.desk, role)
        if value.kind == "list" or (value.kind == "nothing" and role.form in LISTS):
            inner = Candidates(self.desk, self.desk.roles.of_item(role, Value("list"), NEW))
            items = self._scalars(inner, "", "")
            if not value.quote:
                items = (replace(one, insert=f"- {one.insert}", caret=one.caret + 2) for one in items)
            return self._found("", items)
        return self._found("", found.keys(value, ": ", bool(value.quote)))

    def _value(self, role: Role, spot: Spot) -> Completion:
        """The completion in the value of a key or of a list."""
        before = self.written[: self.column]
        if role.form == "step":
            text = before[spot.word.column :] if spot.word else ""
            _, words = list(step_words(text))[-1]
            is_first = not words or (len(words) == 1 and not text[-1:].isspace())
            word = "" if not words or text[-1:].isspace() else words[-1].text
            is_only = spot.path[-1].value.text.strip() == word
            items = Candidates(self.desk, role).step(word, "" if is_first else words[0].text, is_only)
            return self._found(word, items, set(" ,[]{}'\""))
        if role.form in ("steps", "pattern"):
            text = before[spot.word.column :] if spot.word else ""
            first, _, word = re.search(r"(?:([\w-]+):)?((?:[\w.=#-]*:)*)([\w.=#~-]*)$", text).groups()  # type: ignore[union-attr]
            items = Candidates(self.desk, role).step(word, first or "", False)
            return self._found(word, items, set(" ,:[]{}<>|*'\""))
        if role.form in ("transform", "lane"):
            word = self._word()
            return self._found(word, Candidates(self.desk, role).values(word))
        if role.form in ("words", "flag", "boundary", "metre", "file name", "reference", "output", "entry"):
            part = spot.word or next(iter(spot.path[-1].value.parts), None)
            start = min(part.column, self.column) if spot.word and part else self.column
            end = part.end if part and self._line_of(part.line) == self.line else self.column
            word = before[start:]
            return self._found(word, Candidates(self.desk, role).values(word), None, start, max(end, self.column))
        match = BEFORE.search(before)
        word = match[0] if match else ""
        if output := OUTPUT.search(before):
            id = self.desk.names.id_target(output[1], role.inside)
            return self._found(word, Candidates(self.desk, role).outputs(id))
        if word[:1].isdigit() or before[: len(before) - len(word)].endswith("."):
            return self._found(word, [])
        start = spot.word.column if spot.word else self.column
        alone = not before[start : len(before) - len(word)].strip() and not spot.quote
        call = CALL.search(before[start:])
        found = Candidates(self.desk, role)
        behind = self.written[self.column :]
        behind = behind[NAME.match(behind).end() :]  # type: ignore[union-attr]
        if behind.lstrip().startswith("("):
            return self._found(word, found.functions(""))
        return self._found(word, self._scalars(found, word, call[1] if call else "", alone))

    def _scalars(self, found: Candidates, word: str, call: str, alone: bool = True) -> Iterator[Item]:
        """The values of a place; with `alone` also nodes, which are not part of an expression."""
        if found.role.form == "step":
            yield from found.step(word, "", True)
            return
        is_part = found.role.form == "signal" and found.role.bare
        if alone and is_part:
            yield from found.bare()
        yield from found.values(word, call)
        if alone and not is_part:
            yield from found.bare()

    def _word(self) -> str:
        """The part of a name before the caret."""
        match = re.search(r"[\w$]*$", self.written[: self.column])
        return match[0] if match else ""

    def _found(
        self, word: str, items: Iterable[Item], stops: set[str] | None = None, start: int = -1, end: int = -1
    ) -> Completion:
        """The items that fit the word before the caret; they replace it, and what follows of it."""
        start = start if start >= 0 else self.column - len(word)
        if end < 0:
            end = self.column
            while end < len(self.written) and (
                self.written[end] not in stops if stops else NAME.fullmatch(self.written[end])
            ):
                end += 1
        chosen = ranked(word, items)
        if self.written[start - 1 : start] == ":" and start == self.column:
            chosen = [replace(one, insert=f" {one.insert}", caret=one.caret + 1) for one in chosen]
        return Completion(self.line, start + 1, end + 1, chosen)


def ranked(word: str, items: Iterable[Item]) -> list[Item]:
    """The items that fit a word, each label once: those that begin with it, have it in them, have its letters.

    After them come nodes of which an alias begins with it, unless they are there by their own name; each once.
    """
    fitting: list[list[Item]] = [[], [], [], []]
    aliases: list[Item] = []
    labels: set[str] = set()
    lower = word.lower()
    for one in items:
        if one.kind == "node" and one.detail:
            aliases += [one] if lower and one.label.startswith(lower) else []
        elif one.label not in labels and (rank := _rank(lower, one.label.lower())) is not None:
            labels.add(one.label)
            fitting[rank].append(one)
    others = {one.detail: one for one in reversed(aliases) if not labels & {one.label, one.detail}}
    return [*(one for group in fitting for one in group), *reversed(others.values())][:MOST_ITEMS]


def _rank(word: str, label: str) -> int | None:
    plain = label.removeprefix("$")
    if label.startswith(word) or plain.startswith(word):
        return 0
    if f"_{word}" in label:
        return 1
    if word in label:
        return 2
    letters = iter(label)
    return 3 if label[:1] == word[:1] and all(letter in letters for letter in word) else None
