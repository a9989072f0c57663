"""Where the steps of a clock begin; shared by whatever counts steps."""

from __future__ import annotations

from waves.dsp.maths import clip, finite, floor

TOLERANCE = 1e-9  # steps, beats: what rounding may take from an exact place
FARTHEST = 1e15  # steps, beats: whole numbers are exact below


def onset(step: int, swing: float) -> float:
    """Where a step begins, in steps: odd ones are early by half the swing, which is -1 to 1."""
    return step - 0.5 * swing if step % 2 == 1 else step + 0.0


def next_step(position: float, swing: float) -> int:
    """The first step that has not begun at a position in steps."""
    step = int(clip(floor(clip(position, -1.0, FARTHEST)), 0.0, FARTHEST))
    while onset(step, swing) <= position + TOLERANCE and step < FARTHEST:
        step += 1
    return step


def division(beats: float, length: float) -> float:
    """How many whole lengths have begun at a position: -1 before 0, 0 from there, 1 after one length."""
    return floor(finite(beats, 0.0) / length + TOLERANCE)


def steps_per_beat(beat: float, interval: float) -> float:
    """The speed of a clock, from two times in seconds; 0 where they make no sense."""
    ratio = beat / interval if interval > 0.0 else 0.0
    return ratio if 0.0 <= ratio < FARTHEST else 0.0
