"""Send: puts a part of a sound on a bus; without `signal` it plays what all sends of that name have put there.

    pad: {osc: {type: saw, freq: 110, amp: 0.2}}
    bell: {osc: {type: tri, freq: 660, amp: 0.2}}
    hall:
      mix:
        pad: {send: {to: hall, amount: 0.3, signal: pad}}
        bell: {send: {to: hall, amount: 0.8, signal: bell}}
        echoes: {delay: {time: 0.25, feedback: 0.5, signal: {send: {to: hall}}}}
"""

from waves.dsp.maths import finite
from waves.node import Channels, Node, Shared, Signal, param

LATER = 64  # frames, one block: by then every send has put its part on the bus, whatever their order
FRAMES = 4 * LATER  # that the bus holds
CELL = 3  # numbers of a frame of the bus: left, right, and which frame it is


class Send(Node):
    to: Shared = param(description="Name of the bus.")
    signal: Channels = param(None, description="The sound; it is passed on as it is.")
    amount: Signal = param(0.5, unit="factor", description="Part of the sound that is put on the bus.")

    channels = ("left", "right")
    buffers = {"to": "f8"}
    tail = False

    @staticmethod
    def lengths(constants, rate):
        return {"to": FRAMES * CELL}

    @staticmethod
    def render(left, right, to, signal, amount, clock):
        sends = signal[0][0] == signal[0][0]
        last = signal.size - 1
        for i in range(left.size):
            frame = clock + i if sends else clock + i - LATER
            k = frame % FRAMES * CELL
            if sends:
                left[i], right[i] = signal[0][i], signal[last][i]
                if to[k + 2] != frame:  # the first send of this frame: what stands there is old
                    to[k], to[k + 1], to[k + 2] = 0.0, 0.0, frame
                share = finite(amount[i], 0.0)
                to[k] += share * finite(left[i], 0.0)
                to[k + 1] += share * finite(right[i], 0.0)
            else:
                is_new = to[k + 2] == frame
                left[i] = to[k] if is_new else 0.0
                right[i] = to[k + 1] if is_new else 0.0
