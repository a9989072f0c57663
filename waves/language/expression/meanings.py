"""Meanings of the built-in names, functions and operators of expressions, one sentence each.

meaning("clip")       # Meaning("clip(x, low, high)", "x, held between two bounds.")
meaning("fifth")      # Meaning("fifth", "Frequency factor of 7 semitones: 1.498.")
"""

from __future__ import annotations

from typing import NamedTuple

from waves.language.expression.builtin_names import (
    CONSTANTS,
    INTERVALS,
    SCALES,
    TIME_NAMES,
    TimeName,
    note_frequency,
    semitones,
)


class Meaning(NamedTuple):
    """A name in use, and a sentence on it."""

    use: str
    sentence: str


FUNCTION_MEANINGS = {
    "rand": Meaning("rand(), rand(high), rand(low, high), rand([a, b, c])", "A random number, or one of a list."),
    "sin": Meaning("sin(x)", "Sine of x in radians."),
    "cos": Meaning("cos(x)", "Cosine of x in radians."),
    "tan": Meaning("tan(x)", "Tangent of x in radians."),
    "abs": Meaning("abs(x)", "x without its sign."),
    "sqrt": Meaning("sqrt(x)", "Square root."),
    "exp": Meaning("exp(x)", "e to the power of x."),
    "log": Meaning("log(x)", "Natural logarithm."),
    "log10": Meaning("log10(x)", "Logarithm to the base of 10."),
    "log2": Meaning("log2(x)", "Logarithm to the base of 2: octaves of a frequency factor."),
    "floor": Meaning("floor(x)", "The largest whole number that is not above x."),
    "ceil": Meaning("ceil(x)", "The smallest whole number that is not below x."),
    "round": Meaning("round(x)", "The nearest whole number; halves go to the even one."),
    "sign": Meaning("sign(x)", "-1, 0 or 1: the sign of x."),
    "min": Meaning("min(a, b, ...)", "The smallest of two or more."),
    "max": Meaning("max(a, b, ...)", "The largest of two or more."),
    "pow": Meaning("pow(a, b)", "a to the power of b, with the sign of a; without it, write a ** b."),
    "clip": Meaning("clip(x, low, high)", "x, held between two bounds."),
    "where": Meaning("where(condition, a, b)", "a where the condition is not 0, else b."),
    "sum": Meaning("sum([a, b, c])", "Sum of a list."),
    "mean": Meaning("mean([a, b, c])", "Mean of a list."),
    "std": Meaning("std([a, b, c])", "Standard deviation of a list."),
    "to_mono": Meaning("to_mono($name)", "All channels of a node as one."),
    "db": Meaning("db(x)", "Factor of x decibels: db(-6) is about 0.5."),
    "ms": Meaning("ms(x)", "Seconds of x milliseconds."),
    "st": Meaning("st(x)", "Frequency factor of x semitones: st(12) is 2."),
}

OPERATOR_MEANINGS = {
    "+": Meaning("a + b", "Sum."),
    "-": Meaning("a - b, -a", "Difference; the negative."),
    "*": Meaning("a * b", "Product."),
    "/": Meaning("a / b", "Quotient."),
    "//": Meaning("a // b", "Quotient, rounded down."),
    "%": Meaning("a % b", "Remainder of a division, with the sign of b."),
    "**": Meaning("a ** b", "a to the power of b."),
    "<": Meaning("a < b", "1 if a is smaller, else 0."),
    "<=": Meaning("a <= b", "1 if a is smaller or equal, else 0."),
    ">": Meaning("a > b", "1 if a is larger, else 0."),
    ">=": Meaning("a >= b", "1 if a is larger or equal, else 0."),
    "==": Meaning("a == b", "1 if both are equal, else 0."),
    "!=": Meaning("a != b", "1 if both differ, else 0."),
    "&": Meaning("a & b", "1 if neither is 0, else 0."),
    "|": Meaning("a | b", "0 if both are 0, else 1."),
    "and": Meaning("a and b", "a if it is 0, else b."),
    "or": Meaning("a or b", "b if a is 0, else a."),
    "not": Meaning("not a", "1 if a is 0, else 0."),
    "if": Meaning("a if condition else b", "a where the condition is not 0, else b."),
    "else": Meaning("a if condition else b", "a where the condition is not 0, else b."),
}

_LENGTHS = {
    "beat": "a beat",
    "bar": "a bar",
    "eighth": "an eighth",
    "sixteenth": "a sixteenth",
    "triplet": "a triplet, a third of a beat,",
}
_SEVERAL = ("two", "four", "eight", "sixteen")

TEMPO_MEANINGS = {  # names of the tempo that is around a place; outside of any `tempo` node, of the piece
    **{name: f"Length of {one} in seconds." for name, one in _LENGTHS.items()},
    "bpm": "Tempo in beats per minute.",
    "beats": "Position in beats, from 0.",
    **{f"{name}_number": f"Number of the present {name}, from 1." for name in _LENGTHS},
    **{f"{name}_tick": f"1 for the frame at which a new {name} begins, else 0." for name in _LENGTHS},
    **{f"{n}_bar_tick": f"1 for the first frame of every {n} bars, else 0." for n in _SEVERAL},
}

NOTE_MEANINGS = {  # by canonical name of a value of a note, and `gate`
    "freq": "Pitch of the note in Hz, 440 if the step gives none.",
    "amp": "Amplitude of the note from 0 to 1, 1 if the step gives none.",
    "velocity": "Strength of the note from 0 to 1, 1 if the step gives none.",
    "gate": "1 until the next step, then 0.",
}

_TIMES = {
    TimeName.TIME: "Seconds since the node started.",
    TimeName.RATE: "Frames per second.",
}
_CONSTANTS = {"pi": "Half a turn in radians", "tau": "A turn in radians", "e": "Base of the natural logarithm"}


def meaning(name: str) -> Meaning | None:
    """The meaning of a function, an operator, or a name that is built in or a name of the tempo; None for any other."""
    if known := FUNCTION_MEANINGS.get(name) or OPERATOR_MEANINGS.get(name):
        return known
    sentence = TEMPO_MEANINGS.get(name, "")
    if name in INTERVALS:
        count = INTERVALS[name]
        unit = "semitone" if count == 1 else "semitones"
        sentence = f"Frequency factor of {count:g} {unit}: {semitones(count):.4g}."
    elif name in CONSTANTS:
        sentence = f"{_CONSTANTS.get(name, 'A constant')}: {CONSTANTS[name]:.6g}."
    elif name in TIME_NAMES:
        sentence = _TIMES[TIME_NAMES[name]]
    elif name in SCALES:
        sentence = f"Scale, in semitones above its root: {SCALES[name]}."
    elif frequency := note_frequency(name):
        sentence = f"Frequency of the note: {frequency:.2f} Hz."
    return Meaning(name, sentence) if sentence else None
