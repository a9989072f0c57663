"""Noise of a colour: hiss, rumble, wind, single clicks, or the crackle of a record.

    surf: {noise: {type: pink, amp: {osc: {freq: 0.2, range: [0.02, 0.2]}}}}
    old: {mix: {song: {osc: {type: tri, freq: 220, amp: 0.2}}, dirt: {noise: {type: crackle, density: 30, amp: 0.5}}}}

The level in each Hz falls by 3 dB an octave in `pink` and 6 dB in `brown`, rises by 3 dB in `blue` and 6 dB in
`violet`: within 0.35 dB an octave from 40 Hz to 0.36 of the rate, 16 kHz at 44.1 kHz. Each has the power of `white` up
to 20 kHz, whose standard deviation is 1 at 44.1 kHz, and is the same at any rate.

`dust` is single clicks at moments of chance, `density` of them in a second, each of another level from -1 to 1.
`crackle` is pops, a few of them loud among many soft ones.

(Voss, Clarke: 1/f noise in music, 1978; the filters have their poles a factor apart, as in Corsini, Saletti: A 1/f
power spectrum noise sequence generator, 1988, and are fitted to the exact slopes by least squares.)
"""

import math

from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import finite, gaussian, rint, uniform
from waves.node import Choice, Floats, Node, Signal, State, param

Type = Choice["white", "pink", "brown", "blue", "violet", "dust", "crackle"]
NOISE_RATE = 44_100.0  # Hz, at which white noise has a standard deviation of 1, and a click is one frame
LOW, HIGH = 20.0, 20_000.0  # Hz, between which each colour has the same power
LEAK = 10.0  # Hz, below which brown noise grows no more
POP = 2500.0  # Hz, the middle of a pop
POLES = (
    0.99943467, 0.99860828, 0.99657595, 0.99158833, 0.97941094, 0.9500542, 0.88145164, 0.73288237, 0.46516284,
    0.1518358,
)  # fmt: skip
WEIGHTS = (
    0.049755, 0.014467, 0.052493, 0.061426, 0.105605, 0.16854, 0.220615, 0.468966, 0.247074, 1.72427,
)  # fmt: skip
DIRECT = -0.767902
"""A sum of one-pole filters and what passes them by, whose level is the root of 1 / frequency, in turns per frame."""
SLOPE, ZERO, FIRST, SECOND = 0.183624, 0.415089, 0.085387, 0.50445
"""A filter of two zeros, one of them at 0 Hz, and two poles, whose level is the frequency in turns per frame."""


class Noise(Node):
    type: Type = param("white", description="Colour, from dark to bright: brown, pink, white, blue, violet.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    density: Signal = param(100.0, unit="events per s", minimum=0.0, description="Clicks of dust and crackle.")
    seed: int = param(0, unit="number", description="Of all chance; 0: the node's own.")

    aliases = ("hiss", "rumble", "pink noise", "brown noise", "white noise")
    factors = ("amp",)

    class state(State):
        count: int = 0  # frames so far
        left: float = 0.0  # frames for which a click goes on
        height: float = 0.0  # of that click
        pink: Floats[10]
        section: Floats[2]
        pop: Floats[2]
        numbered = ("count",)

    @staticmethod
    def render(out, type, amp, density, seed, state, rate):
        count = state.count
        state.count = count + out.size
        if type == Type.dust or type == Type.crackle:
            for i in range(out.size):
                happens = uniform(seed, 2 * (count + i)) * rate < finite(density[i], 0.0)
                out[i] = 2.0 * uniform(seed, 2 * (count + i) + 1) - 1.0 if happens else 0.0
            if type == Type.dust:
                for i in range(out.size):
                    if out[i] != 0.0:
                        state.left, state.height = max(rint(rate / NOISE_RATE), 1.0), out[i]
                    out[i] = state.height if state.left > 0.0 else 0.0
                    state.left = max(state.left - 1.0, 0.0)
            else:
                corner = corner_coefficient(POP, rate)
                for i in range(out.size):
                    force = 6.0 * rate / NOISE_RATE * out[i] * out[i] * out[i]
                    _, middle, _ = state_variable(force, corner, 0.7, state.pop)
                    out[i] = middle
        else:
            for i in range(out.size):
                out[i] = gaussian(seed, count + i)
            power = HIGH  # of all, in Hz of the density of white noise
            level = math.sqrt(rate / NOISE_RATE)
            if type == Type.pink or type == Type.blue:
                for i in range(out.size):
                    x = out[i]
                    total = DIRECT * x
                    for k in range(len(POLES)):
                        state.pink[k] = POLES[k] * state.pink[k] + x
                        total += WEIGHTS[k] * state.pink[k]
                    out[i] = total
            if type == Type.blue or type == Type.violet:
                differentiate(out, state)
            if type == Type.brown:
                integrate(out, math.exp(-math.tau * LEAK / rate), state)
            if type == Type.pink:
                level *= math.sqrt(power / (rate * math.log(HIGH / LOW)))
            elif type == Type.brown:
                level *= math.sqrt(2.0 * power * LEAK / math.pi) / rate
            elif type == Type.blue:
                level *= math.sqrt(2.0 * power * rate) / HIGH
            elif type == Type.violet:
                level *= math.sqrt(3.0 * power / HIGH) * rate / HIGH
            elif type == Type.white:
                level *= 1.0
            for i in range(out.size):
                out[i] *= level
        for i in range(out.size):
            out[i] *= finite(amp[i], 0.0)


def differentiate(out, state):
    """Raises the level by 6 dB an octave: at each frequency it becomes the frequency, in turns per frame."""
    second_order(out, SLOPE, ZERO - 1.0, -ZERO, FIRST + SECOND, FIRST * SECOND, state)


def integrate(out, pole, state):
    """Lowers the level by 6 dB an octave, the other way round, down to the frequency of a pole close to 0 Hz."""
    second_order(out, 1.0 / SLOPE, FIRST + SECOND, FIRST * SECOND, ZERO - pole, -ZERO * pole, state)


def second_order(out, gain, b1, b2, a1, a2, state):
    """A filter of the second order, in place."""
    one, two = state.section[0], state.section[1]
    for i in range(out.size):
        x = out[i]
        y = x + one
        one = b1 * x - a1 * y + two
        two = b2 * x - a2 * y
        out[i] = gain * y
    state.section[0], state.section[1] = one, two
