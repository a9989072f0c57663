"""Grains: a cloud of short pieces of a file, or of a sound as it comes in.

    cloud:
      grains:
        file: samples/chord.flac
        position: 0.1 + 0.4 * (0.05 * t % 1)
        density: 40
        length: 0.15
        jitter: 0.5
        spread: 0.8
        amp: 1.2
    frozen: {grains: {length: 0.3, spread: 1, jitter: 1, freeze: t > 1, signal: tune}}
    tune: {sequencer: {interval: eighth, steps: [pluck a3, pluck e4, pluck c5, pluck b4]}}
    pluck: {osc: {type: tri, freq: f, amp: 0.3, duration: 0.2, release: 0.2}}

Each grain is heard through a Hann window, and takes what it reads, `position` or `pitch`, as it begins; from then on it
goes its own way, so nothing that moves is a click. `position` is where it begins, from the start of the file, 0, to the
end, 1. Of a `signal` it is from now, 0, to `memory` seconds ago, 1; a grain that is higher begins so much earlier that
what it reads has been there, and none is taken from before the first frame. `freeze` keeps the position, and of a
signal what was heard before.

`jitter` moves by chance the onset of each grain by up to one distance of grains, and its place by up to its length
forward or back. Without it grains of one place are so regular that they are a tone of `density` Hz.

Where grains overlap they are softer, so that the cloud is as loud as the file, whatever the density: by the square root
of their number, and where they lie on one another as in the file by their number. At density 20, length 0.1, jitter 0
and a position that moves as time does, the file itself is heard. 126 grains sound at a time; a density above that is
held. A grain costs 14 ns a frame, at pitch 12 or of a stereo file 23 ns.

It reads as `sample` does, and aliases as little, by the same `quality`.

(Roads: Microsound, 2001; Smith, Gossett: A flexible sampling-rate conversion method, 1984.)
"""

import math

import numpy as np

from waves.dsp.filters.sinc import weighed, wide_sincs
from waves.dsp.maths import STEP, clip, finite, floor, rint, uniform
from waves.dsp.panning import equal_power
from waves.dsp.powers import exp2
from waves.dsp.windows import hann
from waves.node import BLOCK, Channels, Choice, File, Floats, Ints, Node, Signal, State, param

from .._file_reading import reach_at, sinc_at

MOST = 128  # grains at once
SLOTS = MOST + BLOCK  # and those that ended in this block
DENSEST = 1000.0  # grains per s
SHORTEST, LONGEST = 0.001, 2.0  # s
EDGE = 0.003  # s in which recording begins and ends
AROUND = 512  # frames that stand again before and after the file, and after the memory: more than a sinc weighs
PARTS = 2.0**24  # of a frame, on which onsets lie: sums of them are exact
ALIKE = 0.00005  # s by which grains may lie apart and still add up as one sound does


