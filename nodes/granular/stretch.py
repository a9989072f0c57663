"""Stretch: plays a file longer or shorter at the same pitch, or at another pitch in the same time.

    break: {stretch: {file: samples/break.flac, length: 2 * bar, loop: true}}
    slow: {stretch: {file: samples/chord.flac, time: 3, pitch: -5}}
    cut: {stretch: {file: samples/break.flac, slices: 8, time: 1.5}}
    beat: {play: cut, slice: "0 1 <2 5> 3 4 [5 5] 6 7"}

Drums, voices and melodies want `good`; chords below a3 want `best`, which tells tones 25 Hz apart, `good` 50 Hz,
`draft` 100 Hz. Closer ones beat. A longer window blurs what is between strokes, so none is best for all.

`time` is how much longer it lasts, and `length` how long: `2 * bar` follows the tempo, also one that moves. Both may
move at any time, and so may `pitch`: nothing of it is a click. At time 1 and pitch 0 it is the file itself, to 1e-12.

Strokes and notes that begin in a file are found as it is loaded. Each begins within 0.5 ms of its time, and 10 ms of it
(`draft`), 45 ms (`good`) or 85 ms (`best`) are as recorded; what rings then is stretched by a phase vocoder. Where
two strokes come closer together than that takes, what is between them plays to and fro. Tones that are far enough apart
keep their pitch within 0.1 cent, noise its level and its colour within 0.5 dB. Both channels are treated alike, so the
stereo image stays.

`start`, `end` and `slices` cut the file as those of `sample`, with fades of 3 ms; they are read as the part begins. A
loop has no gap: one whose ends fit goes through its seam, else its start is an onset.

A frame costs 0.4 us, of a mono file 0.25 us.

(Laroche, Dolson: Improved phase vocoder time-scale modification of audio, 1999; Puckette: Phase-locked vocoder, 1995.)
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import model_validator

from waves.dsp.filters.sinc import weighed, wide_sincs
from waves.dsp.maths import clip, finite, floor, rint
from waves.dsp.powers import exp2
from waves.node import Choice, File, Node, Signal, param

from .._file_reading import reach_at, sinc_at
from ._onsets import onsets_of
from ._streams import AROUND, TAPE, Streams, choose_part, make_frame
from ._vocoder import FAR, numbers, tables, window_size

GRID = 2.0**24  # steps of the playhead in a frame: sums are exact
SHORTEST = 0.05  # factor
FASTEST = 32.0  # frames of the file in a frame


class Stretch(Node):
    file: File = param(description="A file; of a folder its first one.")
    time: Signal = param(1.0, unit="factor", minimum=SHORTEST, description="Its length, of the recorded one.")
    length: Signal = param(None, unit="s", minimum=0.01, description="Of the part that plays, in place of `time`.")
    pitch: Signal = param(0.0, unit="semitones", minimum=-24.0, maximum=24.0, description="0 as recorded.")
    loop: bool = param(False, description="Goes on at its start after its end.")
    start: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="Begin of the part that plays.")
    end: Signal = param(1.0, unit="position", minimum=0.0, maximum=1.0, description="End of the part that plays.")
    slices: Signal = param(1.0, unit="number", minimum=1.0, description="Equal parts of what lies between them.")
    slice: Signal = param(0.0, unit="number", description="Number of the part that plays, from 0.")
    amp: Signal = param(1.0, unit="factor", description="Level.")
    quality: Choice["draft", "good", "best"] = param("good", description="Of low chords, and between the frames.")

    aliases = ("time stretch", "warp", "paulstretch", "phase vocoder", "pvoc")
    channels = ("left", "right")
    factors = ("amp",)
    crossfaded = ("start", "end", "slices", "slice")
    waits = ()
    arrays = {"audio": "f4", "extent": "i8", "onsets": "i8", "table": "f8", "window": "f8", "rest": "f8"}
    arrays |= {"weights": "f8", "kernels": "i8"}
    buffers = {"memory": "f8", "tape": "f8"}

    class state(Streams):
        playhead: float = 0.0  # frames of the tape
        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {**Streams.ranges, "playhead": (0, 2**50)}

    @model_validator(mode="after")
    def _one_of_them(self) -> Any:
        if {"time", "length"} <= self.model_fields_set:
            raise ValueError("takes 'time' or 'length', not both")
        return self

    @staticmethod
    def lengths(constants, rate):
        channels = min(len(constants.file[0]), 2) if constants.file else 2
        size = window_size(constants.quality, rate)
        return {"memory": numbers(channels, size), "tape": channels * (TAPE + AROUND)}

    @staticmethod
    def prepare(constants, rate):
        """The file channel by channel, its frames and channels, its onsets, and the tables of the windows and sincs."""
        file = constants.file[0] if constants.file and constants.file[0].size else np.zeros((1, 1), np.float32)
        file = file[:2]
        table, window, rest = tables(window_size(constants.quality, rate))
        weights, kernels = wide_sincs(constants.quality)
        return {
            "audio": file.ravel(),
            "extent": np.array([file.shape[1], len(file)]),
            "onsets": np.append(onsets_of(file, rate), FAR),
            "table": table,
            "window": window,
            "rest": rest,
            "weights": weights,
            "kernels": kernels,
        }

    @staticmethod
    def adopted(state, old, new):
        same = len(old.file) == len(new.file) and all(map(np.array_equal, old.file[:1], new.file[:1]))
        if not same or old.quality != new.quality:  # it goes on at its place with windows of the other one
            state.begun = False

    @staticmethod
    def render(
        left,
        right,
        time,
        length,
        pitch,
        loop,
        start,
        end,
        slices,
        slice,
        amp,
        audio,
        extent,
        onsets,
        table,
        window,
        rest,
        weights,
        kernels,
        memory,
        tape,
        state,
        rate,
    ):
        channels, total = extent[1], extent[0]
        for i in range(left.size):
            if not state.begun or slices[i] != state.slices or slice[i] != state.slice:
                choose_part(state, slices[i], slice[i], start[i], end[i], onsets, audio, loop, window.size, total, rate)
            g = state.stream
            if length[i] == length[i]:
                speed = (state.high[g] - state.low[g]) / (clip(finite(length[i], 1e9), 1e-4, 1e9) * rate)
            else:
                speed = 1.0 / clip(time[i], SHORTEST, 1e9)
            ratio = rint(exp2(clip(finite(pitch[i], 0.0), -24.0, 24.0) / 12.0) * GRID) / GRID
            pace = rint(clip(speed / ratio, 0.0, FASTEST) * GRID) / GRID
            sinc = sinc_at(ratio)
            needed = int(floor(state.playhead)) + int(reach_at(kernels, sinc)) + 1
            while state.made <= needed:
                make_frame(
                    state,
                    pace,
                    tape,
                    memory,
                    audio,
                    onsets,
                    table,
                    window,
                    rest,
                    start,
                    end,
                    loop,
                    channels,
                    total,
                    rate,
                )
            left[i] = heard(tape, 0, state.playhead, weights, kernels, sinc)
            right[i] = left[i]
            if channels == 2:
                right[i] = heard(tape, TAPE + AROUND, state.playhead, weights, kernels, sinc)
            left[i] *= amp[i]
            right[i] *= amp[i]
            state.playhead += ratio
        return state.playhead > state.ended + AROUND


def heard(tape, base, at, weights, kernels, sinc):
    """The value at a place of the tape, between two sincs."""
    k = int(floor(at))
    if at == k and sinc == 0.0:
        return tape[base + k % TAPE]
    number = int(sinc)
    share = sinc - number
    total = 0.0
    for n in range(number, number + (2 if share > 0.0 else 1)):
        points = kernels[3 * n + 1]
        frames = tape.part(base + (k - points // 2 + 1) % TAPE, points)
        value = weighed(frames, weights, kernels[3 * n], points, kernels[3 * n + 2], at - k)
        total += (share if n > number else 1.0 - share) * value
    return total
