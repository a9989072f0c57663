"""Notes of a pattern as they sound: notes of lanes in, sounds with their values in the units of the sound out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from fractions import Fraction

from waves.language.model.models import Note
from waves.language.model.patterned.lane_values import NO_PARAMETERS, held_for, is_length, value_of
from waves.language.model.patterned.own_values import drawn_value, names_given, own_length, own_values, pitch_word
from waves.language.model.pitched.arpeggio import Arpeggio
from waves.language.model.pitched.pitches import Pitches
from waves.language.model.vocabulary import FITTED, LENGTH
from waves.language.patterns.chains import Chain, has_transform
from waves.language.patterns.line import WHOLE, LineNote
from waves.language.patterns.syntax import Word, words_of
from waves.language.patterns.together.combined import PITCH, RHYTHM, STEPS, Lane, structure_of
from waves.language.patterns.together.started_words import StartedWord
from waves.language.patterns.told.told_notes import ToldWord

STRENGTH = "velocity"
GIVEN_BY = {"jux": ("pan",), "striate": ("start", "end"), "fit": (FITTED,)}
"""The values that transforms give to notes."""


class HeardNotes:
    """The sounds that the notes of one pattern start."""

    def __init__(
        self,
        lanes: Mapping[str, Lane],
        values: Mapping[str, dict[str, float]],
        started: Mapping[str, Sequence[tuple[int, Note]]],
        pitches: Pitches,
        arpeggio: Arpeggio,
        has_strengths: bool,
    ):
        """`values`: by lane the number that each word is. `started`: by word of the steps its sounds with numbers.

        `has_strengths`: whether a groove changes the strength, so that each note says its own.
        """
        self.values, self.has_strengths = dict(values), has_strengths
        self.started = {
            word: [(number, own_values(sound), pitch_word(sound), _length_of(sound)) for number, sound in sounds]
            for word, sounds in started.items()
        }
        self.pitches, self.arpeggio = copy(pitches), copy(arpeggio)  # they outlive the reader
        del self.pitches.reader, self.arpeggio.reader
        self.structure = structure_of(lanes)
        self.is_own = RHYTHM not in lanes and (self.structure == PITCH or lanes[STEPS].is_word)
        """Whether a chord has its onset by itself, and not from a rhythm."""
        self.has_pitch = PITCH in lanes
        self.has_two_strengths = "X" in self.values.get(RHYTHM, ())
        own = {one for sounds in self.started.values() for *_, one in sounds if isinstance(one, str)}
        self.lengths = own.union(filter(is_length, self.values.get(LENGTH, ())))
        """The lengths of notes that are those of the tempo."""
        self.called = {name for one in words_of(lanes[STEPS].pattern) for name in names_given(one)}
        self.called -= {LENGTH} & lanes.keys()
        """The names of the values that words of the steps give anew in each note."""
        self.longest_chord = 0
        """The most notes of a chord that a note is; 0 where none has a pitch of a lane."""

    @property
    def key(self) -> tuple[object, ...]:
        """All that the sounds of a note depend on."""
        return self.values, self.started, self.pitches.key, self.arpeggio.key, self.structure, self.has_strengths

    def given(self, chain: Chain) -> set[str]:
        """The names of the values that notes may have, after a chain of transforms."""
        found = {key for key, numbers in self.values.items() if numbers and key not in NO_PARAMETERS} | self.called
        if self.has_pitch:
            found.add(PITCH)
        if self.has_strengths or self.has_two_strengths or "accent" in self.values or _changes_strength(chain):
            found.add(STRENGTH)
        return found.union(*(names for one, names in GIVEN_BY.items() if has_transform(chain, one)))

    def _held(self, word: Word, number: float) -> float | str:
        """The length that a word of the lane gives."""
        return word.said if word.said in self.lengths else held_for(number)

    def of(self, note: LineNote, cycles: int = 1) -> Iterator[StartedWord]:
        """The sounds that a note starts; what a step itself is given wins over a lane.

        `cycles`: those of its pass.
        """
        values: dict[str, float] = {}
        for key, word in note.words.items():
            if (numbers := self.values.get(key)) and (number := value_of(word, numbers)) is not None:
                values[key] = number
        strength = note.strength * values.pop("accent", 1.0)
        length = note.length
        if "legato" in values:
            length *= Fraction(values.pop("legato")).limit_denominator(5040)
        held = self._held(note.words[LENGTH], values.pop(LENGTH)) if LENGTH in values else None
        if values.pop(RHYTHM, 1.0) and self.has_two_strengths and note.words[RHYTHM].text == "x":
            strength *= 0.6
        step = note.words[STEPS]
        called = drawn_value(step) if type(step) is not Word else {}
        if isinstance(step, ToldWord) and step.midi is not None:
            called[PITCH] = self.pitches.of_midi(step.midi, note)
        called_length = held_for(called.pop(LENGTH)) if held is not None and LENGTH in called else None
        for number, written, pitch, own_held in self.started.get(step.text, ()):
            own = {**written, **called} if called else written
            free, lasts = dict(values), held
            if held is not None:  # what the step itself is given comes before the lane
                lasts = called_length if called_length is not None else held if own_held is None else own_held
            if own:
                free = {key: value for key, value in values.items() if key not in own} | called
            if strength != 1.0 or self.has_strengths:
                free[STRENGTH] = free.get(STRENGTH, own.get(STRENGTH, 1.0)) * strength
            if note.pan is not None:
                free["pan"] = note.pan
            if note.part is not WHOLE:
                begin, end = (free.get(key, own.get(key, float(k))) for k, key in enumerate(("start", "end")))
                free |= {"start": begin + (end - begin) * float(note.part[0])}
                free |= {"end": begin + (end - begin) * float(note.part[1])}
            if note.fitted is not None:
                free[FITTED] = float(note.fitted * (note.part[1] - note.part[0]))
            has_lane = PITCH in note.words and PITCH not in own
            tuned = self.pitches.of_word(pitch, note) if pitch and not has_lane else None
            if tuned:
                free[PITCH] = tuned
            is_raised = bool(tuned) or ((has_lane or PITCH in called) and self.pitches.is_tuned)
            drawn = *note.draw, 0.0 if is_raised else note.semitones
            if not has_lane:
                yield StartedWord(
                    number, note.begin, length, free, *drawn, note.seconds, cycles, note.when, lasts, note
                )
                continue
            chord = self.pitches.of(note)
            self.longest_chord = max(self.longest_chord, len(chord))
            for one in self.arpeggio.times(chord, note._replace(end=note.begin + length), self.is_own):
                pitched = {**free, PITCH: one.frequency}
                late = note.seconds + one.seconds
                yield StartedWord(number, one.onset, one.length, pitched, *drawn, late, cycles, note.when, lasts, note)


def _length_of(sound: Note) -> float | str | None:
    """The length that a step itself gives to a sound."""
    return next((length for word in sound.words if (length := own_length(word)) is not None), None)


def _changes_strength(chain: Chain) -> bool:
    return any(one.name in ("echo", "humanise") or _changes_strength(one.chain) for one in chain)
