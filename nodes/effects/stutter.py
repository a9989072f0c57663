"""Stutter: says the last moment again and again, from time to time.

    roll:
      stutter:
        interval: bar / 2
        length: sixteenth
        chance: 0.7
        signal: {sequencer: {interval: eighth, steps: [{osc: {freq: 220, amp: 0.5, duration: 0.1, release: 0.08}}, ~]}}

In each `interval` of the piece, counted from its beginning, the first `length` may be played again until the next one
begins. `length` is read at each repetition, so that a roll can become faster. Each seam is a crossfade of 3 ms. Which
intervals stutter is drawn by `chance`; the same piece with the same `SEED` draws the same.
"""

from waves.dsp.maths import clip, finite, floor, rint, uniform
from waves.dsp.windows import hann
from waves.node import Channels, Node, Signal, State, param

SEAM = 0.003  # s
SHORTEST, LONGEST = 0.005, 16.0  # s


class Stutter(Node):
    signal: Channels = param(description="The sound that stutters.")
    interval: Signal = param(
        0.5, unit="s", minimum=SHORTEST, maximum=LONGEST, description="From one possible stutter to the next."
    )
    length: Signal = param(0.125, unit="s", minimum=SHORTEST, maximum=LONGEST, description="Of what is said again.")
    chance: Signal = param(1.0, unit="position", minimum=0.0, maximum=1.0, description="Of each interval.")
    mix: Signal = param(
        1.0, unit="position", minimum=0.0, maximum=1.0, description="0 only the input, 1 only what stutters."
    )

    aliases = ("beat repeat", "glitch", "repeater")
    channels = "signal"
    rings = {"past": "signal"}

    class state(State):
        left: float = -2.0  # frames until the next interval; below -1: not begun
        count: int = 0  # intervals so far
        since: int = 0  # frames of this interval
        slice: float = 0.0  # frames until the next repetition
        hit: bool = False  # whether this interval stutters
        age: int = 0  # frames by which the sound is late
        before: int = 0  # frames by which it was, before the last seam
        seam: int = 0  # frames that are left of it
        ranges = {"age": (0, 16 * 400_000), "before": (0, 16 * 400_000), "seam": (0, 1200)}

    @staticmethod
    def lengths(constants, rate):
        interval = LONGEST if constants.interval is None else constants.interval
        return {"past": min(interval, LONGEST) + 2.0 * SEAM}

    @staticmethod
    def render(out, signal, interval, length, chance, mix, past, state, rate, clock, seed):
        edge = max(int(SEAM * rate), 1)
        for i in range(interval.size):
            every = clip(finite(interval[i], 0.5), SHORTEST, LONGEST) * rate
            if state.left < 0.5:
                gone = 0.0  # frames since the interval began
                if state.left < -1.0:
                    state.count = int(floor((clock + i) / every))
                    gone, state.left = clock + i - state.count * every, 0.0
                else:
                    state.count += 1
                state.left += every - gone
                state.since = int(rint(gone))
                state.hit = gone < 0.5 and uniform(seed, state.count) < finite(chance[i], 1.0)
                state.slice = clip(finite(length[i], 0.125), SHORTEST, LONGEST) * rate
                if state.age > 0:
                    state.before, state.age, state.seam = state.age, 0, edge
            elif state.hit and state.slice < 0.5:
                state.slice += clip(finite(length[i], 0.125), SHORTEST, LONGEST) * rate
                state.before, state.age, state.seam = state.age, state.since, edge
            state.left -= 1.0
            state.slice -= 1.0
            state.since += 1
            share = hann(0.5 * state.seam / edge)
            for c in range(out.size):
                dry = finite(signal[c][i], 0.0)
                past[c].push(dry)
                heard = past[c].at(state.age + 1)
                if state.seam > 0:
                    heard += share * (past[c].at(state.before + 1) - heard)
                out[c][i] = dry + clip(finite(mix[i], 1.0), 0.0, 1.0) * (heard - dry)
            state.seam = max(state.seam - 1, 0)
