"""The level of all channels of a sound together, and how a gain follows it: what the nodes of this family share."""

from waves.dsp.maths import clip, finite

PART = 0.0025  # s; the highest level is that of the last three to four parts
SILENT = 1e-6  # -120 dB, the lowest level


def part_frames(release, rate):
    """The frames of a part: shorter where the release is shorter than four of them."""
    return clip(min(PART, 0.25 * finite(release, PART)) * rate, 1.0, 1e6)


def loudest(channels, i):
    """The largest size of frame `i` of several channels; one that is not finite counts as 0."""
    most = 0.0
    for c in range(channels.size):
        most = max(most, abs(finite(channels[c][i], 0.0)))
    return most


def highest(x, part, state):
    """The largest `x` of the last three to four parts of so many frames, with the 5 numbers of `state`.

    So the level of a tone above 67 Hz stands still, and no gain moves with its wave.
    """
    state[0] = max(state[0], x)
    level = max(state[0], state[3])
    state[4] += 1.0
    if state[4] >= part:
        state[3] = max(state[0], state[1], state[2])
        state[2] = state[1]
        state[1] = state[0]
        state[0] = 0.0
        state[4] = 0.0
    return level


def excess(level, threshold, knee):
    """The dB by which a level is above a threshold, in a curve as wide as the knee from 0 to a straight line."""
    wide = max(knee, 1e-6)
    inside = clip(level - threshold + 0.5 * wide, 0.0, wide)
    return inside * inside / (2.0 * wide) + max(level - threshold - 0.5 * wide, 0.0)


def followed(wanted, rise, fall, state):
    """A gain in dB, as a number above 0, on its way to the one that is wanted, with the 2 numbers of `state`.

    `rise` and `fall` are parts of the way made in a frame. (Giannoulis, Massberg, Reiss: Digital dynamic range
    compressor design, 2012: the smooth decoupled detector, behind the curve.)
    """
    state[0] = wanted if wanted >= state[0] else state[0] + fall * (wanted - state[0])
    state[1] += rise * (state[0] - state[1])
    return state[1]
