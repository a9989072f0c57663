"""Drive: overtones of the sound itself, from warm to torn.

    riff: {drive: {type: tube, drive: 24, tone: -0.3, signal: {osc: {type: saw, amp: 0.15, freq: {automation: {
            interval: 0.25, steps: [55, 55, 82.4, 65.4]}}}}}}

`soft` bends both halves of a wave alike, `tube` one before the other, `hard` cuts, and `fold` turns the wave around at
full scale, again and again. `drive` is the level into that curve; behind it a saw with peaks of -12 dB is as loud as
it was. `tone` tilts the spectrum around 1 kHz, by 12 dB between low and high at -1 and 1.

The curves play at four times the rate, and all but `fold` as their mean between the frames there, so that the overtones
hardly fold back: aliases of a sine up to 5 kHz are below -95 dB at a `drive` of 12, of one up to 1 kHz below -85 dB at
24.
(Bilbao, Esqueda, Parker, Välimäki: Antiderivative antialiasing for memoryless nonlinearities, 2017.)
"""

import math

from waves.dsp.filters.halfband import down, up
from waves.dsp.filters.one_pole import dc_block, lowpass, lowpass_coefficient
from waves.dsp.maths import clip, finite, sine
from waves.dsp.units import db_to_factor
from waves.node import Choice, Floats, Node, Signal, State, param

Type = Choice["soft", "tube", "fold", "hard"]
LARGEST = 100.0  # value into the curve
BIAS = 0.4  # of the tube, by which its halves differ
GENTLE = 2.0 / 3.0  # level into the round curve, whose slope is 1.5 at 0
LEVEL = 0.25  # peak of a saw that stays as loud
MIDDLE = 1000.0  # Hz, around which the tone tilts
TILT = 6.0  # dB
NEAR = 1e-3  # values that are nearer to each other count as one


class Drive(Node):
    signal: Signal = param(description="The sound.")
    type: Type = param("soft", description="Form of the curve.")
    drive: Signal = param(12.0, unit="dB", minimum=0.0, maximum=48.0, description="Level into the curve.")
    tone: Signal = param(0.0, unit="position", minimum=-1.0, maximum=1.0, description="-1 dark, 1 bright.")
    gain: Signal = param(0.0, unit="dB", description="Gain of what comes out of the curve.")
    mix: Signal = param(
        1.0, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the effect."
    )

    aliases = (
        "distort", "distortion", "overdrive", "saturate", "saturation", "fold", "clip", "clipper", "soft clip",
        "waveshaper", "exciter",
    )  # fmt: skip
    slow = ("into", "behind", "bass", "treble", "split")
    scratch = 4

    class state(State):
        up: Floats[8]
        up_again: Floats[8]
        down: Floats[8]
        down_again: Floats[8]
        past: Floats[2]  # last two values into the curve
        low: Floats[1]
        mean: Floats[1]

    @staticmethod
    def slowly(type, drive, tone, gain, rate):
        into = db_to_factor(clip(finite(drive, 0.0), -48.0, 48.0))
        power = 0.0
        if type == Type.fold:
            power = power_of_fold(into * LEVEL)
        elif type == Type.hard:
            power = power_of_clip(into * LEVEL)
        elif type == Type.soft or type == Type.tube:
            power = power_of_round(into * LEVEL * GENTLE, BIAS if type == Type.tube else 0.0)
        behind = LEVEL / math.sqrt(3.0 * power) * db_to_factor(clip(finite(gain, 0.0), -120.0, 48.0))
        treble = db_to_factor(TILT * clip(finite(tone, 0.0), -1.0, 1.0))
        return into, behind, 1.0 / treble, treble, lowpass_coefficient(MIDDLE * treble, rate)

    @staticmethod
    def render(out, signal, type, mix, into, behind, bass, treble, split, state, work, rate):
        for i in range(out.size):
            a, b = up(finite(signal[i], 0.0), state.up)
            work[4 * i], work[4 * i + 1] = up(a, state.up_again)
            work[4 * i + 2], work[4 * i + 3] = up(b, state.up_again)

        if type == Type.fold:
            for k in range(4 * out.size):
                i = k >> 2
                x = clip(into[i] * work[k], -LARGEST, LARGEST)
                wet = behind[i] * sine(0.25 * x)
                work[k] += clip(mix[i], 0.0, 1.0) * (wet - work[k])
                state.past[0], state.past[1] = x, state.past[0]
        elif type == Type.soft or type == Type.tube or type == Type.hard:
            hard = type == Type.hard
            bias = BIAS if type == Type.tube else 0.0
            scale = 1.0 if hard else GENTLE
            last, before = state.past[0], state.past[1]
            area, slope = second_area(last, bias, hard), area_between(last, before, bias, hard)
            for k in range(4 * out.size):
                i = k >> 2
                x = clip(scale * into[i] * work[k], -LARGEST, LARGEST)
                next_area, next_slope = second_area(x, bias, hard), 0.0
                if abs(x - last) > NEAR:
                    next_slope = (next_area - area) / (x - last)
                else:
                    next_slope = first_area(0.5 * (x + last), bias, hard)
                if abs(x - before) > NEAR:
                    mean = 2.0 * (next_slope - slope) / (x - before)
                else:
                    mean = turned(x, last, before, bias, hard)
                work[k] += clip(mix[i], 0.0, 1.0) * (behind[i] * mean - work[k])
                before, last, area, slope = last, x, next_area, next_slope
            state.past[0], state.past[1] = last, before

        for i in range(out.size):
            a = down(work[4 * i], work[4 * i + 1], state.down_again)
            b = down(work[4 * i + 2], work[4 * i + 3], state.down_again)
            x = down(a, b, state.down)
            if type == Type.tube:  # whose halves have a mean
                x = dc_block(x, rate, state.mean)
            low = lowpass(x, split[i], state.low)
            out[i] = bass[i] * low + treble[i] * (x - low)


