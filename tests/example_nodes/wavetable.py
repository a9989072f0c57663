"""Wavetable: tables of one turn, from words, numbers or a file, and a position between the first and the last.

    growl: {wavetable: {freq: 55, morph: {osc: {freq: 0.2, range: [0, 1]}}, shapes: sin / saw / sqr, amp: 0.3}}
    drawn: {wavetable: {freq: 110, shapes: 0 1 0.3 0.8 -1, amp: 0.3}}
"""

import math

import numpy as np

from waves.dsp.interpolation import linear
from waves.dsp.maths import clip, exponent, finite, increment, turn
from waves.node import File, Node, Signal, State, param

SIZE = 2048  # frames of a table
ROW = SIZE + 1  # the first frame stands at the end again
LEVELS = 11  # 1024 partials, 512 and so on to 1


class Wavetable(Node):
    freq: Signal = param(220.0, unit="Hz", description="Pitch.")
    morph: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="From the first to the last.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    shapes: str = param("sin / saw", description="Tables: sin, tri, saw, sqr, or numbers in a row.")
    file: File = param(None, description="Tables of 2048 frames, instead of `shapes`.")

    arrays = {"tables": "f4"}

    class state(State):
        phase: float = 0.0  # turns

    @staticmethod
    def prepare(constants, rate):
        if constants.file:
            audio = constants.file[0][0]
            made = np.resize(audio, (max(audio.size // SIZE, 1), SIZE))
        else:
            made = np.array([drawn(text.strip()) for text in constants.shapes.split("/")])
        partials = np.fft.rfft(made)
        partials[:, 0] = 0.0
        order = np.arange(partials.shape[1])
        levels = [np.fft.irfft(partials * (order <= SIZE // 2 >> level)) for level in range(LEVELS)]
        return {"tables": np.pad(levels, [(0, 0), (0, 0), (0, 1)], "wrap").ravel()}

    @staticmethod
    def render(out, freq, morph, amp, tables, state, rate):
        last = tables.size // (LEVELS * ROW) - 1
        phase = state.phase
        for i in range(out.size):
            step = increment(freq[i], rate)
            halvings = exponent(SIZE * max(abs(step), 1e-9) * math.sqrt(2.0))  # then no partial is above half the rate
            level = int(clip(halvings, 0.0, LEVELS - 1.0))
            place = clip(morph[i], 0.0, 1.0) * last
            k = min(int(place), max(last - 1, 0))
            j = int(phase * SIZE)
            one = (level * (last + 1) + k) * ROW + j
            other = one + (ROW if last > 0 else 0)
            part = phase * SIZE - j
            a = linear(tables[one], tables[one + 1], part)
            b = linear(tables[other], tables[other + 1], part)
            out[i] = finite(amp[i], 0.0) * linear(a, b, place - k)
            phase = turn(phase + step)
        state.phase = phase


def drawn(text):
    """A table from a word or a row of numbers."""
    t = np.arange(SIZE) / SIZE
    words = {"sin": np.sin(2 * np.pi * t), "tri": 1 - 4 * abs((t + 0.25) % 1 - 0.5)}
    words |= {"saw": 2 * ((t + 0.5) % 1) - 1, "sqr": np.sign(0.5 - t)}
    if text in words:
        return words[text]
    try:
        row = [float(number) for number in text.split()]
        return np.interp(t * len(row), np.arange(len(row) + 1), [*row, row[0]])
    except (ValueError, IndexError):
        raise ValueError(f"`shapes` knows {', '.join(words)} and numbers, not '{text}'") from None
