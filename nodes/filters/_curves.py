"""Stages of a filter whose curve is that of the analogue filter, for a cutoff that may move.

A stage has the poles of the analogue filter, exp(s) for each of its s: for the charges of the integrators these are two
sums and a square root. The zeros are those that give its level. They are written as

    lowpass   1 + a p + b p^2      bandpass   a p + b p^2      highpass   b p^2      notch   1 + b p^2

over 1 + damping p + p^2, where p is j times the tangent of a frequency over that of the corner.

- The shares of a lowpass, a highpass and a bandpass are polynomials in the corner and the damping, fitted so that the
  largest distance from the analogue filter is as small as it can be. A highpass has the slope of the analogue one, and
  one more zero, above.
- A notch has its zero at the cutoff. Its poles give it the width and, far above, the level of the analogue one.
- A peak and a lowshelf that raise have zeros by which they have the level of the analogue one at 0 Hz and at two
  places: linear equations for the square of the level. Those of a sharp lowshelf lie where its level is lowest, and one
  more zero above gives the level there. Those that lower are the inverse of them, and a highshelf is the inverse of a
  lowshelf, by its gain louder.

(Vicanek: Matched second order digital filters, 2016; Simper: Solving the continuous SVF equations using trapezoidal
integration and equivalent currents, 2013.)
"""

import math

from waves.dsp.maths import arch, clip, finite
from waves.node import BLOCK

from ._stages import MARGIN, Response, level, resonance, root, run

LOWEST = 1e-12  # Hz
LOUDEST = 1.25  # of a highpass at its corner, beside the analogue one: a bound for a cutoff above 16 kHz
HIGH, BAND, LOW, MORE, SOUND, RING = (n * BLOCK for n in range(4, 10))  # places of shares, a zero, the input, a pole
FLAT = 0.25  # the least damping of zeros, beside that of the analogue ones
LEAST = 0.25  # the least square of the level far above of what raises


def curved(out, type, cutoff, peak, gain, fixed, part, balanced, work, rate, first, second, before):
    """One stage of what stands in `work` from `SOUND` on: `out`, and its state behind it.

    Its Q is `fixed`, and `part` of that of the filter; `balanced` is 1 if it has the gain for its resonance, else 0.
    While nothing moves, the numbers of the first frame are those of all.
    """
    size = out.size
    raised = type == Response.peak or type == Response.lowshelf or type == Response.highshelf
    moving = changes(cutoff, size) + changes(peak, size)
    if raised:
        moving += changes(gain, size)
    set_numbers(out, size if moving else 1, type, cutoff, peak, gain, fixed, part, balanced, work, rate)
    if moving:
        for i in range(size):
            work[2 * BLOCK + i] = work[i] * work[SOUND + i]
            work[3 * BLOCK + i] = work[BLOCK + i] * work[SOUND + i]
            work[BLOCK + i] = 1.0 - work[BLOCK + i]
        first, second = run(out, work, first, second)
        for i in range(size):
            out[i] = work[HIGH + i] * work[SOUND + i] + work[BAND + i] * work[i] + work[LOW + i] * work[BLOCK + i]
    else:
        high, band, low, more, ring = work[HIGH], work[BAND], work[LOW], work[MORE], work[RING]
        first, second = run_still(out, work, first, second)
        for i in range(size):
            out[i] = high * work[SOUND + i] + band * work[i] + low * work[BLOCK + i]
            work[MORE + i] = more
            work[RING + i] = ring

    if type == Response.highpass:
        work[0] = before
        for i in range(size - 1):
            work[1 + i] = out[i]
        before = out[size - 1]
        for i in range(size):
            out[i] += work[MORE + i] * work[i]
    elif type == Response.lowshelf or type == Response.highshelf:
        for i in range(size):
            sound = out[i]
            out[i] = sound + before
            before = work[MORE + i] * sound - work[RING + i] * out[i]
    return first, second, finite(before, 0.0)


def run_still(out, work, first, second):
    """`run` with the factors of the first frame for all."""
    kept, side, moved = out[0], work[0], work[BLOCK]
    stays = 1.0 - moved
    for i in range(out.size):
        x = work[SOUND + i]
        next = kept * first + (side * x - side * second)
        other = side * first + (stays * second + moved * x)
        work[i] = 0.5 * (first + next)
        work[BLOCK + i] = 0.5 * (second + other)
        first = next
        second = other
    return finite(first, 0.0), finite(second, 0.0)


def changes(signal, size):
    """The number of frames that differ from the first."""
    count = 0
    first = signal[0]
    for i in range(size):
        count += 0 if signal[i] == first else 1
    return count


