"""Glide: moves to each new value of a signal in a time, from pitch to pitch.

    lead:
      osc:
        type: saw
        amp: 0.2
        freq: {glide: {time: 0.08, type: exponential, signal: {automation: {interval: beat, steps: [c3, g3, bb3]}}}}

Linear: in a straight line. Exponential: by equal ratios, so that a pitch moves by as many semitones in each moment;
where a value is not above 0, it is linear. It begins at the first value, and after `time` it is exactly at the new
one. A signal that never rests is followed with a lag.
"""

from waves.dsp.maths import clip, finite
from waves.dsp.powers import power
from waves.node import Choice, Node, Signal, State, param

Type = Choice["linear", "exponential"]
LONGEST = 1e9  # frames


class Glide(Node):
    signal: Signal = param(description="The values to move to.")
    time: Signal = param(0.0, unit="s", minimum=0.0, description="From one value to the next.")
    type: Type = param("linear", description="In equal steps, or in equal ratios.")

    aliases = ("portamento",)

    class state(State):
        begun: bool = False
        is_ratio: bool = False  # whether it moves by a factor
        goal: float = 0.0
        level: float = 0.0  # last output
        step: float = 0.0  # of a frame: added, or a factor
        left: float = 0.0  # frames until it arrives
        ranges = {"left": (0, LONGEST)}

    @staticmethod
    def render(out, signal, time, type, state, rate):
        if not state.begun:
            state.begun = True
            state.goal = state.level = finite(signal[0], 0.0)
        goal, level, step, left = state.goal, state.level, state.step, state.left
        for i in range(out.size):
            value = finite(signal[i], goal)
            if value != goal:
                goal = value
                left = clip(time[i] * rate, 0.0, LONGEST)
                if type == Type.linear:
                    state.is_ratio = False
                elif type == Type.exponential:
                    state.is_ratio = level > 0.0 and goal > 0.0
                if left > 1.0:
                    step = power(goal / level, 1.0 / left) if state.is_ratio else (goal - level) / left
            if left > 1.0:
                left -= 1.0
                level = level * step if state.is_ratio else level + step
            else:
                left = 0.0
                level = goal
            out[i] = level
        state.goal, state.level, state.step, state.left = goal, level, step, left
