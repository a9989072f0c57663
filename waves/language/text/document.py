"""A YAML file as its entries: plain data, and the place of every value.

The text is cut at the lines that begin an entry. An entry whose text is the same as before keeps its data; of one
that was edited in one place the smallest part around the edit is read, and all other data in it is kept; the others
are read one by one. Where an anchor is used outside its entry, or the cut does not fit the text, the whole file is read
in one go.

An entry with a mistake is broken, and so is what uses an anchor of it; all others can be used.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple

from waves.language.text.changed_part import edited, kept_data
from waves.language.text.file_lines import BEGINS_ENTRY, MOST_PROBLEMS, file_lines, merge_conflict
from waves.language.text.yaml_reader import YamlReader
from waves.language.text.yaml_values import EntryPath, YamlValue
from waves.problem import Mark, Problem, Problems

ANCHOR = re.compile(r"&([^\s,\[\]{}]+)")
NAME = re.compile(r"""(["']?)(\w[^:{}\[\]"'\s]*)\1""")


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One name of the top level with its value: `data` is plain Python, `text` its lines, `line` counts from 1."""

    name: str
    data: Any
    text: str
    line: int
    value: YamlValue
    shared: bool
    """Whether it uses an anchor of another entry, or stands in one `{ }` with it."""
    file: str
    lines: list[str] = field(repr=False)
    """Lines of the whole file."""
    moved: int = 0
    """Lines between where it stood when it was read and where it stands now."""
    doubled: Mapping[EntryPath, str] = field(default_factory=dict)
    """A warning for each key in it that is written twice, by the path below the entry: the last one counts."""

    def mark(self, path: Sequence[str | int] = (), key: bool = False) -> Mark:
        """The place of the value (or of its key) at `path`; of the nearest value around it if nothing is there."""
        value: YamlValue = self.value
        for step in path:
            try:
                value = value.content[step]  # type: ignore[index, assignment]
            except (LookupError, TypeError):
                break
        line, column = value.key if key else value.place
        return Mark(self.file, line + self.moved + 1, column + 1)

    def source(self, mark: Mark) -> str:
        """The line of the file at a mark."""
        return self.lines[mark.line - 1]


@dataclass(frozen=True, slots=True, eq=False)
class BrokenEntry:
    """An entry that cannot be read: its name as far as it can be told, its text, and why."""

    name: str
    text: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file of sounds; its entries in the order of the file."""

    name: str
    entries: dict[str, Entry]
    broken: dict[str, BrokenEntry] = field(default_factory=dict)
    """Entries that cannot be read, by name."""
    doubled: dict[str, str] = field(default_factory=dict)
    """A warning for each entry whose name an earlier one has: the last one counts."""


class DocumentProblems(Problems):
    """Mistakes in a file; `document` holds the entries without a mistake, and the broken ones."""

    def __init__(self, problems: list[Problem], document: Document):
        super().__init__(problems)
        self.document = document


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The lines from `first` to before `last`, counted from 0, which may be one entry."""

    first: int
    last: int
    text: str
    name: str
    """The name of its entry as far as it can be told, or an empty string."""
    problems: list[Problem] = field(default_factory=list)

    def broken(self, problems: Sequence[Problem] = ()) -> tuple[int, BrokenEntry]:
        """The part as a broken entry, with its line from 0; `problems` where it has none of its own."""
        return self.first, BrokenEntry(self.name, self.text, tuple(self.problems or problems))


Found = list[tuple[int, Entry | BrokenEntry]]
"""Entries, each with its line from 0."""


def read_document(text: str, name: str, previous: Document | None = None) -> Document:
    """Read the entries of the file `name`; those of `previous` with the same text keep their data object.

    So do the parts of an entry that were not edited.

    Bytes that are not UTF-8 may stand in the text as `surrogateescape` leaves them. Raises DocumentProblems: all of
    the file, or the first hundred of them, with the entries that can be used; Problems for a file that is too large.
    """
    lines, faults = file_lines(text, name)
    known = {entry.text: entry for entry in previous.entries.values() if not entry.shared} if previous else {}
    parts = _parts(lines)
    if conflict := merge_conflict(lines, name):
        named = {part.name: part for part in parts}
        return _document(name, [part.broken([conflict]) for part in named.values()], [conflict])
    problems: list[Problem] = []  # of no entry
    for number, problem in faults.items():
        inside = next((part for part in parts if part.first <= number < part.last), None)
        if inside and lines[number]:
            inside.problems.append(problem)
        else:
            problems.append(problem)
            lines[number] = ""
    readable = _without_broken(lines, parts)
    found, fits = _one_by_one(name, readable, parts, known)
    if not fits:
        whole = _whole(name, readable, known)
        is_limited, too_much = whole.is_limited, tuple(whole.outside)
        broken = [part for part in parts if not readable[part.first]]
        if not whole.is_complete and any(part.problems for part in parts):
            broken = [part for part in parts if part.problems]
            lost = {anchor: part.problems for part in broken for anchor in ANCHOR.findall(part.text)}
            whole = _whole(name, _without_broken(lines, parts), known, lost)
        count = sum(len(part.problems) for part in parts)
        if is_limited and count >= MOST_PROBLEMS:  # one mistake over many lines
            found = [(part.first, BrokenEntry(part.name, part.text, too_much)) for part in parts]
        elif whole.is_complete or not count:
            found, problems = [*whole.found, *(part.broken() for part in broken)], [*problems, *whole.outside]
    return _document(name, found, problems)


def _parts(lines: list[str]) -> list[_Part]:
    starts = [number for number, line in enumerate(lines) if BEGINS_ENTRY.match(line)]
    texts = [(first, last, "\n".join(lines[first:last])) for first, last in pairwise([*starts, len(lines)])]
    return [_Part(*part, match[2] if (match := NAME.match(part[2])) else "") for part in texts]


def _without_broken(lines: list[str], parts: list[_Part]) -> list[str]:
    """The lines, those of broken parts empty."""
    kept = list(lines)
    for part in parts:
        if part.problems:
            kept[part.first : part.last] = [""] * (part.last - part.first)
    return kept


def _document(name: str, found: Found, problems: list[Problem]) -> Document:
    """The document of what was found; raises DocumentProblems if anything is wrong with it."""
    document, problems = Document(name, {}), list(problems)
    shared: dict[int, tuple[Problem, ...]] = {}  # by identity: many entries may be broken for the same reasons
    lines: dict[str, int] = {}
    for line, entry in sorted(found, key=lambda one: one[0]):
        if not entry.name and "" in document.broken and isinstance(entry, BrokenEntry):
            shared[id(entry.problems)] = entry.problems
            continue
        if lines.get(entry.name, line) != line:
            sentence = f"'{entry.name}' is written twice, also in line {lines[entry.name] + 1}: this one counts"
            document.doubled[entry.name] = sentence
        lines[entry.name] = line
        document.entries.pop(entry.name, None)
        document.broken.pop(entry.name, None)
        if isinstance(entry, Entry):
            document.entries[entry.name] = entry
        else:
            document.broken[entry.name] = entry
            shared[id(entry.problems)] = entry.problems
    problems += [problem for group in shared.values() for problem in group]
    if problems:
        problems = sorted(dict.fromkeys(problems), key=lambda problem: problem.mark or Mark(name, 1, 1))
        raise DocumentProblems(problems[:MOST_PROBLEMS], document)
    return document


def _one_by_one(name: str, lines: list[str], parts: list[_Part], known: Mapping[str, Entry]) -> tuple[Found, bool]:
    """Entries of the parts, each read alone; false when only the whole file shows what is meant.

    The problems of a part are added to it.
    """
    reader = YamlReader(name, lines, alone=True)
    reader.count = sum(known[part.text].value.size for part in parts if part.text in known)
    before = {entry.name: entry for entry in known.values() if not entry.doubled}
    found: dict[int, Entry] = {}
    fits = not any(line.strip() and not line.lstrip().startswith("#") for line in lines[: _begin(parts)])
    count = 0
    for part in parts:
        if part.problems:
            continue
        if part.text in known:
            found[part.first] = _moved(known[part.text], part.first, lines)
        elif part.name in before and (entry := _edited(reader, before[part.name], part, lines)):
            found[part.first] = entry
        elif count < MOST_PROBLEMS:
            reading = reader.read(part.first, part.last)
            count += len(reading.problems)
            part.problems.extend(reading.problems)
            if not reading.is_one_entry:
                fits = False
            elif not reading.problems:
                [(key, value)] = reading.entries.items()
                text, line, doubled = part.text, part.first + 1, reading.doubled[key]
                data = _kept_inside(before.get(key), value.data())
                found[part.first] = Entry(key, data, text, line, value, False, name, lines, doubled=doubled)
    for above, part in pairwise(parts):
        if part.problems and not part.name:  # a line that is no entry may belong to the one above it
            above.problems.extend(part.problems)
    problems = tuple([problem for part in parts for problem in part.problems][:MOST_PROBLEMS])
    broken = [part.broken(problems) for part in parts if part.problems or part.first not in found]
    for line, _ in broken:
        found.pop(line, None)
    return [*found.items(), *broken], fits


def _kept_inside(before: Entry | None, data: Any) -> Any:
    """The data of an entry that was read whole, with the objects in it that are the same as before.

    It is itself another object: its text is another one, and that may be what a warning is about.
    """
    kept = kept_data(before.data, data) if before else data
    return {**kept} if isinstance(kept, dict) else data


def _begin(parts: list[_Part]) -> int | None:
    return parts[0].first if parts else None


class _Whole(NamedTuple):
    """A file read as one."""

    found: Found
    outside: list[Problem]
    """Problems of no entry."""
    is_complete: bool
    """Whether it could be read to its end."""
    is_limited: bool
    """Whether a limit was reached."""


def _whole(
    name: str, lines: list[str], known: Mapping[str, Entry], lost: Mapping[str, Sequence[Problem]] | None = None
) -> _Whole:
    """Read the file as one; `lost`: the problems of entries that are left out, by the anchors in them."""
    lost = lost or {}
    reading = YamlReader(name, lines, lost=lost).read(0, len(lines))
    starts = sorted({line for line, _ in reading.begins})
    ends = dict(pairwise([*starts, len(lines)]))
    found: dict[str, Entry] = {}
    broken: dict[str, tuple[Problem, ...]] = {}
    all_problems, outside = tuple(reading.problems), list[Problem]()
    inside: dict[int, list[Problem]] = {value.key[0]: [] for value in reading.entries.values()}
    for problem in reading.problems:
        before = bisect(starts, problem.mark.line - 1) if problem.mark else 0
        inside.get(starts[before - 1] if before else -1, outside).append(problem)
    for key, value in sorted(reading.entries.items(), key=lambda one: one[1].key):
        first = value.key[0]
        text = "\n".join(lines[first : ends[first]])
        shared = reading.flow or key in reading.shared
        if text in known and not shared:
            entry = _moved(known[text], first, lines)
        else:
            doubled = reading.doubled[key]
            entry = Entry(key, value.data(), text, first + 1, value, shared, name, lines, doubled=doubled)
        found[key] = entry
        own = (*inside[first], *(one for anchor in reading.lost.get(key, ()) for one in lost[anchor]))
        if own or (reading.flow and reading.problems):
            broken[key] = own or all_problems
    for key in found:  # an entry comes after those whose anchors it uses
        for used in reading.shared.get(key, ()):
            if problems := broken.get(used):
                broken.setdefault(key, problems)
    entries: Found = [
        (entry.line - 1, BrokenEntry(key, entry.text, broken[key]) if key in broken else entry)
        for key, entry in found.items()
    ]
    entries += [
        (line, BrokenEntry(key, "", ()))  # which the entry of that name replaces
        for line, key in reading.begins
        if key in found and line != found[key].line - 1
    ]
    return _Whole(entries, outside, not reading.broken, reading.is_limited)


def _edited(reader: YamlReader, entry: Entry, part: _Part, lines: list[str]) -> Entry | None:
    """The entry with the text of `part`, read where it differs; None if it must be read whole."""
    moved = entry.moved + part.first + 1 - entry.line
    now = edited(reader, entry.text, entry.value, entry.data, part.text, part.first, moved)
    if now is None:
        return None
    line = part.first + 1
    return replace(entry, data=now.data, text=part.text, value=now.value, line=line, lines=lines, moved=moved)


def _moved(entry: Entry, first: int, lines: list[str]) -> Entry:
    return replace(entry, line=first + 1, lines=lines, moved=entry.moved + first + 1 - entry.line)
