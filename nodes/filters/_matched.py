"""Bands of an equalizer whose level is the analogue one, within 0.1 dB up to 0.36 of the rate: 16 kHz at 44.1 kHz.

Each function gives a state-variable filter as five numbers: its corner coefficient, its damping, and the shares of its
lowpass, bandpass and highpass that are added to the input. The square of the level of such a filter is a fraction of
two polynomials of the second degree in tan(pi freq / rate)^2. It is that of the analogue filter at 0 Hz and at four
frequencies that lie around its corner, below 16 kHz: linear equations for the coefficients.
(Vicanek: Matched second order digital filters, 2016, where three of them follow from the poles instead.)
"""

import math

from waves.dsp.filters.state_variable import corner_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp2
from waves.dsp.units import db_to_factor

LOWEST = 1.0  # Hz
HIGHEST = 0.4536  # of the rate, 20 kHz at 44.1 kHz: no band is above
TOP = 0.3594  # of the rate: the four frequencies are below
FAINT = 0.1  # dB: a band of less is this one, with less of it added
MOST = 24.0  # dB


def peak(freq, octaves, gain, rate):
    """A peak of `gain` dB, which is so many octaves wide at half its dB; a cut is the inverse of the boost."""
    turns = clip(freq / rate, LOWEST / rate, HIGHEST)
    half = exp2(0.5 * octaves)
    width = (half - 1.0 / half) * (half - 1.0 / half)
    gain = clip(finite(gain, 0.0), -MOST, MOST)
    power = db_to_factor(max(abs(gain), FAINT))
    places = (  # fitted so that the largest error of all peaks is as small as it can be
        below(turns * exp2(0.1225 * octaves), 0.23 * exp2(-0.251 * octaves)),
        below(turns, 0.539 * exp2(-0.554 * octaves)),
        below(turns * exp2(0.0135 * octaves), 0.936 * exp2(-0.3235 * octaves)),
        below(math.sqrt(turns * turns * exp2(0.296 * octaves) + 0.1265), TOP),
    )
    return added(fitted((1.0, power * width - 2.0, 1.0, width / power - 2.0, 1.0), turns, places), gain)


def shelf(freq, gain, high, rate):
    """A shelf of `gain` dB below, or above, a frequency at which it has half its dB; Q 0.707."""
    turns = clip(freq / rate, LOWEST / rate, HIGHEST)
    gain = clip(finite(gain, 0.0), -MOST, MOST)
    power = db_to_factor(max(abs(gain), FAINT))
    levels = (1.0, 0.0, power, 0.0, 1.0 / power) if high else (power * power, 0.0, power, 0.0, power)
    return added(fitted(levels, turns, spread(turns)), gain)


def high_cut(freq, rate):
    """A lowpass of 12 dB per octave, 3 dB down at a frequency."""
    turns = clip(freq / rate, LOWEST / rate, HIGHEST)
    places = (
        below(0.7 * turns, 0.1),
        below(turns, 0.2),
        below(math.sqrt(4.0 * turns * turns + 0.0625), 0.3),
        below(math.sqrt(16.0 * turns * turns + 0.1225), TOP),
    )
    corner, damping, low, band, high = fitted((1.0, 0.0, 0.0, 0.0, 1.0), turns, places)
    return corner, damping, low - 1.0, band - damping, high - 1.0


def low_cut(freq, rate):
    """A highpass of 12 dB per octave, 3 dB down at a frequency.

    Its level is that of the highpass of the filter alone. So 1 over its square is a polynomial in the inverse of the
    tangent, and three frequencies are enough.
    """
    turns = clip(freq / rate, LOWEST / rate, HIGHEST)
    corner = corner_coefficient(turns, 1.0)
    x, y, z = below(0.7 * turns, 0.1), below(turns, 0.22), below(math.sqrt(9.0 * turns * turns + 0.109), TOP)
    first, second, third = loss(x, turns), loss(y, turns), loss(z, turns)
    x, y, z = cotangent(x, corner), cotangent(y, corner), cotangent(z, corner)
    slope = (first - second) / (x - y)
    square = (slope - (second - third) / (y - z)) / (x - z)
    linear = slope - square * (x + y)
    level = first - x * (linear + x * square)
    scale = math.sqrt(square / level)
    damping = math.sqrt(linear / (level * scale) + 2.0)
    return corner * math.sqrt(scale), damping, -1.0, -damping, 1.0 / math.sqrt(level) - 1.0


