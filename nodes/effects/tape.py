"""Tape: a machine that is not exact: its speed wavers, loud sounds saturate, the treble wears off.

    old: {tape: {wow: 0.5, drive: 9, age: 0.7, signal: {osc: {type: saw, freq: 220, amp: 0.15}}}}

`wow` at 1 is 1 % of speed at 0.5 Hz, 17 cents up and down; `flutter` at 1 is 0.5 % at 9 Hz and above. Both are the
same for all tracks of a machine, left and right, and follow the time of the piece. `drive` is the level into the
tape: treble saturates first, as it is recorded louder and played softer; what is quiet comes out louder, what is loud
softer, by the same dB. With `age` the treble falls from 20 kHz at 0 to 3 kHz at 1, the bass has a bump at 80 Hz, and
the level drops for moments. Saturation, movement and losses run at twice the rate. There is no hiss.

(Bilbao, Esqueda, Parker, Välimäki: Antiderivative antialiasing for memoryless nonlinearities, 2017. Wow and flutter:
Mallinson: Tutorial review of magnetic recording, 1976; the losses of a head: Bertram: Theory of magnetic recording,
1994, as filters of one pole and two.)
"""

import math

from waves.dsp.filters.halfband import down, up
from waves.dsp.filters.one_pole import highpass, lowpass, lowpass_coefficient
from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import clip, finite, floor, sine, uniform
from waves.dsp.powers import exp, log, tanh
from waves.dsp.units import db_to_factor
from waves.node import Floats, Node, Signal, State, param

WOW = 0.01 / 6.2832  # s of delay for 1 Hz: a speed of 1 %
FLUTTER = 0.005 / 6.2832
EMPHASIS, RAISED = 3000.0, 2.0  # Hz, and the factor of the treble on the tape
BUMP, BUMPED = 80.0, 0.4  # Hz, and the part of the band that is added at age 1: 3 dB
BRIGHT, DULL = 20_000.0, -1.9  # Hz, and ln of the part of it that is left at age 1
DROPS, DEEPEST = 7.0, 0.5  # moments per s, of which one in twenty drops, and the part that is lost at most
MOST = 1e6  # factor, of what comes to the tape
LOUDEST = 48.0  # dB of drive


class Tape(Node):
    signal: Signal = param(description="The sound that is recorded.")
    wow: Signal = param(0.3, unit="position", minimum=0.0, maximum=1.0, description="Slow changes of speed.")
    flutter: Signal = param(0.2, unit="position", minimum=0.0, maximum=1.0, description="Fast changes of speed.")
    drive: Signal = param(6.0, unit="dB", minimum=-24.0, maximum=LOUDEST, description="Level into the tape.")
    age: Signal = param(0.5, unit="position", minimum=0.0, maximum=1.0, description="Of the tape and its heads.")

    aliases = ("vinyl", "cassette", "tape saturation")
    rings = {"tape": 1}
    slow = ("late", "before", "behind", "dull", "bump", "drop")

    class state(State):
        up: Floats[8]
        down: Floats[8]
        shelf: Floats[2]
        last: Floats[2]
        head: Floats[3]

    @staticmethod
    def lengths(constants, rate):
        return {"tape": 4.0 * (WOW / 0.5 + FLUTTER / 9.0) + 32.0 / rate}

    @staticmethod
    def slowly(wow, flutter, drive, age, clock, rate):
        t = clock / rate
        slow = 0.7 * WOW / 0.53 * sine(0.53 * t) + 0.3 * WOW / 0.83 * sine(0.83 * t + 0.3)
        fast = 0.7 * FLUTTER / 9.1 * sine(9.1 * t) + 0.3 * FLUTTER / 27.0 * sine(27.0 * t + 0.6)
        wow, flutter = clip(finite(wow, 0.3), 0.0, 1.0), clip(finite(flutter, 0.2), 0.0, 1.0)
        late = wow * (WOW / 0.53 + slow) + flutter * (FLUTTER / 9.1 + fast)
        level = db_to_factor(clip(finite(drive, 6.0), -24.0, LOUDEST))
        years = clip(finite(age, 0.5), 0.0, 1.0)
        moment = DROPS * t
        whole = floor(moment)
        a, b = lost(int(whole)), lost(int(whole) + 1)
        gone = a + (moment - whole) * (b - a)
        return (
            2.0 * rate * late + 4.0,
            level,
            1.0 / math.sqrt(level * tanh(level)),
            lowpass_coefficient(BRIGHT * exp(DULL * years), 2.0 * rate),
            years * BUMPED,
            1.0 - years * gone,
        )

    @staticmethod
    def render(out, signal, late, before, behind, dull, bump, drop, tape, state, rate):
        treble = lowpass_coefficient(EMPHASIS, 2.0 * rate)
        corner = corner_coefficient(BUMP, rate)
        for i in range(out.size):
            a, b = up(finite(signal[i], 0.0), state.up)
            for k in range(2):
                x = a if k == 0 else b
                x += (RAISED - 1.0) * highpass(x, treble, state.shelf)
                tape.push(behind[i] * saturated(before[i] * x, state.last))
            a, b = tape.cubic(late[i] + 1.0), tape.cubic(late[i])
            a = lowpass(flat(a, treble, state.shelf), dull[i], state.head)
            b = lowpass(flat(b, treble, state.shelf), dull[i], state.head)
            x = down(a, b, state.down)
            band = state_variable(x, corner, 1.0, state.head, 1)[1]
            out[i] = drop[i] * (x + bump[i] * band)


def saturated(x, last):
    """The mean of tanh on the way from the last frame to `x`, so that its highest overtones are not there at all."""
    x = clip(x, -MOST, MOST)
    size = abs(x)
    whole = size + log(0.5 + 0.5 * exp(-2.0 * size))  # the integral of tanh
    way, risen, middle = x - last[0], whole - last[1], 0.5 * (x + last[0])
    last[0] = x
    last[1] = whole
    return risen / way if abs(way) > 1e-4 else tanh(middle)


def lost(moment):
    """The part of the level that is lost at a moment: mostly none."""
    return DEEPEST * clip(20.0 * uniform(7, moment) - 19.0, 0.0, 1.0)


def flat(x, coefficient, state):
    """A frame without the treble that was added before the tape: the inverse of that shelf."""
    # y + (r - 1) highpass(y) = x, solved for y with the number that the highpass keeps.
    kept = state[1]
    y = (x + (RAISED - 1.0) * (1.0 - coefficient) * kept) / (RAISED - (RAISED - 1.0) * coefficient)
    lowpass(y, coefficient, state, 1)
    return y
