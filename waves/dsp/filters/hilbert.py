"""A Hilbert transform by allpass filters: two signals of the same level, a quarter of a turn apart at each frequency.

    re, im = analytic(x, state.pair)             # Floats[33]

As a complex number they have no negative frequencies: those are down by 84 dB, from 0.00034 of the rate (15 Hz at
44.1 kHz) to as far below half of it. Each level is kept exactly, at all frequencies; the phase is not. So a pulse is
spread in the bass: the group delay is 54 frames at 0.01 of the rate and 247 at 0.002, at 44.1 kHz 1.2 ms at 441 Hz
and 5.6 ms at 88 Hz.

(Valenzuela, Constantinides: Digital signal processing schemes for efficient interpolation and decimation, 1983: a
half-band filter, turned by a quarter of the rate; Regalia, Mitra: Quadrature mirror Hilbert transformers, 1986.)
"""

from __future__ import annotations

from typing import Any

FIRST = (
    *(0.050370749749330784, 0.3537118031755243, 0.6641557696326911, 0.8490084656333877),
    *(0.9365216669572806, 0.9741747107846677, 0.9899165806187001, 0.9968428524771521),
)
SECOND = (
    *(0.1826222172336804, 0.5223044237803817, 0.7720827175734291, 0.9015687225365232),
    *(0.9593756864152955, 0.9837251007243923, 0.9940073114381653, 0.9990159431336818),
)


def analytic(x: float, state: Any, at: int = 0) -> tuple[float, float]:
    """The real and the imaginary part of the frame `x` without negative frequencies, with the 33 numbers of `state`."""
    return quadrature(x, x, state, at)


def quadrature(x: float, y: float, state: Any, at: int = 0) -> tuple[float, float]:
    """The frame `x` as it is, and the frame `y` a quarter of a turn later, with the 33 numbers of `state` from `at`.

    Of a complex number with the parts `x` and `y`, half the sum of both is the real part of its negative frequencies,
    and half the difference that of its positive ones.
    """
    late: float = state[at + 32]
    state[at + 32] = _path(y, SECOND, state, at + 16)
    return _path(x, FIRST, state, at), late


def _path(x: float, coefficients: tuple[float, ...], state: Any, at: int) -> float:
    """The frame `x` through eight allpass filters of the second order, with the 16 numbers of `state` from `at`."""
    for k in range(8):
        kept = x + coefficients[k] * state[at + 2 * k + 1]
        x = coefficients[k] * kept - state[at + 2 * k + 1]
        state[at + 2 * k + 1] = state[at + 2 * k]
        state[at + 2 * k] = kept
    return x
