"""Lines: notes and events of a pattern by cycle, as functions of the cycle alone, and the numbers of transforms."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import ceil, floor, lcm
from operator import itemgetter
from typing import NamedTuple

from waves.language.patterns.events import Draw, Event, Player, draw_number
from waves.language.patterns.kept.kept_notes import WORK, ByCycle
from waves.language.patterns.passes import (
    LONGEST_TIE,
    MOST_IN_PASS,
    check_size,
    cycles_of,
    has_chance,
    has_ties,
    in_sequence,
    is_varied,
    joined,
    longest_note,
    notes_in_cycle,
)
from waves.language.patterns.syntax import ALWAYS, MOST_NOTES, Pattern, PatternError, Sequence, When, Word, words_of

MOST_KEPT, KEPT = 512, 64
"""Cycles of a line that are kept, of one that comes again and of one that never does."""


WHOLE = Fraction(0), Fraction(1)
UNDRAWN = Draw(1.0, 0)
SOUNDING_KEPT = 128  # cycles of events


class LineNote(NamedTuple):
    """A note of a line: from when to when in cycles, its words by lane, and what was done to it."""

    begin: Fraction
    end: Fraction
    words: Mapping[str, Word]
    draws: tuple[Draw, ...] = ()
    semitones: float = 0.0
    """Semitones by which it is raised."""
    strength: float = 1.0
    """Factor of its strength."""
    degrees: int = 0
    """Degrees of a scale by which it is raised."""
    invert: int = 0
    """Inversions of its chord."""
    seconds: float = 0.0
    """Seconds by which it is late."""
    pan: float | None = None
    """Its place from left to right, where a transform gives one."""
    turn: int = 0
    """The count of notes before it that read the same pitch."""
    chord: tuple[Word, ...] = ()
    """Further pitches that are one chord with its own."""
    when: When = ALWAYS
    """The alternatives in which it plays."""
    part: tuple[Fraction, Fraction] = WHOLE
    """The part of its sound file that plays, from and to."""
    fitted: Fraction | None = None
    """The cycles that its sound file takes, where a transform says that."""

    @property
    def length(self) -> Fraction:
        """Cycles from its beginning to its end."""
        (begin, below), (end, below_end) = self.begin.as_integer_ratio(), self.end.as_integer_ratio()
        if below == below_end:  # in whole numbers, which is quick
            return Fraction(end - begin, below)
        return Fraction(end * below - begin * below_end, below * below_end)

    @property
    def draw(self) -> Draw:
        """Its last draw: notes whose draw has the same number play together, or not at all."""
        return self.draws[-1] if self.draws else UNDRAWN

    def later(self, time: Fraction | int) -> LineNote:
        """The note so many cycles later."""
        return self._replace(begin=self.begin + time, end=self.end + time)


class Surroundings(NamedTuple):
    """The facts that draws depend on: the seed, and the number of cycles after which they come again, 0: never."""

    seed: int
    varied: int


def in_pass(cycle: int, cycles: int) -> int:
    """A cycle counted in its pass of so many cycles; the cycle itself without a pass, where they are 0."""
    return cycle % cycles if cycles else cycle


class Line:
    """The notes of a pattern; those of each cycle are made when they are first asked for."""

    def __init__(
        self,
        cycles: int,
        longest: Fraction,
        make: Callable[[int], Iterable[LineNote]],
        reads: Fraction | int = 1,
        in_order: bool = False,
        is_work: bool = True,
    ):
        """`make` gives the notes that begin in a cycle, in any order; notes of one onset keep theirs.

        `cycles`: after so many the notes come again, 0: never. `longest`: no note is longer. `reads`: so many cycles of
        the first line are read for one. `in_order`: `make` gives them in the order of time. `is_work`: they count as
        made. Raises PatternError if that is too much.
        """
        self.cycles, self.longest, self.reads, self.make = cycles, longest, Fraction(reads), make
        self.made = ByCycle[tuple[LineNote, ...]](MOST_KEPT if cycles else KEPT)
        self.in_order, self.is_work = in_order, is_work
        if self.reads > MOST_NOTES or longest * self.reads > MOST_IN_PASS:
            raise PatternError(f"these transforms read more than {MOST_NOTES:,} cycles for one", 0)

    @staticmethod
    def of(notes: Iterable[LineNote], cycles: int) -> Line:
        """The line whose notes come again after so many cycles."""
        by_cycle: dict[int, list[LineNote]] = {}
        longest = Fraction(1)
        for note in notes:
            by_cycle.setdefault(floor(note.begin) % cycles, []).append(note)
            longest = max(longest, note.end - note.begin)

        def make(cycle: int) -> Iterator[LineNote]:
            for note in by_cycle.get(cycle % cycles, ()):
                yield note.later(cycle - floor(note.begin))

        return Line(cycles, longest, make, is_work=False)

    def cycle(self, cycle: int) -> tuple[LineNote, ...]:
        """The notes that begin in a cycle, in the order of time. Raises PatternError for too many."""
        if (found := self.made.get(cycle)) is None:
            with WORK:
                notes: list[LineNote] = []
                for note in self.make(cycle):
                    notes.append(note)
                    if len(notes) > MOST_NOTES:
                        raise PatternError(f"more than {MOST_NOTES:,} notes in a cycle", 0)
                WORK.count(len(notes) * self.is_work)
                found = tuple(notes if self.in_order else sorted(notes, key=lambda note: note.begin))
                self.made.keep(cycle, found, len(found))
        return found

    def between(self, begin: Fraction, end: Fraction) -> Iterator[LineNote]:
        """The notes that begin in a span, in the order of time."""
        for cycle in range(floor(begin), ceil(end)):
            if begin <= cycle and cycle + 1 <= end:
                yield from self.cycle(cycle)
            else:
                yield from (note for note in self.cycle(cycle) if begin <= note.begin < end)


PLAIN = re.compile(r"-?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12}|\d{1,9}/\d{1,9})")
ON_OFF = {"x": Fraction(1), "X": Fraction(1), "t": Fraction(1), "f": Fraction(0)}


def number_of(text: str) -> Fraction:
    """The number of a word; that of a letter for on or off. Raises ValueError or ZeroDivisionError for none."""
    if text in ON_OFF:
        return ON_OFF[text]
    if not PLAIN.fullmatch(text):
        raise ValueError(text)
    return Fraction(text)


def is_word(pattern: Pattern) -> bool:
    """Whether a pattern is one word without signs."""
    steps = pattern.steps if isinstance(pattern, Sequence) else ()
    return len(steps) == 1 and isinstance(steps[0][1], Word)


Held = tuple[Fraction | None, Fraction, Fraction]
"""A number, and the span in which it holds, in cycles."""


class Numbers:
    """The numbers of a transform: one, or a pattern of them."""

    def __init__(self, pattern: Pattern, around: Surroundings):
        self.pattern, self.around = pattern, around
        self.player = Player(around.seed, around.varied)
        self.all = tuple(dict.fromkeys(number_of(word.text) for word in words_of(pattern)))
        self.constant = self.all[0] if is_word(pattern) else None
        self.cycles = cycles_of(pattern)
        if is_varied(pattern) or has_chance(pattern):
            self.cycles = lcm(self.cycles, around.varied)
        self.in_sequence = in_sequence(pattern)
        self.held = ByCycle[list[Held]](KEPT)

    def spans(self, cycle: int) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """The numbers in a cycle, each with the span in which it holds."""
        if self.constant is not None:
            yield self.constant, Fraction(cycle), Fraction(cycle + 1)
            return
        yield from self._read(Fraction(cycle), Fraction(cycle + 1))

    def onsets(self, cycle: int) -> list[Fraction]:
        """The moments of a cycle at which a number other than 0 begins, in the order of time."""
        found = (begin for number, begin, _ in self._read(Fraction(cycle), Fraction(cycle + 1), begun=True) if number)
        return sorted(set(found))

    def at(self, moment: Fraction) -> Fraction | None:
        """The number at a moment; None at a rest."""
        if self.constant is not None:
            return self.constant
        if not self.in_sequence:
            return next((number for number, _, _ in self._read(moment, moment)), None)
        cycle = floor(moment)
        held = self._held(inside := in_pass(cycle, self.cycles))
        if inside != cycle:
            moment -= cycle - inside
        number, _, end = held[bisect_right(held, moment, key=itemgetter(1)) - 1]
        return number if moment < end else None

    def _held(self, cycle: int) -> list[Held]:
        """The numbers in a cycle, as `spans` gives them, after a rest that is over."""
        if (held := self.held.get(cycle)) is None:
            held = [(None, Fraction(cycle), Fraction(cycle)), *self._read(Fraction(cycle), Fraction(cycle + 1))]
            self.held.keep(cycle, held, len(held))
        return held

    def _read(
        self, begin: Fraction, end: Fraction, begun: bool = False
    ) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """The numbers in a span, each with the span in which it holds; `begun`: only those that begin there."""
        turn = floor(begin)
        moved = turn - in_pass(turn, self.cycles)
        for event in self.player.events(self.pattern, begin - moved, end - moved, turn - moved):
            if event.word and event.onset >= begun and all(self._plays(draw) for draw in event.draws):
                yield number_of(event.word.text), max(begin, event.begin + moved), min(end, event.end + moved)

    def _plays(self, draw: Draw) -> bool:
        return draw_number(self.around.seed, draw.number) < draw.probability * 2.0**32


class Sounding:
    """Events by cycle, those of the last cycles kept."""

    def __init__(self, make: Callable[[int], list[Event]], longest: int):
        """`make` gives the events that begin in a cycle, in the order of time. `longest`: none is longer, in cycles."""
        self.make, self.longest = make, longest
        self.made = ByCycle[list[Event]](SOUNDING_KEPT + longest)

    def begun(self, cycle: int) -> list[Event]:
        """The events that begin in a cycle, in the order of time. Raises PatternError."""
        if (found := self.made.get(cycle)) is None:
            with WORK:
                found = self.make(cycle)
                WORK.count(len(found) + 1)
                self.made.keep(cycle, found, len(found))
        return found

    def at(self, cycle: int) -> list[Event]:
        """The events that sound in a cycle, also those that began before, in the order of time. Raises PatternError."""
        before = [
            event
            for k in range(cycle - self.longest, cycle)
            for event in self.begun(k)
            if event.end.numerator > cycle * event.end.denominator  # in whole numbers, which is quick
        ]
        return before + self.begun(cycle)


def sounding(pattern: Pattern, seed: int) -> Sounding:
    """The events of a pattern, its ties joined; what is drawn in it is another in each cycle. Raises PatternError."""
    check_size(notes_in_cycle(pattern), 1)
    player = Player(seed, varied=0)
    cycles = 0 if is_varied(pattern) or has_chance(pattern) else cycles_of(pattern)
    longest = ceil(longest_note(pattern))

    def plain(cycle: int) -> list[Event]:
        """The events that begin in a cycle, ties among them; where all comes again, those of the first pass, later."""
        if later := cycle - in_pass(cycle, cycles):
            found: list[Event] = []
            end = after = Fraction(0)
            for event in raw.begun(cycle - later):
                begin = after if event.begin is end else event.begin + later  # most begin where the one before ends
                end = event.end
                found.append(Event(begin, after := end + later, *event[2:]))
            return found
        return player.cycle(pattern, cycle)

    def tied(cycle: int) -> list[Event]:
        ties = [event for k in range(cycle, cycle + LONGEST_TIE) for event in raw.begun(k) if not event.word]
        return checked(joined([event for event in raw.begun(cycle) if event.word], ties))

    if has_ties(pattern):
        raw = Sounding(plain, 0)
        return Sounding(tied, longest + LONGEST_TIE)
    raw = Sounding(lambda cycle: checked(plain(cycle)), longest)
    return raw


def checked(events: list[Event]) -> list[Event]:
    """The events of a cycle. Raises PatternError for too many."""
    if len(events) > MOST_NOTES:
        raise PatternError(f"{len(events):,} notes in a cycle: {MOST_NOTES:,} at most", 0)
    return events
