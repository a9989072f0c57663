"""Values of calls: drawn once for each note, by the seed and the place, or moving with the cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, chain
from math import floor, pi, sin
from typing import NamedTuple

from waves.language.patterns.events import Event, draw_number, draw_of
from waves.language.patterns.line import LineNote
from waves.language.patterns.syntax import Call, Drawn

STEPS, WALK = "steps", "walk"
DRAWS = 2**32  # numbers of a draw

MOVING: dict[str, Callable[[float], float]] = {
    "sine": lambda phase: 0.5 + 0.5 * sin(2.0 * pi * phase),
    "saw": lambda phase: phase,
    "tri": lambda phase: 1.0 - abs(2.0 * phase - 1.0),
    "square": lambda phase: float(phase >= 0.5),
}
"""The calls that move with the cycle, each as a function of the part of its step that has passed."""


Walks = Mapping[tuple[str, Call], Sequence[str]]
"""By lane and call the values of its walk for some notes."""


class Reading(NamedTuple):
    """A call that a note reads, and its draw."""

    lane: str
    call: Call
    event: Event
    draw: int


def readings_of(notes: Sequence[LineNote], read: Sequence[Mapping[str, Event]], seed: int) -> list[list[Reading]]:
    """The calls that each note reads, with a draw for each. `read`: by lane the event that each note reads."""
    beside: dict[str, int] = {}
    found = []
    for note, events in zip(notes, read, strict=True):
        readings = []
        above, below = note.begin.as_integer_ratio()
        moment = f"{above}/{below}" if below != 1 else f"{above}"
        for lane, event in events.items():
            if isinstance(call := event.word, Call):
                place = f"{seed}|{lane}|{call.key}|{note.words[STEPS].text}|{moment}"
                beside[place] = number = beside.get(place, -1) + 1
                readings.append(Reading(lane, call, event, draw_of(f"{place}|{number}")))
        found.append(readings)
    return found


def draws_of_walks(readings: Iterable[list[Reading]]) -> dict[tuple[str, Call], list[int]]:
    """By lane and call the draws of each walk."""
    draws: dict[tuple[str, Call], list[int]] = {}
    for lane, call, _, draw in chain.from_iterable(readings):
        if call.name == WALK:
            draws.setdefault((lane, call), []).append(draw)
    return draws


def with_values(
    notes: Sequence[LineNote],
    read: Sequence[Mapping[str, Event]],
    seed: int,
    cycles: int,
    walks: Walks | None = None,
) -> list[LineNote]:
    """Notes with a value for each call among their words.

    `read`: by lane the event that each note reads; `cycles`: those of the pass, after which its curves come again, 0:
    never. `walks`: the values of walks; in a pass each goes round.
    """
    readings = readings_of(notes, read, seed)
    if walks is None:
        walks = {of: walked(of[1], found) for of, found in draws_of_walks(readings).items()}
    on = {of: iter(found) for of, found in walks.items()}
    found = []
    for note, calls in zip(notes, readings, strict=True):
        words = dict(note.words)
        for lane, call, event, draw in calls:
            if call.name == WALK:
                result = next(on[lane, call])
            elif call.name == "perlin":
                result = smooth(call, event, note.begin, cycles, seed, lane)
            elif moves := MOVING.get(call.name):
                result = between(call, moves(float((note.begin - event.begin) / (event.end - event.begin))))
            else:
                result = chosen(call, draw)
            words[lane] = Drawn(call.text, call.column, result, source=call.source)
        found.append(LineNote(note.begin, note.end, words, *note[3:]))
    return found


@lru_cache(maxsize=256)
def numbers(call: Call) -> tuple[float, ...]:
    """The numbers of a call."""
    return tuple(float(Fraction(word.text)) for word in call.arguments)


def between(call: Call, part: float) -> str:
    """The value that lies so far between the lowest and the highest one."""
    low, high, *_ = numbers(call)
    return repr(low + (high - low) * part)


def chosen(call: Call, draw: int) -> str:
    """The value of a call for a draw, a number of 32 bits."""
    if call.name == "irand":
        return str(draw * int(call.arguments[0].text) // DRAWS)
    if call.name == "choose":
        return call.arguments[draw * len(call.arguments) // DRAWS].text
    return between(call, draw / DRAWS)


def smooth(call: Call, event: Event, moment: Fraction, cycles: int, seed: int, lane: str) -> str:
    """The value of a curve through a draw for each step that the call fills, flat at each of them."""
    length = event.end - event.begin
    place, turns = moment / length, cycles / length
    first = floor(place)
    low, high = (
        draw_number(seed, lane, call.key, k % int(turns) if turns and turns.denominator == 1 else k) / DRAWS
        for k in (first, first + 1)
    )
    x = float(place - first)
    return between(call, low + (high - low) * x * x * x * (x * (6.0 * x - 15.0) + 10.0))


def walked(call: Call, draws: Sequence[int], ends: tuple[int, int] | None = None) -> list[str]:
    """The values of a walk through a pass: from note to note a step up or down, or none, by the draw of each.

    It is turned round at both ends. Where there are notes enough, some steps are one less or more, so that the walk
    ends where it begins. `ends`: draws for its beginning, and for that of the walk which follows, instead.
    """
    low, high, step = (Fraction(word.text) for word in call.arguments)
    most = int((high - low) / step)
    steps = [draw % 3 - 1 for draw in draws]
    begin, end = (draw // 3 % (most + 1) for draw in ends or (draws[0], draws[0]))
    left = (sum(steps) + begin - end + most) % (2 * most) - most  # beyond its end: turned round as often as it is
    change = -1 if left > 0 else 1
    for k in sorted(range(len(draws)), key=draws.__getitem__):
        if left and steps[k] != change:
            steps[k] += change
            left += change
    turns = [place % (2 * most) for place in accumulate(steps[:-1], initial=begin)]
    return [repr(float(low + step * min(turn, 2 * most - turn))) for turn in turns]