def loss(place, turns):
    """1 over the square of the level of a highpass."""
    ratio = turns / place
    return 1.0 + ratio * ratio * ratio * ratio


def cotangent(place, corner):
    ratio = corner / corner_coefficient(place, 1.0)
    return ratio * ratio


def spread(turns):
    """Four frequencies around the corner of a shelf."""
    return (
        below(0.5 * turns, 0.08),
        below(turns, 0.18),
        below(2.0 * turns, 0.28),
        below(math.sqrt(16.0 * turns * turns + 0.1225), TOP),
    )


def below(x, most):
    """`x`, held below a value by a round bend."""
    ratio = x / most
    ratio *= ratio
    ratio *= ratio
    return x / math.sqrt(math.sqrt(math.sqrt(1.0 + ratio * ratio)))


def level(analogue, ratio):
    """The square of the level at a frequency that is `ratio` times that of the band."""
    v = ratio * ratio
    a, b, c, d, e = analogue
    return (a + v * (b + v * c)) / (1.0 + v * (d + v * e))


def fitted(analogue, turns, places):
    """The filter with the level of an analogue one at 0 Hz and at four places, in turns per frame.

    `analogue` are the coefficients of the square of its level in (freq / turns)^2: of the numerator from the constant
    on, then of the denominator, whose constant is 1. Corner, damping, and the shares of lowpass, bandpass and highpass.
    """
    corner = corner_coefficient(turns, 1.0)
    t, u, v, w = tangents(places, corner)
    h, i, j, k = (
        level(analogue, places[0] / turns),
        level(analogue, places[1] / turns),
        level(analogue, places[2] / turns),
        level(analogue, places[3] / turns),
    )
    zero = analogue[0]
    # n u + m u^2 - p h u - q h u^2 = h - zero; divided by u, less that of the first place, divided by the distance:
    least = (h - zero) / t
    a, d, x = (i - h) / (u - t), (i * u - h * t) / (u - t), ((i - zero) / u - least) / (u - t)
    b, e, y = (j - h) / (v - t), (j * v - h * t) / (v - t), ((j - zero) / v - least) / (v - t)
    c, f, z = (k - h) / (w - t), (k * w - h * t) / (w - t), ((k - zero) / w - least) / (w - t)
    whole = (a - c) * (e - f) - (b - c) * (d - f)
    first = ((z - x) * (e - f) - (z - y) * (d - f)) / whole
    second = ((a - c) * (z - y) - (b - c) * (z - x)) / whole
    top = z + first * c + second * f
    middle = least - top * t + first * h + second * h * t

    scale = 1.0 / math.sqrt(second)
    low, high = math.sqrt(zero), math.sqrt(top) * scale
    damping = math.sqrt(first * scale + 2.0)
    band = math.sqrt(max(middle * scale + 2.0 * low * high, 0.0))
    return corner * math.sqrt(scale), damping, low, band, high


def tangents(places, corner):
    """The squares of the tangents, beside that of the corner."""
    a, b = corner_coefficient(places[0], 1.0) / corner, corner_coefficient(places[1], 1.0) / corner
    c, d = corner_coefficient(places[2], 1.0) / corner, corner_coefficient(places[3], 1.0) / corner
    return a * a, b * b, c * c, d * d


def added(boost, gain):
    """The shares that are added to the input for a boost, or for the inverse of it if the gain is below 0."""
    corner, damping, low, band, high = boost
    if gain < 0.0:
        scale = 1.0 / math.sqrt(low * high)
        corner, damping, low, band, high = (
            corner * low * scale,
            band * scale,
            1.0 / low,
            damping * scale,
            1.0 / high,
        )
    share = min(abs(gain) / FAINT, 1.0)
    return corner, damping, share * (low - 1.0), share * (band - damping), share * (high - 1.0)
