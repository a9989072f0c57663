"""Exponentials, logarithms, powers and tanh, cheap and without branches: loops compile to vector instructions.

Each is a polynomial on a small range, and the exponent of the number. (Muller: Elementary functions, 2016, on range
reduction; the coefficients are Chebyshev fits.)
"""

from __future__ import annotations

import math

from waves.dsp.maths import clip, exponent, power_of_two, rint

LARGEST_POWER = 1000.0  # of 2
SMALLEST, LARGEST = 1e-300, 1e300
OCTAVE = math.log(2.0)  # nepers
PER_NEPER = 1.0 / OCTAVE  # octaves


def exp2(x: float) -> float:
    """2^x, relative error below 1e-15; `x` is held within -1000 to 1000, and NaN counts as -1000."""
    x = clip(x, -LARGEST_POWER, LARGEST_POWER)
    n = rint(x)
    return power_of_two(n) * (1.0 + _growth(x - n))


def exp(x: float) -> float:
    """e^x, relative error below (6 + |x|) 2e-16; `x` is held within -693 to 693, and NaN counts as -693."""
    x = clip(x, -LARGEST_POWER / PER_NEPER, LARGEST_POWER / PER_NEPER)
    n = rint(x * PER_NEPER)
    return power_of_two(n) * (1.0 + _growth((x - n * OCTAVE) * PER_NEPER))


def expm1(x: float) -> float:
    """e^x - 1, relative error below 2e-15 + 2e-16 |x|, also near 0; `x` is held within -693 to 693, NaN is -693."""
    x = clip(x, -LARGEST_POWER / PER_NEPER, LARGEST_POWER / PER_NEPER)
    n = rint(x * PER_NEPER)
    power = power_of_two(n)
    return power * _growth((x - n * OCTAVE) * PER_NEPER) + (power - 1.0)


def _growth(x: float) -> float:
    """2^x - 1 for `x` from -0.5 to 0.5, relative error below 2e-15 (Chebyshev fit)."""
    z = x * x  # in pairs: a chain of ten products would be twice as long to wait for
    first = 0.6931471805599462 + 0.24022650695910075 * x
    second = 0.05550410866465167 + 0.009618129107618665 * x
    third = 0.0013333558200794592 + 0.00015403530424776529 * x
    fourth = 1.5252672924850737e-05 + 1.3215451633221434e-06 * x
    fifth = 1.0205905413765595e-07 + 7.070977866508138e-09 * x
    return x * (first + second * z + (third + (fourth + fifth * z) * z) * (z * z))


def log2(x: float) -> float:
    """The logarithm of `x` to base 2, relative error below 1e-15, also near 1.

    `x` is held within 1e-300 to 1e300; NaN and all that is not positive count as 1e-300.
    """
    x = clip(x, SMALLEST, LARGEST)
    n = exponent(x)
    x = x * power_of_two(-n)
    s = (x - 1.0) / (x + 1.0)
    z = s * s
    low = 0.9617966939243245 + 0.5770780172508729 * z
    high = 0.4121984013068434 + 0.3206164421244846 * z + (0.26144245557136553 + 0.24293824606326322 * z) * (z * z)
    return n + s * (2.885390081777927 + z * (low + high * (z * z)))


def log(x: float) -> float:
    """The natural logarithm of `x`, with the errors and the range of `log2`."""
    return log2(x) / PER_NEPER


def power(base: float, x: float) -> float:
    """`base` to the power of `x`, relative error below (4 + |x log2 base|) 5e-16, in the ranges of `log2` and `exp2`.

    A base that is not positive counts as 1e-300.
    """
    return exp2(x * log2(base))


def tanh(x: float) -> float:
    """The hyperbolic tangent of `x`, relative error below 5e-15, within -1 to 1; NaN counts as -20."""
    e = expm1(2.0 * clip(x, -20.0, 20.0))
    return e / (e + 2.0)
