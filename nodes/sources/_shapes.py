"""Triangle, square and saw, whose steps and corners are smoothed; where phase or width moves see `_moved_shapes`."""

from waves.dsp.edges import saw as saw_at
from waves.dsp.edges import square as square_at
from waves.dsp.edges import triangle as triangle_at
from waves.dsp.maths import clip, increment, turn, turns


def triangle(out, freq, phase, sharp, rate):
    """Writes a triangle for the phases in `out`, in turns; smoothed above `sharp` turns per frame."""
    for i in range(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]) + 0.25)
        out[i] = triangle_at(p, step, sharp)


def square(out, freq, phase, pulse_width, sharp, rate):
    """Writes a square wave, in the same way; `pulse_width` is its high part in cycles."""
    for i in range(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]))
        out[i] = square_at(p, clip(pulse_width[i], 0.0, 1.0), step, sharp)


def saw(out, freq, phase, sign, sharp, rate):
    """Writes a saw, in the same way, rising for sign 1 and falling for -1."""
    for i in range(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]) + 0.5)
        out[i] = sign * saw_at(p, step, sharp)
