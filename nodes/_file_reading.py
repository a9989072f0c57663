"""The part of a file that plays, and reading it between its frames by a windowed sinc, wider where it plays faster.

Places are in frames of the file; `base` is the place of its first frame among the frames of all files, which `audio`
holds. `weights` and `kernels` are those of `wide_sincs`, `sinc` is the number of the sinc in them: between two whole
numbers both are read, and mixed.
"""

import math

from waves.dsp.filters.sinc import weighed
from waves.dsp.maths import clip, finite, floor, rint
from waves.dsp.powers import log2

CUT = 0.003  # s, fade at a place where a part of a file is cut, and after a jump
WAVE = 0.05  # s, a loop that is shorter is a tone: its seam belongs to the sound
AROUND = 8  # frames on either side of a seam with which it is compared
WIDEST = 8.0  # speed up to which the sinc grows wider
MARGIN = 1.25  # the sinc is wider than the speed asks for, so that its slope begins lower


def sinc_at(pace):
    """The number of the sinc at a pace in frames of the file per frame: 0 up to speed 1, then it grows."""
    speed = min(abs(pace), WIDEST)
    return 4.0 * log2(min(2.0 * speed - 1.0, MARGIN * speed)) if speed > 1.0 else 0.0


def reach_at(kernels, sinc):
    """Frames on either side of a place that the sincs of a number weigh."""
    return 0.5 * kernels[3 * int(sinc) + (4 if sinc > int(sinc) else 1)]


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


def looped(audio, weights, kernels, base, at, low, high, both, bare, length, sinc):
    """The value at a position in a loop, whose end fades into its start, with equal power."""
    at = wrapped(finite(at, low), low, high - low)
    reach = reach_at(kernels, sinc)
    if both == 0.0 and not low + reach <= at < high - reach and (bare or fits(audio, base, low, high)):
        return mapped(audio, weights, kernels, base, at, int(low), int(high) - 1, True, sinc)
    value = single(audio, weights, kernels, base, at, length, sinc)
    if at < high - both or both == 0.0:
        return value
    x = (at - (high - both)) / both
    start = single(audio, weights, kernels, base, at - (high - low - both), length, sinc)
    return math.sqrt(1.0 - x) * value + math.sqrt(x) * start


def fits(audio, base, low, high):
    """Whether the last frame of a loop goes on in its first as its frames near the seam do in each other."""
    first = base + int(low)
    last = base + int(high) - 1
    if last - first < 4 * AROUND:
        return True
    most = 0.0
    for k in range(1, AROUND + 1):
        most = max(most, corner(audio, last - k - 1, last - k), corner(audio, first + k, first + k + 1))
    return corner(audio, last, first) <= 2.0 * most


def corner(audio, b, c):
    """By what the step between two frames differs from the mean of the steps before and after it."""
    return abs(audio[c] - audio[b] - 0.5 * (audio[b] - audio[b - 1] + audio[c + 1] - audio[c]))


def single(audio, weights, kernels, base, at, length, sinc):
    """The value at a position in a file, continued by its first and last frame; 0 outside of the file."""
    at = finite(at, -1.0)
    if not 0.0 <= at < length:
        return 0.0
    reach = reach_at(kernels, sinc)
    if reach <= at < length - reach:
        return inside(audio, weights, kernels, base, at, sinc)
    return mapped(audio, weights, kernels, base, at, 0, int(length) - 1, False, sinc)


def add_all(out, places, audio, weights, kernels, base, number, gain):
    """Adds the values at many positions, read by one sinc that lies inside of the file at each, to `out`."""
    begin, points, phases = kernels[3 * number], kernels[3 * number + 1], kernels[3 * number + 2]
    for i in range(out.size):
        k = int(places[i])
        frames = audio.part(base + k - points // 2 + 1, points)
        out[i] += gain * weighed(frames, weights, begin, points, phases, places[i] - k)


def inside(audio, weights, kernels, base, at, sinc):
    """The value at a position whose sinc lies inside of the file."""
    k = int(at)
    number = int(sinc)
    share = sinc - number
    total = 0.0
    for n in range(number, number + (2 if share > 0.0 else 1)):
        points = kernels[3 * n + 1]
        frames = audio.part(base + k - points // 2 + 1, points)
        value = weighed(frames, weights, kernels[3 * n], points, kernels[3 * n + 2], at - k)
        total += (share if n > number else 1.0 - share) * value
    return total


def mapped(audio, weights, kernels, base, at, first, last, wraps, sinc):
    """The value at a position near an end of a region, behind which its end, or the other side of it, goes on."""
    k = int(at)
    number = int(sinc)
    share = sinc - number
    span = last - first + 1
    total = 0.0
    for n in range(number, number + (2 if share > 0.0 else 1)):
        points = kernels[3 * n + 1]
        row = (at - k) * kernels[3 * n + 2]
        rest = row - int(row)
        begin = kernels[3 * n] + int(row) * points
        value = 0.0
        for j in range(points):
            place = k - points // 2 + 1 + j
            place = first + (place - first) % span if wraps else min(max(place, first), last)
            value += audio[base + place] * (
                weights[begin + j] + rest * (weights[begin + points + j] - weights[begin + j])
            )
        total += (share if n > number else 1.0 - share) * value
    return total


def lower(start, end, part, parts, loop, loop_start, loop_end, length):
    """First frame of the part that plays, or of the loop; start and end in any order."""
    a = loop_start if loop and loop_start == loop_start else edge(start, end, part, parts)
    b = loop_end if loop and loop_end == loop_end else edge(start, end, part + 1, parts)
    return min(rint(clip(min(a, b), 0.0, 1.0) * length), length - 1.0)


def upper(start, end, part, parts, loop, loop_start, loop_end, length):
    """The frame after that part, which has one at least."""
    a = loop_start if loop and loop_start == loop_start else edge(start, end, part, parts)
    b = loop_end if loop and loop_end == loop_end else edge(start, end, part + 1, parts)
    low = lower(start, end, part, parts, loop, loop_start, loop_end, length)
    return max(rint(clip(max(a, b), 0.0, 1.0) * length), low + 1.0)


def edge(start, end, part, parts):
    """The position at which a part begins of what lies between start and end."""
    low = min(clip(start, 0.0, 1.0), clip(end, 0.0, 1.0))
    high = max(clip(start, 0.0, 1.0), clip(end, 0.0, 1.0))
    return high if part >= parts else low + (high - low) * part / parts


def cut_level(at, low, high, length, pace):
    """The level near a cut: 0 there, 1 from `CUT` on, at a pace in frames of the file per second; 1 at no cut."""
    width = max(min(CUT * abs(pace), 0.5 * (high - low)), 1.0)
    begin = (at - low) / width if low > 0.0 else 1.0
    end = (high - at) / width if high < length else 1.0
    return clip(min(begin, end), 0.0, 1.0)


def lead(overlap, rate, span):
    """Frames of the end of a loop that fade into its start; half of it at most."""
    return rint(clip(overlap * rate, 0.0, 0.5 * span))


def is_bare(overlap, rate, span, pace):
    """Whether the seam of a loop belongs to its sound."""
    return overlap == 0.0 or span < WAVE * rate * abs(pace)
