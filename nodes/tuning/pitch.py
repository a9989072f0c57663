"""Pitch: the frequency of the tone in a sound, for something else to play along.

    doubled:
      mix:
        voice: {osc: {id: voice, type: saw, freq: {automation: {interval: 0.4, steps: [a2, c3, e3, d3]}}, amp: 0.2}}
        below: {osc: {type: tri, freq: 0.5 * $found, amp: 0.3 * $found.sure}}
        listening: {track: {volume: 0, signal: {pitch: {id: found, signal: $voice}}}}

`$id.sure` says how sure it is, 1 for a clear tone, near 0 for noise. Where there is no tone the frequency is 0, or
with `keep` the last one. It is found anew in half the longest period, 6 ms at 80 Hz, of the sound of the last 19 to
31 ms; in a clear tone it is exact to a cent.

(De Cheveigné, Kawahara: YIN, a fundamental frequency estimator for speech and music, 2002; here the place of the
minimum is refined at two, four, eight … periods.)
"""

from waves.dsp.filters.one_pole import lowpass, lowpass_coefficient
from waves.dsp.maths import clip, finite, rint
from waves.dsp.powers import power
from waves.node import Channels, Floats, Node, State, param

CLEAR = 0.15  # of the mean difference: the first period as clear as this is the one
UNCLEAR = 0.3  # from here on it is no tone; a tone begins, and is kept, where it is clear
SILENT = 1e-9  # power, -90 dB
HOLD = 2048 / 44_100  # s in which `smoothing` counts once
LARGEST_HOP = 100_000  # frames
FRAMES = 12  # at least, of the shortest period that is looked for: more cost time, and add nothing
POLES = 4


class Pitch(Node):
    signal: Channels = param(description="The sound whose pitch is looked for, all channels as one.")
    min_freq: float = param(80.0, unit="Hz", minimum=20.0, maximum=5000.0, description="The lowest pitch.")
    max_freq: float = param(1000.0, unit="Hz", minimum=40.0, maximum=10_000.0, description="The highest pitch.")
    per_sample: bool = param(False, description="Moves in a line from each pitch that is found to the next.")
    smoothing: float = param(
        0.0, unit="factor", minimum=0.0, maximum=0.99, description="Part of the old pitch that is left after 46 ms."
    )
    keep: bool = param(False, description="Without a tone the last pitch goes on, instead of 0.")

    aliases = ("tuner", "detect")
    outputs = ("pitch", "sure")
    rings = {"past": 1}
    buffers = {"window": "f8", "differences": "f8"}
    unsaved = ("window", "differences")
    tail = False

    class state(State):
        at: int = 0  # frame that is looked at since the last window
        passed: int = 0  # frames since the last one that is looked at
        filled: bool = False  # whether the window is whole
        low: Floats[POLES]  # of the lowpass
        goal: float = 0.0  # the pitch that was found, smoothed
        pitch: float = 0.0  # last output
        sure: float = 0.0
        ranges = {"at": (0, LARGEST_HOP), "passed": (0, LARGEST_HOP)}

    @staticmethod
    def lengths(constants, rate):
        pace = rate / thinning(constants.max_freq, rate)
        longest = int(pace / constants.min_freq) + 3  # frames
        return {"past": 2 * longest / rate, "window": 2 * longest, "differences": longest}

    @staticmethod
    def adopted(state, old, new):
        if (new.min_freq, new.max_freq) != (old.min_freq, old.max_freq):  # windows of another size
            state.at, state.filled = 0, False

    @staticmethod
    def render(
        pitch,
        sure,
        signal,
        min_freq,
        max_freq,
        per_sample,
        smoothing,
        keep,
        past,
        window,
        differences,
        state,
        rate,
    ):
        longest = differences.size
        hop = (longest + 1) // 2
        every = thinning(max_freq, rate)
        coefficient = lowpass_coefficient(2.0 * max_freq, rate)  # edges of a wave would make a cusp of the minimum
        for i in range(pitch.size):
            x = 0.0
            for channel in range(signal.size):
                x += finite(signal[channel][i], 0.0)
            for pole in range(POLES):
                x = lowpass(x, coefficient, state.low, pole)
            state.passed += 1
            if per_sample == 1:
                state.pitch += (state.goal - state.pitch) / max((hop - state.at) * every - state.passed + 1, 1)
            if state.passed >= every:
                state.passed = 0
                past.push(x / signal.size)
                compare(window, differences, 2 * state.at, longest)
                state.at += 1
            if state.at >= hop:
                if state.filled:
                    found, state.sure = period(differences, rate / (every * max_freq), longest)
                    if found > 0.0 and (state.sure > 1.0 - CLEAR or (keep == 0 and state.goal > 0.0)):
                        left = power(smoothing, hop * every / (HOLD * rate)) if smoothing * state.goal > 0.0 else 0.0
                        state.goal = left * state.goal + (1.0 - left) * rate / (every * found)
                    elif keep == 0:
                        state.goal = 0.0
                    if per_sample == 0 or state.pitch == 0.0 or state.goal == 0.0:
                        state.pitch = state.goal
                begin(past, window, differences, longest)
                state.at, state.filled = 0, True
            pitch[i], sure[i] = state.pitch, state.sure


def thinning(max_freq, rate):
    """Every so many frames one is looked at."""
    return max(int(rate / (FRAMES * max_freq)), 1)


def begin(past, window, differences, longest):
    """Takes the last frames as the window, or silence if they are near it."""
    total = 0.0
    for k in range(2 * longest):
        x = past.at(2 * longest - k)
        window[k] = x
        total += x * x
    loud = 1.0 if total > SILENT * 2 * longest else 0.0
    for k in range(2 * longest):
        window[k] = loud * window[k]
    for lag in range(longest):
        differences[lag] = 0.0


def compare(window, differences, first, longest):
    """Adds the squares of what two frames of the window differ from those that are later by each lag."""
    if first + 1 < longest:
        a, b = window[first], window[first + 1]
        later, sums = window.part(first, longest + 1), differences.edit(0, longest)
        for lag in range(longest):
            sums[lag] += (a - later[lag]) * (a - later[lag]) + (b - later[lag + 1]) * (b - later[lag + 1])


def period(differences, shortest, longest):
    """The period in frames, 0 for none, and how sure it is.

    That is the first clear minimum of the differences, each divided by the mean of those up to it; without a clear one
    the deepest.
    """
    total, mean, deepest, at = 0.0, 0.0, 1.0, 0
    for lag in range(1, longest - 1):
        here = differences[lag]
        total += here
        if lag >= shortest and differences[lag - 1] > here and here <= differences[lag + 1]:
            depth = here * lag / total
            if depth < deepest:
                deepest, at, mean = depth, lag, total / lag
            if depth < CLEAR:
                break
    if deepest > UNCLEAR:
        return 0.0, 1.0 - deepest
    times, place = 1.0, minimum(differences, at)
    while 2.0 * place < longest - 4.0:
        k = int(rint(2.0 * place))
        for near in range(k - 2, k + 3):
            k = near if differences[near] < differences[k] else k
        if differences[k] > CLEAR * mean or differences[k - 1] < differences[k] or differences[k + 1] < differences[k]:
            break
        times, place = 2.0 * times, minimum(differences, k)
    return place / times, clip(1.0 - deepest, 0.0, 1.0)


def minimum(differences, k):
    """The place of the minimum near `k`, on the parabola through three differences."""
    a, b, c = differences[k - 1], differences[k], differences[k + 1]
    bend = a - 2.0 * b + c
    return k + (clip(0.5 * (a - c) / bend, -1.0, 1.0) if bend > 0.0 else 0.0)
