"""Notes that a pool plays: those that are started in, their values and timing in each of its steps out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from waves.language.build.form.alternatives import Alternatives
from waves.language.build.pool_parts import MadeVoice
from waves.language.build.started.note_groups import CHOKE, IN_STEPS, PLAIN, Lengths, Timing, held, placed
from waves.language.model.vocabulary import canonical_name
from waves.language.tree.kept.kept_parts import KeptParts
from waves.notes import Note, Time

PITCH = "freq"


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """Facts of the notes of a pool."""

    shortest: Fraction
    """The steps of the shortest of those that are as long as their steps."""
    names: tuple[str, ...]
    """The names of their values."""
    is_raised: bool
    """Whether any is raised."""
    held: frozenset[float | str]
    """The lengths that notes are given in seconds and as those of the tempo."""

    @classmethod
    def of(cls, kept: KeptParts, pool: str, started: Sequence[Sequence[Note]]) -> NoteFacts:
        """The facts of the notes of a pool, kept where they are the same objects as in the tree before."""
        return kept.made(pool, "facts", (*chain(*started),), (), lambda: cls._found([*chain(*started)]))

    @classmethod
    def _found(cls, notes: Sequence[Note]) -> NoteFacts:
        names = dict.fromkeys(canonical_name(name) for note in notes for name in note.values)
        shortest = min((Fraction(note.length) for note in notes if note.held is None), default=Fraction(1))
        held = frozenset(note.held for note in notes if note.held is not None)
        return cls(shortest, (*names,), any(note.semitones for note in notes), held)


@dataclass(frozen=True, slots=True)
class PoolNotes:
    """The notes of a pool as its settings have them."""

    notes: tuple[tuple[tuple[float, ...], ...], ...]
    """By step, and after the steps of a row those of the next one, the values of each note."""
    timing: tuple[tuple[Timing, ...], ...]
    """The same of their timing; empty where each note begins with its step and is as long."""


@dataclass(frozen=True, slots=True)
class NotesOfPool:
    """All that the notes of a pool depend on."""

    started: Sequence[Sequence[Note]]
    """Of each sound its notes."""
    given: Sequence[Mapping[str, float]]
    """The values that are written with each sound."""
    voice: MadeVoice
    legato: float
    rows: Alternatives
    chokes: Sequence[Mapping[Time, float]]
    """For each row the onsets that end the notes before them, with the seconds by which each is late."""
    lengths: Lengths
    """Those that its notes are given."""

    def in_steps(self, kept: KeptParts, pool: str, steps: int) -> PoolNotes:
        """The notes of a pool in so many steps, kept where all is the same as in the tree before."""
        counts = tuple(map(len, self.started))
        alike = (
            steps,
            counts,
            repr((self.given, self.legato, self.chokes, self.lengths)),
            self.voice.keys,
            self.rows.sections,
            self.rows.turns,
        )
        return kept.made(pool, "notes", (*chain(*self.started),), alike, lambda: self._made(steps))

    def _made(self, steps: int) -> PoolNotes:
        found: list[list[tuple[float, Timing, tuple[float, ...]]]] = [[] for _ in range(steps * self.rows.count)]
        for values, notes in zip(self.given, self.started, strict=True):
            for note in notes:
                step, place = placed(note.onset)
                length, seconds = held(float(note.length) * self.legato, note.held, self.lengths)
                timing = (place, length, note.seconds, note.chance, float(note.draw), seconds)
                made = (place, timing, self.voice.values(values_of(note, values)))
                for row in self.rows.rows(note):
                    found[step % steps + steps * row].append(made)
        for row, onsets in enumerate(self.chokes):
            for onset, seconds in onsets.items():
                step, place = placed(onset)
                choke = (place, (place, CHOKE, seconds, 1.0, 0.0, IN_STEPS), self.voice.values({}))
                found[step % steps + steps * row].append(choke)
        for together in found:
            together.sort(key=lambda note: (note[0], note[1][1] != CHOKE))
        plain = all(timing == PLAIN for together in found for _, timing, _ in together)
        return PoolNotes(
            tuple(tuple(values for _, _, values in together) for together in found),
            () if plain else tuple(tuple(timing for _, timing, _ in together) for together in found),
        )


def values_of(note: Note, written: Mapping[str, float]) -> dict[str, float]:
    """The values of a note: those that are written with its sound, those of the node, its pitch raised."""
    values = {**written} | {canonical_name(name): float(value) for name, value in note.values.items()}
    if note.semitones and PITCH in values:
        values[PITCH] *= 2.0 ** (note.semitones / 12.0)
    return values


def lacks_pitch(started: Sequence[Sequence[Note]], given: Sequence[Mapping[str, float]]) -> bool:
    """Whether a note is raised and has no pitch."""
    notes = ((note, values) for values, notes in zip(given, started, strict=True) for note in notes)
    return any(note.semitones and PITCH not in values_of(note, values) for note, values in notes)
