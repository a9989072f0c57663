"""Values with their places, built from the events of the YAML parser; mistakes are collected."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import cached_property
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from waves.language.text.comments import COMMENT_SIGN, comment_elsewhere
from waves.language.text.file_lines import MAX_DEPTH, without_tabs
from waves.language.text.yaml_errors import COMMENT, ROUND_BRACKETS, Place, explained, no_character
from waves.language.text.yaml_scalars import Scalar, scalar
from waves.language.text.yaml_suggestions import PATTERNS, closed_rhythm, oscillator_meant, rhythm_meant, sharp_meant
from waves.language.text.yaml_values import EntryPath, Reading, YamlValue
from waves.problem import Mark, Problem

MAX_VALUES = 100_000  # with every alias written out; also what 1 MB of text may hold
LOOKAHEAD = 200  # characters that are searched behind a value
LINES_AHEAD = 4  # lines that are searched behind a value
FUNCTION = re.compile(r"(?:rand|min|max|pow)\(")  # with two numbers
CALL = re.compile(r"\w\s*\(")
NODE_IN_ROUND_BRACKETS = re.compile(r"\([\w-]+:\s")

COUNTED = re.compile(r"(\d+|\d*\.\d+|\d+/\d+|\d+:\d+):([a-z_]+(?: \S+)?)")
"""A number of a transform without the space behind it, as in `{4:rev}`."""
SPACE_MISSING = re.compile(r"[\w-]+:\S")
BRACKET_WITHOUT_SPACE = re.compile(r"[\w-]+:[{\[]")
TYPOGRAPHIC = "“”„‟‘’‚‹›«»"
NOTE_LETTER = re.compile(r"[a-gA-G]")


class _LimitReached(Exception):
    """The text is too large or too deep: the rest of it is not read."""


class YamlReader:
    """Reads parts of one file; `count` is the number of values in all parts together.

    With `alone`, a part is one entry, and an alias without an anchor makes that entry a shared one. `lost` are anchors
    of entries that are left out of the lines.
    """

    def __init__(self, file: str, lines: list[str], alone: bool = False, lost: Container[str] = ()):
        self.file = file
        self.lines = lines
        self.alone = alone
        self.lost = lost
        self.count = 0

    @cached_property
    def yaml(self) -> YAML:
        """The parser. It looks through folders as it is made, and a number in place of another one needs none."""
        return YAML(typ="safe", pure=True)

    def read(self, first: int, last: int) -> Reading:
        """Read the mapping in the lines from `first` to before `last`, counted from 0."""
        self.first = first
        self.entry = ""
        self.anchors: dict[str, tuple[YamlValue | None, str]] = {}
        self.shared: dict[str, set[str]] = {}
        self.uses_lost: dict[str, set[str]] = {}
        self.doubled: dict[str, dict[EntryPath, str]] = {}
        self.begins: list[tuple[int, str]] = []
        self.problems: list[Problem] = []
        self.brackets: list[int] = []  # for each open flow collection the count of open "("
        self.unspaced = False  # whether a name like "osc:{freq" was found
        entries: dict[str, YamlValue] = {}
        broken = limited = flow = False
        self.events: Iterator[Any] = self.yaml.parse("\n".join(map(without_tabs, self.lines[first:last])) + "\n")
        try:
            for event in self.events:
                if isinstance(event, MappingStartEvent):
                    flow = bool(event.flow_style)
                    entries = self._mapping((), 0)
                elif isinstance(event, (ScalarEvent, SequenceStartEvent, AliasEvent)):
                    self._not_a_mapping(event)
        except MarkedYAMLError as error:
            broken = True
            if not (any(self.brackets) or self.unspaced):  # these have a problem already, which says more
                self.problems += explained(error, self.file, self.lines, first, last, self.entry)
        except (ValueError, OverflowError):
            broken, wrong = True, no_character(self.lines, first, last)
            if wrong is None:
                raise
            self._problem(f"there is no character '{wrong[1]}'", wrong[0], (self.entry,))
        except _LimitReached:
            broken = limited = True
        anchors = self.shared, self.uses_lost
        return Reading(entries, self.problems, *anchors, self.doubled, self.begins, broken, limited, flow)

    def _value(self, event: Any, path: EntryPath, depth: int, key: Place) -> YamlValue:
        """The value that begins with `event`, at `depth` collections below the top."""
        place = self._place(event)
        self._count(1, depth, place, path)
        if isinstance(event, AliasEvent):
            return self._alias(event, path, depth, key)
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            sentence = f"'{tag}' is a tag, which means nothing here: quote a text that begins with '!'"
            self._problem(sentence, place, path)
        content: Scalar | dict[str, YamlValue] | list[YamlValue]
        if isinstance(event, ScalarEvent):
            content = event.value if event.style else self._plain(event, path)
            written = event.value or event.style or event.anchor
            value = YamlValue(content, place if written else key, key)
        else:
            if event.flow_style:
                self.brackets.append(0)
            is_mapping = isinstance(event, MappingStartEvent)
            content = self._mapping(path, depth) if is_mapping else self._list(path, depth)
            if event.flow_style:
                self.brackets.pop()
            children = list(content.values() if isinstance(content, dict) else content)
            size = 1 + sum(child.size for child in children)
            value = YamlValue(content, place, key, size, 1 + max((child.height for child in children), default=0))
        if event.anchor:
            self.anchors[event.anchor] = value, self.entry
        return value

    def _mapping(self, path: EntryPath, depth: int) -> dict[str, YamlValue]:
        own: dict[str, YamlValue] = {}
        merged: dict[str, YamlValue] = {}
        places: dict[str, Place] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            name, place = self._key(event, path, depth), self._place(event)
            if not path:
                self.entry, self.doubled[name] = name, {}
                self.begins.append((place[0], name))
            merge = name == "<<" and not event.style
            value = self._value(next(self.events), (*path, name), depth + 1, place)
            if self.brackets and value.content is None and name.endswith(":") and not event.style:
                name = name[:-1]  # `{osc:}` and `{osc:, amp: 1}` lack the space that YAML wants
            if value.content is None and (match := COUNTED.fullmatch(name)) and not event.style:
                self._problem("a space is missing after the colon", place, path, f"'{{{match[1]}: {match[2]}}}'")
            elif value.content is None and SPACE_MISSING.match(name) and not event.style:
                self._problem("write a space after ':'", (place[0], place[1] + name.index(":")), path)
            if path and name in places and not merge:
                doubled = self.doubled.setdefault(self.entry, {})
                doubled[*path[1:], name] = _twice(name, place[0] - places[name][0])
            if merge and not path:
                self._problem("'<<' stands inside a sound, not beside it", place, path)
            elif merge:
                merged |= self._merged(value, path)
            else:
                own[name] = value
            places[name] = place
        return merged | own

    def _list(self, path: EntryPath, depth: int) -> list[YamlValue]:
        items: list[YamlValue] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._value(event, (*path, len(items)), depth + 1, self._place(event)))
        return items

    def _key(self, event: Any, path: EntryPath, depth: int) -> str:
        """The name before a ":", as written; anything else is a problem, and gets a name that nothing else has."""
        place = self._place(event)
        if isinstance(event, ScalarEvent):
            if event.anchor:
                self.anchors[event.anchor] = YamlValue(event.value, place, place), self.entry
            if event.style:
                return str(event.value)
            if event.value:
                self._bracket(event, path)
                if match := BRACKET_WITHOUT_SPACE.match(event.value):
                    self.unspaced = True
                    self._problem("write a space after ':'", (place[0], place[1] + match.end() - 2), path)
                return str(event.value)
            self._problem("a name is missing before ':'", place, path)
        else:
            self._value(event, path, depth + 1, place)
            before = self.lines[place[0]][: place[1]].rstrip()
            doubled = isinstance(event, MappingStartEvent) and before.endswith("{")
            sentence = "'{' stands twice: write '{' once, and '}' once behind it" if doubled else ""
            self._problem(sentence or "only plain text stands before ':'", place, path)
        return f"?{place[0]}?{place[1]}"

    def _alias(self, event: Any, path: EntryPath, depth: int, key: Place) -> YamlValue:
        place = self._place(event)
        anchor, entry = self.anchors.get(event.anchor, (None, self.entry))
        if entry != self.entry or (self.alone and anchor is None):
            self.shared.setdefault(self.entry, set()).add(entry if anchor else "")
        if anchor is None:
            if event.anchor in self.lost:
                self.uses_lost.setdefault(self.entry, set()).add(event.anchor)
            elif not self.alone:
                sentence = (
                    f"'*{event.anchor}' is an alias, and no anchor '&{event.anchor}' stands before it; "
                    "quote a text that begins with '*'"
                )
                self._problem(sentence, place, path)
            return YamlValue({}, place, key)
        self._count(anchor.size - 1, depth + anchor.height, place, path)
        return YamlValue(anchor.content, place, key, anchor.size, anchor.height)

    def _merged(self, value: YamlValue, path: EntryPath) -> dict[str, YamlValue]:
        """The parameters that `<<` adds: of several mappings, the first that has a name gives its value."""
        sources = value.content if isinstance(value.content, list) else [value]
        merged: dict[str, YamlValue] = {}
        for source in sources:
            if isinstance(source.content, dict):
                merged |= {name: child for name, child in source.content.items() if name not in merged}
            else:
                self._problem(
                    "'<<' adds parameters: write '<<: *name', with '&name' before the '{ }' above",
                    source.place,
                    path,
                )
        return merged

    def _plain(self, event: Any, path: EntryPath) -> Scalar:
        """The value of a text without quotes."""
        text, place = str(event.value), self._place(event)
        if event.anchor and not text:
            sentence = f"nothing follows the anchor '&{event.anchor}'; quote an expression with '&'"
            self._problem(sentence, place, path)
        if text[:1] and text[0] in TYPOGRAPHIC:
            self._problem(f"'{text[0]}' is a typographic quote: write \" or '", place, path)
            return None
        try:
            value = scalar(text)
        except ValueError as error:
            self._problem(str(error), place, path)
            return None
        if text:
            self._bracket(event, path)
        return value

    def _bracket(self, event: Any, path: EntryPath) -> None:
        """Report a "(" that is left open, because a comma inside { } or a comment ended the value."""
        text, place = str(event.value), self._place(event)
        more = text.count("(") - text.count(")")
        line, column = self.first + event.end_mark.line, event.end_mark.column
        after = self.lines[line][column : column + LOOKAHEAD].lstrip()
        if self.brackets:
            before = self.brackets[-1]
            self.brackets[-1] = max(0, before + more)
            if before == 0 and more > 0:
                rest = "\n".join(self.lines[place[0] : line + LINES_AHEAD])[place[1] :]
                whole = _balanced(rest[:LOOKAHEAD])
                is_pattern = bool(path) and path[-1] in PATTERNS
                what = "pattern" if is_pattern else "expression"
                sentence = f"quote the {what}: a comma ends a value inside {{ }} and [ ]"
                if not whole and len(rest) <= LOOKAHEAD:
                    sentence = "a ')' is missing, or a comma ends the value too early: quote an expression with commas"
                    whole = "" if CALL.search(text) else f"{text}{')' * more}"
                    if is_pattern and (closed := closed_rhythm(rest)):
                        sentence = "a ')' is missing, and inside { } and [ ] a comma ends a value: quote the pattern"
                        whole = closed
                is_listed = not is_pattern and not {"steps", "play"}.isdisjoint(path)
                if is_listed and (rhythm := rhythm_meant(whole)) and not FUNCTION.match(whole):
                    sentence = "behind a sound stand its parameters only: a rhythm is written out"
                    self._problem(sentence, place, path, rhythm)
                    return
                if meant := oscillator_meant(whole):
                    self._problem("a node and its parameters stand in { }, not in ( )", place, path, meant)
                    return
                if NODE_IN_ROUND_BRACKETS.match(rest):
                    sentence, whole = ROUND_BRACKETS, ""
                self._problem(sentence, place, path, f'"{whole}"' if whole else "")
        elif after.startswith("#") and (more > 0 or (NOTE_LETTER.fullmatch(text) and after[1:2].isdigit())):
            sign = self.lines[line].index("#", column)
            self._problem(COMMENT, (line, sign), path, sharp_meant(self.lines[line], sign))

    def _not_a_mapping(self, event: Any) -> None:
        """Report that the top of the file is not a mapping of names."""
        for _ in self.events:  # the rest may raise an error that says more
            pass
        place = self._place(event)
        text = str(getattr(event, "value", "") or "")
        if comment := comment_elsewhere(self.lines, place[0], place[0] + 1):
            self._problem(COMMENT_SIGN, comment, ())
        elif isinstance(event, SequenceStartEvent):
            self._problem("the file is a list; each sound begins with its name: 'name: {node: {}}'", place, ())
        elif SPACE_MISSING.match(text):
            self._problem("write a space after ':'", (place[0], place[1] + text.index(":")), ())
        else:
            self._problem("expected a sound, 'name: {node: {}}'", place, ())

    def _count(self, more: int, depth: int, place: Place, path: EntryPath) -> None:
        self.count += more
        if self.count > MAX_VALUES:
            self._stop(f"the file holds more than {MAX_VALUES} values, each use of an anchor counted", place)
        if depth > MAX_DEPTH:
            self._stop(f"more than {MAX_DEPTH} levels inside each other", place)

    def _stop(self, sentence: str, place: Place) -> NoReturn:
        self._problem(sentence, place, (self.entry,))
        raise _LimitReached

    def _place(self, event: Any) -> Place:
        return self.first + event.start_mark.line, event.start_mark.column

    def _problem(self, sentence: str, place: Place, path: EntryPath, suggestion: str = "") -> None:
        mark = Mark(self.file, place[0] + 1, place[1] + 1)
        dotted = ".".join(map(str, path))
        self.problems.append(Problem(sentence, mark, dotted, suggestion=suggestion, source=self.lines[place[0]]))


def _twice(name: str, lines: int) -> str:
    """The warning for a name that was written so many lines above as well."""
    if name == "play":
        return "'play' is written twice: the last one counts; in one part they stand in one text, as \"kick, hat\""
    if not lines:
        return f"'{name}' is written twice: the last one counts"
    return f"'{name}' is written twice, also {lines} {'line' if lines == 1 else 'lines'} above: this one counts"


def _balanced(text: str) -> str:
    """`text` up to where its first bracket is closed, or an empty string."""
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "}" or (letter == "]" and depth == 0):
            return ""
        if letter == ")" and depth == 0:
            return text[: position + 1]
    return ""
