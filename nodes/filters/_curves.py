"""Lowpass, highpass, bandpass and notch whose curve is that of the analogue filter, for a cutoff that may move.

`Best` is what a `filter` with `quality: best` plays. A stage has the poles of the analogue filter, exp(s) for each of
its s: for the charges of the integrators these are two sums and a square root. The zeros are those that give its level:

    lowpass   1 + a p + b p^2      bandpass   a p + b p^2      highpass   b p^2      notch   1 + b p^2

over 1 + damping p + p^2, where p is j times the tangent of a frequency over that of the corner. Their shares are
polynomials in the corner and the damping, fitted so that the largest distance from the analogue filter is as small as
it can be. A highpass has the slope of the analogue one, and its height is fitted. A notch has its zero at the cutoff;
its poles are moved instead.

(Vicanek: Matched second order digital filters, 2016; Simper: Solving the continuous SVF equations using trapezoidal
integration and equivalent currents, 2013.)
"""

import math
from typing import ClassVar

from waves.dsp.maths import clip, finite
from waves.node import BLOCK, Node, Signal, param

from ._stages import BLUNT, MARGIN, SHARP, SHORT, Charges, Response, level, resonance

LOWEST = 1e-12  # Hz
LOUDEST = 1.08  # of a highpass at its corner, beside the analogue one: a bound for a cutoff above 16 kHz


class Best(Node):
    """The filter of `quality: best`."""

    called: ClassVar[str] = "filter"

    signal: Signal = param(description="The sound to be filtered.")
    type: Response = param("lowpass", words=SHORT, description="Lowpass, highpass, bandpass or notch.")
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="-3 dB point, or centre.")
    peak: Signal = param(0.0, unit="position", minimum=-1.0, maximum=1.0, description="Resonance.")
    slope: int = param(12, unit="dB", minimum=12, maximum=24, description="Per octave.")

    constant = ("cutoff", "peak")
    scratch = 6

    class state(Charges):
        pass

    @staticmethod
    def render(out, signal, type, cutoff, peak, slope, state, rate, work):
        size = out.size
        fixed, part = 0.0, 1.0  # Q of the first stage: what is added, and what of that of the filter
        if slope == 24 and type != Response.bandpass:
            fixed, part = BLUNT, 0.0
        balanced = 0.0 if type == Response.notch else 1.0
        for i in range(size):
            work[i] = finite(signal[i], 0.0)
        state.first, state.second = curved(
            out, type, cutoff, peak, fixed, part, balanced, work, rate, state.first, state.second
        )
        if slope == 24:
            for i in range(size):
                work[i] = out[i]
            part = 1.0 if type == Response.bandpass else SHARP
            state.third, state.fourth = curved(
                out, type, cutoff, peak, 0.0, part, 0.0, work, rate, state.third, state.fourth
            )


