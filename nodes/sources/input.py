"""Input: what a microphone or an instrument plays into the sound card, live.

    voice: {delay: {time: 0.25, feedback: 0.4, mix: 0.4, signal: {input: {amp: 0.8}}}}

It is silent where nothing listens: offline, and in a folder that is not trusted, until `--input` or `waves trust`. The
card is the one of the setting INPUT, or the one that plays. It is heard a block later than it comes in.
"""

from waves.dsp.maths import finite
from waves.node import Node, Signal, param

MOST = 8  # channels that the engine hears


class Input(Node):
    channel: int = param(1, unit="channels", minimum=1, maximum=MOST, description="Channel of the card, from 1.")
    amp: Signal = param(1.0, unit="factor", description="Level.")
    device: str = param("", description="No effect: the setting INPUT chooses the card.")

    aliases = ("live", "mic", "adc")
    factors = ("amp",)

    @staticmethod
    def render(out, channel, amp, live):
        for i in range(out.size):
            out[i] = amp[i] * finite(live[channel - 1][i], 0.0)
