"""Limit: no frame is louder than `ceiling`, and nothing below it is changed.

    loud: {limit: {ceiling: -6, gain: 12, signal: {mix: {
            drum: {sequencer: {interval: 0.5, steps: [{osc: {freq: 55, amp: 0.4, duration: 0.2, release: 0.1}}]}},
            pad: {osc: {type: saw, freq: 110, amp: 0.05}}}}}}

The gain falls 1.5 ms before a peak and comes back in `release`, for all channels alike. The sound is late by 1.5 ms.
With `true_peak` the wave between the frames is limited too, as a converter or another format would play it, to 0.2 dB
below the ceiling where it is read, at four places a frame. The sound is late by eight frames more. Without it that wave
passes the ceiling, of music by up to 1 dB.
(Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, 2012; ITU-R BS.1770-4, annex 2.)
"""

import math

import numpy as np

from waves.dsp.limiter import CEILING, LIMITER_RANGES, LONGEST, ONE, limit, lookahead
from waves.dsp.maths import clip, finite
from waves.dsp.units import db_to_factor
from waves.node import BLOCK, Channels, Constants, Floats, Ints, Node, Signal, State, param

TAPS = 16  # of each filter that reads between two frames
BEFORE = TAPS - 1  # frames that they look back
PLACES = 3  # between two frames
LINE = 2 * (PLACES + 1) * BLOCK  # place of the frames with those before, in the working memory
MARGIN = 10.0 ** (0.2 / 20.0)  # for peaks between the places


class Limit(Node):
    signal: Channels = param(description="The sound to be limited.")
    ceiling: Signal = param(-1.0, unit="dB", minimum=-60.0, maximum=0.0, description="Level that is never passed.")
    gain: Signal = param(0.0, unit="dB", description="Gain before it.")
    release: float = param(0.08, unit="s", minimum=0.001, maximum=10.0, description="Time for 63 % of the way back.")
    true_peak: bool = param(False, description="Whether the wave between the frames is limited too.")

    aliases = ("limiter", "maximizer", "brickwall")
    channels = "signal"
    arrays = {"between": "f8"}
    slow = ("top", "into")
    scratch = 2 * (PLACES + 1) + 2

    class state(State):
        past: Floats[2 * BEFORE]  # frames of both channels
        ahead: int = 0  # all further fields: as those of a `LIMITER`; 0: not begun
        position: int = 0
        busy: int = 0
        release: int = 0
        level: int = ONE
        total: int = 0
        needed: Ints[2 * LONGEST]
        levels: Ints[LONGEST]
        delay: Floats[2 * (PLACES + 1) * LONGEST]
        gain: float = 1.0

        ranges = LIMITER_RANGES | {"ahead": (0, LONGEST)}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray]:
        place = np.arange(TAPS) - (TAPS // 2 - 1) - np.arange(1, PLACES + 1)[:, None] / (PLACES + 1)
        window = np.i0(6.0 * np.sqrt(1.0 - (place / (TAPS // 2)) ** 2)) / np.i0(6.0)
        filters = np.sinc(place) * window
        return {"between": (filters / filters.sum(axis=1, keepdims=True)).ravel()}

    @staticmethod
    def slowly(ceiling, gain):
        top = db_to_factor(clip(finite(ceiling, 0.0), -60.0, 0.0))
        return top, db_to_factor(clip(finite(gain, 0.0), -120.0, 120.0))

    @staticmethod
    def render(out, signal, release, true_peak, between, top, into, state, work, rate):
        size = signal[0].size
        if state.ahead != lookahead(rate):
            state.ahead = lookahead(rate)
            state.position, state.busy, state.level, state.total = 0, 0, ONE, state.ahead * ONE
            for k in range(2 * LONGEST):
                state.needed[k] = ONE
            for k in range(LONGEST):
                state.levels[k] = ONE
            for k in range(state.delay.size):
                state.delay[k] = 0.0
        state.release = int(ONE * (1.0 - math.exp(-1.0 / (release * rate))))
        width = out.size
        scale = MARGIN * CEILING if true_peak else CEILING
        for c in range(width):
            for k in range(BEFORE):
                work[LINE + k] = state.past[c * BEFORE + k]
            for i in range(size):
                work[LINE + BEFORE + i] = finite(signal[c][i], 0.0) * into[i] * (scale / top[i])
            for k in range(BEFORE):
                state.past[c * BEFORE + k] = work[LINE + size + k]
            first = LINE + TAPS // 2 - 1 if true_peak else LINE + BEFORE
            for i in range(size):
                work[c * size + i] = work[first + i]
            if true_peak:
                for p in range(PLACES):
                    to = (width + PLACES * c + p) * size
                    for i in range(size):
                        work[to + i] = 0.0
                    for k in range(TAPS):
                        for i in range(size):
                            work[to + i] += between[p * TAPS + k] * work[LINE + k + i]
        limit(work, width * (PLACES + 1) if true_peak else width, size, state)
        for c in range(width):
            for i in range(size):
                out[c][i] = clip(work[c * size + i] * (top[i] / scale), -top[i], top[i])
