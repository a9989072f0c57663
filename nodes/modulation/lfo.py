"""LFO: a slow wave that moves a parameter, in time with the music: in lengths of the tempo, from bar to bar.

    wobble:
      filter:
        cutoff: {lfo: {interval: bar / 3, range: [150, 2500]}}
        peak: 0.7
        signal: {osc: {type: saw, freq: a1, amp: 0.3}}
    chance: {osc: {type: tri, amp: 0.3, freq: {lfo: {shape: random, interval: eighth, range: [200, 800]}}}}
    rise: {osc: {type: saw, amp: 0.2, freq: {lfo: {shape: saw, once: true, interval: 2 * bar, range: [110, 880]}}}}

With an `interval` it stands where it would stand if it had run from the beginning of the piece, also after an edit or a
change of tempo; with `rate` too. So two of one length are in step, whenever they were written. While the length itself
moves it goes on from where it is, and when that rests it is back in step within 20 ms. `sync: start` counts from the
start of the node, or of the note. A `trigger` begins anew. `once` plays one cycle from the start, or from each trigger,
and stays at its end.

`sin` and `tri` begin in the middle and rise, `cos` begins at its highest, `sqr` is high first, for `pulse_width` of the
cycle, `saw` rises, `ramp` falls. `random` holds another value in each cycle, `smooth` moves from one to the next. All
are exact, with sharp edges: for a tone take `osc`.
"""

import math
from typing import Any

from pydantic import field_validator, model_validator

from waves.dsp.clock import TOLERANCE
from waves.dsp.maths import clip, finite, floor, sine, turn, turns, uniform
from waves.dsp.windows import hann
from waves.language.build.tempo_names import in_time
from waves.node import BLOCK, Choice, Node, Signal, Signals, State, param

from .._two_ends import two_ends

Shape = Choice["sin", "cos", "tri", "sqr", "saw", "ramp", "random", "smooth"]
WORDS = {"sine": "sin", "triangle": "tri", "square": "sqr", "pulse": "sqr", "up": "saw", "down": "ramp"}
Sync = Choice["transport", "start"]
count = range  # the kernel has a parameter of that name
SHORTEST, FASTEST = 1e-4, 1e4  # s, Hz
BACK = 0.02  # s, in which what is left of a jump falls by 60 dB


