"""Comments of the entries and values of a file, which say what these are."""

from __future__ import annotations

import re
from collections.abc import Sequence

ABOVE = re.compile(r"\s*#+\s?(.*?)\s*$")
BESIDE = re.compile(r"""\s#+\s?([^"'#]*?)\s*$""")  # without quotes: a `#` may stand inside them


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
