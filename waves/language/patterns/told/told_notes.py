"""Patterns whose notes a program tells, each with onset, length and what plays: the same ones, or asked by cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, Protocol

from waves.language.patterns.syntax import Changed, Pattern, Placed, Rest, Stack, Word

LONGEST_NOTE = 4
"""Cycles that a note of a program lasts at most."""

What = str | float | Mapping[str, str | float]
"""A note plays a word, a number, or values by name, the sound among them."""


class ToldNote(NamedTuple):
    """A note of a program; its onset counts from the beginning of its cycle."""

    onset: Fraction
    length: Fraction
    what: What


@dataclass(frozen=True, slots=True)
class ToldWord(Word):
    """A word of a program, with its number in a lane, or with values of its own in steps."""

    number: float | None = None
    midi: float | None = None
    """The pitch that it gives itself as a MIDI number."""
    values: tuple[tuple[str, float], ...] = ()
    """Values by name in the units of the sound."""


Words = Callable[[What], Sequence[ToldWord]]
"""The words of a note where it is used; none for one that means nothing there."""


class NoteBook(Protocol):
    """The notes of a function by cycle. Any thread."""

    @property
    def tried(self) -> Mapping[int, Sequence[ToldNote]]:
        """The notes of the cycles that were tried before it was let in."""

    @property
    def key(self) -> str:
        """A name of this version of it."""

    def cycle(self, cycle: int) -> Sequence[ToldNote]:
        """The notes of a cycle, in the order of time."""


@dataclass(frozen=True, slots=True)
class Told(Changed):
    """Notes of a program that are the same in each cycle; `pattern` are its words."""

    notes: tuple[tuple[Fraction, Fraction, ToldWord], ...]
    """Onset, end and word of each."""

    @property
    def cycles(self) -> int:
        """It comes again in each cycle."""
        return 1

    @property
    def is_drawn(self) -> bool:
        """Nothing in it is drawn."""
        return False

    @property
    def longest(self) -> Fraction:
        """No note of it is longer."""
        return max((end - onset for onset, end, _ in self.notes), default=Fraction(1))

    def mean(self) -> Fraction:
        """The notes in a cycle."""
        return Fraction(len(self.notes))

    def sounding(self, begin: Fraction | int, end: Fraction | int, seed: int, varied: int) -> Iterator[Placed]:
        """The words that sound between two moments, or at one."""
        for cycle in range(floor(begin - self.longest), max(ceil(end), floor(begin) + 1)):
            for onset, stop, word in self.notes:
                yield from _sounding(Placed(cycle + onset, cycle + stop, word), begin, end)


@dataclass(frozen=True, slots=True)
class Asked(Changed):
    """Notes that a function gives for each cycle, none before cycle 0; `pattern` are the words of the tried cycles."""

    book: NoteBook
    words: Words = field(compare=False)

    @property
    def cycles(self) -> int:
        """The cycles after which it comes again, but for what the function decides."""
        return 1

    @property
    def is_drawn(self) -> bool:
        """The function decides for each cycle."""
        return True

    @property
    def longest(self) -> Fraction:
        """No note of it is longer."""
        return Fraction(LONGEST_NOTE)

    def mean(self) -> Fraction:
        """The notes in a cycle on average, of those that were tried."""
        tried = self.book.tried.values()
        return Fraction(sum(map(len, tried)), max(len(tried), 1))

    def sounding(self, begin: Fraction | int, end: Fraction | int, seed: int, varied: int) -> Iterator[Placed]:
        """The words that sound between two moments, or at one."""
        first = max(floor(begin) - LONGEST_NOTE, 0)
        for cycle in range(first, max(ceil(end), floor(begin) + 1)):
            for note in self.book.cycle(cycle):
                onset = cycle + note.onset
                for word in self.words(note.what):
                    yield from _sounding(Placed(onset, onset + note.length, word), begin, end)


def _sounding(one: Placed, begin: Fraction | int, end: Fraction | int) -> Iterator[Placed]:
    if one.end > begin and (one.begin < end or one.begin == begin):
        yield one


def told(notes: Sequence[ToldNote], words: Words) -> Pattern:
    """The pattern of notes that are the same in each cycle. Raises what `words` raises."""
    found = [(note.onset, note.onset + note.length, word) for note in notes for word in words(note.what)]
    return Told(_one_of_each([word for _, _, word in found]), tuple(found)) if found else Rest()


def asked(book: NoteBook, tried: Words, later: Words) -> Pattern:
    """The pattern of a function. `tried`: the words of notes of tried cycles, and may raise; `later`: of all others."""
    words = [word for notes in book.tried.values() for note in notes for word in tried(note.what)]
    return Asked(_one_of_each(words), book, later)


def _one_of_each(words: Sequence[ToldWord]) -> Pattern:
    """The words as a pattern that is only looked at: each text once, with all names of values that it is given."""
    found: dict[str, ToldWord] = {}
    for word in words:
        first = found.setdefault(word.text, word)
        if first is not word:
            known = dict(first.values)
            values = (*first.values, *((name, one) for name, one in word.values if name not in known))
            midi = word.midi if first.midi is None else first.midi
            found[word.text] = ToldWord(first.text, first.column, first.number, midi, values, source=first.source)
    return Stack(tuple(found.values()), 0) if found else Rest()
