"""Each channel of a signal comes later than the one before, by `time`.

    wide: {spread: {time: 0.01, signal: {track: {pan: 0.3, signal: {osc: {freq: 220, amp: 0.2}}}}}}
"""

from waves.node import Channels, Node, param


class Spread(Node):
    signal: Channels = param(description="The sound to be spread.")
    time: float = param(0.01, unit="s", minimum=0.0, maximum=0.1, description="Delay from channel to channel.")

    channels = ("left", "right")
    rings = {"late": "signal"}

    @staticmethod
    def lengths(constants, rate):
        return {"late": 0.2}

    @staticmethod
    def render(left, right, signal, time, late, rate):
        for i in range(left.size):
            for channel in range(late.size):
                late[channel].push(signal[channel][i])
            left[i] = late[0].at(1)
            right[i] = late[1].between(1.0 + time * rate)
