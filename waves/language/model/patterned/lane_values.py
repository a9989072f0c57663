"""Values of the lanes of a pattern: the words of a lane in, numbers in the units of the sound out."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from waves.language.expression.builtin_names import NOTE_LENGTHS, SIDES, note_frequency
from waves.language.expression.measures import length_meant
from waves.language.model.form.metres import Metre
from waves.language.model.models import Place
from waves.language.model.parameter_notation import plain_number
from waves.language.model.patterned.foreign_forms import foreign_form
from waves.language.model.patterned.groove import beats_of, length_in
from waves.language.model.patterned.pattern_names import Own, PatternNames, no_grid, report_pattern
from waves.language.model.step_notation import NodeReader
from waves.language.model.vocabulary import LENGTH, MOST_STRENGTH, SLIDE, STRENGTHS
from waves.language.patterns.line import ON_OFF, number_of
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import (
    Call,
    Drawn,
    Pattern,
    PatternError,
    Rest,
    Sequence,
    Source,
    Word,
    said_in,
    words_of,
)
from waves.language.patterns.together.combined import PITCH, RHYTHM
from waves.language.patterns.told.told_notes import ToldWord
from waves.language.patterns.transforms import Transformed
from waves.node_types.library.parameters import written
from waves.notes import LONGEST_HELD
from waves.problem import did_you_mean

LANES = {
    "note": PITCH,
    "chord": PITCH,
    "midi": PITCH,
    "freq": PITCH,
    "v": "velocity",
    "vel": "velocity",
    "velocity": "velocity",
    "rhythm": RHYTHM,
    "struct": RHYTHM,
    "n": "chop",
    "slide": SLIDE,
    **{name: name for name in ("accent", "legato", LENGTH, "scale", "octave", "voicing", "around")},
}
"""The lanes with a meaning of their own, each with the value that it gives."""

NO_PARAMETERS = frozenset((RHYTHM, SLIDE, "accent", "legato", LENGTH, "scale", "octave", "voicing", "around", "arp"))
"""Lanes that are no value of a sound."""

LANE_MEANINGS = {
    "note": "the notes, as c4 or eb3",
    "chord": "chords, as Am7 or V7 in a scale",
    "scale": "the scale of degrees and numerals, as d minor",
    "octave": "the octave of what is written without one",
    "voicing": "the places of the notes of a chord",
    "tuning": "the pitches of the notes: just, 19edo or a Scala file",
    "around": "the note that voicings of `near` are near to",
    "strum": "seconds between the notes of a chord, below 0 from above",
    "arp": "the notes of a chord one after another",
    "octaves": "so many octaves of an arpeggio",
    "n": "the file of a folder of samples, from 0",
    "midi": "the notes as MIDI numbers, 60 is c4",
    "freq": "the notes in Hz",
    "v": "the strength of each note",
    "rhythm": "an onset at each x",
    "accent": "a factor of the strength",
    "legato": "the length of a note as a part of its step",
    LENGTH: "the length of a note in seconds or as one of the tempo, as eighth",
    "slide": "seconds in which the pitch comes from that of the note before",
    "pan": "the place of each note, -1 left, 1 right",
    "gain": "the level of each note in dB",
    "groove": "the feel of a player, as mpc58 or laidback",
    "grid": "the length of a step of the groove, by default a sixteenth",
    "sound": "the sounds, where the steps are notes",
    "chance_loop": "the cycles after which what chance decides is the same again",
    "seed": "a number: patterns with the same one draw alike",
    "with": "lanes whose names mean something else here",
}
"""Lanes beside a pattern, each in words."""

LONGEST_SLIDE = 10.0  # s
LENGTHS = ("beat", "bar", "eighth", "sixteenth", "triplet")
"""Lengths of the tempo."""
WHOLE_NOTE, HALF, QUARTER, THIRTYSECOND = (NOTE_LENGTHS[count] for count in (1, 2, 4, 32))
LENGTHS_ELSEWHERE = {
    **{"whole": WHOLE_NOTE, "half": HALF, "quarter": QUARTER, "thirtysecond": THIRTYSECOND},
    **{"beats": "2 * beat", "bars": "2 * bar", "dotted": length_meant("dotted", "eighth")},
}
"""Words for lengths elsewhere, and how they are written here."""
PART_OF_WHOLE = {f"1/{count}": NOTE_LENGTHS[count] for count in (4, 8, 16)}
EXPRESSION = re.compile(r" [+*/] |\b(?:sin|cos|tan|abs|exp|log|min|max|floor|clip)\(")
DRUM_GRID = re.compile(r"[xX.\-|\s]*[xX][.\-xX|\s]*")


def read_text(
    reader: NodeReader, text: str, place: Place, fractions: bool, names: PatternNames, alone: bool = True
) -> Pattern | None:
    """The pattern of a text; None after a report. `alone`: see `patterns.reader.read`."""
    try:
        return read(text, fractions, names, alone)
    except PatternError as error:
        if not error.source and (foreign := foreign_form(text)):
            reader.problem(place, foreign.sentence, foreign.meant, column=foreign.column)
            return None
        report_pattern(reader, error, place)
        return None


def read_lane(reader: NodeReader, name: str, data: Any, at: Place, own: Own) -> Pattern | None:
    """The pattern of a lane; None after a report. `own`: which words have a meaning in it, and are no names."""
    is_rhythm = LANES.get(name) == RHYTHM
    whole = drum_grid if is_rhythm else calculated_length if name == LENGTH else no_grid
    names = PatternNames(reader, own, whole)
    if isinstance(data, dict):
        found = names.whole_of(data, at)
        if found and found[1]:
            return Transformed(*found)
        return found[0] if found else None
    if isinstance(data, list) and data and all(isinstance(one, str | int | float) for one in data):
        if name == LENGTH and any(calculated_length(str(one)) for one in data):
            return _in_turn(reader, name, data, at, own)
        data = " ".join(f"[{one}]" for one in data)
    if name == "scale" and isinstance(data, str):
        data = re.sub(r"(?<=[\w#]) +(?![A-Ga-g][#sb]?\d*[\s:])(?=[A-Za-z]\w)", ":", data.strip())
    if isinstance(data, bool) or not isinstance(data, str | int | float):
        reader.problem(at, f"expected a pattern, got {written(data)}")
        return None
    text = str(data)
    if (alone := whole(text, ())) is not None:
        return alone
    if EXPRESSION.search(text) and name == LENGTH:
        reader.problem(at, "a length is a number of seconds, or of one length of the tempo", "'0.5 * beat'")
        return None
    if EXPRESSION.search(text):
        called = re.search(r"\b(?:sin|cos)\((-?[\d.]+,\s*-?[\d.]+\))?", text)
        numbers = called[1] if called and called[1] else "0,1)"
        meant = f"'sine({numbers}'" if called else ""
        reader.problem(at, "a lane is a pattern, not an expression", meant)
        return None
    return read_text(reader, text, at, True, names)


def _in_turn(reader: NodeReader, name: str, data: list[Any], at: Place, own: Own) -> Pattern | None:
    """The pattern of a list with an entry that no text has as a step, as `0.5 * beat`; None after a report."""
    parts = [read_lane(reader, name, one, at, own) for one in data]
    steps = tuple((Fraction(1), part) for part in parts if part is not None)
    return Sequence(steps) if len(steps) == len(data) else None


def drum_grid(text: str, source: Source = ()) -> Pattern | None:
    """The pattern of a line as `x..x ..x.`, a letter a step; None for another text."""
    if not DRUM_GRID.fullmatch(text):
        return None
    letters = [(k, letter) for k, letter in enumerate(text) if letter not in "|" and not letter.isspace()]
    return Sequence(tuple((Fraction(1), Word(one, k, source=source) if one in "xX" else Rest()) for k, one in letters))


def calculated_length(text: str, source: Source = ()) -> Pattern | None:
    """The pattern of one length that is calculated of the tempo, as `0.5 * beat`; None for another text."""
    if text.strip().isidentifier() or not is_length(text):
        return None
    return Sequence(((Fraction(1), Word(text.strip(), 0, source=source)),))


def is_length(text: str) -> bool:
    """Whether a text is a length of the tempo, as `eighth` or `0.5 * beat`."""
    return length_in(text) is not None


def held_for(seconds: float) -> float:
    """The seconds for which a note is held, of a number that a call or a step gives."""
    return min(max(seconds, 0.0), LONGEST_HELD)


def has_own_meaning(name: str, text: str) -> bool:
    """Whether a word of a lane that gives no pitch is a value in it."""
    if LANES.get(name) == RHYTHM and text in ON_OFF:
        return True
    if name == LENGTH and is_length(text):
        return True
    return (name in STRONG and text in STRENGTHS) or plain_number(text) is not None or bool(note_frequency(text))


def read_values(reader: NodeReader, name: str, pattern: Pattern, at: Place) -> dict[str, float]:
    """The number that each word of the lane called `name` is."""
    read_word = READERS.get(name, _number)
    values: dict[str, float] = {}
    if LANES.get(name) == RHYTHM and (call := next((one for one in words_of(pattern) if isinstance(one, Call)), None)):
        _onset(reader, call, at)
    for word in said_in(pattern):
        if word.text not in values:
            number = read_word(reader, word, at)
            values[word.text] = 1.0 if number is None else number
    return values


def value_of(word: Word, values: dict[str, float]) -> float | None:
    """The number of a word that a note reads, also of a call; None for a word without one."""
    said = word.said
    number = values.get(said)
    if number is None and isinstance(word, ToldWord):
        return word.number
    return float(said) if number is None and isinstance(word, Drawn) else number


def _strength(reader: NodeReader, word: Word, at: Place) -> float | None:
    number = plain_number(word.text)
    number = STRENGTHS.get(word.text) if number is None else number
    if number is None:
        meant = did_you_mean(word.text, list(STRENGTHS))
        sentence = f"'{word.text}' is no strength: a number, or ppp to fff"
        reader.problem(reader.place_of_word(word, at), sentence, meant, column=word.column)
    elif number > MOST_STRENGTH:
        sentence = f"'{word.text}' is {number:g} times the usual strength, which goes from 0 to 1"
        meant = f"'{number / (100 if number <= 100 else 127):.2g}'" if 10 <= number <= 127 else ""
        reader.problem(reader.place_of_word(word, at), sentence, meant, "warning", column=word.column)
    return number


def _onset(reader: NodeReader, word: Word, at: Place) -> float | None:
    try:
        number = number_of(word.text)
    except (ValueError, ZeroDivisionError):
        number = Fraction(-1)
    if 0 <= number <= 1:
        return float(number)
    meant = "'x'" if number < 0 else "'1'"
    sentence = f"'{word.text}' is no onset: x, or a number from 0 to 1"
    reader.problem(reader.place_of_word(word, at), sentence, meant, column=word.column)
    return None


def _factor(reader: NodeReader, word: Word, at: Place) -> float | None:
    number = plain_number(word.text)
    if number is not None and number >= 0:
        return number
    sentence = f"'{word.text}' is no factor: a number from 0 on"
    reader.problem(reader.place_of_word(word, at), sentence, column=word.column)
    return None


def _length(reader: NodeReader, word: Word, at: Place) -> float | None:
    """The seconds of a length; 1 for one of the tempo, which decides how long it is."""
    number, beats = plain_number(word.text), beats_of(word.text, Metre())
    if beats is not None and beats <= LONGEST_HELD:
        return 1.0
    if part := PART_OF_WHOLE.get(word.text):
        sentence = f"a plain number is in seconds, and {word.text} is {number or 0:g} s"
        reader.problem(reader.place_of_word(word, at), sentence, f"'{part}'", column=word.column)
        return None
    if number is not None and 0 < number <= LONGEST_HELD:
        return number
    sentence = f"'{word.text}' is no length: a number of seconds, or a length of the tempo, as beat or 1.5 * eighth"
    meant = f"'{other}'" if (other := LENGTHS_ELSEWHERE.get(word.text.lower())) else did_you_mean(word.text, LENGTHS)
    if number is not None or beats is not None:
        sentence = f"'{word.text}' is no length of a note: above 0, and at most {LONGEST_HELD:g} s or beats"
        meant = f"'{number / 1000:g}'" if number and number > 0 else ""  # in milliseconds
    reader.problem(reader.place_of_word(word, at), sentence, meant or "'eighth'", column=word.column)
    return None


def _slide(reader: NodeReader, word: Word, at: Place) -> float | None:
    number = plain_number(word.text)
    if number is not None and 0 <= number <= LONGEST_SLIDE:
        return number
    sentence = f"'{word.text}' is no time of a slide: 0 to {LONGEST_SLIDE:g} s"
    meant = f"'ms({word.text})'" if number and 0 < number <= 1000 * LONGEST_SLIDE else "'ms(60)'"
    reader.problem(reader.place_of_word(word, at), sentence, meant, column=word.column)
    return None


def _number(reader: NodeReader, word: Word, at: Place) -> float | None:
    """The number of a word of any other lane; a note is its frequency."""
    number = plain_number(word.text)
    if number is None:
        number = note_frequency(word.text)
    if number is None:
        call = re.fullmatch(r"\w+", word.text) is None
        sentence = "a lane is a pattern, not an expression" if call else f"'{word.text}' is no number and no note"
        reader.problem(reader.place_of_word(word, at), sentence, column=word.column)
    return number


def _pan(reader: NodeReader, word: Word, at: Place) -> float | None:
    if plain_number(word.text) is not None or not re.fullmatch(r"[^\W\d]\w*", word.text):
        return _number(reader, word, at)
    sentence = f"'{word.text}' is no number: a pan goes from -1, left, to 1, right"
    reader.problem(reader.place_of_word(word, at), sentence, SIDES.get(word.text.lower(), ""), column=word.column)
    return None


STRONG = ("v", "vel", "velocity")

READERS: dict[str, Callable[[NodeReader, Word, Place], float | None]] = {
    **dict.fromkeys(STRONG, _strength),
    **dict.fromkeys(("rhythm", "struct"), _onset),
    **dict.fromkeys(("accent", "legato"), _factor),
    LENGTH: _length,
    "slide": _slide,
    "pan": _pan,
}
