"""The values of an automation one after another, and random numbers that are drawn at a step or at a trigger."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from waves.dsp.clock import FARTHEST, TOLERANCE, changes
from waves.dsp.maths import clip, finite, floor, frames, scrambled, uniform
from waves.node import COUNTS, Choice, Constants, Floats, Node, Signal, Signals, State, param

Mode: Any = Choice["step", "ramp", "overlap"]
LONG_AGO = 1e15  # frames
SPAN = 4  # numbers of a value in a table: begin, end, the value, the next one
NEAR = 1e-6  # steps
Span = tuple[float, float, float, float]


def span_at(table: Any, place: float) -> int:
    """The index of the last span in a table that begins at a place or before it; of the first, if none does."""
    first, after = 0, table.size // SPAN
    while after - first > 1:
        middle = (first + after) // 2
        if table[middle * SPAN] <= place:
            first = middle
        else:
            after = middle
    return first * SPAN


class StepValues(Node):
    """Values one after another, by the position of a clock: held, in a line to the next, or crossfaded.

    The output is 0 before the first step.
    """

    called: ClassVar[str] = "automation"

    position: Signal = param(unit="steps", description="Output of a clock.")
    steps: Signals = param(description="The values.")
    overlap: Signal = param(0.1, unit="s", description="Time of the crossfade from the previous value.")
    mode: Mode = param("step", description="The way to the next value.")
    order: tuple[int, ...] = param((0,), description="For each step its value, -1: the previous one goes on.")
    last: float = param(math.inf, unit="steps", description="Steps until it stays where it is.")

    arrays: ClassVar[dict[str, str]] = {"value": "i8", "since": "i8", "until": "i8"}
    crossfaded: ClassVar[tuple[str, ...]] = ("position", "steps", "overlap")
    waits: ClassVar[tuple[str, ...]] = ()
    idle_on_return: ClassVar[bool] = True

    class state(State):
        step: float = 0.0  # steps begun at the last frame
        position: float = 0.0
        elapsed: float = LONG_AGO  # frames since the value began
        fading: bool = False  # whether it is on its way from the previous one
        carried: bool = False  # whether it began while the previous one was on its way
        origin: float = 0.0  # level at that moment
        level: float = 0.0  # last output

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """For each step its value, for how many steps it has held, and for how many in all it holds."""
        order, count = constants.order, len(constants.order)
        since = [next(k for k in range(count) if order[j - k] >= 0) for j in range(count)]
        value = [order[j - since[j]] for j in range(count)]
        ahead = [next(k for k in range(1, count + 1) if order[(j + k) % count] >= 0) for j in range(count)]
        until = [a + b for a, b in zip(since, ahead, strict=True)]
        rows = {"value": value, "since": since, "until": until}
        return {name: np.array(row, np.int64) for name, row in rows.items()}

    @staticmethod
    def render(out, position, steps, overlap, mode, last, value, since, until, state, rate):  # type: ignore[no-untyped-def]
        count = value.size
        size = out.size
        j = int(max(state.step, 1.0) - 1.0) % count
        if mode == Mode.step and state.step >= 1.0:  # most blocks are inside one step
            same = True
            for i in range(size):
                same &= (position[i] >= state.step) & (position[i] < state.step + 1.0)
            if same:
                level = steps[value[j]]
                for i in range(size):
                    out[i] = level[i]
                state.position = position[size - 1]
                state.fading = False
                state.elapsed = min(state.elapsed + size, LONG_AGO)
                return
        for i in range(size):
            p = clip(finite(position[i], 0.0), 0.0, FARTHEST)
            k = floor(p)
            if k != state.step:
                j = int(max(k, 1.0) - 1.0) % count
            if k != state.step or p < state.position:
                known = state.step > 0.0 or k == 1.0
                if known and since[j] == 0:
                    state.carried = state.fading and state.elapsed < frames(overlap[i], rate)
                    state.origin = state.level
                    state.elapsed = 0.0
                state.step = k
            state.position = p
            if k < 1.0:
                out[i] = 0.0
                continue
            now = steps[value[j]][i]
            begun = k - 1.0 - since[j]  # the step at which the value began
            state.fading = mode == Mode.overlap and begun >= 1.0 and state.elapsed < frames(overlap[i], rate)
            if mode == Mode.ramp and begun + until[j] < last:
                share = (p - 1.0 - begun) / until[j]
                now += share * (steps[value[(j - since[j] + until[j]) % count]][i] - now)
            elif state.fading:
                previous = state.origin if state.carried else steps[value[(j - since[j] - 1) % count]][i]
                now = previous + (state.elapsed / frames(overlap[i], rate)) * (now - previous)
            out[i] = now
            state.level = finite(now, 0.0)
            state.elapsed = min(state.elapsed + 1.0, LONG_AGO)


class PatternValues(Node):
    """The values of a pattern, by the position of a clock: held, in a line to the next, or crossfaded.

    The output is 0 before the first cycle. Where a page is not there in time the last value goes on.
    """

    called: ClassVar[str] = "automation"

    position: Signal = param(unit="steps", description="Output of a clock.")
    overlap: Signal = param(0.1, unit="s", description="Time of the crossfade from the previous value.")
    mode: Mode = param("step", description="The way to the next value.")
    spans: tuple[Span, ...] = param((), unit="any", description="Begin and end of each value in a pass; it; the next.")
    steps: int = param(1, unit="steps", minimum=1, description="In a pass.")
    last: float = param(math.inf, unit="steps", description="Steps until it stays where it is.")
    pages: Any = param(None, unit="any", description="The same by cycle, in place of `spans`.")

    arrays: ClassVar[dict[str, str]] = {"table": "f8"}
    crossfaded: ClassVar[tuple[str, ...]] = ("position", "overlap")
    waits: ClassVar[tuple[str, ...]] = ()
    idle_on_return: ClassVar[bool] = True

    class state(State):
        begin: float = LONG_AGO  # steps, of the present value
        late: float = -1.0  # the last cycle that began without its page
        elapsed: float = LONG_AGO  # frames since it began
        origin: float = 0.0  # level at that moment
        level: float = 0.0  # last output

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """The spans, one behind the other; less than one of them where there are pages."""
        return {"table": np.array(constants.spans or (0.0,), np.float64).reshape(-1)}

    @staticmethod
    def render(out, position, overlap, mode, last, steps, table, paged, state, rate):  # type: ignore[no-untyped-def]
        steps = max(steps, 1)
        is_paged = table.size < SPAN
        spans = table.part(0, table.size)
        row, cycle = -1, -1.0
        for i in range(out.size):
            p = clip(finite(position[i], 0.0), 0.0, FARTHEST) - 1.0
            passed = floor(p / steps) * steps
            if is_paged and p >= 0.0 and passed != cycle:
                cycle, row = passed, -1
                spans = paged.of(int(cycle))
                if spans.size < SPAN and state.late != cycle:
                    state.late = cycle
                    paged.miss()
            if p < 0.0 or spans.size < SPAN:
                out[i] = state.level
                continue
            place = p - passed + TOLERANCE
            if row < 0 or place < spans[row] or place >= spans[row + 1]:
                row = span_at(spans, place)
            begin, now = passed + spans[row], spans[row + 2]
            if abs(begin - state.begin) > NEAR:
                known = state.begin != LONG_AGO
                state.begin = begin
                state.origin = state.level
                state.elapsed = 0.0 if known else LONG_AGO
            if mode == Mode.step:
                pass  # it is held
            elif mode == Mode.ramp and passed + spans[row + 1] < last:
                share = (place - spans[row]) / (spans[row + 1] - spans[row])
                now += share * (spans[row + 3] - now)
            elif mode == Mode.overlap and state.elapsed < frames(overlap[i], rate):
                now = state.origin + (state.elapsed / frames(overlap[i], rate)) * (now - state.origin)
            out[i] = now
            state.level = now
            state.elapsed = min(state.elapsed + 1.0, LONG_AGO)


class StepRandom(Node):
    """A random number, 0 to 1; another one is drawn when step `at` of each pass begins."""

    called: ClassVar[str] = "random number"

    position: Signal = param(unit="steps", description="Output of a clock.")
    steps: int = param(1, unit="steps", minimum=1, description="In a pass.")
    at: int = param(0, unit="steps", description="The step of a pass, from 0.")
    site: int = param(0, unit="number", description="One stream of numbers each.")

    crossfaded: ClassVar[tuple[str, ...]] = ("position",)
    idle_on_return: ClassVar[bool] = True

    class state(State):
        begun: bool = False
        position: float = 0.0
        draws: int = 0  # in a voice counted from the number of the note

        numbered: ClassVar[tuple[str, ...]] = ("draws",)
        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"draws": COUNTS}

    @staticmethod
    def render(out, position, steps, at, site, state, seed):  # type: ignore[no-untyped-def]
        stream = scrambled(seed) + site * 0x1E3779B9
        count = max(steps, 1)
        for i in range(out.size):
            p = clip(finite(position[i], 0.0), 0.0, FARTHEST)
            k = floor(p)
            if not state.begun:
                state.begun = True
                passes = int(floor((k - 1.0 - at) / count)) + 1  # as if it had run
                state.draws += passes
            elif (k != floor(state.position) or p < state.position) and int(k - 1.0 - at) % count == 0:
                state.draws += 1
            state.position = p
            out[i] = uniform(stream, state.draws)


class TriggerRandom(Node):
    """A random number, 0 to 1; another one is drawn where a trigger changes."""

    called: ClassVar[str] = "random number"

    trigger: Signal = param(unit="gate", description="As for `hold`.")
    site: int = param(0, unit="number", description="One stream of numbers each.")

    crossfaded: ClassVar[tuple[str, ...]] = ("trigger",)

    class state(State):
        begun: bool = False
        past: Floats[2]  # type: ignore[type-arg, valid-type]  # the last two frames of the trigger
        draws: int = 0  # in a voice counted from the number of the note

        numbered: ClassVar[tuple[str, ...]] = ("draws",)
        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"draws": COUNTS}

    @staticmethod
    def render(out, trigger, site, state, seed):  # type: ignore[no-untyped-def]
        stream = scrambled(seed) + site * 0x1E3779B9
        for i in range(out.size):
            is_drawn = changes(finite(trigger[i], 0.0), state.past)
            if is_drawn and state.begun:
                state.draws += 1
            state.begun = True
            out[i] = uniform(stream, state.draws)
