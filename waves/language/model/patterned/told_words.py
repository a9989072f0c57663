"""Words of the notes that a program gives: what a note plays in, words with the units of the place out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.harmony.chords import ChordError
from waves.language.model.parameter_notation import plain_number, read_number, read_word
from waves.language.model.pitched.pitch_words import midi_of, names_of_chord
from waves.language.model.vocabulary import CANONICAL_NAMES, STRENGTHS, canonical_name
from waves.language.patterns.syntax import PatternError
from waves.language.patterns.told.told_notes import ToldWord, What

SOUND = "sound"
PITCHES = ("note", "midi", "freq", "f")
HIGHEST_MIDI = 127
HIGHEST_FREQ = 20_000
OF_LANES = frozenset(("rhythm", "accent", "legato", "scale", "octave", "voicing", "around", "slide", "chord", "n"))


def words_in_steps(what: What, name: str) -> Sequence[ToldWord]:
    """The sounds that a note of the pattern `name` starts, with their values. Raises PatternError."""
    if isinstance(what, str):
        return _sounds(what, name)
    if not isinstance(what, Mapping):
        raise PatternError(
            f'a note of \'{name}\' is {_short(what)}, and no sound: {{"sound": "pluck"}}', 0, "", (name,)
        )
    return _started(tuple(what.items()), name)


@lru_cache(maxsize=4096)
def _started(given: tuple[tuple[str, str | float], ...], name: str) -> Sequence[ToldWord]:
    what = dict(given)
    sound = what.pop(SOUND, None)
    if not isinstance(sound, str):
        raise PatternError(f"a note of '{name}' has no 'sound'", 0, '"sound": "pluck"', (name,))
    pitches = [key for key in what if key in PITCHES]
    if len(pitches) > 1:
        raise PatternError(
            f"a note of '{name}' has '{pitches[0]}' and '{pitches[1]}': give one of them", 0, "", (name,)
        )
    midis: Sequence[float | None] = [None]
    if pitches:
        midis = list(_midis(pitches[0], what.pop(pitches[0]), name))
    values = tuple((canonical_name(key), _number(key, value, name)) for key, value in what.items())
    return [ToldWord(sound, 0, None, midi, values, source=(name,)) for midi in midis]


def _midis(key: str, value: str | float, name: str) -> Iterator[float]:
    """The MIDI numbers of a pitch of a note: several of a chord."""
    if isinstance(value, str) and key in ("note", "freq", "f"):
        try:
            notes = names_of_chord(value) or (value,)
        except ChordError as error:
            raise PatternError(f"a note of '{name}': {error.sentence}", 0, error.meant, (name, value)) from None
        for note in notes:
            if note_frequency(note) is None:
                raise PatternError(f"a note of '{name}': there is no note '{note}'", 0, '"c4"', (name, value))
            yield midi_of(note)
        return
    number = value if isinstance(value, float | int) else read_number(value)
    if key == "note":
        sentence = f"a note of '{name}': a number in 'note' is a degree, which stands in a lane 'note' beside 'scale'"
        raise PatternError(sentence, 0, f'"midi": {_short(value)}', (name,))
    most = HIGHEST_MIDI if key == "midi" else HIGHEST_FREQ
    if number is None or not 0 <= number <= most or (key != "midi" and not number):
        raise PatternError(f"a note of '{name}': '{key}' is a number from 0 to {most:,}", 0, "", (name,))
    yield float(number) if key == "midi" else 69.0 + 12.0 * math.log2(number / 440.0)


def _number(key: str, value: str | float, name: str) -> float:
    if key in OF_LANES:
        sentence = f"a note of '{name}' has '{key}', which is a lane: write it beside 'play'"
        raise PatternError(sentence, 0, "", (name, key))
    if not isinstance(value, str):
        return float(value)
    number = STRENGTHS.get(value) if canonical_name(key) == "velocity" else None
    number = plain_number(value) if number is None else number
    number = note_frequency(value) if number is None else number
    if number is None:
        raise PatternError(f"a note of '{name}': '{key}' is a number, not '{value}'", 0, "", (name, value))
    return number


@lru_cache(maxsize=4096)
def _sounds(text: str, name: str) -> Sequence[ToldWord]:
    """The sounds of a word: `bass:c2:v.5`, `hits:3`, `pluck:c4:e4:g4`."""
    sound, *others = [part for part in text.split(":") if part] or [""]
    if others and others[0].isdecimal():
        sound = f"{sound}:{others.pop(0)}"
    midis: list[float | None] = []
    values: dict[str, float] = {}
    for part in others:
        if note_frequency(part) is not None or "'" in part:
            midis += _midis("note", part, name)
        elif (read := read_word(part, CANONICAL_NAMES)) and read.name in PITCHES:
            midis += _midis("freq" if read.name != "midi" else "midi", read.value, name)
        elif read:
            values[canonical_name(read.name)] = _number(read.name, read.value, name)
        else:
            raise PatternError(f"'{part}' in '{text}' of '{name}' is no value of a sound", 0, "", (name, text))
    given, pitches = tuple(values.items()), midis or [None]
    return [ToldWord(sound, 0, None, midi, given, source=(name,)) for midi in pitches]


def words_in_lane(what: What, name: str) -> Sequence[ToldWord]:
    """The word of a note in a lane. Raises PatternError."""
    if isinstance(what, Mapping):
        sentence = f"a note of '{name}' has values by name, which start a sound: in a lane it is one number or word"
        raise PatternError(sentence, 0, "", (name,))
    text = what if isinstance(what, str) else f"{what:.9f}".rstrip("0").rstrip(".")
    return [ToldWord("0" if text == "-0" else text, 0, number_of_word(text), source=(name,))]


def number_of_word(text: str) -> float | None:
    """The number of a word of a lane that gives no pitch."""
    number = plain_number(text)
    number = STRENGTHS.get(text) if number is None else number
    return note_frequency(text) if number is None else number


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