def curved(out, type, cutoff, peak, fixed, part, balanced, work, rate, first, second):
    """One stage of what stands in `work` from 0 on: `out`, and the charges behind it.

    Its Q is `fixed`, and `part` of that of the filter; `balanced` is 1 if it has the gain for its resonance, else 0.
    """
    highest = 0.5 * rate - MARGIN
    turn = math.pi / rate
    if type == Response.lowpass:
        for i in range(out.size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            v = x * x
            damping = 1.0 / (fixed + part * resonance(peak[i]))
            square, back, side, fall = set_poles(out, work, i, x, damping)
            each = 1.0 / (side * back)
            high = square * v * each * side * (0.514 - 0.0081 * damping + v * (0.1209 * damping - 0.1496))
            band = side * side * each * (1.5635 - 0.0111 * damping + v * (0.1317 * damping - 0.1724))
            set_shares(work, i, high, band - high * fall * each * back, 1.0, balanced, peak[i])
    elif type == Response.highpass:
        for i in range(out.size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            sharp = fixed + part * resonance(peak[i])
            damping = 1.0 / sharp
            square, back, side, fall = set_poles(out, work, i, x, damping)
            each = 1.0 / (side * back)
            ring = fall * each * back
            high = square * each * side * (1.0 + x * x * (0.045 * damping - 0.0617))
            high = min(high, LOUDEST * ring * sharp)
            set_shares(work, i, high, -high * ring, 0.0, balanced, peak[i])
    elif type == Response.bandpass:
        for i in range(out.size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            v = x * x
            damping = 1.0 / (fixed + part * resonance(peak[i]))
            square, back, side, fall = set_poles(out, work, i, x, damping)
            each = fall / (side * back)
            high = 0.7568 + v * (0.0968 * damping - 0.3816 + v * (0.0059 * damping + 0.0452))
            high *= each * side
            band = 1.0 + v * (0.0234 * damping - 0.3201 + v * 0.034)
            set_shares(work, i, high, each * back * (band - high), 0.0, balanced, peak[i])
    else:
        for i in range(out.size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            v = x * x
            damping = 1.0 / (fixed + part * resonance(peak[i]))
            thick = v * damping
            moved = 1.0 + thick * thick * (0.0111 + 0.0246 * damping)
            square, back, side, fall = set_poles(
                out, work, i, x * moved, damping * (1.0 + thick * (0.0568 * damping - 0.1136))
            )
            across = over(v)
            across *= across
            each = 1.0 / (side * back * across)
            high = square * moved * moved * (1.0 - v * across) * each * side
            set_shares(work, i, high, -high * fall * each * back * across, 1.0, 0.0, 0.0)
    for i in range(out.size):
        sound = work[i]
        side = work[BLOCK + i]
        moved = work[2 * BLOCK + i]
        next = out[i] * first + side * (sound - second)
        other = side * first + ((1.0 - moved) * second + moved * sound)
        band = 0.5 * (first + next)
        low = 0.5 * (second + other)
        out[i] = work[3 * BLOCK + i] * sound + work[4 * BLOCK + i] * band + work[5 * BLOCK + i] * low
        first = next
        second = other
    return finite(first, 0.0), finite(second, 0.0)


def set_poles(out, work, i, x, damping):
    """The factors of the recursion for a frame, with the poles of the analogue filter.

    `x` is pi times the cutoff per frame. The numbers of the filter: `square`, times x^2 the part of the input that
    reaches the second charge; what of it comes `back`; the part that goes from one charge to the `side`; the `fall` of
    both in a frame.
    """
    half = 0.5 * damping
    turned = math.sqrt(max(1.0 - half * half, 0.0))
    y = x * half
    part = half * (0.99997542 + y * (-0.49932354 + y * (0.16351087 + y * (-0.03624785 + y * 0.00421681))))
    lost = x * part  # 1 - exp(-y)
    fallen = part * (2.0 - lost)
    lost *= 2.0 - lost
    rest = 1.0 - lost
    across = turned * over(x * x * turned * turned)
    square = 0.5 * fallen * fallen + 2.0 * rest * across * across
    moved = square * x * x
    back = 1.0 + rest * rest - moved
    side = math.sqrt(moved * back)
    out[i] = rest * rest - moved
    work[BLOCK + i] = side
    work[2 * BLOCK + i] = moved
    return square, back, side, lost * (2.0 - lost)


def set_shares(work, i, high, band, low, balanced, peak):
    """The shares of the input, of the band and of the low in what is heard of a frame."""
    gain = 1.0 - balanced + balanced * level(1.0 / resonance(peak))
    work[3 * BLOCK + i] = gain * high
    work[4 * BLOCK + i] = gain * band
    work[5 * BLOCK + i] = gain * (low - high)


def over(v):
    """sin(x) / x for x^2, up to a quarter of a turn: relative error below 1e-6 (minimax fit)."""
    return 0.999999061 + v * (-0.166655541 + v * (0.00831189980 - 0.000184881403 * v))
