"""The step clock, which counts the steps of a sequence or an automation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from waves.dsp.clock import (
    BELOW_ONE,
    FARTHEST,
    TOLERANCE,
    advance,
    begin_block,
    choose,
    emit,
    join,
    leap,
    next_step,
    nothing_begins,
    onset,
    start_now,
    start_on_bar,
    start_on_grid,
    steps_per_beat,
)
from waves.dsp.maths import clip, finite, frames
from waves.node import BLOCK, COUNTS, Choice, Node, Signal, param
from waves.node_types.builtin.voices import Events

Mode: Any = Choice["interval", "trigger", "chain"]
Begin: Any = Choice["grid", "bar", "now"]
UNKNOWN = 0.25  # s, length of a step whose end is not known when it begins


class StepClock(Node):
    """Steps in time: events for the pools that read its state, and a position, its output.

    The output is the number of steps that have begun, and the fraction of the present one that has passed. In the
    mode `interval` the position grows by `ratio` steps per beat from an anchor, which moves only where the ratio
    changes, so that rounding errors do not add up. A clock that begins on the `grid` is where it would be if it had
    run since beat 0; on a `bar` it begins with the next one.
    """

    called: ClassVar[str] = "step clock"

    interval: Signal = param(1.0, unit="s", description="Length of a step.")
    swing: Signal = param(0.0, unit="factor", description="By half of it an odd step is early.")
    trigger: Signal = param(None, unit="gate", description="A step begins when it rises through 0.5.")
    reset: Signal = param(
        None, unit="gate", description="The steps begin again with the first when it rises through 0.5."
    )
    beats: Signal = param(0.0, unit="beats", description="Position of the transport.")
    beat: Signal = param(0.5, unit="s", description="Length of its beat.")
    choice: Signal = param(0.0, unit="number", description="The alternative that a cycle plays; below 0 none.")
    fill: Signal = param(0.0, unit="fills", description="Fills that were called, and a half more while one is held.")
    mode: Mode = param("interval", description="The cause of a step.")
    begin: Begin = param("grid", description="The position at which the clock begins.")
    steps: int = param(1, unit="steps", minimum=1, description="In a pass.")
    repeat: float = param(math.inf, unit="passes", minimum=1, description="After which it ends.")
    bar: float = param(4.0, unit="beats", description="Length of a bar.")
    ends: bool = param(True, description="Whether the node ends with the last step.")
    width: int = param(1, unit="steps", minimum=1, description="In a cycle.")
    choices: int = param(1, unit="number", minimum=1, description="Alternatives, each with rows of its own.")
    turns: int = param(1, unit="number", minimum=1, description="Rows of a step: 2 with fills, 4 with a first cycle.")
    fill_every: int = param(0, unit="cycles", minimum=0, description="The last of so many cycles is a fill.")

    waits: ClassVar[tuple[str, ...]] = ()
    tail: ClassVar[bool] = False
    idle_on_return: ClassVar[bool] = True

    class state(Events):
        begun: bool = False
        next: int = 0  # the step that begins next, counted over all passes
        anchor: float = 0.0  # steps
        anchor_beats: float = 0.0  # where the transport was at the anchor
        ratio: float = 0.0  # steps per beat since then
        was_high: bool = False  # trigger
        was_reset: bool = False
        sounded: int = 0  # voices of all its pools in the last block
        row: int = 0  # of the alternative that plays, -1: none
        fills: float = -1.0  # that were called before this cycle

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
            **Events.ranges,
            "next": COUNTS,
            "row": (-1, 2**20),
            "fills": (-1.0, FARTHEST),
        }

    @staticmethod
    def render(  # type: ignore[no-untyped-def]
        out, interval, swing, trigger, reset, beats, beat, choice, fill, mode, begin, steps, repeat, bar, ends,
        width, choices, turns, fill_every, state, rate, start,
    ):  # fmt: skip
        steps = max(steps, 1)
        total = steps * repeat
        first = start % BLOCK == 0  # of a block, which may be played in two parts
        if first:
            state.sounded = state.busy
            state.busy = 0
        busy = state.sounded
        begin_block(state, steps)
        unknown = int(frames(UNKNOWN, rate))
        over = False
        if not state.begun:
            state.begun = True
            if mode != Mode.trigger and begin == Begin.now:
                start_now(state, beats, beat, interval)
            elif mode != Mode.trigger and begin == Begin.bar:
                start_on_bar(state, beats, beat, interval, bar)
            elif mode != Mode.trigger and begin == Begin.grid:
                start_on_grid(state, beats, beat, interval, swing, bar, rate)
            choose(state, state.next - 1, choice[0], fill[0], width, choices, turns, fill_every)
            join(state, beats, interval, beat, swing, steps, rate)
            begin_block(state, steps)
        if mode == Mode.interval and nothing_begins(state, beats, beat, interval, swing, reset, total):
            k = state.next
            s = clip(finite(swing[0], 0.0), -1.0, 1.0)
            anchor = state.anchor
            ratio = state.ratio
            origin = state.anchor_beats
            before = onset(k - 1, s)
            length = onset(k, s) - before
            for i in range(out.size):
                passed = (anchor + ratio * (beats[i] - origin) - before) / length
                out[i] = k + clip(passed, 0.0, BELOW_ONE)
            state.reached = max(state.reached, out[out.size - 1])
            return False
        for i in range(out.size):
            high = reset[i] >= 0.5
            again = high and not state.was_reset
            state.was_reset = high
            b = beats[i] if abs(beats[i]) < FARTHEST else state.anchor_beats
            if again:
                state.next = 0
                state.anchor = 0.0
                state.anchor_beats = b
            if mode == Mode.interval:
                s = clip(finite(swing[i], 0.0), -1.0, 1.0)
                position = advance(state, b, steps_per_beat(beat[i], interval[i]))
                late = position - onset(state.next, s)
                # The transport jumped: the steps between are left out.
                if late < -2.0 or (late > 2.0 and state.next < total):
                    leap(state, i, next_step(position, s), steps)
                if state.next > total:
                    state.next = int(total)
                begins = onset(state.next, s)
                if state.next < total and position >= begins - TOLERANCE:
                    choose(state, state.next, choice[i], fill[i], width, choices, turns, fill_every)
                    length = onset(state.next + 1, s) - begins
                    emit(state, i, steps, int(frames(length * finite(interval[i], 0.0), rate)))
                k = state.next
                over = k >= total and position >= k - TOLERANCE
                out[i] = max(k, 1)
                if k > 0:
                    passed = (position - onset(k - 1, s)) / (onset(k, s) - onset(k - 1, s))
                    out[i] += clip(passed, 0.0, BELOW_ONE)
                state.reached = max(state.reached, out[i])
            else:
                due = False
                if mode == Mode.trigger:
                    high = trigger[i] >= 0.5
                    due = high and not state.was_high
                    state.was_high = high
                elif mode == Mode.chain and state.next == 0:
                    due = b >= state.anchor_beats - TOLERANCE
                elif mode == Mode.chain:  # pools write `busy` in each block, after the clock
                    due = first and i == 0 and busy == 0
                if due and state.next < total:
                    choose(state, state.next, choice[i], fill[i], width, choices, turns, fill_every)
                    emit(state, i, steps, unknown)
                over = state.next >= total and (mode == Mode.trigger or busy == 0)
                out[i] = state.next
        return ends and over and state.count == 0