class Grains(Node):
    file: File = param(None, description="Source of the grains; of a folder its first file.")
    signal: Channels = param(None, description="A sound as their source, in place of a file.")
    position: Signal = param(
        0.0, unit="position", minimum=0.0, maximum=1.0, description="Begin of a grain; of a signal how long ago."
    )
    density: Signal = param(20.0, unit="grains per s", minimum=0.0, maximum=DENSEST, description="Grains in a second.")
    length: Signal = param(0.1, unit="s", minimum=SHORTEST, maximum=LONGEST, description="Of a grain.")
    pitch: Signal = param(0.0, unit="semitones", minimum=-48.0, maximum=48.0, description="Of a grain; 0 as recorded.")
    jitter: Signal = param(
        0.2, unit="factor", minimum=0.0, maximum=1.0, description="Stray of onset and place of a grain, by chance."
    )
    spread: Signal = param(0.0, unit="factor", minimum=0.0, maximum=1.0, description="Width of grains left and right.")
    freeze: Signal = param(0.0, unit="gate", description="Keeps the position, and what was heard of a signal.")
    memory: float = param(4.0, unit="s", minimum=0.1, maximum=60.0, description="Length of a signal that is kept.")
    amp: Signal = param(1.0, unit="factor", description="Level.")
    seed: int = param(0, unit="number", description="Of its chance; 0: the node's own.")
    quality: Choice["draft", "good", "best"] = param("good", description="Of what is read between the frames.")

    aliases = ("granular", "granulator", "cloud", "clouds", "freezer")
    channels = ("left", "right")
    factors = ("amp",)
    arrays = {"audio": "f4", "extent": "i8", "weights": "f8", "kernels": "i8"}
    buffers = {"past": "f8"}
    scratch = 1

    class state(State):
        begun: bool = False
        due: float = 1.0  # part of the way to the next grain
        target: float = 1.0  # the way to it, in mean distances
        densest: float = 1.0  # grains in a frame, of which no more are at once than there may be
        count: int = 0  # grains so far
        active: int = 0  # grains that are listed below, in their order
        since: Ints[SLOTS]  # frames
        part: Floats[SLOTS]  # of a frame by which it began before that
        place: Floats[SLOTS]  # frame of the file or of the signal at which it began
        speed: Floats[SLOTS]
        size: Floats[SLOTS]  # frames
        to_left: Floats[SLOTS]  # level
        to_right: Floats[SLOTS]
        last_since: float = 0.0  # frames since the last grain began
        last_place: float = 0.0
        last_speed: float = 0.0
        last_position: float = 0.0
        frozen: bool = False
        held: float = 0.0  # the position while it is
        written: int = 0  # frames of the signal
        needed: float = 0.0  # frame of the signal that a grain will have read at its end
        share: float = 0.0  # level of what is recorded
        room: int = 0  # frames of the memory
        numbered = ("count",)
        ranges = {"active": (0, MOST), "share": (0, 1), "written": (0, 2**50)}

    @classmethod
    def expand(cls, build):
        if (build.settings["file"] is not None) == build.gives("signal"):
            build.report(f"'{build.name}' needs either 'file' or 'signal'")
        return build.node()

    @staticmethod
    def lengths(constants, rate):
        return {"past": 2.0 * (room_of(constants.memory, rate) + AROUND) if constants.file is None else 1.0}

    @staticmethod
    def prepare(constants, rate):
        """The file channel by channel, each with its ends held, its frames and channels, and the weights of sincs."""
        file = constants.file[0] if constants.file and constants.file[0].size else np.zeros((1, 1), np.float32)
        weights, kernels = wide_sincs(constants.quality)
        audio = np.pad(file[:2], [(0, 0), (AROUND, AROUND)], "edge").ravel()
        extent = np.array([file.shape[1] if constants.file else 0, min(len(file), 2)])
        return {"audio": audio, "extent": extent, "weights": weights, "kernels": kernels}

    @staticmethod
    def render(
        left,
        right,
        signal,
        position,
        density,
        length,
        pitch,
        jitter,
        spread,
        freeze,
        memory,
        amp,
        seed,
        audio,
        extent,
        weights,
        kernels,
        past,
        state,
        rate,
        work,
    ):
        records = extent[0] == 0
        room = room_of(memory, rate)
        stride = room + AROUND if records else extent[0] + 2 * AROUND  # from one channel to the next
        both = min(signal.size, 2) == 2 if records else extent[1] == 2
        if records and state.room != room:
            state.room, state.written, state.active, state.share, state.needed = room, 0, 0, 0.0, 0.0
        for i in range(left.size):
            left[i] = right[i] = 0.0
            frozen = freeze[i] > 0.5
            here = clip(finite(position[i], 0.0), 0.0, 1.0)
            if frozen and not state.frozen:
                state.held = here
            state.frozen = frozen
            here = state.held if frozen else here
            before = state.last_position if state.begun else here
            state.last_position = here
            if records:
                goal = 0.0 if frozen and state.written >= state.needed else 1.0
                step = 1.0 / (EDGE * rate)
                state.share = clip(goal, state.share - step, state.share + step)
                if state.share > 0.0:
                    at = state.written % room
                    for c in range(min(signal.size, 2)):
                        heard = hann(0.5 * state.share) * finite(signal[c][i], 0.0)
                        past[c * stride + at] = heard
                        if at < AROUND:  # again behind the end, so that no sinc wraps around
                            past[c * stride + room + at] = heard
                    state.written += 1
            pace = rint(clip(finite(density[i], 0.0), 0.0, DENSEST) / rate / STEP) * STEP
            pace = min(pace, state.densest)
            state.last_since += 1.0
            if state.due >= state.target - 1e-9 and pace > 0.0:
                late = rint(clip((state.due - state.target) / pace, 0.0, 16.0) * PARTS) / PARTS  # frames
                late = late if state.begun else 0.0
                stray = clip(finite(jitter[i], 0.0), 0.0, 1.0)
                speed = exp2(clip(finite(pitch[i], 0.0), -48.0, 48.0) / 12.0)
                reach = reach_at(kernels, whole_sinc(speed)) + 1.0
                longest = 0.5 * memory * rate / max(speed, 1.0) if records else max(extent[0] - 1.0, 1.0) / speed
                size = min(clip(finite(length[i], 0.1), SHORTEST, LONGEST) * rate, longest)
                state.densest = (MOST - 2) / size
                pace = min(pace, state.densest)
                here -= min(late, 1.0) * (here - before)
                span = speed * size
                if records:
                    newest = state.written - 1 - late - reach - (span if frozen else max(span - size, 0.0))
                    oldest = max(state.written - late - room + BLOCK + reach + max(size - span, 0.0), reach)
                    place = newest - here * memory * rate
                    is_there = place >= reach
                else:
                    oldest, newest = 0.0, max(extent[0] - 1.0 - span, 0.0)
                    place = here * (extent[0] - 1.0)
                    is_there = True
                chance = 3 * state.count
                place += stray * size * (2.0 * uniform(seed, chance + 1) - 1.0)
                place = clip(place, oldest, newest)
                sounding = 0
                for k in range(state.active):
                    sounding += state.since[k] + state.part[k] + i < state.size[k]
                if sounding < MOST and is_there and newest >= oldest:
                    k = state.active
                    away = abs(place + speed * late - state.last_place - state.last_speed * state.last_since)
                    away += abs(speed - state.last_speed) * size
                    level = gain(pace * size, away / (ALIKE * rate) if state.begun else math.inf)
                    level *= math.sqrt(2.0)  # in the middle both sides have the whole
                    wide = clip(finite(spread[i], 0.0), 0.0, 1.0)
                    first, second = equal_power(0.5 + wide * (uniform(seed, chance + 2) - 0.5))
                    state.since[k], state.part[k] = -i, late
                    state.place[k], state.speed[k], state.size[k] = place, speed, size
                    state.to_left[k], state.to_right[k] = level * first, level * second
                    state.needed = max(state.needed, place + span + reach)
                    state.last_since, state.last_place, state.last_speed = late, place, speed
                    state.active += 1
                state.due -= state.target
                state.target = 1.0 + stray * (uniform(seed, chance + 3) - uniform(seed, chance))
                state.count += 1
                state.begun = True
            state.due = min(state.due + pace, 64.0)

        for k in range(state.active):
            add_grain(left, right, audio, past, weights, kernels, state, k, records, room, stride, both, work)
        kept = 0
        for k in range(state.active):
            since = state.since[k] + left.size
            if since + state.part[k] < state.size[k]:
                state.since[kept], state.part[kept] = since, state.part[k]
                state.place[kept], state.speed[kept], state.size[kept] = state.place[k], state.speed[k], state.size[k]
                state.to_left[kept], state.to_right[kept] = state.to_left[k], state.to_right[k]
                kept += 1
        state.active = kept
        for i in range(left.size):
            left[i] *= amp[i]
            right[i] *= amp[i]


