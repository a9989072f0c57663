"""An entry that was edited in one place: only the smallest part around the edit is read again, or its number alone.

A part is a name of a block mapping with its value, on lines of its own. The lines around it are the same as before,
so they mean the same, as long as the part alone is one name with a value, and nothing in the entry reaches over lines
by other means: anchors, merged parameters, names that are written twice. In all other cases the entry is read whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from operator import is_
from typing import Any, NamedTuple

from waves.language.text.changed_number import other_number, with_number
from waves.language.text.file_lines import MAX_DEPTH
from waves.language.text.yaml_reader import MAX_VALUES, YamlReader
from waves.language.text.yaml_values import EntryPath, YamlValue

FAR_REACHING = re.compile(r"&\S|<<|(^|[\s\[{,:-])\*[^\s*]|^\s*[?%]|[|>][-+\d]*\s*(#.*)?$", re.MULTILINE)
"""Anchors, aliases, merged parameters, long keys, text over several lines."""


class Part(NamedTuple):
    """A name with its value in the lines of an entry, counted from 0, from `first` to before `last`."""

    path: EntryPath
    first: int
    last: int
    column: int


class Edited(NamedTuple):
    """An entry after the edit. What did not change is the same object in `data`."""

    value: YamlValue
    data: Any


def edited(
    reader: YamlReader, text: str, value: YamlValue, data: Any, now: str, first: int, shift: int
) -> Edited | None:
    """The value and data of an entry whose text was `text` and is `now`; None if it must be read whole.

    `value` and `data` are those of `text`. The entry begins at line `first` of the file that `reader` reads, and
    `shift` lines after the lines that are written in `value`; those of the result are counted like these.

        text    {a: 1\n  b: 2}      now     {a: 1\n  b: 3}: only the line of `b` is read
    """
    if _reaches_far(text) or _reaches_far(now):
        return None
    count = reader.count
    found = _edited(reader, text, value, data, now, first, shift)
    reader.count = count + found.value.size if found else count
    return found if reader.count <= MAX_VALUES else None


@lru_cache(maxsize=64)
def _reaches_far(text: str) -> bool:
    return bool(FAR_REACHING.search(text))


def _edited(
    reader: YamlReader, text: str, value: YamlValue, data: Any, now: str, first: int, shift: int
) -> Edited | None:
    before, after = text.split("\n"), now.split("\n")
    top = first - shift
    if (other := other_number(before, after)) and (
        found := with_number(value, data, other._replace(line=other.line + top))
    ):
        return Edited(*found)
    begin, end = _difference(before, after)
    more = len(after) - len(before)
    part = _smallest(before, value, top, begin, end)
    if part is None:
        return None
    reading = reader.read(first + part.first, first + part.last + more)
    if not reading.is_one_entry or reading.problems or any(reading.doubled.values()):
        return None
    [(name, read)] = reading.entries.items()
    if name != part.path[-1] or read.key != (first + part.first, part.column):
        return None
    if len(part.path) + read.height >= MAX_DEPTH:
        return None
    place = _Splice(top + part.last, more)
    return Edited(place.value(value, part.path, _shifted(read, 0, -shift)), _data(data, part.path, read))


def _difference(before: list[str], after: list[str]) -> tuple[int, int]:
    """The lines of `before`, from the first to before the last, in place of which `after` has others."""
    most = min(len(before), len(after))
    begin = next((k for k in range(most) if before[k] != after[k]), most)
    rest = next((k for k in range(most - begin) if before[-1 - k] != after[-1 - k]), most - begin)
    return begin, len(before) - rest


def _smallest(lines: list[str], value: YamlValue, top: int, begin: int, end: int) -> Part | None:
    """The smallest part that the lines from `begin` to before `end` are in; `top`: the line of the entry in `value`."""
    found: Part | None = None
    path: EntryPath = ()
    inside, last = value, len(lines)
    while isinstance(inside.content, dict) and _is_block(lines, inside, top):
        for part in _parts(lines, inside.content, path, top, last):
            is_inside = part.first <= begin and end <= part.last if begin < end else part.first < begin < part.last
            if is_inside:
                found, path, last = part, part.path, part.last
                inside = inside.content[str(part.path[-1])]
                break
        else:
            return found
    return found


def _is_block(lines: list[str], value: YamlValue, top: int) -> bool:
    """Whether a mapping is written in lines, and not in { }."""
    line, column = value.place
    return lines[line - top][column : column + 1] not in ("{", "[", "*", "&", "!", "")


def _parts(lines: list[str], names: dict[str, YamlValue], path: EntryPath, top: int, last: int) -> Iterator[Part]:
    """The names of a block mapping that begin a line, each up to the next one; `last` ends the mapping."""
    starts = [(*child.key, name) for name, child in names.items()]
    for (line, column, name), (following, _, _) in zip(starts, [*starts[1:], (top + last, 0, "")], strict=True):
        if not lines[line - top][:column].strip(" "):
            yield Part((*path, name), line - top, following - top, column)


class _Splice(NamedTuple):
    """Puts a part in its place; what stands at or after the line `last` was moved by `more` lines."""

    last: int
    more: int

    def value(self, value: YamlValue, path: EntryPath, part: YamlValue) -> YamlValue:
        """The value with a part at `path`."""
        if not path:
            return part
        assert isinstance(value.content, dict)
        name, *rest = path
        content = {
            key: self.value(child, tuple(rest), part) if key == name else _shifted(child, self.last, self.more)
            for key, child in value.content.items()
        }
        size = 1 + sum(child.size for child in content.values())
        return replace(value, content=content, size=size, height=1 + max(c.height for c in content.values()))


def _shifted(value: YamlValue, first: int, lines: int) -> YamlValue:
    """The value, moved by some lines if it begins at or after the line `first`."""
    if not lines or value.key[0] < first:
        return value
    content: Any = value.content
    if isinstance(content, dict):
        content = {key: _shifted(child, first, lines) for key, child in content.items()}
    elif isinstance(content, list):
        content = [_shifted(child, first, lines) for child in content]
    key, place = ((line + lines, column) for line, column in (value.key, value.place))
    return replace(value, content=content, key=key, place=place)


def _data(data: Any, path: EntryPath, part: YamlValue) -> Any:
    """Plain data with a part at `path`; what is the same, in the part too, is the same objects."""
    if not path:
        return kept_data(data, part.data())
    name, *rest = path
    return {key: _data(child, tuple(rest), part) if key == name else child for key, child in data.items()}


def kept_data(before: Any, now: Any) -> Any:
    """Plain data, with the objects of `before` for all in it that is the same at its place; `now` is changed.

        before  {track: {volume: 1, signal: {osc: {}}}}     now     {track: {volume: 2, signal: {osc: {}}}}

    The value of `signal` is the object that it was before.
    """
    if type(before) is not type(now):
        return now
    if isinstance(now, dict):
        for key, child in now.items():
            if key in before:
                now[key] = kept_data(before[key], child)
        is_same = list(before) == list(now) and all(before[key] is child for key, child in now.items())
    elif isinstance(now, list):
        now[: len(before)] = map(kept_data, before, now)
        is_same = len(before) == len(now) and all(map(is_, before, now))
    else:
        is_same = before == now and (before != 0 or str(before) == str(now))  # -0.0 is another number than 0.0
    return before if is_same else now
