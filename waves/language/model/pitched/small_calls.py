"""Warnings of calls in pitches that are written without numbers: they go from 0 to 1."""

from __future__ import annotations

from waves.language.model.models import Place
from waves.language.model.step_notation import NodeReader
from waves.language.patterns.calls.call_notation import DEFAULTS
from waves.language.patterns.syntax import Call, Pattern, words_of

RANGES = {
    "note": ("only the degrees 0 and 1", "0,7"),
    "midi": ("notes that nobody hears", "48,72"),
    "freq": ("Hz that nobody hears", "200,400"),
}
"""By lane what pitches from 0 to 1 are, and numbers of others."""


def warn_of_small_calls(reader: NodeReader, name: str, pattern: Pattern, at: Place) -> None:
    """Warn of the first call of a lane that has no numbers of its own, `note: rand`."""
    for word in words_of(pattern) if name in RANGES else ():
        if isinstance(word, Call) and word.name in DEFAULTS and word.arguments[0].column == word.column:
            pitches, numbers = RANGES[name]
            meant = f"'{word.name}({numbers}{',1' if word.name == 'walk' else ''})'"
            sentence = f"'{word.name}' without numbers goes from 0 to 1: {pitches}"
            reader.problem(reader.place_of_word(word, at), sentence, meant, "warning", word.column)
            return
