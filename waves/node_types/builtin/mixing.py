"""The average of several channels, and the sum of several sources."""

from __future__ import annotations

from typing import ClassVar

from waves.node import Channels, Node, Signals, param


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
    """The sum of several sources at one output of the device."""

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
