"""Random shapes: noise, and curves that move by chance. Each frame has its own numbers of the stream `seed`."""

import math

from waves.dsp.maths import clip, floor, gaussian, uniform

NOISE_RATE = 44_100.0  # Hz, at which noise has sigma 1 and wander makes a step per frame


def noise(out, seed, begin, rate):
    """Writes Gaussian noise, of the same power in each Hz at any rate; `begin` is the number of `out[0]`."""
    dense = math.sqrt(rate / NOISE_RATE)
    for i in range(out.size):
        out[i] = dense * gaussian(seed, begin + i)


def perlin(out, seed, begin, step):
    """Gradient noise between random slopes, one per unit of `step` (Perlin: Improving noise, 2002)."""
    for i in range(out.size):
        x = (begin + i) * step
        k = floor(x)
        x -= k
        before = x * (2.0 * uniform(seed, int(k)) - 1.0)
        after = (x - 1.0) * (2.0 * uniform(seed, int(k) + 1) - 1.0)
        out[i] = 2.0 * (before + (after - before) * x * x * x * (x * (6.0 * x - 15.0) + 10.0))


def wander(out, seed, begin, walk, scale, rate):
    """A random walk that is drawn back to 0, sigma 1, limited to -1..1; the walk to continue from.

    `scale` in Hz. It makes `NOISE_RATE` steps in a second, so that it goes the same way at any rate.
    """
    steps = NOISE_RATE / rate  # in a frame
    damping = clip(math.tau * scale / NOISE_RATE, 0.0, 1.0)
    force = math.sqrt(2.0 * damping)
    pull = min(damping * steps, 1.0)
    for i in range(out.size):
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
