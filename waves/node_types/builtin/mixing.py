"""The average of channels, the sum of sources, one of several that a number selects, and levels of parts of a mix."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp
from waves.dsp.units import db_to_factor
from waves.node import Channels, Constants, Node, Signal, Signals, State, param

DROP = math.log(1000.0)  # 60 dB
SILENT = 1e-9
LOWEST, HIGHEST = -400.0, 120.0  # dB that a gain may move to


class Mono(Node):
    """The average of all channels: `to_mono(lead)`."""

    called: ClassVar[str] = "mono mix"

    signal: Channels = param(description="Source with any number of channels.")

    @staticmethod
    def render(out, signal):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            total = 0.0
            for channel in range(signal.size):
                total += signal[channel][i]
            out[i] = total / signal.size


class Sum(Node):
    """The sum of several sources: copies of a sound, or tracks at one output of the device."""

    called: ClassVar[str] = "sum"

    signals: Signals = param([], unit="any")

    waits = ("signals",)
    tail = False

    @staticmethod
    def render(out, signals):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = 0.0
        for k in range(signals.size):
            one = signals[k]
            for i in range(out.size):
                out[i] += one[i]


class Selected(Node):
    """The source whose key is the value of `test`, silence where none has it.

    Where another source is selected, the distance between the last frame and its first one is added to it, and falls by
    60 dB in the time `crossfade`: so nothing jumps, and a sound that begins there keeps its attack.
    """

    called: ClassVar[str] = "select"

    test: Signal = param(unit="any", description="The key of the source that is heard.")
    signals: Signals = param([], unit="any", description="The sources.")
    keys: tuple[float, ...] = param((), unit="any", description="The key of each source.")
    crossfade: float = param(0.0, unit="s", description="Time in which a jump is over.")

    arrays: ClassVar[dict[str, str]] = {"numbers": "f8"}
    crossfaded: ClassVar[tuple[str, ...]] = ("test",)
    waits = ("signals",)
    tail = False

    class state(State):
        begun: bool = False
        key: float = 0.0
        last: float = 0.0  # frame
        rest: float = 0.0  # of a jump

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"numbers": np.array([*constants.keys, 0.0])}

    @staticmethod
    def render(out, test, signals, numbers, crossfade, state, rate):  # type: ignore[no-untyped-def]
        keep = exp(-DROP / clip(crossfade * rate, 1e-3, 1e9))
        chosen = place_of(state.key, numbers)
        for i in range(out.size):
            key = finite(test[i], state.key)
            is_other = key != state.key
            if is_other:
                chosen = place_of(key, numbers)
                state.key = key
            value = signals[chosen][i] if chosen >= 0 else 0.0
            if is_other:
                state.rest = finite(state.last - value, 0.0) if state.begun and crossfade > 0.0 else 0.0
            state.begun = True
            out[i] = value + state.rest
            state.last = finite(out[i], 0.0)
            state.rest = state.rest * keep if abs(state.rest) > SILENT else 0.0


class Gain(Node):
    """The signal louder or softer by so many decibels."""

    called: ClassVar[str] = "gain"

    signal: Signal = param(description="The sound.")
    gain: Signal = param(0.0, unit="dB", minimum=-120.0, maximum=40.0, description="Level of what it gives.")

    constant: ClassVar[tuple[str, ...]] = ("gain",)
    tail = False

    @staticmethod
    def render(out, signal, gain):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = signal[i] * db_to_factor(clip(gain[i], LOWEST, HIGHEST))


class Send(Node):
    """A part of the level of a sound, for a part of the mix that it feeds."""

    called: ClassVar[str] = "send"

    signal: Signal = param(description="The sound.")
    amount: Signal = param(1.0, unit="factor", minimum=-10.0, maximum=10.0, description="Its level there.")

    constant: ClassVar[tuple[str, ...]] = ("amount",)
    tail = False

    @staticmethod
    def render(out, signal, amount):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = signal[i] * amount[i]


class Muted(Node):
    """Silence in place of a sound, which goes on in time, and ends when it does."""

    called: ClassVar[str] = "mute"

    signal: Signal = param(description="The sound.")

    tail = False

    @staticmethod
    def render(out, signal):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = 0.0


def place_of(key: float, numbers: Any) -> int:
    """The number of the source with a key; -1 for none. The last number is no key: an array is never empty."""
    for k in range(numbers.size - 1):
        if numbers[k] == key:
            return k
    return -1
