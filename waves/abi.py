"""Words of rows, pools, plans, copies and the shared record of the engine: what Python and machine code agree on."""

from __future__ import annotations

import numpy as np

WORD = 8


# A row: these words, then those of the kernel's arguments in their order.
ROW = (
    "entry",  # address of the kernel
    "bytes",  # size of the row
    "status",  # 0 sounding, 1 ended, -1 muted after a fault
    "out",  # first output buffer; the others follow it
    "outs",
    "state",  # state record, its size, and the record of a node that has just begun
    "state_bytes",
    "state_default",
    "waits",  # table of status words: ended when all of them are
    "waits_count",
    "factors",  # table of status words: ended when one of them is
    "factors_count",
    "tail",  # 1: and only after its own tail is out
    "quiet",  # frames below the threshold
    "since",  # frames since all inputs have ended
    "faults",  # blocks in which the kernel failed or gave no finite number
    "rate",  # frames per second, a float64
    "running",  # in the first row of a list: the one of its rows that runs, 0: none
)


PLAN = (
    "parent",  # the plan this one was built upon
    "at",  # frame of the piece at which it comes in, -1: at once
    "boundary",  # or the place in the music in beats, a float64; then where the transport keeps the last change of
    "beats",  # tempo: its place, a float64, 0: by frame
    "beats_frame",  # its frame
    "bpm",  # and the tempo since, a float64
    "bpm_before",  # what that was at the block before, a float64
    "before",  # and the frame at which that block began
    "fade",  # frames of the transition
    "elapsed",  # those that are played, from the start of a block
    "moving_rows",  # the transition
    "moving_count",
    "moving_outputs",  # table of buffers, one a channel of the device
    "moving_end",  # status word of the root
    "rows",  # the settled plan
    "count",
    "outputs",
    "end",
    "restart",  # 1: the piece begins anew, its clock at 0
    "copies",  # states to copy at the commit
    "copies_count",
)


POOL = (  # after the words of a row
    "events",  # the clock's state
    "clock_status",
    "first",  # for each step the number of its first note, and one more
    "steps",
    "values",  # for each note one float64 for each of `width`
    "width",
    "given",  # pairs: column of the values, offset in a voice's state
    "given_count",
    "gates",  # offsets of the gates
    "gates_count",
    "slots",  # voices there are
    "voices",  # voices that may sound, those that fade out not counted
    "length",  # frames after which a voice fades out
    "fade",  # frames
    "program",  # rows of the first voice, one voice after another
    "program_bytes",
    "program_rows",
    "end",  # offset of the status of the root
    "outputs",  # table of buffers that a voice renders into
    "run",  # the engine's function
    "control",  # the pool's own state, then those of the voices
    "state",
    "state_bytes",
    "default",  # state of a voice that begins, its segments (offset, bytes), and the counters of its rings
    "segments",
    "segments_count",
    "counters",
    "counters_count",
    "old_state",  # the same as it was before the transition, 0: not needed
    "old_bytes",
    "old_default",
    "old_segments",
    "old_segments_count",
)


CONTROL = np.dtype([(name, "i8") for name in ("next", "active")])  # of a pool


VOICE = np.dtype(
    [(name, "i8") for name in ("active", "age", "start", "left", "stolen")]
)  # of a voice, first in its state


COPY = ("kind", "source", "target", "bytes", "source_mask", "source_counter", "target_mask", "target_counter", "seen")


COPY_BYTES, COPY_RING = 0, 1


# An input event: a change from outside, taken by the first block that ends after `frame`.
INPUT = (
    "kind",  # number in INPUT_KINDS
    "target",  # of a parameter the address of its value, a float64; else 0
    "value",  # a float64
    "frame",  # of the stream; 0: with the next block
    "applied",  # first frame of the block that took it, -1: it waits
)
INPUTS = 1024  # events in the queue
INPUT_KINDS = ("pause", "mute", "gain", "ramp", "limit", "parameter")
PAUSE, MUTE, GAIN, RAMP, LIMIT, PARAMETER = range(len(INPUT_KINDS))

# What the two sides of the engine share. Words are written by one side each, but for `pending`, which is under `lock`.
SHARED = np.dtype(
    [
        (name, "i8")
        for name in (
            "pending current retired lock clock left refused taken taken_at faults ended ended_at calls underflows "
            "inside run block channels main_channels mix live live_staging live_table live_channels limiter limiting "
            "paused muted ring ring_frames ring_written overload rendered taken_in snapshot snapshot_count "
            "inputs inputs_sent inputs_taken"
        ).split()
    ]
    + [(name, "f8") for name in ("gain level rate ramp".split())]
    + [("peaks", "f8", (32,))]
)


def offset(words: tuple[str, ...], name: str) -> int:
    """Byte offset of a word."""
    return WORD * words.index(name)


def place(name: str) -> int:
    """Byte offset of a field of the shared record."""
    return int(SHARED.fields[name][1])  # type: ignore[index]
