"""A pass of a pattern: the notes of as many cycles as it takes until everything comes again."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import ceil, floor, lcm

from waves.language.patterns.events import Event, Player
from waves.language.patterns.syntax import (
    MOST_NOTES,
    VARIED,
    Argument,
    Call,
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
    Where,
    Word,
    words_of,
)

MOST_CYCLES = 1_024  # in a pass
MOST_IN_PASS = 20_000  # notes
LONGEST_TIE = 16  # cycles
MOST_TIED = 200_000  # ties in a pass, each counted for every note that sounds at its beginning


def check_size(notes: Fraction, cycles: int) -> None:
    """Raise PatternError for too many notes in a cycle, of which there are `notes` on average, or in a pass."""
    if notes > MOST_NOTES:
        raise PatternError(f"{int(notes):,} notes in a cycle: {MOST_NOTES:,} at most", 0)
    if cycles > MOST_CYCLES:
        raise PatternError(f"this pattern comes again after {_counted(cycles)} cycles: {MOST_CYCLES:,} at most", 0)
    if notes * cycles > MOST_IN_PASS:
        count = _counted(int(notes * cycles))
        raise PatternError(f"{count} notes until this pattern comes again: {MOST_IN_PASS:,} at most", 0)


def cycles_of_pass(cycles: int, notes: Fraction) -> int:
    """The cycles of a pass in which chance decides something once for the pass: as often as there is room for."""
    most = MOST_IN_PASS // (max(notes, Fraction(1)) * cycles)
    return cycles * max(1, min(ceil(VARIED / cycles), int(most)))


def events_of(pattern: Pattern, cycles: int, seed: int) -> list[Event]:
    """The events of a pass, its ties joined. Raises PatternError."""
    player = Player(seed)
    events: list[Event] = []
    for cycle in range(cycles):
        found = player.cycle(pattern, cycle)
        if len(found) > MOST_NOTES:
            raise PatternError(f"{len(found):,} notes in a cycle: {MOST_NOTES:,} at most", 0)
        events += found
    return tied(events, cycles)


def _counted(number: int) -> str:
    return f"{number:,}" if number < 10**12 else "too many"


def tied(events: list[Event], cycles: int) -> list[Event]:
    """The events of a pass without its ties: what sounds where a tie begins goes on to its end, over the bar line too.

    A tie lengthens the notes of its own cycle and of the 15 before it. Raises PatternError.
    """
    notes = [event for event in events if event.word]
    once = [event for event in events if not event.word]
    around = range(0, cycles + LONGEST_TIE, cycles)
    return joined(notes, [tie._replace(begin=tie.begin + by, end=tie.end + by) for by in around for tie in once])


def joined(notes: list[Event], ties: list[Event]) -> list[Event]:
    """Notes with ties, both in the order of time, as `tied` makes them. Raises PatternError."""
    if not ties:
        return notes
    sounding: list[int] = []
    following, pairs = 0, 0
    for tie in ties:
        while following < len(notes) and notes[following].begin < tie.begin:
            sounding.append(following)
            following += 1
        sounding = [k for k in sounding if notes[k].end >= tie.begin]
        pairs += len(sounding)
        if pairs > MOST_TIED:
            raise PatternError(f"more than {MOST_TIED:,} times '_' and a note that sounds there", 0)
        for k in sounding:
            note = notes[k]
            if note.end < tie.end and floor(tie.begin) < floor(note.begin) + LONGEST_TIE and _may_tie(note, tie):
                notes[k] = note._replace(end=tie.end)
    return notes


def _may_tie(note: Event, tie: Event) -> bool:
    """Whether a tie stands in no other layer of a stack than a note."""
    others = dict(tie.layers)
    return all(others.get(stack, layer) == layer for stack, layer in note.layers)


def cycles_of(pattern: Pattern) -> int:
    """The number of cycles after which a pattern comes again, but for chance."""
    own, around = _period(pattern)
    return lcm(own, around)


def _period(pattern: Argument) -> tuple[int, int]:
    """The cycles of a pattern after which it comes again, and those of the group around it."""
    match pattern:
        case Sequence():
            return _least(lcm(*_period(step)) for _, step in pattern.steps), 1
        case Stack():
            return _both(_period(layer) for layer in pattern.layers)
        case Choice():
            return _least(lcm(*_period(one)) for one in pattern.alternatives), 1
        case Fast():
            own, around = _period(pattern.pattern)
            factors = [1 / number if pattern.slow and number else number for number in _numbers(pattern.factor)]
            times = [(factor / own).denominator for factor in factors]
            return _both([(_least(times), around), _period(pattern.factor)])
        case Euclid():
            return _both(map(_period, (pattern.pattern, pattern.onsets, pattern.steps, pattern.rotation)))
        case Chance() | Where():
            return _period(pattern.pattern)
        case Turn():
            own, around = _period(pattern.pattern)
            return own, lcm(around, pattern.of)
        case Pick():
            return _least(lcm(*_period(one)) for one in (*pattern.alternatives, pattern.number)), 1
        case Changed():
            return pattern.cycles, 1
    return 1, 1


def _least(numbers: Iterable[int]) -> int:
    return reduce(lcm, numbers, 1)


def _both(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    found = list(pairs)
    return _least(own for own, _ in found), _least(around for _, around in found)


def _numbers(argument: Argument) -> list[Fraction]:
    """The numbers that an argument may be."""
    return [argument] if isinstance(argument, Fraction) else [Fraction(word.text) for word in words_of(argument)]


def notes_in_cycle(pattern: Pattern) -> Fraction:
    """The number of notes in a cycle on average, or more."""
    match pattern:
        case Word():
            return Fraction(1)
        case Sequence():
            return sum((notes_in_cycle(step) for _, step in pattern.steps), Fraction(0))
        case Stack():
            return sum((notes_in_cycle(layer) for layer in pattern.layers), Fraction(0))
        case Choice() | Pick():
            return max(notes_in_cycle(one) for one in pattern.alternatives)
        case Fast():
            factors = [1 / number if pattern.slow and number else number for number in _numbers(pattern.factor)]
            return notes_in_cycle(pattern.pattern) * max(factors, default=Fraction(0))
        case Euclid():
            steps = max((abs(number) for number in _numbers(pattern.steps)), default=Fraction(0))
            return steps * max(1, _most_at_once(pattern.pattern))
        case Chance() | Turn() | Where():
            return notes_in_cycle(pattern.pattern)
        case Changed():
            return pattern.mean()
    return Fraction(0)


def _most_at_once(pattern: Pattern) -> int:
    """The number of words that sound at one moment, or more."""
    match pattern:
        case Word():
            return 1
        case Sequence():
            return max((_most_at_once(step) for _, step in pattern.steps), default=0)
        case Stack():
            return sum(map(_most_at_once, pattern.layers))
        case Choice() | Pick():
            return max(map(_most_at_once, pattern.alternatives))
        case Fast() | Euclid() | Chance() | Turn() | Where() | Changed():
            return _most_at_once(pattern.pattern)
    return 0


def is_varied(pattern: Argument) -> bool:
    """Whether chance decides something once for a pass: a '|', a call, a '?' inside another, a '%70' beside '%prev'."""
    match pattern:
        case Call():
            return pattern.is_drawn
        case Choice():
            return True
        case Sequence():
            return any(is_varied(step) for _, step in pattern.steps)
        case Stack():
            return any(is_varied(layer) for layer in pattern.layers)
        case Chance():
            return pattern.once or is_varied(pattern.pattern) or has_chance(pattern.pattern)
        case Fast():
            return is_varied(pattern.pattern) or is_varied(pattern.factor)
        case Euclid():
            return any(map(is_varied, (pattern.pattern, pattern.onsets, pattern.steps, pattern.rotation)))
        case Turn() | Where():
            return is_varied(pattern.pattern)
        case Pick():
            return has_chance(pattern.number) or any(map(is_varied, (*pattern.alternatives, pattern.number)))
        case Changed():
            return pattern.is_drawn
    return False


def has_chance(pattern: Argument) -> bool:
    """Whether a '?' stands in a pattern."""
    match pattern:
        case Chance():
            return not pattern.once or has_chance(pattern.pattern)
        case Sequence():
            return any(has_chance(step) for _, step in pattern.steps)
        case Stack():
            return any(has_chance(layer) for layer in pattern.layers)
        case Choice() | Pick():
            return any(has_chance(one) for one in pattern.alternatives)
        case Fast() | Euclid() | Turn() | Where():
            return has_chance(pattern.pattern)
    return False


def in_sequence(pattern: Pattern) -> bool:
    """Whether its events follow one another: none is on top of another, and no factor is itself a pattern."""
    match pattern:
        case Word() | Tie():
            return True
        case Sequence():
            return all(in_sequence(step) for _, step in pattern.steps)
        case Choice():
            return all(map(in_sequence, pattern.alternatives))
        case Fast():
            return isinstance(pattern.factor, Fraction) and in_sequence(pattern.pattern)
        case Euclid():
            numbers = pattern.onsets, pattern.steps, pattern.rotation
            return all(isinstance(number, Fraction) for number in numbers) and in_sequence(pattern.pattern)
        case Chance() | Turn():
            return in_sequence(pattern.pattern)
    return False


def has_alternatives(pattern: Pattern) -> bool:
    """Whether some of a pattern sounds in some alternatives only."""
    match pattern:
        case Where():
            return True
        case Sequence():
            return any(has_alternatives(step) for _, step in pattern.steps)
        case Stack():
            return any(map(has_alternatives, pattern.layers))
        case Choice() | Pick():
            return any(map(has_alternatives, pattern.alternatives))
        case Fast() | Euclid() | Chance() | Turn() | Changed():
            return has_alternatives(pattern.pattern)
    return False


def has_ties(pattern: Pattern) -> bool:
    """Whether a `_` at the beginning of a group stands in a pattern."""
    match pattern:
        case Tie():
            return True
        case Sequence():
            return any(has_ties(step) for _, step in pattern.steps)
        case Stack():
            return any(map(has_ties, pattern.layers))
        case Choice() | Pick():
            return any(map(has_ties, pattern.alternatives))
        case Fast() | Euclid() | Chance() | Turn() | Where():
            return has_ties(pattern.pattern)
    return False


def longest_note(pattern: Pattern) -> Fraction:
    """No note of a pattern without ties is longer, in cycles. Raises PatternError."""
    match pattern:
        case Sequence():
            steps = zip(pattern.shares, pattern.steps, strict=True)
            return max((share * longest_note(step) for share, (_, step) in steps), default=Fraction(1))
        case Stack():
            return max(map(longest_note, pattern.layers))
        case Choice() | Pick():
            return max(map(longest_note, pattern.alternatives))
        case Fast():
            factors = [1 / number if pattern.slow else number for number in _numbers(pattern.factor) if number > 0]
            return longest_note(pattern.pattern) / min(factors, default=Fraction(1))
        case Chance() | Turn() | Where():
            return longest_note(pattern.pattern)
        case Changed():
            return pattern.longest
    return Fraction(1)
