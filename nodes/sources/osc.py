"""Oscillator: a periodic wave, or noise.

    tone: {osc: {type: saw, freq: 110, amp: 0.3, duration: 2, release: 0.1}}
    vibrato: {osc: {freq: 5, range: [430, 450]}}

Steps and corners are smoothed over four frames by a cubic B-spline (see `waves.dsp.maths`). Aliases of
a saw at 5 kHz stay below -60 dB under 10 kHz, and nothing overshoots, but 10 kHz is 3 dB lower.

Where `phase` or `pulse_width` moves, the slope and the bend of the whole phase place each step, drawn on
from the last six frames. What jumps, or moves faster than about 8 kHz, cannot be drawn on: there only
`freq` counts.
"""

import math
from typing import Any

from pydantic import field_validator

from waves.dsp.maths import (
    bent_edge,
    clip,
    corner,
    edge,
    falling,
    falls_now,
    finite,
    floor,
    frames,
    gaussian,
    increment,
    rint,
    rising,
    sine,
    turn,
    turns,
    uniform,
)
from waves.node import BLOCK, Choice, Floats, Node, Signal, Signals, State, param

Shape = Choice["sin", "cos", "tri", "sqr", "saw", "ramp", "noise", "perlin", "wander", "none"]
LONGEST = 1e6  # s
NEVER = 1e15  # frames, as `frames` gives them for infinity
NOISE_RATE = 44_100.0  # Hz, at which noise has sigma 1 and wander makes a step per frame
AUDIBLE = 20.0  # Hz; slower shapes keep their exact steps and corners
HISTORY = 5  # frames of a signal that are kept
WIDTHS = 2 * BLOCK  # place of the widths in the scratch memory
SMOOTH = 0.9  # part of the change, or of its change, that the next higher difference may reach
count = range  # the kernel has a parameter of that name


class Osc(Node):
    type: Shape = param("sin", description="Shape; ramp falls, noise is Gaussian, perlin and wander move by `scale`.")
    freq: Signal = param(1.0, unit="Hz", description="Frequency; 0 stands still, negative runs backwards.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    phase: Signal = param(0.0, unit="rad", description="Added to the phase: phase modulation.")
    pulse_width: Signal = param(0.5, unit="cycles", minimum=0.0, maximum=1.0, description="High part of sqr.")
    range: Signals = param([], description="Two signals that -1 and 1 are mapped to.")
    attack: Signal = param(0.0, unit="s", minimum=0.0, description="Time to fade in.")
    release: Signal = param(0.0, unit="s", minimum=0.0, description="Time to fade out before the end.")
    duration: Signal = param(math.inf, unit="s", minimum=0.0, description="Time after which it has ended.")
    scale: float = param(1.0, unit="Hz", minimum=0.0, description="Changes per second of perlin and wander.")
    seed: int = param(0, unit="number", description="Of noise, perlin and wander; 0: the node's own.")
    naive: bool = param(False, description="The raw shape, not band-limited.")
    freq_interpolation: Choice["linear", "smooth", "step"] = param("linear", description="No effect.")
    amp_interpolation: Choice["linear", "smooth", "step"] = param("linear", description="No effect.")

    @field_validator("range")
    @classmethod
    def _has_two_ends(cls, values: Any) -> Any:
        if len(values) not in (0, 2):
            raise ValueError(f"expected two values, the lowest and the highest, got {len(values)}")
        return values

    constant = ("freq", "phase")
    scratch = 4
    crossfaded = ("phase", "pulse_width", "range", "attack", "release", "duration")
    factors = ("amp",)

    class state(State):
        phase: float = 0.0  # turns, 0 <= phase < 1
        elapsed: int = 0  # frames
        walk: float = 0.0  # of wander
        rise: float = 0.0  # frames, the attack
        fall: float = 0.0  # frames, the release
        risen: float = 0.0  # frames of it that are over
        arrived: bool = False  # whether it is over
        end: float = 0.0  # frames, the duration
        released: float = -1.0  # frame at which the release began, -1 before
        origin: float = 0.0  # level that it began at
        phases: Floats[5]  # rad, the last of `phase`
        widths: Floats[5]  # cycles, the last of `pulse_width`

    @staticmethod
    def render(
        out,
        type,
        freq,
        amp,
        phase,
        pulse_width,
        range,
        attack,
        release,
        duration,
        scale,
        seed,
        naive,
        state,
        rate,
        work,
    ):
        size = out.size
        begin = state.elapsed
        at = state.phase
        for i in count(size):
            out[i] = at
            at += increment(freq[i], rate)
        state.phase = turn(at)
        state.elapsed = begin + size
        sharp = 0.5 if naive else AUDIBLE / rate  # turns per frame up to which nothing is smoothed

        stepped = type == Shape.sqr or type == Shape.saw or type == Shape.ramp
        moved = moves(phase, size, state.phases, begin) if stepped or type == Shape.tri else False
        if type == Shape.sqr:
            moved |= moves(pulse_width, size, state.widths, begin)
        if moved:
            for k in count(HISTORY):
                work[k] = turns(state.phases[k])
                work[WIDTHS + k] = clip(state.widths[k], 0.0, 1.0)
            for i in count(size):
                work[HISTORY + i] = turns(phase[i])
                work[WIDTHS + HISTORY + i] = clip(pulse_width[i], 0.0, 1.0)
            remember(phase, size, state.phases)
            remember(pulse_width, size, state.widths)
        if naive:
            moved = False

        if type == Shape.sin or type == Shape.cos:
            offset = 0.25 if type == Shape.cos else 0.0
            for i in count(size):
                out[i] = sine(out[i] + turns(phase[i]) + offset)
        elif moved and type == Shape.tri:
            moved_triangle(out, freq, work, sharp, rate)
        elif moved and type == Shape.sqr:
            moved_square(out, freq, work, sharp, rate)
        elif moved and stepped:
            moved_saw(out, freq, work, 1.0 if type == Shape.saw else -1.0, sharp, rate)
        elif type == Shape.tri:
            triangle(out, freq, phase, sharp, rate)
        elif type == Shape.sqr:
            square(out, freq, phase, pulse_width, sharp, rate)
        elif type == Shape.saw or type == Shape.ramp:
            saw(out, freq, phase, 1.0 if type == Shape.saw else -1.0, sharp, rate)
        elif type == Shape.perlin:
            perlin(out, seed, begin, scale / rate)
        elif type == Shape.none:
            for i in count(size):
                out[i] = 0.0
        elif type == Shape.noise:
            dense = math.sqrt(rate / NOISE_RATE)  # the same power in each Hz at any rate
            for i in count(size):
                out[i] = dense * gaussian(seed, begin + i)
        elif type == Shape.wander:
            damping = clip(math.tau * scale / NOISE_RATE, 0.0, 1.0)
            state.walk = wander(out, seed, begin, state.walk, damping, NOISE_RATE / rate)

        end = frames(duration[0], rate)
        fade(out, attack, release, begin, end, state, rate)
        if range.size == 2:
            low = range[0]
            high = range[1]
            for i in count(size):
                out[i] = low[i] + (high[i] - low[i]) * (0.5 + 0.5 * amp[i] * out[i])
        else:
            for i in count(size):
                out[i] = amp[i] * out[i]
        for i in count(int(clip(end - begin, 0.0, size)), size):
            out[i] = 0.0
        return begin + size >= end


def triangle(out, freq, phase, sharp, rate):
    """Writes a triangle for the phases in `out`, in turns; smoothed above `sharp` turns per frame."""
    for i in count(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]) + 0.25)
        bend = corner(p, step) - corner(turn(p + 0.5), step)
        out[i] = 1.0 - 4.0 * abs(p - 0.5) + (8.0 * step * bend if step > sharp else 0.0)


