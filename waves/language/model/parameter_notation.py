"""A parameter written as one word behind a sound: `v.4`, `c2`, `freq=110`.

Steps of a sequence and the command line share this notation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from waves.language.expression.builtin_names import NOTE, note_apart

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
ASSIGNED = re.compile(r"([^\W\d]\w*)=(.*)", re.DOTALL)
NAME_AND_NUMBER = re.compile(rf"([^\W\d]+)({NUMBER})")
APART = re.compile(rf"(?P<name>[^\W\d]\w*)(?: ?[:=] ?(?P<value>{NUMBER}|{NOTE})| (?P<number>{NUMBER}))")
ZERO_BEFORE_POINT = re.compile(r"(?<!\d)0(?=\.\d)")


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


def number_word(name: str, number: str) -> str:
    """The shortest word that gives a number to a parameter: `v.4`; `f=8`, as `f8` reads as a note."""
    word = name + ZERO_BEFORE_POINT.sub("", number)
    return word if read_numbered(word) and not re.fullmatch(NOTE, word) else f"{name}={number}"


def read_apart(words: Sequence[str], known: Collection[str]) -> tuple[int, str]:
    """The number of words at the beginning that are one parameter written apart, and the word meant; or 0 and "".

    v 0.4, v: 0.4, v = 0.4    v.4
    note: c4                  note=c4
    v:0.4                     v.4, of a sound whose parameters, `known`, have a `v`
    e 2, c# 4, c #2           e2, c#4, c#2, of a sound without a parameter of this name
    """
    for count in range(min(len(words), 3), 1, -1):
        if (note := note_apart(" ".join(words[:count]))) and words[0] not in known:
            return count, note
    for count in range(min(len(words), 3), 0, -1):
        match = APART.fullmatch(" ".join(words[:count]))
        if not match or re.fullmatch(NOTE, match["name"]):
            continue
        if count == 1 and (ASSIGNED.fullmatch(words[0]) or match["name"] not in known):
            continue
        value = match["value"] or match["number"]
        return count, f"{match['name']}={value}" if read_number(value) is None else number_word(match["name"], value)
    return 0, ""


def plain_number(text: str) -> float | None:
    """The number of a text, also of a fraction."""
    number = read_number(text)
    if number is None and (match := re.fullmatch(r"(-?\d{1,9})/(\d{1,9})", text)) and int(match[2]):
        return int(match[1]) / int(match[2])
    return number
