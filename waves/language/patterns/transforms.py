"""Transforms: a line of notes in, another line out, each of them a function of the cycle alone.

A chain is applied from left to right: each transform changes what the ones before it made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import ceil, floor, lcm
from typing import NamedTuple

from waves.language.patterns import changes, drawn
from waves.language.patterns.chains import Chain, Task
from waves.language.patterns.drawn import decided
from waves.language.patterns.kept.kept_notes import WORK
from waves.language.patterns.line import Line, LineNote, Numbers, Surroundings, sounding
from waves.language.patterns.passes import (
    check_size,
    cycles_of,
    events_of,
    has_chance,
    is_varied,
    notes_in_cycle,
)
from waves.language.patterns.syntax import VARIED, Changed, Pattern, PatternError, Placed

MOST_KEPT = 64
"""Patterns with transforms whose notes are kept."""
ALONE = "word"
"""The lane of a pattern that has no other."""

TRANSFORMS: dict[str, Callable[[Line, Task], Line]] = {
    "fast": changes.fast,
    "slow": changes.slow,
    "rev": changes.rev,
    "palindrome": changes.palindrome,
    "shift": changes.shift,
    "iter": changes.iter,
    "ply": changes.ply,
    "also": changes.also,
    "jux": changes.jux,
    "echo": changes.echo,
    "every": changes.every,
    "chunk": changes.chunk,
    "inside": changes.inside,
    "restart": changes.restart,
    "shuffle": drawn.mixed,
    "scramble": drawn.mixed,
    "striate": changes.striate,
    "fit": changes.transpose,
    "mask": changes.mask,
    "transpose": changes.transpose,
    "shift_scale": changes.transpose,
    "nudge": changes.transpose,
    "invert": changes.transpose,
    "sometimes": drawn.sometimes,
    "some_cycles": drawn.some_cycles,
    "humanise": drawn.humanise,
    "degrade": drawn.left_out,
    "chance": drawn.left_out,
}
"""The transforms by name."""


def applied(chain: Chain, line: Line, around: Surroundings) -> Line:
    """The line that a chain makes of a line. Raises PatternError for what is too much."""
    for one in chain:
        change = partial(applied, one.chain, around=around)
        line = TRANSFORMS[one.name](line, Task(one, Numbers(one.number, around), around, change))
    return line


@dataclass(frozen=True, slots=True)
class Transformed(Changed):
    """A pattern after a chain of transforms. What they do to a note but to its time is left out."""

    chain: Chain

    @property
    def cycles(self) -> int:
        """The cycles after which it comes again, in a pass. Raises PatternError."""
        return _line(self, 0, VARIED).cycles

    @property
    def is_drawn(self) -> bool:
        """Whether chance decides something in it."""
        return drawn.is_drawn(self.chain) or is_varied(self.pattern) or has_chance(self.pattern)

    @property
    def longest(self) -> Fraction:
        """No note of it is longer. Raises PatternError."""
        return _line(self, 0, VARIED).longest

    def mean(self) -> Fraction:
        """The notes in a cycle on average, with a seed of 0. Raises PatternError."""
        return _measured(self).mean

    def sounding(self, begin: Fraction | int, end: Fraction | int, seed: int, varied: int) -> Iterator[Placed]:
        """The words that sound between two moments, or at one; `varied`: see `Surroundings`. Raises PatternError."""
        line, work = _line(self, seed, varied), _measured(self).work
        for cycle in range(floor(begin - line.longest), max(ceil(end), floor(begin) + 1)):
            with WORK.apart():
                notes = line.cycle(cycle)
            WORK.count(work)  # not what it was: other patterns may have asked for it
            for note in notes:
                if note.end > begin and (note.begin < end or note.begin == begin):
                    yield Placed(note.begin, note.end, note.words[ALONE], note.when)


def line_of(name: str, pattern: Pattern, chain: Chain, around: Surroundings) -> Line:
    """The notes of a pattern, its words in a lane, after a chain of transforms. Raises PatternError."""
    cycles = cycles_of(pattern)
    if is_varied(pattern) or has_chance(pattern):
        cycles = lcm(cycles, around.varied)
    if not cycles:
        by_cycle = sounding(pattern, around.seed)

        def make(cycle: int) -> Iterator[LineNote]:
            return (
                LineNote(one.begin, one.end, {name: one.word}, one.draws, when=one.when)
                for one in by_cycle.begun(cycle)
                if one.word
            )

        return applied(chain, decided(Line(0, Fraction(by_cycle.longest), make, is_work=False), around), around)
    check_size(notes_in_cycle(pattern), cycles)
    events = events_of(pattern, cycles, around.seed)
    notes = (LineNote(one.begin, one.end, {name: one.word}, one.draws, when=one.when) for one in events if one.word)
    return applied(chain, decided(Line.of(notes, cycles), around), around)


@lru_cache(maxsize=MOST_KEPT)
def _line(one: Transformed, seed: int, varied: int) -> Line:
    return _made_line(one, seed, varied)


def _made_line(one: Transformed, seed: int, varied: int) -> Line:
    varied = varied if one.is_drawn else min(varied, 1)
    while True:
        try:
            line = line_of(ALONE, one.pattern, one.chain, Surroundings(seed, varied))
            check_size(Fraction(0), line.cycles)
            return line
        except PatternError:  # what is drawn needs too much room
            if varied <= 1:
                raise
            varied //= 4


class Measured(NamedTuple):
    """The notes in a cycle of a pattern with transforms, on average, and those that are made for them."""

    mean: Fraction
    work: int


def _measured(one: Transformed) -> Measured:
    """The measures of a pattern, with a seed of 0. Raises PatternError."""
    found = _tried(one)
    if isinstance(found, PatternError):
        raise PatternError(found.sentence, found.column, found.meant, found.source)
    return found


@lru_cache(maxsize=MOST_KEPT)
def _tried(one: Transformed) -> Measured | PatternError:
    """The measures, by a line of its own, of which nothing was made before; or why there are none."""
    count = 0
    try:
        line = _made_line(one, 0, VARIED)
        with WORK.apart():
            for cycle in range(line.cycles):
                count += len(line.cycle(cycle))
                check_size(Fraction(count, line.cycles), line.cycles)
            return Measured(Fraction(count, line.cycles), ceil(WORK.made / line.cycles))
    except PatternError as error:
        return error.with_traceback(None)
