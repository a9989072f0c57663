"""A sequence of sixteenth notes, rendered offline; and the cost of voices that are silent."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.table import Table
from bench.timing import interleaved
from bench.workspace import RATE, Piece

Array = np.ndarray[Any, Any]

BPM, SECONDS, GAIN = 140.0, 0.4, 0.2
HIGH, LOW = 880.0, 440.0  # Hz; the pitch of a note falls from the one to the other
TIMES, SILENT = 1000.0, 1000
ERROR = 1e-7  # a phase is a sum of increments here, a closed form there


def sequence() -> str:
    """Sixteen steps of 16ths, each a sine of 0.4 s with an envelope of pitch and one of amplitude."""
    steps = ", ".join(["note"] * 16)
    return (
        f"note: {{osc: {{freq: [{HIGH}, {LOW}], amp: [{GAIN}, 0], duration: {SECONDS}}}}}\n"
        f"my_sound: {{tempo: {{bpm: {BPM}, signal: {{sequencer: {{interval: sixteenth, steps: [{steps}]}}}}}}}}\n"
    )


def silent(voices: int) -> str:
    """A sine beside pools of voices that never start."""
    tracks = [
        f"    t{k}: {{sequencer: {{interval: 1, voices: 100, trigger: 0, steps: [note]}}}}\n"
        for k in range(voices // 100)
    ]
    note = "note: {osc: {freq: 440, amp: 0.1, duration: 0.1}}\n"
    return note + "my_sound:\n  mix:\n    tone: {osc: {freq: 100, amp: 0.1}}\n" + "".join(tracks)


def expected(frames: int) -> Array:
    """The closed form: every note on its frame, its phase the sum of the falling frequency."""
    length = round(SECONDS * RATE)
    n = np.arange(length)
    freq = HIGH + (LOW - HIGH) * n / length
    phase = np.concatenate([[0.0], np.cumsum(freq / RATE)[:-1]])
    note = GAIN * (1.0 - n / length) * np.sin(2.0 * np.pi * phase)
    out = np.zeros(frames + length)
    step = 60.0 / BPM / 4.0 * RATE
    for k in range(int(frames / step) + 1):
        start = int(np.ceil(k * step - 1e-6))
        if start < frames:
            out[start : start + length] += note
    return out[:frames]


def check(frames: int = RATE) -> float:
    """The largest difference from the closed form; raises AssertionError if it is too large."""
    error = float(np.abs(Piece(sequence()).render(frames) - expected(frames)).max())
    if error > ERROR:
        raise AssertionError(f"the sequence is off by {error:.2g}")
    return error


def measure(quick: bool = False) -> list[Table]:
    """The table of voices."""
    frames = RATE * (2 if quick else 6)
    error = check()
    pieces = {"sequence": Piece(sequence()), "none": Piece(silent(0)), "silent": Piece(silent(SILENT))}
    runs = {name: (lambda piece=piece: piece.engine.render(frames)) for name, piece in pieces.items()}
    seconds = interleaved(runs, 5 if quick else 20)
    table = Table("Voices", f"Mono, {RATE} Hz, the best of several runs in turn; × real time of one core.")
    times = frames / RATE / seconds["sequence"]
    table.add("sixteenth notes at 140 bpm, of 0.4 s", f"{times:.0f} ×", f"above {TIMES:.0f} ×", times > TIMES)
    table.add("  difference from the closed form", f"{error:.0e}", f"at most {ERROR:.0e}", error <= ERROR)
    cost = (seconds["silent"] - seconds["none"]) / (frames / 64) * 1e6
    table.add(f"{SILENT} silent voices", f"{cost:.2f} µs a block")
    return [table]
