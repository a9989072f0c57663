"""The two ends of an edge that closes a loop."""

from __future__ import annotations

from typing import ClassVar

from waves.node import BLOCK, Floats, Node, Signal, State, param


class FeedbackRead(Node):
    """A signal as it was 64 frames ago: the reading end of an edge that closes a loop."""

    called: ClassVar[str] = "reference"

    idle_on_return: ClassVar[bool] = True

    class state(State):
        block: Floats[BLOCK]  # type: ignore[type-arg, valid-type]

    @staticmethod
    def render(out, state, start):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = state.block[start + i]


class FeedbackWrite(Node):
    """The writing end of an edge that closes a loop, on the state of its reading end."""

    called: ClassVar[str] = "reference"

    signal: Signal = param(0.0, unit="any")

    waits = ()
    idle_on_return: ClassVar[bool] = True

    class state(State):
        block: Floats[BLOCK]  # type: ignore[type-arg, valid-type]

    @staticmethod
    def render(out, signal, state, start):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            state.block[start + i] = signal[i]
            out[i] = 0.0
