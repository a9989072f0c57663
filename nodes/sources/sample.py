"""Sample: plays a file, or one of a folder of files.

    break: {sample: {file: samples/break.wav, loop: true, speed: 0.9}}
    slices: {sample: {file: samples/hits, chop: floor(rand(8))}}

Where `start` or `end` cuts a file, and it does not loop, 3 ms are faded; the beginning and the end of the
file itself are exact. Between the frames of a file it reads a curve through six of them, exact at whole
positions. (6-point, 5th-order Hermite; Niemitalo: Polynomial interpolators for high-quality resampling of
oversampled audio, 2001.)
"""

from typing import Any

import numpy as np
from pydantic import model_validator

from waves.dsp.maths import clip, finite, finite_index, floor, frames, rint
from waves.node import BLOCK, Constants, File, Node, Signal, State, param

GRID = 2.0**24  # steps of the playhead are multiples of 1 / GRID frames: their sums are exact
PAIR = 2.0**26  # weight of the first of two frames in one number
FASTEST = 1e4
CUT = 0.003  # s, fade at a place where `start` or `end` cuts the file


class Sample(Node):
    file: File = param(description="A file, or a folder of files.")
    start: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="Begin of the part that plays.")
    end: Signal = param(1.0, unit="position", minimum=0.0, maximum=1.0, description="End of the part that plays.")
    loop: bool = param(False, description="Continue at `start` after `end`.")
    speed: Signal = param(1.0, unit="factor", description="Negative plays backwards.")
    freq: Signal = param(None, unit="Hz", minimum=0.0, description="Pitch to play at, if `base_freq` is given.")
    base_freq: Signal = param(None, unit="Hz", minimum=0.0, description="The pitch that was recorded.")
    offset: Signal = param(0.0, unit="s", description="Added to the position that is read.")
    chop: Signal = param(None, unit="number", minimum=0.0, description="Number of the file in the folder, from 0.")
    overlap: float = param(0.0, unit="s", description="No effect.")
    duration: Signal = param(None, unit="s", minimum=0.0, description="Time after which it has ended.")

    constant = ("speed",)
    crossfaded = ("start", "end", "offset", "chop", "duration")
    arrays = {"pairs": "f8", "offsets": "i8", "unit": "f8"}
    waits = ()

    class state(State):
        last_playhead_position: float = 0.0  # frames from the beginning of the file
        total_samples_rendered: int = 0  # frames
        current_chop_index: int = -1  # none yet

    @model_validator(mode="after")
    def _starts_before_the_end(self) -> Any:
        if self.start is not None and self.end is not None and self.start > self.end:
            order = f"'start' lies after 'end', {self.start:g} after {self.end:g}"
            raise ValueError(f"{order}; a negative speed plays backwards")
        return self

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """The files one after another, every frame in one number with the frame after it.

        Gathering a number of 8 bytes costs as much as one of 4, so the six frames of the curve cost as
        much as three. Frames are whole multiples of `unit`, 2^-24 of the peak: files of up to 24 bits stay
        exact. `pairs` is channels × frames, `offsets` the first frame of each file, and the end of the last.
        """
        files = constants.file or [np.zeros((1, 1), np.float32)]
        channels = max(len(file) for file in files)
        wide = [np.broadcast_to(file, (channels, file.shape[1])) if len(file) == 1 else file for file in files]
        audio = np.concatenate(wide, axis=1, dtype=np.float64)
        unit = np.exp2(np.ceil(np.log2(max(np.abs(audio).max(initial=0.0), 1e-6))) - 24.0)
        whole = np.rint(audio / unit)
        pairs = whole * PAIR
        pairs[:, :-1] += whole[:, 1:]
        offsets = np.cumsum([0, *(file.shape[1] for file in files)], dtype=np.int64)
        return {"pairs": pairs, "offsets": offsets, "unit": np.array([unit])}

    @staticmethod
    def render(
        out,
        start,
        end,
        loop,
        speed,
        freq,
        base_freq,
        offset,
        chop,
        duration,
        pairs,
        offsets,
        unit,
        state,
        rate,
        clock,
    ):
        size = out.size
        scale = unit[0]
        index = state.current_chop_index
        if clock % BLOCK == 0 or not 0 <= index < offsets.size - 1:  # not in the second part of a block
            index = finite_index(chop[0], offsets.size - 1)
        base = offsets[index]
        length = max(offsets[index + 1] - base, 1)
        tuned = freq[0] == freq[0] and base_freq[0] == base_freq[0]
        low = lower(start[0], end[0], length)
        high = upper(start[0], end[0], length)
        at = state.last_playhead_position
        if index != state.current_chop_index:
            at = low if speed[0] >= 0.0 else high - 1.0

        first = at
        inner = True  # whether nothing of this block is at an edge
        for i in range(size):
            out[i] = at
            at += step(speed[i] * freq[i] / base_freq[i] if tuned else speed[i])
        for i in range(size):
            inner &= (low + 2.0 <= out[i]) & (out[i] < high - 3.0) & (offset[i] == 0.0)
            inner &= (start[i] == start[0]) & (end[i] == end[0])
        cut = not loop and (low > 0.0 or high < length)
        if inner and cut:
            for i in range(size):
                pace = step(speed[i] * freq[i] / base_freq[i] if tuned else speed[i])
                inner &= cut_level(out[i], low, high, length, pace * rate) == 1.0
        if inner:
            for i in range(size):
                k = int(out[i])
                ab = pairs[base + k - 2]
                cd = pairs[base + k]
                ef = pairs[base + k + 2]
                a = rint(ab / PAIR)
                c = rint(cd / PAIR)
                e = rint(ef / PAIR)
                out[i] = scale * curve(a, ab - PAIR * a, c, cd - PAIR * c, e, ef - PAIR * e, out[i] - k)
        else:
            at = first
            for i in range(size):
                low = lower(start[i], end[i], length)
                high = upper(start[i], end[i], length)
                at = wrapped(at, low, high - low) if loop else at
                place = at + finite(offset[i], 0.0) * rate
                if loop:
                    out[i] = scale * looped(pairs, base, place, low, high - low)
                else:
                    out[i] = scale * single(pairs, base, place, length) if low <= at < high else 0.0
                pace = step(speed[i] * freq[i] / base_freq[i] if tuned else speed[i])
                if not loop and (low > 0.0 or high < length):
                    out[i] *= cut_level(at, low, high, length, pace * rate)
                at += pace

        begin = state.total_samples_rendered
        last = frames(duration[0], rate)
        for i in range(int(clip(last - begin, 0.0, size)), size):
            out[i] = 0.0
        state.last_playhead_position = at
        state.total_samples_rendered = begin + size
        state.current_chop_index = index
        return begin + size >= last or (not loop and not low <= at < high)


