"""Buffer: a loop of tape that is written and read while it plays; nodes with one `name` share it.

    pluck: {osc: {type: tri, freq: f, amp: 0.4, duration: 0.3, release: 0.3}}
    tune: {sequencer: {interval: beat, steps: [pluck a3, ~, pluck e4, ~, pluck c4]}}
    layers:
      buffer:
        name: tape
        length: 3 * beat
        signal: {expression: {exp: new + 0.7 * old, new: {tune: {}}, old: {buffer: {name: tape}}}}

`signal` is written at the head of the tape, and what was written `offset` seconds ago is heard. With `start` or `end`
it is a part of the tape that plays, from place to place, as in a `sample`. A node without `signal` reads what others
write. Without `offset` that is what the head is about to write over: inside the `signal` of the node that writes, what
was written one `length` ago, so that each pass goes into the next one, as with a loop of tape.

Two nodes that write to one tape add up. A tape without a name belongs to its node, or has the `id` of that as its name.
It stays when its nodes are removed. `speed` is that of the tape, for writing and reading; at 0 nothing is written over.

(Roads: The Computer Music Tutorial, 1996: tape loops and delay lines; Niemitalo, 2001: the curve between frames.)
"""

import math
from typing import Any

import numpy as np

from waves.dsp.maths import clip, finite, rint
from waves.node import BLOCK, Constants, File, Node, Shared, Signal, State, param

from .._file_reading import cut_level, wrapped
from ._tape import (
    FIRST,
    HEAD,
    NEXT,
    SIZE,
    add,
    begin_fade,
    heard,
    load,
    mixed,
    move_head,
    part,
    past_head,
    write,
)

LONGEST = 600.0  # s
MOVED = 60.0  # s, memory where the length moves
USUAL = 10.0  # s, without a length and a file
SHORTEST = 64.0  # cells
FASTEST = 16.0  # cells in a frame
JUMP = 1.0  # cells in a frame by which an offset moves at most before it jumps
GRID = 2.0**20  # steps of a cell in a frame, so that sums are exact
BEHIND = 9.0  # cells: far from the head
ALL = 1 << 40  # cells: there is no file that must be loaded
OVER = 1e12  # place of a part that has been played


