"""What is played: eight workloads, and for each a small probe of the quality of its parts.

A program has a method for each kind of patch; a workload and its probe are the same patch with other numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench import pieces
from bench.reference import Q
from bench.workspace import RATE

__all__ = ["PATCHES", "RATE", "WORKS", "Q"]

Array = np.ndarray[Any, Any]
WINDOW = 1 << 17  # frames of a spectrum


def between_bins(freq: float) -> float:
    """The frequency next to `freq` whose odd number of periods fills a window: no bin hides an alias (Hz)."""
    return (round(freq * WINDOW / RATE) | 1) * RATE / WINDOW


ONE_K, FIVE_K = between_bins(1000.0), between_bins(5000.0)  # Hz

STEP = 60.0 / 140.0 / 4.0  # s, a sixteenth at 140 bpm
HIGH, LOW, LENGTH = 880.0, 440.0, 0.4  # Hz, Hz, s: the pitch of a note falls in a straight line
LOUD, FLOOR = 0.25, 0.001  # of a note, at its start; the part of it that is left at its end
ALONE = 10.0  # s from one note to the next in a probe: one plays

GRAIN_STEP, GRAIN, GRAIN_LOUD = 0.002, 0.05, 0.02  # s, s, level at the start; it falls to 0 in a straight line
PITCHES = np.round(300.0 * 20.0 ** (np.arange(32) / 31.0), 2)  # Hz, of grains in turn

LINES = 16
TIMES = np.round(0.03 * (8.0 / 3.0) ** (np.arange(LINES) / (LINES - 1)), 6)  # s
SWAY = 0.001  # s, to both sides
SWAYS = 0.1 + 0.05 * np.arange(LINES)  # Hz
KEPT, OUT = 0.85, 0.25  # of a line after each pass; of the lines in the output
CLICK = 0.5  # s from one click to the next

CARRIERS = 200.0 + 37.0 * np.arange(250)  # Hz
VIBRATO, TREMOLO = 3.0 + 0.01 * np.arange(250), 2.0 + 0.013 * np.arange(250)  # Hz
BEND, SOFT, STRONG = 2.0, 0.001, 0.003  # Hz to both sides; lowest and highest level

STAGES = np.round(200.0 * 40.0 ** (np.arange(64) / 63.0), 3)  # Hz, centres of the second-order allpasses
STAGE_Q, STAGE_FREQ, STAGE_GAIN = 0.707, 110.0, 0.3


WORKS = {
    "sines": "200 sines",
    "voices": "32 × saw, resonant low-pass with its cutoff moved at audio rate, gain",
    "players": "64 looping players, each with a gain",
    "notes": "16ths at 140 bpm, voices of 0.4 s, falling pitch and loudness",
    "grains": "500 grains of 50 ms a second",
    "network": "16 delays with moving times in one feedback matrix",
    "control": "250 sines, each with a slow sine for pitch and one for level",
    "chain": "a saw through 64 second-order allpasses",
}


@dataclass(frozen=True, slots=True)
class Patch:
    """One kind of patch with its numbers. `tone`: pitch of the file that it plays (Hz); 0: that of the workload."""

    kind: str
    given: Mapping[str, Any] = field(default_factory=dict)
    tone: float = 0.0


PATCHES: dict[str, Patch] = {
    "sines": Patch("sines", {"freqs": pieces.SINES, "gain": pieces.SINE_GAIN}),
    "sine": Patch("sines", {"freqs": np.array([ONE_K]), "gain": 0.5}),
    "voices": Patch("voices", {"freqs": pieces.SAWS}),
    "voice": Patch("voices", {"freqs": pieces.SAWS[:1]}),
    "saw": Patch("saw", {"freq": ONE_K}),
    "players": Patch("players", {"speeds": pieces.SPEEDS, "gain": 0.5}),
    "player": Patch("players", {"speeds": np.array([1.01]), "gain": 1.0}, tone=5000.0),
    "notes": Patch("notes", {"step": STEP}),
    "note": Patch("notes", {"step": ALONE}),
    "grains": Patch("grains", {"step": GRAIN_STEP, "pitches": PITCHES}),
    "grain": Patch("grains", {"step": ALONE, "pitches": np.array([1000.0])}),
    "network": Patch("network"),
    "moving": Patch("moving", {"freq": FIVE_K}),
    "control": Patch("control", {"count": 250}),
    "controlled": Patch("control", {"count": 1}),
    "chain": Patch("chain"),
}


def file_of(patch: Patch) -> Array:
    """The looped file of a patch: 2 s of whole periods, float32 of shape (frames,)."""
    if not patch.tone:
        return pieces.tone()
    return np.asarray(0.5 * np.sin(2.0 * np.pi * patch.tone * np.arange(pieces.TONE) / RATE), np.float32)


def sounding(length: float, step: float) -> int:
    """How many notes of `length` sound at once, one each `step` (s)."""
    return int(np.ceil(length / step)) + 1
