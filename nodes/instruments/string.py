"""String: plucked, bowed, or set into motion by any sound, as of a guitar, a harp, a violin, or a string nearby.

    guitar: {string: {freq: a2, decay: 3, amp: 0.6, trigger: {osc: {type: sqr, freq: 2}}}}
    lute: {string: {freq: f, decay: 3, strike: 0.4 + 0.5 * v, amp: 0.4 * v}}
    harp: {play: "lute*4", note: "e3 g#3 b3 e4", cycle: 2}
    bowed: {string: {freq: f, pick: 0.12, bow: {envelope: {attack: 0.08, release: 0.15, gate: gate}}, amp: 0.3}}
    air: {play: bowed, note: "d4 <f4 e4> a4 <g4 c#4>", cycle: 8}
    near: {string: {freq: a2, decay: 6, damping: 0.2, signal: {osc: {type: saw, freq: 1.5, amp: 0.5}}}}

Without `trigger`, `bow` and `signal` it is plucked once, as it begins, and ends when it is silent. A pluck stops most
of what still rings. It leaves the string with the shape that a pick gives it: partial n has the level
sin(pi n `pick`) / n, so those with a node at the pick are missing, and the others fall from where the pick is too wide
for them: 0.1 ms of the wave at `strike` 1, 3 ms at 0. A `signal` that is noise is about as loud as it comes in.

The lowest partial falls by 60 dB in `decay`, the treble 1000^`damping` times as fast, from 4 kHz on, for high notes
from higher on. The pitch is exact to 0.1 cent from 20 Hz to 4 kHz, or to a fifth of the sample rate.

With `bow` it sounds for as long as the bow moves, and rings when that is 0: nearly a saw, brighter with less `force`.
It is in tune within 1 cent from g2 to c6, at 44.1 kHz or above. From g3 on it speaks within 0.1 s at any `force` and
speed, lower strings take longer. The bow lies at `pick`, held between 0.1 and 0.14. `damping` does nothing then.

(Jaffe, Smith: Extensions of the Karplus-Strong plucked-string algorithm, 1983; the levels of the partials: Fletcher,
Rossing: The Physics of Musical Instruments, 1998, chapter 2; the bow: McIntyre, Schumacher, Woodhouse: On the
oscillations of musical instruments, 1983; Smith: Efficient simulation of the reed-bore and bow-string mechanisms,
1986.)
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
SPEED = 1.5  # velocity of the string for a bow of 1, of which a bow of 1 is about as loud as a pluck
NEAREST, FARTHEST = 0.1, 0.14  # places of the bow, as parts of the string
FEWEST = 2  # frames from the bow to the end: of fewer the string does not speak
LIGHT, PRESSED, BITE = 2.1, 1.6, 0.8  # how fast the grip of the bow is lost: force 0, force 1, as it begins
BITES = 10.0  # periods
QUIET = 0.1  # s below `SILENCE` after which it has ended


class String(Node):
    freq: Signal = param(220.0, unit="Hz", minimum=LOWEST, maximum=5000.0, description="Pitch.")
    decay: Signal = param(2.0, unit="s", minimum=0.01, maximum=100.0, description="Time to fall by 60 dB.")
    damping: Signal = param(
        0.5, unit="position", minimum=0.0, maximum=1.0, description="The treble is gone sooner: 0 as late as the bass."
    )
    pick: Signal = param(
        0.2, unit="position", minimum=0.02, maximum=0.5, description="Place of the pick or bow; 0.5 is the middle."
    )
    strike: Signal = param(
        0.7, unit="position", minimum=0.0, maximum=1.0, description="0 a soft thumb plucks, 1 a hard pick."
    )
    bow: Signal = param(None, unit="factor", minimum=0.0, description="Speed of a bow, as its level; 0 lifts it.")
    force: Signal = param(
        0.5, unit="position", minimum=0.0, maximum=1.0, description="Of the bow: 0 light and airy, 1 pressed."
    )
    trigger: Signal = param(None, unit="gate", description="Plucks where it rises through 0.5.")
    signal: Signal = param(None, description="A sound that sets it into motion.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("pluck", "karplus", "karplus-strong", "guitar", "harp", "bow", "bowed", "violin", "cello")
    rings = {"loop": 1}
    crossfaded = ("freq", "trigger")
    slow = ("pitch", "length", "keep", "loss", "bright", "level")
    waits = ("signal", "trigger", "bow")
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
        bowed: float = 0.0  # periods since the bow began
        soft: Floats[2]  # what came round last, under a bow
        low: Floats[1]
        dc: Floats[1]
        mean: Floats[1]  # of what is bowed
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
        bow,
        force,
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
        has_signal, has_trigger, has_bow = (
            signal[0] == signal[0],
            trigger[0] == trigger[0],
            1 if bow[0] == bow[0] else 0,
        )
        if not has_bow:
            for i in range(out.size):
                whole = int(length[i] - 0.5)
                out[i] = tuned_coefficient(length[i] - whole, pitch[i], rate)
        alone = not has_signal and not has_trigger and not has_bow
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
            if has_bow:
                x = rounded(loop, rate / pitch[i] - 1.0)
                y = 0.25 * x + 0.5 * state.soft[0] + 0.25 * state.soft[1]
                state.soft[1], state.soft[0] = state.soft[0], x
            else:
                y = out[i] * (loop.at(whole) - y) + loop.at(whole + 1)
            sum = keep[i] * (y if has_bow else y + loss[i] * (lowpass(y, bright[i], state.low) - y))
            if state.since <= state.period + state.edge:
                pace, p = 1.0 / state.edge, state.place
                rise = ease(state.since * pace)
                stop = rise - ease((state.since - state.period) * pace + 1.0)
                shape = (1.0 - p) * rise - ease((state.since - p * state.period) * pace)
                sum = (1.0 - stop) * sum + shape + p * ease((state.since - state.period) * pace)
                state.since += 1.0
            if has_bow:
                speed = finite(bow[i], 0.0)
                state.bowed = state.bowed + pitch[i] / rate if speed > SILENCE else 0.0
                place = max(clip(finite(pick[i], 0.2), NEAREST, FARTHEST), min(FEWEST * pitch[i] / rate, 0.25))
                near = max(int(place * rate / pitch[i]), FEWEST)
                at_bow = loop.at(near)
                pull = pulled(speed, finite(force[i], 0.5), place, at_bow - sum, state.bowed)
                loop.put(near, at_bow + pull)
                sum -= pull
            if has_signal:
                sum += level[i] * dc_block(finite(signal[i], 0.0), rate, state.dc)
            loop.push(sum)
            state.quiet = state.quiet + 1 if alone and abs(sum) < SILENCE else 0
            heard = dc_block(sum, rate, state.mean) if has_bow else sum
            out[i] = finite(amp[i], 0.0) * heard if state.quiet < still else 0.0
        state.last = y
        return state.quiet >= still


def rounded(loop, age):
    """The value of a ring at an age, its corners rounded: a cubic B-spline, as late at all frequencies."""
    k = int(age)
    d = age - k
    e = 1.0 - d
    inner = 4.0 + 3.0 * d * d * (d - 2.0)
    outer = 4.0 + 3.0 * e * e * (e - 2.0)
    near = e * e * e * loop.at(k - 1) + inner * loop.at(k)
    return (near + outer * loop.at(k + 1) + d * d * d * loop.at(k + 2)) / 6.0


def pulled(speed, force, place, string, bowed):
    """The velocity that a bow gives to both waves that leave it, where the string has a velocity under it.

    The part of the difference is 1 where the bow grips, and falls with it; as the string slips, the difference is
    `speed` / `place`.
    """
    part = 0.0
    apart = SPEED * place * speed - string
    if speed > SILENCE:
        loses = LIGHT + (PRESSED - LIGHT) * clip(force, 0.0, 1.0)
        loses = BITE + (loses - BITE) * min(bowed / BITES, 1.0)
        grip = abs(apart) * loses / (SPEED * speed) + 0.75
        part = min(1.0 / (grip * grip * grip * grip), 1.0)
    return part * apart
