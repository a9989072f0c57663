"""Words of the lanes and transforms of a pattern, each with its kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from waves.assist.sketch.written import Word
from waves.language.expression.builtin_names import note_frequency
from waves.language.model.vocabulary import TRANSFORMS
from waves.language.patterns.line import PLAIN
from waves.language.patterns.reader import WORD

ValueKind = Literal["rest", "number", "word", "note", "text"]


def pattern_values(part: Word, form: str) -> Iterator[tuple[ValueKind, Word]]:
    """The values of a lane or of a transform: numbers, notes, words. `form` is that of its role."""
    for match in WORD.finditer(part.text):
        word = Word(match[0], part.line, part.column + match.start())
        if match[0] in ("~", "-", "_"):
            yield "rest", word
        elif PLAIN.fullmatch(match[0]):
            yield "number", word
        elif form == "transform":
            yield "word" if match[0] in TRANSFORMS else "text", word
        else:
            yield "note" if note_frequency(match[0]) else "text", word