def set_numbers(out, size, type, cutoff, peak, gain, fixed, part, balanced, work, rate):
    """The factors of the recursion and the shares of `size` frames."""
    highest = 0.5 * rate - MARGIN
    turn = math.pi / rate
    if type == Response.lowpass:
        for i in range(size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            v = x * x
            damping, loud = damped(peak[i], fixed, part, balanced)
            corner, thick = set_poles(out, work, i, x, damping)
            high = corner * corner * (0.51373 - 0.00747 * damping + v * (0.11766 * damping - 0.14777))
            band = corner * (1.55868 - 0.00586 * damping + v * (0.1222 * damping - 0.16201))
            set_shares(work, i, thick, loud * high, loud * band, loud)
    elif type == Response.highpass:
        for i in range(size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            v = x * x
            damping, loud = damped(peak[i], fixed, part, balanced)
            corner, thick = set_poles(out, work, i, x, damping)
            more = v * (0.09537 - 0.07338 * damping)
            ratio = corner / x
            high = ratio * ratio * (1.0 + v * (0.01537 - 0.01363 * damping))
            high = min(damping * high, LOUDEST * thick) / (damping * (1.0 + more))
            work[MORE + i] = more
            set_shares(work, i, thick, loud * high, 0.0, 0.0)
    elif type == Response.bandpass:
        for i in range(size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            v = x * x
            damping, loud = damped(peak[i], fixed, part, balanced)
            square = damping * damping
            corner, thick = set_poles(out, work, i, x, damping)
            high = 0.7617 + v * (0.04083 * damping - 0.3797 + 0.03255 * square + 0.05548 * v)
            band = 1.0 + v * (v * (0.0119 * damping + 0.02117 + 0.00754 * square) - 0.30751)
            loud *= thick
            set_shares(work, i, thick, loud * corner * high, loud * band, 0.0)
    elif type == Response.notch:
        for i in range(size):
            x = clip(cutoff[i], LOWEST, highest) * turn
            damping = 1.0 / resonance(peak[i])
            below = min(x / (1.2566 + 0.138 * x), 0.8333)
            wide = damping * below / (1.0 - below * below)
            far = math.sqrt(1.0 + wide * wide)
            angle = turn_of(x)
            s, c = arch(angle), arch(0.25 - angle)
            wide = damping * x / (s * c)
            over_far = 1.0 / far
            thick = math.sqrt((wide * wide - (far - 1.0) * (far - 1.0)) * over_far)
            set_factors_of(out, work, i, s / c * math.sqrt(over_far), thick)
            set_shares(work, i, thick, over_far, 0.0, 1.0)
    elif type == Response.allpass:
        for i in range(size):
            angle = turn_of(clip(cutoff[i], LOWEST, highest) * turn)
            damping = 1.0 / resonance(peak[i])
            set_factors_of(out, work, i, arch(angle) / arch(0.25 - angle), damping)
            set_shares(work, i, damping, 1.0, -damping, 1.0)
    else:
        set_raised(out, size, type, cutoff, peak, gain, work, highest, turn)


def damped(peak, fixed, part, balanced):
    """The damping of a stage, and its gain for the resonance of the filter."""
    sharp = resonance(peak)
    stage = fixed + part * sharp
    each = 1.0 / (sharp * stage)
    return each * sharp, 1.0 - balanced + balanced * level(each * stage)


def set_poles(out, work, i, x, damping):
    """The factors of the recursion that has the poles of the analogue filter: its corner, a tangent, and its damping.

    `x` is pi times the corner of the analogue one per frame, and its `damping` at most 2.
    """
    kept, side, moved, corner, thick = poles(x, damping)
    out[i] = kept
    work[i] = side
    work[BLOCK + i] = moved
    return corner, thick


def poles(x, damping):
    """Three factors: what a charge keeps, gives to the other, takes from the input; the corner and the damping."""
    half = 0.5 * damping
    turned = math.sqrt(max(1.0 - half * half, 0.0))
    y = x * half
    part = half * (1.0 + y * (-0.4996011 + y * (0.1642727 + y * (-0.0369879 + y * 0.00445014))))
    lost = x * part  # 1 - exp(-y)
    fallen = part * (2.0 - lost)
    lost *= 2.0 - lost
    rest = 1.0 - lost
    across = turned * over(x * x * turned * turned)
    moved = (0.5 * fallen * fallen + 2.0 * rest * across * across) * x * x
    back = 1.0 + rest * rest - moved
    side = math.sqrt(moved * back)
    each = 1.0 / (side * back)
    return rest * rest - moved, side, moved, moved * back * each, lost * (2.0 - lost) * back * each


def set_factors_of(out, work, i, corner, damping):
    """The factors of the recursion with a corner, a tangent, and a damping."""
    scale = 2.0 * corner / (1.0 + corner * (corner + damping))
    work[i] = scale
    work[BLOCK + i] = corner * scale
    out[i] = 1.0 - (damping + corner) * scale


def set_shares(work, i, damping, high, band, low):
    """The shares of the input, of the band and of the low in what is heard of a frame."""
    work[HIGH + i] = high
    work[BAND + i] = band - high * damping
    work[LOW + i] = low - high


def set_raised(out, size, type, cutoff, peak, gain, work, highest, turn):
    """The numbers of a peak or a shelf: a peak or a lowshelf that raises, or its inverse."""
    shelf = 0.0 if type == Response.peak else 1.0
    upper = 1.0 if type == Response.highshelf else 0.0
    for i in range(size):
        x = clip(cutoff[i], LOWEST, highest) * turn
        a = root(abs(gain[i]))
        ratio = math.sqrt(a)
        whole = a * a
        bottom = 1.0 + shelf * (whole - 1.0)
        flat = (shelf + (1.0 - shelf) * a) / resonance(peak[i])
        space = flat / (1.0 + flat)
        near = 0.675 * x
        bend = near * (1.0 + 0.333 * space)
        above = max(min(math.sqrt(bend * bend + 1.0987 * math.sqrt(space)), 1.0578), 1.02 * near)
        beside = min(x * ratio * (1.0934 - 1.069 * space), 1.2051)
        beyond = max(min(beside * (11.1146 * space - 1.2188), 1.0692), 1.2514 * beside)
        near += shelf * (beside - near)
        above += shelf * (beyond - above)

        zero = x * ratio
        x /= 1.0 + shelf * (ratio - 1.0)
        damping = flat * (shelf + (1.0 - shelf) / whole)
        _, _, _, corner, thick = poles(x, damping)

        sharp = shelf * clip(2.5 - 3.0 * flat, 0.0, 1.0)  # how far the zeros of a sharp shelf are placed by themselves
        sharp *= clip(17.0 * (a - 1.0), 0.0, 1.0) * clip(7.0 - 5.0 * x, 0.0, 1.0)
        most = 1.1279 + 0.6459 * flat
        bent = sharp * (0.09047 * flat - 0.08414) * (min(zero * zero, most) - min(x * x, most))
        sine = 4.0 * bent / ((1.0 + bent) * (1.0 + bent))
        first, u = zeros(near, x, bottom, flat, damping, corner, thick, sine)
        second, w = zeros(above, x, bottom, flat, damping, corner, thick, sine)
        top = (second - first) / (w - u)
        high = math.sqrt(max(top, LEAST))
        band = first - top * u + 2.0 * bottom * high
        place = min(zero * (1.0 - (0.00217 + 0.20602 * flat * flat) * min(zero * zero, 3.0)), 1.3559 - 0.4212 * flat)
        angle = turn_of(max(place, LOWEST * turn))
        third, u = zeros(min(zero, 1.1271 - 0.0998 * flat), x, bottom, flat, damping, corner, thick, sine)
        dip = arch(0.25 - angle) * corner / arch(angle)
        dip = bottom * dip * dip
        high += sharp * (dip - high)
        band += sharp * (third + high * (2.0 * bottom - high * u) - band)
        band = math.sqrt(max(band, FLAT * FLAT * flat * flat * bottom * high))
        each = 1.0 / (bottom * high)
        scale = math.sqrt(each)

        falls = 1.0 if gain[i] < 0.0 else 0.0
        inverse = upper + falls - 2.0 * upper * falls
        plain = 1.0 - inverse
        turned = plain * thick + inverse * band * scale
        loud = 1.0 + upper * ((1.0 - falls) * whole + falls / whole - 1.0)
        loud *= inverse * (1.0 + bent) + plain / (1.0 + bent)
        work[MORE + i] = plain * bent
        work[RING + i] = inverse * bent
        set_factors_of(out, work, i, corner * (plain + inverse * bottom * scale), turned)
        set_shares(
            work,
            i,
            turned,
            loud * (plain * high + inverse * bottom * each),
            loud * (plain * band + inverse * thick * scale),
            loud * (plain * bottom + inverse * high * each),
        )


def zeros(place, x, bottom, flat, damping, corner, thick, bent):
    """The square of the level of the zeros at a place, less that at 0 Hz, over the square of its tangent; the latter.

    It is that of the analogue filter with its poles at `x`. `bent` times the square of the sine is what the zero more
    takes from the square of the level.
    """
    angle = turn_of(place)
    s = arch(angle)
    u = s / (arch(0.25 - angle) * corner)
    u *= u
    ratio = place / x
    ratio *= ratio
    beside = ratio / bottom
    whole = ((1.0 - beside) * (1.0 - beside) + flat * flat * beside) * ((1.0 - u) * (1.0 - u) + thick * thick * u)
    whole /= ((1.0 - ratio) * (1.0 - ratio) + damping * damping * ratio) * (1.0 - bent * s * s)
    return bottom * bottom * (whole - 1.0) / u, u


def turn_of(x):
    """An angle in turns."""
    return x * (0.5 / math.pi)


def over(v):
    """sin(x) / x for x^2, up to a quarter of a turn: relative error below 2e-06 (minimax fit)."""
    return 1.0 + v * (-0.166658531 + v * (0.00831427209 - 0.000185421336 * v))
