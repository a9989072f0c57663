"""String: plucked, as of a guitar, a harp or a harpsichord, or set into motion by any sound, as a string nearby.

    guitar: {string: {freq: a2, decay: 3, amp: 0.6, trigger: {osc: {type: sqr, freq: 2}}}}
    lute: {string: {freq: f, decay: 3, strike: 0.4 + 0.5 * v, amp: 0.4 * v}}
    harp: {play: "lute*4", note: "e3 g#3 b3 e4", cycle: 2}
    near: {string: {freq: a2, decay: 6, damping: 0.2, signal: {osc: {type: saw, freq: 1.5, amp: 0.5}}}}

Without `trigger` and `signal` it is plucked once, as it begins, and ends when it is silent. A pluck stops most of
what still rings. It leaves the string with the shape that a pick gives it: partial n has the level
sin(pi n `pick`) / n, so those with a node at the pick are missing, and the others fall from where the pick is too wide
for them: 0.1 ms of the wave at `strike` 1, 3 ms at 0. A `signal` that is noise is about as loud as it comes in.

The lowest partial falls by 60 dB in `decay`, the treble 1000^`damping` times as fast, from 4 kHz on, for high notes
from higher on. The pitch is exact to 0.1 cent from 20 Hz to 4 kHz, or to a fifth of the sample rate.
(Jaffe, Smith: Extensions of the Karplus-Strong plucked-string algorithm, 1983; the levels of the partials: Fletcher,
Rossing: The Physics of Musical Instruments, 1998, chapter 2.)
"""

import math

from waves.dsp.filters.allpass import tuned_coefficient
from waves.dsp.filters.one_pole import dc_block, lowpass, lowpass_coefficient
from waves.dsp.filters.state_variable import corner_coefficient
from waves.dsp.maths import SILENCE, clip, finite
from waves.dsp.powers import exp
from waves.node import Floats, Node, Signal, State, param

from ._strikes import ease, is_struck

LOWEST = 20.0  # Hz
HIGHEST = 0.2  # of the rate
MOST = 0.999999  # of the sound that goes round
BRIGHT = 4000.0  # Hz, where the damping of the treble begins
DULL = math.log(1000.0)  # of the treble's rate of fall over that of the lowest partial, at damping 1
SOFT, HARD = 0.003, 0.0001  # s, edges of what a pick leaves
WIDEST = 0.5  # of the period that such an edge takes
QUIET = 0.1  # s below `SILENCE` after which it has ended


class String(Node):
    freq: Signal = param(220.0, unit="Hz", minimum=LOWEST, maximum=5000.0, description="Pitch.")
    decay: Signal = param(2.0, unit="s", minimum=0.01, maximum=100.0, description="Time to fall by 60 dB.")
    damping: Signal = param(
        0.5, unit="position", minimum=0.0, maximum=1.0, description="The treble is gone sooner: 0 as late as the bass."
    )
    pick: Signal = param(
        0.2, unit="position", minimum=0.02, maximum=0.5, description="Place of the pick; 0.5 is the middle."
    )
    strike: Signal = param(
        0.7, unit="position", minimum=0.0, maximum=1.0, description="0 a soft thumb plucks, 1 a hard pick."
    )
    trigger: Signal = param(None, unit="gate", description="Plucks where it rises through 0.5.")
    signal: Signal = param(None, description="A sound that sets it into motion.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("pluck", "karplus", "karplus-strong", "guitar", "harp")
    rings = {"loop": 1}
    crossfaded = ("freq", "trigger")
    slow = ("pitch", "length", "keep", "loss", "bright", "level")
    waits = ("signal", "trigger")
    hushed = True

    class state(State):
        begun: bool = False
        before: float = 0.0  # last value of the trigger
        since: float = 1e9  # frames since the pluck
        period: float = 1.0  # frames, as it was plucked
        place: float = 0.2  # of the pick
        edge: float = 1.0  # frames
        last: float = 0.0  # what the allpass gave
        quiet: int = 0  # frames
        low: Floats[1]
        dc: Floats[1]
        ranges = {"quiet": (0, 2**53)}

    @staticmethod
    def lengths(constants, rate):
        return {"loop": 1.1 / LOWEST}

    @staticmethod
    def slowly(freq, decay, damping, rate):
        pitch = clip(finite(freq, 220.0), LOWEST, HIGHEST * rate)
        pass_ = -6.907755278982137 / (pitch * clip(finite(decay, 2.0), 0.01, 100.0))  # ln of what is left of a period
        faster = exp(DULL * clip(finite(damping, 0.5), 0.0, 1.0))
        loss = 1.0 - exp((faster - 1.0) * pass_)
        corner = max(
            BRIGHT, 1.5 * math.sqrt(faster) * pitch
        )  # so that it takes less from the lowest partial than falls
        ratio = corner_coefficient(pitch, rate) / corner_coefficient(corner, rate)
        rest = ratio * (1.0 - loss)
        late = (math.atan(ratio) - math.atan(rest)) / math.tau  # turns, of what damps
        kept = math.sqrt((1.0 + rest * rest) / (1.0 + ratio * ratio))  # of the lowest partial
        keep = min(exp(pass_) / kept, MOST)
        bright = lowpass_coefficient(corner, rate)
        return pitch, (1.0 - late) * rate / pitch, keep, loss, bright, math.sqrt(1.0 - keep * keep)

    @staticmethod
    def render(
        out,
        pick,
        strike,
        trigger,
        signal,
        amp,
        pitch,
        length,
        keep,
        loss,
        bright,
        level,
        loop,
        state,
        rate,
    ):
        for i in range(out.size):
            whole = int(length[i] - 0.5)
            out[i] = tuned_coefficient(length[i] - whole, pitch[i], rate)
        has_signal, has_trigger = signal[0] == signal[0], trigger[0] == trigger[0]
        alone = not has_signal and not has_trigger
        still = int(QUIET * rate)
        y = state.last
        for i in range(out.size):
            if is_struck(trigger[i], state.before, alone, state.begun):
                state.since = 0.0
                state.period = rate / pitch[i]
                state.place = clip(finite(pick[i], 0.2), 0.02, 0.5)
                wide = SOFT * exp(math.log(HARD / SOFT) * clip(finite(strike[i], 0.7), 0.0, 1.0))
                state.edge = clip(wide * rate, 1.0, WIDEST * state.period)
            state.begun = True
            state.before = finite(trigger[i], 0.0)

            whole = int(length[i] - 0.5)
            y = out[i] * (loop.at(whole) - y) + loop.at(whole + 1)
            sum = keep[i] * (y + loss[i] * (lowpass(y, bright[i], state.low) - y))
            if state.since <= state.period + state.edge:
                pace, p = 1.0 / state.edge, state.place
                rise = ease(state.since * pace)
                stop = rise - ease((state.since - state.period) * pace + 1.0)
                shape = (1.0 - p) * rise - ease((state.since - p * state.period) * pace)
                sum = (1.0 - stop) * sum + shape + p * ease((state.since - state.period) * pace)
                state.since += 1.0
            if has_signal:
                sum += level[i] * dc_block(finite(signal[i], 0.0), rate, state.dc)
            loop.push(sum)
            state.quiet = state.quiet + 1 if alone and abs(sum) < SILENCE else 0
            out[i] = finite(amp[i], 0.0) * sum if state.quiet < still else 0.0
        state.last = y
        return state.quiet >= still
