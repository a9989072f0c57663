"""Triangle, square and saw, whose steps and corners are smoothed; where phase or width moves see `_moved_shapes`."""

from waves.dsp.maths import clip, corner, edge, increment, turn, turns


def triangle(out, freq, phase, sharp, rate):
    """Writes a triangle for the phases in `out`, in turns; smoothed above `sharp` turns per frame."""
    for i in range(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]) + 0.25)
        bend = corner(p, step) - corner(turn(p + 0.5), step)
        out[i] = 1.0 - 4.0 * abs(p - 0.5) + (8.0 * step * bend if step > sharp else 0.0)


def square(out, freq, phase, pulse_width, sharp, rate):
    """Writes a square wave, in the same way; `pulse_width` is its high part in cycles."""
    for i in range(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]))
        width = clip(pulse_width[i], 0.0, 1.0)
        bend = edge(p, step) - edge(turn(p - width), step)
        out[i] = (1.0 if p < width else -1.0) + (2.0 * bend if step > sharp else 0.0)


def saw(out, freq, phase, sign, sharp, rate):
    """Writes a saw, in the same way, rising for sign 1 and falling for -1."""
    for i in range(out.size):
        step = abs(increment(freq[i], rate))
        p = turn(out[i] + turns(phase[i]) + 0.5)
        out[i] = sign * (2.0 * p - 1.0 - (2.0 * edge(p, step) if step > sharp else 0.0))
