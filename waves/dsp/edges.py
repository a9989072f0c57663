"""Band-limited steps and corners: saw, square and triangle of a phase, and the corrections that smooth them.

The corrections replace a step by the integral of the cubic B-spline over four frames, and a corner by the integral of
that. The spline is not negative, so nothing overshoots, and it is down by 49 dB at 34 kHz, from where a rate of
44.1 kHz folds to 10 kHz. So partials are lower by its response, sinc^4: by 3 dB at 10 kHz.

(Välimäki, Pekonen, Nam: Perceptually informed synthesis of bandlimited classical waveforms using integrated polynomial
interpolation, 2012; Esqueda, Välimäki, Bilbao: Rounding corners with BLAMP, 2016.)
"""

from __future__ import annotations

from waves.dsp.maths import turn


def saw(phase: float, step: float, sharp: float = 0.0) -> float:
    """A saw that rises from -1 to 1, smoothed where `step` is above `sharp`.

    `phase` is in turns, 0 <= phase < 1; `step` and `sharp` are in turns per frame, `step` from 0 to 0.5.
    """
    return 2.0 * phase - 1.0 - (2.0 * edge(phase, step) if step > sharp else 0.0)


def square(phase: float, width: float, step: float, sharp: float = 0.0) -> float:
    """A square wave, 1 for `width` turns from phase 0 and then -1, smoothed where `step` is above `sharp`.

    `phase` and `width` are in turns, from 0 to 1; `step` and `sharp` are in turns per frame, `step` from 0 to 0.5.
    """
    bend = edge(phase, step) - edge(turn(phase - width), step)
    return (1.0 if phase < width else -1.0) + (2.0 * bend if step > sharp else 0.0)


def triangle(phase: float, step: float, sharp: float = 0.0) -> float:
    """A triangle that rises from -1 at phase 0 to 1 at phase 0.5, smoothed where `step` is above `sharp`.

    `phase` is in turns, 0 <= phase < 1; `step` and `sharp` are in turns per frame, `step` from 0 to 0.5.
    """
    bend = corner(phase, step) - corner(turn(phase + 0.5), step)
    return 1.0 - 4.0 * abs(phase - 0.5) + (8.0 * step * bend if step > sharp else 0.0)


def edge(phase: float, step: float) -> float:
    """The correction that smooths a step of height 1 at phase 0; 0 <= phase < 1, `step` turns per frame.

    Exact up to half a turn per frame.
    """
    scale = 1.0 / max(step, 1e-9)
    behind = phase * scale
    ahead = (1.0 - phase) * scale
    return step_tail(ahead) - step_tail(behind)


def step_tail(distance: float) -> float:
    """The integral of the cubic B-spline from a distance, in frames, to its end."""
    u = max(2.0 - distance, 0.0)
    v = max(1.0 - distance, 0.0)
    return (u * u * u * u - 4.0 * v * v * v * v) / 24.0


def corner(phase: float, step: float) -> float:
    """The correction that smooths a corner at phase 0 where the slope grows by 1 per frame; arguments as of `edge`."""
    scale = 1.0 / max(step, 1e-9)
    return corner_tail(phase * scale) + corner_tail((1.0 - phase) * scale)


def corner_tail(distance: float) -> float:
    """The integral of `step_tail` from a distance, in frames, on."""
    u = max(2.0 - distance, 0.0)
    v = max(1.0 - distance, 0.0)
    return (u * u * u * u * u - 4.0 * v * v * v * v * v) / 120.0
