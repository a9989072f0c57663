"""Notes of a pattern in steps of a clock: a cycle is one step, or as many as its top level has; or each onset is one."""

from __future__ import annotations

from waves.language.model.models import PatternPass
from waves.notes import Note


def pattern_notes(parameter: str, made: PatternPass, by_onset: bool) -> list[Note]:
    """The notes of a pass; `by_onset`: a trigger moves on from one onset to the next."""
    if by_onset:
        onsets = {onset: step for step, onset in enumerate(_onsets(made))}
        return [
            Note(parameter, one.sound, onsets[one.onset], 1, 0.0, 0.0, one.values, one.chance, one.draw)
            for one in made.notes
        ]
    return [
        Note(
            parameter,
            one.sound,
            one.onset * made.steps,
            one.length * made.steps,
            0.0,
            0.0,
            one.values,
            one.chance,
            one.draw,
        )
        for one in made.notes
    ]


def pattern_steps(made: PatternPass, by_onset: bool) -> int:
    """The number of steps of a pass."""
    return len(_onsets(made)) if by_onset else int(made.cycles * made.steps)


def passes(repeat: float, made: PatternPass, by_onset: bool) -> float:
    """The passes that so many cycles are: as many steps, to the last one."""
    if by_onset:
        return repeat / made.cycles
    steps = pattern_steps(made, by_onset)
    found, wanted = repeat / made.cycles, repeat * float(made.steps)
    return found if steps * found >= wanted or wanted != int(wanted) else found * (1.0 + 2.0**-52)


def _onsets(made: PatternPass) -> list[object]:
    return sorted({one.onset for one in made.notes})
