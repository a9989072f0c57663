"""Transient: makes the beginnings of sounds louder or softer, and what follows them, however loud they are.

    snappy: {transient: {attack: 8, sustain: -12, signal: {sequencer: {interval: 0.25, steps: [
              {osc: {type: tri, freq: 150, amp: 0.25, duration: 0.2, release: 0.15}},
              {osc: {type: noise, amp: 0.1, duration: 0.1, release: 0.08}}]}}}}

A beginning is where the level has risen within 30 ms, an end where it has fallen within 0.3 s. At both the gain reaches
the dB given, and it is 0 dB where the level stands still. `$id.gain` is the gain in dB.
(Zölzer: DAFX, 2011, chapter 4: the difference of envelope followers with other times.)
"""

from waves.dsp.filters.follower import follow, follower_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.units import db_to_factor
from waves.node import Channels, Floats, Node, Signal, State, param

from ._level import PART, SILENT, highest, loudest

AT_ONCE = 0.0005  # s, in which the level rises
RISE = 0.03  # s, of a level that is late
FALL = 0.02  # s, of the level
LATE_FALL = 0.3  # s, of a level that goes on


class Transient(Node):
    signal: Channels = param(description="The sound, such as drums.")
    attack: Signal = param(6.0, unit="dB", minimum=-24.0, maximum=24.0, description="Gain of the beginnings.")
    sustain: Signal = param(0.0, unit="dB", minimum=-24.0, maximum=24.0, description="Gain of what follows them.")

    aliases = ("shaper",)
    channels = "signal"
    outputs = ("gain",)
    tail = False

    class state(State):
        peak: Floats[5]
        level: Floats[3]  # now, late to rise, late to fall

    @staticmethod
    def render(out, gain, signal, attack, sustain, state, rate):
        size = gain.size
        part = PART * rate
        rise, late_rise = follower_coefficient(AT_ONCE, rate), follower_coefficient(RISE, rate)
        fall, late_fall = follower_coefficient(FALL, rate), follower_coefficient(LATE_FALL, rate)
        for i in range(size):
            x = highest(loudest(signal, i), part, state.peak)
            level = follow(x, rise, fall, state.level, 0) + SILENT
            late = follow(x, late_rise, fall, state.level, 1) + SILENT
            lasting = follow(x, rise, late_fall, state.level, 2) + SILENT
            begins = clip(1.0 - late / level, 0.0, 1.0)
            ends = clip(1.0 - level / lasting, 0.0, 1.0)
            up, down = clip(finite(attack[i], 0.0), -24.0, 24.0), clip(finite(sustain[i], 0.0), -24.0, 24.0)
            gain[i] = up * begins + down * ends
        for c in range(out.size):
            for i in range(size):
                out[c][i] = db_to_factor(gain[i]) * finite(signal[c][i], 0.0)
