"""Nodes that the graph itself puts between those of the file: fades, delayed edges."""

from __future__ import annotations

from waves.node import Floats, Node, Signal, Signals, State, param


class Fade(Node):
    """From one source to another, linearly: exact where both are equal."""

    old: Signal = param(0.0, unit="any")
    new: Signal = param(0.0, unit="any")
    frames: int = param(882, unit="frames", minimum=1)

    waits = ("new",)
    tail = False

    @staticmethod
    def render(out, old, new, frames, fade):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            share = min((fade + i + 1) / frames, 1.0)
            out[i] = old[i] + share * (new[i] - old[i])


class Previous(Node):
    """What a signal was 64 frames ago: the reading end of an edge that closes a loop."""

    class state(State):
        block: Floats[64]  # type: ignore[type-arg, valid-type]

    @staticmethod
    def render(out, state, start):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = state.block[start + i]


class Remember(Node):
    """The writing end of an edge that closes a loop, on the state of its `Previous`."""

    signal: Signal = param(0.0, unit="any")

    waits = ()

    class state(State):
        block: Floats[64]  # type: ignore[type-arg, valid-type]

    @staticmethod
    def render(out, signal, state, start):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            state.block[start + i] = signal[i]
            out[i] = 0.0


class Sum(Node):
    """What several sources send to one output of the device."""

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
