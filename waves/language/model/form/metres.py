"""Metres as they are written, one or a list of bars in turn: data in, the beats of each bar out, mistakes told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from waves.language.model.models import Finding, Place
from waves.node_types.library.parameters import written

WORD = re.compile(r"\s*([1-9]\d?)\s*/\s*(1|2|4|8|16|32)\s*")
PAIR = re.compile(r"\s*(\d{1,2})\s*/\s*(\d{1,2})\s*")
MOST_BARS = 64
MOST_CYCLES = 1_024  # cycles of different lengths, until these come again
EXAMPLE = "'[4/4, 4/4, 3/4]'"
METRES = ("4/4", "3/4", "6/8", "7/8", "5/4", "12/8")
"""Metres that are often used."""
UNITS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Metre:
    """The bars of a piece in turn; a beat is that of the first metre."""

    bars: tuple[Fraction, ...] = (Fraction(4),)
    """The beats of each, as few as come again; empty where it is not known which come."""
    unit: int = 4
    """Beats of a whole note."""

    @property
    def bar(self) -> Fraction | None:
        """The beats of a bar; None where bars differ."""
        return self.bars[0] if len(self.bars) == 1 else None

    @property
    def lengths(self) -> tuple[float, ...]:
        """The beats of each bar as numbers of a node."""
        return tuple(map(float, self.bars))

    def in_beats_of(self, unit: int) -> Metre:
        """The same bars in beats of which a whole note has so many."""
        return Metre(tuple(beats * unit / self.unit for beats in self.bars), unit)

    def beats_until(self, bars: Fraction) -> Fraction:
        """The position in beats after so many bars."""
        turn, rest = divmod(bars, len(self.bars))
        whole = int(rest)
        return turn * sum(self.bars) + sum(self.bars[:whole], Fraction(0)) + (rest - whole) * self.bars[whole]

    def cycles(self, bars: Fraction) -> tuple[Fraction, ...]:
        """The beats of cycles of so many bars, one after another, until they come again; empty for too many."""
        count = (bars / len(self.bars)).denominator if self.bars else 0
        if not 0 < count <= MOST_CYCLES:
            return ()
        lines = [self.beats_until(k * bars) for k in range(count + 1)]
        return tuple(after - before for before, after in pairwise(lines))


def metre_of(data: Any) -> Metre:
    """The metre that is written as `4/4`, as a list of such texts, or as a pair of numbers; 4/4 for any other data."""
    if isinstance(data, tuple) and len(data) == 2:
        return Metre((Fraction(data[0]),), int(data[1]))
    found = [WORD.fullmatch(str(one)) for one in (data if isinstance(data, list) else [data])]
    pairs = [(int(match[1]), int(match[2])) for match in found if match]
    if not pairs or len(pairs) < len(found):
        return Metre()
    unit = pairs[0][1]
    bars = [Fraction(count * unit, own) for count, own in pairs]
    turn = next(n for n in range(1, len(bars) + 1) if len(bars) % n == 0 and bars == bars[:n] * (len(bars) // n))
    return Metre(tuple(bars[:turn]), unit)


def tell_metre(data: Any, place: Place, report: Callable[[Finding], None]) -> bool:
    """Whether data is a metre, or a list of them; each mistake is reported."""
    if not isinstance(data, list):
        if isinstance(data, str) and WORD.fullmatch(data):
            return True
        report(Finding(place, f"expected a metre like 4/4 or 6/8, got {written(data)}", metre_meant(data)))
        return False
    if not 1 <= len(data) <= MOST_BARS:
        sentence = f"expected a metre, or 1 to {MOST_BARS} of them in turn, got {written(data)}"
        report(Finding(place, sentence, EXAMPLE))
        return False
    if len(data) == 2 and all(type(one) is int for one in data) and 1 <= data[0] <= 99 and data[1] in UNITS:
        report(Finding(place, "a metre is written with '/'", f"'{data[0]}/{data[1]}'"))
        return False
    wrong = [(k, one) for k, one in enumerate(data) if not (isinstance(one, str) and WORD.fullmatch(one))]
    for k, one in wrong:
        sentence = f"expected a metre like 4/4 or 6/8, got {written(one)}"
        report(Finding(place.below(k), sentence, metre_meant(one) or "'4/4'"))
    return not wrong


def metre_meant(data: Any) -> str:
    """The metre that other data may mean, in quotes, or an empty string.

    3          '3/4'
    4/3        '4/4'
    4/4, 3/4   '[4/4, 3/4]', also inside of < >
    """
    if type(data) is int:
        return f"'{data}/4'" if 1 <= data <= 99 else ""
    if not isinstance(data, str):
        return ""
    words = data.replace(",", " ").strip("<> ").split()
    if 1 < len(words) <= MOST_BARS and all(map(WORD.fullmatch, words)):
        return f"'[{', '.join(words)}]'"
    match = PAIR.fullmatch(data)
    if not match or not int(match[1]):
        return ""
    unit = min(UNITS, key=lambda known: (abs(known - int(match[2])), -known))
    return f"'{int(match[1])}/{unit}'"
