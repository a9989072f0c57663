"""A parameter written as one word behind a sound: `v.4`, `c2`, `freq=110`.

Steps of a sequence and the command line share this notation.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, NamedTuple

from waves.language.expression.builtin_names import NOTE

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
ASSIGNED = re.compile(r"([^\W\d]\w*)=(.*)", re.DOTALL)
NAME_AND_NUMBER = re.compile(rf"([^\W\d]+)({NUMBER})")


class ParameterWord(NamedTuple):
    """A parameter as one word says it; the value is its text."""

    form: Literal["assigned", "number", "note"]
    name: str
    value: str


def read_word(text: str, known: Collection[str]) -> ParameterWord | None:
    """Read one word behind a sound whose parameters are `known`; None when it is none of the three forms.

        freq=110    assigned, freq, 110
        v.4         number, v, .4
        c2          note, freq, c2; but of a sound with a parameter `c`: number, c, 2

    A word is a note when it is spelled like one, even beyond c0 to g10.
    """
    if match := ASSIGNED.fullmatch(text):
        return ParameterWord("assigned", match[1], match[2])
    numbered = read_numbered(text)
    if re.fullmatch(NOTE, text) and not (numbered and numbered.name in known):
        return ParameterWord("note", "freq", text)
    return numbered


def read_numbered(text: str) -> ParameterWord | None:
    """The name and the number of a word like `v.4`."""
    match = NAME_AND_NUMBER.fullmatch(text)
    return ParameterWord("number", match[1], match[2]) if match else None


def read_number(text: str) -> float | None:
    """The number that a text is, None for any other text."""
    return float(text) if re.fullmatch(NUMBER, text) else None
