"""The sections of a piece in time: which one plays, and since which bar; calls and fills from outside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar
from zlib import crc32

import numpy as np

from waves.dsp.clock import FARTHEST
from waves.dsp.maths import clip, finite, floor, scrambled, uniform
from waves.node import COUNTS, Constants, Node, Signal, State, param
from waves.node_types.builtin.form.bars import POSITION, SECONDS, bar_lines, bars_between, beats_between, length_between
from waves.node_types.builtin.moved_value import ValueCell

EARLY = 1e-6  # beats: a section begins a little before the cycles of its bar, which read it as they begin
WITHIN = "within"
"""Output of sections: the bars since the present one began."""
BACK, STOP = -1, -2  # in place of a position
NEXT, AGAIN, FIRST_KEY = 1, 2, 16
KEYS = 2**32
SERIALS = 2**20 - 1  # calls, after which their numbers begin anew

SECTION, AT, FILL = "form.section", "form.at", "form.fill"
"""Names of the cells in which calls from outside stand."""


def call_cells() -> dict[str, ValueCell]:
    """A cell for each kind of call, by name; without a call so far."""
    return {name: ValueCell(name, 0.0) for name in (SECTION, AT, FILL)}


def key_of(name: str) -> int:
    """The number by which a section is found again, whatever stands beside it."""
    return FIRST_KEY + crc32(name.encode()) % (KEYS - FIRST_KEY)


class Sections(Node):
    """Sections one after another, each so many bars long; the number of the present one, from 1.

    `order` gives the section of each position, `ways` the positions that may follow it, with their weights. Which of
    several follows is drawn by the seed and the count of sections so far. A section is known by its name: another
    length counts from its beginning, and one that is not there any more is played to its end.

    Bars are those of the tempo; or each section has its own, in turn from its beginning, and the bars of all sections
    so far are counted.
    """

    called: ClassVar[str] = "song"

    beats: Signal = param(0.0, unit="beats", description="Position of the transport.")
    beat: Signal = param(0.5, unit="s", description="Length of its beat.")
    names: tuple[str, ...] = param(("a",), description="The sections.")
    spans: tuple[float, ...] = param((4.0,), description="Their bars.")
    order: tuple[int, ...] = param((0,), description="For each position its section.")
    ways: tuple[tuple[tuple[int, float], ...], ...] = param(
        (((0, 1.0),),), description="For each position those that may follow, with their weights; below 0: back, stop."
    )
    metre: tuple[float, ...] = param((4.0,), description="Beats of each bar of the tempo in turn.")
    metres: tuple[tuple[float, ...], ...] = param((), description="The same of each section; empty: of the tempo.")
    call: Any = param(description="The `ValueCell` of the section that is called.")
    grid: Any = param(description="The `ValueCell` of the beats of which it begins with a multiple; below 0: of bars.")

    outputs: ClassVar[tuple[str, ...]] = (
        *("section", "number", "bars", "tick", "last", "since", "over"),
        *(POSITION, SECONDS, WITHIN),
    )
    arrays: ClassVar[dict[str, str]] = {
        "keys": "i8",
        "length": "f8",
        "place": "i8",
        "first": "i8",
        "follows": "i8",
        "weight": "f8",
        "lines": "f8",
        "begins": "i8",
        "called_key": "f8",
        "called_grid": "f8",
    }
    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        begun: bool = False
        position: int = 0
        key: int = 0  # of the section that plays
        before: int = 0  # of the one before it
        bars: float = 1.0  # of the section
        origin: float = 0.0  # the beat at which it began
        base: float = 0.0  # the beat from which its bars are counted: another one, where it is not there any more
        passed: float = 0.0  # the bars before it
        bar: float = 4.0  # beats of its bar
        shift: float = 0.0  # the beats from its beginning to where it would begin if all its bars were that long
        beats: float = 1.0  # of what its lines count: a bar, where it is not there any more
        count: int = 0  # sections so far
        over: bool = False
        seen: float = 0.0  # the last call
        wanted: int = 0  # key of the section that is called, or what else is; 0: nothing
        due: float = math.inf  # the beat at which that begins
        due_bar: float = math.inf  # or the count of bars

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
            "position": (0, 2**20),
            "key": (0, KEYS),
            "before": (0, KEYS),
            "bars": (1e-3, FARTHEST),
            "passed": (-FARTHEST, FARTHEST),
            "bar": (1e-3, FARTHEST),
            "beats": (1e-3, FARTHEST),
            "count": COUNTS,
            "wanted": (0, KEYS),
        }

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        ways = constants.ways
        rows = [pair for several in ways for pair in several]
        metres = (*constants.metres, (1.0,)) if constants.metres else ()
        lines = [bar_lines(metre) for metre in (constants.metre, *metres)]
        return {
            "keys": np.array([key_of(name) for name in constants.names], np.int64),
            "length": np.array(constants.spans, np.float64),
            "place": np.array(constants.order, np.int64),
            "first": np.cumsum([0, *map(len, ways)]).astype(np.int64),
            "follows": np.array([target for target, _ in rows], np.int64),
            "weight": np.array([weight for _, weight in rows], np.float64),
            "lines": np.concatenate(lines),
            "begins": np.cumsum([0, *map(len, lines)]).astype(np.int64),
            "called_key": constants.call.array,
            "called_grid": constants.grid.array,
        }

    @staticmethod
    def render(  # type: ignore[no-untyped-def]
        section, number, bars, tick, last, since, over, position, seconds, within, beats, beat, keys, length, place,
        first, follows, weight, lines, begins, called_key, called_grid, state, seed, rate,
    ):  # fmt: skip
        here = finite(beats[0], 0.0)
        begins_here = False
        if not state.begun:
            state.begun = True
            state.passed = floor(bars_so_far(here + EARLY, state, lines, begins, 0))
            state.origin = line_of(state.passed, state, lines, begins, 0)
            state.key = keys[place[0]]
            state.bars = length[place[0]]
            frame = 1.0 / max(finite(beat[0], 1.0) * rate, 1.0)  # beats
            begins_here = here - state.origin < frame - EARLY
        end = place.size - 1
        p = state.position
        there = p <= end and keys[place[p]] == state.key
        if not there:  # the text has another order now
            for k in range(place.size):
                if not there and keys[place[k]] == state.key:
                    there = True
                    p = k
            p = min(p, end)
            state.position = p
        if there:
            state.bars = length[place[p]]
        metre = metre_of(place[p], there, begins)
        if metre == 0:
            state.passed = -floor(EARLY - bars_so_far(state.origin, state, lines, begins, 0))
        if metre == 0 or there:
            state.beats = 1.0
            state.base = state.origin
            line = floor(bars_so_far(here + EARLY, state, lines, begins, metre))
            state.bar = bar_of(here + EARLY, state, lines, begins, metre)
            state.shift = line_of(line, state, lines, begins, metre) - state.origin - (line - state.passed) * state.bar
        else:
            state.beats = state.bar
            state.base = state.origin + state.shift
        call = called_key[0]
        if call != state.seen:
            state.seen = call
            if call > 0.0:
                state.wanted = int(call - floor(call / KEYS) * KEYS)
                grid = called_grid[0]
                state.due = math.inf
                state.due_bar = math.inf
                if grid < 0.0:
                    state.due_bar = -floor(bars_so_far(here, state, lines, begins, metre) / grid + EARLY) * -grid
                else:
                    state.due = -floor(EARLY - here / grid) * grid if grid > 0.0 else here
        for i in range(section.size):
            b = finite(beats[i], state.origin)
            so_far = floor(bars_so_far(b + EARLY, state, lines, begins, metre))
            changes = False
            if b >= state.due - EARLY or so_far >= state.due_bar:
                wanted = state.wanted
                state.wanted = 0
                state.due = math.inf
                state.due_bar = math.inf
                q = -3
                if wanted == NEXT:
                    q = following(p, there, place, first, follows, weight, seed, state.count)
                    q = found_back(q, p, state.before, keys, place)
                elif wanted == AGAIN:
                    q = p
                else:
                    for k in range(place.size - 1, -1, -1):
                        if keys[place[k]] == wanted:
                            q = k
                if q == STOP:
                    state.over = True
                changes = q >= 0
            elif not state.over and so_far >= state.passed + state.bars:
                q = following(p, there, place, first, follows, weight, seed, state.count)
                q = found_back(q, p, state.before, keys, place)
                state.over = q == STOP
                changes = q != STOP
            if changes:
                state.origin = line_of(so_far, state, lines, begins, metre)
                state.base = state.origin
                state.passed = so_far
                p = q
                there = True
                state.over = False
                state.position = p
                state.before = state.key
                state.key = keys[place[p]]
                state.bars = length[place[p]]
                state.count += 1
                metre = metre_of(place[p], there, begins)
                state.beats = 1.0
            at = bars_so_far(b, state, lines, begins, metre)
            section[i] = 0.0 if state.over else place[p] + 1.0 if there else keys.size + 1.0
            number[i] = (
                clip(floor(bars_so_far(b + EARLY, state, lines, begins, metre)) - state.passed, 0.0, FARTHEST) + 1.0
            )
            bars[i] = state.bars
            tick[i] = 1.0 if changes or (begins_here and i == 0) else 0.0
            last[i] = 1.0 if number[i] >= state.bars and not state.over else 0.0
            since[i] = b - state.origin
            over[i] = 1.0 if state.over else 0.0
            position[i] = at
            seconds[i] = bar_of(b, state, lines, begins, metre) * beat[i]
            within[i] = at - state.passed


def metre_of(section: int, there: bool, begins: Any) -> int:
    """The number of the metre of a section: 0 that of the tempo, the last one a bar of one beat."""
    if begins.size < 4:
        return 0
    return section + 1 if there else int(begins.size - 2)


def bars_so_far(beats: float, state: Any, lines: Any, begins: Any, metre: int) -> float:
    """The bars that have passed at a position in beats."""
    first, last = begins[metre], begins[metre + 1] - 1
    if metre == 0:
        return bars_between(beats, lines, first, last)
    passed: float = state.passed + bars_between((beats - state.base) / state.beats, lines, first, last)
    return passed


def line_of(bars: float, state: Any, lines: Any, begins: Any, metre: int) -> float:
    """The position in beats after so many bars."""
    first, last = begins[metre], begins[metre + 1] - 1
    if metre == 0:
        return beats_between(bars, lines, first, last)
    beats: float = state.base + state.beats * beats_between(bars - state.passed, lines, first, last)
    return beats


def bar_of(beats: float, state: Any, lines: Any, begins: Any, metre: int) -> float:
    """The beats of the bar at a position in beats."""
    first, last = begins[metre], begins[metre + 1] - 1
    if metre == 0:
        return length_between(beats, lines, first, last)
    length: float = state.beats * length_between((beats - state.base) / state.beats, lines, first, last)
    return length


def following(  # type: ignore[no-untyped-def]
    position, there, place, first, follows, weight, seed, count
) -> int:
    """The position after another one, drawn by its weights; one that is not there any more has left it its place."""
    if not there:
        return int(position)
    begin, end = first[position], first[position + 1]
    total = 0.0
    for k in range(begin, end):
        total += weight[k]
    drawn = uniform(scrambled(seed), count) * total
    for k in range(begin, end - 1):
        drawn -= weight[k]
        if drawn < 0.0:
            return int(follows[k])
    return int(follows[end - 1])


def found_back(target, position, before, keys, place) -> int:  # type: ignore[no-untyped-def]
    """The position itself, or for `BACK` that of the section before; without one the next."""
    if target != BACK:
        return int(target)
    for k in range(place.size):
        if keys[place[k]] == before:
            return int(k)
    return int((position + 1) % place.size)