def add_grain(left, right, audio, past, weights, kernels, state, k, records, room, stride, both, work):
    """Adds one grain to a block, from its onset to its end."""
    since, part, size = state.since[k], state.part[k], state.size[k]
    place, speed = state.place[k], state.speed[k]
    to_left, to_right = state.to_left[k], state.to_right[k]
    sinc = whole_sinc(speed)
    begin, points, phases = kernels[3 * sinc], kernels[3 * sinc + 1], kernels[3 * sinc + 2]
    for i in range(left.size):
        work[i] = hann((since + i + part) / size)
    for i in range(max(-since, 0), min(left.size, math.ceil(size - part) - since)):
        at = place + speed * (since + i + part)
        whole = int(floor(at))
        first = whole - points // 2 + 1
        if records:
            x = work[i] * weighed(past.part(first % room, points), weights, begin, points, phases, at - whole)
        else:
            x = work[i] * weighed(audio.part(first + AROUND, points), weights, begin, points, phases, at - whole)
        y = x
        if both and records:
            frames = past.part(stride + first % room, points)
            y = work[i] * weighed(frames, weights, begin, points, phases, at - whole)
        elif both:
            frames = audio.part(stride + first + AROUND, points)
            y = work[i] * weighed(frames, weights, begin, points, phases, at - whole)
        left[i] += to_left * x
        right[i] += to_right * y


def gain(overlap, away):
    """The level of each of so many grains at once, so that they are as loud as what they are taken from.

    `away` is by how much they lie apart from where they would lie in it: at 0 they add up, else only their powers do.
    """
    power = 0.375 * overlap * (1.0 + max(overlap / 1.5 - 1.0, 0.0) / (1.0 + overlap * away))
    return 1.0 / math.sqrt(max(power, 1.0))


def whole_sinc(speed):
    """The number of the sinc for a speed, no narrower than that of a sample."""
    return math.ceil(sinc_at(speed))


def room_of(memory, rate):
    """Frames of the memory, with those that are written over while a block is read."""
    return int(memory * rate) + 2 * AROUND + 2 * BLOCK
