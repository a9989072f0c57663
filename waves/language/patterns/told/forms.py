"""Patterns of Python as plain data: their forms in, checked; and the tree that a form is out.

| form | pattern |
| --- | --- |
| `"kick*2 [~ snare]"` | a text |
| `None` | a rest |
| `{"notes": [["1/8", "1/8", "kick"]]}` | notes, each with onset, length and what it plays |
| `{"stack": [form, form]}` | together; `sequence`: one after another in a cycle; `alternate`: one in each cycle |
| `{"of": form, "by": {"fast": 2}}` | a pattern and transforms as they are written beside it |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

from waves.language.patterns.chains import Chain
from waves.language.patterns.syntax import (
    DEEPEST,
    MOST_NOTES,
    MOST_STEPS,
    Fast,
    Pattern,
    PatternError,
    Rest,
)
from waves.language.patterns.syntax import Sequence as Steps
from waves.language.patterns.told.told_notes import LONGEST_NOTE, ToldNote, What
from waves.language.patterns.transforms import Transformed

FINEST = 5_040
"""The largest denominator of a time."""
MOST_LETTERS_OF_WORD = 200
MOST_VALUES = 64  # of a note
LARGEST = 1e9  # number
MOST_PARTS = 100_000  # of a form, with all that is in it
LONGEST = 100_000  # letters of all texts of a form, and notes

Form = Any


def time_of(time: Any, name: str) -> Fraction:
    """A time in cycles: a fraction, or the nearest one to a number. Raises PatternError."""
    if isinstance(time, str):
        above, _, below = time.partition("/")
        if not (above.removeprefix("-").isdecimal() and (below or "1").isdecimal() and len(time) <= 24):
            raise PatternError(f"{name} is a number, not {shown(time)}", 0)
        if not int(below or 1):
            raise PatternError(f"{name} is divided by 0", 0)
        return Fraction(int(above), int(below or 1)).limit_denominator(FINEST)
    if not _is_number(time):
        raise PatternError(f"{name} is a number, not {shown(time)}", 0)
    if not -LARGEST <= time <= LARGEST:  # also what is no number
        raise PatternError(f"{name} is a finite number, not {shown(time)}", 0)
    exact = (int(time.numerator), int(time.denominator)) if isinstance(time, Rational) else (float(time),)
    return Fraction(*exact).limit_denominator(FINEST)


def _is_number(value: Any) -> bool:
    """Whether it is a number, also one of NumPy."""
    return isinstance(value, Real) and not isinstance(value, bool)


def read_notes(data: object) -> tuple[ToldNote, ...]:
    """Checked notes of plain data, in the order of time. Raises PatternError."""
    if not isinstance(data, list | tuple):
        raise PatternError(f"notes are a list of (onset, length, values), not {shown(data)}", 0)
    if len(data) > MOST_NOTES:
        raise PatternError(f"{len(data):,} notes in a cycle: {MOST_NOTES:,} at most", 0)
    return tuple(sorted(map(_note, data), key=lambda note: note.onset))


def _note(one: object) -> ToldNote:
    if not isinstance(one, list | tuple) or len(one) != 3:
        raise PatternError(f"a note is (onset, length, values), not {shown(one)}", 0)
    onset, length = time_of(one[0], "the onset of a note"), time_of(one[1], "the length of a note")
    if not 0 <= onset < 1:
        raise PatternError(f"the onset of a note lies in its cycle, from 0 to below 1, and not at {onset}", 0)
    if not 0 < length <= LONGEST_NOTE:
        raise PatternError(f"a note is longer than 0, and {LONGEST_NOTE} cycles at most, not {length}", 0)
    return ToldNote(onset, length, _what(one[2]))


def _what(what: object) -> What:
    if isinstance(what, Mapping):
        if not 1 <= len(what) <= MOST_VALUES:
            raise PatternError(f"a note has 1 to {MOST_VALUES} values, not {len(what)}", 0)
        return {_name(name): _value(one, f"'{name}'") for name, one in what.items()}
    return _value(what, "what a note plays")


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MOST_LETTERS_OF_WORD:
        raise PatternError(f"the values of a note have names, and {shown(name)} is none", 0)
    return name


def _value(value: Any, name: str) -> str | float:
    if isinstance(value, str):
        if not value or len(value) > MOST_LETTERS_OF_WORD or any(sign.isspace() for sign in value):
            raise PatternError(f"{name} is one word or a number, not {shown(value)}", 0)
        return value
    if not _is_number(value):
        raise PatternError(f"{name} is a word or a number, not {shown(value)}", 0)
    if not -LARGEST <= value <= LARGEST:  # also what is no number
        raise PatternError(f"{name} is a finite number, not {shown(value)}", 0)
    return float(value)


def packed_notes(notes: Sequence[ToldNote]) -> list[list[Any]]:
    """Notes as plain data."""
    return [[str(note.onset), str(note.length), note.what] for note in notes]


@dataclass(slots=True)
class FormReader:
    """Makes trees of forms. What it is given reads texts, transforms and notes, and puts patterns together."""

    text: Callable[[str], Pattern]
    chain: Callable[[Mapping[str, Any]], Chain]
    notes: Callable[[Sequence[ToldNote]], Pattern]
    stack: Callable[[list[Pattern]], Pattern]
    parts: int = 0
    length: int = 0

    def tree(self, form: Form, depth: int = 0) -> Pattern:
        """The tree of a form. Raises PatternError, and what it was given does."""
        self.parts += 1
        if depth > DEEPEST or self.parts > MOST_PARTS:
            raise PatternError(f"patterns are at most {DEEPEST} deep", 0)
        match form:
            case None:
                return Rest()
            case str():
                self._count(len(form))
                return self.text(form)
            case {"notes": notes, **others} if not others:
                found = read_notes(notes)
                self._count(len(found))
                return self.notes(found)
            case {"stack": [*several], **others} if several and not others:
                return self.stack([self.tree(one, depth + 1) for one in several])
            case {"sequence": [*several], **others} if 0 < len(several) <= MOST_STEPS and not others:
                return self._sequence(several, depth)
            case {"alternate": [*several], **others} if 0 < len(several) <= MOST_STEPS and not others:
                return Fast(self._sequence(several, depth), Fraction(len(several)), slow=True)
            case {"of": inner, "by": dict(transforms), **others} if not others:
                tree, chain = self.tree(inner, depth + 1), self.chain(transforms)
                if isinstance(tree, Transformed):
                    return Transformed(tree.pattern, tree.chain + chain)
                return Transformed(tree, chain) if chain else tree
        raise PatternError(f"{shown(form)} is no pattern", 0)

    def _count(self, length: int) -> None:
        self.length += length
        if self.length > LONGEST:
            raise PatternError(f"the texts and notes of a pattern are more than {LONGEST:,} letters and notes", 0)

    def _sequence(self, several: list[Form], depth: int) -> Pattern:
        return Steps(tuple((Fraction(1), self.tree(one, depth + 1)) for one in several))


def shown(value: object) -> str:
    """A value for a message, short."""
    try:
        text = repr(value) if isinstance(value, str | int | float | Fraction | None) else f"a {type(value).__name__}"
    except ValueError:  # Python writes no longer one
        text = "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:39]}…"
