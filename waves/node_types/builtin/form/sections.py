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
from waves.node_types.builtin.moved_value import ValueCell

EARLY = 1e-6  # beats: a section begins a little before the cycles of its bar, which read it as they begin
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
    """

    called: ClassVar[str] = "song"

    beats: Signal = param(0.0, unit="beats", description="Position of the transport.")
    names: tuple[str, ...] = param(("a",), description="The sections.")
    spans: tuple[float, ...] = param((4.0,), description="Their bars.")
    order: tuple[int, ...] = param((0,), description="For each position its section.")
    ways: tuple[tuple[tuple[int, float], ...], ...] = param(
        (((0, 1.0),),), description="For each position those that may follow, with their weights; below 0: back, stop."
    )
    bar: float = param(4.0, unit="beats", description="Length of a bar.")
    call: Any = param(description="The `ValueCell` of the section that is called.")
    grid: Any = param(description="The `ValueCell` of the length in beats of which it begins with a multiple.")

    outputs: ClassVar[tuple[str, ...]] = ("section", "number", "bars", "tick", "last", "since", "over")
    arrays: ClassVar[dict[str, str]] = {
        "keys": "i8",
        "length": "f8",
        "place": "i8",
        "first": "i8",
        "follows": "i8",
        "weight": "f8",
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
        count: int = 0  # sections so far
        over: bool = False
        seen: float = 0.0  # the last call
        wanted: int = 0  # key of the section that is called, or what else is; 0: nothing
        due: float = math.inf  # the beat at which that begins

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
            "position": (0, 2**20),
            "key": (0, KEYS),
            "before": (0, KEYS),
            "bars": (1e-3, FARTHEST),
            "count": COUNTS,
            "wanted": (0, KEYS),
        }

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        ways = constants.ways
        rows = [pair for several in ways for pair in several]
        return {
            "keys": np.array([key_of(name) for name in constants.names], np.int64),
            "length": np.array(constants.spans, np.float64),
            "place": np.array(constants.order, np.int64),
            "first": np.cumsum([0, *map(len, ways)]).astype(np.int64),
            "follows": np.array([target for target, _ in rows], np.int64),
            "weight": np.array([weight for _, weight in rows], np.float64),
            "called_key": constants.call.array,
            "called_grid": constants.grid.array,
        }

    @staticmethod
    def render(  # type: ignore[no-untyped-def]
        section, number, bars, tick, last, since, over, beats, bar, keys, length, place, first, follows, weight,
        called_key, called_grid, state, seed,
    ):  # fmt: skip
        here = finite(beats[0], 0.0)
        if not state.begun:
            state.begun = True
            state.origin = floor((here + EARLY) / bar) * bar
            state.key = keys[place[0]]
            state.bars = length[place[0]]
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
        call = called_key[0]
        if call != state.seen:
            state.seen = call
            if call > 0.0:
                state.wanted = int(call - floor(call / KEYS) * KEYS)
                grid = called_grid[0]
                state.due = -floor(EARLY - here / grid) * grid if grid > 0.0 else here
        for i in range(section.size):
            b = finite(beats[i], state.origin)
            begins = False
            if b >= state.due - EARLY:
                wanted = state.wanted
                state.wanted = 0
                state.due = math.inf
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
                elif q >= 0:
                    begins = True
                    state.origin = floor((b + EARLY) / bar) * bar
            elif not state.over and b >= state.origin + state.bars * bar - EARLY:
                q = following(p, there, place, first, follows, weight, seed, state.count)
                q = found_back(q, p, state.before, keys, place)
                if q == STOP:
                    state.over = True
                else:
                    begins = True
                    state.origin += state.bars * bar
                    if b >= state.origin + bar:  # shorter than what has passed of it: with the present bar
                        state.origin = floor((b + EARLY) / bar) * bar
            if begins:
                p = q
                there = True
                state.over = False
                state.position = p
                state.before = state.key
                state.key = keys[place[p]]
                state.bars = length[place[p]]
                state.count += 1
            section[i] = 0.0 if state.over else place[p] + 1.0 if there else keys.size + 1.0
            number[i] = clip(floor((b - state.origin + EARLY) / bar), 0.0, FARTHEST) + 1.0
            bars[i] = state.bars
            tick[i] = 1.0 if begins else 0.0
            last[i] = 1.0 if number[i] >= state.bars and not state.over else 0.0
            since[i] = b - state.origin
            over[i] = 1.0 if state.over else 0.0


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


class SectionValue(Node):
    """A number for each section: the one of the section that plays."""

    called: ClassVar[str] = "song"

    section: Signal = param(0.0, unit="number", description="Number of the section, from 1; 0 for none.")
    values: tuple[float, ...] = param((0.0,), description="The number without a section, and those of all.")

    arrays: ClassVar[dict[str, str]] = {"value": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"value": np.array(constants.values, np.float64)}

    @staticmethod
    def render(out, section, value):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = value[int(clip(section[i] + 0.5, 0.0, value.size - 1.0))]


class During(Node):
    """The signal while a gate is high; it fades, and goes on in time."""

    called: ClassVar[str] = "during"

    signal: Signal = param(description="The sound.")
    gate: Signal = param(1.0, unit="gate", description="Whether it is heard.")
    fade: float = param(0.02, unit="s", minimum=0.0, description="Time in which it comes and goes.")

    tail: ClassVar[bool] = False

    class state(State):
        level: float = -1.0  # not begun

    @staticmethod
    def render(out, signal, gate, fade, state, rate):  # type: ignore[no-untyped-def]
        level = state.level
        if level < 0.0:
            level = 1.0 if gate[0] >= 0.5 else 0.0
        step = 1.0 / max(fade * rate, 1.0)
        for i in range(out.size):
            level = clip(level + (step if gate[i] >= 0.5 else -step), 0.0, 1.0)
            out[i] = signal[i] * level
        state.level = level


class EndWhenOver(Node):
    """The signal; once a gate is high and it has been silent for a second, it has ended."""

    called: ClassVar[str] = "song"

    signal: Signal = param(description="The sound.")
    gate: Signal = param(0.0, unit="gate", description="Whether the song is over.")

    tail: ClassVar[bool] = False
    pass_through: ClassVar[bool] = True

    class state(State):
        silent: int = 0  # frames

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"silent": COUNTS}

    @staticmethod
    def render(out, signal, gate, state, rate):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = signal[i]
            state.silent = state.silent + 1 if gate[i] >= 0.5 and abs(signal[i]) < 1e-5 else 0
        return state.silent >= rate


class Fills(Node):
    """Counts the calls of a fill, as whole numbers; a half more while one is held, or a gate is high."""

    called: ClassVar[str] = "fill"

    gate: Signal = param(0.0, unit="gate", description="Whether it is a fill by itself.")
    cell: Any = param(description="The `ValueCell` of the calls.")

    arrays: ClassVar[dict[str, str]] = {"called": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        seen: float = 0.0
        count: float = 0.0

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"count": COUNTS}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"called": constants.cell.array}

    @staticmethod
    def render(out, gate, called, state):  # type: ignore[no-untyped-def]
        call = called[0]
        serial = floor(call / 2.0)
        if serial != state.seen:
            state.count += 1.0 if serial > 0.0 else 0.0
            state.seen = serial
        held = call - 2.0 * serial >= 1.0
        for i in range(out.size):
            out[i] = state.count + (0.5 if held or gate[i] >= 0.5 else 0.0)
