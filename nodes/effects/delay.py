"""Delay: the input of `time` ago, as an echo.

    kick: {osc: {freq: [150, 50], amp: [0.8, 0], duration: 0.2}}
    echo: {delay: {time: 0.3, feedback: 0.5, mix: 0.4, signal: {kick: {}}}}
    dotted: {delay: {time: 1.5 * eighth, feedback: 0.6, pingpong: true, damping: 0.4, mix: 0.4, signal: {kick: {}}}}

`beat`, `eighth`, `sixteenth`, `triplet` and `bar` are times of the tempo, which the delay follows.
`pingpong` plays the first echo left, the next one right, and so on. With `damping` each echo loses
that part of what is above 2 kHz.

DIGITAL changes `time` immediately, and reads between two frames. TAPE follows a change of `time`
slowly, so that the pitch changes meanwhile, as with a tape machine.

In a loop (`$id`, `reference`) it takes at least 64 frames, and the loop takes exactly its `time`.
"""

import math

from waves.dsp.filters.one_pole import lowpass, lowpass_coefficient
from waves.dsp.maths import clip, finite
from waves.node import Choice, Constants, Floats, Node, Signal, State, param
from waves.node_types.builtin.ping_pong import PingPong

Mode = Choice["DIGITAL", "TAPE"]
LONGEST = 30.0  # s, memory where the time moves
SHORTEST = 1.0  # s, memory at least, so that a time can be turned up
INERTIA = 0.1  # s, in which the tape covers 63 % of a change
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

    aliases = ("echo",)
    rings = {"line": 1}
    closes_loops = "time"
    tail = "time"
    constant = ("time",)
    crossfaded = ("time",)

    class state(State):
        age: float = -1.0  # frames, of the tape's head; below 0: not begun
        low: Floats[1]

    @classmethod
    def expand(cls, build):
        node = build.node()
        if build.settings["pingpong"]:
            node.kind = PingPong
            node.settings = {
                **{"mode": node.settings["mode"], "bright": BRIGHT, "inertia": INERTIA},
                **{"longest": LONGEST, "shortest": SHORTEST},
            }
        return node

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        return {"line": LONGEST if constants.time is None else max(SHORTEST, 1.1 * constants.time)}

    @staticmethod
    def render(out, signal, time, mode, feedback, damping, mix, line, state, rate, early):
        longest = line.size - 2.0
        age = state.age
        if age < 0.0:
            age = clip(time[0] * rate, early, longest)
        follow = 1.0 - math.exp(-1.0 / (INERTIA * rate))
        bright = lowpass_coefficient(BRIGHT, rate)
        for i in range(out.size):
            goal = clip(time[i] * rate, early, longest)
            if mode == Mode.TAPE:
                age += follow * (goal - age)
            elif mode == Mode.DIGITAL:
                age = goal
            whole = int(age)
            dry = finite(signal[i], 0.0)
            newer = line.at(whole) if whole > 0 else dry
            delayed = newer + (age - whole) * (line.at(whole + 1) - newer)
            again = delayed
            if damping[i] > 0.0:
                again += min(damping[i], 1.0) * (lowpass(delayed, bright, state.low) - delayed)
            line.push(dry + clip(feedback[i], -1.0, 1.0) * again)
            if early > 0:
                newer = line.at(whole - early + 1)
                delayed = newer + (age - whole) * (line.at(whole - early + 2) - newer)
            out[i] = dry + clip(mix[i], 0.0, 1.0) * (delayed - dry)
        state.age = age
