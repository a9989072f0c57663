"""Reads the pattern files of a piece: texts in, the patterns that they give names out; the last good ones play on."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from waves.language.patterns.told.python_pattern import PythonPattern, PythonPatterns
from waves.problem import Mark, Problem, reason_of
from waves.python_patterns.cycle_book import CycleBook, PatternFunctionVersion, tried_cycles
from waves.python_patterns.pattern_process import PatternFault, PatternFile, playing_process, trying_process

FOLDER = "patterns"
OWN_NAMES = ("pattern", "PATTERN")
"""Names of a pattern that is called as its file."""
MOST_FILES = 200
LARGEST = 262_144  # characters of a file
GIVEN_NAME = re.compile(r"^(?:def\s+(\w+)|(\w+)\s*(?::[^=\n]*)?=(?!=))", re.MULTILINE)


def pattern_files(root: Path) -> list[Path]:
    """The pattern files of a piece, by name; hidden ones are left out, and links to folders are not followed."""
    found: list[Path] = []
    for folder, inside, names in os.walk(root / FOLDER):
        inside[:] = sorted(name for name in inside if not name.startswith((".", "__")))
        found += [Path(folder, name) for name in sorted(names) if name.endswith(".py") and name[0] not in "._"]
    return sorted(found)[:MOST_FILES]


def not_trusted(root: Path) -> str:
    """The sentence about the pattern files of a folder that is not trusted."""
    return f"the Python in {FOLDER}/ is not trusted and not read; to allow it: `waves trust {root}`"


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
        self._last: tuple[object, PythonPatterns] = None, PythonPatterns()

    def take_over(self, other: PatternReader) -> None:
        """Go on with the last good patterns of another reader."""
        self._good = dict(other._good)

    def read(self, text_of: Callable[[Path], str], seed: int) -> PythonPatterns:
        """The patterns of all files as they are now; `text_of` reads one, and raises OSError."""
        if self.recorded is not None:
            return self.recorded
        files: list[PatternFile] = []
        unread: list[Problem] = []
        for path in pattern_files(self.root):
            name = path.relative_to(self.root).as_posix()
            try:
                text = text_of(path)
                if len(text) > LARGEST:
                    unread.append(Problem(f"a pattern file has at most {LARGEST:,} letters", Mark(name, 1, 1)))
                else:
                    files.append(PatternFile(name, text))
            except OSError as error:
                unread.append(Problem(f"cannot be read: {reason_of(error)}", Mark(name, 1, 1)))
        state = files, unread, seed
        if state != self._last[0]:
            self._last = state, self._read(files, unread, seed)
        return self._last[1]

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
            former = self._good.get(file.name, [])
            try:
                found = _loaded(file, seed, former)
                self._good[file.name] = found
            except PatternFault as fault:
                found = former
                problems.append(_with_former(fault.problem, former))
                known = {one.name for one in former}
                lost |= {name: (fault.problem,) for name, _ in _names(file) if name not in known}
            for one in found:
                if (first := patterns.setdefault(one.name, one)) is not one:
                    sentence = f"the pattern '{one.name}' is also in {first.file}:{first.line}"
                    mark = Mark(one.file, one.line, 1)
                    problems.append(Problem(f"{sentence}: give one of them another name", mark, source=one.source))
        self._good = {file.name: self._good[file.name] for file in files if file.name in self._good}
        return PythonPatterns(patterns, {name: one for name, one in lost.items() if name not in patterns}, (*problems,))


def _with_former(problem: Problem, former: Iterable[PythonPattern]) -> Problem:
    names = [one.name for one in former]
    if not names:
        return problem
    plays = f"the former '{names[0]}' plays on" if len(names) == 1 else "its former patterns play on"
    return Problem(f"{problem.sentence}; {plays}", problem.mark, source=problem.source)


def _names(file: PatternFile) -> Iterator[tuple[str, int]]:
    """The names that a text may give patterns, as far as that can be seen without running it, with their lines."""
    yield file.stem, 1
    for match in GIVEN_NAME.finditer(file.text):
        if (name := match[1] or match[2]) not in OWN_NAMES:
            yield name, file.text.count("\n", 0, match.start()) + 1


class _Formers:
    """The functions that played before a version of their file; a version that was loaded has no others."""

    def __init__(self, former: Iterable[PythonPattern]):
        self.books = {one.name: one.book for one in former if isinstance(one.book, CycleBook)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Formers)

    def __hash__(self) -> int:
        return 0


def _loaded(file: PatternFile, seed: int, former: Iterable[PythonPattern]) -> list[PythonPattern]:
    """The patterns of a file; a function whose file has the same text is the same one. Raises PatternFault."""
    return list(_known(file, seed, _Formers(former)))


@lru_cache(maxsize=MOST_FILES)
def _known(file: PatternFile, seed: int, formers: _Formers) -> tuple[PythonPattern, ...]:
    process, lines = trying_process(), file.lines
    found = []
    for one in process.patterns(file):
        book = None
        if one.is_function:
            version = PatternFunctionVersion(file, one.name, one.line, seed)
            book = formers.books.get(one.name)
            if book and book.key == version.key and not book.is_broken:
                book.follow(version)
            else:
                book = CycleBook(version, tried_cycles(version, process), playing_process(), book)
        found.append(PythonPattern(one.name, file.name, one.line, lines, one.about, one.form, book))
    return tuple(found)


def pattern_faults(python: PythonPatterns) -> list[Problem]:
    """The problems of functions that could not give a cycle since they were let in."""
    books = (one.book for one in python.patterns.values())
    return [fault for book in books if isinstance(book, CycleBook) for fault in book.faults]


def same_patterns(one: Mapping[str, PythonPattern], other: Mapping[str, PythonPattern]) -> bool:
    """Whether two sets of patterns play the same."""
    return {name: repr(pattern) for name, pattern in one.items()} == {name: repr(p) for name, p in other.items()}
