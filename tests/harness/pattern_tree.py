"""Tree of a pattern's text, walked by plain fractions: each node says what sounds in it between two times.

Times of a node are counted in its own cycles. A node that holds another asks it for another span of time, and moves and
scales the answer. What began before the span, or goes on after it, is in the answer as well: a `Sound` has its whole
time, and the part of it that lies in the span.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import floor, prod
from typing import NamedTuple

MOST = 10_000
"""Cycles or sounds of a node that may lie in one span. More of them are more notes than a cycle may have."""


class TooMany(Exception):
    """More cycles or sounds in a span than `MOST`."""


class Turn(NamedTuple):
    """Condition that holds in one of `of` cycles, counted from 1; without `of`, in the first cycle of all."""

    turn: int
    of: int | None
    negated: bool

    def holds(self, cycle: int) -> bool:
        held = cycle == 0 if self.of is None else cycle % self.of == self.turn - 1
        return held is not self.negated


class Sound(NamedTuple):
    """A word from `begin` to `end`, of which `start` to `stop` lies in the span that was asked for."""

    begin: Fraction
    end: Fraction
    start: Fraction
    stop: Fraction
    word: str
    chance: Fraction = Fraction(1)
    turns: tuple[Turn, ...] = ()
    voice: tuple[tuple[int, int], ...] = ()  # at which comma, in which part beside it
    tie: bool = False

    @property
    def is_onset(self) -> bool:
        return self.begin == self.start

    def moved(self, scale: Fraction, by: Fraction) -> Sound:
        begin, end, start, stop = (time * scale + by for time in self[:4])
        return self._replace(begin=begin, end=end, start=start, stop=stop)

    def under(self, *others: Sound) -> Sound:
        """This sound, where it needs that others sound too."""
        chance = self.chance * prod(other.chance for other in others)
        return self._replace(chance=chance, turns=self.turns + tuple(t for other in others for t in other.turns))


@dataclass(frozen=True)
class Node:
    """A pattern without sound: a rest."""

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        return []

    def inner(self) -> tuple[Node, ...]:
        """The patterns that this one plays."""
        return ()

    def leaves(self) -> Iterator[Node]:
        """The words, rests and ties that the pattern plays."""
        if not self.inner():
            yield self
        for node in self.inner():
            yield from node.leaves()

    @property
    def has_ties(self) -> bool:
        return any(isinstance(leaf, Word) and leaf.tie for leaf in self.leaves())


@dataclass(frozen=True)
class Word(Node):
    """Once a cycle, as long as the cycle. A tie is a word that only makes longer what sounded before."""

    text: str
    index: int
    tie: bool = False

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        wholes = [(Fraction(cycle), Fraction(cycle + 1)) for cycle in cycles(begin, end)]
        return [Sound(on, off, max(begin, on), min(end, off), self.text, tie=self.tie) for on, off in wholes]


@dataclass(frozen=True)
class Steps(Node):
    """One after another: each step plays its own cycle of that number in its share of the cycle.

    Conditions that stand in it count its cycles.
    """

    steps: tuple[tuple[Fraction, Node], ...]

    @property
    def total(self) -> Fraction:
        return sum((weight for weight, _ in self.steps), Fraction(0))

    def inner(self) -> tuple[Node, ...]:
        return tuple(node for _, node in self.steps)

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        found = []
        for cycle in cycles(begin, end):
            place = Fraction(cycle)
            for weight, node in self.steps:
                width = weight / self.total
                start, stop = max(begin, place), min(end, place + width)
                if start < stop:
                    own = [cycle + (time - place) / width for time in (start, stop)]
                    sounds = [sound for sound in node.between(*own) if all(turn.holds(cycle) for turn in sound.turns)]
                    found += [sound.moved(width, place - cycle * width)._replace(turns=()) for sound in sounds]
                place += width
            if len(found) > MOST:
                raise TooMany
        return found


@dataclass(frozen=True)
class Together(Node):
    """Parts at the same time, each a voice of its own."""

    parts: tuple[Node, ...]
    index: int

    def inner(self) -> tuple[Node, ...]:
        return self.parts

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        return [
            sound._replace(voice=(*sound.voice, (self.index, number)))
            for number, part in enumerate(self.parts)
            for sound in part.between(begin, end)
        ]


@dataclass(frozen=True)
class Choice(Node):
    """One of the parts in each cycle: what each of them plays, with the chance that it is the one."""

    parts: tuple[Node, ...]

    def inner(self) -> tuple[Node, ...]:
        return self.parts

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        return [
            sound._replace(chance=sound.chance / len(self.parts))
            for part in self.parts
            for sound in part.between(begin, end)
        ]


@dataclass(frozen=True)
class Faster(Node):
    """`unit` times as fast as a pattern of numbers says, or that many times slower."""

    node: Node
    number: Node
    unit: Fraction = Fraction(1)
    slower: bool = False

    def inner(self) -> tuple[Node, ...]:
        return (self.node,)

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        found = []
        for number in self.number.between(begin, end):
            value = Fraction(number.word)
            speed = self.unit * (1 / value if self.slower else value)
            if speed:
                sounds = self.node.between(number.start * speed, number.stop * speed)
                found += [sound.moved(1 / speed, Fraction(0)).under(number) for sound in sounds]
            if len(found) > MOST:
                raise TooMany
        return found


@dataclass(frozen=True)
class Euclid(Node):
    """What sounds in a pattern at each onset of a Euclidean rhythm, whose numbers are patterns."""

    node: Node
    onsets: Node
    steps: Node
    rotation: Node

    def inner(self) -> tuple[Node, ...]:
        return (self.node,)

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        found = []
        for numbers in product(*(node.between(begin, end) for node in (self.onsets, self.steps, self.rotation))):
            row = rhythm(*(int(Fraction(number.word)) for number in numbers))
            first, last = max(number.start for number in numbers), min(number.stop for number in numbers)
            for cycle in cycles(first, last):
                for place in (place for place, on in enumerate(row) if on):
                    onset, after = (cycle + Fraction(edge, len(row)) for edge in (place, place + 1))
                    start, stop = max(onset, first), min(after, last)
                    if start < stop:
                        sounds = self.node.between(start, stop)
                        found += [sound._replace(begin=onset, end=after).under(*numbers) for sound in sounds]
        return found


@dataclass(frozen=True)
class Chance(Node):
    """Each sound with this chance, under these conditions."""

    node: Node
    chance: Fraction = Fraction(1)
    turns: tuple[Turn, ...] = ()

    def inner(self) -> tuple[Node, ...]:
        return (self.node,)

    def between(self, begin: Fraction, end: Fraction) -> list[Sound]:
        return [
            sound._replace(chance=sound.chance * self.chance, turns=sound.turns + self.turns)
            for sound in self.node.between(begin, end)
        ]


def cycles(begin: Fraction, end: Fraction) -> range:
    """The cycles that have some time between `begin` and `end`."""
    if end - begin > MOST:
        raise TooMany
    return range(floor(begin), -floor(-end)) if begin < end else range(0)


def rhythm(onsets: int, steps: int, rotation: int) -> list[bool]:
    """Bjorklund's distribution, `rotation` steps later: `rhythm(3, 8, 0)` is `x..x..x.`; below 0 onsets, the gaps.

    The method: as many groups `x` as there are onsets, and the rests as groups `.`; each round puts one group of the
    second kind behind each of the first, what is left over is the second kind of the next round, until at most one is
    left (E. Bjorklund, The Theory of Rep-Rate Pattern Generation in the SNS Timing System, 2003).
    """
    first, second = [[True]] * abs(onsets), [[False]] * (steps - abs(onsets))
    while min(len(first), len(second)) > 1:
        pairs = min(len(first), len(second))
        first, second = [a + b for a, b in zip(first, second, strict=False)], first[pairs:] or second[pairs:]
    row = [on is (onsets >= 0) for group in first + second for on in group]
    return [row[(place - rotation) % steps] for place in range(steps)]
