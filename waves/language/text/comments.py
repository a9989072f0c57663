"""Comments of the entries and values of a file, which say what these are."""

from __future__ import annotations

import re
from collections.abc import Sequence

ABOVE = re.compile(r"\s*#+\s?(.*?)\s*$")
BESIDE = re.compile(r"""\s#+\s?([^"'#]*?)\s*$""")  # without quotes: a `#` may stand inside them

COMMENT_SIGN = "a comment begins with '#', not with '//'"
ELSEWHERE = re.compile(r"\s*(//|/\*)")
WORDS_BEHIND = re.compile(r"//\s+[^\W\d]\w*(?:[,.]?\s+[^\W\d]\w*)+[.!?]?")


def comment_elsewhere(lines: Sequence[str], first: int, last: int) -> tuple[int, int] | None:
    """Line and column, from 0, of the first comment as other languages have it; None without one on its own line."""
    for number in range(first, last):
        if match := ELSEWHERE.match(lines[number]):
            return number, match.start(1)
    return None


def comment_behind(text: str) -> int | None:
    """Column where words stand behind a `//` at the end of a value, None where none do."""
    match = WORDS_BEHIND.search(text)
    return match.start() if match and match.end() == len(text) else None


def comment_of(lines: Sequence[str], line: int) -> str:
    """The first line of the comment directly above a line, else the comment on it, else an empty text.

    `line` counts from 1.
    """
    above = ""
    for text in reversed(lines[: line - 1]):
        match = ABOVE.match(text)
        if not match:
            break
        above = match[1] or above
    if above:
        return above
    beside = BESIDE.search(lines[line - 1])
    return beside[1] if beside else ""
