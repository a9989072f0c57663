"""Pieces of a sound that is remembered: one plays, forwards or backwards, and the one before it fades out.

The state of a node has the fields of `Pieces`. Frames count from the start, and `line` is a ring for each channel.
"""

from waves.dsp.maths import clip, finite, frames
from waves.dsp.panning import equal_power
from waves.node import State

SHORTEST = 0.001  # s


class Pieces(State):
    count: int = 0  # frames that are remembered
    elapsed: int = 0  # frames of the piece that plays
    place: int = 0  # the frame that plays next
    way: int = 1  # from one frame to the next: 1, or backwards -1
    old_place: int = 0  # the same of the piece before
    old_way: int = 1
    fading: int = 0  # frames that are left of its fade
    width: int = 1  # frames of that


def remember(line, signal, i, state):
    """Takes frame `i` of all channels into the memory."""
    for c in range(signal.size):
        line[c].push(finite(signal[c][i], 0.0))
    state.count += 1


def length_of(size, longest, rate):
    """The frames of a piece of `size` seconds."""
    return int(max(frames(clip(size, SHORTEST, longest), rate), 1.0))


def begin(state, first, length, backwards, span, crossfade, rate):
    """Plays the piece of `length` frames from a frame on, for about `span` frames; the one before it fades out."""
    state.old_place, state.old_way = state.place, state.way
    state.place, state.way = (first + length - 1, -1) if backwards else (first, 1)
    fade = int(min(frames(clip(crossfade, 0.0, 10.0), rate), 0.5 * span))
    state.width = max(fade, 1)
    state.fading = fade if state.count > 1 else 0
    state.elapsed = 0


def play(line, out, i, state):
    """Frame `i` of all channels of the piece that plays."""
    first, second = equal_power(state.fading / state.width)
    for c in range(out.size):
        heard = line[c].at(state.count - state.place)
        if state.fading > 0:
            heard = first * heard + second * line[c].at(state.count - state.old_place)
        out[c][i] = heard
    state.place += state.way
    state.old_place += state.old_way
    state.fading = max(state.fading - 1, 0)
    state.elapsed += 1
