"""Reads the pattern files of a piece: texts in, the patterns that they give names out; the last good ones play on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from waves.language.patterns.told.python_pattern import NO_PYTHON, PythonPattern, PythonPatterns
from waves.problem import Mark, Problem, reason_of
from waves.python_patterns.cycle_book import CycleBook, PatternFunctionVersion, tried_cycles
from waves.python_patterns.pattern_process import (
    MOST_PATTERNS,
    PatternFault,
    PatternFile,
    PatternProcess,
    playing_process,
    trying_process,
)

FOLDER = "patterns"
OWN_NAMES = ("pattern", "PATTERN")
"""Names of a pattern that is called as its file."""
MOST_FILES = 200
MOST_FOLDERS = 1_000
LARGEST = 262_144  # characters of a file
GIVEN_NAME = re.compile(r"^(?:def\s+(\w+)|(\w+)\s*(?::[^=\n]*)?=(?!=))", re.MULTILINE)


def pattern_files(root: Path, trusted: bool = True) -> list[Path]:
    """The pattern files of a piece, by name; hidden ones are left out, and links to folders are not followed.

    Only where it is trusted may `patterns/` itself be a link that leads outside.
    """
    found: list[Path] = []
    top = root / FOLDER
    if not trusted and top.is_symlink():
        return found
    for folder, inside, names in islice(os.walk(top), MOST_FOLDERS):
        inside[:] = sorted(name for name in inside if not name.startswith((".", "__")))
        found += [Path(folder, name) for name in sorted(names) if name.endswith(".py") and name[0] not in "._"]
    return sorted(found)


def not_trusted(root: Path) -> str:
    """The sentence about the pattern files of a folder that is not trusted."""
    allow = f"`waves trust {root}`, or for once `--trust` with play or render"
    return f"the Python in {FOLDER}/ is not trusted and not read; to allow it: {allow}"


class PatternReader:
    """The pattern files of a piece in a folder, which are run if it is trusted.

    A file with a mistake keeps its last good patterns, if it had any here. One thread at a time: the build thread while
    a piece plays.
    """

    def __init__(self, root: Path, trusted: bool):
        self.root, self.trusted = root, trusted
        self.recorded: PythonPatterns | None = None
        """The patterns of a log, in place of those of the files."""
        self._good: dict[str, list[PythonPattern]] = {}  # by file
        self._state: object = None  # of the files, as they were read last
        self.patterns = NO_PYTHON
        """The patterns as they were read last."""

    def take_over(self, other: PatternReader) -> None:
        """Go on with the last good patterns of another reader."""
        self._good = dict(other._good)

    def read(self, text_of: Callable[[Path], str], seed: int) -> PythonPatterns:
        """The patterns of all files as they are now; `text_of` reads one, and raises OSError."""
        if self.recorded is not None:
            self.patterns, self._state = self.recorded, None
            return self.patterns
        files: list[PatternFile] = []
        unread: list[Problem] = []
        paths = pattern_files(self.root, self.trusted)
        for path in paths[MOST_FILES : MOST_FILES + 1]:
            more = f" and {len(paths) - MOST_FILES - 1} others are" if len(paths) > MOST_FILES + 1 else " is"
            mark = Mark(path.relative_to(self.root).as_posix(), 1, 1)
            unread.append(Problem(f"a piece has at most {MOST_FILES} pattern files: this one{more} not read", mark))
        for path in paths[:MOST_FILES]:
            name = path.relative_to(self.root).as_posix()
            try:
                text = text_of(path).removeprefix("\ufeff")
                if len(text) > LARGEST:
                    unread.append(Problem(f"a pattern file has at most {LARGEST:,} letters", Mark(name, 1, 1)))
                else:
                    files.append(PatternFile(name, text))
            except OSError as error:
                unread.append(Problem(f"cannot be read: {reason_of(error)}", Mark(name, 1, 1)))
        state = files, unread, seed
        if state != self._state:
            self._state, self.patterns = state, self._read(files, unread, seed)
        return self.patterns

    def _read(self, files: list[PatternFile], problems: list[Problem], seed: int) -> PythonPatterns:
        lost: dict[str, tuple[Problem, ...]] = {}
        if not self.trusted:
            for file in files:
                sentence = not_trusted(self.root)
                lost |= {
                    name: (file.problem(f"'{name}' is not known: {sentence}", line),) for name, line in _names(file)
                }
            return PythonPatterns(lost=lost)
        patterns: dict[str, PythonPattern] = {}
        for file in files:
            former = {one.name: one for one in self._good.get(file.name, ())}
            found, faults = loaded_file(file, seed, former)
            problems += [_with_former(name, problem, former) for name, problem in faults]
            for name, problem in faults:
                failing = [name] if name else [*former, *(one for one, _ in _names(file))]
                found += [former[one] for one in dict.fromkeys(failing) if one in former]
                lost |= {one: (problem,) for one in failing if one not in former}
            self._good[file.name] = found
            for one in found:
                if (first := patterns.setdefault(one.name, one)) is not one:
                    sentence = f"the pattern '{one.name}' is also in {first.file}:{first.line}"
                    mark = Mark(one.file, one.line, 1)
                    problems.append(Problem(f"{sentence}: give one of them another name", mark, source=one.source))
        self._good = {file.name: self._good[file.name] for file in files}
        return PythonPatterns(patterns, {name: one for name, one in lost.items() if name not in patterns}, (*problems,))


def _with_former(name: str, problem: Problem, former: Mapping[str, PythonPattern]) -> Problem:
    """The problem of a pattern, or without a name of a whole file, and what plays in its place."""
    if not former or (name and name not in former):
        return problem
    names = [name] if name else [*former]
    plays = f"the former '{names[0]}' plays on" if len(names) == 1 else "its former patterns play on"
    return Problem(f"{problem.sentence}; {plays}", problem.mark, source=problem.source)


def _names(file: PatternFile) -> Iterator[tuple[str, int]]:
    """The names that a text may give patterns, as far as that can be seen without running it, with their lines."""
    yield file.stem, 1
    line, begin = 1, 0
    for match in islice(GIVEN_NAME.finditer(file.text), MOST_PATTERNS):
        line, begin = line + file.text.count("\n", begin, match.start()), match.start()
        if (name := match[1] or match[2]) not in OWN_NAMES:
            yield name, line


Loaded = tuple[list[PythonPattern], list[tuple[str, Problem]]]
"""The good patterns of a file, and the problems of others by name; "" for the whole file."""

_kept: dict[tuple[PatternFile, int], list[PythonPattern]] = {}


def loaded_file(file: PatternFile, seed: int, former: Mapping[str, PythonPattern]) -> Loaded:
    """Load a file, and try its functions. With a text that was loaded without a mistake they are the same ones again.

    `former`: the patterns that it gave before; a function that has not changed since is the same one too.
    """
    if found := _kept.get((file, seed)):
        return [*found], []
    found, faults = [], list[tuple[str, Problem]]()
    process, lines = trying_process(), file.lines
    try:
        described = process.patterns(file)
    except PatternFault as fault:
        return [], [("", fault.problem)]
    for one in described:
        before = former[one.name].book if one.name in former else None
        book = before if isinstance(before, CycleBook) else None
        if one.is_function:
            version = PatternFunctionVersion(file, one.name, one.line, seed)
            try:
                book = _book(version, process, book)
            except PatternFault as fault:
                faults.append((one.name, fault.problem))
                continue
        form, notes = (None, book) if one.is_function else (one.form, None)
        found.append(PythonPattern(one.name, file.name, one.line, lines, one.about, form, notes))
    if not faults:
        _kept[file, seed] = [*found]
        if len(_kept) > MOST_FILES:
            del _kept[next(iter(_kept))]
    return found, faults


def _book(version: PatternFunctionVersion, process: PatternProcess, former: CycleBook | None) -> CycleBook:
    """The cycles of a function, which is tried unless it has not changed. Raises PatternFault."""
    if former and former.version.key == version.key and not former.is_broken:
        former.follow(version)
        return former
    return CycleBook(version, tried_cycles(version, process), playing_process(), former)


def forget_files() -> None:
    """Load each file anew when it is read next."""
    _kept.clear()


def pattern_faults(python: PythonPatterns) -> list[Problem]:
    """The problems of functions that could not give a cycle since they were let in."""
    books = (one.book for one in python.patterns.values())
    return [fault for book in books if isinstance(book, CycleBook) for fault in book.faults]


def same_patterns(one: Mapping[str, PythonPattern], other: Mapping[str, PythonPattern]) -> bool:
    """Whether two sets of patterns play the same."""
    return {name: repr(pattern) for name, pattern in one.items()} == {name: repr(p) for name, p in other.items()}
