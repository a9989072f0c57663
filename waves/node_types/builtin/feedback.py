"""Signals that come from elsewhere: the two ends of an edge that closes a loop, and the output of another engine."""

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


class Feed(Node):
    """An output of a row that another engine plays.

    Its frames are in `sound`, which is written a little ahead of the clock, again and again from its beginning.
    `ends` says for each block whether the row that gives them had ended after it.
    """

    called: ClassVar[str] = "reference"

    arrays: ClassVar[dict[str, str]] = {"sound": "f8", "ends": "i8"}

    @staticmethod
    def render(out, sound, ends, clock):  # type: ignore[no-untyped-def]
        first = clock % sound.size
        for i in range(out.size):
            out[i] = sound[first + i]
        return ends[first // BLOCK] != 0
