"""Notes that are started, by the pool that plays them, and their places in steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from waves.language.build.pool_parts import Group
from waves.language.model.models import Note, Use
from waves.notes import Note as StartedNote
from waves.notes import NoteError, Time

NEAR = 1e-8  # steps; what is nearer to the beginning of a step begins with it

Timing = tuple[float, float, float, float, float, float]
"""The timing of a note, see `abi.NOTE`; `late` and `held` in seconds."""
IN_STEPS = -1.0
"""Seconds for which a note is held that is as long as its steps say."""
PLAIN: Timing = (0.0, 1.0, 0.0, 1.0, 0.0, IN_STEPS)
CHOKE = -1.0
"""The length of what starts nothing, and ends the notes before it."""
Lengths = Mapping[str, tuple[Fraction | None, float]]
"""By length of the tempo the same in steps, or else in seconds."""


def grouped(sounds: Sequence[tuple[int, Note, list[StartedNote]]]) -> dict[str, Group]:
    """Sounds by the model that they play, under its name, with a count when another model has that name.

    [kick, kick v.5, {osc: {freq: 3}}, {osc: {freq: 4}}]    kick: 2 notes, osc: 1 note, osc~2: 1 note
    """
    groups: dict[str, Group] = {}
    for number, note, started in sounds:
        plain = isinstance(note.model, Use) and not note.model.given
        data = None if plain else note.data
        key, count = note.name, 1
        while key in groups and repr(groups[key].data) != repr(data):  # the order of keys counts
            count += 1
            key = f"{note.name}~{count}"
        group = groups.setdefault(key, Group(note.model, data))
        group.numbers.append(number)
        group.written.append(note)
        group.started.append(started)
    return groups


def held(length: float, own: float | str | None, lengths: Lengths) -> tuple[float, float]:
    """The length of a note in steps, and the seconds for which it is held instead; `own` is that of the note itself.

    Raises NoteError for a text that is no length of the tempo.
    """
    if own is None:
        return length, IN_STEPS
    if not isinstance(own, str):
        return length, float(own)
    if own not in lengths:
        raise NoteError(f"'{own}' is no length of a note")
    steps, seconds = lengths[own]
    return (length, seconds) if steps is None else (float(steps), IN_STEPS)


def placed(onset: Time) -> tuple[int, float]:
    """The step in which a moment lies, and the part of it that has passed by then, 0 to below 1."""
    if isinstance(onset, Fraction):  # with whole numbers, which is quick and as exact
        above, below = onset.numerator, onset.denominator
        step = above // below
        place = (above - step * below) / below
    else:
        step = math.floor(onset)
        place = onset - step
    if place < NEAR:
        place = 0.0
    elif place > 1.0 - NEAR:
        step, place = step + 1, 0.0
    return step, place