def power_of_fold(peak):
    """The power that the curve makes of a saw with such a peak; so do the next two."""
    return 0.5 - math.sin(math.pi * peak) / (math.tau * peak)


def power_of_clip(peak):
    return peak * peak / 3.0 if peak < 1.0 else 1.0 - 2.0 / (3.0 * peak)


def power_of_round(peak, bias):
    """Without its mean."""
    high, low = bias + peak, bias - peak
    mean = (round_area(high) - round_area(low)) / (2.0 * peak)
    return (round_energy(high) - round_energy(low)) / (2.0 * peak) - mean * mean


def round_energy(x):
    """The integral of the square of the round curve."""
    y = 1.0 + x * x
    return x - 15.0 / 32.0 * (x / y + math.atan(x)) - x / (16.0 * y * y)


def curve(x, bias, hard):
    """The curve: a clip, or the round one around a bias, 0 at 0."""
    return clip(x, -1.0, 1.0) if hard else rounded(x + bias) - rounded(bias)


def rounded(x):
    """A curve from -1 to 1 whose slope is 1.5 (1 + x^2)^-2.5; it and its integrals are cheap."""
    y = 1.0 + x * x
    return x * (y + 0.5) / (y * math.sqrt(y))


def round_area(x):
    y = 1.0 + x * x
    return (y - 0.5) / math.sqrt(y)


def round_second_area(x):
    return 0.5 * x * math.sqrt(1.0 + x * x)


def first_area(x, bias, hard):
    """The integral of the curve from 0."""
    if hard:
        return 0.5 * x * x if abs(x) < 1.0 else abs(x) - 0.5
    return round_area(x + bias) - round_area(bias) - rounded(bias) * x


def second_area(x, bias, hard):
    """The integral of that from 0."""
    if hard:
        size = abs(x)
        value = size * size * size / 6.0 if size < 1.0 else 0.5 * size * (size - 1.0) + 1.0 / 6.0
        return value if x >= 0.0 else -value
    straight = round_area(bias) + 0.5 * rounded(bias) * x
    return round_second_area(x + bias) - round_second_area(bias) - x * straight


def area_between(x, last, bias, hard):
    """The mean of the first integral between two values."""
    if abs(x - last) > NEAR:
        return (second_area(x, bias, hard) - second_area(last, bias, hard)) / (x - last)
    return first_area(0.5 * (x + last), bias, hard)


def turned(x, last, before, bias, hard):
    """The mean of the curve on the way from a value to another one and back to the first."""
    middle = 0.5 * (x + before)
    away = middle - last
    if abs(away) <= NEAR:
        return curve(0.5 * (middle + last), bias, hard)
    area = (second_area(last, bias, hard) - second_area(middle, bias, hard)) / away
    return 2.0 / away * (first_area(middle, bias, hard) + area)
