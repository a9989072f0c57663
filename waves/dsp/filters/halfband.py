"""Half-band filters, to run a part of a kernel at twice the rate: `up` before it, `down` behind.

    a, b = up(x, state.up)                       # both Floats[8]
    out[i] = down(tanh(a), tanh(b), state.down)

Each is eight allpass filters in two paths, elliptic:

- pass band, to 0.4535 of the rate (20 kHz at 44.1 kHz): within 1e-6 dB
- stop band, from 0.5465 of the rate (24.1 kHz): -104 dB
- latency, the group delay of `up`: 1.84 frames to 0.02 of the rate, 2.4 at 0.23, 8.8 at 0.4535; of `up` and `down`
  together: 3.18, 4.3, 17.2

(Valenzuela, Constantinides: Digital signal processing schemes for efficient interpolation and decimation, 1983.)
"""

from __future__ import annotations

from typing import Any

from waves.dsp.filters.allpass import allpass

EVEN = (0.037365116712056175, 0.2813460114038552, 0.5844611708405284, 0.8345820435003801)
ODD = (0.1393618247993496, 0.4362618268483417, 0.7170654296993825, 0.9443040688885815)


def up(x: float, state: Any, at: int = 0) -> tuple[float, float]:
    """The two frames at twice the rate that follow from the frame `x`, with the 8 numbers of `state` from `at`.

    The image in the stop band is down by 104 dB.
    """
    return _path(x, EVEN, state, at), _path(x, ODD, state, at + 4)


def down(first: float, second: float, state: Any, at: int = 0) -> float:
    """The frame that two frames at twice the rate become, with the 8 numbers of `state` from `at`.

    What is in the stop band comes back as an alias that is down by 104 dB.
    """
    return 0.5 * (_path(second, EVEN, state, at) + _path(first, ODD, state, at + 4))


def _path(x: float, coefficients: tuple[float, float, float, float], state: Any, at: int) -> float:
    """The frame `x` through four allpass filters, one after the other, with the 4 numbers of `state` from `at`."""
    a, b, c, d = coefficients
    return allpass(allpass(allpass(allpass(x, a, state, at), b, state, at + 1), c, state, at + 2), d, state, at + 3)
