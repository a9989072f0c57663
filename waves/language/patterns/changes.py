"""Transforms that move, repeat, change and choose notes, each by the cycle alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, lcm

from waves.language.patterns.chains import Task, together
from waves.language.patterns.line import Line, LineNote, Numbers


def fast(line: Line, task: Task) -> Line:
    return _faster(line, task.numbers, lambda number: number)


def slow(line: Line, task: Task) -> Line:
    return _faster(line, task.numbers, lambda number: 1 / number)


def _faster(line: Line, numbers: Numbers, factor_of: Callable[[Fraction], Fraction]) -> Line:
    """The line so many times as fast, where the number stands."""
    factors = {number: factor_of(number) for number in numbers.all}

    def make(cycle: int) -> Iterator[LineNote]:
        for number, begin, end in numbers.spans(cycle):
            factor = factors[number]
            for note in line.between(begin * factor, end * factor):
                yield note._replace(begin=note.begin / factor, end=note.end / factor)

    cycles = lcm(numbers.cycles, *((line.cycles / factor).numerator for factor in factors.values()))
    longest = max((line.longest / factor for factor in factors.values()), default=line.longest)
    reads = max((line.reads * max(factor, Fraction(1)) for factor in factors.values()), default=line.reads)
    return Line(cycles, longest, make, reads)


def rev(line: Line, task: Task) -> Line:
    """Each cycle backwards; a note that goes over a bar line is reflected in the cycle of its end."""

    def make(cycle: int) -> Iterator[LineNote]:
        for number, begin, end in task.numbers.spans(cycle):
            notes = _backwards(line, cycle) if number else line.cycle(cycle)
            is_whole = begin == cycle and end == cycle + 1
            yield from notes if is_whole else (note for note in notes if begin <= note.begin < end)

    return Line(lcm(line.cycles, task.numbers.cycles), line.longest, make, line.reads)


def _backwards(line: Line, cycle: int) -> Iterator[LineNote]:
    for source in range(cycle - ceil(line.longest), cycle + 1):
        for note in line.cycle(source):
            if ceil(note.end) == cycle + 1:
                yield note._replace(begin=2 * cycle + 1 - note.end, end=2 * cycle + 1 - note.begin)


def palindrome(line: Line, task: Task) -> Line:
    def make(cycle: int) -> Iterator[LineNote]:
        yield from _backwards(line, cycle) if cycle % 2 else line.cycle(cycle)

    return Line(lcm(line.cycles, 2), line.longest, make, line.reads)


def shift(line: Line, task: Task) -> Line:
    return _later(line, task.numbers)


def _later(line: Line, numbers: Numbers) -> Line:
    """The line later by a time, where the number stands."""

    def make(cycle: int) -> Iterator[LineNote]:
        for time, begin, end in numbers.spans(cycle):
            yield from (note.later(time) for note in line.between(begin - time, end - time))

    return Line(lcm(line.cycles, numbers.cycles), line.longest, make, line.reads + 1)


def iter(line: Line, task: Task) -> Line:
    """Begins 1/N later with each cycle; below 0 earlier."""

    def make(cycle: int) -> Iterator[LineNote]:
        for number, begin, end in task.numbers.spans(cycle):
            time = Fraction(cycle % abs(int(number)), int(number))
            yield from (note.later(-time) for note in line.between(begin + time, end + time))

    turns = (abs(int(number)) for number in task.numbers.all)
    return Line(lcm(line.cycles, task.numbers.cycles, *turns), line.longest, make, line.reads + 1)


def ply(line: Line, task: Task) -> Line:
    """Each note so many times in its length."""

    def make(cycle: int) -> Iterator[LineNote]:
        for source in range(cycle - ceil(line.longest), cycle + 1):
            for note in line.cycle(source):
                times = int(task.numbers.at(note.begin) or 0)
                part = (note.end - note.begin) / max(times, 1)
                first = max(0, ceil((cycle - note.begin) / part))
                for k in range(first, min(times, ceil((cycle + 1 - note.begin) / part))):
                    yield note._replace(begin=note.begin + k * part, end=note.begin + (k + 1) * part)

    return Line(lcm(line.cycles, task.numbers.cycles), line.longest, make, line.reads)


def also(line: Line, task: Task) -> Line:
    """The line, and on top a copy that is later, changed by the chain."""
    return together(line, task.change(_later(line, task.numbers)))


def jux(line: Line, task: Task) -> Line:
    """The line on the left, changed by the chain on the right."""
    left = _each(line, lambda note: note._replace(pan=-1.0))
    return together(left, _each(task.change(line), lambda note: note._replace(pan=1.0)))


def echo(line: Line, task: Task) -> Line:
    """Each note so many times, later each time, softer by a factor, and changed once more by the chain."""
    time, factor = task.one.numbers
    times, softer = int(task.numbers.all[0]), float(Numbers(factor, task.around).all[0])
    copy = found = line
    for _ in range(times - 1):
        copy = task.change(_later(copy, Numbers(time, task.around)))
        copy = _each(copy, lambda note: note._replace(strength=note.strength * softer))
        found = together(found, copy)
    return found


def _each(line: Line, change: Callable[[LineNote], LineNote | None]) -> Line:
    """The line with each note changed, which keeps its time, or left out."""

    def make(cycle: int) -> Iterator[LineNote]:
        yield from (changed for note in line.cycle(cycle) if (changed := change(note)))

    return Line(line.cycles, line.longest, make, line.reads, in_order=True)


def every(line: Line, task: Task) -> Line:
    """The chain in one of so many cycles, by default the last."""
    changed = task.change(line)
    which = int(Numbers(task.one.numbers[0], task.around).all[0]) if task.one.numbers else 0

    def make(cycle: int) -> Iterator[LineNote]:
        of = int(task.numbers.at(Fraction(cycle)) or 0)
        yield from (changed if of and (cycle + 1 - which) % of == 0 else line).cycle(cycle)

    cycles = lcm(line.cycles, changed.cycles, task.numbers.cycles, *(int(number) for number in task.numbers.all))
    return Line(cycles, max(line.longest, changed.longest), make, max(line.reads, changed.reads))


def chunk(line: Line, task: Task) -> Line:
    """The chain in one of so many parts of the cycle, the next in each cycle."""
    changed = task.change(line)

    def make(cycle: int) -> Iterator[LineNote]:
        parts = int(task.numbers.at(Fraction(cycle)) or 1)
        begin = cycle + Fraction(cycle % parts, parts)
        end = begin + Fraction(1, parts)
        yield from (note for note in line.cycle(cycle) if not begin <= note.begin < end)
        yield from changed.between(begin, end)

    cycles = lcm(line.cycles, changed.cycles, task.numbers.cycles, *(int(number) for number in task.numbers.all))
    return Line(cycles, max(line.longest, changed.longest), make, line.reads + changed.reads)


def inside(line: Line, task: Task) -> Line:
    """The chain as if a cycle were several."""
    return fast(task.change(slow(line, task)), task)


def restart(line: Line, task: Task) -> Line:
    """Each cycle, which begins anew at each onset of a rhythm."""

    def make(cycle: int) -> Iterator[LineNote]:
        begins = [Fraction(cycle), *(moment for moment in task.numbers.onsets(cycle) if moment > cycle)]
        for begin, end in zip(begins, [*begins[1:], Fraction(cycle + 1)], strict=True):
            for note in line.cycle(cycle):
                if note.begin - cycle >= end - begin:
                    break
                yield note.later(begin - cycle)

    return Line(lcm(line.cycles, task.numbers.cycles), line.longest, make, line.reads)


def striate(line: Line, task: Task) -> Line:
    """The cycle in a share of its time so many times, each time with the next part of the sound files."""

    def make(cycle: int) -> Iterator[LineNote]:
        for number, begin, end in task.numbers.spans(cycle):
            for k in range(int(number)):
                for note in line.cycle(cycle):
                    at = cycle + (note.begin - cycle + k) / number
                    low, high = note.part
                    share = (high - low) / number
                    if begin <= at < end:
                        part = (low + k * share, low + (k + 1) * share)
                        yield note._replace(begin=at, end=at + note.length / number, part=part)

    return Line(lcm(line.cycles, task.numbers.cycles), line.longest, make, line.reads)


def mask(line: Line, task: Task) -> Line:
    found = _each(line, lambda note: note if task.numbers.at(note.begin) else None)
    found.cycles = lcm(line.cycles, task.numbers.cycles)
    return found


def transpose(line: Line, task: Task) -> Line:
    """Each note higher, by semitones or by degrees of its scale, its chord turned round, or late: all of it adds up.

    `fit` sets the cycles of its sound file; the last one counts.
    """
    name = task.one.name

    def raised(note: LineNote) -> LineNote | None:
        number = task.numbers.at(note.begin)
        if number is None:
            return None
        if name == "shift_scale":
            return note._replace(degrees=note.degrees + int(number))
        if name == "nudge":
            return note._replace(seconds=note.seconds + float(number))
        if name == "fit":
            return note._replace(fitted=number)
        if name == "invert":
            return note._replace(invert=note.invert + int(number))
        return note._replace(semitones=note.semitones + float(number))

    found = _each(line, raised)
    found.cycles = lcm(line.cycles, task.numbers.cycles)
    return found