class Buffer(Node):
    name: Shared = param(None, description="Name of the tape, for all nodes that share it.")
    signal: Signal = param(None, unit="value", description="The sound that is written; without it the node only reads.")
    length: Signal = param(
        None, unit="s", minimum=0.002, maximum=LONGEST, description="Length of the tape; that of the file, or 10 s."
    )
    file: File = param(None, description="A sound file that is on the tape at the start.")
    offset: Signal = param(
        0.0, unit="s", minimum=0.0, maximum=LONGEST, description="Time since what is heard was written."
    )
    start: Signal = param(None, unit="position", minimum=0.0, maximum=1.0, description="Start of the part that plays.")
    end: Signal = param(None, unit="position", minimum=0.0, maximum=1.0, description="End of the part that plays.")
    loop: bool = param(False, description="Plays the part again and again.")
    overlap: float = param(
        0.0, unit="s", minimum=0.0, maximum=10.0, description="Time in which the end of a part fades into its start."
    )
    speed: Signal = param(1.0, unit="factor", description="Speed of the tape; negative runs backwards.")
    freq: Signal = param(None, unit="Hz", description="Pitch that is wanted, with `base_freq`.")
    base_freq: Signal = param(None, unit="Hz", description="Pitch of what is on the tape.")

    aliases = ("looper",)
    buffers = {"name": "f8"}
    arrays = {"audio": "f4"}
    crossfaded = ("length", "offset", "start", "end", "freq", "base_freq")
    tail = "offset"

    class state(State):
        at: float = -1.0  # cells: the place of a part, or how far behind the head; below 0: not begun
        before: float = 0.0  # the same before the last jump
        fading: float = 0.0  # frames that are left of the fade from there
        width: float = 1.0  # frames of that fade
        written: float = 0.0  # cells, the place that was written last
        last: float = 0.0  # what was written there
        writes: bool = False  # whether it has written
        loaded: int = 0  # cells of the file that are on the tape
        ranges = {"loaded": (0, 1_000_000_000)}

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        written = getattr(constants, "length", math.nan)  # missing where it is not written
        seconds = MOVED if written is None else written
        if seconds != seconds:
            file = max((one.shape[1] for one in constants.file or ()), default=0)
            return {"name": FIRST + max(file or USUAL * rate, SHORTEST)}
        return {"name": FIRST + max(math.ceil(seconds * rate), SHORTEST)}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray]:
        """The first file; one number where there is none."""
        return {"audio": constants.file[0] if constants.file else np.zeros(1, np.float32)}

    @staticmethod
    def adopted(state: Any, old: Constants, new: Constants) -> None:
        if old.file != new.file:
            state.loaded = 0

    @staticmethod
    def render(
        out,
        name,
        signal,
        length,
        offset,
        start,
        end,
        loop,
        overlap,
        speed,
        freq,
        base_freq,
        audio,
        state,
        rate,
        clock,
    ):
        has_file, writes = audio.size > 1, signal[0] == signal[0]
        owns = has_file or writes
        is_part = start[0] == start[0] or end[0] == end[0]
        tuned = freq[0] == freq[0] and base_freq[0] == base_freq[0]
        back = 1.0
        ended = False
        for i in range(out.size):
            size = name[SIZE]
            if length[i] == length[i] and (owns or size == 0.0):
                size = rint(finite(length[i], USUAL) * rate)
            elif has_file or size == 0.0:
                size = float(audio.size) if has_file else rint(USUAL * rate)
            size = clip(size, SHORTEST, float(name.size - FIRST))
            pace = speed[i] * freq[i] / base_freq[i] if tuned else speed[i]
            pace = rint(clip(finite(pace, 0.0), -FASTEST, FASTEST) * GRID) / GRID
            if has_file:
                load(name, audio, state, size)
            loaded = state.loaded if has_file else ALL
            if owns and pace != 0.0:
                back = 1.0 if pace > 0.0 else -1.0

            ahead = name[NEXT] - (clock + i)  # above 0: another node has written this frame
            head = name[HEAD] - ahead  # where it is, or would be had the node that wrote gone on
            if owns and not 0.0 < ahead <= BLOCK:
                head = name[HEAD]
                if writes:
                    write(name, state, finite(signal[i], 0.0), pace, size)
                move_head(name, state, pace, size)
                name[NEXT], name[SIZE] = clock + i + 1.0, size
            elif writes:
                add(name, head, finite(signal[i], 0.0), size)

            if is_part:
                low, high = part(start[i], end[i], size)
                if state.at < 0.0:
                    if loop and (low > 0.0 if pace >= 0.0 else high < size):
                        begin_fade(state, 0.0, high - low, pace, rate)
                        state.before = OVER  # from silence
                    state.at = low if pace >= 0.0 else high - 1.0
                elif loop and not low <= state.at < high:
                    if high - low < size and state.fading == 0.0:
                        begin_fade(state, overlap, high - low, pace, rate)
                    state.at = wrapped(state.at, low, high - low)
                elif not low <= state.at < high:
                    state.at, ended = OVER, True
                level = 1.0 if loop else cut_level(state.at, low, high, size, pace * rate)
                if not owns and ahead > -BLOCK:
                    level *= past_head(state.at, head, size, pace, rate)
                value = 0.0
                if not ended:
                    value = level * heard(name, audio, loaded, state.at, size, BEHIND)
                    state.at += pace
                if state.fading > 0.0:
                    old = heard(name, audio, loaded, state.before, size, BEHIND) if state.before < OVER else 0.0
                    value = mixed(value, old, state.fading / state.width, overlap > 0.0)
                    state.fading -= min(state.fading, 1.0)
                    state.before += pace
                out[i] = value
            else:
                goal = clip(offset[i] * rate, 0.0, size)
                if not owns and -BLOCK < ahead <= 0.0 < goal:
                    goal = max(goal, BLOCK + BEHIND)  # the node that writes has its turn later
                if state.at < 0.0 or abs(goal - state.at) <= JUMP:
                    state.at = goal
                elif state.fading == 0.0:
                    begin_fade(state, 0.0, rate, 1.0, rate)
                    state.at = goal
                near = BEHIND if has_file and not writes else state.at
                value = heard(name, audio, loaded, head - back * state.at, size, near)
                if writes and state.at == 0.0:
                    value = finite(signal[i], 0.0)
                if state.fading > 0.0:
                    old = heard(name, audio, loaded, head - back * state.before, size, state.before)
                    value = mixed(value, old, state.fading / state.width, False)
                    state.fading -= min(state.fading, 1.0)
                out[i] = value
        return ended
