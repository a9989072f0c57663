"""Parts of a pattern: the tree that its text becomes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import lcm
from typing import NamedTuple

MOST_LETTERS = 10_000
DEEPEST = 32
MOST_REPEATS = 1_024  # of `!` and `..`
FASTEST = 1_024  # of one `*`
MOST_NOTES = 4_096  # in a cycle
MOST_STEPS = 4_096  # of one group
MOST_SIGNS = 8  # of one step
VARIED = 64  # cycles in which what is chosen once for a pass is chosen often enough
DRAWN = frozenset(("rand", "irand", "choose", "walk", "perlin"))
"""Calls that chance decides."""


Source = tuple[str | int, ...]
"""The text that a word stands in: the name of a pattern, or "" for none, and the way to the text in it.

() for the text itself.
"""

CLOSING = {"[": "]", "<": ">", "{": "}"}
"""Brackets that open a group, each with the one that closes it."""
SEVERAL = re.compile(r"\S\s+\S|[*!]\d")
"""A part of a text with several steps, or with one that is played several times."""


class PatternError(Exception):
    """A mistake in a pattern: a sentence, its column from 0, what is meant, and the text that it is in, if known."""

    def __init__(self, sentence: str, column: int, meant: str = "", source: Source | None = None):
        super().__init__(sentence)
        self.sentence, self.column, self.meant, self.source = sentence, column, meant, source


@dataclass(frozen=True, slots=True)
class Word:
    """The sound of a step, as it is written; it takes a cycle."""

    text: str
    column: int
    source: Source = field(default=(), kw_only=True)

    @property
    def said(self) -> str:
        """The text that it stands for."""
        return self.text


@dataclass(frozen=True, slots=True)
class Call(Word):
    """A word with another value for each note, as `rand(.3,1)`; in a step behind a name, `hat:v=rand(.3,1)`."""

    before: str
    """The text before its name: `hat:v=`."""
    name: str
    arguments: tuple[Word, ...]
    key: str
    """A name for its draws."""

    def __hash__(self) -> int:  # quick: it is a key for each note
        return hash(self.key)

    @property
    def is_drawn(self) -> bool:
        """Whether chance decides it."""
        return self.name in DRAWN


@dataclass(frozen=True, slots=True)
class Drawn(Word):
    """A call with its value for one note."""

    result: str

    @property
    def said(self) -> str:
        """The value."""
        return self.result


@dataclass(frozen=True, slots=True)
class Rest:
    """A cycle in which nothing begins."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A cycle in which goes on what sounded before: `_` at the beginning of a group."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps that share a cycle, each with its weight."""

    steps: tuple[tuple[Fraction, Pattern], ...]
    weight: Fraction = field(init=False, compare=False, repr=False)
    """The sum of the weights."""
    places: tuple[Fraction, ...] = field(init=False, compare=False, repr=False)
    """The places in the cycle at which the steps begin, and its end."""
    shares: tuple[Fraction, ...] = field(init=False, compare=False, repr=False)
    """The parts of the cycle that the steps take."""
    whole: int = field(init=False, compare=False, repr=False)
    """So many equal parts of the cycle, of which each step takes some."""
    ticks: tuple[int, ...] = field(init=False, compare=False, repr=False)
    """The ends of the steps in them."""

    def __post_init__(self) -> None:
        sums = list(accumulate((weight for weight, _ in self.steps), initial=Fraction(0)))
        object.__setattr__(self, "weight", sums[-1])
        object.__setattr__(self, "places", tuple(place / sums[-1] for place in sums))
        whole = lcm(*(place.denominator for place in self.places))
        object.__setattr__(self, "whole", whole)
        object.__setattr__(self, "ticks", tuple(int(place * whole) for place in self.places[1:]))
        share_of = {weight: weight / sums[-1] for weight, _ in self.steps}
        object.__setattr__(self, "shares", tuple(share_of[weight] for weight, _ in self.steps))


@dataclass(frozen=True, slots=True)
class Stack:
    """Patterns that sound together; `number` is its own in the text."""

    layers: tuple[Pattern, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Patterns of which one sounds in each cycle, by chance; `key` names its draws."""

    alternatives: tuple[Pattern, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Fast:
    """A pattern so many times as fast, or as slow with `slow`; the number may be a pattern of numbers."""

    pattern: Pattern
    factor: Argument
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Euclid:
    """Onsets that are spread over steps as evenly as can be; each takes what sounds in the pattern there."""

    pattern: Pattern
    onsets: Argument
    steps: Argument
    rotation: Argument
    column: int
    source: Source = ()


@dataclass(frozen=True, slots=True)
class Chance:
    """A pattern whose notes are played with a probability, each drawn for itself; `key` names the draws."""

    pattern: Pattern
    probability: float
    key: str
    once: bool = False
    """Whether all of them are drawn together, once in a cycle of the group around it."""
    others: bool = False
    """Of one that is drawn once: whether it sounds in all other cycles."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A pattern that sounds in one of so many cycles of the group around it, counted from 1; or in all the others."""

    pattern: Pattern
    which: int
    of: int
    others: bool = False


class When(NamedTuple):
    """The alternatives in which a note plays: bits of turns, and sections."""

    turns: int = 15
    """Bits: in a later cycle, there in a fill, in the first cycle of all, there in a fill."""
    sections: frozenset[str] | None = None
    """None: all."""

    def both(self, other: When) -> When:
        """The alternatives of this one that are also those of another one."""
        ours, theirs = self.sections, other.sections
        sections = theirs if ours is None else ours if theirs is None else ours & theirs
        return When(self.turns & other.turns, sections)


ALWAYS = When()


@dataclass(frozen=True, slots=True)
class Where:
    """A pattern that sounds in some alternatives only; which of them plays is known when a cycle begins."""

    pattern: Pattern
    when: When


@dataclass(frozen=True, slots=True)
class Pick:
    """Patterns of which one sounds in each cycle: the one of a number, which is read as the cycle begins."""

    alternatives: tuple[Pattern, ...]
    number: Pattern


class Placed(NamedTuple):
    """A word from one moment to another."""

    begin: Fraction
    end: Fraction
    word: Word
    when: When = ALWAYS


@dataclass(frozen=True, slots=True)
class Changed(ABC):
    """A pattern whose notes are changed, by the seed and the cycle alone."""

    pattern: Pattern

    @property
    @abstractmethod
    def cycles(self) -> int:
        """The cycles after which it comes again, in a pass. Raises PatternError."""

    @property
    @abstractmethod
    def is_drawn(self) -> bool:
        """Whether it is another one in each cycle, so that it comes again only in a pass."""

    @property
    @abstractmethod
    def longest(self) -> Fraction:
        """No note of it is longer. Raises PatternError."""

    @abstractmethod
    def mean(self) -> Fraction:
        """The notes in a cycle on average. Raises PatternError."""

    @abstractmethod
    def sounding(self, begin: Fraction | int, end: Fraction | int, seed: int, varied: int) -> Iterator[Placed]:
        """The words that sound between two moments, or at one; `varied`: see `Surroundings`. Raises PatternError."""


Pattern = Word | Rest | Tie | Sequence | Stack | Choice | Fast | Euclid | Chance | Turn | Where | Pick | Changed
Argument = Fraction | Pattern
"""A number, or a pattern whose words are numbers."""


def words_of(pattern: Argument) -> list[Word]:
    """The words of a pattern that sound, in the order of the text."""
    match pattern:
        case Word():
            return [pattern]
        case Sequence():
            return [word for _, step in pattern.steps for word in words_of(step)]
        case Stack():
            return [word for layer in pattern.layers for word in words_of(layer)]
        case Choice() | Pick():
            return [word for one in pattern.alternatives for word in words_of(one)]
        case Fast() | Euclid() | Chance() | Turn() | Where() | Changed():
            return words_of(pattern.pattern)
    return []


def said_in(pattern: Argument) -> list[Word]:
    """The words that may be read of a pattern; of a call its least and its most, or what it chooses from."""
    found: list[Word] = []
    for word in words_of(pattern):
        if not isinstance(word, Call):
            found.append(word)
        elif word.name == "irand":
            last = str(int(word.arguments[0].text) - 1)
            found += [Word("0", word.column, source=word.source)]
            found += [Word(last, word.arguments[0].column, source=word.source)]
        else:
            found += word.arguments[:2] if word.name == "walk" else word.arguments
    return found


def closed(text: str) -> str:
    """The text with the brackets closed that are open at its end, those of several steps at a comma and a space.

    kick [hat <tom      kick [hat <tom>]
    [kick hat, snare    [kick hat], snare
    """
    opened: list[str] = []
    begin = depth = 0
    for column, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and opened and not depth and "}" not in opened and "," not in text[begin:column]:
            first, rest = text[:column].rstrip(), text[column:].rstrip()
            is_apart = text[column + 1 : column + 2] == " " and SEVERAL.search(first, begin)
            if is_apart and not any(bracket in rest for bracket in [*CLOSING, *opened]):
                return first + "".join(reversed(opened)) + rest
        if letter in CLOSING:
            begin = begin if opened else column + 1
            opened.append(CLOSING[letter])
        elif opened and letter == opened[-1]:
            opened.pop()
    return text.rstrip() + "".join(reversed(opened))
