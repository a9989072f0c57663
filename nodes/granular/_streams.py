"""Two streams of a file: that of the last onset, and the one before it, which fades out.

A stream begins with the file itself at its onset. As soon as the first windows of the vocoder are made, they take over:
the first one lies as in the file, each further one where the file is due. Where an onset follows too late, the file
goes to and fro between both. The state of a node has the fields of `Streams`; frames of the tape are those that were
made so far, before the pitch is changed.
"""

from collections.abc import Mapping
from typing import ClassVar

from waves.dsp.maths import clip, finite, floor, rint
from waves.node import Ints, State

from .._file_reading import CUT, WAVE, fits, lower, upper
from ._vocoder import FAR, OVERLAP, first_after, make_window, mirrored, source, units_of, whole

FADE = 0.002  # s in which an onset takes over
GUARD = 0.001  # s before an onset that belong to it
ATTACK = 0.015  # s after an onset that are not played twice
TAPE = 1024  # frames that are kept to be read between them
AROUND = 512  # frames that stand again behind them: more than a sinc weighs
CHUNK = 16  # frames from work to work
MOST_SLICES = 2**20


class Streams(State):
    begun: bool = False
    made: int = 0  # frames of the tape so far
    ended: int = FAR  # frame of the tape at which the file has ended
    at: float = -1.0  # frame of the file that is due now
    slices: float = 1.0  # as it was last
    slice: float = 0.0
    part: int = 0  # that plays
    parts: int = 1
    stream: int = 0  # 0 or 1: that of the last onset
    count: int = 0  # onsets so far
    fading: int = 0  # frames that are left of the fade from the stream before
    fade: int = 1  # frames of that
    rises: bool = False  # whether the last one fades in meanwhile
    offset: Ints[2]  # of each stream: frame of the file less that of the tape
    first: Ints[2]  # frame of the tape at which its windows begin
    low: Ints[2]  # frames of the file: the part that plays
    high: Ints[2]
    fade_in: Ints[2]  # whether it is cut there
    fade_out: Ints[2]
    body_low: Ints[2]  # frames of the file between which it goes to and fro until the next onset
    body_high: Ints[2]
    away: Ints[2]  # whether it does
    ahead: Ints[2]  # whether it is ahead of the frame that is due
    next: float = 0.0  # frame of the next onset, or of the end
    aim: float = 0.0  # frame that the middle of a window has reached there
    ends: bool = False  # whether that is the end
    joined: bool = False  # whether the end of the loop goes on in its start
    middle: float = 0.0  # frame of the file
    locked: bool = True  # whether the windows lie as in the file
    fresh: bool = True  # whether there was none yet
    starts: Ints[OVERLAP + 1]  # of each window: its first frame of the tape
    counts: Ints[OVERLAP + 1]  # the onset to which it belongs
    slot: int = 0  # of the window that is made
    work_stream: int = 0
    place: int = 0  # its middle, frame of the file
    turns: bool = False  # whether its phases are turned
    turns_back: bool = False  # whether it is read to and fro
    done: int = 0  # units
    region: int = 0  # partials: where the region of the peak begins
    lowest: float = 0.0  # power
    lowest_at: int = 0
    re: float = 1.0  # turn of the peak
    im: float = 0.0
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "slot": (0, OVERLAP),
        "stream": (0, 1),
        "work_stream": (0, 1),
        "region": (0, 2**16),
        "lowest_at": (0, 2**16),
        "at": (-1, 2**50),
        "made": (0, 2**50),
        "parts": (1, MOST_SLICES),
        "fade": (1, 2**20),
    }


