"""A wave that is drawn by its points over one period, with a line from each to the next.

    buzz: {drawn: {points: [0, 1, 0.5, -1 / 4, -1], freq: 110}}
"""

import numpy as np

from waves.dsp.interpolation import linear
from waves.dsp.maths import increment
from waves.node import Node, Numbers, Signal, State, param


class Drawn(Node):
    points: Numbers = param(unit="value", minimum=-1.0, maximum=1.0, description="The wave, two points or more.")
    freq: Signal = param(220.0, unit="Hz", description="Pitch.")

    arrays = {"wave": "f8"}

    class state(State):
        phase: float = 0.0  # periods
        ranges = {"phase": (0.0, 1.0)}

    @staticmethod
    def prepare(constants, rate):
        if len(constants.points) < 2:
            raise ValueError("a wave has two points or more")
        return {"wave": np.append(constants.points, constants.points[0])}

    @staticmethod
    def render(out, freq, wave, state, rate):
        phase = state.phase
        for i in range(out.size):
            place = phase * (wave.size - 1)
            k = int(place)
            out[i] = linear(wave[k], wave[k + 1], place - k)
            phase += increment(freq[i], rate)
            phase -= int(phase)
            phase += phase < 0.0
        state.phase = phase
