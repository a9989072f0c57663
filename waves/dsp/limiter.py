"""The limiter, last stage of every output: a look-ahead limiter that does not change a sound below its ceiling.

It delays the sound by `LOOKAHEAD` seconds. A frame above the ceiling needs a lower gain. The lowest gain needed within
the look-ahead is taken immediately, released over 80 ms, and smoothed by its mean over the look-ahead, so that it is
reached when the frame comes out. Gains are integers: their mean is exact, and exactly 1.0 when nothing is limited. All
channels have the same gain. (Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, 2012.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LOOKAHEAD = 64 / 44_100  # s
LONGEST = 256  # frames of look-ahead at most
MOST_CHANNELS = 64
CEILING = math.floor(10.0 ** (-0.3 / 20.0) * 2**24) / 2**24  # a float32: rounding to it never passes
RELEASE = 0.08  # s
ONE = 1 << 30  # gain 1.0

LIMITER = np.dtype(
    [
        ("ahead", "i8"),  # frames of look-ahead
        ("position", "i8"),  # frames so far
        ("busy", "i8"),  # frames until the gain may be 1.0 without looking
        ("release", "i8"),  # part of the way back to be made in one frame, in units of `ONE`
        ("level", "i8"),  # lowest gain needed, released
        ("total", "i8"),  # sum of `levels`
        ("needed", "i8", (2 * LONGEST,)),  # ring of twice the look-ahead
        ("levels", "i8", (LONGEST,)),  # ring of the look-ahead
        ("delay", "f8", (MOST_CHANNELS * LONGEST,)),  # the same for each channel
        ("gain", "f8"),  # lowest of the last call
    ]
)
LIMITER_RANGES = {
    "ahead": (1, LONGEST),
    "position": (0, 2**53),
    "busy": (0, 2 * LONGEST),
    "release": (0, ONE),
    "level": (0, ONE),
    "total": (0, LONGEST * ONE),
    "needed": (0, ONE),
    "levels": (0, ONE),
    "delay": (-1e6, 1e6),
    "gain": (0.0, 1.0),
}


def lookahead(rate: float) -> int:
    """Frames by which a limiter at `rate` frames per second delays the sound."""
    return min(max(round(LOOKAHEAD * rate), 1), LONGEST)


def limiter(rate: float) -> np.ndarray[Any, Any]:
    """The state of a limiter before its first frame: one record, for up to `MOST_CHANNELS` channels.

    `rate` is in frames per second.
    """
    state = np.zeros(1, LIMITER)
    state["release"] = round(ONE * (1.0 - math.exp(-1.0 / (RELEASE * rate))))
    state["level"] = state["needed"] = state["levels"] = ONE
    state["ahead"] = lookahead(rate)
    state["total"] = state["ahead"] * ONE
    state["gain"] = 1.0
    return state


def limit(block, channels, frames, state):
    """Limit `block` in place: channel c is `block[c * frames : (c + 1) * frames]`, float64.

    `state` is a `LIMITER` record. A number that is not finite counts as 0.
    """
    needed = state.needed
    levels = state.levels
    delay = state.delay
    ahead = state.ahead
    position = state.position
    busy = state.busy
    level = state.level
    total = state.total
    lowest = ahead * ONE
    share = 1.0 / (ahead * ONE)
    loud = 0
    for i in range(channels * frames):
        loud += 0 if abs(block[i]) <= CEILING else 1  # NaN too
    if busy == 0 and loud == 0:  # nothing to limit for as long as the gain looks back: only the delay
        for c in range(channels):
            place = position % ahead
            for i in range(frames):
                value = block[c * frames + i]
                block[c * frames + i] = delay[c * ahead + place]
                delay[c * ahead + place] = value
                place = place + 1 if place + 1 < ahead else 0
        state.position = position + frames
        state.gain = 1.0
        return
    for i in range(frames):
        peak = 0.0
        for c in range(channels):
            size = abs(block[c * frames + i])
            peak = max(peak, size if size < 1e30 else 0.0)
        # One unit less than exact: the product with the frame may be rounded up.
        own = ONE if peak <= CEILING else max(int(CEILING / peak * ONE) - 1, 0)
        place = position % ahead
        newest = position % (2 * ahead)
        needed[newest] = own
        if own < ONE or level < ONE:
            busy = 2 * ahead
        if busy > 0:
            busy -= 1
            least = ONE
            for k in range(ahead + 1):
                back = newest - k
                least = min(least, needed[back if back >= 0 else back + 2 * ahead])
            level = min(least, level + (((least - level) * state.release) >> 30) + 1)
            total += level - levels[place]
            levels[place] = level
        lowest = min(lowest, total)
        gain = total * share if total < ahead * ONE else 1.0
        for c in range(channels):
            value = block[c * frames + i]
            block[c * frames + i] = delay[c * ahead + place] * gain
            delay[c * ahead + place] = value if abs(value) < 1e30 else 0.0
        position += 1
    state.position = position
    state.busy = busy
    state.level = level
    state.total = total
    state.gain = lowest * share if lowest < ahead * ONE else 1.0
