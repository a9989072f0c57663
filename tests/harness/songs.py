"""Songs of sounds that are levels for a moment, so that it is read from the sound what plays."""

from __future__ import annotations

import numpy as np

from tests.harness.session_harness import RATE

BEAT = RATE // 4  # at 240 beats per minute
BAR = 4 * BEAT
KIT = "".join(
    f"{name}: {{osc: {{type: sqr, freq: 0, amp: {level}, duration: 0.01, attack: 0, release: 0}}}}\n"
    for name, level in (("low", 0.1), ("high", 0.2), ("top", 0.4))
)


def levels(frames: np.ndarray, beats: int) -> list[float]:
    """The level of the first channel a little after each beat."""
    return [round(float(np.abs(frames[k * BEAT + 100, 0])), 3) for k in range(beats)]


def song(sections: str, parts: str, more: str = "") -> str:
    mix = "".join(f"            {line}\n" for line in parts.splitlines())
    head = f"my_sound:\n  tempo:\n    bpm: 240\n    signal:\n      song:\n        sections: {sections}\n{more}"
    return f"{KIT}{head}        signal:\n          mix:\n{mix}"
