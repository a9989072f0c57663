"""Taps on the keyboard, against a metronome that is seen: bars are counted, and each key is a time in bars."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from waves.node_types.builtin.form.bars import bar_lines, bars_at, beats_of

BOUNCE = 0.03  # s in which two taps are one
POLL = 0.005  # s between two looks at the keyboard
END = "q\x03\x04"  # keys that end it: `q`, Ctrl-C, Ctrl-D
TAPPED = "x"


@dataclass(frozen=True, slots=True)
class Count:
    """The bars that are counted: one before, then those in which taps count."""

    bars: int
    turn: tuple[float, ...]
    """Beats of each bar in turn."""
    beat: float
    """Seconds."""

    @property
    def bar(self) -> float:
        """Seconds of the shortest bar."""
        return min(self.turn) * self.beat

    def bars_at(self, seconds: float) -> float:
        """The bars that have passed after so many seconds."""
        return bars_at(seconds / self.beat, bar_lines(self.turn))

    def seconds_of(self, bar: int) -> float:
        """The moment at which a bar begins; that which is counted first is the bar -1."""
        return beats_of(bar, bar_lines(self.turn)) * self.beat

    @property
    def clicks(self) -> list[tuple[float, int, int]]:
        """The moment of each beat, its bar, and its number in it, from 0."""
        each = [(bar, math.ceil(self.turn[bar % len(self.turn)])) for bar in range(-1, self.bars)]
        return [(self.seconds_of(bar) + k * self.beat, bar, k) for bar, count in each for k in range(count)]


def listen(
    count: Count, read: Callable[[float], str], now: Callable[[], float], write: Callable[[str], object]
) -> list[float] | None:
    """The times of all taps in bars, from a little before the first bar to a little before its end; None after `q`.

    `read` waits for keys for some seconds, and gives those that were pressed; `now` is a clock in seconds.
    """
    clicks, end = count.clicks, count.seconds_of(count.bars)
    start = now() - clicks[0][0]
    taps: list[float] = []
    last = -math.inf
    while (moment := now() - start) < end - count.beat / 8:
        while clicks and clicks[0][0] <= moment:
            _, bar, beat = clicks.pop(0)
            line = "count " if bar < 0 else f"\nbar {bar + 1:<2}"
            write(f"{line if beat == 0 else ''} {beat + 1}")
        keys = read(min(POLL, max((clicks[0][0] if clicks else end) - moment, 0.0)))
        moment = now() - start
        if any(key in END for key in keys):
            write("\n")
            return None
        if any(key.isprintable() or key in "\r\n" for key in keys) and moment - last >= BOUNCE:
            last = moment
            write(TAPPED)
            if moment >= -count.beat / 4:
                taps.append(count.bars_at(moment))
    write("\n")
    return taps
