"""Invert: the sound backwards, piece by piece.

    bell: {osc: {type: tri, freq: f, amp: 0.5, duration: 0.45, release: 0.45}}
    tune: {sequencer: {interval: beat, steps: [bell a4, bell e4, bell c#5, bell b3]}}
    risen: {invert: {size: beat, signal: {tune: {}}}}

Each piece of `size` seconds is played from its end to its start while the next one is remembered, so that it is heard
one `size` later. The first one, before which there is nothing, is heard as it is.

(Roads: Microsound, 2001, on reversal.)
"""

from waves.node import Channels, Constants, Node, Signal, param

from ._pieces import Pieces, begin, length_of, play, remember

LONGEST = 30.0  # s
MOVED = 10.0  # s, memory where the size moves


class Invert(Node):
    signal: Channels = param(description="The sound, mono or stereo.")
    size: Signal = param(0.25, unit="s", minimum=0.001, maximum=LONGEST, description="Length of a piece.")
    crossfade: Signal = param(
        0.005, unit="s", minimum=0.0, maximum=10.0, description="Time in which a piece fades over to the next one."
    )

    aliases = ("backwards",)
    channels = "signal"
    rings = {"line": "signal"}
    crossfaded = ("size", "crossfade")
    tail = "size"

    class state(Pieces):
        length: int = 0  # frames of the piece that plays

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        return {"line": 3.0 * (MOVED if constants.size is None else constants.size) + 0.1}

    @staticmethod
    def render(out, signal, size, crossfade, line, state, rate):
        longest = (line[0].size / rate - 0.01) / 3.0
        for i in range(out[0].size):
            remember(line, signal, i, state)
            span = length_of(size[i], longest, rate)
            if state.count == 1 or state.elapsed >= span:
                length = state.length = state.elapsed
                begin(state, state.count - 1 - length, max(length, 1), length > 0, span, crossfade[i], rate)
            elif state.way < 0 and state.elapsed >= state.length:  # the size has grown: forwards from its start
                state.way = 1
                state.place += 1
            play(line, out, i, state)
