"""What counts steps: the clock, values that follow its position, and numbers drawn anew at its steps."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from waves.dsp.clock import FARTHEST, TOLERANCE, next_step, onset, steps_per_beat
from waves.dsp.maths import clip, finite, floor, frames, scrambled, uniform
from waves.node import Choice, Constants, Node, Signal, Signals, State, param
from waves.voices import EVENTS, Events

INTERVAL, TRIGGER, CHAIN = range(3)
GRID, BAR, NOW = range(3)
STEP, RAMP, OVERLAP = range(3)
UNKNOWN = 0.25  # s, gate of a step whose end is not known when it begins
BELOW_ONE = 1.0 - 1e-9


class Clock(Node):
    """Steps in time: events for the pools that read its state, and the position in steps for who reads its output.

    The output counts the steps that have begun, and adds the fraction of the present one that has passed. In the mode
    `interval` the position is `ratio` steps per beat, from an anchor that moves only where the ratio changes: nothing
    adds up. A clock that begins on the `grid` is where it would be had it run since beat 0; on a `bar` it begins with
    the next one.
    """

    interval: Signal = param(1.0, unit="s", description="Length of a step.")
    swing: Signal = param(0.0, unit="factor", description="By half of it an odd step is early.")
    trigger: Signal = param(None, unit="gate", description="Where it rises through 0.5 a step begins.")
    reset: Signal = param(None, unit="gate", description="Where it rises through 0.5 the steps begin anew.")
    beats: Signal = param(0.0, unit="beats", description="Position of the transport.")
    beat: Signal = param(0.5, unit="s", description="Length of its beat.")
    mode: Choice["interval", "trigger", "chain"] = param("interval", description="What begins a step.")  # type: ignore[valid-type]  # noqa: F821
    begin: Choice["grid", "bar", "now"] = param("grid", description="Where it begins.")  # type: ignore[valid-type]  # noqa: F821
    steps: int = param(1, unit="steps", minimum=1, description="In a pass.")
    repeat: float = param(math.inf, unit="passes", minimum=1, description="After which it ends.")
    bar: float = param(4.0, unit="beats", description="Length of a bar.")
    ends: bool = param(True, description="Whether the node ends with the last step.")

    waits: ClassVar[tuple[str, ...]] = ()
    tail: ClassVar[bool] = False

    class state(Events):
        begun: bool = False
        next: int = 0  # the step that begins next, counted over all passes
        anchor: float = 0.0  # steps
        anchor_beats: float = 0.0  # where the transport was at the anchor
        ratio: float = 0.0  # steps per beat since then
        was_high: bool = False  # trigger
        was_reset: bool = False

    @staticmethod
    def render(  # type: ignore[no-untyped-def]
        out, interval, swing, trigger, reset, beats, beat, mode, begin, steps, repeat, bar, ends, state, rate
    ):
        steps = max(steps, 1)
        total = steps * repeat
        busy = state.busy
        state.busy = 0
        state.count = 0
        unknown = int(frames(UNKNOWN, rate))
        over = False
        if not state.begun:
            start(state, beats, beat, interval, swing, mode, begin, bar, rate)
        for i in range(out.size):
            high = reset[i] >= 0.5
            again = high and not state.was_reset
            state.was_reset = high
            b = beats[i] if abs(beats[i]) < FARTHEST else state.anchor_beats
            if again:
                state.next = 0
                state.anchor = 0.0
                state.anchor_beats = b
            if mode == INTERVAL:
                s = clip(finite(swing[i], 0.0), -1.0, 1.0)
                position = advance(state, b, steps_per_beat(beat[i], interval[i]))
                if abs(position - onset(state.next, s)) > 2.0:  # the transport has jumped: nothing sounds late
                    state.next = next_step(position, s)
                begins = onset(state.next, s)
                if state.next < total and position >= begins - TOLERANCE:
                    length = onset(state.next + 1, s) - begins
                    emit(state, i, state.next % steps, int(frames(length * finite(interval[i], 0.0), rate)))
                k = state.next
                over = k >= total and position >= k - TOLERANCE
                out[i] = max(k, 1)
                if k > 0:
                    passed = (position - onset(k - 1, s)) / (onset(k, s) - onset(k - 1, s))
                    out[i] += clip(passed, 0.0, BELOW_ONE)
            else:
                if mode == TRIGGER:
                    high = trigger[i] >= 0.5
                    due = high and not state.was_high
                    state.was_high = high
                elif state.next == 0:
                    due = b >= state.anchor_beats - TOLERANCE
                else:  # the pools tell at the start of a block what sounded in the last one
                    due = i == 0 and busy == 0
                if due and state.next < total:
                    emit(state, i, state.next % steps, unknown)
                over = state.next >= total and (mode == TRIGGER or (due and busy == 0))
                out[i] = state.next
        return ends and over and state.count == 0


def start(state, beats, beat, interval, swing, mode, begin, bar, rate):  # type: ignore[no-untyped-def]
    """Where a clock without a past is."""
    state.begun = True
    last = beats.size - 1
    b = finite(beats[0], 0.0)
    ratio = steps_per_beat(beat[0], interval[0])
    later = steps_per_beat(beat[last], interval[last])
    state.ratio = ratio
    if begin == NOW:
        state.anchor_beats = b
    elif begin == BAR or mode == CHAIN or abs(later - ratio) > TOLERANCE * ratio:
        state.anchor_beats = -floor(TOLERANCE - b / bar) * bar
    elif mode == INTERVAL:
        before = ratio * (b - 1.0 / max(finite(beat[0], 1.0) * rate, 1.0))  # a frame ago
        state.next = next_step(before, clip(finite(swing[0], 0.0), -1.0, 1.0))


def advance(state, beats, ratio):  # type: ignore[no-untyped-def]
    """The position in steps; the anchor moves here where the ratio has changed."""
    if beats < state.anchor_beats:  # it waits for its bar
        state.ratio = ratio
    position = state.anchor + state.ratio * (beats - state.anchor_beats)
    if abs(ratio - state.ratio) > TOLERANCE * state.ratio:
        state.anchor = position
        state.anchor_beats = beats
        state.ratio = ratio
    return position


def emit(state, frame, step, length):  # type: ignore[no-untyped-def]
    """A step begins."""
    if state.count < EVENTS:
        state.frame[state.count] = frame
        state.step[state.count] = step
        state.length[state.count] = length
        state.count += 1
    state.next += 1


class Stepped(Node):
    """Values one after another, as the position of a clock tells: held, on the way to the next, or crossfaded.

    0 before the first step.
    """

    position: Signal = param(unit="steps", description="Output of a clock.")
    steps: Signals = param(description="The values.")
    overlap: Signal = param(0.1, unit="s", description="Time of the crossfade from the former value.")
    mode: Choice["step", "ramp", "overlap"] = param("step", description="How to come to the next value.")  # type: ignore[valid-type]  # noqa: F821
    order: tuple[int, ...] = param((0,), description="For each step its value, -1: the former goes on.")
    last: float = param(math.inf, unit="steps", description="Steps until it stays where it is.")

    arrays: ClassVar[dict[str, str]] = {"value": "i8", "since": "i8", "until": "i8"}
    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        step: float = 0.0  # steps begun at the last frame
        position: float = 0.0
        elapsed: float = 1e15  # frames since the value began; one that had begun before is past its crossfade

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """For each step: its value, since how many steps that holds, and how many steps after then the next begins."""
        order, count = constants.order, len(constants.order)
        since = [next(k for k in range(count) if order[j - k] >= 0) for j in range(count)]
        value = [order[j - since[j]] for j in range(count)]
        until = [
            since[j] + next(k for k in range(1, count + 1) if order[(j + k) % count] >= 0) for j in range(count)
        ]
        rows = {"value": value, "since": since, "until": until}
        return {name: np.array(row, np.int64) for name, row in rows.items()}

    @staticmethod
    def render(out, position, steps, overlap, mode, last, value, since, until, state, rate):  # type: ignore[no-untyped-def]
        count = value.size
        for i in range(out.size):
            p = clip(finite(position[i], 0.0), 0.0, FARTHEST)
            k = floor(p)
            if k != state.step or p < state.position:
                known = state.step > 0.0 or k == 1.0
                if known and since[int(k - 1.0) % count] == 0:
                    state.elapsed = 0.0
                state.step = k
            state.position = p
            if k < 1.0:
                out[i] = 0.0
                continue
            j = int(k - 1.0) % count
            level = steps[value[j]][i]
            begun = k - 1.0 - since[j]  # the step at which the value began
            if mode == RAMP and begun + until[j] < last:
                share = (p - 1.0 - begun) / until[j]
                level += share * (steps[value[(j - since[j] + until[j]) % count]][i] - level)
            elif mode == OVERLAP and begun >= 1.0:
                length = frames(overlap[i], rate)
                if state.elapsed < length:
                    former = steps[value[(j - since[j] - 1) % count]][i]
                    level = former + (state.elapsed / length) * (level - former)
            out[i] = level
            state.elapsed = min(state.elapsed + 1.0, 1e15)


class Draw(Node):
    """A random number, 0 to 1, that is drawn anew when step `at` of each pass begins."""

    position: Signal = param(unit="steps", description="Output of a clock.")
    steps: int = param(1, unit="steps", minimum=1, description="In a pass.")
    at: int = param(0, unit="steps", description="The step of a pass, from 0.")
    site: int = param(0, unit="number", description="One stream of numbers each.")

    class state(State):
        begun: bool = False
        position: float = 0.0
        draws: int = 0

    @staticmethod
    def render(out, position, steps, at, site, state, seed):  # type: ignore[no-untyped-def]
        stream = scrambled(seed) + site * 0x1E3779B9
        count = max(steps, 1)
        for i in range(out.size):
            p = clip(finite(position[i], 0.0), 0.0, FARTHEST)
            k = floor(p)
            if not state.begun:
                state.begun = True
                state.draws = int(floor((k - 1.0 - at) / count)) + 1  # as if it had run
            elif (k != floor(state.position) or p < state.position) and int(k - 1.0 - at) % count == 0:
                state.draws += 1
            state.position = p
            out[i] = uniform(stream, state.draws)
