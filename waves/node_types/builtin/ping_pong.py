"""The delay whose echoes go from side to side: what a `delay` with `pingpong` plays."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from waves.dsp.filters.one_pole import lowpass, lowpass_coefficient
from waves.dsp.filters.sinc import delay_points, delay_sincs, delayed
from waves.dsp.maths import clip, finite
from waves.node import Channels, Choice, Constants, Floats, Node, Signal, State, param

Mode: Any = Choice["DIGITAL", "TAPE"]
Quality: Any = Choice["draft", "good", "best"]


class PingPong(Node):
    """Two lines that feed each other: the first echo is left, the next one right.

    The input of both sides goes into the left line. The other parameters are those of `delay`, which says how long the
    lines are.
    """

    called: ClassVar[str] = "delay"

    signal: Channels = param(description="The sound to be delayed.")
    time: Signal = param(unit="s", minimum=0.0, description="Length of the delay.")
    mode: Mode = param("DIGITAL", description="The sound of a change of `time`.")
    feedback: Signal = param(0.0, unit="factor", description="Part of the delayed sound that is delayed again.")
    damping: Signal = param(0.0, unit="factor", description="Part of what is above `bright` that each echo loses.")
    mix: Signal = param(1.0, unit="factor", description="0 only the input, 1 only the delay.")
    longest: float = param(30.0, unit="s", description="Length of the lines where the time moves.")
    shortest: float = param(1.0, unit="s", description="Length of the lines at least.")
    inertia: float = param(0.1, unit="s", description="Time in which a tape covers 63 % of a change.")
    bright: float = param(2000.0, unit="Hz", description="Corner of the damping.")
    quality: Quality = param("good", description="Of what is read between the frames.")

    channels: ClassVar[tuple[str, ...]] = ("left", "right")
    rings: ClassVar[dict[str, int | str]] = {"lines": 2}
    arrays: ClassVar[dict[str, str]] = {"weights": "f8"}
    closes_loops: ClassVar[str] = "time"
    tail: ClassVar[bool | str] = "time"
    crossfaded: ClassVar[tuple[str, ...]] = ("time",)

    class state(State):
        age: float = -1.0  # frames, of the tape's heads; below 0: not begun
        low: Floats[2]  # type: ignore[type-arg, valid-type]

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        time = constants.time
        return {"lines": constants.longest if time is None else max(constants.shortest, 1.1 * time)}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"weights": delay_sincs(constants.quality)}

    @staticmethod
    def render(  # type: ignore[no-untyped-def]
        left, right, signal, time, mode, feedback, damping, mix, inertia, bright, weights, lines, state, rate, early
    ):
        least, most = early + 1.0, lines[0].size - 1.0 - delay_points(weights) / 2
        age = state.age
        if age < 0.0:
            age = clip(time[0] * rate, least, most)
        follow = 1.0 - math.exp(-1.0 / (inertia * rate))
        dark = lowpass_coefficient(bright, rate)
        first, last = signal[0], signal[signal.size - 1]
        for i in range(left.size):
            goal = clip(time[i] * rate, least, most)
            if mode == Mode.TAPE:
                age += follow * (goal - age)
            elif mode == Mode.DIGITAL:
                age = goal
            one, other = delayed(lines[0], weights, age), delayed(lines[1], weights, age)
            loss, again = clip(damping[i], 0.0, 1.0), clip(feedback[i], -1.0, 1.0)
            fed = one + loss * (lowpass(one, dark, state.low, 0) - one)
            fed_back = other + loss * (lowpass(other, dark, state.low, 1) - other)
            a, b = finite(first[i], 0.0), finite(last[i], 0.0)
            lines[0].push(0.5 * (a + b) + again * fed_back)
            lines[1].push(again * fed)
            if early > 0:
                sooner = age - early + 1.0
                one, other = delayed(lines[0], weights, sooner), delayed(lines[1], weights, sooner)
            wet = clip(mix[i], 0.0, 1.0)
            left[i] = a + wet * (one - a)
            right[i] = b + wet * (other - b)
        state.age = age
