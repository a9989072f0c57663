"""A YAML file as its entries: plain data, and the place of every value.

The text is cut at the lines that begin an entry. An entry whose text is the same as before keeps its data;
the others are read one by one, which takes a millisecond instead of a tenth of a second for the whole file. Where
an anchor is used outside its entry, or the cut does not fit the text, the whole file is read in one go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from waves.language.text.yaml_reader import MAX_DEPTH, YamlReader, YamlValue
from waves.problem import Mark, Problem, Problems

MAX_BYTES = 1_000_000
MOST_PROBLEMS = 100  # of one file: the rest of it is not read

BEGINS_ENTRY = re.compile(r"(?![-:](\s|$))[^\s#\]},]")
DOCUMENT_MARK = re.compile(r"(---|\.\.\.)(?=\s|$)")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# The YAML parser takes a second for 10,000 open brackets.
TOO_DEEP = re.compile(rf"[^#'\"\[{{]*([\[{{]\s*){{{MAX_DEPTH + 1}}}")
WRONG_SPACE = re.compile(" *[\u00a0\u2000-\u200a\u202f\u3000]")


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

    @property
    def line_numbers(self) -> range:
        """The lines of the file that are the entry's, counted from 1."""
        return range(self.line, self.line + self.text.count("\n") + 1)

    def source(self, mark: Mark) -> str:
        """The line of the file at a mark."""
        return self.lines[mark.line - 1]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file of sounds; its entries in the order of the file."""

    name: str
    entries: dict[str, Entry]


class DocumentProblems(Problems):
    """Mistakes in a file; `document` holds the entries without a mistake."""

    def __init__(self, problems: list[Problem], document: Document):
        super().__init__(problems)
        self.document = document


def read_document(text: str, name: str, previous: Document | None = None) -> Document:
    """Read the entries of the file `name`; those of `previous` with the same text keep their data object.

    Bytes that are not UTF-8 may stand in the text as `surrogateescape` leaves them. Raises Problems: all of the file,
    or the first hundred of them; DocumentProblems where other entries can be used.
    """
    lines = _lines(text, name)
    known = {entry.text: entry for entry in previous.entries.values() if not entry.shared} if previous else {}
    entries, problems, fits = _one_by_one(name, lines, known)
    if not fits:
        whole_entries, whole_problems, complete = _whole(name, lines, known)
        if complete or not problems:
            entries, problems = whole_entries, whole_problems
    if problems:
        wrong_lines = {problem.mark.line for problem in problems if problem.mark}
        usable = {
            key: entry
            for key, entry in entries.items()
            if wrong_lines.isdisjoint(entry.line_numbers) and not entry.shared
        }
        problems.sort(key=lambda problem: problem.mark or Mark(name, 1, 1))
        raise DocumentProblems(problems[:MOST_PROBLEMS], Document(name, usable))
    return Document(name, entries)


def _one_by_one(name: str, lines: list[str], known: dict[str, Entry]) -> tuple[dict[str, Entry], list[Problem], bool]:
    """Entries and problems of each part read alone; false when only the whole file shows what is meant."""
    starts = [number for number, line in enumerate(lines) if BEGINS_ENTRY.match(line)]
    parts = [(first, last, "\n".join(lines[first:last])) for first, last in pairwise([*starts, len(lines)])]
    reader = YamlReader(name, lines, alone=True)
    reader.count = sum(known[text].value.size for _, _, text in parts if text in known)
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    fits = not any(
        line.strip() and not line.lstrip().startswith("#") for line in lines[: starts[0] if starts else None]
    )
    for first, last, text in parts:
        if len(problems) >= MOST_PROBLEMS:
            break
        if text in known:
            entry = _moved(known[text], first, lines)
        else:
            reading = reader.read(first, last)
            problems += reading.problems
            if not reading.is_one_entry:
                fits = False
                continue
            [(key, value)] = reading.entries.items()
            entry = Entry(key, value.data(), text, first + 1, value, False, name, lines)
        if entry.name in entries:
            line = entries[entry.name].line
            sentence = f"'{entry.name}' is written twice, here and in line {line}"
            problems.append(Problem(sentence, entry.mark(key=True), source=lines[first]))
        entries[entry.name] = entry
    return entries, problems, fits


def _whole(name: str, lines: list[str], known: dict[str, Entry]) -> tuple[dict[str, Entry], list[Problem], bool]:
    """Entries and problems of the file read as one; false when it could not be read to its end."""
    reading = YamlReader(name, lines).read(0, len(lines))
    starts = [value.key[0] for value in reading.entries.values()]
    entries = {}
    for (key, value), (first, last) in zip(reading.entries.items(), pairwise([*starts, len(lines)]), strict=True):
        text = "\n".join(lines[first : max(last, first + 1)])
        shared = reading.flow or key in reading.shared
        if text in known and not shared:
            entries[key] = _moved(known[text], first, lines)
        else:
            entries[key] = Entry(key, value.data(), text, first + 1, value, shared, name, lines)
    return entries, reading.problems, not reading.broken


def _moved(entry: Entry, first: int, lines: list[str]) -> Entry:
    return replace(entry, line=first + 1, lines=lines, moved=entry.moved + first + 1 - entry.line)


def _lines(text: str, name: str) -> list[str]:
    """The lines of a file; raises Problems when it is too large, not text, or more than one document."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise Problems(Problem(f"the file has {size} bytes, more than {MAX_BYTES}", Mark(name, 1, 1)))
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    problems: list[Problem] = []
    begun = False
    for number, line in enumerate(lines):
        if len(problems) >= MOST_PROBLEMS:
            break
        if match := INVISIBLE.search(line):
            sentence = f"a character that no editor shows, U+{ord(match[0]):04X}; delete it"
            if "\udc80" <= match[0] <= "\udcff":
                sentence = "the file is not UTF-8; save it with that encoding"
            problems.append(Problem(sentence, Mark(name, number + 1, match.start() + 1), source=line))
        elif match := TOO_DEEP.match(line):
            sentence = f"more than {MAX_DEPTH} levels inside each other"
            problems.append(Problem(sentence, Mark(name, number + 1, match.end()), source=line))
        elif line.startswith("%"):
            sentence = "a line cannot begin with '%'; delete it"
            problems.append(Problem(sentence, Mark(name, number + 1, 1), source=line))
        elif match := WRONG_SPACE.match(line):
            sentence = "this is not a plain space; indent with plain spaces"
            problems.append(Problem(sentence, Mark(name, number + 1, match.end()), source=line))
        elif match := DOCUMENT_MARK.match(line):
            if begun or match[1] == "..." or not re.fullmatch(r"\s*(#.*)?", line[3:]):
                sentence = f"'{match[1]}' begins another document; a file holds one, without this line"
                problems.append(Problem(sentence, Mark(name, number + 1, 1), source=line))
            lines[number] = ""
        begun = begun or bool(BEGINS_ENTRY.match(line))
    if problems:
        raise Problems(problems)
    return lines[:-1] if lines[-1] == "" else lines
