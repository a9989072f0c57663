"""Vocoder: sixteen bands of a signal, each as loud as that band of another: one speaks with the voice of the other.

    robot: {vocoder: {speech: {sample: {file: samples/break.flac, loop: true}}, signal: {osc: {type: saw, freq: 110}}}}
"""

from waves.dsp.filters.follower import follow, follower_coefficient
from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import finite
from waves.dsp.powers import exp2, power
from waves.node import Floats, Node, Signal, State, param

BANDS = 16
LOWEST, HIGHEST = 80.0, 8000.0  # Hz, centres


class Vocoder(Node):
    signal: Signal = param(description="The voice, rich in partials.")
    speech: Signal = param(description="The signal that is followed.")
    width: float = param(0.2, unit="octaves", minimum=0.05, maximum=2.0, description="Width of a band.")
    attack: float = param(0.005, unit="s", minimum=0.0, description="Time to follow a rise.")
    release: float = param(0.03, unit="s", minimum=0.0, description="Time to follow a fall.")
    gain: Signal = param(4.0, unit="factor", description="Level.")

    waits = ("speech",)

    class state(State):
        voice: Floats[32]
        speech: Floats[32]
        level: Floats[16]

    @staticmethod
    def render(out, signal, speech, width, attack, release, gain, state, rate):
        for i in range(out.size):
            out[i] = 0.0
        damping = exp2(0.5 * width) - exp2(-0.5 * width)
        rise = follower_coefficient(attack, rate)
        fall = follower_coefficient(release, rate)
        for k in range(BANDS):
            g = corner_coefficient(LOWEST * power(HIGHEST / LOWEST, k / (BANDS - 1.0)), rate)
            for i in range(out.size):
                _, heard, _ = state_variable(finite(speech[i], 0.0), g, damping, state.speech, 2 * k)
                _, voice, _ = state_variable(finite(signal[i], 0.0), g, damping, state.voice, 2 * k)
                out[i] += follow(damping * heard, rise, fall, state.level, k) * damping * voice
        for i in range(out.size):
            out[i] *= finite(gain[i], 0.0)
