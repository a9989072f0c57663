"""Transforms by chance: drawn for each note or for each cycle, by the seed and the place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import lcm
from statistics import NormalDist

from waves.language.patterns.chains import Chain, Task, Transform, together
from waves.language.patterns.events import Draw, draw_number
from waves.language.patterns.line import Line, LineNote, Numbers, Surroundings, in_pass
from waves.language.patterns.passes import has_chance, is_varied

MOST_CHANCE = 2.0**32
HUMANISE = "humanise"
NORMAL = NormalDist()

THINNING: dict[str, Callable[[Fraction], float]] = {
    "degrade": lambda number: 1.0 - float(number),
    "chance": float,
}
"""The transforms that leave out notes, with the probability that a note stays."""


MIXING = ("shuffle", "scramble")
"""The transforms that put parts of the cycle into another order."""

DRAWING = frozenset(("sometimes", "some_cycles", HUMANISE, *THINNING, *MIXING))
"""The transforms by chance."""


def is_drawn(chain: Chain) -> bool:
    """Whether chance decides something in a chain, or in the numbers of it."""
    return any(
        one.name in DRAWING
        or any(is_varied(number) or has_chance(number) for number in (one.number, *one.numbers))
        or is_drawn(one.chain)
        for one in chain
    )


def split(chain: Chain) -> tuple[Chain, Chain]:
    """A chain without the transforms at its end that only leave out notes, and these; `humanise` is the last before."""
    last = tuple(one for one in chain if one.name == HUMANISE)
    chain = tuple(one for one in chain if one.name != HUMANISE)
    first = len(chain)
    while first and chain[first - 1].name in THINNING:
        first -= 1
    return chain[:first] + last, chain[first:]


def thinned(chain: Chain, line: Line, around: Surroundings) -> Line:
    """The line, in which each note has a draw more for each transform that leaves out notes."""
    for one in chain:
        line = _thinned(line, one, Numbers(one.number, around), 1)
    return line


def decided(line: Line, around: Surroundings) -> Line:
    """The line with all draws of its notes made, so that a note and its copies have the same."""

    def make(cycle: int) -> Iterator[LineNote]:
        for note in line.cycle(cycle):
            if not note.draws:
                yield note
            elif all(_draws(around, draw.probability, draw.number) for draw in note.draws):
                yield note._replace(draws=())

    return Line(line.cycles, line.longest, make, line.reads, in_order=True, is_work=False)


def sometimes(line: Line, task: Task) -> Line:
    """The chain for each note with a probability."""
    chosen, others = (_left(line, task.one, task.numbers, task.around, is_chosen) for is_chosen in (True, False))
    return together(task.change(chosen), others)


def _left(line: Line, one: Transform, numbers: Numbers, around: Surroundings, is_chosen: bool) -> Line:
    """The notes that are drawn, or all others."""
    cycles = lcm(line.cycles, numbers.cycles, around.varied)

    def make(cycle: int) -> Iterator[LineNote]:
        for note, what in _numbered(line.cycle(cycle), cycle):
            probability = float(numbers.at(note.begin) or 0)
            if _draws(around, probability, one.key, in_pass(cycle, cycles), *what) is is_chosen:
                yield note

    return Line(cycles, line.longest, make, line.reads, in_order=True)


def _numbered(notes: tuple[LineNote, ...], cycle: int) -> Iterator[tuple[LineNote, tuple[object, ...]]]:
    """Notes with their place in the cycle and their number among those of one onset, which follow one another."""
    last, place, number = None, "", 0
    for note in notes:
        if note.begin == last:
            number += 1
        else:
            above, below = note.begin.as_integer_ratio()  # in whole numbers, which is quick
            place = f"{above - cycle * below}/{below}" if below > 1 else f"{above - cycle}"
            last, number = note.begin, 0
        yield note, (place, number)


def some_cycles(line: Line, task: Task) -> Line:
    """The chain for each cycle with a probability."""
    changed = task.change(line)
    cycles = lcm(line.cycles, changed.cycles, task.numbers.cycles, task.around.varied)

    def make(cycle: int) -> Iterator[LineNote]:
        probability = float(task.numbers.at(Fraction(cycle)) or 0)
        yield from (changed if _draws(task.around, probability, task.one.key, in_pass(cycle, cycles)) else line).cycle(
            cycle
        )

    return Line(cycles, max(line.longest, changed.longest), make, max(line.reads, changed.reads))


def mixed(line: Line, task: Task) -> Line:
    """The parts of each cycle in another order; of `scramble` each is drawn, so that some come again."""
    one, around = task.one, task.around
    cycles = lcm(line.cycles, task.numbers.cycles, around.varied)

    def make(cycle: int) -> Iterator[LineNote]:
        for number, begin, end in task.numbers.spans(cycle):
            count = int(number)
            parts: list[list[LineNote]] = [[] for _ in range(count)]
            for note in line.cycle(cycle):
                parts[int((note.begin - cycle) * count)].append(note)
            draws = [draw_number(around.seed, one.key, in_pass(cycle, cycles), k) for k in range(count)]
            drawn = sorted(range(count), key=draws.__getitem__)
            order = drawn if one.name == "shuffle" else [draw % count for draw in draws]
            for place, part in enumerate(order):
                moved = (note.later(Fraction(place - part, count)) for note in parts[part])
                yield from (note for note in moved if begin <= note.begin < end)

    return Line(cycles, line.longest, make, line.reads)


def humanise(line: Line, task: Task) -> Line:
    """Each note late by some time and of another strength, both normally distributed and at most twice the spread."""
    one, around = task.one, task.around
    time, strength = (float(Numbers(number, around).all[0]) for number in (one.number, *one.numbers))
    cycles = lcm(line.cycles, around.varied)

    def make(cycle: int) -> Iterator[LineNote]:
        for note, place in _numbered(line.cycle(cycle), cycle):
            what = around.seed, one.key, in_pass(cycle, cycles), *place
            late, louder = (_spread(draw_number(*what, kind)) for kind in ("time", "v"))
            seconds = note.seconds + time * abs(late)
            yield note._replace(seconds=seconds, strength=note.strength * max(1.0 + strength * louder, 0.0))

    return Line(cycles, line.longest, make, line.reads, in_order=True)


def _spread(draw: int) -> float:
    """A number of a normal distribution, -2 to 2, for a draw of 32 bits."""
    return min(max(NORMAL.inv_cdf((draw + 0.5) / MOST_CHANCE), -2.0), 2.0)


def left_out(line: Line, task: Task) -> Line:
    """Without the notes that are drawn."""
    return decided(_thinned(line, task.one, task.numbers, task.around.varied), task.around)


def _thinned(line: Line, one: Transform, numbers: Numbers, varied: int) -> Line:
    """The line, in which each note has a draw more, another one in so many cycles."""
    cycles, stays = lcm(line.cycles, numbers.cycles, varied), THINNING[one.name]

    def make(cycle: int) -> Iterator[LineNote]:
        for note, what in _numbered(line.cycle(cycle), cycle):
            if (number := numbers.at(note.begin)) is not None:
                draw = Draw(stays(number), draw_number(one.key, in_pass(cycle, cycles), *what))
                yield note._replace(draws=(*note.draws, draw))

    return Line(cycles, line.longest, make, line.reads, in_order=True)


def _draws(around: Surroundings, probability: float, *what: object) -> bool:
    return draw_number(around.seed, *what) < probability * MOST_CHANCE
