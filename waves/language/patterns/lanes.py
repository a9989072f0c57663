"""Lanes of a pattern: the steps and values for them as patterns of their own, put together to notes with values.

One of them has the structure: its onsets are those of the notes. The others are read at each onset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import lcm

from waves.language.patterns.events import Event
from waves.language.patterns.passes import (
    MOST_IN_PASS,
    PatternNote,
    check_size,
    cycles_of,
    cycles_of_pass,
    events_of,
    is_varied,
    note_of,
    notes_in_cycle,
)
from waves.language.patterns.syntax import MOST_NOTES, Pattern, PatternError, Sequence, Word

STEPS = "steps"
"""The lane of the sounds."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The notes of some cycles, in the order of time; after these cycles they come again."""

    cycles: int
    notes: tuple[PatternNote, ...]
    structure: str
    """The lane that has the onsets."""
    unheard: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    """By lane the words that no onset reads."""


def structure_of(lanes: Mapping[str, Pattern]) -> str:
    """The lane whose onsets are those of the notes: `steps`, where it is more than one sound without signs, else the
    pitch, else the first lane with more than one event in a cycle.
    """
    if not _is_word(lanes[STEPS]):
        return STEPS
    others = [name for name in lanes if name != STEPS]
    several = (name for name in others if notes_in_cycle(lanes[name]) > 1 or cycles_of(lanes[name]) > 1)
    return "freq" if "freq" in lanes and not _is_word(lanes["freq"]) else next(several, STEPS)


def make_pass(lanes: Mapping[str, Pattern], seed: int = 0, whole: int = 1) -> Pass:
    """The pass of some lanes, `steps` among them; its cycles are a multiple of `whole`. Raises PatternError."""
    structure = structure_of(lanes)
    patterns = list(lanes.values())
    cycles = lcm(whole, *map(cycles_of, patterns))
    mean = notes_in_cycle(lanes[structure])
    check_size(max(map(notes_in_cycle, patterns)), cycles)
    if any(map(is_varied, patterns)):
        cycles = cycles_of_pass(cycles, max(map(notes_in_cycle, patterns)))
    events = {name: events_of(pattern, cycles, seed) for name, pattern in lanes.items()}
    readers = {name: Reading(found, cycles) for name, found in events.items() if name != structure}
    heard: dict[str, set[int]] = {name: set() for name in readers}
    notes: list[PatternNote] = []
    for event in events[structure]:
        sounding = [[(name, one) for one in reader.at(event.begin)] for name, reader in readers.items()]
        for name, found in zip(readers, sounding, strict=True):
            heard[name] |= {one.word.column for _, one in found if one.word}
        for others in product(*sounding):
            words = {name: one.word for name, one in [(structure, event), *others] if one.word}
            draws = [*event.draws, *(draw for _, one in others for draw in one.draws)]
            note = note_of(event._replace(draws=tuple(draws)), words, seed)
            notes += [note] if note else []
            if len(notes) > MOST_IN_PASS:
                raise PatternError(f"more than {MOST_IN_PASS:,} notes until this pattern comes again", 0)
    if mean and len(notes) > MOST_NOTES * cycles:
        raise PatternError(f"{len(notes) // cycles:,} notes in a cycle: {MOST_NOTES:,} at most", 0)
    return Pass(cycles, tuple(notes), structure, _unheard(events, heard))


def _is_word(pattern: Pattern) -> bool:
    """Whether a pattern is one word without signs."""
    return isinstance(pattern, Sequence) and len(pattern.steps) == 1 and isinstance(pattern.steps[0][1], Word)


def _unheard(events: Mapping[str, list[Event]], heard: Mapping[str, set[int]]) -> dict[str, tuple[Word, ...]]:
    found = {}
    for name, columns in heard.items():
        words = {event.word.column: event.word for event in events[name] if event.word}
        if left := tuple(words[column] for column in sorted(words) if column not in columns):
            found[name] = left
    return found


class Reading:
    """Reads the events of a lane at moments that grow, in a pass that goes round."""

    def __init__(self, events: list[Event], cycles: int):
        around = [one._replace(begin=one.begin - cycles, end=one.end - cycles) for one in events if one.end > cycles]
        self.ahead = sorted([*around, *events], key=lambda event: event.begin)[::-1]
        self.sounding: list[Event] = []

    def at(self, moment: Fraction) -> list[Event]:
        """The events that sound at a moment."""
        while self.ahead and self.ahead[-1].begin <= moment:
            self.sounding.append(self.ahead.pop())
        self.sounding = [event for event in self.sounding if event.end > moment]
        return self.sounding
