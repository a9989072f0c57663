"""Windows as functions of a phase: 0 at their two ends, phase 0 and 1, and outside, and 1 in the middle.

Each error is below 1e-10. (Harris: On the use of windows for harmonic analysis with the discrete Fourier transform,
1978; Nuttall: Some windows with very good sidelobe behavior, 1981.)
"""

from __future__ import annotations

from waves.dsp.maths import clip, sine


def hann(phase: float) -> float:
    """The Hann window, a raised cosine; `phase` in turns. Two of them, half a window apart, add up to 1."""
    s = sine(0.5 * clip(phase, 0.0, 1.0))
    return s * s


def blackman(phase: float) -> float:
    """The Blackman window, whose side lobes are below -58 dB; `phase` in turns."""
    c = sine(clip(phase, 0.0, 1.0) + 0.25)
    return 0.34 - 0.5 * c + 0.16 * c * c


def nuttall(phase: float) -> float:
    """The Nuttall window with a continuous slope, whose side lobes are below -93 dB; `phase` in turns."""
    c = sine(clip(phase, 0.0, 1.0) + 0.25)
    z = 2.0 * c * c - 1.0
    return 0.355768 - 0.487396 * c + 0.144232 * z - 0.012604 * c * (2.0 * z - 1.0)


def tukey(phase: float, slope: float) -> float:
    """The Tukey window, flat between two slopes; `phase` in turns, `slope` the part of one, held within 1e-6 to 0.5."""
    end = min(phase, 1.0 - phase) if phase == phase else 0.0
    return hann(clip(0.5 * end / clip(slope, 1e-6, 0.5), 0.0, 0.5))
