"""Values that a step itself gives to its sound: `bass:c2:v.5` in, numbers by name out."""

from __future__ import annotations

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import Note
from waves.language.model.parameter_notation import read_number, read_word
from waves.language.model.pitched.pitches import Pitches
from waves.language.model.vocabulary import CANONICAL_NAMES, canonical_name
from waves.language.patterns.lanes import PITCH
from waves.language.patterns.line import LineNote
from waves.language.patterns.syntax import Drawn, Word


def own_values(sound: Note) -> dict[str, float]:
    """The values that a step itself gives to a sound."""
    found = {}
    for word in sound.words:
        if read := read_word(word.text, CANONICAL_NAMES):
            number = read_number(read.value) if read.value else None
            found[canonical_name(read.name)] = 1.0 if number is None else number
    return found


def tuned_value(pitches: Pitches, sound: Note, note: LineNote) -> dict[str, float]:
    """The pitch that a step itself is given, where it is tuned."""
    words = [read for word in sound.words if (read := read_word(word.text, CANONICAL_NAMES))]
    names = [word.value for word in words if word.value and canonical_name(word.name) == PITCH]
    pitch = pitches.of_word(names[0], note) if names else None
    return {PITCH: pitch} if pitch else {}


def drawn_value(word: Word) -> dict[str, float]:
    """The value that a call in a step gives, by its name."""
    if not isinstance(word, Drawn):
        return {}
    name = word.text.partition("=")[0].rpartition(":")[2]
    frequency, number = note_frequency(word.said), read_number(word.said)
    return {canonical_name(name): frequency or number or 0.0}