def square(out, freq, phase, pulse_width, sharp, rate):
    """Writes a square wave, in the same way; `pulse_width` is its high part in cycles."""
    for i in count(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]))
        width = clip(pulse_width[i], 0.0, 1.0)
        bend = edge(p, step) - edge(turn(p - width), step)
        out[i] = (1.0 if p < width else -1.0) + (2.0 * bend if step > sharp else 0.0)


def saw(out, freq, phase, sign, sharp, rate):
    """Writes a saw, in the same way, rising for sign 1 and falling for -1."""
    for i in count(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]) + 0.5)
        out[i] = sign * (2.0 * p - 1.0 - (2.0 * edge(p, step) if step > sharp else 0.0))


def moved_triangle(out, freq, work, sharp, rate):
    """Writes a triangle for the phases in `out`, with those that `work` adds, and their slope."""
    for i in count(out.size):
        slope, _ = drift(work, i)
        step = abs(clip(increment(freq[i], rate) + slope, -0.5, 0.5))
        p = turn(out[i] + work[HISTORY + i] + 0.25)
        bend = corner(p, step) - corner(turn(p + 0.5), step)
        out[i] = 1.0 - 4.0 * abs(p - 0.5) + (8.0 * step * bend if step > sharp else 0.0)


def moved_square(out, freq, work, sharp, rate):
    """Writes a square wave, in the same way; the step down moves with the width as well."""
    for i in count(out.size):
        step = increment(freq[i], rate)
        slope, bend = drift(work, i)
        wider, widening = drift(work, WIDTHS + i)
        p = turn(out[i] + work[HISTORY + i])
        width = work[WIDTHS + HISTORY + i]
        up = clip(step + slope, -0.5, 0.5)
        down = clip(step + slope - wider, -0.5, 0.5)
        x = 1.0 if p < width else -1.0
        x += 2.0 * bent_edge(p, up, bend) if abs(up) > sharp else 0.0
        x -= 2.0 * bent_edge(turn(p - width), down, bend - widening) if abs(down) > sharp else 0.0
        out[i] = clip(x, -1.0, 1.0)


