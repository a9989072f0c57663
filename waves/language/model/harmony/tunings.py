"""Tunings: a name, a division of the octave or the text of a Scala file in, the pitch of each MIDI number out."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log2

from waves.problem import did_you_mean

OCTAVE = 1200.0  # cents
SEMITONES = 12
EQUAL = re.compile(r"(\d{1,4})\s*(?:edo|tet)", re.IGNORECASE)
MOST_STEPS = 1_000
LARGEST_PERIOD = 12_000.0  # cents
NEAR = 1e-6  # cents
RATIO = re.compile(r"(\d{1,18})(?:\s*/\s*(\d{1,18}))?")
CENTS = re.compile(r"-?(?:\d{1,9}\.\d{0,18}|\.\d{1,18})")
SCALA = ".scl"

FIFTH = OCTAVE * log2(3 / 2)
COMMA = 12 * FIFTH - 7 * OCTAVE  # of Pythagoras
FIFTHS = (0, 7, 2, -3, 4, -1, 6, 1, 8, 3, -2, 5)
"""Of each semitone above the root its place in the chain of fifths, from -3 to 8."""
TEMPERED = (0, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10, 5)
"""The same in a chain of eleven fifths upwards."""


class TuningError(Exception):
    """A tuning that cannot be: a sentence, and what is meant."""

    def __init__(self, sentence: str, meant: str = ""):
        super().__init__(sentence)
        self.sentence, self.meant = sentence, meant


@dataclass(frozen=True, slots=True)
class Tuning:
    """Pitches that come again after a period: the cents of each above the root, 0 first, and those of the period."""

    cents: tuple[float, ...]
    period: float = OCTAVE

    def tuned(self, number: float, root: int) -> float:
        """The MIDI number that is played for one in twelve equal steps; `root` is 0 for c, and stays as it is.

        Twelve steps in an octave stand for the semitones, and what lies between these lies between those. Of any other
        number of steps the nearest is played.
        """
        turns, rest = divmod((number - root) * 100.0, self.period)
        places = (*self.cents, self.period)
        if len(self.cents) == SEMITONES and abs(self.period - OCTAVE) < NEAR:
            step = min(int(rest / 100.0 + NEAR), SEMITONES - 1)
            share = rest / 100.0 - step
            cents = places[step] + (share * (places[step + 1] - places[step]) if abs(share) > NEAR else 0.0)
        else:
            above = bisect(places, rest)
            below, after = places[above - 1], places[min(above, len(places) - 1)]
            cents = below if rest - below <= after - rest else after
        return root + (turns * self.period + cents) / 100.0


def _pure(*ratios: str) -> tuple[float, ...]:
    return tuple(OCTAVE * log2(Fraction(ratio)) for ratio in ratios)


def _chain(places: tuple[int, ...], fifth: float) -> tuple[float, ...]:
    return tuple((place * fifth) % OCTAVE for place in places)


def _werckmeister() -> tuple[float, ...]:
    """The fifths c-g, g-d, d-a and b-f# are a quarter of a comma small, all others pure."""
    found = []
    for place in TEMPERED:
        quarters = min(place, 3) + (place > 5)
        found.append((place * FIFTH - quarters * COMMA / 4) % OCTAVE)
    return tuple(found)


TUNINGS = {
    "just": Tuning(_pure(*"1 16/15 9/8 6/5 5/4 4/3 45/32 3/2 8/5 5/3 9/5 15/8".split())),
    "pythagorean": Tuning(_pure(*"1 256/243 9/8 32/27 81/64 4/3 729/512 3/2 128/81 27/16 16/9 243/128".split())),
    "meantone": Tuning(_chain(FIFTHS, OCTAVE * log2(5) / 4)),  # four fifths are a pure third
    "werckmeister3": Tuning(_werckmeister()),
}
"""Tunings by name, relative to their root."""


def read_tuning(text: str, files: Mapping[str, str]) -> Tuning:
    """A tuning as it is written. `files`: the texts of the Scala files of the piece. Raises TuningError."""
    name = text.strip()
    if name.lower() in TUNINGS:
        return TUNINGS[name.lower()]
    if match := EQUAL.fullmatch(name):
        steps = int(match[1])
        if not 1 <= steps <= MOST_STEPS:
            raise TuningError(f"an octave is divided into 1 to {MOST_STEPS:,} steps, not {steps:,}", "'19edo'")
        return Tuning(tuple(OCTAVE * k / steps for k in range(steps)))
    if name.lower().endswith(SCALA):
        if name in files:
            return read_scala(name, files[name])
        meant = did_you_mean(name, files)
        raise TuningError(f"there is no Scala file '{name}' beside waves.yaml, or in tunings/", meant)
    known = [*TUNINGS, *files, "19edo"]
    raise TuningError(f"there is no tuning '{name}'", did_you_mean(name, known) or "'just'")


def read_scala(name: str, text: str) -> Tuning:
    """The tuning of a Scala file: a description, the number of notes, each in cents or as a ratio, the period last.

    Lines that begin with `!` are comments, and so is what follows a number. Raises TuningError with the line.
    """
    lines = [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1) if not line.startswith("!")]
    if len(lines) < 2 or not (count := re.match(r"\d{1,6}(?!\S)", lines[1][1])):
        at = lines[1][0] if len(lines) > 1 else 1
        raise TuningError(f"{name}:{at}: the second line of a Scala file is the number of its notes")
    wanted = int(count[0])
    if not 1 <= wanted <= MOST_STEPS:
        raise TuningError(f"{name}:{lines[1][0]}: a tuning has 1 to {MOST_STEPS:,} notes, not {wanted:,}")
    pitches = [_pitch(name, *line) for line in lines[2 : 2 + wanted] if line[1]]
    if len(pitches) < wanted:
        raise TuningError(f"{name}: it has {len(pitches)} of {wanted} notes")
    period = pitches[-1]
    if not 1.0 <= period <= LARGEST_PERIOD:
        raise TuningError(f"{name}: its last note is the period, of 1 to {LARGEST_PERIOD:g} cents, not {period:g}")
    steps = sorted({round(pitch % period, 9) for pitch in pitches[:-1]} | {0.0})
    return Tuning(tuple(step for step in steps if step < period - NEAR), period)


def _pitch(name: str, line: int, text: str) -> float:
    """The cents of a line."""
    if match := CENTS.match(text):
        return float(match[0])
    match = RATIO.match(text)
    if not match or not int(match[1]) or (match[2] and not int(match[2])):
        raise TuningError(f"{name}:{line}: '{text[:40]}' is no pitch: cents as 701.955, or a ratio as 3/2")
    return OCTAVE * (log2(int(match[1])) - log2(int(match[2] or 1)))
