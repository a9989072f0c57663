"""Curve: a line through any number of levels, each way as long and as bent as you like; held, looped, begun anew.

    pluck:
      curve: {levels: [0, 1, 0.3, 0], times: [0.01, 0.2, 1.5], curvature: [0, -4], signal: {osc: {type: saw, freq: a2}}}
      gain: -9
    gallop:
      osc: {type: tri, freq: a2, amp: {curve: {levels: [0, 0.4, 0, 0.3, 0], times: [0.01, 0.2, 0.01, 0.3], loop: 0}}}
    swell:
      curve: {levels: [0, 1, 0.6, 0.9, 0], times: [0.1, 0.1, 0.1, 0.6], loop: 1, hold: 3, gate: gate, signal: saws}
    saws: {osc: {type: saw, freq: f, amp: 0.2}}
    played: {sequencer: {interval: bar, steps: [swell f220, swell f165]}}

`times` are those from one level to the next; `curvature` is 0 for a straight line, below 0 it is soon near the next
level, -5 as in an `envelope`, above 0 it goes there late. What these lists leave out is as their last number. Levels
are counted from 0.

While `gate` is at 0.5 or above, the level `hold` is held; when it falls, the way from there on begins at the present
level. With `loop` it goes round instead of that: from the level `hold`, or the last one, with the way that leaves level
`loop`; without a gate for ever. A new gate or `trigger` begins the first way, from the present level. Where nothing is
to come any more, and the last level is 0, it has ended; with a `gate` that is not that of a note only with `end: true`.
"""

from typing import Any

from pydantic import model_validator

from waves.dsp.maths import clip, finite, floor
from waves.dsp.powers import exp
from waves.node import Node, Signal, Signals, State, param

ARRIVED = 1.0 - 1e-9  # of a sum of fractions
STRAIGHT, MOST = 1e-3, 50.0  # curvature
WAITING = -1.0
LONGEST = 1e9  # s
SHORTEST = 1e-3  # frames


class Curve(Node):
    signal: Signal = param(1.0, unit="factor", description="The sound to be shaped; alone, the curve itself.")
    levels: Signals = param(unit="value", description="The levels, two at least; it begins with the first.")
    times: Signals = param([0.1], unit="s", minimum=0.0, description="From each level to the next.")
    curvature: Signals = param([0.0], unit="number", description="Of the way from each level to the next.")
    gate: Signal = param(None, unit="gate", description="Starts it; the level `hold` is held while it is on.")
    trigger: Signal = param(None, unit="gate", description="Starts it where it rises through 0.5.")
    hold: float = param(None, unit="number", minimum=0, description="Level that is held, or where the loop ends.")
    loop: float = param(None, unit="number", minimum=0, description="Level from which it goes on after that one.")
    end: bool = param(True, description="Whether it ends at last; false where its `gate` may rise again.")

    aliases = ("breakpoints", "multi-segment", "mseg", "dahdsr", "env gen")
    crossfaded = ("times", "curvature", "gate", "trigger")
    idle_on_return = True
    hushed = True
    tail = False

    class state(State):
        way: float = WAITING  # number of the level that it comes from
        part: float = 0.0  # of the way, 0 to 1
        origin: float = 0.0  # level at which the way began
        level: float = 0.0  # last level
        held: bool = False
        released: bool = False
        over: bool = False
        gate: bool = False
        trigger: bool = False

    @classmethod
    def expand(cls, build):
        last = len(build.several("levels")) - 1
        if last < 1:
            build.report("a curve has two levels at least", "levels")
        for name in ("times", "curvature"):
            if len(build.several(name)) > last >= 1:
                build.report(f"there are {last} ways between {last + 1} levels", name)
        hold, loop = build.settings["hold"], build.settings["loop"]
        if hold is not None and hold > last:
            build.report(f"the last level is {last}, counted from 0", "hold")
        if loop is not None and loop >= (last if hold is None else hold):
            build.report("a loop goes back to a level before the one where it ends", "loop")
        return build.node()

    @model_validator(mode="before")
    @classmethod
    def _end_without_gate(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {"end": "gate" not in values, **values}

    @staticmethod
    def render(out, signal, levels, times, curvature, gate, trigger, hold, loop, end, state, rate):
        last = levels.size - 1
        gated, triggered = gate[0] == gate[0], trigger[0] == trigger[0]
        looped = loop == loop
        stop = (
            floor(min(hold, float(last))) if hold == hold else float(last)
        )  # the level that is held, or where the loop ends
        back = floor(clip(loop, 0.0, max(stop - 1.0, 0.0))) if looped else 0.0
        holds = gated and hold == hold
        for i in range(out.size):
            is_open, is_high = gate[i] >= 0.5, trigger[i] >= 0.5
            rises = (is_open and not state.gate) or (is_high and not state.trigger)
            falls = state.gate and not is_open
            state.gate, state.trigger = is_open, is_high
            begins = state.way == WAITING and not gated and not triggered
            if rises or begins:
                state.origin = state.level if state.way != WAITING else finite(levels[0][i], 0.0)
                state.way, state.part = 0.0, 0.0
                state.held, state.released, state.over = False, False, False
            elif falls and state.way != WAITING and not state.released:
                state.released, state.held = True, False
                if holds and state.way <= stop and stop < last:
                    state.way, state.part, state.origin = stop, 0.0, state.level
            state.way = min(state.way, float(last))
            if state.way == WAITING:
                state.level = finite(levels[0][i], 0.0)
            elif state.held:
                state.level = finite(levels[int(stop)][i], state.level)
            else:
                passed = 0
                length = frames_of(times, state.way, i, rate)
                while (
                    passed <= last and (state.part >= ARRIVED or length <= 0.0) and state.way < last and not state.held
                ):
                    passed += 1
                    left = (state.part - 1.0) * length  # what it went too far, so that a loop keeps its time
                    state.way += 1.0
                    state.origin = finite(levels[int(state.way)][i], 0.0)
                    if state.way == stop and not state.released:
                        state.way = back if looped else state.way
                        state.held = holds and not looped
                    length = frames_of(times, state.way, i, rate)
                    state.part = left / length if length > 0.0 else 0.0
                if state.held or state.way >= last:
                    state.level = finite(levels[int(min(state.way, float(last)))][i], 0.0)
                    ends = end == 1 and not triggered and not state.held and (state.released or not gated)
                    state.over = state.over or (ends and state.level == 0.0)
                else:
                    goal = finite(levels[int(state.way) + 1][i], 0.0)
                    bend = curvature[min(int(state.way), curvature.size - 1)][i]
                    state.level = state.origin + (goal - state.origin) * bent(min(state.part, 1.0), bend)
                    state.part += 1.0 / max(length, SHORTEST)
            state.level = 0.0 if state.over else state.level
            out[i] = 0.0 if state.over else state.level * signal[i]
        return state.over


def frames_of(times, way, i, rate):
    """The length of a way in frames, which need not be whole; infinite where it is no number."""
    return rate * clip(finite(times[min(int(way), times.size - 1)][i], LONGEST), 0.0, LONGEST)


def bent(part, curvature):
    """The way that is done after a part of its time, both 0 to 1."""
    c = clip(finite(curvature, 0.0), -MOST, MOST)
    if abs(c) < STRAIGHT:
        return part
    return (1.0 - exp(c * part)) / (1.0 - exp(c))
