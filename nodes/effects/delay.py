"""Delay: the input of `time` ago, as an echo.

    kick: {osc: {freq: [150, 50], amp: [0.8, 0], duration: 0.2}}
    echo: {delay: {time: 0.3, feedback: 0.5, mix: 0.4, signal: {kick: {}}}}
    dotted: {delay: {time: 1.5 * eighth, feedback: 0.6, pingpong: true, damping: 0.4, mix: 0.4, signal: {kick: {}}}}

`beat`, `eighth`, `sixteenth`, `triplet` and `bar` are times of the tempo, which the delay follows.
`pingpong` plays the first echo left, the next one right, and so on. With `damping` each echo loses
that part of what is above 2 kHz.

DIGITAL changes `time` immediately. TAPE follows a change of `time` slowly, so that the pitch changes meanwhile, as
with a tape machine. Between frames both read by a windowed sinc, exact on the frames, which no echo makes louder (see
`waves.dsp.filters.sinc`). What is heard beside a tone while `time` moves by up to 1 ms in half a second, at a rate of
44.1 kHz:

| `quality` | to 10 kHz | from 0.25 ms on | 700 times round with `feedback: 1` | cost |
| --- | --- | --- | --- | --- |
| `draft` | -60 dB | -60 dB | -8 dB | 0.7 |
| `good` | -90 dB | -90 dB | -0.6 dB | 1 |
| `best` | -100 dB | -90 dB | -0.1 dB | 1.5 |

Below 0.25 ms, in a loop below 64 frames and 0.25 ms, fewer frames are weighed, down to two.

In a loop (`$id`, `reference`) it takes at least 64 frames, and the loop takes exactly its `time`.
"""

import math
from typing import Any

import numpy as np

from waves.dsp.filters.one_pole import lowpass, lowpass_coefficient
from waves.dsp.filters.sinc import delay_points, delay_sincs, delayed, delayed_block
from waves.dsp.interpolation import linear
from waves.dsp.maths import clip, finite, is_constant
from waves.node import BLOCK, Choice, Constants, Floats, Node, Signal, State, param
from waves.node_types.builtin.ping_pong import PingPong

Mode = Choice["DIGITAL", "TAPE"]
Quality = Choice["draft", "good", "best"]
LONGEST = 30.0  # s, memory where the time moves
SHORTEST = 1.0  # s, memory at least, so that a time can be turned up
INERTIA = 0.1  # s, in which the tape covers 63 % of a change
ROOM = 2 * BLOCK  # in `work`, of the frames that are read
BRIGHT = 2000.0  # Hz, from where damping works


class Delay(Node):
    signal: Signal = param(description="The sound to be delayed.")
    time: Signal = param(unit="s", minimum=0.0, maximum=LONGEST, description="Length of the delay.")
    mode: Mode = param("DIGITAL", description="The sound of a change of `time`.")
    feedback: Signal = param(
        0.0, unit="factor", minimum=-1.0, maximum=1.0, description="Part of the delayed sound that is delayed again."
    )
    mix: Signal = param(1.0, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the delay.")
    pingpong: bool = param(False, description="Whether the echoes go from left to right and back.")
    damping: Signal = param(
        0.0, unit="factor", minimum=0.0, maximum=1.0, description="Part of what is above 2 kHz that each echo loses."
    )

    quality: Quality = param("good", description="Of what is read between the frames.")

    aliases = ("echo", "ping pong")
    arrays = {"weights": "f8"}
    rings = {"line": 1}
    closes_loops = "time"
    tail = "time"
    constant = ("time",)
    crossfaded = ("time",)
    scratch = 5

    class state(State):
        age: float = -1.0  # frames, of the tape's head; below 0: not begun
        low: Floats[1]

    @classmethod
    def expand(cls, build):
        node = build.node()
        if build.settings["pingpong"]:
            node.kind = PingPong
            node.settings = {
                **{name: node.settings[name] for name in ("mode", "quality")},
                **{"bright": BRIGHT, "inertia": INERTIA},
                **{"longest": LONGEST, "shortest": SHORTEST},
            }
        return node

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        return {"line": LONGEST if constants.time is None else max(SHORTEST, 1.1 * constants.time)}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"weights": delay_sincs(constants.quality)}

    @staticmethod
    def render(out, signal, time, mode, feedback, damping, mix, weights, line, state, rate, early, work):
        size, points = out.size, delay_points(weights)
        longest = line.size - 1.0 - points / 2
        age = state.age
        if age < 0.0:
            age = clip(time[0] * rate, early, longest)
        follow = 1.0 - math.exp(-1.0 / (INERTIA * rate))
        bright = lowpass_coefficient(BRIGHT, rate)
        # A time that stays lets a whole block be read at once, unless it reads what is written in the same block.
        at_once = False
        if is_constant(time) and mode == Mode.DIGITAL:
            age = clip(time[0] * rate, early, longest)
            at_once = age - early >= BLOCK + points
            if at_once:
                delayed_block(work, BLOCK, ROOM, line, weights, age, size)
                if early > 0:
                    delayed_block(work, 0, ROOM, line, weights, age - early, size)
        for i in range(size):
            goal = clip(time[i] * rate, early, longest)
            if mode == Mode.TAPE:
                age += follow * (goal - age)
            elif mode == Mode.DIGITAL:
                age = goal
            dry = finite(signal[i], 0.0)
            wet = 0.0
            if at_once:
                wet = work[BLOCK + i]
            elif early == 0 or feedback[i] != 0.0 or damping[i] > 0.0:  # else nobody hears it
                wet = delayed(line, weights, age) if age >= 1.0 else linear(dry, line.at(1), age)
            again = wet
            if damping[i] > 0.0:
                again += min(damping[i], 1.0) * (lowpass(wet, bright, state.low) - wet)
            line.push(dry + clip(feedback[i], -1.0, 1.0) * again)
            if early > 0:
                wet = work[i] if at_once else delayed(line, weights, age - early + 1.0)
            out[i] = dry + clip(mix[i], 0.0, 1.0) * (wet - dry)
        state.age = age
