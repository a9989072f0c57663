"""Fourier transform of real numbers, in place: `size` numbers become `size` / 2 + 1 partials, and the other way round.

The partials stand in the same memory: first the two that are real, 0 and `size` / 2, then real and imaginary part of 1,
2, 3 and so on. `size` is a power of two from 4 to 131072. `table` is made by `fft_table` in `prepare`.

A transform is made of `fft_units(size)` units of about the same cost. `fft` makes all of them at once. A node that must
not cost more in one block than in another makes some in each block with `fft_part`: all from 0 on, in order.

(Cooley, Tukey: An algorithm for the machine calculation of complex Fourier series, 1965; Sorensen, Jones, Heideman,
Burrus: Real-valued fast Fourier transform algorithms, 1987.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def fft_table(size: int) -> np.ndarray[Any, Any]:
    """The table of a transform of `size` numbers, `size` float64: for `prepare`, not for kernels."""
    turns = np.arange(size // 2) / size
    return np.column_stack([np.cos(math.tau * turns), -np.sin(math.tau * turns)]).ravel()


def fft_units(size: int) -> int:
    """The number of units that a transform of `size` numbers is made of, either way."""
    units = 2
    while 1 << units < size:
        units += 1
    return (units + 1) * (size // 4)


def fft(x: Any, table: Any, size: int, at: int = 0) -> None:
    """Makes partials of `size` numbers of `x` from `at`; error below 1e-15 log2(size) of the largest partial."""
    fft_part(x, table, size, 0, fft_units(size), at)


def inverse_fft(x: Any, table: Any, size: int, at: int = 0) -> None:
    """Makes numbers of the partials in `x` from `at`: those that `fft` made them of; error as there."""
    inverse_fft_part(x, table, size, 0, fft_units(size), at)


def fft_part(x: Any, table: Any, size: int, begin: int, end: int, at: int = 0) -> None:
    """Does the units from `begin` to before `end` of an `fft`."""
    quarter = size // 4
    last_stage = fft_units(size) // quarter - 1
    while begin < end:
        stage = begin // quarter
        first = begin - stage * quarter
        last = min(end - stage * quarter, quarter)
        if stage == 0:
            _reverse(x, size, first, last, at)
        elif stage < last_stage:
            _butterflies(x, table, size, 1 << (stage - 1), 1.0, first, last, at)
        else:
            _separate(x, table, size, first, last, at)
        begin = stage * quarter + last


def inverse_fft_part(x: Any, table: Any, size: int, begin: int, end: int, at: int = 0) -> None:
    """Does the units from `begin` to before `end` of an `inverse_fft`."""
    quarter = size // 4
    while begin < end:
        stage = begin // quarter
        first = begin - stage * quarter
        last = min(end - stage * quarter, quarter)
        if stage == 0:
            _join(x, table, size, first, last, at)
        elif stage == 1:
            _reverse(x, size, first, last, at)
        else:
            _butterflies(x, table, size, 1 << (stage - 2), -1.0, first, last, at)
        begin = stage * quarter + last


def add_product(total: Any, a: Any, b: Any, size: int, total_at: int = 0, a_at: int = 0, b_at: int = 0) -> None:
    """Adds the product of the partials in `a` and `b` to those in `total`: a convolution of what they were made of.

    Each has `size` numbers, from its place on. The convolution is circular: numbers behind the end come back in front.
    """
    total[total_at] += a[a_at] * b[b_at]
    total[total_at + 1] += a[a_at + 1] * b[b_at + 1]
    for k in range(1, size // 2):
        a_re = a[a_at + 2 * k]
        a_im = a[a_at + 2 * k + 1]
        b_re = b[b_at + 2 * k]
        b_im = b[b_at + 2 * k + 1]
        total[total_at + 2 * k] += a_re * b_re - a_im * b_im
        total[total_at + 2 * k + 1] += a_re * b_im + a_im * b_re


def _reversed_bits(k: int, size: int) -> int:
    """The bits of `k` in reverse, where `size` is the power of two above all `k`, at most 2^16."""
    k = ((k & 0x5555) << 1) | ((k >> 1) & 0x5555)
    k = ((k & 0x3333) << 2) | ((k >> 2) & 0x3333)
    k = ((k & 0x0F0F) << 4) | ((k >> 4) & 0x0F0F)
    k = ((k & 0x00FF) << 8) | (k >> 8)
    return k * size >> 16


def _reverse(x: Any, size: int, first: int, last: int, at: int) -> None:
    """Exchanges pairs of numbers whose places have reversed bits; a unit does two places."""
    pairs = size // 2
    for unit in range(first, last):
        for k in (unit, unit + pairs // 2):
            other = _reversed_bits(k, pairs)
            if k < other:
                a = at + 2 * k
                b = at + 2 * other
                re = x[a]
                im = x[a + 1]
                x[a] = x[b]
                x[a + 1] = x[b + 1]
                x[b] = re
                x[b + 1] = im


def _butterflies(x: Any, table: Any, size: int, half: int, sign: float, first: int, last: int, at: int) -> None:
    """One stage: joins transforms of `half` pairs two by two; `sign` is -1 for the inverse one."""
    stride = size // half
    while first < last:
        j = first & (half - 1)
        a = at + 4 * (first - j) + 2 * j
        b = a + 2 * half
        count = min(half - j, last - first)
        for k in range(count):
            w_re = table[(j + k) * stride]
            w_im = sign * table[(j + k) * stride + 1]
            re = x[b + 2 * k] * w_re - x[b + 2 * k + 1] * w_im
            im = x[b + 2 * k] * w_im + x[b + 2 * k + 1] * w_re
            x[b + 2 * k] = x[a + 2 * k] - re
            x[b + 2 * k + 1] = x[a + 2 * k + 1] - im
            x[a + 2 * k] += re
            x[a + 2 * k + 1] += im
        first += count


def _separate(x: Any, table: Any, size: int, first: int, last: int, at: int) -> None:
    """Makes the partials of all numbers from those of pairs of numbers that were taken as complex ones."""
    for k in range(first, last):
        a = at + 2 * k
        b = at + size - 2 * k
        if k == 0:
            re = x[a]
            x[a] = re + x[a + 1]
            x[a + 1] = re - x[a + 1]
            x[at + size // 2 + 1] = -x[at + size // 2 + 1]
        else:
            even_re = 0.5 * (x[a] + x[b])
            even_im = 0.5 * (x[a + 1] - x[b + 1])
            odd_re = 0.5 * (x[a + 1] + x[b + 1])
            odd_im = 0.5 * (x[b] - x[a])
            re = odd_re * table[2 * k] - odd_im * table[2 * k + 1]
            im = odd_re * table[2 * k + 1] + odd_im * table[2 * k]
            x[a] = even_re + re
            x[a + 1] = even_im + im
            x[b] = even_re - re
            x[b + 1] = im - even_im


def _join(x: Any, table: Any, size: int, first: int, last: int, at: int) -> None:
    """The inverse of `_separate`, which also divides by the number of pairs."""
    scale = 1.0 / size
    for k in range(first, last):
        a = at + 2 * k
        b = at + size - 2 * k
        if k == 0:
            re = x[a]
            x[a] = scale * (re + x[a + 1])
            x[a + 1] = scale * (re - x[a + 1])
            x[at + size // 2] *= 2.0 * scale
            x[at + size // 2 + 1] *= -2.0 * scale
        else:
            even_re = scale * (x[a] + x[b])
            even_im = scale * (x[a + 1] - x[b + 1])
            re = scale * (x[a] - x[b])
            im = scale * (x[a + 1] + x[b + 1])
            odd_re = re * table[2 * k] + im * table[2 * k + 1]
            odd_im = im * table[2 * k] - re * table[2 * k + 1]
            x[a] = even_re - odd_im
            x[a + 1] = even_im + odd_re
            x[b] = even_re + odd_im
            x[b + 1] = odd_re - even_im
