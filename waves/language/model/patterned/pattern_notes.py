"""Notes of a node in steps of its clock; those of a pattern lie inside of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Literal

from waves.language.model.form.metres import MOST_CYCLES, Metre
from waves.language.model.models import NodeModel, PatternPass, Place, Text
from waves.language.model.patterned.groove import Warp, grids_of
from waves.language.model.step_notation import Steps
from waves.language.patterns.line import LineNote
from waves.language.patterns.syntax import ALWAYS, PatternError, Word
from waves.language.patterns.together.combined import STEPS
from waves.language.patterns.together.started_words import StartedWord
from waves.notes import Note, NoteError

STRENGTH = "velocity"
Pace = Literal["cycle", "interval", "trigger"]
"""Whether a step of the clock is a cycle of the pattern, a step of its top level, or what begins at one moment."""
FOUR = Metre()
MOST_NOTES = 100_000  # of a pass
ANOTHER_DRAW = 0x9E3779B1  # between the draws of a note in two cycles
NO_TEMPO = Fraction(1, 16)  # of a cycle: the grid of a groove, where one of them is no length of the tempo


def pace_of(gives: Callable[[str], bool]) -> Pace:
    """The pace of a node, of which `gives` says whether a parameter is given."""
    return "trigger" if gives("trigger") else "interval" if gives("interval") else "cycle"


def pass_of_list(steps: Steps, place: Place) -> PatternPass:
    """The notes of a list that fills a cycle, each step a share of it; `place`: that of the list."""
    entries = [step for step, sounds in enumerate(steps) for _ in sounds]
    length = Fraction(1, max(len(steps), 1))
    notes = []
    for number, step in enumerate(entries):
        onset = step * length
        of = LineNote(onset, onset + length, {STEPS: Word(str(number), step)})
        notes.append(StartedWord(number, onset, length, {}, 1.0, 0, of=of))
    return PatternPass(1, Fraction(len(steps)), tuple(notes), texts={(STEPS, ()): place})


def notes_of(model: NodeModel, name: str, pace: Pace, metre: Metre = FOUR) -> list[Note]:
    """The notes of a `Steps` or a `Step` as they are written, each at its step; none if it is not written.

    Those of a pattern that never comes again come again after some cycles. Raises ValueError if they are too many.
    """
    if made := model.patterns.get(name):
        return _pattern_notes(model, name, made, pace, metre, in_passes)
    return notes_in_steps(model, name, pace, metre)


def notes_in_steps(model: NodeModel, name: str, pace: Pace, metre: Metre) -> list[Note]:
    """The notes that come again, without those of layers of a pattern that never do."""
    if made := model.patterns.get(name):
        return _pattern_notes(model, name, made, pace, metre)
    places = [(step, k) for step, sounds in enumerate(model.steps.get(name, ())) for k in range(len(sounds))]
    return [Note(name, sound, step, draw=k) for sound, (step, k) in enumerate(places)]


def sampled_notes(name: str, made: PatternPass) -> list[Note]:
    """The sounds of the first cycles of what never comes again, as notes in steps that are cycles."""
    if (found := made.in_steps.get(name)) is None:
        found = made.in_steps[name] = [
            Note(
                name,
                one.sound,
                one.onset,
                one.length,
                one.seconds,
                one.semitones,
                one.values,
                one.chance,
                one.draw,
                held=one.held,
            )
            for one in (made.pages.sampled if made.pages else ())
        ]
    return found


def in_passes(made: PatternPass) -> PatternPass:
    """A pattern whose notes all come again. Raises ValueError if they are too many."""
    if made.pages is None:
        return made
    try:
        cycles, notes = made.pages.in_passes()
    except PatternError as error:
        raise NoteError(error.sentence) from None
    return replace(made, cycles=cycles, notes=notes, pages=None)


def step_count(model: NodeModel, name: str, pace: Pace, metre: Metre = FOUR) -> int:
    """The number of steps that are written, rests too; of a pattern those of a pass."""
    made = model.patterns.get(name)
    if made is None:
        return len(model.steps.get(name, ()))
    return step_count_of(in_turn(in_passes(made), groove_of(model, made, pace, metre)), pace)


def step_count_of(made: PatternPass, pace: Pace) -> int:
    """The number of steps of a pass of a pattern."""
    return len(_onsets(made)) if pace == "trigger" else int(made.cycles * _width(made, pace))


def passes(repeat: float, made: PatternPass, steps: int, pace: Pace) -> float:
    """The number of passes of so many steps that so many cycles are."""
    width = _width(made, pace)
    cycles = in_passes(made).cycles if pace == "trigger" else int(steps / width)
    found, wanted = repeat / cycles, repeat * float(width)
    is_short = wanted == int(wanted) and float(cycles * width) * found < wanted if wanted < 2.0**53 else False
    return found * (1.0 + 2.0**-52) if is_short else found


def groove_of(model: NodeModel, made: PatternPass, pace: Pace, metre: Metre) -> Warp | None:
    """The groove of a pattern in its cycle."""
    if made.groove is None or pace == "trigger":
        return None
    length = model.signals.get("interval" if pace == "interval" else "cycle")
    cycle = length.parsed.text if isinstance(length, Text) else ""
    return Warp(made.groove, grids_of(made.groove.grid, cycle, _width(made, pace), metre) or (NO_TEMPO,))


def in_turn(made: PatternPass, warp: Warp | None) -> PatternPass:
    """The pass, so often that the cycles of its groove come again too: each is a cycle of another bar."""
    count = len(warp.grids) if warp else 1
    cycles = lcm(made.cycles, count)
    if cycles == made.cycles:
        return made
    if cycles > MOST_CYCLES or len(made.notes) * count > MOST_NOTES:
        raise NoteError(f"in bars of this metre this pattern comes again after {cycles:,} cycles, which is too long")
    notes = [
        one._replace(
            onset=one.onset + k * one.cycles,
            cycles=lcm(one.cycles, count),
            draw=(one.draw + k * ANOTHER_DRAW) % 2**32 if k else one.draw,
        )
        for one in made.notes
        for k in range(lcm(one.cycles, count) // one.cycles)
    ]
    return replace(made, cycles=cycles, notes=tuple(notes))


def _grooved(made: PatternPass, warp: Warp | None) -> PatternPass:
    """The pass with its notes where the groove has them."""
    if warp is None:
        return made
    notes = []
    made = in_turn(made, warp)
    for one in made.notes:
        onset, values = warp.moved(one.onset), one.values
        if (factor := warp.strength(one.onset)) != 1.0:
            values = {**values, STRENGTH: values.get(STRENGTH, 1.0) * factor}
        notes.append(one._replace(onset=onset, length=warp.moved(one.onset + one.length) - onset, values=values))
    return replace(made, notes=tuple(notes))


def _pattern_notes(
    model: NodeModel,
    name: str,
    made: PatternPass,
    pace: Pace,
    metre: Metre,
    whole: Callable[[PatternPass], PatternPass] | None = None,
) -> list[Note]:
    """The notes of a pattern, the same objects with each call; `whole` gives those of its pages too."""
    warp = groove_of(model, made, pace, metre)
    key = name, pace, warp, whole
    if (found := made.in_steps.get(key)) is None:
        found = made.in_steps[key] = _made_notes(name, _grooved(whole(made) if whole else made, warp), pace)
    return [*found]


def _made_notes(name: str, made: PatternPass, pace: Pace) -> list[Note]:
    onsets = {onset: step for step, onset in enumerate(_onsets(made))}
    width = _width(made, pace)
    found = []
    for one in made.notes:
        place, length = (onsets[one.onset], 1) if pace == "trigger" else (one.onset * width, one.length * width)
        values, pitch = one.values, one.semitones
        period = 0 if pace == "trigger" else int(one.cycles * width)
        rest = one.seconds, pitch, values, one.chance, one.draw, period, _when(one), one.held, one.of
        found.append(Note(name, one.sound, place, length, *rest))
    return found


def _width(made: PatternPass, pace: Pace) -> Fraction:
    return made.width if pace == "interval" else Fraction(1)


def _onsets(made: PatternPass) -> list[Fraction]:
    return sorted({one.onset for one in made.notes})


def _when(one: StartedWord) -> tuple[int, tuple[str, ...] | None] | None:
    """The alternatives in which a note plays as plain data; None for all."""
    turns, sections = one.when
    return None if one.when == ALWAYS else (turns, None if sections is None else tuple(sorted(sections)))
