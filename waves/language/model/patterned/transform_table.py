"""The transforms as they are written: the value that each takes, and what it does."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from waves.language.patterns.syntax import FASTEST

Form = Literal["number", "chained", "function", "echo", "humanise", "list"]


class TransformForm(NamedTuple):
    """One transform as it is written."""

    meaning: str
    """One sentence for players."""
    form: Form = "number"
    """A number or pattern; numbers with a transform; a transform alone; a mapping of its own; a list of transforms."""
    default: Fraction | None = None
    """The number that is meant without one."""
    least: Fraction | float = 0
    most: Fraction | float = FASTEST
    is_whole: bool = False
    above: bool = False
    """Whether `least` itself is too little."""
    example: str = ""
    """A value, for suggestions."""


MOST_PARTS = 128
HALF = Fraction(1, 2)
ONE = Fraction(1)

FORMS = {
    "fast": TransformForm("so many times as fast", above=True, example="2"),
    "slow": TransformForm("so many times as slow", above=True, example="2"),
    "rev": TransformForm("each cycle backwards", default=ONE, most=1, example="1"),
    "palindrome": TransformForm("forwards and backwards in turn", default=ONE, least=1, most=1),
    "iter": TransformForm("begins 1/N later with each cycle", least=-FASTEST, is_whole=True, example="4"),
    "shift": TransformForm("later by a time in cycles, below 0 earlier", least=-FASTEST, example="1/8"),
    "ply": TransformForm("each note so many times in its length", least=1, is_whole=True, example="2"),
    "also": TransformForm(
        "a copy later by a time in cycles, changed, on top", "chained", least=-FASTEST, example="1/8"
    ),
    "echo": TransformForm("each note again, softer", "echo"),
    "jux": TransformForm("as it is on the left, changed on the right", "function", default=ONE),
    "every": TransformForm("a change in the last of so many cycles", "chained", least=1, is_whole=True, example="4"),
    "chunk": TransformForm(
        "a change in one of so many parts, the next in each cycle", "chained", least=1, is_whole=True, example="4"
    ),
    "inside": TransformForm("a change as if a cycle were so many", "chained", above=True, example="2"),
    "restart": TransformForm("begins its cycle anew at each x", most=1, example='"x x"'),
    "shuffle": TransformForm(
        "so many parts of the cycle in random order", least=1, most=MOST_PARTS, is_whole=True, example="4"
    ),
    "scramble": TransformForm(
        "so many parts of the cycle, each of them drawn", least=1, most=MOST_PARTS, is_whole=True, example="4"
    ),
    "sometimes": TransformForm(
        "a change for each note with a probability", "chained", default=HALF, most=1, example="0.3"
    ),
    "some_cycles": TransformForm(
        "a change in whole cycles with a probability", "chained", default=HALF, most=1, example="0.3"
    ),
    "degrade": TransformForm("leaves out notes with a probability", default=HALF, most=1, example="0.3"),
    "chance": TransformForm("the probability with which a note stays", most=1, example="0.7"),
    "mask": TransformForm("lets through where it is on", most=1, example='"1 0"'),
    "transpose": TransformForm("higher by so many semitones", least=-120, most=120, example="12"),
    "shift_scale": TransformForm(
        "higher by so many degrees of the scale", least=-120, most=120, is_whole=True, example="2"
    ),
    "nudge": TransformForm("each note late by so many seconds", most=1, above=False, example='"0 .02"'),
    "invert": TransformForm("a chord turned round so many times", least=-24, most=24, is_whole=True, example="1"),
    "striate": TransformForm(
        "so many parts of the sound files, one after another", least=1, most=MOST_PARTS, is_whole=True, example="8"
    ),
    "fit": TransformForm("the cycles that a stretched file takes", most=1024, above=True, example="2"),
    "humanise": TransformForm("each note a little late and of another strength, by chance", "humanise"),
    "do": TransformForm("a list of transforms, one after another", "list"),
}
"""The transforms by name."""

OTHER_NAMES = {"off": "also", "ratchet": "ply", "stut": "echo"}
"""Words of other programs that mean the same."""
