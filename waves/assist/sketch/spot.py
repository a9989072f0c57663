"""The place of a caret in a sketch: the items around it, and what it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from waves.assist.sketch.block import Sketch
from waves.assist.sketch.written import Item, Place, Value, Word


@dataclass(frozen=True, slots=True)
class Spot:
    """A caret: the items around it from the outermost on, and where it is in the last of them.

    `key`: at its key, or where a key may begin that it is. `value`: in its value, or where that may begin.
    `inside`: in its value, which is a collection, between the items of that. `comment`: in a comment, or beside a sign
    where nothing can be written.
    """

    path: tuple[Item, ...]
    where: Literal["key", "value", "inside", "comment"]
    word: Word | None = None
    """The key, or the part of the scalar, that the caret touches."""
    quote: str = ""
    """The quote around the word."""


def spot_at(sketch: Sketch, place: Place) -> Spot:
    """The spot of a caret at a line and a column, both from 0."""
    if any(word.line == place[0] and word.column < place[1] for _, word in sketch.comments):
        return Spot((), "comment")
    line = sketch.lines[place[0]] if place[0] < len(sketch.lines) else ""
    return _below((sketch.root,), place, not line.strip())


def _below(path: tuple[Item, ...], place: Place, is_blank: bool) -> Spot:
    """The spot among the items that are indented below the last one of a path."""
    items = path[-1].children
    before = [item for item in items if item.begin <= place]
    if not before:
        return Spot(path[1:], "inside")
    item = before[-1]
    inner = (*path, item)
    if place[0] == item.begin[0] or _beside(item, place):
        return _at_item(inner, place)
    if is_blank and place[1] <= item.column:
        return Spot(path[1:], "inside")
    if item.children:
        return _below(inner, place, is_blank)
    return Spot(inner[1:], "value" if item.starts else "inside")


def _beside(item: Item, place: Place) -> bool:
    """Whether a place is on the lines of what stands beside an item."""
    if any(line == place[0] for line, _ in item.starts):
        return True
    value = item.known if item.starts and not item.children else None
    return value is not None and value.begin[0] <= place[0] and (place < value.end or place[0] == value.end[0])


def _at_item(path: tuple[Item, ...], place: Place) -> Spot:
    """The spot on a line of an item, or in the brackets that it holds."""
    item = path[-1]
    if item.key and (item.sign is None or place <= item.sign.place):
        return Spot(path[1:], "key", item.key)
    if item.children and item.children[0].begin <= place and item.children[0].begin[0] == place[0]:
        return _below(path, place, False)
    value = item.value
    if item.children and place < value.begin:
        return Spot(path[1:], "inside")
    return _in_value(path, value, place)


def _in_value(path: tuple[Item, ...], value: Value, place: Place) -> Spot:
    if any(kind == "comment" and word.line == place[0] and word.column < place[1] for kind, word in value.signs):
        return Spot((), "comment")
    if value.kind in ("mapping", "list") and value.quote:
        return _in_brackets(path, value, place) if value.holds(place) else Spot(path[1:], "comment")
    if value.kind == "mapping" and value.items:  # one item in a list
        return _at_item((*path, value.items[0]), place)
    word = next((part for part in value.parts if part.holds(place)), None)
    if word is None and value.parts and place > value.begin and value.quote != "|":
        is_behind = place[1] > value.parts[-1].end and place[0] == value.parts[-1].line
        word = value.parts[-1] if is_behind and not value.quote else None
    if word is None and value.quote in ("'", '"'):
        return Spot(path[1:], "comment")
    return Spot(path[1:], "value", word, value.quote if word else "")


def _in_brackets(path: tuple[Item, ...], value: Value, place: Place) -> Spot:
    """The spot in brackets: in the item between the signs around it, or where one may begin."""
    for item in value.items:
        if item.begin <= place <= item.end:
            inner = (*path, item)
            if value.kind == "mapping" and (item.sign is None or place <= item.sign.place):
                if item.is_given and item.value.holds(place):
                    return _in_value(inner, item.value, place)
                return Spot(inner[1:], "key", item.key)
            return _in_value(inner, item.value, place)
    return Spot(path[1:], "inside")
