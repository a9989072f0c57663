"""Places in the code of a function that comments and empty lines do not move: code is compiled again for none of these.

A place is the first instruction of a line, counted from 1 for a line that is not in the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

UNKNOWN = 1


def place_of_line(code: CodeType, line: int) -> int:
    """The place of a line, above `UNKNOWN`; `UNKNOWN` for one without instructions."""
    return UNKNOWN + min((first // 2 + 1 for first, _, number in code.co_lines() if number == line), default=0)


def line_of_place(text: str, owner: str, function: str, place: int) -> int:
    """The line of a place in a function of a class in a text of Python, which is compiled and not run; 0 for none."""
    codes = (code for code in _codes(compile(text, "", "exec", dont_inherit=True)))
    code = next((code for code in codes if code.co_qualname == f"{owner}.{function}"), None)
    at = 2 * (place - UNKNOWN - 1)
    if code is None or place <= UNKNOWN:
        return 0
    return next((line or 0 for first, end, line in code.co_lines() if first <= at < end), 0)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of all functions and classes in some code."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)
