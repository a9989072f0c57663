"""Sample: plays a file, or one of a folder of files.

    break: {sample: {file: samples/break.flac, loop: true, speed: 0.9}}
    hit: {sample: {file: samples/hits, chop: floor(rand(8))}}
    cut: {sample: {file: samples/break.flac, slices: 8}}
    beat: {play: cut, slice: "0 1 <2 5> 3 4 [5 5] 6 7"}

`slices` cuts what lies between `start` and `end` into so many parts, of which `slice` plays, from 0 on; behind the last
comes the first again. With `loop` it plays from `start` on to `loop_end`, and then from `loop_start` to there.

Where `start`, `end` or a slice cuts a file, and where the place that is read jumps, 3 ms are faded: at the seam of a
loop whose ends do not fit, after another `chop` or `slice`, after a jump of `offset`. The beginning and the end of the
file itself are exact, and so is the seam of a loop that fits, or is shorter than 50 ms and so a tone.

Any sample rate and any format of libsndfile is allowed. The files of a folder are numbered in the order of their names
(9 before 10). One that cannot be read is silent and keeps its number, and a warning says so; a sound that asks for that
very file by its number is a mistake. A file that is cut short has a warning, and one with more than two channels, of
which the first two play.

Of a [sample map](samples.md) with pitches it plays the file whose pitch is nearest to `freq` as it begins;
`chop` counts the files of that pitch then. Without `freq` it counts all, from the lowest pitch up.

Between the frames of a file it reads by a windowed sinc, exact on the frames. Above speed 1 the sinc is wider, so that
what would lie above half the rate does not fold back; from speed 8 on it grows no more. What is heard beside a tone of
5 and of 10 kHz, and what is heard below 18 kHz of tones that would lie above 26 kHz, at a rate of 44.1 kHz:

| `quality` | 5 kHz, speed to 1 | 10 kHz, speed to 1 | above 26 kHz, speed 1.5 to 8 | cost at speed 0.9 / 1.3 / 4 |
| --- | --- | --- | --- | --- |
| `draft` | -62 dB | -60 dB | -36 dB | 0.8 / 1.6 / 2.8 |
| `good` | -88 dB | -93 dB | -60 dB | 1 / 2.4 / 5 |
| `best` | -115 dB | -105 dB | -60 dB | 1.4 / 3.6 / 9 |

(Smith, Gossett: A flexible sampling-rate conversion method, 1984.)
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import model_validator

from waves.dsp.filters.sinc import wide_sincs
from waves.dsp.maths import clip, finite, finite_index, floor, frames, rint
from waves.node import BLOCK, Choice, Constants, File, Node, Signal, State, param

from .._file_reading import (
    CUT,
    add_all,
    cut_level,
    fits,
    inside,
    is_bare,
    lead,
    looped,
    lower,
    reach_at,
    sinc_at,
    single,
    turned,
    upper,
)

GRID = 2.0**24  # steps of the playhead are multiples of 1 / GRID frames: their sums are exact
FASTEST = 1e4
MOST_SLICES = 2**20
JUMP = 0.0005  # s by which the place that is read moves at once


class Sample(Node):
    file: File = param(description="A file, or a folder of files.")
    start: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="Begin of the part that plays.")
    end: Signal = param(1.0, unit="position", minimum=0.0, maximum=1.0, description="End of the part that plays.")
    slices: Signal = param(1.0, unit="number", minimum=1.0, description="Equal parts of what lies between them.")
    slice: Signal = param(0.0, unit="number", description="Number of the part that plays, from 0.")
    loop: bool = param(False, description="Continue at `start` after `end`.")
    loop_start: Signal = param(
        None, unit="position", minimum=0.0, maximum=1.0, description="Begin of the loop, in place of `start`."
    )
    loop_end: Signal = param(
        None, unit="position", minimum=0.0, maximum=1.0, description="End of the loop, in place of `end`."
    )
    speed: Signal = param(1.0, unit="factor", description="Negative plays backwards.")
    reverse: Signal = param(0.0, unit="gate", description="Plays backwards.")
    freq: Signal = param(None, unit="Hz", minimum=0.0, description="Pitch to play at, where that of the file is known.")
    base_freq: Signal = param(
        None, unit="Hz", minimum=0.0, description="The pitch that was recorded; else that in a sample map."
    )
    offset: Signal = param(0.0, unit="s", description="Added to the position that is read.")
    chop: Signal = param(None, unit="number", minimum=0.0, description="Number of the file in the folder, from 0.")
    overlap: float = param(
        None, unit="s", minimum=0.0, description="Crossfade of the end of a loop with its start; shortens it."
    )
    duration: Signal = param(None, unit="s", minimum=0.0, description="Time after which it has ended.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    quality: Choice["draft", "good", "best"] = param("good", description="Of what is read between the frames.")

    aliases = ("sampler", "player", "play", "file")
    constant = ("speed",)
    crossfaded = ("start", "end", "slices", "slice", "reverse", "loop_start", "loop_end", "offset", "chop", "duration")
    arrays = {"audio": "f4", "offsets": "i8", "pitches": "f8", "zones": "i8", "weights": "f8", "kernels": "i8"}
    scratch = 1
    waits = ()

    class state(State):
        last_playhead_position: float = 0.0  # frames from the beginning of the file
        total_samples_rendered: int = 0  # frames
        current_chop_index: int = -1  # none yet
        current_slice: int = 0
        current_slices: int = 1
        next_place: float = 0.0  # frames from the beginning of the file, where it reads next if nothing jumps
        held: float = 0.0  # the sound before a jump goes on with this value, and fades
        held_frames: int = 0  # frames of it that are left
        fades_in: bool = False  # whether the sound after the jump does

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
            "held_frames": (0, 2**20),
            "current_slice": (0, MOST_SLICES - 1),
            "current_slices": (1, MOST_SLICES),
        }

    @model_validator(mode="after")
    def _starts_before_the_end(self) -> Any:
        if self.start is not None and self.end is not None and self.start > self.end:
            order = f"'start' lies after 'end', {self.start:g} after {self.end:g}"
            raise ValueError(f"{order}; a negative speed plays backwards")
        if self.loop_start is not None and self.loop_end is not None and self.loop_start > self.loop_end:
            raise ValueError(f"'loop_start' lies after 'loop_end', {self.loop_start:g} after {self.loop_end:g}")
        return self

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """The files one after another, the first frame of each and the end of the last, and the weights of the sinc.

        `audio` is channels × frames. `pitches` are in Hz, each of the files of one zone, which begins at its number in
        `zones`; one zone without a pitch, 0, where none is known.
        """
        files = [file[:2] if file.size else np.zeros((1, 1), np.float32) for file in constants.file or [np.zeros(0)]]
        channels = max(len(file) for file in files)
        wide = [np.broadcast_to(file, (channels, file.shape[1])) if len(file) == 1 else file for file in files]
        weights, kernels = wide_sincs(constants.quality)
        offsets = np.cumsum([0, *(file.shape[1] for file in files)], dtype=np.int64)
        pitches, first = np.unique(getattr(constants, "file_pitches", None) or [0.0], return_index=True)
        return {
            "audio": np.concatenate(wide, axis=1),
            "offsets": offsets,
            "pitches": pitches,
            "zones": np.append(first, len(files)),
            "weights": weights,
            "kernels": kernels,
        }

    @staticmethod
    def render(
        out,
        start,
        end,
        slices,
        slice,
        loop,
        loop_start,
        loop_end,
        speed,
        reverse,
        freq,
        base_freq,
        offset,
        chop,
        overlap,
        duration,
        amp,
        audio,
        offsets,
        pitches,
        zones,
        weights,
        kernels,
        state,
        rate,
        clock,
        work,
    ):
        size = out.size
        index = state.current_chop_index
        part = state.current_slice
        parts = state.current_slices
        known = 0 <= index < offsets.size - 1
        if clock % BLOCK == 0 or not known:  # not in the second part of a block
            first, last = 0, offsets.size - 1
            if pitches[0] > 0.0 and freq[0] == freq[0]:
                zone = zone_of(zones, index) if known else nearest(pitches, freq[0])
                first, last = zones[zone], zones[zone + 1]
            index = first + finite_index(chop[0], last - first)
            parts = int(clip(rint(finite(slices[0], 1.0)), 1.0, MOST_SLICES))
            number = floor(finite(slice[0], 0.0))
            part = int(number - parts * floor(number / parts))
        pitch = pitches[zone_of(zones, index)]
        tuned = freq[0] == freq[0] and (base_freq[0] == base_freq[0] or pitch > 0.0)
        at = state.last_playhead_position
        due = state.next_place
        held = state.held
        left = state.held_frames
        fades_in = state.fades_in
        fade = max(frames(CUT, rate), 1.0)
        begins = index != state.current_chop_index or part != state.current_slice or parts != state.current_slices
        if begins and known:
            old = offsets[state.current_chop_index]
            was, of = state.current_slice, state.current_slices
            length = max(offsets[state.current_chop_index + 1] - old, 1)
            pace = step(speed, reverse, freq, base_freq, pitch, tuned, 0)
            value = 0.0
            low = lower(start[0], end[0], was, of, loop, loop_start[0], loop_end[0], length)
            high = upper(start[0], end[0], was, of, loop, loop_start[0], loop_end[0], length)
            if loop and due >= low:
                both = lead(overlap, rate, high - low)
                bare = is_bare(overlap, rate, high - low, pace)
                value = looped(audio, weights, kernels, old, due, low, high, both, bare, length, sinc_at(pace))
            elif loop:
                value = single(audio, weights, kernels, old, due, length, sinc_at(pace))
            elif low <= at < high:
                level = cut_level(at, low, high, length, pace * rate)
                value = level * single(audio, weights, kernels, old, due, length, sinc_at(pace))
            held = mixed(value, held, faded(left, fade), fades_in)
        base = offsets[index]
        length = max(offsets[index + 1] - base, 1)
        low = lower(start[0], end[0], part, parts, loop, loop_start[0], loop_end[0], length)
        high = upper(start[0], end[0], part, parts, loop, loop_start[0], loop_end[0], length)
        onset = lower(start[0], end[0], part, parts, False, 0.0, 0.0, length)
        if begins:
            at = onset if step(speed, reverse, freq, base_freq, pitch, tuned, 0) >= 0.0 else high - 1.0

        first = at
        both = lead(overlap, rate, high - low) if loop else 0.0
        usual = step(speed, reverse, freq, base_freq, pitch, tuned, 0)
        widest = steady = sinc_at(usual)
        still = True
        for i in range(size):
            out[i] = at
            pace = step(speed, reverse, freq, base_freq, pitch, tuned, i)
            at += pace
            still &= pace == usual
            work[i] = steady if pace == usual else sinc_at(pace)
            widest = max(widest, work[i])
        reach = reach_at(kernels, widest)
        inner = not begins and left == 0 and due == first  # whether nothing of this block is at an edge
        for i in range(size):
            before = (onset + reach <= out[i]) & (out[i] < low - reach)  # of a loop
            inner &= (low + both + reach <= out[i]) & (out[i] < high - both - reach) | before
            inner &= (offset[i] == 0.0) & (start[i] == start[0]) & (end[i] == end[0])
            inner &= same(loop_start, i) & same(loop_end, i)
        cut = not loop and (low > 0.0 or high < length)
        if inner and cut:
            for i in range(size):
                pace = step(speed, reverse, freq, base_freq, pitch, tuned, i)
                inner &= cut_level(out[i], low, high, length, pace * rate) == 1.0
        if inner and still:
            whole = int(steady)
            for i in range(size):
                work[i] = out[i]
                out[i] = 0.0
            add_all(out, work, audio, weights, kernels, base, whole, 1.0 + whole - steady)
            if steady > whole:
                add_all(out, work, audio, weights, kernels, base, whole + 1, steady - whole)
            due = at
        elif inner:
            for i in range(size):
                out[i] = inside(audio, weights, kernels, base, out[i], work[i])
            due = at
        else:
            at = first
            for i in range(size):
                low = lower(start[i], end[i], part, parts, loop, loop_start[i], loop_end[i], length)
                high = upper(start[i], end[i], part, parts, loop, loop_start[i], loop_end[i], length)
                onset = lower(start[i], end[i], part, parts, False, 0.0, 0.0, length)
                pace = step(speed, reverse, freq, base_freq, pitch, tuned, i)
                sinc = work[i]
                moved = finite(offset[i], 0.0) * rate
                level, bare = 1.0, False
                if loop:
                    both = lead(overlap, rate, high - low)
                    # The first pass begins before the crossfade, and before the loop.
                    ahead = both + max(low - onset, 0.0) if pace >= 0.0 else 0.0
                    at = turned(at, low, high, both, ahead)
                    place = turned(finite(at + moved, low), low, high, both, ahead if moved == 0.0 else 0.0)
                    bare = is_bare(overlap, rate, high - low, pace)
                    if place < low:
                        out[i] = single(audio, weights, kernels, base, place, length, sinc)
                    else:
                        out[i] = looped(audio, weights, kernels, base, place, low, high, both, bare, length, sinc)
                else:
                    place = at + moved
                    out[i] = single(audio, weights, kernels, base, place, length, sinc) if low <= at < high else 0.0
                    if low > 0.0 or high < length:
                        level = cut_level(at, low, high, length, pace * rate)
                    out[i] *= level
                if begins:
                    fades_in = loop and (onset > 0.0 if pace >= 0.0 else high < length)
                    left = int(fade) if fades_in or held != 0.0 else 0
                    begins = False
                elif abs(place - due) > JUMP * rate:
                    span = high - low - both
                    passes = rint((place - due) / span)
                    seam = loop and abs(place - due - passes * span) <= JUMP * rate
                    smooth = left > 0  # jumps that come faster are a tone, too
                    value = level * single(audio, weights, kernels, base, due, length, sinc)
                    if seam:
                        smooth = both > 0.0 or bare or fits(audio, base, low, high)
                        due = clip(due, 0.0, length - 1.0)
                        value = single(audio, weights, kernels, base, due, length, sinc)
                    elif loop and due >= low:
                        value = looped(audio, weights, kernels, base, due, low, high, both, bare, length, sinc)
                    if not smooth:
                        held = mixed(value, held, faded(left, fade), fades_in)
                        left = int(fade)
                        fades_in = True
                due = place + pace
                if left > 0:
                    out[i] = mixed(out[i], held, faded(left, fade), fades_in)
                    left -= 1
                at += pace

        begin = state.total_samples_rendered
        last = frames(duration[0], rate)
        for i in range(int(clip(last - begin, 0.0, size)), size):
            out[i] = 0.0
        for i in range(size):
            out[i] *= amp[i]
        state.last_playhead_position = at
        state.total_samples_rendered = begin + size
        state.current_chop_index = index
        state.current_slice = part
        state.current_slices = parts
        state.next_place = due
        state.held = held if left > 0 else 0.0
        state.held_frames = left
        state.fades_in = fades_in and left > 0
        return begin + size >= last or (not loop and left == 0 and not low <= at < high)


def same(signal, i):
    """Whether a signal has the value that it had at first, or none."""
    return (signal[i] == signal[0]) | (signal[i] != signal[i])


def zone_of(zones, index):
    """The number of the zone that a file of this number is in."""
    zone = 0
    while zone < zones.size - 2 and index >= zones[zone + 1]:
        zone += 1
    return zone


def nearest(pitches, freq):
    """The number of the pitch that is nearest to a frequency, by their ratio; of two the lower one."""
    best, least = 0, 1e300
    for k in range(pitches.size):
        ratio = pitches[k] / max(freq, 1e-9)
        distance = max(ratio, 1.0 / ratio)
        if distance < least:
            best, least = k, distance
    return best


def step(speed, reverse, freq, base_freq, pitch, tuned, i):
    """Frames of the file in frame `i`, on the grid; 0 where the speed is not finite."""
    recorded = base_freq[i] if base_freq[i] == base_freq[i] else pitch
    pace = speed[i] * freq[i] / recorded if tuned else speed[i]
    pace = -pace if reverse[i] > 0.5 else pace
    return rint(clip(finite(pace, 0.0), -FASTEST, FASTEST) * GRID) / GRID


def faded(left, width):
    """The level of what is held after a jump, with so many frames left of a width; without a corner at its ends."""
    x = clip(left / width, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def mixed(value, held, level, fades_in):
    """A value with what is held at a level, instead of it or beside it."""
    return value + level * (held - value if fades_in else held)