class Lfo(Node):
    shape: Shape = param("sin", words=WORDS, description="The shape of a cycle.")
    rate: Signal = param(1.0, unit="Hz", minimum=0.0, description="Cycles in a second.")
    interval: Signal = param(None, unit="s", minimum=SHORTEST, description="Length of a cycle, instead of `rate`.")
    range: Signals = param([-1.0, 1.0], unit="value", description="The lowest and the highest value.")
    phase: Signal = param(0.0, unit="rad", description="Added to the phase: by so much it is ahead.")
    pulse_width: Signal = param(0.5, unit="cycles", minimum=0.0, maximum=1.0, description="High part of sqr.")
    sync: Sync = param("transport", description="The moment from which cycles are counted.")
    once: bool = param(False, description="One cycle, after which it stays at its end.")
    trigger: Signal = param(None, unit="gate", description="Begins a cycle where it rises through 0.5.")
    seed: int = param(0, unit="number", description="Of random and smooth; 0: the node's own.")
    beats: Signal = param(None, unit="beats", description="Position to follow with `interval`; else that of the piece.")
    beat: Signal = param(None, unit="s", minimum=SHORTEST, description="Length of a beat of that position.")

    aliases = ("low frequency oscillator", "modulator", "cycle")
    crossfaded = ("interval", "phase", "pulse_width", "trigger", "beats", "beat")
    scratch = 2
    waits = ()

    _two_ends = field_validator("range")(two_ends)

    class state(State):
        number: int = 0  # of the note
        begun: bool = False
        free: bool = False  # whether it counts from a start of its own
        waiting: bool = False  # for the first trigger
        moved: bool = False  # whether the length has moved
        high: bool = False  # trigger
        speed: float = 0.0  # cycles in a second, or in a beat
        anchor: float = 0.0  # cycles
        at: float = 0.0  # s or beats, of the anchor
        last: float = 0.0  # last value
        jump: float = 0.0  # what is left of a jump
        numbered = ("number",)
        ranges = {"speed": (0, 1e12), "last": (-4, 4), "jump": (-4, 4)}

    @model_validator(mode="after")
    def _one_of_them(self) -> Any:
        if {"rate", "interval"} <= self.model_fields_set:
            raise ValueError("takes 'rate' or 'interval', not both")
        return self

    @classmethod
    def expand(cls, build):
        return in_time(build)

    @staticmethod
    def render(
        out,
        shape,
        rate,
        interval,
        range,
        phase,
        pulse_width,
        sync,
        once,
        trigger,
        seed,
        beats,
        beat,
        state,
        sample_rate,
        clock,
        work,
    ):
        size = out.size
        timed = interval[0] == interval[0]
        musical = timed and beats[0] == beats[0] and beat[0] == beat[0]
        for i in count(size):
            now = finite(beats[i], state.at) if musical else (clock + i) / sample_rate
            speed = clip(finite(rate[i], 0.0), 0.0, FASTEST)
            if timed:
                speed = 1.0 / clip(finite(interval[i], 1.0), SHORTEST, 1e9)
                speed *= clip(finite(beat[i], 0.5), SHORTEST, 1e9) if musical else 1.0
            if not state.begun:
                state.begun = True
                state.free = once == 1 or sync != Sync.transport
                state.at = now if once == 1 or sync == Sync.start else 0.0
                state.speed = speed
                state.waiting = once == 1 and trigger[i] == trigger[i]
            high = trigger[i] >= 0.5
            if high and not state.high:
                state.free, state.moved, state.waiting = True, False, False
                state.anchor, state.at, state.speed = 0.0, now, speed
            state.high = high
            place = 0.0 if state.waiting else state.anchor + state.speed * (now - state.at)
            work[BLOCK + i] = 0.0
            if abs(speed - state.speed) > TOLERANCE * state.speed:
                state.anchor, state.at, state.speed, state.moved = place, now, speed, True
            elif state.moved and not state.free:
                place = state.speed * now
                state.anchor, state.at, state.moved = 0.0, 0.0, False
                work[BLOCK + i] = 1.0
            work[i] = place

        for i in count(size):
            ended = once == 1 and work[i] >= 1.0 - TOLERANCE
            x = (1.0 if ended else work[i]) + turns(phase[i])
            cycle = -floor(-x) - 1.0 if ended else floor(x + TOLERANCE)
            part = max(x - cycle, 0.0)
            if shape == Shape.sin:
                out[i] = sine(part)
            elif shape == Shape.cos:
                out[i] = sine(part + 0.25)
            elif shape == Shape.tri:
                out[i] = 1.0 - 4.0 * abs(turn(part + 0.25) - 0.5)
            elif shape == Shape.sqr:
                out[i] = 1.0 if part < clip(pulse_width[i], 0.0, 1.0) else -1.0
            elif shape == Shape.saw:
                out[i] = 2.0 * part - 1.0
            elif shape == Shape.ramp:
                out[i] = 1.0 - 2.0 * part
            elif shape == Shape.random:
                out[i] = 2.0 * uniform(seed, state.number + int(cycle)) - 1.0
            elif shape == Shape.smooth:
                k = state.number + int(cycle)
                here = uniform(seed, k)
                out[i] = 2.0 * (here + hann(0.5 * part) * (uniform(seed, k + 1) - here)) - 1.0

        keep = math.exp(-math.log(1000.0) / (BACK * sample_rate))
        low, high_end = range[0], range[1]
        for i in count(size):
            state.jump = state.last - out[i] if work[BLOCK + i] > 0.0 else keep * state.jump
            state.last = out[i] + state.jump
            out[i] = low[i] + (high_end[i] - low[i]) * (0.5 + 0.5 * state.last)