def choose_part(state, slices, slice, start, end, onsets, audio, loop, size, total, rate):
    """Begins with the part that plays, or goes on with it in another file; another part fades in from the cut."""
    parts = int(clip(rint(finite(slices, 1.0)), 1.0, MOST_SLICES))
    number = floor(finite(slice, 0.0))
    part = int(number - parts * floor(number / parts))
    if not state.begun or part != state.part or parts != state.parts:
        goes_on = not state.begun and state.at >= 0.0
        g = 1 - state.stream if state.begun else state.stream
        state.part, state.parts = part, parts
        take_part(state, g, audio, start, end, loop, total, rate)
        state.at = clip(state.at, state.low[g], state.high[g] - 1.0) if goes_on else state.low[g] + 0.0
        begin(state, g, onsets, whole(state.at), whole(state.at), 0 if goes_on else apart(rate), loop, size, rate)
        state.fading = state.fade if state.begun else 0
        state.rises, state.ended, state.begun = False, FAR, True
    state.slices, state.slice = finite(slices, 1.0), finite(slice, 0.0)


def apart(rate):
    """Frames from one onset to the next at least."""
    return whole(2.0 * FADE * rate)


def make_frame(state, pace, tape, memory, audio, onsets, table, window, rest, start, end, loop, channels, total, rate):
    """Makes the next frame of the tape; the file moves on by `pace` frames."""
    size = window.size
    hop = size // OVERLAP
    cut = CUT * rate
    now = state.made
    fade = whole(FADE * rate)
    if state.fading == 0 and not state.ends and state.at >= state.next - fade * pace and state.next < FAR:
        k = min(whole(clip((state.next - state.at) / max(pace, 1e-9), 0.0, fade)), fade)
        g = 1 - state.stream
        copy_part(state, g)
        place = whole(state.next)
        latest = onsets[max(first_after(onsets, state.at) - 1, 0)]
        if place < latest <= state.at:
            place = int(latest)
        if place >= state.high[g]:
            back = state.high[g] - state.low[g]
            place -= back
            old = state.low[g]
            take_part(state, g, audio, start[0], end[0], loop, total, rate)
            if state.high[g] - state.low[g] != back or state.low[g] != old:
                place = state.low[g]
            state.at = place + clip(state.at - state.next, -fade * pace, 1e6)
        begin(state, g, onsets, place - k, place, apart(rate), loop, size, rate)
        state.fading = state.fade = max(k, fade // 4)
        state.rises = True
    elif state.next >= FAR and loop and state.at >= 2 * state.high[state.stream] - state.low[state.stream]:
        back = state.high[state.stream] - state.low[state.stream]
        state.at -= back
        state.middle -= back
        state.offset[0] -= back
        state.offset[1] -= back
    if now % hop == 0:
        begin_window(state, pace, hop, size)
    g = state.stream
    level = 1.0
    if state.fading > 0:
        x = state.fading / state.fade
        level = 1.0 - x if state.rises else 1.0
    ending = 1.0
    if state.ends:
        left = state.next - state.at
        if left <= 0.0:
            ending = 0.0
            state.ended = min(state.ended, now)
        elif not state.locked:
            ending = min(left / max(fade * pace, 1e-3), 1.0)
    for c in range(channels):
        value = (
            ending
            * level
            * stream_value(state, g, state.count, c, memory, audio, window, rest, loop, cut, channels, total)
        )
        if state.fading > 0:
            value += (state.fading / state.fade) * stream_value(
                state, 1 - g, state.count - 1, c, memory, audio, window, rest, loop, cut, channels, total
            )
        at = c * (TAPE + AROUND) + now % TAPE
        tape[at] = value
        if now % TAPE < AROUND:
            tape[at + TAPE] = value
    state.ahead[g] = 1 if now + state.offset[g] > state.at + 1.0 else 0
    for n in range(2):
        if now + state.offset[n] == state.body_high[n]:
            state.away[n] = state.ahead[n]
    state.fading = max(state.fading - 1, 0)
    state.at += pace
    state.made = now + 1
    if state.made % CHUNK == 0:
        units = units_of(channels, size)
        goal = units * (now % hop + 1) // hop
        make_window(memory, table, window, audio, state, channels, total, loop, cut, state.done, goal)
        state.done = goal


def stream_value(state, g, count, c, memory, audio, window, rest, loop, cut, channels, total):
    """A frame of a stream: the file itself from its onset on, and then its windows."""
    size = window.size
    now = state.made
    since = now - state.first[g]
    value = 0.0
    if since < rest.size:
        x = now + state.offset[g]
        if state.away[g] == 1:
            x = mirrored(x, state.body_low[g], state.body_high[g])
        value = source(audio, c * total, state.low[g], state.high[g], loop, state.fade_in[g], state.fade_out[g], cut, x)
        value *= rest[since] if since >= 0 else 1.0
    for n in range(OVERLAP + 1):
        j = now - state.starts[n]
        if n != state.slot and state.counts[n] == count and 0 <= j < size:
            value += window[j] * memory[((2 + n) * channels + 1 + c) * size + j]
    return value


def begin_window(state, pace, hop, size):
    """Begins to make the next window, which sounds a hop later."""
    g = state.stream
    state.slot = (state.slot + 1) % (OVERLAP + 1)
    state.starts[state.slot] = state.made + hop
    state.counts[state.slot] = state.count
    state.work_stream, state.done = g, 0
    ahead = hop + size // 2
    due = state.at + pace * ahead
    kept = state.made + ahead + state.offset[g]
    in_step = abs(due - kept) <= 1.0
    state.turns = False
    if state.fresh:
        state.middle, state.locked, state.fresh = kept + 0.0, True, False
        state.first[g] = state.made + hop
    elif state.locked and in_step:
        state.middle = kept + 0.0
    else:
        state.locked, state.turns = False, True
        step = pace * hop
        left = state.next - (due - step)
        if state.next >= FAR:
            state.middle += step
        elif left > 0.0:
            state.middle += (state.aim - state.middle) * clip(step / left, 0.0, 1.0)
    state.turns_back = not in_step and state.body_high[g] < FAR
    state.place = whole(state.middle)


def take_part(state, g, audio, start, end, loop, total, rate):
    """Takes the part that plays from now on."""
    low = int(lower(start, end, state.part, state.parts, False, 0.0, 0.0, total))
    high = int(upper(start, end, state.part, state.parts, False, 0.0, 0.0, total))
    short = loop and high - low < WAVE * rate
    state.joined = short or (loop and fits(audio, 0, low, high))
    state.low[g], state.high[g] = low, high
    state.fade_in[g] = 1 if low > 0 and not state.joined else 0
    state.fade_out[g] = 1 if high < total and not state.joined else 0


def copy_part(state, g):
    """The other stream plays the same part."""
    state.low[g], state.high[g] = state.low[1 - g], state.high[1 - g]
    state.fade_in[g], state.fade_out[g] = state.fade_in[1 - g], state.fade_out[1 - g]


def begin(state, g, onsets, frame, onset, least, loop, size, rate):
    """A stream begins with a frame of the file now, which has an onset there or soon."""
    state.stream = g
    state.count += 1
    state.offset[g] = frame - state.made
    state.first[g] = FAR
    state.fresh = state.locked = True
    state.away[g] = 0
    state.fade = max(whole(FADE * rate), 1)
    low, high = state.low[g], state.high[g]
    k = first_after(onsets, onset + least)
    state.ends = False
    if onsets[k] < high - apart(rate):
        state.next = onsets[k] + 0.0
    elif loop and state.joined:
        k = first_after(onsets, low - 1)
        state.next = onsets[k] + high - low + 0.0 if onsets[k] < high - apart(rate) else FAR + 0.0
    else:
        state.next, state.ends = high + 0.0, not loop
    state.body_low[g], state.body_high[g], state.aim = 0, FAR, state.next
    if state.next < FAR and not state.ends:
        last = max(whole(state.next - GUARD * rate), onset + 2)
        state.body_high[g] = last
        state.body_low[g] = onset + min(whole(ATTACK * rate), (last - onset) // 3)
        state.aim = max(last - 0.5 * size, 0.5 * (onset + last))
