"""Gate: silences a sound while it is soft, all channels alike; `key` measures another one.

    tight: {gate: {threshold: -26, hold: 0.02, release: 0.03, signal: {mix: {
             hit: {sequencer: {interval: 0.25, steps: [{osc: {type: tri, freq: 180, amp: 0.4, duration: 0.08,
                   release: 0.06}}]}}, hum: {osc: {type: saw, freq: 60, amp: 0.01}}}}}}

It opens at `threshold`. It closes when the level has been 6 dB below that for `hold`, so that it does not flutter,
and then plays at `range`. `attack` is the time for 63 % of the way to the open gate, `release` that of the fall to
37 %. With `lookahead` the sound is late by it, and the gate is open before a beat is. `$id.open` is its gain, a factor.
(Zölzer: DAFX, 2011, chapter 4.)
"""

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.units import db_to_factor
from waves.node import Channels, Constants, Node, Signal, State, param

from ._level import loudest

TURN = 2.1461932  # times of both filters of the gain, one behind the other, after which 63 % of the way is made
APART = 0.5011872336272722  # -6 dB: the level at which it closes, as a part of that at which it opens
LONGEST = 0.1  # s
SHORTEST = 0.02  # s of memory at least, so that a look-ahead can be turned up
SPARE = 0.001  # s


class Gate(Node):
    signal: Channels = param(description="The sound that passes while it is loud.")
    key: Channels = param(None, description="The sound that is measured; else the signal.")
    threshold: Signal = param(-40.0, unit="dB", description="Level at which it opens.")
    attack: Signal = param(0.001, unit="s", minimum=0.0, description="Time for 63 % of the way to open.")
    hold: Signal = param(0.05, unit="s", minimum=0.0, description="Time for which it stays open.")
    release: Signal = param(0.1, unit="s", minimum=0.0, description="Time of the fall to 37 %.")
    range: Signal = param(-60.0, unit="dB", maximum=0.0, description="Gain while it is closed.")
    lookahead: float = param(
        0.0, unit="s", minimum=0.0, maximum=LONGEST, description="By how much the level is known ahead."
    )

    aliases = ("noise gate", "expander")
    channels = "signal"
    outputs = ("open",)
    rings = {"late": "signal"}
    slow = ("high", "rise", "held", "fall", "least")

    class state(State):
        is_open: bool = False
        quiet: float = 0.0  # frames since it was last loud
        ahead: float = 0.0  # what the gain follows
        gain: float = -1.0  # not begun

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        return {"late": max(constants.lookahead, SHORTEST) + SPARE}

    @staticmethod
    def slowly(threshold, attack, hold, release, range, rate):
        high = db_to_factor(clip(finite(threshold, 0.0), -200.0, 120.0))
        rise = follower_coefficient(finite(attack, 0.0) / TURN, rate)
        held = clip(finite(hold, 0.0), 0.0, 3600.0) * rate
        fall = follower_coefficient(finite(release, 0.0) / TURN, rate)
        return high, rise, held, fall, db_to_factor(clip(finite(range, 0.0), -200.0, 0.0))

    @staticmethod
    def render(out, open, signal, key, lookahead, late, high, rise, held, fall, least, state, rate):
        size = open.size
        keyed = key[0][0] == key[0][0]
        is_open, quiet = state.is_open, state.quiet
        ahead, gain = state.ahead, state.gain
        if gain < 0.0:
            ahead = gain = least[0]
        for i in range(size):
            x = loudest(key, i) if keyed else loudest(signal, i)
            quiet = 0.0 if x >= APART * high[i] else quiet + 1.0
            if x >= high[i]:
                is_open = True
            elif quiet > held[i]:
                is_open = False
            share = rise[i] if is_open else fall[i]
            ahead += share * ((1.0 if is_open else least[i]) - ahead)
            gain += share * (ahead - gain)  # without a corner where it begins to move
            open[i] = gain
        state.is_open, state.quiet, state.ahead, state.gain = is_open, min(quiet, 1e12), ahead, gain
        age = int(lookahead * rate + 0.5) + 1
        for c in range(out.size):
            for i in range(size):
                late[c].push(signal[c][i])
                out[c][i] = open[i] * late[c].at(age)
