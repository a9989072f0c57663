"""Pitches as they are written: a note, a number of MIDI, a degree, a chord, or a frequency."""

from __future__ import annotations

import re
from typing import NamedTuple

from waves.language.expression.builtin_names import NOTE, note_of_midi
from waves.language.model.harmony.chords import Chord, read_note_chord
from waves.language.model.harmony.scales import Degree, pitch_class


class PlainNote(NamedTuple):
    """A note; its octave is None where none is written."""

    pitch_class: int
    octave: int | None


class MidiNumber(NamedTuple):
    """A MIDI number."""

    number: float


Pitch = PlainNote | MidiNumber | Degree | Chord | float
"""A pitch as it is written; a number is a frequency in Hz."""


def names_of_chord(text: str) -> tuple[str, ...]:
    """The names of the notes of a chord that a step is given, as `c4'm7`; none for what is no chord.

    Raises ChordError.
    """
    chord = read_note_chord(text) if "'" in text else None
    return tuple(note_of_midi(note) for note in chord.notes(4)) if chord else ()


def midi_of(note: str) -> int:
    """The MIDI number of a note with its octave."""
    match = re.fullmatch(NOTE, note)
    assert match
    return 12 * (int(match[3]) + 1) + _letter(match[1], match[2])


def _letter(letter: str, accidental: str) -> int:
    return pitch_class(letter) + {"#": 1, "s": 1, "b": -1}.get(accidental, 0)
