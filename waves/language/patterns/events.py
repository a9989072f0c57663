"""The events of a pattern: what sounds between two moments, from its tree, a seed and the cycle alone.

Times are exact fractions of a cycle. Cycle k lies between k and k + 1, before 0 too.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b
from math import ceil, floor
from typing import NamedTuple

from waves.language.patterns.euclid import rhythm
from waves.language.patterns.signs import fits
from waves.language.patterns.syntax import (
    Argument,
    Chance,
    Choice,
    Euclid,
    Fast,
    Pattern,
    Rest,
    Sequence,
    Stack,
    Tie,
    Turn,
    Word,
)


class Draw(NamedTuple):
    """A decision of chance: the probability that the event plays, and the number of the decision."""

    probability: float
    number: int


class Event(NamedTuple):
    """A word that sounds from one moment to another."""

    begin: Fraction
    end: Fraction
    word: Word | None
    """None for a tie."""
    onset: bool = True
    """Whether it begins in the span that was asked for; else it only goes on there."""
    draws: tuple[Draw, ...] = ()
    layers: tuple[tuple[int, int], ...] = ()
    """The numbers of the stacks that it stands in, each with that of its layer."""


def draw_number(*what: object) -> int:
    """A number of 32 bits for what is decided."""
    return int.from_bytes(blake2b("|".join(map(str, what)).encode(), digest_size=4).digest())


class Player:
    """Asks the tree of a pattern for events; what `|` chooses depends on the seed."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    def cycle(self, pattern: Pattern, cycle: int) -> list[Event]:
        """The events that begin in one cycle, in the order of time. Raises PatternError."""
        found = self.events(pattern, Fraction(cycle), Fraction(cycle + 1), cycle)
        return sorted((event for event in found if event.onset), key=lambda event: event.begin)

    def at(self, pattern: Pattern, moment: Fraction, turn: int) -> Iterator[Event]:
        """The events that sound at a moment, those that begin there too."""
        return self.events(pattern, moment, moment, turn)

    def events(self, pattern: Pattern, begin: Fraction, end: Fraction, turn: int) -> Iterator[Event]:
        """The events that sound between two moments, or at one; `turn`: the cycle of the group around the pattern."""
        match pattern:
            case Word():
                for cycle in _cycles(begin, end):
                    yield Event(Fraction(cycle), Fraction(cycle + 1), pattern, cycle >= begin)
            case Tie():
                for cycle in _cycles(begin, end):
                    yield Event(Fraction(cycle), Fraction(cycle + 1), None, cycle >= begin)
            case Rest():
                return
            case Sequence():
                yield from self._sequence(pattern, begin, end)
            case Stack():
                for k, layer in enumerate(pattern.layers):
                    for event in self.events(layer, begin, end, turn):
                        yield event._replace(layers=((pattern.number, k), *event.layers))
            case Choice():
                for cycle, first, last in _parts(begin, end):
                    chosen = draw_number(self.seed, pattern.key, cycle) % len(pattern.alternatives)
                    yield from self.events(pattern.alternatives[chosen], first, last, cycle)
            case Fast():
                for number, first, last in self._numbers(pattern.factor, begin, end, turn):
                    if factor := 1 / number if pattern.slow and number else number:
                        for event in self.events(pattern.pattern, first * factor, last * factor, turn):
                            yield event._replace(begin=event.begin / factor, end=event.end / factor)
            case Euclid():
                yield from self._euclid(pattern, begin, end, turn)
            case Chance():
                yield from self._chance(pattern, begin, end, turn)
            case Turn():
                if (turn % pattern.of == pattern.which - 1) is not pattern.others:
                    yield from self.events(pattern.pattern, begin, end, turn)

    def _sequence(self, pattern: Sequence, begin: Fraction, end: Fraction) -> Iterator[Event]:
        """The events of the steps that lie in a span, each step as the cycle of its pattern."""
        whole = pattern.weight
        for cycle, first, last in _parts(begin, end):
            place = Fraction(cycle)
            for weight, step in pattern.steps:
                share = weight / whole
                inner, outer = max(first, place), min(last, place + share)
                if inner < outer or (first == last and place <= first < place + share):
                    low = cycle + (inner - place) / share
                    high = cycle + (min(outer, place + share) - place) / share if first != last else low
                    for event in self.events(step, low, high, cycle):
                        yield event._replace(
                            begin=place + (event.begin - cycle) * share, end=place + (event.end - cycle) * share
                        )
                place += share

    def _numbers(
        self, argument: Argument, begin: Fraction, end: Fraction, turn: int
    ) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """The numbers of an argument in a span, each with the part of the span in which it holds."""
        if isinstance(argument, Fraction):
            yield argument, begin, end
            return
        for event in self.events(argument, begin, end, turn):
            if event.word:
                yield Fraction(event.word.text), max(begin, event.begin), min(end, event.end)

    def _euclid(self, pattern: Euclid, begin: Fraction, end: Fraction, turn: int) -> Iterator[Event]:
        for onsets, *first_span in self._numbers(pattern.onsets, begin, end, turn):
            for steps, *second_span in self._numbers(pattern.steps, first_span[0], first_span[1], turn):
                for rotation, first, last in self._numbers(pattern.rotation, second_span[0], second_span[1], turn):
                    fits(int(onsets), int(steps), pattern.column)
                    on = rhythm(int(onsets), int(steps), int(rotation))
                    for place in _places(on, first, last):
                        for event in self.at(pattern.pattern, place, turn):
                            yield event._replace(begin=place, end=place + 1 / steps, onset=place >= first)

    def _chance(self, pattern: Chance, begin: Fraction, end: Fraction, turn: int) -> Iterator[Event]:
        beside: dict[Fraction, int] = {}
        for event in self.events(pattern.pattern, begin, end, turn):
            place = event.begin - floor(event.begin)
            beside[event.begin] = number = beside.get(event.begin, -1) + 1
            draw = Draw(pattern.probability, draw_number(pattern.key, turn, place, number))
            yield event._replace(draws=(*event.draws, draw)) if event.word else event


def _cycles(begin: Fraction, end: Fraction) -> range:
    """The cycles that a span touches; the one around a moment."""
    first = floor(begin)
    return range(first, max(ceil(end), first + 1))


def _parts(begin: Fraction, end: Fraction) -> Iterator[tuple[int, Fraction, Fraction]]:
    """A span cut into its cycles."""
    for cycle in _cycles(begin, end):
        yield cycle, max(begin, Fraction(cycle)), min(end, Fraction(cycle + 1))


def _places(on: tuple[bool, ...], begin: Fraction, end: Fraction) -> Iterator[Fraction]:
    """The places of the steps with an onset that sound in a span, or at a moment."""
    share = Fraction(1, len(on))
    for cycle in _cycles(begin, end):
        for k, sounds in enumerate(on):
            place = cycle + k * share
            if sounds and place + share > begin and (place < end or place == begin == end):
                yield place
