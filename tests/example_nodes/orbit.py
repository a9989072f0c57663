"""Orbit: a mono sound that goes round, from the left to the right and back.

    fly: {orbit: {speed: 0.5, signal: {osc: {type: saw, freq: 110, amp: 0.3}}}}
"""

from waves.dsp.maths import clip, finite, sine
from waves.node import Node, Signal, State, param


class Orbit(Node):
    signal: Signal = param(unit="value", description="The sound; of a stereo one the mean of both channels.")
    speed: Signal = param(0.5, unit="Hz", minimum=-20.0, maximum=20.0, description="Rounds in a second.")

    channels = ("left", "right")

    class state(State):
        turn: float = 0.0  # of the round

    @staticmethod
    def render(left, right, signal, speed, state, rate):
        turn = state.turn
        for i in range(left.size):
            place = 0.125 + 0.125 * sine(turn)  # 0 is left, a quarter of a turn right
            left[i] = sine(0.25 - place) * signal[i]
            right[i] = sine(place) * signal[i]
            turn += clip(finite(speed[i], 0.0), -20.0, 20.0) / rate
            turn -= 1.0 if turn >= 1.0 else 0.0
            turn += 1.0 if turn < 0.0 else 0.0
        state.turn = turn
