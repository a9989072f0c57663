"""Numbers with a unit behind them, as other programs have them, and how each is written here."""

from __future__ import annotations

import re
from typing import NamedTuple

from waves.language.expression.builtin_names import NOTE_LENGTHS

MEANINGS = {  # units behind a number, each with the unit of a parameter that it is
    **dict.fromkeys(("db", "decibel", "decibels"), "dB"),
    **dict.fromkeys(("ms", "msec", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("hz", "hertz"), "Hz"),
    "khz": "kHz",
    **dict.fromkeys(("st", "semi", "semis", "semitone", "semitones"), "semitones"),
    **dict.fromkeys(("ct", "cent", "cents"), "cents"),
    **dict.fromkeys(("oct", "octave", "octaves"), "octaves"),
    "bpm": "beats per minute",
}
WRITTEN = {  # how a number of a unit is written where the parameter has another unit, or none that is known
    "dB": "db({0})",
    "ms": "ms({0})",
    "kHz": "{0} * 1000",
    "semitones": "st({0})",
    "cents": "st({0} / 100)",
    "octaves": "st({0} * 12)",
}
CONVERTED = {  # the same where both units are of one kind: the unit written, the unit of the parameter
    ("semitones", "cents"): "{0} * 100",
    ("semitones", "octaves"): "{0} / 12",
    ("cents", "semitones"): "{0} / 100",
    ("cents", "octaves"): "{0} / 1200",
    ("octaves", "semitones"): "{0} * 12",
    ("octaves", "cents"): "{0} * 1200",
}
COUNTED = {"beats": "beat", "bars": "bar"}  # what a count of them is multiplied by, to be in seconds


PART = re.compile(r"1/(?:1|2|4|8|16|32)")  # of a whole note
SIGNS = {"d": "dotted", "t": "triplet"}
FACTORS = {"dotted": "1.5 * {0}", "triplet": "{0} * 2 / 3"}
NOTES = {"half": "2 * beat", "quarter": "beat", "beat": "beat", "eighth": "eighth", "sixteenth": "sixteenth"}


def length_meant(first: str, second: str) -> str:
    """The length that two words mean, or an empty string.

    dotted eighth     1.5 * eighth
    eighth triplet    eighth * 2 / 3
    """
    for factor, note in ((first, second), (second, first)):
        if factor in FACTORS and note in NOTES:
            return FACTORS[factor].format(NOTES[note])
    return ""


def length_of_score(part: str, sign: str) -> str:
    """The length that a part of a whole note and a sign behind it mean, or an empty string.

    1/8 d    1.5 * eighth
    1/8 t    eighth * 2 / 3
    """
    factor, note = SIGNS.get(sign.lower()), NOTE_LENGTHS.get(int(part[2:])) if PART.fullmatch(part) else None
    return FACTORS[factor].format(note) if factor and note else ""


class Measure(NamedTuple):
    """A number and the unit that is written behind it."""

    number: str
    unit: str

    @property
    def is_known(self) -> bool:
        """Whether it is a unit, and not any other word."""
        return self.unit.lower() in MEANINGS

    def expression(self, unit: str = "") -> str:
        """The expression for it in a parameter of a unit; "" is no known unit.

        -3 dB in dB, in a factor    '-3', 'db(-3)'
        """
        meaning = MEANINGS.get(self.unit.lower(), self.unit.lower())
        if meaning == unit:
            return self.number
        if meaning in COUNTED:
            return f"{self.number} * {COUNTED[meaning]}"
        return CONVERTED.get((meaning, unit), WRITTEN.get(meaning, "{0}")).format(self.number)
