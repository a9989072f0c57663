"""Taps on the keyboard, against a metronome that is seen: bars are counted, and each key is a time in bars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BOUNCE = 0.03  # s in which two taps are one
POLL = 0.005  # s between two looks at the keyboard
END = "q\x03\x04"  # keys that end it: `q`, Ctrl-C, Ctrl-D
TAPPED = "x"


@dataclass(frozen=True, slots=True)
class Count:
    """The bars that are counted: one before, then those in which taps count."""

    bars: int
    beats: int
    beat: float
    """Seconds."""

    @property
    def bar(self) -> float:
        """Seconds of a bar."""
        return self.beats * self.beat


def listen(
    count: Count, read: Callable[[float], str], now: Callable[[], float], write: Callable[[str], object]
) -> list[float] | None:
    """The times of all taps in bars, from a little before the first bar to a little before its end; None after `q`.

    `read` waits for keys for some seconds, and gives those that were pressed; `now` is a clock in seconds.
    """
    start = now() + count.bar
    taps: list[float] = []
    shown, last = -count.beats, -1.0
    while (moment := now() - start) < count.bars * count.bar - count.beat / 8:
        while shown * count.beat <= moment:
            bar, beat = divmod(shown, count.beats)
            line = ("\n" if shown > -count.beats else "") + ("count " if bar < 0 else f"bar {bar + 1:<2}")
            write(f"{line if beat == 0 else ''} {beat + 1}")
            shown += 1
        keys = read(min(POLL, max(shown * count.beat - moment, 0.0)))
        moment = now() - start
        if any(key in END for key in keys):
            write("\n")
            return None
        if any(key.isprintable() or key in "\r\n" for key in keys) and moment - last >= BOUNCE:
            last = moment
            write(TAPPED)
            if moment >= -count.beat / 4:
                taps.append(moment / count.bar)
    write("\n")
    return taps
