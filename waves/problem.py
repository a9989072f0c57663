"""Problems: mistakes in a file, each one sentence in the terms of that file, with its place."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

INDENT = 4  # columns before the line of a file
LONGEST_LINE = 200  # characters of a line of the file that are shown
LONGEST_SENTENCE = 500  # characters; of a path too
ALIKE = 0.6  # part of the letters that a slip has in common with what is meant
SHORTEST_WORD = 3  # letters of a part of a name that says something
CHOICE = re.compile(
    r"([^?:,{}\[\]]*[^?:,{}\[\]\s])\s*\?\s*([^?:,{}\[\]]*[^?:,{}\[\]\s])\s*:\s*([^?:,{}\[\]]*[^?:,{}\[\]\s])\s*"
)
ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
ESCAPES |= {chr(0xDC00 + byte): f"\\x{byte:02x}" for byte in range(128, 256)}  # bytes that are not UTF-8


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, with its place and what may have been meant.

    `path` is the way to the value (`lead.osc.amp`), `source` the line of the file as written,
    `suggestion` a word or phrase that follows "did you mean".
    """

    sentence: str
    mark: Mark | None = None
    path: str = ""
    level: Literal["error", "warning"] = "error"
    suggestion: str = ""
    source: str = ""

    def __str__(self) -> str:
        """`file:line:col: path: sentence`, on one line and without control characters."""
        place = [str(self.mark)] if self.mark else []
        path = [_short(self.path)] if self.path else []
        level = ["warning"] if self.level == "warning" else []
        sentence = _short(self.sentence)
        if self.suggestion:
            sentence += f"; did you mean {self.suggestion}?"
        return printable(": ".join([*place, *level, *path, sentence]))

    def show(self, longest: int = LONGEST_LINE) -> str:
        """The sentence, the line of the file, and a caret under the column unless the whole line is meant.

        Of a line with more than `longest` characters it shows the part around the column, with `…` where it is cut.
        """
        if not self.mark or not self.source:
            return str(self)
        column, source = self.mark.column - 1, self.source
        first = max(0, min(column - longest // 2, max(len(source), column + 1) - longest))
        part = source[first : first + longest]
        if first:
            part = "…" + part[1:]
        if first + longest < len(source):
            part = part[:-1] + "…"
        before = printable(part[: column - first])
        caret = "" if column == 0 and source[0] == " " else f"\n{' ' * (INDENT + len(before))}^"
        return f"{self}\n{' ' * INDENT}{printable(part)}{caret}"

    @property
    def entry(self) -> str:
        """The name of the entry that it is in, as `lead` or `vars`; empty where it is in none."""
        return self.path.split(".")[0]

    def at(self, mark: Mark | None, source: str = "") -> Problem:
        """The same problem at a known place."""
        return replace(self, mark=mark, source=source)


class EndedBySignal(BaseException):
    """The user ends the program by a signal: never an error of a node file or of the piece. On the main thread."""

    def __init__(self, number: int):
        self.number = number
        super().__init__(number)


class Problems(Exception):
    """All mistakes that were found together; raised by whatever cannot go on with them."""

    elsewhere: tuple[Problem, ...] = ()
    """Those of them that are in other sounds than the ones that were asked for."""

    def __init__(self, problems: Iterable[Problem] | Problem):
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(map(str, self.problems)))


def defect(error: Exception) -> Problem:
    """A mistake of the program itself, with its place in the code."""
    *_, last = traceback.extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}:{last.lineno}"
    return Problem(f"this is a defect of waves: {type(error).__name__}: {error} ({place})")


def reason_of(error: Exception) -> str:
    """The reason of an error in words, for a sentence that names the file itself: `No space left on device`."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SENTENCE else f"{text[:LONGEST_SENTENCE]}…"


def printable(text: str) -> str:
    """Text of a file made safe for a terminal: control characters, and bytes that are no text, are shown as escapes."""
    return "".join(c if c.isprintable() else ESCAPES.get(c) or ascii(c)[1:-1] for c in text)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """The candidate that is most like a word, in quotes; an empty string when none is.

    A candidate that is much shorter is none: `eq` is not what is meant by `freq`; nor is one that has only the same
    beginning: `keys_stab` by `keys_guitar`. Of two that differ by upper and lower case it is the first.
    """
    least = min(0.6 * len(word), len(word) - 1)
    spellings: dict[str, str] = {}
    for candidate in map(str, candidates):
        if len(candidate) >= least:
            spellings.setdefault(candidate.lower(), candidate)
    alike = difflib.get_close_matches(word.lower(), spellings, n=3, cutoff=ALIKE)
    near = next((one for one in alike if not _is_another(word.lower(), one)), "")
    return f"'{spellings[near]}'" if near else ""


def _is_another(word: str, candidate: str) -> bool:
    """Whether two names of several words have the first of these in common, and the rest is no slip of the other."""
    first, _, rest = word.rpartition("_")
    other_first, _, other = candidate.rpartition("_")
    if not first or first != other_first or min(len(rest), len(other)) < SHORTEST_WORD:
        return False
    return difflib.SequenceMatcher(None, other, rest).ratio() < ALIKE


def choice_meant(text: str) -> str:
    """The choice that a text with `?` and `:` is in an expression, in quotes; an empty string for any other text.

    t > 3 ? 1 : 0    '1 if t > 3 else 0'
    """
    match = CHOICE.fullmatch(text.strip()) if "?" in text and len(text) <= LONGEST_LINE else None
    if not match or text.count("(") != text.count(")"):
        return ""
    return f"'{match[2]} if {match[1]} else {match[3]}'"
