"""Supersaw: seven saws, a little out of tune with each other, from left to right.

    wall: {supersaw: {freq: a2, detune: 0.3, spread: 0.8, amp: 0.3}}

(Szabo: How to emulate the super saw, 2010.)
"""

from waves.dsp.edges import saw
from waves.dsp.maths import clip, finite, increment, turn, uniform
from waves.dsp.panning import equal_power
from waves.node import BLOCK, Floats, Node, Signal, State, param

OFFSETS = (-0.11002313, -0.06288439, -0.01952356, 0.0, 0.01991221, 0.06216538, 0.10745242)  # factors, fully detuned
SAWS = 7
LEVEL = 0.4  # of one saw


class Supersaw(Node):
    freq: Signal = param(220.0, unit="Hz", description="Pitch of the middle saw.")
    detune: Signal = param(0.3, unit="factor", minimum=0.0, maximum=1.0, description="Distance of the others.")
    spread: Signal = param(0.7, unit="factor", minimum=0.0, maximum=1.0, description="Width from left to right.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    channels = ("left", "right")
    scratch = 2

    class state(State):
        begun: bool = False
        phase: Floats[SAWS]  # turns

    @staticmethod
    def render(left, right, freq, detune, spread, amp, state, rate, seed, work):
        for i in range(left.size):
            left[i] = 0.0
            right[i] = 0.0
        for k in range(SAWS):
            phase = state.phase[k] if state.begun else uniform(seed, k)
            for i in range(left.size):
                step = increment(freq[i] * (1.0 + clip(detune[i], 0.0, 1.0) * OFFSETS[k]), rate)
                work[i] = phase
                work[BLOCK + i] = abs(step)
                phase = turn(phase + step)
            state.phase[k] = phase
            place = k * 3 % SAWS / 6.0 - 0.5  # neighbours in pitch are apart
            for i in range(left.size):
                x = LEVEL * finite(amp[i], 0.0) * saw(work[i], work[BLOCK + i])
                one, other = equal_power(0.5 + clip(spread[i], 0.0, 1.0) * place)
                left[i] += one * x
                right[i] += other * x
        state.begun = True
