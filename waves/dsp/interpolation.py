"""Interpolation between frames: one to four of them and a part of a frame in, a number out."""

from __future__ import annotations


def linear(b: float, c: float, part: float) -> float:
    """The straight line from `b` to `c`; `part` is the place from 0 at `b` to 1 at `c`. Exact for straight lines."""
    return b + part * (c - b)


def hermite(a: float, b: float, c: float, d: float, part: float) -> float:
    """The cubic from `b` to `c` with the slopes of their neighbours (Catmull-Rom); exact for parabolas.

    `part` is the place from 0 at `b` to 1 at `c`; no corners at the frames. (Niemitalo: Polynomial interpolators for
    high-quality resampling of oversampled audio, 2001.)
    """
    slope = 0.5 * (c - a)
    bend = a - 2.5 * b + 2.0 * c - 0.5 * d
    twist = 0.5 * (d - a) + 1.5 * (b - c)
    return b + part * (slope + part * (bend + part * twist))


def lagrange(a: float, b: float, c: float, d: float, part: float) -> float:
    """The cubic through all four frames; `part` is the place from 0 at `b` to 1 at `c`. Exact for cubics.

    The flattest response at low frequencies of all with four frames, so the one for a delay in a loop. (Laakso,
    Välimäki, Karjalainen, Laine: Splitting the unit delay, 1996.)
    """
    before, behind = part + 1.0, part - 1.0
    last = part - 2.0
    outer = part * behind * (d * before - a * last)
    inner = before * last * (b * behind - c * part)
    return outer / 6.0 + 0.5 * inner
