"""Mix: the plain sum of its tracks.

    both: {mix: {low: {osc: {freq: 110, amp: 0.3}}, high: {osc: {freq: 220, amp: 0.15}}}}

Nothing is scaled: two tracks at full level give twice the full level.
"""

from waves.language.mixing.mix_builder import mixed
from waves.node import Node, Signals, param


class Mix(Node):
    signals: Signals = param([], description="The tracks, by name or as a list.")

    aliases = ("sum", "add", "parts", "stack", "layer", "group", "submix", "master", "stems")
    waits = ("signals",)
    tail = False

    @classmethod
    def expand(cls, build):
        return mixed(build)

    @staticmethod
    def render(out, signals):
        size = out.size
        for i in range(size):
            out[i] = 0.0
        k = 0
        while k + 4 <= signals.size:  # four at a time: the sum is read and written once for them
            a = signals[k]
            b = signals[k + 1]
            c = signals[k + 2]
            d = signals[k + 3]
            for i in range(size):
                out[i] += a[i] + b[i] + c[i] + d[i]
            k += 4
        while k < signals.size:
            a = signals[k]
            for i in range(size):
                out[i] += a[i]
            k += 1
