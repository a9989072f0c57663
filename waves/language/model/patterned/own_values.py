"""Values that a step itself gives to its sound: `bass:c2:v.5` in, numbers by name out."""

from __future__ import annotations

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import Note, StepWord
from waves.language.model.parameter_notation import read_number, read_word
from waves.language.model.patterned.lane_values import held_for, is_length
from waves.language.model.vocabulary import CANONICAL_NAMES, LENGTH, canonical_name
from waves.language.patterns.syntax import Call, Drawn, Word
from waves.language.patterns.together.combined import PITCH
from waves.language.patterns.told.told_notes import ToldWord


def own_values(sound: Note) -> dict[str, float]:
    """The values that a step itself gives to a sound."""
    found = {}
    for word in sound.words:
        if read := read_word(word.text, CANONICAL_NAMES):
            number = read_number(read.value) if read.value else None
            found[canonical_name(read.name)] = 1.0 if number is None else number
    return found


def pitch_word(sound: Note) -> str:
    """The pitch that a step itself gives to a sound, as it is written; "" for none."""
    words = [read for word in sound.words if (read := read_word(word.text, CANONICAL_NAMES))]
    return next((word.value for word in words if word.value and canonical_name(word.name) == PITCH), "")


def own_length(word: StepWord) -> float | str | None:
    """The length that a word behind a sound gives it: seconds, or one of the tempo as it is written; None for none."""
    read = read_word(word.text, CANONICAL_NAMES)
    if not read or read.name != LENGTH:
        return None
    number = read_number(read.value)
    return read.value if is_length(read.value) else None if number is None else held_for(number)


def called_name(text: str) -> str:
    """The name of the value that a call in a step gives: `v` of `hat:v=rand`."""
    return canonical_name(text.partition("=")[0].rpartition(":")[2])


def names_given(word: Word) -> set[str]:
    """The names of the values that a word gives its sound anew in each note."""
    if isinstance(word, ToldWord):
        return {name for name, _ in word.values} | ({PITCH} if word.midi is not None else set())
    return {called_name(word.text)} if isinstance(word, Call) else set()


def drawn_value(word: Word) -> dict[str, float]:
    """The values that a word gives in this note, by name: that of a call, or those of a program but its pitch."""
    if isinstance(word, ToldWord):
        return dict(word.values)
    if not isinstance(word, Drawn):
        return {}
    frequency, number = note_frequency(word.said), read_number(word.said)
    return {called_name(word.text): frequency or number or 0.0}
