"""Position in the music: beats, tempo and bars of the transport that plays."""

from __future__ import annotations

import math
from dataclasses import dataclass

from waves.engine.plan.plan import Plan
from waves.engine.state.state_registry import Record
from waves.language.model.quantize import Quantize


@dataclass(frozen=True, slots=True)
class MusicTime:
    """The transport at one frame, and the tempo since."""

    beats: float
    frame: int
    bpm: float
    bar: float  # beats
    rate: float

    def beats_at(self, frame: int) -> float:
        """Position of a frame of the piece, in beats."""
        return self.beats + (frame - self.frame) * self.bpm / (60.0 * self.rate)

    def frame_of(self, beats: float) -> int:
        """The first frame of the piece at or after a position in beats."""
        exact = self.frame + (beats - self.beats) * 60.0 * self.rate / self.bpm
        return math.ceil(exact - 1e-6)

    def boundary(self, quantize: Quantize, after: int) -> float | None:
        """Position in beats of the next boundary at or after a frame; None: no need to wait."""
        if not quantize.count or self.bpm <= 0.0:
            return None
        unit = quantize.count * (self.bar if quantize.bars else 1.0)
        return math.ceil(self.beats_at(after) / unit - 1e-9) * unit

    def place(self, frame: int) -> str:
        """Position of a frame as text: `bar 5, beat 2.50`."""
        beats = round(self.beats_at(frame), 2) + 1e-9
        return f"bar {math.floor(beats / self.bar) + 1}, beat {beats % self.bar + 1:.2f}"


def music_time(plan: Plan, rate: float) -> MusicTime | None:
    """The position of a plan that plays; None if it has no transport."""
    row, state = plan.graph.rows.get(plan.graph.transport), transport(plan)
    if row is None or state is None:
        return None
    bpm = row.inputs["bpm"]
    speed = float(state.bpm) if state.begun else (bpm if isinstance(bpm, float) else 120.0)
    return MusicTime(float(state.beats), int(state.frame), speed, float(row.settings["bar"]), rate)


def transport(plan: Plan) -> Record | None:
    """State of the transport of a plan; None if it has none."""
    row = plan.graph.rows.get(plan.graph.transport)
    return plan.states[row.state_key] if row else None
