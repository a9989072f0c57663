"""Scales and their degrees: `d minor`, `a3:minor_pentatonic`; `0`, `7`, `-1`, `2#`, `4v`."""

from __future__ import annotations

import re
from typing import NamedTuple

from waves.language.expression.builtin_names import LETTERS, SCALES
from waves.language.model.harmony.tunings import Tuning
from waves.problem import did_you_mean

PITCH_CLASS = re.compile(r"[a-gA-G][#sb]?")
WRITTEN = re.compile(r"([a-gA-G][#sb]?)(10|\d)?[\s:]+(\w+(?:[\s:]+\w+)*)")
DEGREE = re.compile(r"(-?\d{1,3})([#b^v]*)")
ELSEWHERE = {"moll": "minor", "dur": "major", "min": "minor", "maj": "major", "pentatonic": "minor_pentatonic"}
ELSEWHERE |= {"m": "minor", "": "major"}
NAMES_ELSEWHERE = frozenset(("key", "key_signature", "mode", "root", "tonic"))
"""Names in other programs for what gives the scale."""
IN_ONE_WORD = re.compile(r"([a-hA-H][#sb]?)(10|\d)?[\s:_-]*(\w*)")
SIGNS = {"#": 1, "b": -1, "^": 12, "v": -12}


class ScaleError(Exception):
    """A scale that cannot be: a sentence, and what is meant."""

    def __init__(self, sentence: str, meant: str = ""):
        super().__init__(sentence)
        self.sentence, self.meant = sentence, meant


class Scale(NamedTuple):
    """A scale: its root, 0 for c, the octave of degree 0, if it is written, and the semitones above the root."""

    root: int
    octave: int | None
    steps: tuple[float, ...]
    period: float = 12.0
    """The semitones after which its degrees come again."""
    is_tuning: bool = False
    """Whether its degrees are the steps of a tuning."""

    def note(self, degree: int, octave: int) -> float:
        """The MIDI number of a degree; `octave` is that of degree 0, where none is written."""
        turns, step = divmod(degree, len(self.steps))
        own = self.octave if self.octave is not None else octave
        return 12 * (own + 1) + self.period * turns + self.root + self.steps[step]


class Degree(NamedTuple):
    """A degree of a scale, and semitones above it."""

    number: int
    semitones: int


def pitch_class(name: str) -> int:
    """The number of a note without octave, 0 for c."""
    return (LETTERS[name[0].lower()] + {"#": 1, "s": 1, "b": -1}.get(name[1:], 0)) % 12


def read_scale(text: str, tuning: Tuning | None = None) -> Scale:
    """A scale with its root; `tuning`: that of the pattern, whose steps are the scale `tuning`. Raises ScaleError."""
    match = WRITTEN.fullmatch(text.strip())
    name = match[3] if match else text.strip()
    if not match:
        if PITCH_CLASS.fullmatch(name):
            raise ScaleError(f"'{name}' is a root: a scale has a name too", f"'{name} major'")
        if name in SCALES:
            raise ScaleError("a scale has a root", f"'c {name}'")
    if match and name == "tuning":
        if tuning is None:
            raise ScaleError("the degrees of the scale 'tuning' are the steps of a tuning", "'tuning: 19edo'")
        octave, steps = int(match[2]) if match[2] else None, tuple(one / 100.0 for one in tuning.cents)
        return Scale(pitch_class(match[1]), octave, steps, tuning.period / 100.0, True)
    if name not in SCALES:
        if meant := scale_meant(text.strip()):
            raise ScaleError(f"there is no scale '{' '.join(re.split(r'[ :]+', name))}'", f"'{meant}'")
        words = re.split(r"[\s:]+", name)
        whole, name = "_".join(words).lower(), " ".join(words)
        near = ELSEWHERE.get(whole, "") or (whole if whole in SCALES else did_you_mean(whole, SCALES).strip("'"))
        root = f"{match[1]}{match[2] or ''}" if match else "c"
        raise ScaleError(f"there is no scale '{name}'", f"'{root} {near}'" if near else "")
    assert match
    steps = tuple(map(float, SCALES[name].split()))
    return Scale(pitch_class(match[1]), int(match[2]) if match[2] else None, steps)


def scale_meant(text: str) -> str:
    """The scale that its root and its name in another form mean, or an empty string.

    am         a minor
    a-moll     a minor
    Dmaj       D major
    h moll     b minor
    """
    for match in filter(None, [IN_ONE_WORD.fullmatch(text), re.fullmatch(r"([a-gA-G])()(b\w+)", text)]):
        lower = match[3].lower()
        name = ELSEWHERE.get(lower, lower if lower in SCALES else "")
        if name and not (match[1][0] in "hH" and match[1][1:]):
            return f"{'b' if match[1] in 'hH' else match[1]}{match[2] or ''} {name}"
    return ""


def scale_beside(name: str, data: object) -> str:
    """The scale that a key of another name gives, `key: am`, as it is written here, in quotes; empty for any other."""
    if name not in NAMES_ELSEWHERE or not isinstance(data, str):
        return ""
    try:
        read_scale(data)
        return f"'scale: {data}'"
    except ScaleError as error:
        return f"'scale: {error.meant[1:-1]}'" if error.meant else ""


def read_degree(text: str) -> Degree | None:
    """A degree: a number with `#`, `b`, `^` and `v` behind it; None for what is none."""
    match = DEGREE.fullmatch(text)
    return Degree(int(match[1]), sum(SIGNS[sign] for sign in match[2])) if match else None