def moved_saw(out, freq, work, sign, sharp, rate):
    """Writes a saw, in the same way, rising for sign 1 and falling for -1."""
    for i in count(out.size):
        slope, bend = drift(work, i)
        step = clip(increment(freq[i], rate) + slope, -0.5, 0.5)
        p = turn(out[i] + work[HISTORY + i] + 0.5)
        x = 2.0 * p - 1.0 - (2.0 * bent_edge(p, step, bend) if abs(step) > sharp else 0.0)
        out[i] = sign * clip(x, -1.0, 1.0)


def moves(signal, size, before, begin):
    """Whether a signal moves in this block, or did in the frames before."""
    if begin == 0:
        for k in count(HISTORY):
            before[k] = finite(signal[0], 0.0)
    still = True
    for k in count(HISTORY):
        still &= before[k] == signal[0]
    for i in count(size):
        still &= signal[i] == signal[0]
    return not still


def remember(signal, size, before):
    """Keeps the last frames of a signal."""
    for k in count(HISTORY):
        i = size - HISTORY + k
        before[k] = finite(signal[i], 0.0) if i >= 0 else before[k + size]


def drift(work, k):
    """Change per frame, and the change of that, of what `work` holds from `k` on, at its last frame; 0 after a jump."""
    a = nearest(work[k + 1] - work[k])
    b = nearest(work[k + 2] - work[k + 1])
    c = nearest(work[k + 3] - work[k + 2])
    d = nearest(work[k + 4] - work[k + 3])
    e = nearest(work[k + 5] - work[k + 4])
    smooth = follows(a, b, c) & follows(b, c, d) & follows(c, d, e)
    return (e + 0.5 * (e - d) if smooth else 0.0), (e - d if smooth else 0.0)


def follows(a, b, c):
    """Whether the last of three changes could be told from the others."""
    return abs(c - b - (b - a)) <= SMOOTH * max(abs(c), abs(c - b))


def nearest(turns):
    """The shortest way between two phases, at most half a turn."""
    return turns - rint(turns)


def perlin(out, seed, begin, step):
    """Gradient noise between random slopes, one per unit of `step` (Perlin: Improving noise, 2002)."""
    for i in count(out.size):
        x = (begin + i) * step
        k = floor(x)
        x -= k
        before = x * (2.0 * uniform(seed, int(k)) - 1.0)
        after = (x - 1.0) * (2.0 * uniform(seed, int(k) + 1) - 1.0)
        out[i] = 2.0 * (before + (after - before) * x * x * x * (x * (6.0 * x - 15.0) + 10.0))


def wander(out, seed, begin, walk, damping, steps):
    """A random walk that is drawn back to 0, sigma 1, limited to -1..1; the walk to continue from.

    It makes `steps` of its steps in a frame, so that it goes the same way at any rate.
    """
    force = math.sqrt(2.0 * damping)
    pull = min(damping * steps, 1.0)
    for i in count(out.size):
        last = (begin + i) * steps + 1.0
        walk += force * pushes(seed, max(last - steps, 0.0) if begin + i > 0 else 0.0, last) - pull * walk
        out[i] = math.tanh(walk)
    return walk


def pushes(seed, first, last):
    """The sum of the normally distributed numbers from place `first` to `last` of a stream, parts of numbers too."""
    total = 0.0
    k = floor(first)
    while k < last:
        total += gaussian(seed, int(k)) * (min(last, k + 1.0) - max(first, k))
        k += 1.0
    return total


def fade(out, attack, release, begin, end, state, rate):
    """Fades in for `attack` and out for `release` seconds until frame `end`; `begin` is the number of `out[0]`.

    The times are read at each 64th frame since the start, wherever blocks begin.
    """
    if end != state.end:  # the first block, or an edit
        state.end = end
        state.released = -1.0
    read = (-begin) % BLOCK
    fall = state.fall
    if read < out.size:
        fall = frames(clip(release[read], 0.0, LONGEST), rate)
    if state.arrived and state.released < 0.0 and begin + out.size <= end - max(fall, state.fall):
        state.fall = fall
        return
    for i in count(out.size):
        if i == read:
            state.fall = fall
            rise = frames(clip(attack[i], 0.0, LONGEST), rate)
            state.risen *= rise / max(state.rise, 1.0)  # a time that moves: on from the same level
            state.rise = rise
        out[i] *= faded(begin + i, state)


def faded(frame, state):
    """The level of one frame, which must be the one after the last."""
    rise = state.rise
    end = state.end
    state.arrived |= state.risen >= rise
    level = 1.0 if state.arrived else rising(state.risen / rise)
    if state.released < 0.0 and frame >= end - state.fall:
        if state.arrived:
            state.released = frame
            state.origin = 1.0
        elif falls_now(end - frame - 1.0, rising((state.risen + 1.0) / rise), rise, state.fall):
            state.released = frame
            state.origin = rising((state.risen - 1.0) / rise)
    if state.released >= 0.0:
        return state.origin * falling((frame - state.released) / max(end - state.released, 1.0))
    if not state.arrived:
        state.risen += 1.0
    return level
