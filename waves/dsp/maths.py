"""Arithmetic that kernels share: plain functions of numbers that compile to vector instructions."""

from __future__ import annotations

import math

CURVE = 5.0
CURVE_END = math.exp(-CURVE)
LONGEST_FADE = 1e6  # s
SILENCE = 10 ** (-90 / 20)  # factor; a tail that stays below it has ended
SQRT_HALF = math.sqrt(0.5)
STEP = 2.0**-47  # turns: sums of up to 64 multiples of it below a turn are exact, in any order


def floor(x: float) -> float:
    """The largest whole number that is not above `x`; `x` where it is not finite."""
    return float(math.floor(x)) if abs(x) < math.inf else x  # compiled: one instruction


def rint(x: float) -> float:
    """The whole number nearest to `x`, an even one for a half; `x` where it is not finite."""
    return float(round(x)) if abs(x) < math.inf else x  # compiled: one instruction


def power_of_two(x: float) -> float:
    """2^x for a whole number from -1022 to 1023, exactly; any number for another `x`."""
    return math.ldexp(1.0, int(x)) if abs(x) < 1024.0 else 0.0  # compiled: the bits of the exponent


def exponent(x: float) -> float:
    """The whole number n by which `x` / 2^n is from 0.707 to 1.414; any number for `x` outside 1e-300 to 1e300."""
    part, n = math.frexp(x)
    return float(n if part >= SQRT_HALF else n - 1)  # compiled: the bits of the exponent


def is_constant(signal: object) -> bool:
    """Whether an input that `constant` names is one number; what stands behind it is compiled for such a one alone."""
    return False  # compiled: known before


def clip(x: float, low: float, high: float) -> float:
    """`x` within bounds; NaN becomes `low`."""
    x = x if x > low else low
    return x if x < high else high


def finite(x: float, instead: float) -> float:
    """`x`, or another number where `x` is NaN or too large to calculate with."""
    return x if abs(x) < 1e30 else instead


def finite_index(x: float, size: int) -> int:
    """The index below `size` nearest to the floor of `x`; 0 for NaN."""
    return int(clip(x, 0.0, size - 1.0))


def frames(seconds: float, rate: float) -> float:
    """Seconds as a whole number of frames; infinity and NaN are more than any counter reaches."""
    product = seconds * rate
    return rint(product) if abs(product) < 1e15 else (-1e15 if product < 0.0 else 1e15)


def turn(x: float) -> float:
    """Fraction of a turn, 0 <= result < 1, for any finite `x`."""
    x = x - floor(x)
    return x if x < 1.0 else 0.0


def increment(freq: float, rate: float) -> float:
    """Turns per frame within half a turn, on the grid of `STEP`; 0 where `freq` is not finite.

    On the grid the sum of a block is exact, so the phase does not depend on how frames are grouped.
    """
    x = finite(freq / rate, 0.0)
    return rint((x - rint(x)) / STEP) * STEP


def turns(radians: float) -> float:
    """Radians as turns, on the grid of `STEP`; 0 where they are not finite."""
    return rint(finite(radians, 0.0) * (1.0 / math.tau / STEP)) * STEP


def sine(turns: float) -> float:
    """sin(2 pi turns), error below 2e-11; never beyond -1..1 by more than that."""
    return arch(turns - rint(turns))


def arch(x: float) -> float:
    """sin(2 pi x) for `x` from -0.5 to 0.5 turns, error below 2e-11 (minimax fit); cheaper than `sine`."""
    z = x * x
    high = 38.512605502884185 + z * (-14.178890878632956 + z * (3.621704539097891 - 0.6142791553183997 * z))
    low = -25.13274122717764 + z * (64.83584375853141 + z * (-67.077605663275 + z * high))
    return x * (z - 0.25) * low


def fade_frames(seconds: float, rate: float) -> float:
    """The time of a fade as a whole number of frames: 0 for NaN or a time below 0, at most `LONGEST_FADE`."""
    return frames(clip(seconds, 0.0, LONGEST_FADE), rate)


def rising(x: float) -> float:
    """1 - exp(-5 x), scaled to go from exactly 0 at 0 to exactly 1 at 1; held outside."""
    return (1.0 - math.exp(-CURVE * clip(x, 0.0, 1.0))) / (1.0 - CURVE_END)


def falling(x: float) -> float:
    """exp(-5 x), scaled to go from exactly 1 at 0 to exactly 0 at 1; held outside."""
    return (math.exp(-CURVE * clip(x, 0.0, 1.0)) - CURVE_END) / (1.0 - CURVE_END)


def falls_now(left: float, level: float, rise: float, fall: float) -> bool:
    """Whether a fade-out that its time has come for begins before the fade-in has arrived.

    `left` frames follow this one, and the next one would have `level`; the fades take `rise` and `fall` frames. The
    fade-in goes on for as long as the steeper of both slopes still leads from its level to 0 within the time left.
    """
    return left < min(rise, fall) * level


def scrambled(x: int) -> int:
    """A 32-bit hash of a 32-bit integer (lowbias32 by Chris Wellons); products fit vector instructions."""
    x &= 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def uniform(seed: int, count: int) -> float:
    """Number `count` of the stream `seed`, 0 <= result < 1."""
    return scrambled(count + scrambled(seed)) * 2.0**-32


def gaussian(seed: int, count: int) -> float:
    """Number `count` of the stream `seed`, normally distributed, sigma 1, within 6.2 sigma.

    The sum of eight 16-bit uniforms, bent by a polynomial fitted to the quantiles of the normal
    distribution. The eight are parts of products of one 32-bit hash: what is independent are the
    numbers of the stream.
    """
    a = scrambled(scrambled(count) + scrambled(seed))
    b = ((a * 0x1E3779B1) >> 20) & 0xFFFFFFFF
    c = ((a * 0x6C8E9CF5) >> 22) & 0xFFFFFFFF
    d = ((a * 0x45D9F3B3) >> 21) & 0xFFFFFFFF
    low = (a & 0xFFFF) + (b & 0xFFFF) + (c & 0xFFFF) + (d & 0xFFFF)
    high = (a >> 16) + (b >> 16) + (c >> 16) + (d >> 16)
    x = (low + high - 262140.0) * (1.5**0.5 / 65536.0)
    z = x * x
    return x * (0.9815989880414837 + z * (0.005272334444733061 + z * 0.0002520913238629229))
