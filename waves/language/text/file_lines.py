"""Lines of a file as the YAML parser can read them, and the faults that no parser would explain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice

from waves.problem import Mark, Problem, Problems

MAX_DEPTH = 100  # collections inside each other
MAX_BYTES = 1_000_000
MOST_PROBLEMS = 100  # of one file: the rest of it is not read

BEGINS_ENTRY = re.compile(r"(?![-:](\s|$))[^\s#\]},]")
DIRECTIVE = re.compile(r"%YAML[ \t]+1\.\d+[ \t]*(#.*)?")
DOCUMENT_MARK = re.compile(r"(---|\.\.\.)(?=\s|$)")
NOTHING = re.compile(r"\s*(#.*)?")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
BYTE_ORDER_MARKS = ("\udcff\udcfe", "\udcfe\udcff")  # of UTF-16, as `surrogateescape` leaves them
ZEROS = re.compile("(\0[^\0]){4}|([^\0]\0){4}")  # the first characters of UTF-16 without such a mark
# The YAML parser takes a second for 10,000 open brackets.
TOO_DEEP = re.compile(rf"[^#'\"\[{{]*([\[{{]\s*){{{MAX_DEPTH + 1}}}")
QUOTED_OR_TAB = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:[^']|'')*'|\t""")
MERGE_MARK = re.compile(r"(<{7}|\|{7}|>{7})( |$)|={7}$")
UNUSUAL_SPACE = "\u00a0\u2000-\u200a\u202f\u3000"
WRONG_SPACE = re.compile(f" *[{UNUSUAL_SPACE}]|[^#'\"]*?:[{UNUSUAL_SPACE}]")


def file_lines(text: str, name: str) -> tuple[list[str], dict[int, Problem]]:
    """The lines of the file `name`, and the fault of each line that has one, by its number from 0.

    A line that says nothing of its own, such as `---` at the top, is empty; so is a comment with a fault. Raises
    Problems when the file is too large, or UTF-16.
    """
    if text.startswith(BYTE_ORDER_MARKS) or ZEROS.match(text):
        raise Problems(Problem("the file is UTF-16: save it as UTF-8", Mark(name, 1, 1)))
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise Problems(Problem(f"the file has more than {MAX_BYTES} bytes", Mark(name, 1, 1)))
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    _drop_marks(lines)
    faults: dict[int, Problem] = {}
    for number, line in enumerate(lines):
        if len(faults) >= MOST_PROBLEMS:
            break
        if fault := _fault(line):
            sentence, column = fault
            faults[number] = Problem(sentence, Mark(name, number + 1, column + 1), source=line)
            if line.lstrip().startswith("#") or DOCUMENT_MARK.match(line):
                lines[number] = ""
    return lines, faults


def merge_conflict(lines: list[str], name: str) -> Problem | None:
    """The problem of a file with two texts between the marks of a merge, None for any other."""
    marks = [number for number, line in enumerate(lines, 1) if MERGE_MARK.match(line)]
    if not marks:
        return None
    sentence = f"the marks of a merge stand in lines {marks[0]} to {marks[-1]}: choose one text, and delete the marks"
    if len(marks) == 1:
        sentence = "the mark of a merge stands here: delete this line"
    return Problem(sentence, Mark(name, marks[0], 1), source=lines[marks[0] - 1])


def _drop_marks(lines: list[str]) -> None:
    """Empty the lines that begin or end the one document of a file: `%YAML 1.2`, `---`, and `...` at the end."""

    def said(numbers: Iterable[int]) -> Iterator[int]:
        return (number for number in numbers if not NOTHING.fullmatch(lines[number]))

    first, second = islice(chain(said(range(len(lines))), (-1, -1)), 2)
    if second >= 0 and DIRECTIVE.fullmatch(lines[first]) and lines[second].startswith("---"):
        lines[first] = ""
    for mark, numbers in (("---", range(len(lines))), ("...", range(len(lines) - 1, -1, -1))):
        outer = next((number for number in said(numbers) if not lines[number].startswith("%")), -1)
        if outer >= 0 and lines[outer].startswith(mark) and NOTHING.fullmatch(lines[outer][3:]):
            lines[outer] = ""


@lru_cache(maxsize=10_000)  # most lines are those of the text before
def _fault(line: str) -> tuple[str, int] | None:
    """A sentence on the first thing in a line that cannot be read, and its column from 0."""
    if match := INVISIBLE.search(line):
        if "\udc80" <= match[0] <= "\udcff":
            return "the file is not UTF-8; save it with that encoding", match.start()
        return f"a character that no editor shows, U+{ord(match[0]):04X}; delete it", match.start()
    if match := TOO_DEEP.match(line):
        return f"more than {MAX_DEPTH} levels inside each other", match.end() - 1
    if line.startswith("%"):
        return "a line cannot begin with '%'; delete it", 0
    if match := WRONG_SPACE.match(line):
        inside = match[0].strip() != ""
        advice = "write a plain space after ':'" if inside else "indent with plain spaces"
        return f"this is not a plain space; {advice}", match.end() - 1
    if match := DOCUMENT_MARK.match(line):
        return f"'{match[1]}' begins another document; a file holds one, without this line", 0
    return None


def without_tabs(line: str) -> str:
    """The line with spaces for tabs, but for those that indent it and those in quotes; its columns stay the same."""
    if "\t" not in line or not line.strip():
        return line.strip("\t")
    indent = len(line) - len(line.lstrip())
    return line[:indent] + QUOTED_OR_TAB.sub(lambda match: " " if match[0] == "\t" else match[0], line[indent:])
