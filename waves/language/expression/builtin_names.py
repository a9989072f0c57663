"""Built-in names of expressions: constants, notes, scales, time, and functions.

builtin("c#4")        # 277.18 Hz
builtin("fifth")      # 1.4983, a factor of frequency
builtin("dorian")     # [0.0, 2.0, 3.0, 5.0, 7.0, 9.0, 10.0], semitones above the root
"""

from __future__ import annotations

import math
import re
from enum import Enum


class TimeName(Enum):
    """Names whose value only the kernel knows: seconds since the start of the node, and frames per second."""

    TIME = "t"
    RATE = "sr"


def semitones(count: float) -> float:
    """Frequency ratio of an interval in equal temperament."""
    return float(2.0 ** (count / 12.0))


INTERVALS = {
    "unison": 0,
    "cent": 0.01,
    "semi": 1,
    "semitone": 1,
    "minor_second": 1,
    "major_second": 2,
    "whole": 2,
    "minor_third": 3,
    "major_third": 4,
    "fourth": 5,
    "tritone": 6,
    "fifth": 7,
    "minor_sixth": 8,
    "major_sixth": 9,
    "minor_seventh": 10,
    "major_seventh": 11,
    "octave": 12,
    "minor_ninth": 13,
    "major_ninth": 14,
}

CONSTANTS = {
    "pi": math.pi,
    "tau": math.tau,
    "e": math.e,
    "inf": math.inf,
    "infinite": math.inf,
    "infinity": math.inf,
    "True": 1.0,
    "true": 1.0,
    "False": 0.0,
    "false": 0.0,
} | {name: semitones(count) for name, count in INTERVALS.items()}

TIME_NAMES = {"t": TimeName.TIME, "time": TimeName.TIME, "sr": TimeName.RATE, "sample_rate": TimeName.RATE}

SCALES = {
    "chromatic": "0 1 2 3 4 5 6 7 8 9 10 11",
    "major": "0 2 4 5 7 9 11",
    "minor": "0 2 3 5 7 8 10",
    "aeolian": "0 2 3 5 7 8 10",
    "dorian": "0 2 3 5 7 9 10",
    "phrygian": "0 1 3 5 7 8 10",
    "lydian": "0 2 4 6 7 9 11",
    "mixolydian": "0 2 4 5 7 9 10",
    "locrian": "0 1 3 5 6 8 10",
    "major_pentatonic": "0 2 4 7 9",
    "minor_pentatonic": "0 3 5 7 10",
    "harmonic_minor": "0 2 3 5 7 8 11",
    "melodic_minor": "0 2 3 5 7 9 11",
    "double_harmonic": "0 1 4 5 7 8 11",
    "hungarian_minor": "0 2 3 6 7 8 11",
    "persian": "0 1 4 5 6 8 11",
    "enigmatic": "0 1 4 6 8 10 11",
    "neapolitan_minor": "0 1 3 5 7 8 11",
    "neapolitan_major": "0 1 3 5 7 9 11",
    "prometheus": "0 2 4 6 9 10",
    "whole_tone": "0 2 4 6 8 10",
    "blues": "0 3 5 6 7 10",
    "minor_blues": "0 3 5 6 7 10",
    "major_blues": "0 2 3 4 7 9",
    "gypsy": "0 2 3 6 7 8 10",
    "japanese": "0 1 5 7 8",
    "hirajoshi": "0 2 3 7 8",
    "kumoi": "0 2 3 7 9",
    "yo": "0 2 5 7 9",
    "iwato": "0 1 5 6 10",
    "pelog": "0 1 3 4 7 8",
    "augmented": "0 3 4 7 8 11",
    "bebop_major": "0 2 4 5 7 8 9 11",
    "bebop_minor": "0 2 3 5 7 8 9 10",
}

ANY = 1000  # more arguments than an expression has numbers and names
ARGUMENTS = {  # functions by their lowest and highest number of arguments
    (0, 2): "rand",
    (1, 1): "sin cos tan abs sqrt exp log log10 log2 floor ceil round sign sum mean std to_mono db ms st",
    (2, 2): "pow",
    (2, ANY): "min max",
    (3, 3): "clip where",
}
FUNCTIONS = {name: count for count, names in ARGUMENTS.items() for name in names.split()}

LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
NOTE = r"([a-gA-G])([#sb]?)(10|[0-9])"
"""Pattern of a note: letter, accidental, octave."""
SHARPS_AND_FLATS = "c c# d eb e f f# g g# a bb b".split()
"""Names of the twelve notes of an octave."""
NOTE_APART = re.compile(r"([a-gA-G]) ?([#sb]?) ?(10|[0-9])")
HIGHEST_NOTE = 127  # g10, in semitones above c0
A4 = 57
PITCH_CLASS = re.compile(r"[a-gA-G][#sb]?")
"""A note without its octave."""
GERMAN = {"is": "#", "es": "b", "": ""}
"""Accidentals of German names of notes."""
NOTE_LENGTHS = {1: "4 * beat", 2: "2 * beat", 4: "beat", 8: "eighth", 16: "sixteenth", 32: "sixteenth / 2"}
"""Expressions of the length of a whole note, a half, a quarter …, by the number of them in a whole note."""


def note_apart(text: str) -> str:
    """The note that a text with spaces in it means, or an empty text: `e 2`, `c# 4` and `c #4` are e2 and c#4."""
    match = NOTE_APART.fullmatch(text.strip())
    return "".join(match.groups()) if match and " " in text.strip() else ""


def note_frequency(name: str) -> float | None:
    """Frequency in Hz of a note from c0 to g10, with A4 = 440; None for any other word.

    `c#4` and `cs4` are a semitone above `c4`, `db4` is one below `d4`; the letter may be upper case.
    """
    match = re.fullmatch(NOTE, name)
    if not match:
        return None
    letter, accidental, octave = match.groups()
    number = 12 * int(octave) + LETTERS[letter.lower()] + {"": 0, "#": 1, "s": 1, "b": -1}[accidental]
    return 440.0 * semitones(number - A4) if 0 <= number <= HIGHEST_NOTE else None


def note_of_midi(number: float) -> str:
    """The note that a MIDI number is, from 12 for c0 to 139 for g10; "" for any other number.

    60    c4
    """
    is_one = 12 <= number <= HIGHEST_NOTE + 12 and number == int(number)
    return f"{SHARPS_AND_FLATS[int(number) % 12]}{int(number) // 12 - 1}" if is_one else ""


def note_above(note: str, semitones: int) -> str:
    """The note that is so many semitones above another; "" beyond c0 to g10."""
    letter, accidental, octave = re.fullmatch(NOTE, note).groups()  # type: ignore[union-attr]
    number = 12 * int(octave) + LETTERS[letter.lower()] + {"": 0, "b": -1}.get(accidental, 1) + semitones
    return note_of_midi(number + 12)


def resembles_note(word: str) -> bool:
    """Whether a word is written like a note, but maybe beyond c0 to g10, or with the German `h`."""
    return bool(re.fullmatch(r"[a-hA-H](?:[#sb]|is|es)?\d{1,2}", word))


SIDES = {"left": "'-1'", "right": "'1'", "center": "'0'", "centre": "'0'", "middle": "'0'"}
"""Words for a pan, each as it is written here."""


def german_note(word: str) -> str:
    """The note that a German name is here; "" for any other word, also for one that is a note here.

    h4      b4
    cis4    c#4
    des4    db4
    """
    match = re.fullmatch(r"([a-hA-H])(is|es|)(\d{1,2})", word)
    if not match or not (match[2] or match[1] in "hH"):
        return ""
    letter = "b" if match[1] in "hH" else match[1]
    note = f"{letter}{GERMAN[match[2]]}{match[3]}"
    return note if note_frequency(note) else ""


def flat_meant(word: str) -> str:
    """The note that `es2` is in German, `eb2`; "" for any other word. Here the `s` is a sharp, and e sharp is f."""
    return f"eb{word[2:]}" if re.fullmatch(r"[eE]s\d{1,2}", word) and note_frequency(word) else ""


def builtin(name: str) -> float | list[float] | TimeName | None:
    """Value of a built-in name, a list for a scale; None when nothing built in has that name.

    A parameter, an id or a var of the same name hides it.
    """
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in SCALES:
        return [float(step) for step in SCALES[name].split()]
    return TIME_NAMES.get(name) or note_frequency(name)
