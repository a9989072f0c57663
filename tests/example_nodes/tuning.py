"""The frequency of a step of a scale, whose ratios are in a file: one in each line, the last is that of the octave.

    tuned: {osc: {freq: {tuning: {file: samples/just.csv, step: floor(8 * t), root: 220}}, amp: 0.2}}
"""

import math

from waves.dsp.maths import clip, finite
from waves.node import DataFile, Node, Signal, param

FARTHEST = 100.0  # steps


class Tuning(Node):
    file: DataFile = param(description="Ratios to the root, in the first column.")
    step: Signal = param(0.0, unit="steps", description="Step of the scale; 0 is the root.")
    root: Signal = param(220.0, unit="Hz", description="Frequency of the root.")

    arrays = {"ratios": "f8"}

    @staticmethod
    def prepare(constants, rate):
        ratios = constants.file[0]
        if ratios.min() <= 0.0:
            raise ValueError("a ratio is above 0")
        return {"ratios": ratios}

    @staticmethod
    def render(out, step, root, ratios):
        last = ratios.size - 1
        for i in range(out.size):
            whole = math.floor(clip(finite(step[i], 0.0), -FARTHEST, FARTHEST))
            octave = whole // ratios.size
            k = whole - octave * ratios.size
            out[i] = root[i] * ratios[last] ** octave * (ratios[k - 1] if k > 0 else 1.0)
