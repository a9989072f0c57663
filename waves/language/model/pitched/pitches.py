"""Pitches of a pattern: notes, degrees, chords, MIDI numbers and Hz, with the lanes that say how they are meant.

They are worked out last, after all transforms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import log2
from typing import NamedTuple

from waves.language.expression.builtin_names import NOTE, SIDES, german_note, note_frequency, semitones
from waves.language.model.harmony.chords import (
    VOICINGS,
    ChordError,
    inverted,
    no_voicing,
    read_chord,
    read_note_chord,
    voiced,
)
from waves.language.model.harmony.scales import (
    PITCH_CLASS,
    Degree,
    Scale,
    ScaleError,
    pitch_class,
    read_degree,
    read_scale,
)
from waves.language.model.harmony.tunings import Tuning, TuningError, read_tuning
from waves.language.model.models import Place
from waves.language.model.parameter_notation import plain_number, read_number
from waves.language.model.pitched.pitch_words import MidiNumber, Pitch, PlainNote, midi_of
from waves.language.model.step_notation import NodeReader
from waves.language.model.vocabulary import EQUAL
from waves.language.patterns.line import LineNote
from waves.language.patterns.syntax import Call, Drawn, Pattern, Word, said_in, words_of
from waves.language.patterns.together.combined import PITCH

PITCH_LANES = ("note", "chord", "midi", "freq")
"""Lanes that give the pitch; one of them at once."""
SCALE, OCTAVE, VOICING, AROUND = "scale", "octave", "voicing", "around"
VALUES = "values"
"""The lane of an automation: any number, or a note, which is its frequency."""
MEANT_BY = (SCALE, OCTAVE, VOICING, AROUND)
"""Lanes that say how a pitch is meant."""

DO_RE_MI = dict(zip("do re mi fa sol so la si ti".split(), "c d e f g g a b b".split(), strict=True))
LOWEST_MIDI, HIGHEST_MIDI = 21, 127  # that of a piano: below it a number is a degree
HIGHEST_FREQ = 20_000
HIGHEST_OCTAVE = 10
MIDDLE_C = 60
C_MAJOR = read_scale("c major")
NO_SCALE = "a number in 'note' is a degree and needs a 'scale'"
A_SCALE = "'scale: c major'"
NO_SCALE_OF_NUMERALS = "numerals need a 'scale'"


class Pitches:
    """The pitch lane of one pattern."""

    def __init__(self, reader: NodeReader):
        self.reader = reader
        self.kind = "note"
        self.read: dict[str, Pitch | str] = {}
        """By word the pitch; a numeral is read in the scale of its note."""
        self.has_scale = False
        self.has_chords = False
        """Whether any note that was asked for is a chord."""
        self.scales: dict[str, Scale] = {}
        self.numbers: dict[str, dict[str, float]] = {OCTAVE: {}, AROUND: {}}
        self.made: dict[tuple[object, ...], tuple[float, ...]] = {}
        self.a4 = reader.vocabulary.pitch.a4
        self.tuning: Tuning | None = None
        if written := reader.vocabulary.pitch.tuning:
            with suppress(TuningError):  # told where the settings are read
                self.tuning = read_tuning(written, dict(reader.vocabulary.pitch.files))

    @property
    def is_tuned(self) -> bool:
        """Whether notes have other pitches than their names say."""
        return self.tuning is not None or self.a4 != EQUAL.a4

    def read_tuning(self, data: object, at: Place) -> None:
        """Read the tuning beside the pattern; a mistake is reported."""
        try:
            self.tuning = read_tuning(str(data), dict(self.reader.vocabulary.pitch.files))
        except TuningError as error:
            self.reader.problem(at, error.sentence, error.meant)

    def frequency(self, number: float, scale: str = "", is_step: bool = False) -> float:
        """The frequency of a MIDI number in a scale, as it is tuned. `is_step`: it is one of the tuning already."""
        if self.tuning and not is_step:
            root = self.scales[scale].root if scale in self.scales else 0
            number = self.tuning.tuned(number, root)
        return self.a4 * semitones(number - 69)

    @property
    def key(self) -> tuple[object, ...]:
        """All that the frequencies of a note depend on, but its words."""
        return self.kind, self.has_scale, self.scales, self.numbers, self.a4, self.tuning

    def read_meaning(self, name: str, pattern: Pattern, at: Place) -> None:
        """Read a lane that says how pitches are meant; mistakes are reported."""
        self.has_scale |= name == SCALE
        for word in self.words(name, pattern, at):
            if name == SCALE:
                try:
                    self.scales[word.text] = read_scale(word.text, self.tuning)
                except ScaleError as error:
                    self.report(at, error.sentence, error.meant, word)
            elif name == OCTAVE:
                number = read_number(word.text)
                if number is None or number != int(number) or not 0 <= number <= HIGHEST_OCTAVE:
                    self.report(at, f"'{word.text}' is no octave: a whole number from 0 to {HIGHEST_OCTAVE}", "", word)
                    number = 4
                self.numbers[name][word.text] = number
            elif name == AROUND:
                frequency = note_frequency(word.text)
                if frequency is None:
                    self.report(at, f"'{word.text}' is no note with its octave", "'c4'", word)
                else:
                    self.numbers[name][word.text] = midi_of(word.text)
            elif word.text not in VOICINGS:
                self.report(at, *no_voicing(word.text), word)

    def read_lane(self, name: str, pattern: Pattern, at: Place) -> None:
        """Read the lane of the pitches; mistakes are reported."""
        self.kind = name
        words = self.words(name, pattern, at) if name == "chord" else said_in(pattern)
        numbers = [word.text for word in words if read_number(word.text) is not None]
        if name == "note" and not self.has_scale and numbers and len(numbers) == len(words):
            is_midi = words == words_of(pattern) and all(float(one) >= LOWEST_MIDI for one in numbers)
            meant = f"'midi: \"{' '.join(numbers[:8])}\"'" if is_midi else A_SCALE
            self.report(at, NO_SCALE, meant, words[0])
            return
        for word in words:
            if word.text not in self.read:
                try:
                    found = READERS[name](self, word.text)
                except ChordError as error:
                    found = _Slip(error.sentence, error.meant)
                if isinstance(found, _Slip):
                    self.report(at, *found, word)
                    if found.sentence in (NO_SCALE, NO_SCALE_OF_NUMERALS):  # so does every other word
                        return
                    found = 440.0
                self.read[word.text] = found

    def words(self, name: str, pattern: Pattern, at: Place) -> list[Word]:
        """The words of a lane in which a call that gives numbers is a mistake."""
        for word in words_of(pattern):
            if isinstance(word, Call) and word.name != "choose":
                self.report(at, f"'{word.name}' gives numbers: '{name}' takes 'choose'", "", word)
                return []
        return said_in(pattern)

    def report(self, at: Place, sentence: str, meant: str, word: Word) -> None:
        """Report a mistake at a word."""
        self.reader.problem(self.reader.place_of_word(word, at), sentence, meant, column=word.column)

    def has_own_meaning(self, name: str, text: str) -> bool:
        """Whether a word of a lane is a pitch, or says how one is meant."""
        try:
            if name in READERS:
                return not isinstance(READERS[name](self, text), _Slip) or read_number(text) is not None
            if name == SCALE:
                return bool(read_scale(text, self.tuning))
        except (ChordError, ScaleError):
            return False
        return text in VOICINGS or note_frequency(text) is not None or read_number(text) is not None

    def of(self, note: LineNote) -> tuple[float, ...]:
        """The frequencies in Hz of a note of the pattern."""
        words = {name: word.said for name, word in note.words.items() if name in (PITCH, *MEANT_BY)}
        if isinstance(word := note.words[PITCH], Drawn) and word.said not in self.read:
            self.read[word.said] = self.of_number(float(word.said))
        elif word.said not in self.read:  # that a program gives
            found = READERS[self.kind](self, word.said)
            if isinstance(found, _Slip):
                return ()
            self.read[word.said] = found
        texts = tuple(word.said for word in note.chord)
        raised = note.semitones if self.is_tuned else 0.0
        key = (*words.items(), texts, note.degrees, note.invert, raised)
        if key not in self.made:
            if texts:
                self.made[key] = self._stacked(words, note.degrees, note.invert, raised, texts)
            else:
                self.made[key] = self._made(words, note.degrees, note.invert, raised)
        return self.made[key]

    def of_word(self, name: str, note: LineNote) -> float | None:
        """The frequency of a note that a step itself is given, raised as the note is, where pitches are tuned."""
        if not self.is_tuned or note_frequency(name) is None:
            return None
        scale = note.words[SCALE].said if SCALE in note.words else ""
        return self.frequency(midi_of(name) + note.semitones, scale)

    def of_midi(self, number: float, note: LineNote) -> float:
        """The frequency of a MIDI number that a step is given, raised as the note is, where pitches are tuned."""
        if not self.is_tuned:
            return EQUAL.a4 * semitones(number - 69)
        scale = note.words[SCALE].said if SCALE in note.words else ""
        return self.frequency(number + note.semitones, scale)

    def _stacked(
        self, words: Mapping[str, str], degrees: int, invert: int, raised: float, further: Sequence[str]
    ) -> tuple[float, ...]:
        """The frequencies of notes that are one chord, its lowest the root."""
        self.has_chords = True
        voicing, around = words.get(VOICING, ""), self.numbers[AROUND].get(words.get(AROUND, ""), MIDDLE_C)
        plain = {name: word for name, word in words.items() if name != VOICING}
        notes = [{**plain, PITCH: text} for text in (words[PITCH], *further)]
        if not (voicing or invert):
            return tuple(one for note in notes for one in self._made(note, degrees, 0, raised))
        numbers = [number for note in notes for number in self._numbers(note, degrees, 0)]
        numbers = inverted(voiced(numbers, voicing or "close", min(numbers), around), invert)
        return tuple(self.frequency(number + raised, words.get(SCALE, "")) for number in numbers)

    def _made(self, words: Mapping[str, str], degrees: int, invert: int, raised: float = 0.0) -> tuple[float, ...]:
        pitch = self.read[words[PITCH]]
        if isinstance(pitch, float):
            return (pitch * semitones(raised),)
        scale = words.get(SCALE, "")
        is_step = scale in self.scales and self.scales[scale].is_tuning
        is_step = is_step and isinstance(pitch, Degree) and not pitch.semitones and not raised
        numbers = self._numbers(words, degrees, invert)
        return tuple(self.frequency(number + raised, scale, is_step) for number in numbers)

    def _numbers(self, words: Mapping[str, str], degrees: int, invert: int) -> tuple[float, ...]:
        """The MIDI numbers of a note, in twelve equal steps."""
        pitch = self.read[words[PITCH]]
        scale = self.scales.get(words.get(SCALE, ""))
        octave = int(self.numbers[OCTAVE].get(words.get(OCTAVE, ""), 4))
        if isinstance(pitch, float):
            return (round(69 + 12 * log2(pitch / 440.0), 9),)
        if isinstance(pitch, str):
            pitch = read_chord(pitch, scale)
        if isinstance(pitch, PlainNote):
            own = octave if pitch.octave is None else pitch.octave
            return (12 * (own + 1) + pitch.pitch_class,)
        if isinstance(pitch, MidiNumber):
            return (pitch.number,)
        if isinstance(pitch, Degree):
            return (scale.note(pitch.number + degrees, octave) + pitch.semitones,) if scale else ()
        self.has_chords = True
        around = self.numbers[AROUND].get(words.get(AROUND, ""), MIDDLE_C)
        return tuple(pitch.notes(octave, words.get(VOICING, ""), around, invert))

    def of_number(self, number: float) -> Pitch:
        """The pitch of a number that a call gives; a degree is a whole one."""
        if self.kind == "note":
            return Degree(round(number), 0)
        return number if self.kind in ("freq", VALUES) else MidiNumber(number)

    def read_note(self, text: str) -> Pitch | _Slip:
        """A note, a degree or a chord of the lane `note`."""
        if note_frequency(text) is not None:
            return PlainNote(midi_of(text) % 12, midi_of(text) // 12 - 1)
        if PITCH_CLASS.fullmatch(text):
            return PlainNote(pitch_class(text), None)
        if degree := read_degree(text):
            if self.has_scale:
                return degree
            return _Slip(NO_SCALE, A_SCALE)
        if chord := read_note_chord(text):
            return chord
        notes = text.split(".")
        if len(notes) > 1 and all(note_frequency(note) for note in notes):
            return _Slip(f"'{text}' is one word: notes are parted by spaces", f"'{' '.join(notes)}'")
        if read_number(text) is not None:
            return _Slip("a degree is a whole number", "")
        meant = german_note(text) or DO_RE_MI.get(text, "")
        return _Slip(f"there is no note '{text}': notes are a to g", f"'{meant}'" if meant else "")

    def read_sign(self, text: str) -> Pitch | str:
        """A chord of the lane `chord`; a numeral stays as it is written. Raises ChordError."""
        scale = next(iter(self.scales.values()), C_MAJOR if self.has_scale else None)
        chord = read_chord(text, scale)
        return text if re.match(r"[#b]*[IVXiv]", text) else chord

    @staticmethod
    def read_midi(text: str) -> Pitch | _Slip:
        """A MIDI number."""
        number = read_number(text)
        if number is not None and 0 <= number <= HIGHEST_MIDI:
            return MidiNumber(number)
        meant = f"'note: {text}'" if re.fullmatch(NOTE, text) else ""
        return _Slip(f"'midi' is a number from 0 to {HIGHEST_MIDI}, not '{text}'", meant)

    @staticmethod
    def read_freq(text: str) -> Pitch | _Slip:
        """A frequency in Hz."""
        number = plain_number(text)
        if number is not None and 0 < number <= HIGHEST_FREQ:
            return float(number)
        meant = f"'note: {text}'" if re.fullmatch(NOTE, text) else ""
        return _Slip(f"'freq' is a number of Hz, above 0 and at most {HIGHEST_FREQ:,}", meant)

    @staticmethod
    def read_value(text: str) -> Pitch | _Slip:
        """A number, or the frequency of a note."""
        number = plain_number(text)
        number = note_frequency(text) if number is None else number
        if number is not None:
            return float(number)
        note = f"{text}4" if PITCH_CLASS.fullmatch(text) else german_note(text) or ""
        if match := re.fullmatch(r"(-?[\d.]+)dB", text, re.IGNORECASE):
            note = f"db({match[1]})"
        return _Slip(f"'{text}' is no number and no note", f"'{note}'" if note else SIDES.get(text.lower(), ""))


class _Slip(NamedTuple):
    """A sentence and what is meant."""

    sentence: str
    meant: str


READERS: dict[str, Callable[[Pitches, str], Pitch | str | _Slip]] = {
    "note": Pitches.read_note,
    "chord": Pitches.read_sign,
    "midi": lambda _, text: Pitches.read_midi(text),
    "freq": lambda _, text: Pitches.read_freq(text),
    VALUES: lambda _, text: Pitches.read_value(text),
}
