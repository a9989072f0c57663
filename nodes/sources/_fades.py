"""Fade in and out of an oscillator, of times that may move and need not fit into its duration."""

from waves.dsp.maths import fade_frames, falling, falls_now, rising
from waves.node import BLOCK


def fade(out, attack, release, begin, end, state, rate):
    """Fades in for `attack` and out for `release` seconds until frame `end`; `begin` is the number of `out[0]`.

    The times are read at each 64th frame since the start, wherever blocks begin.
    """
    if end != state.end:  # the first block, or an edit
        state.end = end
        state.released = -1.0
    if begin >= end:  # it is over, and silent
        return
    read = (-begin) % BLOCK
    fall = state.fall
    if read < out.size:
        fall = fade_frames(release[read], rate)
    if state.arrived and state.released < 0.0 and begin + out.size <= end - max(fall, state.fall):
        state.fall = fall
        return
    for i in range(out.size):
        if i == read:
            state.fall = fall
            rise = fade_frames(attack[i], rate)
            state.risen *= rise / max(state.rise, 1.0)  # a time that moves: on from the same level
            state.rise = rise
        out[i] *= faded(begin + i, state)


def faded(frame, state):
    """The level of one frame, which must be the one after the last."""
    rise = state.rise
    end = state.end
    state.arrived |= state.risen >= rise
    level = 1.0 if state.arrived else rising(state.risen / rise)
    if state.released < 0.0 and frame >= end - state.fall:
        if state.arrived:
            state.released = frame
            state.origin = 1.0
        elif falls_now(end - frame - 1.0, rising((state.risen + 1.0) / rise), rise, state.fall):
            state.released = frame
            state.origin = rising((state.risen - 1.0) / rise)
    if state.released >= 0.0:
        return state.origin * falling((frame - state.released) / max(end - state.released, 1.0))
    if not state.arrived:
        state.risen += 1.0
    return level
