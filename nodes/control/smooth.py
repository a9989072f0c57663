"""Smooth: follows `signal`, with a limited speed or as a one-pole lowpass.

    vibrato: {smooth: {time: 0.05, signal: {osc: {type: noise}}}}
    stairs: {smooth: {step: 0.001, signal: {osc: {type: sqr, freq: 2}}}}

It begins with the first value of the signal.
"""

from typing import Any

from pydantic import model_validator

from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp
from waves.node import Node, Signal, State, param

STEP = 0.01  # where neither is given
STEPS = 44_100.0  # Hz, of the steps


class Smooth(Node):
    signal: Signal = param(description="The signal to be followed.")
    step: Signal = param(None, unit="value", minimum=0.0, description="Largest change in 1/44,100 s; else 0.01.")
    time: Signal = param(None, unit="s", minimum=0.0, description="Time to cover 63 % of a jump.")

    aliases = ("lag",)
    constant = ("time",)

    class state(State):
        begun: bool = False
        level: float = 0.0  # last output

    @model_validator(mode="after")
    def _one_of_them(self) -> Any:
        if {"step", "time"} <= self.model_fields_set:
            raise ValueError("takes 'step' or 'time', not both")
        return self

    @staticmethod
    def render(out, signal, step, time, state, rate):
        level = state.level
        if not state.begun:
            level = finite(signal[0], 0.0)
            state.begun = True
        if time[0] >= 0.0:
            for i in range(out.size):
                keep = exp(-1.0 / max(finite(time[i], 0.0) * rate, 1e-9))
                goal = finite(signal[i], level)
                level = goal + keep * (level - goal)
                out[i] = level
        else:
            share = STEPS / rate
            for i in range(out.size):
                largest = (step[i] if step[i] >= 0.0 else STEP) * share
                level += clip(finite(signal[i], level) - level, -largest, largest)
                out[i] = level
        state.level = level
