"""The number under a caret, for a slider: its place, what it is a value of, and how another one is written there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from waves.assist.answers.desk import Desk, Range
from waves.assist.meaning.mark import Mark
from waves.assist.meaning.piece_names import Surroundings
from waves.language.model.vocabulary import canonical_name
from waves.language.text.yaml_scalars import scalar

RANGES = {  # of sliders, by unit, where a parameter has no bounds
    "Hz": (20.0, 20_000.0),
    "s": (0.0, 10.0),
    "factor": (0.0, 2.0),
    "dB": (-60.0, 12.0),
    "rad": (-math.pi, math.pi),
    "cycles": (0.0, 1.0),
    "position": (-1.0, 1.0),
    "beats per minute": (20.0, 300.0),
    "gate": (0.0, 1.0),
    "voices": (1.0, 32.0),
}
COUNTED = ("number", "passes", "voices", "outputs")
"""Units of which there are no parts."""
WIDE = 100.0
"""A parameter whose bounds are further apart has a slider for the usual part of them."""
SLOW = (0.01, 20.0)  # Hz, of what moves slowly
NOTE_RANGES = {"freq": RANGES["Hz"], "amp": (0.0, 1.0), "velocity": (0.0, 1.0)}
FEWEST_STEPS = 100
SIGNIFICANT = 6  # digits
MOST_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, in `range`.

    Where it is the value of a parameter, or of a name of the player's, `path` is that of its node (`lead.osc`) and
    `parameter` the name; both are empty for a number in an expression. `minimum` and `maximum` bound the parameter, in
    `unit`; `low` to `high` is sensible for a slider, which is `logarithmic` or not, and moves by `step`.
    """

    range: Range
    written: str
    value: float
    path: str
    parameter: str
    unit: str
    minimum: float | None
    maximum: float | None
    low: float
    high: float
    logarithmic: bool
    step: float


def number_at(text: str, line: int, column: int, around: Surroundings) -> Number | None:
    """The number under a caret, None where none is. Any text and place are taken."""
    desk = Desk(text, around)
    found = desk.mark_at(line, column)
    if found is None or found[1].kind != "number":
        return None
    entry, mark = found
    value = _value(mark.word.text)
    if value is None:
        return None
    p = mark.role.parameter if mark.alone else None
    named = mark.alone and mark.role.key == "name"
    parameter = p.name if p else mark.role.path[-1] if named else ""
    unit = p.unit if p else ""
    minimum = float(p.minimum) if p and math.isfinite(p.minimum) else None
    maximum = float(p.maximum) if p and math.isfinite(p.maximum) else None
    low, high = _slider(value, unit, minimum, maximum, parameter)
    logarithmic = low > 0.0 and high / low >= FEWEST_STEPS
    whole = p is not None and (p.form == "whole" or unit in COUNTED)
    step = 1.0 if whole else _step(mark.word.text, low, high)
    if logarithmic:
        step = min(step, 10.0 ** math.floor(math.log10(low)))
    path = ".".join(mark.role.path[: _depth(mark, parameter)]) if parameter else ""
    place = desk.range_of(around.name, entry, mark)
    return Number(place, mark.word.text, value, path, parameter, unit, minimum, maximum, low, high, logarithmic, step)


def with_number(number: Number, value: float) -> str:
    """The text for another value in the place of a number: digits without an exponent, six of them that count at most.

    It is held at the bounds, and has no more decimals than the number or its step. One without a digit before the point
    stays so.

        with_number(number_at(".4"), 0.25)      # .25
    """
    if not math.isfinite(value):
        return number.written
    decimals = max(_decimals(number.written), _decimals(f"{Decimal(repr(number.step)).normalize():f}"))
    low = -math.inf if number.minimum is None else number.minimum
    high = math.inf if number.maximum is None else number.maximum
    exact = Decimal(repr(min(max(float(value), low), high)))
    if exact:
        decimals = min(decimals, SIGNIFICANT - 1 - exact.adjusted())
    text = f"{round(exact, decimals):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    if number.written.lstrip("+-").startswith("."):
        text = text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
    return text


def _value(text: str) -> float | None:
    """The value of a number, None for one that is no finite number."""
    try:
        value = scalar(text)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    except (ValueError, OverflowError):
        return None


def _depth(mark: Mark, parameter: str) -> int:
    """The number of steps of the path of a mark that lead to the node whose parameter it is a value of."""
    path = mark.role.path
    return max((k for k, name in enumerate(path) if name == parameter), default=len(path))


def _slider(value: float, unit: str, minimum: float | None, maximum: float | None, name: str) -> tuple[float, float]:
    """The range of a slider: the bounds, or what is usual for the unit, widened to hold the value."""
    low, high = RANGES.get(unit) or NOTE_RANGES.get(canonical_name(name)) or _around(value)
    if unit == "Hz" and 0.0 < value < low:
        low, high = SLOW
    if minimum is not None and maximum is not None and maximum - minimum <= WIDE:
        low, high = minimum, maximum
    low = low if minimum is None else max(low, minimum) if unit in RANGES else minimum
    high = high if maximum is None else min(high, maximum)
    low, high = min(low, value), max(high, 2.0 * value if value > high else high)
    return (float(low), float(high)) if high > low else (float(low), low + 1.0)


def _around(value: float) -> tuple[float, float]:
    """The range around a value of which nothing is known."""
    size = 10.0 ** math.ceil(math.log10(abs(value))) if value else 1.0
    return (-size, size) if value < 0.0 else (0.0, size if size > value else 10.0 * size)


def _step(text: str, low: float, high: float) -> float:
    """The step of a slider: that of the last digit, or a smaller one where that is too coarse."""
    decimals = _decimals(text)
    while decimals < MOST_DECIMALS and (high - low) * 10.0**decimals < FEWEST_STEPS:
        decimals += 1
    return float(10.0**-decimals)


def _decimals(text: str) -> int:
    """The digits behind the point."""
    digits = text.replace("_", "").lower().partition("e")[0].partition(".")[2]
    return min(len(digits), MOST_DECIMALS)
