"""An entry in which one number was written in place of another: nothing of it is read again but that number.

Where a number stands without quotes, another one means the same for all that stands around it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NamedTuple

from waves.language.text.yaml_scalars import scalar
from waves.language.text.yaml_values import EntryPath, YamlValue

WORD = re.compile(r"[-+.\w]+")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII)


class OtherNumber(NamedTuple):
    """A number in a line, counted from 0, in place of one that was some characters shorter."""

    line: int
    column: int
    was: int | float
    number: int | float
    longer: int


def other_number(before: list[str], after: list[str]) -> OtherNumber | None:
    """The number that differs between the lines of two texts; None if they differ in anything else.

    ["a:", "  b: 0.5  # c"]     ["a:", "  b: 0.75  # c"]    line 1, column 5: 0.75 for 0.5, one character longer
    """
    if len(before) != len(after):
        return None
    differing = [line for line, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    if len(differing) != 1:
        return None
    line = differing[0]
    old, new = before[line], after[line]
    for was in WORD.finditer(old):
        word = WORD.match(new, was.start())
        if word and word[0] == was[0]:
            continue
        if not word or (old[: was.start()], old[was.end() :]) != (new[: was.start()], new[word.end() :]):
            return None
        earlier, number = _number(was[0]), _number(word[0])
        if earlier is None or number is None:
            return None
        return OtherNumber(line, was.start(), earlier, number, len(word[0]) - len(was[0]))
    return None


def _number(word: str) -> int | float | None:
    """The number that a word is; None for any other, and for one that is too large."""
    if not NUMBER.fullmatch(word):
        return None
    try:
        number = scalar(word)
    except ValueError:
        return None
    return number if isinstance(number, int | float) else None


def with_number(value: YamlValue, data: Any, other: OtherNumber) -> tuple[YamlValue, Any] | None:
    """The value and the data of an entry with another number; None if no number of its own stands there."""
    path = _path(value, (other.line, other.column))
    if path is None:
        return None
    found: Any = value
    for step in path:
        found = found.content[step]
    if type(found.content) is not type(other.was) or found.content != other.was:
        return None
    return _replaced(value, path, other), _data(data, path, other.number)


def _path(value: YamlValue, place: tuple[int, int]) -> EntryPath | None:
    """The way to the value at a place; None if no number begins there."""
    path: list[str | int] = []
    while not isinstance(value.content, str | int | float | None):
        content = value.content
        children = content.items() if isinstance(content, dict) else enumerate(content)
        step = None
        for key, child in children:  # in the order of the text
            if child.place > place:
                break
            step, value = key, child
        if step is None:
            return None
        path.append(step)
    return tuple(path) if value.place == place and not isinstance(value.content, bool) else None


def _replaced(value: YamlValue, path: EntryPath, other: OtherNumber) -> YamlValue:
    """The value with the number at the end of a path; what stands behind it in its line is moved."""
    if not path:
        return replace(value, content=other.number)
    step, *rest = path
    content = value.content
    if isinstance(content, dict):
        children = {
            key: _replaced(child, tuple(rest), other) if key == step else _moved(child, other)
            for key, child in content.items()
        }
        return replace(value, content=children)
    assert isinstance(content, list)
    items = [
        _replaced(child, tuple(rest), other) if key == step else _moved(child, other)
        for key, child in enumerate(content)
    ]
    return replace(value, content=items)


def _moved(value: YamlValue, other: OtherNumber) -> YamlValue:
    """The value, moved by as many columns as the number before it in its line is longer."""
    line, column, more = other.line, other.column, other.longer
    if not more or value.key[0] > line or (value.place < (line, 0) and not isinstance(value.content, dict | list)):
        return value
    key, place = (
        (there, at + more) if there == line and at > column else (there, at) for there, at in (value.key, value.place)
    )
    content: Any = value.content
    if isinstance(content, dict):
        content = {name: _moved(child, other) for name, child in content.items()}
    elif isinstance(content, list):
        content = [_moved(child, other) for child in content]
    return replace(value, content=content, key=key, place=place)


def _data(data: Any, path: EntryPath, number: int | float) -> Any:
    """Plain data with a number at the end of a path; the rest of it is the same objects."""
    if not path:
        return number
    step, *rest = path
    if isinstance(data, dict):
        return {key: _data(child, tuple(rest), number) if key == step else child for key, child in data.items()}
    return [_data(child, tuple(rest), number) if key == step else child for key, child in enumerate(data)]
