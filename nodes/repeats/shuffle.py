"""Shuffle: pieces of the sound in another order, some of them backwards.

    pluck: {osc: {type: saw, freq: f, amp: 0.35, duration: 0.2, release: 0.15}}
    tune: {sequencer: {interval: eighth, steps: [pluck a3, pluck c4, pluck e4, pluck g4, pluck b4, pluck a4]}}
    broken: {shuffle: {size: sixteenth, invert: 0.3, signal: {tune: {}}}}

The last pieces of the sound wait, and one of them, by chance, plays next. Each is played once, and one that waits for
long has its turn first; only at the start, while few are known, some are heard twice. `chunks` is a number of pieces in
place of their `size`: of the node's `duration`, or of 10 s.

(Roads: Microsound, 2001: shuffling of segments.)
"""

import math

from waves.dsp.maths import clip, frames, uniform
from waves.node import Channels, Constants, Ints, Node, Signal, param

from ._pieces import Pieces, begin, length_of, play, remember

LONGEST = 2.0  # s
MOVED = 1.0  # s, where the size moves
WAITING = 6  # pieces that wait
OLDEST = 12  # pieces after which one has its turn
WHOLE = 10.0  # s that `chunks` are pieces of, without a duration


class Shuffle(Node):
    signal: Channels = param(description="The sound, mono or stereo.")
    size: Signal = param(0.3, unit="s", minimum=0.001, maximum=LONGEST, description="Length of a piece.")
    chunks: int = param(
        None, unit="number", minimum=1, maximum=100_000, description="Number of pieces, in place of their size."
    )
    invert: Signal = param(0.1, unit="factor", minimum=0.0, maximum=1.0, description="Share of the pieces backwards.")
    crossfade: Signal = param(
        0.005, unit="s", minimum=0.0, maximum=2.0, description="Time in which a piece fades over to the next one."
    )
    seed: int = param(0, unit="number", description="Of the order; 0: the node's own.")
    duration: Signal = param(math.inf, unit="s", minimum=0.0, description="Time after which it has ended.")

    aliases = ("scramble",)
    channels = "signal"
    rings = {"line": "signal"}
    crossfaded = ("size", "crossfade", "duration")
    tail = "size"

    class state(Pieces):
        draws: int = 0
        waiting: int = 0  # pieces that wait: the first frame and the frames of each
        firsts: Ints[WAITING + 1]
        lengths: Ints[WAITING + 1]
        ranges = {"waiting": (0, WAITING)}

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        size = MOVED if constants.size is None else constants.size
        if constants.chunks is not None:
            size = min(_size(getattr(constants, "duration", None), constants.chunks), LONGEST)
        return {"line": (OLDEST + 2) * size + 0.1}

    @staticmethod
    def render(out, signal, size, chunks, invert, crossfade, seed, duration, line, state, rate):
        longest = (line[0].size / rate - 0.01) / (OLDEST + 2)
        last = frames(duration[0], rate)
        for i in range(out[0].size):
            remember(line, signal, i, state)
            whole = duration[i] if duration[i] < 1e9 else WHOLE
            span = length_of(whole / chunks if chunks > 0 else size[i], longest, rate)
            if state.count == 1 or state.elapsed >= span:
                first, length = chosen(state, seed)
                backwards = length > 0 and uniform(seed, state.draws) < clip(invert[i], 0.0, 1.0)
                state.draws += 1
                begin(state, first, max(length, 1), backwards, span, crossfade[i], rate)
            play(line, out, i, state)
            if state.count > last:
                for c in range(out.size):
                    out[c][i] = 0.0
        return state.count >= last


def chosen(state, seed):
    """The first frame and the frames of the piece that plays next; of the present frame and 0 where none waits."""
    now = state.count - 1
    if state.elapsed > 0:
        state.firsts[state.waiting], state.lengths[state.waiting] = now - state.elapsed, state.elapsed
        state.waiting += 1
    if state.waiting == 0:
        return now, 0
    k = int(uniform(seed, state.draws) * state.waiting)
    state.draws += 1
    if now - state.firsts[0] > OLDEST * state.elapsed:  # they stand in the order of their ages
        k = 0
    first, length = state.firsts[k], state.lengths[k]
    if state.waiting > WAITING:
        state.waiting -= 1
        for n in range(k, state.waiting):
            state.firsts[n], state.lengths[n] = state.firsts[n + 1], state.lengths[n + 1]
    return first, length


def _size(duration, chunks):
    """Seconds of a piece, of a number of them in a duration that may move."""
    return (duration if duration is not None and math.isfinite(duration) else WHOLE) / chunks
