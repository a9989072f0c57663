"""The arithmetic of step clocks: the places where steps begin, in beats of the transport."""

from __future__ import annotations

from typing import Any

from waves.dsp.maths import clip, finite, floor, frames

TOLERANCE = 1e-9  # steps, beats: what rounding may take from an exact place
FARTHEST = 1e15  # steps, beats: whole numbers are exact below
BELOW_ONE = 1.0 - 1e-9


def onset(step: int, swing: float) -> float:
    """The position at which a step begins, in steps: odd ones are early by half the swing, which is -1 to 1."""
    return step - 0.5 * swing if step % 2 == 1 else step + 0.0


def next_step(position: float, swing: float) -> int:
    """The first step that has not begun at a position in steps."""
    step = int(clip(floor(clip(position, -1.0, FARTHEST)), 0.0, FARTHEST))
    while onset(step, swing) <= position + TOLERANCE and step < FARTHEST:
        step += 1
    return step


def division(beats: float, length: float) -> float:
    """Number of whole lengths that have begun at a position: -1 before 0, 0 from there, 1 after one length."""
    return floor(finite(beats, 0.0) / length + TOLERANCE)


def steps_per_beat(beat: float, interval: float) -> float:
    """The speed of a clock, from the lengths of a beat and of a step in seconds; 0 where they give no speed."""
    ratio = beat / interval if interval > 0.0 else 0.0
    return ratio if 0.0 <= ratio < FARTHEST else 0.0


def start_now(state: Any, beats: Any, beat: Any, interval: Any) -> None:
    """Sets the state of a clock that begins with the first frame of its first block."""
    state.ratio = steps_per_beat(beat[0], interval[0])
    state.anchor_beats = finite(beats[0], 0.0)


def start_on_bar(state: Any, beats: Any, beat: Any, interval: Any, bar: float) -> None:
    """Sets the state of a clock that begins with the next bar of `bar` beats."""
    state.ratio = steps_per_beat(beat[0], interval[0])
    state.anchor_beats = -floor(TOLERANCE - finite(beats[0], 0.0) / bar) * bar


def start_on_grid(state: Any, beats: Any, beat: Any, interval: Any, swing: Any, bar: float, rate: float) -> None:
    """Sets the state of a clock that is where it would be if it had run since beat 0.

    A clock whose speed moves cannot know that place, and begins with the next bar.
    """
    last = beats.size - 1
    ratio = steps_per_beat(beat[0], interval[0])
    later = steps_per_beat(beat[last], interval[last])
    state.ratio = ratio
    if abs(later - ratio) > TOLERANCE * ratio:
        start_on_bar(state, beats, beat, interval, bar)
    else:
        frame = 1.0 / max(finite(beat[0], 1.0) * rate, 1.0)  # beats
        state.next = next_step(ratio * (finite(beats[0], 0.0) - frame), clip(finite(swing[0], 0.0), -1.0, 1.0))


def nothing_begins(state: Any, beats: Any, beat: Any, interval: Any, swing: Any, reset: Any, total: float) -> bool:
    """Whether the present step goes on at constant speed for the whole block, which is quick to render."""
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
    """The position in steps at a place in beats; moves the anchor there if the ratio has changed."""
    if beats < state.anchor_beats:  # it waits for its bar
        state.ratio = ratio
    position: float = state.anchor + state.ratio * (beats - state.anchor_beats)
    if abs(ratio - state.ratio) > TOLERANCE * state.ratio:
        state.anchor = position
        state.anchor_beats = beats
        state.ratio = ratio
    return position


def begin_block(state: Any, steps: int) -> None:
    """Keeps the step that goes on, as the pools need it, before a part of a block; `steps` in a pass, as of now."""
    if state.present[0] > 0 and state.next > 0:
        state.present[0] = (state.next - 1) % steps + steps * state.row + 1
    for k in range(3):
        state.before[k] = state.present[k]
    state.reached_before = state.reached
    state.count = 0


def join(state: Any, beats: Any, interval: Any, beat: Any, swing: Any, steps: int, rate: float) -> None:
    """Sets the pass of a clock that has just begun, and the step inside of which it begins, if it is inside of one."""
    step = state.next - 1
    state.passes += step // steps
    if step >= 0:
        s = clip(finite(swing[0], 0.0), -1.0, 1.0)
        begun = onset(step, s)
        length = onset(step + 1, s) - begun
        frame = 1.0 / max(finite(beat[0], 1.0) * rate, 1.0)  # beats
        passed = (state.ratio * (finite(beats[0], 0.0) - frame) - begun) / length
        state.present[0] = 0 if state.row < 0 else step % steps + steps * state.row + 1
        state.present[1] = int(frames(length * finite(interval[0], 0.0), rate))
        state.present[2] = state.passes
        state.reached = state.next + clip(passed, 0.0, BELOW_ONE)


def leap(state: Any, frame: int, step: int, steps: int) -> None:
    """Another step is the next one, as the transport jumped; what was to begin inside of the last one is left out."""
    if step != state.next:
        state.passes += (step - 1) // steps - (state.next - 1) // steps
        state.next = step
        state.present[0] = 0
        add_event(state, frame, -1, 0)


def choose(state: Any, step: int, choice: float, fill: float, width: int, choices: int, turns: int, every: int) -> None:
    """Sets the row of the alternative that a cycle of `width` steps plays, as its first step begins.

    Each of `choices` has `turns` rows: without and with a fill, and with 4 the same two for the first cycle of all.
    """
    if step % width == 0 or state.fills < 0.0:
        called = floor(fill)
        cycle = step // width
        is_fill = fill - called >= 0.25 or 0.0 <= state.fills < called or (every > 0 and cycle % every == every - 1)
        state.fills = max(called, 0.0)
        row = floor(choice + 0.5)
        state.row = -1
        if 0.0 <= row < choices:
            state.row = int(row) * turns
            if turns >= 2 and is_fill:
                state.row += 1
            if turns >= 4 and cycle <= 0:
                state.row += 2


def emit(state: Any, frame: int, steps: int, length: int) -> None:
    """The next step begins at a frame of this block, and takes `length` frames; `steps` in a pass."""
    step = state.next % steps
    if step == 0:
        state.passes += 1
    row = -1 if state.row < 0 else step + steps * state.row
    state.present[0] = row + 1
    state.present[1] = length
    state.present[2] = state.passes
    state.reached = 0.0
    add_event(state, frame, row, length)
    state.next += 1


def add_event(state: Any, frame: int, step: int, length: int) -> None:
    """Adds an event to the state of a clock, for its pools."""
    if state.count < state.frame.size:
        state.frame[state.count] = frame
        state.step[state.count] = step
        state.length[state.count] = length
        state.turn[state.count] = state.passes
        state.count += 1


def changes(x: float, past: Any) -> bool:
    """Whether a trigger changes with the frame `x`; `past` are its last two frames, the newer first.

    A value that comes back in the next frame, as after a tick, is one change with that before it.
    """
    last, before = past[0], past[1]
    past[0], past[1] = x, last
    return bool(x != last and (last == before or x != before))
