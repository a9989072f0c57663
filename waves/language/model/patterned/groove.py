"""Grooves: the places to which notes of a pattern are moved inside of each cycle, by a grid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

from waves.language.model.form.metres import Metre
from waves.language.model.models import Groove, Place, WrittenParameter
from waves.language.model.parameter_notation import read_number
from waves.language.model.step_notation import NodeReader
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean

BAR, SIXTEENTH = "bar", "sixteenth"
LENGTHS = (BAR, "beat", "eighth", SIXTEENTH, "triplet")
LEAST, MOST = Fraction(20, 100), Fraction(80, 100)
NAMED: dict[str, tuple[str, ...]] = {
    **{f"mpc{percent}": ("0", f"{2 * percent - 100}/100") for percent in range(50, 76)},
    "triplet": ("0", "1/3"),
    "laidback": ("0", "0.1", "0.06", "0.12"),
    "pushed": ("0", "-0.1", "-0.06", "-0.12"),
}
"""Grooves by name: how late each step of the grid is, in shares of the grid."""
MOST_PLACES = 64
PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
FACTOR = re.compile(r"([*/]?)\s*(\d+(?:\.\d*)?|\.\d+|[a-z_]+)\s*")
GROOVE_KEYS = ("swing", "groove", "grid")
"""Keys beside a pattern that make its groove."""


def read_groove(reader: NodeReader, given: Mapping[str, WrittenParameter]) -> Groove | None:
    """The groove of a pattern; none without one, or after a report."""
    grid = given.get("grid")
    if "swing" in given and "groove" in given:
        reader.problem(given["groove"].place.at_key(), "'swing' and 'groove' both move the notes: write one of them")
        return None
    if "swing" in given:
        groove = _swing(reader, *given["swing"])
    elif "groove" in given:
        groove = _groove(reader, *given["groove"])
    else:
        if grid:
            reader.problem(grid.place.at_key(), "'grid' is that of a 'swing' or a 'groove'", "'swing: 58%'")
        return None
    if groove and grid:
        groove = _on_grid(reader, groove, *grid)
    return groove


def _swing(reader: NodeReader, data: Any, place: Place) -> Groove | None:
    """A share of each pair in per cent, or a factor from -1 to 1."""
    match = PERCENT.fullmatch(str(data).strip())
    number = read_number(match[1] if match else str(data).strip())
    share = None
    if number is not None and not isinstance(data, bool):
        exact = Fraction(match[1] if match else str(data).strip())
        share = exact / 100 if match or exact >= 20 else Fraction(1, 2) - exact / 4
        is_factor = not match and abs(exact) <= 1
        if not is_factor and not ((match or exact >= 20) and LEAST <= share <= MOST):
            share = None
    if share is None:
        reader.problem(place.at_key(), "swing is 20% to 80%, or a factor from -1 to 1", "'50%'")
        return None
    return Groove(SIXTEENTH, (Fraction(0), 2 * share - 1), ())


def _groove(reader: NodeReader, data: Any, place: Place) -> Groove | None:
    if isinstance(data, str) and data in NAMED:
        return Groove(SIXTEENTH, tuple(map(Fraction, NAMED[data])), ())
    if not isinstance(data, dict):
        meant = did_you_mean(str(data), NAMED) or "'mpc58'"
        reader.problem(place, f"there is no groove '{data}': mpc50 to mpc75, triplet, laidback, pushed", meant)
        return None
    for key in data:
        if key not in ("grid", "times", "v"):
            near = did_you_mean(str(key), ("grid", "times", "v"))
            reader.problem(place.below(key).at_key(), f"'groove' has no parameter '{key}'", near)
            return None
    lists = {}
    for key, least, most in (("times", Fraction(-1, 2), Fraction(1, 2)), ("v", Fraction(0), Fraction(2))):
        values = data.get(key, [])
        at = place.below(key) if key in data else place
        numbers = [read_number(str(one)) for one in values] if isinstance(values, list) else [None]
        if None in numbers or len(numbers) > MOST_PLACES or (key in data and not numbers):
            reader.problem(at, f"'{key}' is a list of 1 to {MOST_PLACES} numbers, not {written(values)}", "'[0, .1]'")
            return None
        exact = tuple(Fraction(str(number)) for number in numbers)
        if not all(least <= number <= most for number in exact):
            reader.problem(at, f"'{key}' of a groove lies between {float(least):g} and {float(most):g}")
            return None
        lists[key] = exact
    times = lists["times"] or (Fraction(0),)
    if any(1 + after <= before for before, after in zip(times, (*times[1:], times[0]), strict=True)):
        reader.problem(place.below("times"), "a step of the groove would come before the one in front of it")
        return None
    groove = Groove(SIXTEENTH, times, tuple(map(float, lists["v"])))
    return _on_grid(reader, groove, data["grid"], place.below("grid")) if "grid" in data else groove


def _on_grid(reader: NodeReader, groove: Groove, data: Any, place: Place) -> Groove | None:
    if length_in(str(data)) is None:
        reader.problem(place, "'grid' is a length of the tempo", f"'{SIXTEENTH}'")
        return None
    return Groove(str(data), groove.times, groove.strengths)


def length_in(text: str) -> tuple[Fraction, str] | None:
    """A length that is written in lengths of the tempo: `5 * eighth` is 5 and `eighth`; None for any other text."""
    found, name, at = Fraction(1), "", 0
    text = text.strip()
    while at < len(text):
        match = FACTOR.match(text, at)
        if not match or bool(match[1]) is not bool(at):
            return None
        if match[2] in LENGTHS and match[1] != "/" and not name:
            number, name = Fraction(1), match[2]
        elif match[2][0].isdigit() or match[2][0] == ".":
            number = Fraction(match[2])
        else:
            return None
        if match[1] == "/" and not number:
            return None
        found = found / number if match[1] == "/" else found * number
        at = match.end()
    return (found, name) if name and found > 0 else None


def beats_of(text: str, metre: Metre) -> Fraction | None:
    """The beats of a length that is written in lengths of the tempo; None for any other, and where bars differ."""
    if not (length := length_in(text)):
        return None
    found, name = length
    if name == BAR:
        return metre.bar and found * metre.bar
    beats = {"beat": Fraction(1), "eighth": Fraction(metre.unit, 8), SIXTEENTH: Fraction(metre.unit, 16)}
    return found * beats.get(name, Fraction(1, 3))


def ratio_of(text: str, unit: str, metre: Metre) -> Fraction | None:
    """The count of one length of the tempo in another one; None where it is no fixed number."""
    length, other = length_in(text), length_in(unit)
    if length and other and length[1] == other[1]:
        return length[0] / other[0]
    beats, each = beats_of(text, metre), beats_of(unit, metre)
    return beats / each if beats and each else None


def grids_of(grid: str, cycle: str, width: Fraction, metre: Metre) -> tuple[Fraction, ...]:
    """The step of a grid as a share of each cycle in turn, which is `width` times a length; empty where it has none."""
    if share := ratio_of(grid, cycle, metre):
        return (share / width,)
    length, step = length_in(cycle), beats_of(grid, metre)
    if not (step and length and length[1] == BAR):
        return ()
    return tuple(step / beats for beats in metre.cycles(length[0] * width))


@dataclass(frozen=True, slots=True)
class Warp:
    """A groove in a cycle of a pattern, of which a step of the grid is a share."""

    groove: Groove
    grids: tuple[Fraction, ...]
    """Of one cycle after another, which go round."""

    def moved(self, moment: Fraction) -> Fraction:
        """The moment, in cycles, at which sounds what is written at a moment.

        swing 75%, grid 1/4    0 → 0, 1/8 → 3/16, 1/4 → 3/8, 1/2 → 1/2
        """
        cycle = floor(moment)
        grid = self._grid(cycle)
        number = floor((moment - cycle) / grid)
        begin = number * grid
        end = min(begin + grid, Fraction(1))
        early, late = (self._late(number, grid), self._late(number + 1 if end < 1 else 0, grid))
        return moment + (early + (late - early) * (moment - cycle - begin) / (end - begin)) * grid

    def _grid(self, cycle: int) -> Fraction:
        return self.grids[cycle % len(self.grids)]

    def _late(self, number: int, grid: Fraction) -> Fraction:
        """The lateness of a step of the grid, in shares of it; one without a partner in its cycle is in its place."""
        times = self.groove.times
        steps = floor(1 / grid)
        whole = steps - steps % len(times) if len(times) <= steps else steps
        return times[number % len(times)] if number < whole else times[0]

    def strength(self, moment: Fraction) -> float:
        """The factor of the strength of what is written at a moment."""
        strengths = self.groove.strengths
        cycle = floor(moment)
        return strengths[floor((moment - cycle) / self._grid(cycle)) % len(strengths)] if strengths else 1.0
