"""Where the steps of a clock begin; shared by whatever counts steps."""

from __future__ import annotations

from typing import Any

from waves.dsp.maths import clip, finite, floor

TOLERANCE = 1e-9  # steps, beats: what rounding may take from an exact place
FARTHEST = 1e15  # steps, beats: whole numbers are exact below
BELOW_ONE = 1.0 - 1e-9
GRID, BAR, NOW = range(3)


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


def start(state: Any, beats: Any, beat: Any, interval: Any, swing: Any, begin: int, bar: float, rate: float) -> None:
    """Where a clock without a past is; one whose speed moves cannot know where it would be."""
    last = beats.size - 1
    now = finite(beats[0], 0.0)
    ratio = steps_per_beat(beat[0], interval[0])
    later = steps_per_beat(beat[last], interval[last])
    state.ratio = ratio
    if begin == NOW:
        state.anchor_beats = now
    elif begin == BAR or abs(later - ratio) > TOLERANCE * ratio:
        state.anchor_beats = -floor(TOLERANCE - now / bar) * bar
    else:
        frame = 1.0 / max(finite(beat[0], 1.0) * rate, 1.0)  # beats
        state.next = next_step(ratio * (now - frame), clip(finite(swing[0], 0.0), -1.0, 1.0))


def nothing_begins(state: Any, beats: Any, beat: Any, interval: Any, swing: Any, reset: Any, total: float) -> bool:
    """Whether a step goes on evenly for the whole block, which is quick to render."""
    even = not state.was_reset
    a, b, c = interval[0], beat[0], swing[0]
    for i in range(beats.size):
        even &= (interval[i] == a) & (beat[i] == b) & (swing[i] == c)
        even &= (not reset[i] >= 0.5) & (abs(beats[i]) < FARTHEST)
    ratio = steps_per_beat(beat[0], interval[0])
    if not even or not 0 < state.next < total or abs(ratio - state.ratio) > TOLERANCE * state.ratio:
        return False
    s = clip(finite(swing[0], 0.0), -1.0, 1.0)
    first = state.anchor + state.ratio * (beats[0] - state.anchor_beats)
    last = state.anchor + state.ratio * (beats[beats.size - 1] - state.anchor_beats)
    begun: bool = onset(state.next - 1, s) <= first + TOLERANCE
    return begun and last < onset(state.next, s) - TOLERANCE


def advance(state: Any, beats: float, ratio: float) -> float:
    """The position in steps; the anchor moves here where the ratio has changed."""
    if beats < state.anchor_beats:  # it waits for its bar
        state.ratio = ratio
    position: float = state.anchor + state.ratio * (beats - state.anchor_beats)
    if abs(ratio - state.ratio) > TOLERANCE * state.ratio:
        state.anchor = position
        state.anchor_beats = beats
        state.ratio = ratio
    return position


def emit(state: Any, frame: int, step: int, length: int) -> None:
    """The next step begins."""
    if state.count < state.frame.size:
        state.frame[state.count] = frame
        state.step[state.count] = step
        state.length[state.count] = length
        state.count += 1
    state.next += 1
