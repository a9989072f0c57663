"""Notes of a node in steps of its clock; those of a pattern lie inside of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from waves.language.model.models import NodeModel, PatternPass, StartedWord, Text
from waves.language.model.patterned.groove import Warp, beats_of
from waves.language.model.step_notation import Steps
from waves.notes import Note

STRENGTH = "velocity"
Pace = Literal["cycle", "interval", "trigger"]
"""Whether a step of the clock is a cycle of the pattern, a step of its top level, or what begins at one moment."""
Metre = tuple[Fraction, int]
"""The beats of a bar, and those of a whole note."""
NO_TEMPO = Fraction(1, 16)  # of a cycle: the grid of a groove, where one of them is no length of the tempo


def pace_of(gives: Callable[[str], bool]) -> Pace:
    """The pace of a node, of which `gives` says whether a parameter is given."""
    return "trigger" if gives("trigger") else "interval" if gives("interval") else "cycle"


def pass_of_list(steps: Steps) -> PatternPass:
    """The notes of a list that fills a cycle, each step a share of it."""
    places = [Fraction(step, len(steps)) for step, sounds in enumerate(steps) for _ in sounds]
    length = Fraction(1, max(len(steps), 1))
    notes = (StartedWord(number, onset, length, {}, 1.0, 0) for number, onset in enumerate(places))
    return PatternPass(1, Fraction(len(steps)), tuple(notes))


def notes_of(model: NodeModel, name: str, pace: Pace, metre: Metre = (Fraction(4), 4)) -> list[Note]:
    """The notes of a `Steps` or a `Step` as they are written, each at its step; none if it is not written."""
    if made := model.patterns.get(name):
        return _pattern_notes(name, _grooved(model, made, pace, metre), pace)
    places = [(step, k) for step, sounds in enumerate(model.steps.get(name, ())) for k in range(len(sounds))]
    return [Note(name, sound, step, draw=k) for sound, (step, k) in enumerate(places)]


def step_count(model: NodeModel, name: str, pace: Pace) -> int:
    """The number of steps that are written, rests too; of a pattern those of a pass."""
    made = model.patterns.get(name)
    if made is None:
        return len(model.steps.get(name, ()))
    return len(_onsets(made)) if pace == "trigger" else int(made.cycles * _width(made, pace))


def passes(repeat: float, made: PatternPass, steps: int, pace: Pace) -> float:
    """The number of passes of so many steps that so many cycles are."""
    width = _width(made, pace)
    cycles = made.cycles if pace == "trigger" else int(steps / width)
    found, wanted = repeat / cycles, repeat * float(width)
    is_short = wanted == int(wanted) and float(cycles * width) * found < wanted if wanted < 2.0**53 else False
    return found * (1.0 + 2.0**-52) if is_short else found


def _grooved(model: NodeModel, made: PatternPass, pace: Pace, metre: Metre) -> PatternPass:
    """The pass with its notes where the groove has them."""
    if made.groove is None or pace == "trigger":
        return made
    length = model.signals.get("interval" if pace == "interval" else "cycle")
    cycle = beats_of(length.parsed.text, *metre) if isinstance(length, Text) else None
    grid = beats_of(made.groove.grid, *metre)
    warp = Warp(made.groove, grid / (cycle * _width(made, pace)) if cycle and grid else NO_TEMPO)
    notes = []
    for one in made.notes:
        onset, values = warp.moved(one.onset), one.values
        if (factor := warp.strength(one.onset)) != 1.0:
            values = {**values, STRENGTH: values.get(STRENGTH, 1.0) * factor}
        notes.append(one._replace(onset=onset, length=warp.moved(one.onset + one.length) - onset, values=values))
    return replace(made, notes=tuple(notes))


def _pattern_notes(name: str, made: PatternPass, pace: Pace) -> list[Note]:
    onsets = {onset: step for step, onset in enumerate(_onsets(made))}
    width = _width(made, pace)
    found = []
    for one in made.notes:
        place, length = (onsets[one.onset], 1) if pace == "trigger" else (one.onset * width, one.length * width)
        values, pitch = one.values, one.semitones
        period = 0 if pace == "trigger" else int(one.cycles * width)
        found.append(Note(name, one.sound, place, length, one.seconds, pitch, values, one.chance, one.draw, period))
    return found


def _width(made: PatternPass, pace: Pace) -> Fraction:
    return made.width if pace == "interval" else Fraction(1)


def _onsets(made: PatternPass) -> list[Fraction]:
    return sorted({one.onset for one in made.notes})
