"""Map: moves a signal from one range of values to another.

    wah:
      filter:
        cutoff: {map: {signal: {osc: {type: tri, freq: 2}}, from: [-1, 1], to: [200, 3200], type: exponential}}
        peak: 0.6
        signal: {osc: {type: saw, freq: a2, amp: 0.3}}

A value as far between the ends of `from` becomes one as far between those of `to`; what is outside goes on in the
same way, unless `clip` holds the result between two bounds. Linear: equal steps become equal steps. Exponential:
equal steps become equal ratios, as the ear hears pitches and levels; where an end of `to` is 0 or both have other
signs, it is linear. Where the ends of `from` are the same, the result is in the middle.
"""

from pydantic import field_validator

from waves.dsp.maths import clip as held
from waves.dsp.maths import finite
from waves.dsp.powers import power
from waves.node import Choice, Node, Signal, Signals, param

from .._two_ends import two_ends

Type = Choice["linear", "exponential"]
MOST = 1e6  # times its range that a signal is taken to be away from it


class Map(Node):
    signal: Signal = param(description="The signal to be moved.")
    from_: Signals = param([0.0, 1.0], unit="value", description="Two values of the signal.")
    to: Signals = param(unit="value", description="The two values that they become.")
    clip: Signals = param([], unit="value", description="Two values between which the result is held.")
    type: Type = param("linear", description="Equal steps of the result, or equal ratios.")

    aliases = ("scale", "range", "linlin", "linexp")
    tail = False

    _two_ends = field_validator("from", "to", "clip")(two_ends)

    @staticmethod
    def render(out, signal, from_, to, clip, type):
        begin, end = from_[0], from_[1]
        first, last = to[0], to[1]
        for i in range(out.size):
            span = end[i] - begin[i]
            share = (finite(signal[i], 0.0) - begin[i]) / span if span != 0.0 else 0.5
            out[i] = held(share, -MOST, MOST)
        if type == Type.linear:
            for i in range(out.size):
                out[i] = first[i] + out[i] * (last[i] - first[i])
        elif type == Type.exponential:
            for i in range(out.size):
                is_ratio = first[i] * last[i] > 0.0
                ratio = power(last[i] / first[i] if is_ratio else 1.0, out[i])
                out[i] = first[i] * ratio if is_ratio else first[i] + out[i] * (last[i] - first[i])
        if clip.size == 2:
            low, high = clip[0], clip[1]
            for i in range(out.size):
                out[i] = held(out[i], low[i], high[i])
