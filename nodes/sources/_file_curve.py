"""The curve between the frames of a file: through six of them, exact at whole positions.

Positions are in frames of the file; `base` is the place of its first frame among the frames of all files, which
`pairs` holds: each in one number with the frame after it.
"""

import math

from waves.dsp.maths import finite, finite_index, floor, rint

PAIR = 2.0**26  # weight of the first of two frames in one number
AROUND = 8  # frames on either side of a seam with which it is compared


def wrapped(at, low, span):
    """The same position in a loop that begins at `low` and is `span` frames long."""
    x = at - low
    x -= span * floor(x / span)
    x = x + span if x < 0.0 else x  # the quotient may have been rounded
    return low + (x - span if x >= span else x)


def turned(at, low, high, both, ahead):
    """The same position in a loop whose last `both` frames are its first ones too, of which it may be in `ahead`."""
    if low + both - ahead <= at < high:
        return at
    return wrapped(at, low + both, high - low - both)


def looped(pairs, base, at, low, high, both, bare, length):
    """The curve at a position in a loop, whose end fades into its start, with equal power."""
    at = wrapped(finite(at, low), low, high - low)
    if both == 0.0 and not low + 2.0 <= at < high - 3.0 and (bare or fits(pairs, base, low, high)):
        return around(pairs, base, at, low, high)
    value = single(pairs, base, at, length)
    if at < high - both or both == 0.0:
        return value
    x = (at - (high - both)) / both
    return math.sqrt(1.0 - x) * value + math.sqrt(x) * single(pairs, base, at - (high - low - both), length)


def around(pairs, base, at, low, high):
    """The curve at a position in a region, where the last frame is followed by the first."""
    k = int(at)
    first = int(low)
    last = int(high) - 1
    b = k - 1 if k > first else last
    a = b - 1 if b > first else last
    d = k + 1 if k < last else first
    e = d + 1 if d < last else first
    f = e + 1 if e < last else first
    return curve(
        frame(pairs, base + a),
        frame(pairs, base + b),
        frame(pairs, base + k),
        frame(pairs, base + d),
        frame(pairs, base + e),
        frame(pairs, base + f),
        at - k,
    )


def fits(pairs, base, low, high):
    """Whether the last frame of a loop goes on in its first as its frames near the seam do in each other."""
    first = base + int(low)
    last = base + int(high) - 1
    if last - first < 4 * AROUND:
        return True
    most = 0.0
    for k in range(1, AROUND + 1):
        most = max(most, corner(pairs, last - k - 1, last - k), corner(pairs, first + k, first + k + 1))
    return corner(pairs, last, first) <= 2.0 * most


def corner(pairs, b, c):
    """By what the step between two frames differs from the mean of the steps before and after it."""
    before = frame(pairs, b) - frame(pairs, b - 1)
    after = frame(pairs, c + 1) - frame(pairs, c)
    return abs(frame(pairs, c) - frame(pairs, b) - 0.5 * (before + after))


def single(pairs, base, at, length):
    """The curve at a position in a file, continued by its first and last frame; 0 outside of the file."""
    at = finite(at, -1.0)
    k = finite_index(at, length)
    last = length - 1
    value = curve(
        frame(pairs, base + max(k - 2, 0)),
        frame(pairs, base + max(k - 1, 0)),
        frame(pairs, base + k),
        frame(pairs, base + min(k + 1, last)),
        frame(pairs, base + min(k + 2, last)),
        frame(pairs, base + min(k + 3, last)),
        at - k,
    )
    return value if 0.0 <= at < length else 0.0


def frame(pairs, k):
    """Frame `k` of all files, in units."""
    return rint(pairs[k] / PAIR)


def curve(a, b, c, d, e, f, x):
    """Between c at 0 and d at 1, with the slopes of the quartics through the five frames around each."""
    c1 = (a - e) / 12.0 + (d - b) * (2.0 / 3.0)
    c2 = (26.0 * b - 50.0 * c + 36.0 * d - 11.0 * e + 2.0 * f - 3.0 * a) / 24.0
    c3 = (10.0 * c - 14.0 * d + 7.0 * e - a - b - f) / 24.0
    c4 = (3.0 * a - 14.0 * b + 26.0 * c - 24.0 * d + 11.0 * e - 2.0 * f) / 24.0
    c5 = (f - a + 5.0 * (b - e) + 10.0 * (d - c)) / 24.0
    return c + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * c5))))
