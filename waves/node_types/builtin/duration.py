"""The `duration` of a node, for types that have none of their own; a duration that moves is read at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from waves.dsp.maths import frames
from waves.node import COUNTS, Node, Signal, State, param


class EndAfter(Node):
    """Passes the signal on for `duration` seconds, then ends."""

    called: ClassVar[str] = "duration"

    signal: Signal = param(description="The sound until then.")
    duration: Signal = param(unit="s", minimum=0.0, description="Time from the start to the end.")

    tail: ClassVar[bool] = False

    class state(State):
        frames: int = 0  # since the start

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"frames": COUNTS}

    @staticmethod
    def render(out, signal, duration, state, rate):  # type: ignore[no-untyped-def]
        first = state.frames
        end = frames(duration[0], rate)
        for i in range(out.size):
            out[i] = signal[i] if first + i < end else 0.0
        state.frames = first + out.size
        return state.frames >= end


class LatchAtStart(Node):
    """Holds the value that the signal has in the first frame: a duration that moves is read once."""

    called: ClassVar[str] = "duration"

    signal: Signal = param(description="The signal to be read.")

    class state(State):
        begun: bool = False
        value: float = 0.0  # what was read

    @staticmethod
    def render(out, signal, state):  # type: ignore[no-untyped-def]
        if not state.begun:
            state.value = signal[0]
            state.begun = True
        for i in range(out.size):
            out[i] = state.value
