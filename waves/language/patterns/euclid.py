"""Euclidean rhythms: so many onsets in so many steps, as evenly as can be."""

from __future__ import annotations

import re
from functools import lru_cache

from waves.language.patterns.syntax import PatternError, Source, closed

BEHIND = "*/!@?%:,|]>}"  # what follows a step without a space
NUMBER = re.compile(r"\d+\s*")
NUMBERS = re.compile(r"(.*\S) (\d+ *, *\d+(?: *, *\d+)?)", re.DOTALL)  # of a rhythm, without the bracket before them


@lru_cache(maxsize=256)
def rhythm(onsets: int, steps: int, rotation: int) -> tuple[bool, ...]:
    """Whether each step has an onset, by Bjorklund's algorithm (E. Bjorklund, 2003; G. Toussaint, 2005).

    With `onsets` below 0 the gaps are on. `rotation` moves the rhythm later.

        (3, 8, 0)    x..x..x.
    """
    count = abs(onsets)
    left: list[tuple[bool, ...]] = [(True,)] * count
    right: list[tuple[bool, ...]] = [(False,)] * (steps - count)
    while len(right) > 1 and left:
        paired = min(len(left), len(right))
        joined = [left[k] + right[k] for k in range(paired)]
        left, right = joined, left[paired:] or right[paired:]
    on = [one for group in (*left, *right) for one in group]
    shift = rotation % steps
    on = on[steps - shift :] + on[: steps - shift]
    return tuple(one != (onsets < 0) for one in on)


def fits(onsets: int, steps: int, column: int, before: str = "", source: Source | None = None) -> None:
    """Raise PatternError unless so many onsets fit into so many steps."""
    if steps < 1:
        raise PatternError("euclid has at least 1 step", column, "", source)
    if abs(onsets) > steps:
        meant = f"{before}({steps},{onsets})" if before and onsets > 0 else ""
        raise PatternError(f"{onsets} onsets do not fit into {steps} steps", column, meant, source)


def unclosed(text: str, begin: int, at: int, numbers: int) -> PatternError:
    """The error for brackets of a rhythm, opened at `begin`, that go on at `at` with no comma behind so many numbers.

    What it suggests is whole: `x(5 8)` and `x(5` become `x(5,8)`, `x(5,8 x*4` becomes `x(5,8) x*4`.
    """
    read, rest = text[:at].rstrip(" ,"), text[at:].lstrip()
    if numbers == 1 and rest.startswith((";", ":")):
        rest = rest[1:].lstrip()
    number = NUMBER.match(rest) if numbers in (1, 2) else None
    lacks_comma = number is not None and (numbers == 1 or rest[number.end() :].startswith(")"))
    if number and lacks_comma:
        read, rest, numbers = f"{read},{number[0].rstrip()}", rest[number.end() :], numbers + 1
    if not rest.startswith((")", ",")):
        if numbers < 2:
            onsets = text[begin + 1 : at].strip(" ,")
            read += f",{8 * max(1, -(-int(onsets) // 8)) if onsets.isdigit() else 8}" if numbers else "3,8"
        if rest and rest[0] in "]>}" and closed(text[:begin]) == text[:begin].rstrip():
            rest = rest[1:]  # it closes nothing but these
        between = " " if rest and rest[0] not in BEHIND else ""
        rest = f"){between}{rest}"
    sentence = "a comma is missing between the numbers of a rhythm" if lacks_comma else "this '(' is never closed"
    return PatternError(sentence, at if lacks_comma else begin, closed(read + rest))


def not_opened(text: str, at: int) -> str:
    """The text that a ')' at a column means, which no '(' has opened: `x 5,8)` is `x(5,8)`, `[x x)` is `[x x]`."""
    before, rest = text[:at], text[at + 1 :]
    if numbers := NUMBERS.fullmatch(before):
        return f"{numbers[1]}({numbers[2]}){rest}"
    missing = closed(before)[len(before.rstrip()) :]
    return f"{before}{missing[:1]}{rest}".strip()
