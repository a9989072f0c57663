"""The events of a pattern: what sounds between two moments, from its tree, a seed and the cycle alone.

Times are exact fractions of a cycle. Cycle k lies between k and k + 1, before 0 too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from fractions import Fraction
from hashlib import blake2b
from math import ceil, floor, lcm
from typing import NamedTuple

from waves.language.patterns.euclid import fits, rhythm
from waves.language.patterns.syntax import (
    ALWAYS,
    VARIED,
    Argument,
    Chance,
    Changed,
    Choice,
    Euclid,
    Fast,
    Pattern,
    PatternError,
    Pick,
    Sequence,
    Stack,
    Tie,
    Turn,
    When,
    Where,
    Word,
)

MOST_WORK = 400_000
"""Steps that a player may visit for a pass, or for one question without one, whether they sound or not."""

Time = Fraction | int


class Draw(NamedTuple):
    """A decision of chance: the probability that the event plays, and the number of the decision."""

    probability: float
    number: int


class Placement(NamedTuple):
    """The way of a part in the whole: its moment `at` lies at `origin` there, and a cycle of it takes `scale`."""

    at: Time
    origin: Fraction
    scale: Fraction

    def moved(self, moment: Time) -> Fraction:
        """The moment of the whole at which a moment of the part lies."""
        return self.origin if moment == self.at else self.origin + (moment - self.at) * self.scale

    def begins(self, cycles: range) -> Iterator[Fraction]:
        """The moments of the whole at which cycles of the part begin, and the end of the last."""
        start = self.moved(cycles.start)
        yield start
        yield from _after(start, self.scale, range(1, len(cycles) + 1))


def _after(origin: Fraction, scale: Fraction, counts: Sequence_[int]) -> Iterator[Fraction]:
    """The moments that are so many times a scale after an origin."""
    if len(counts) == 1:
        return iter((origin + counts[0] * scale,))
    below = lcm(origin.denominator, scale.denominator)  # in whole numbers, which is quick
    first, step = origin.numerator * (below // origin.denominator), scale.numerator * (below // scale.denominator)
    return (Fraction(first + count * step, below) for count in counts)


ITSELF = Placement(0, Fraction(0), Fraction(1))
Layers = tuple[tuple[int, int], ...]


class Event(NamedTuple):
    """A word that sounds from one moment to another."""

    begin: Fraction
    end: Fraction
    word: Word | None
    """None for a tie."""
    onset: bool = True
    """Whether it begins in the span that was asked for; else it only goes on there."""
    draws: tuple[Draw, ...] = ()
    layers: Layers = ()
    """The numbers of the stacks that it stands in, each with that of its layer."""
    when: When = ALWAYS
    """The alternatives in which it plays."""


def draw_number(*what: object) -> int:
    """A number of 32 bits for what is decided."""
    return draw_of("|".join(map(str, what)))


def draw_of(what: str) -> int:
    """A number of 32 bits for what is decided, as one text."""
    return int.from_bytes(blake2b(what.encode(), digest_size=4).digest())


class Player:
    """Asks the tree of a pattern for events; what `|` chooses depends on the seed. `work` counts the visited steps.

    `varied`: the cycles after which what is drawn comes again; 0: never.
    """

    def __init__(self, seed: int = 0, varied: int = VARIED):
        self.seed, self.varied = seed, varied
        self.work = 0
        self.is_in_order = True
        """Whether what was played last was played in the order of time: nothing stands on top of each other."""

    def cycle(self, pattern: Pattern, cycle: int) -> list[Event]:
        """The events that begin in one cycle, in the order of time. Raises PatternError."""
        self.is_in_order = True
        found = [event for event in self.events(pattern, cycle, cycle + 1, cycle) if event.onset]
        return found if self.is_in_order else sorted(found, key=lambda event: event.begin)

    def events(self, pattern: Pattern, begin: Time, end: Time, turn: int) -> list[Event]:
        """The events that sound between two moments, or at one; `turn`: the cycle of the group around the pattern.

        Raises PatternError.
        """
        found: list[Event] = []
        if not self.varied:
            self.work = 0
        self._play(pattern, begin, end, turn, ITSELF, (), found)
        return found

    def _play(
        self, pattern: Pattern, begin: Time, end: Time, turn: int, to: Placement, layers: Layers, found: list[Event]
    ) -> None:
        """Add the events of a part of the pattern, where they lie in the whole."""
        self._count(1)
        match pattern:
            case Word() | Tie():
                self._words(pattern if isinstance(pattern, Word) else None, begin, end, to, layers, found)
            case Sequence():
                self._sequence(pattern, begin, end, to, layers, found)
            case Stack():
                self.is_in_order = False
                for k, layer in enumerate(pattern.layers):
                    self._play(layer, begin, end, turn, to, (*layers, (pattern.number, k)), found)
            case Choice():
                begins = to.begins(_cycles(begin, end))
                for (cycle, first, last), origin in zip(_parts(begin, end), begins, strict=False):
                    chosen = draw_number(self.seed, pattern.key, cycle) % len(pattern.alternatives)
                    inner = Placement(cycle, origin, to.scale)
                    self._play(pattern.alternatives[chosen], first, last, cycle, inner, layers, found)
            case Fast():
                for number, first, last in self._numbers(pattern.factor, begin, end, turn):
                    if factor := 1 / number if pattern.slow and number else number:
                        faster = Placement(to.at * factor, to.origin, to.scale / factor)
                        self._play(pattern.pattern, first * factor, last * factor, turn, faster, layers, found)
            case Euclid():
                self._euclid(pattern, begin, end, turn, to, layers, found)
            case Chance(once=True):
                holds = draw_number(self.seed, pattern.key, turn) < pattern.probability * 2.0**32
                if holds is not pattern.others:
                    self._play(pattern.pattern, begin, end, turn, to, layers, found)
            case Chance():
                self._chance(pattern, begin, end, turn, to, layers, found)
            case Turn():
                if (turn % pattern.of == pattern.which - 1) is not pattern.others:
                    self._play(pattern.pattern, begin, end, turn, to, layers, found)
            case Where():
                under: list[Event] = []
                self._play(pattern.pattern, begin, end, turn, to, layers, under)
                found += [event._replace(when=event.when.both(pattern.when)) for event in under]
            case Pick():
                for cycle, first, last in _parts(begin, end):
                    if (which := self._picked(pattern.number, cycle)) is not None:
                        one = pattern.alternatives[which % len(pattern.alternatives)]
                        self._play(one, first, last, cycle, to, layers, found)
            case Changed():
                self.is_in_order = False
                for start, stop, word, when in pattern.sounding(begin, end, self.seed, self.varied):
                    self._count(1)
                    found.append(Event(to.moved(start), to.moved(stop), word, start >= begin, (), layers, when))

    def _picked(self, pattern: Pattern, cycle: int) -> int | None:
        """The whole number of a pattern of numbers as a cycle begins; None at a rest."""
        for event in self.events(pattern, cycle, cycle, cycle):
            plays = (draw_number(self.seed, draw.number) < draw.probability * 2.0**32 for draw in event.draws)
            if event.word and all(plays):
                return round(Fraction(event.word.text))
        return None

    def _count(self, steps: int) -> None:
        self.work += steps
        if self.work > MOST_WORK:
            raise PatternError(f"more than {MOST_WORK:,} steps are played until this pattern comes again", 0)

    def _words(
        self, word: Word | None, begin: Time, end: Time, to: Placement, layers: Layers, found: list[Event]
    ) -> None:
        """Add a word, or a tie, of each cycle in a span."""
        cycles = _cycles(begin, end)
        self._count(len(cycles) - 1)
        start = to.moved(cycles.start)
        for cycle, stop in zip(cycles, _after(start, to.scale, range(1, len(cycles) + 1)), strict=True):
            found.append(Event(start, stop, word, cycle >= begin, (), layers))
            start = stop

    def _sequence(
        self, pattern: Sequence, begin: Time, end: Time, to: Placement, layers: Layers, found: list[Event]
    ) -> None:
        """Add the events of the steps that lie in a span, each step as the cycle of its pattern."""
        places, steps = pattern.places, pattern.steps
        for (cycle, first, last), origin in zip(_parts(begin, end), to.begins(_cycles(begin, end)), strict=False):
            if first == cycle and last == cycle + 1:  # the same as below, without asking where the span ends
                share, scale = Fraction(0), to.scale
                stops = _after(origin, scale / pattern.whole, pattern.ticks)
                for (_, step), share_of_step, stop in zip(steps, pattern.shares, stops, strict=True):
                    if isinstance(step, Word):
                        self._count(1)
                        found.append(Event(origin, stop, step, True, (), layers))
                    elif isinstance(step, Chance) and isinstance(step.pattern, Word) and not step.once:
                        self._count(2)
                        found.append(Event(origin, stop, step.pattern, True, (_draw(step, cycle, "0", 0),), layers))
                    else:
                        if share_of_step is not share:
                            share, scale = share_of_step, share_of_step * to.scale
                        self._play(step, cycle, last, cycle, Placement(cycle, origin, scale), layers, found)
                    origin = stop
                continue
            low, high = first - cycle, last - cycle
            k = bisect_right(places, low) - 1 if low else 0
            while k < len(steps) and (places[k] < high or low == high):
                place, after, share = places[k], places[k + 1], pattern.shares[k]
                inner = cycle if low <= place else cycle + (low - place) / share
                outer = inner if low == high else cycle + 1 if high >= after else cycle + (high - place) / share
                inside = Placement(cycle, origin + place * to.scale, share * to.scale)
                self._play(steps[k][1], inner, outer, cycle, inside, layers, found)
                if low == high:
                    break
                k += 1

    def _numbers(self, argument: Argument, begin: Time, end: Time, turn: int) -> Iterator[tuple[Fraction, Time, Time]]:
        """The numbers of an argument in a span, each with the part of the span in which it holds."""
        if isinstance(argument, Fraction):
            yield argument, begin, end
            return
        for event in self.events(argument, begin, end, turn):
            if event.word:
                yield Fraction(event.word.text), max(begin, event.begin), min(end, event.end)

    def _euclid(
        self, pattern: Euclid, begin: Time, end: Time, turn: int, to: Placement, layers: Layers, found: list[Event]
    ) -> None:
        for onsets, *first_span in self._numbers(pattern.onsets, begin, end, turn):
            for steps, *second_span in self._numbers(pattern.steps, first_span[0], first_span[1], turn):
                for rotation, first, last in self._numbers(pattern.rotation, second_span[0], second_span[1], turn):
                    fits(int(onsets), int(steps), pattern.column, source=pattern.source)
                    on = rhythm(int(onsets), int(steps), int(rotation))
                    length = to.scale / steps
                    self._count(len(_cycles(first, last)) * len(on))
                    for place in _places(on, first, last):
                        under: list[Event] = []
                        self._play(pattern.pattern, place, place, turn, ITSELF, layers, under)
                        start = to.moved(place)
                        for event in under:
                            found.append(event._replace(begin=start, end=start + length, onset=place >= first))

    def _chance(
        self, pattern: Chance, begin: Time, end: Time, turn: int, to: Placement, layers: Layers, found: list[Event]
    ) -> None:
        under: list[Event] = []
        self._play(pattern.pattern, begin, end, turn, ITSELF, layers, under)
        beside: dict[Fraction, int] = {}
        for event in under:
            start, stop = to.moved(event.begin), to.moved(event.end)
            draws = event.draws
            if event.word:
                beside[event.begin] = number = beside.get(event.begin, -1) + 1
                draws = (*draws, _draw(pattern, turn, _place(event.begin), number))
            found.append(Event(start, stop, event.word, event.onset, draws, event.layers, event.when))


def _draw(pattern: Chance, turn: int, place: str, number: int) -> Draw:
    """The draw for a word at a place in a cycle, the one with this number of those that begin there."""
    return Draw(pattern.probability, draw_of(f"{pattern.key}|{turn}|{place}|{number}"))


def _place(moment: Fraction) -> str:
    """The part of its cycle that has passed at a moment, as it is written: `1/2`, `0`."""
    above, below = moment.numerator % moment.denominator, moment.denominator
    return f"{above}/{below}" if above else "0"


def _cycles(begin: Time, end: Time) -> range:
    """The cycles that a span touches; the one around a moment."""
    first = floor(begin)
    return range(first, max(ceil(end), first + 1))


def _parts(begin: Time, end: Time) -> Iterator[tuple[int, Time, Time]]:
    """A span cut into its cycles."""
    for cycle in _cycles(begin, end):
        yield cycle, max(begin, cycle), min(end, cycle + 1)


def _places(on: tuple[bool, ...], begin: Time, end: Time) -> Iterator[Fraction]:
    """The places of the steps with an onset that sound in a span, or at a moment."""
    steps = len(on)
    for cycle in _cycles(begin, end):
        for k in (k for k, sounds in enumerate(on) if sounds):
            place = cycle + Fraction(k, steps)
            inside = begin <= cycle and cycle + 1 <= end
            if inside or (place + Fraction(1, steps) > begin and (place < end or place == begin == end)):
                yield place