def lower(start, end, length):
    """First frame of the region; start and end in any order."""
    low = min(clip(start, 0.0, 1.0), clip(end, 0.0, 1.0))
    return min(rint(low * length), length - 1.0)


def upper(start, end, length):
    """The frame after the region, which has one at least."""
    high = max(clip(start, 0.0, 1.0), clip(end, 0.0, 1.0))
    return max(rint(high * length), lower(start, end, length) + 1.0)


def cut_level(at, low, high, length, pace):
    """The level near a cut: 0 there, 1 from `CUT` on, at a pace in frames of the file per second; 1 at no cut."""
    width = max(min(CUT * abs(pace), 0.5 * (high - low)), 1.0)
    begin = (at - low) / width if low > 0.0 else 1.0
    end = (high - at) / width if high < length else 1.0
    return clip(min(begin, end), 0.0, 1.0)


def step(speed):
    """Frames per frame, on the grid; 0 where the speed is not finite."""
    return rint(clip(finite(speed, 0.0), -FASTEST, FASTEST) * GRID) / GRID


def wrapped(at, low, span):
    """The same position in a loop that begins at `low` and is `span` frames long."""
    x = at - low
    x -= span * floor(x / span)
    x = x + span if x < 0.0 else x  # the quotient may have been rounded
    return low + (x - span if x >= span else x)


def looped(pairs, base, at, low, span):
    """The curve at a position in a loop, where the last frame is followed by the first."""
    at = wrapped(finite(at, low), low, span)
    k = int(at)
    first = int(low)
    last = first + int(span) - 1
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
