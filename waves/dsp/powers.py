"""Exponentials, logarithms, powers and tanh, cheap and without branches: loops compile to vector instructions.

Each is a polynomial on a small range, and the exponent of the number. (Muller: Elementary functions, 2016, on range
reduction; the coefficients are minimax fits.)
"""

from __future__ import annotations

import math

from waves.dsp.maths import clip, exponent, power_of_two, rint

LARGEST_POWER = 1000.0  # of 2
SMALLEST, LARGEST = 1e-300, 1e300
PER_NEPER = 1.0 / math.log(2.0)  # octaves


def exp2(x: float) -> float:
    """2^x, relative error below 5e-12; `x` is held within -1000 to 1000, and NaN counts as -1000."""
    x = clip(x, -LARGEST_POWER, LARGEST_POWER)
    n = rint(x)
    return power_of_two(n) * (1.0 + _growth(x - n))


def exp(x: float) -> float:
    """e^x, relative error below 5e-12; `x` is held within -693 to 693, and NaN counts as -693."""
    return exp2(x * PER_NEPER)


def expm1(x: float) -> float:
    """e^x - 1, relative error below 1e-11 also near 0; `x` is held within -693 to 693, and NaN counts as -693."""
    x = clip(x * PER_NEPER, -LARGEST_POWER, LARGEST_POWER)
    n = rint(x)
    power = power_of_two(n)
    return power * _growth(x - n) + (power - 1.0)


def _growth(x: float) -> float:
    """2^x - 1 for `x` from -0.5 to 0.5, relative error below 5e-12 (minimax fit)."""
    z = x * x  # in pairs: a chain of eight products would be twice as long to wait for
    first = 0.6931471805568765 + 0.24022650696489667 * x
    second = 0.05550410906005656 + 0.009618128942460696 * x
    third = 0.0013333478815646571 + 0.00015403629619972087 * x
    fourth = 1.530360948053518e-05 + 1.321547262714921e-06 * x
    return x * (first + second * z + (third + fourth * z) * (z * z))


def log2(x: float) -> float:
    """The logarithm of `x` to base 2, error below 2.5e-12; for `x` from 0.71 to 1.41 also below 5e-12 of the result.

    `x` is held within 1e-300 to 1e300; NaN and all that is not positive count as 1e-300.
    """
    x = clip(x, SMALLEST, LARGEST)
    n = exponent(x)
    x = x * power_of_two(-n)
    s = (x - 1.0) / (x + 1.0)
    z = s * s
    high = 0.5770835832915372 + z * (0.411672825258701 + z * 0.3407280430297091)
    return n + s * (2.88539008179008 + z * (0.9617966733499808 + z * high))


def log(x: float) -> float:
    """The natural logarithm of `x`, with the errors and the range of `log2`."""
    return log2(x) / PER_NEPER


def power(base: float, x: float) -> float:
    """`base` to the power of `x`, relative error below (5 + 2 |x|) 1e-12, with the ranges of `log2` and `exp2`.

    A base that is not positive counts as 1e-300.
    """
    return exp2(x * log2(base))


def tanh(x: float) -> float:
    """The hyperbolic tangent of `x`, relative error below 1e-11, within -1 to 1; NaN counts as -20."""
    e = expm1(2.0 * clip(x, -20.0, 20.0))
    return e / (e + 2.0)
