"""Layout of the memory that Python and machine code share: rows, pools, plans, copies, input events, the engine.

A word has 8 bytes: an int64, or a float64 where that is said. An address is an int64.
"""

from __future__ import annotations

import numpy as np

WORD = 8  # bytes


# A row: one call of a kernel per block. These words, then those of the kernel's arguments in their order, then for each
# output the last value that it gave, a float64.
ROW = (
    "entry",  # address of the kernel's C function
    "bytes",  # size of the row
    "status",  # 0: plays, 1: has ended, -1: mute after a failure
    "out",  # first output buffer; the others follow it
    "outs",  # count of outputs
    "state",  # state record, its size, and the record of a node that has just begun
    "state_bytes",
    "state_default",
    "floats",  # table of pairs: offset of float64 numbers in the state, and how many follow each other
    "floats_count",
    "waits",  # table of addresses of status words: the row ends when all of them are not 0
    "waits_count",
    "factors",  # the same: the row ends when one of them is not 0
    "factors_count",
    "tail",  # frames of silence after which the row has ended, once its inputs have; 0: it ends with them
    "quiet",  # frames for which the output was below the threshold
    "since",  # frames since all inputs have ended
    "faults",  # blocks in which the kernel failed or gave a number that is not finite
    "failed",  # 0, or after its kernel raised the negative place in the code of that: it is not called any more
    "healing",  # frames in which the last value before a failure still fades over to what it gives
    "starts",  # 1: it starts notes, so that no output shows what is not finite in its state
    "rate",  # frames per second, a float64
    "running",  # in the first row of a list: address of the row that is being called, 0: none
)


PLAN = (
    "parent",  # the plan upon which this one was built
    "at",  # frame of the piece at which it is committed, -1: with the next block
    "grid",  # frames of a block of which the frame of the commit is a multiple: 1, or GRID
    "boundary",  # with `beats`: position in beats at which it is committed, a float64
    "beats",  # address of the transport's position at its last change of tempo, a float64; 0: commit at `at`
    "beats_frame",  # address of the frame of that change
    "bpm",  # address of the tempo since, a float64
    "bpm_before",  # tempo at the last block, a float64
    "before",  # frame of the piece at which that block began
    "fade",  # length of the transition in frames, 0: none
    "elapsed",  # frames of the transition that were played, counted from the start of a block
    "moving_rows",  # rows of the transition
    "moving_count",
    "moving_outputs",  # table of buffers, one for each channel of the engine
    "moving_end",  # address of the status word of the root
    "moving_meters",  # table of the tracks that are measured (METER)
    "moving_meters_count",
    "rows",  # the same six for the settled plan
    "count",
    "outputs",
    "end",
    "meters",
    "meters_count",
    "restart",  # 1: the clock of the piece is set to 0
    "copies",  # states to copy at the commit
    "copies_count",
    "settling",  # ends of rows and seams to copy after the transition
    "settling_count",
)


POOL = (  # after the words of a row
    "events",  # address of the count of events of this block; then those of their frames, steps, lengths and passes
    "event_frames",
    "event_steps",
    "event_lengths",
    "event_passes",
    "busy",  # address of the count of voices of all pools of the clock
    "clock_status",  # address of the clock's status word
    "position",  # buffer with the position of the clock, 0: it gives no parts of steps
    "present",  # with it: address of the step (STEP) that went on as the block began
    "reached",  # and of the position that it had reached, a float64
    "first",  # for each step the number of its first note, and the count of all notes
    "steps",
    "values",  # for each note `width` values, float64
    "width",
    "timing",  # for each note its timing (NOTE), float64; 0: all begin and last as their steps
    "chance",  # seed of the chance of notes
    "pages",  # address of a ring of pages (PAGE_SLOTS), 0: the notes stand in the tables
    "given",  # pairs: column of the values, offset in the state of a voice
    "given_count",
    "gates",  # offsets of the gates in the state of a voice
    "gates_count",
    "slots",  # voices that have memory
    "voices",  # voices that may play at the same time, not counting those that fade out
    "length",  # frames after which a voice fades out
    "fade",  # frames of that
    "program",  # rows of all voices, those of the first one first
    "program_bytes",  # size of the rows of one voice
    "program_rows",
    "end",  # offset of the root's status in the rows of a voice
    "outputs",  # table of buffers into which a voice renders
    "run",  # address of the C function that plays rows
    "control",  # state of the pool itself (CONTROL), then those of the voices
    "state",
    "state_bytes",
    "default",  # state of a voice that begins, its segments (offset, bytes), and the counters of its rings
    "segments",
    "segments_count",
    "counters",
    "counters_count",
    "buffers",  # table of the buffers of a voice: offsets of their numbers and pages, and how many numbers
    "buffers_count",
    "numbered",  # offsets in the state of a voice of what is set to the number of its note
    "numbered_count",
    "old_state",  # the same as it was before the transition, 0: not needed
    "old_bytes",
    "old_default",
    "old_segments",
    "old_segments_count",
    "old_buffers",
    "old_buffers_count",
    "old_numbered",
    "old_numbered_count",
)


STEP = ("number", "length", "pass")  # a step: row of the notes, counted from 1, 0: none; frames; number of the pass


# The timing of a note, a float64 each: the part of its step at which it begins, its length in steps, frames by which it
# is later, the chance that it plays, the number of its draw, and its length in frames, below 0: that in steps. A note
# whose length in steps is below 0 ends those before it.
NOTE = ("place", "length", "late", "chance", "draw", "held")


# A ring of pages: the count of cycles that began without one, then for each slot the cycle (-1: none) and the address
# of its page. That of a pool: the count of its notes, the timing of each (NOTE), and the values of each, `width`
# float64. That of a kernel: a count of float64, and these. A cycle has the slot of its own number among the first ones,
# else that behind them of the rest of its division by PAGE_SLOTS.
FIRST_PAGES = 16
PAGE_SLOTS = 64
NO_PAGE = -1


def page_slot(cycle: int) -> int:
    """The slot of a cycle. The first cycles have slots of their own, as a reset may ask for them at any time."""
    return cycle if cycle < FIRST_PAGES else FIRST_PAGES + cycle % PAGE_SLOTS


MOST_IN_FRAME = 8  # notes that a kernel may start in one frame
MOST_NOTES = 64 * MOST_IN_FRAME  # in a block


def started_notes(width: int) -> np.dtype[np.void]:
    """Notes that a kernel starts in one call, `width` values each: the events that a pool reads, then their values.

    Event k plays row k of the values. `begun` counts the notes of each frame.
    """
    events = [(name, "i8", (MOST_NOTES,)) for name in ("frame", "step", "length", "turn")]
    values = ("values", "f8", (MOST_NOTES * width,))
    return np.dtype([("count", "i8"), ("busy", "i8"), *events, ("begun", "i8", (64,)), values])


CONTROL = np.dtype([(name, "i8") for name in ("next", "active")])
"""State of a pool: the count of voices that began so far, and of those that play."""
CONTROL_RANGES = {"next": (0, 2**53), "active": (0, 2**16)}


VOICE = np.dtype([(name, "i8") for name in ("active", "age", "start", "left", "stolen")])
"""First fields in the state of a voice.

Whether it plays, its number, the frame at which it begins, counted from the start of the block, the frames from there
until it fades out, and whether another voice has taken its place.
"""
VOICE_RANGES = {"active": (0, 1), "age": (0, 2**53), "start": (0, 2**31), "left": (-(2**31), 2**62), "stolen": (0, 1)}


# A copy that the sound thread makes: of bytes, of a ring buffer that was copied ahead when `seen` frames were in it, or
# of the pages of a buffer that was copied ahead before the block `seen` (masks: numbers; counters: the pages).
# As floats or as ints: numbers of the other type, each that has an exact value there; the others stay as they are.
# A seam: within `seen` frames, what is written to the ring buffer `target` fades over from what is written to `source`;
# if that is 0, what is in the ring fades out, and what is written fades in.
# An end: the oldest frames that `target` has of a shorter ring fade in, within `seen` frames (source_mask: its mask).
COPY = ("kind", "source", "target", "bytes", "source_mask", "source_counter", "target_mask", "target_counter", "seen")
COPY_BYTES, COPY_RING, COPY_SEAM, COPY_PAGES, COPY_AS_FLOATS, COPY_AS_INTS, COPY_END = range(7)  # kinds


# A track, or a node with `monitor`, whose level is measured.
METER = (
    "track",  # number of the track; it stays through all plans that have a track of that name
    "slot",  # offset of its level in a bank
    "left",  # buffers of its channels; of a mono track twice the same
    "right",
)
LEVEL = np.dtype([("track", "i8"), ("frames", "i8"), ("peak", "f8"), ("energy", "f8"), ("last", "f8")])
"""Level of a track in a bank.

Whose it is, the frames so far, their peak, the sum of the squares of both channels, and the last frame of the first.
"""
MOST_TRACKS = 64  # that are measured, the first of the mix
MOST_MONITORS = 32  # nodes with `monitor` that are measured
MOST_LEVELS = MOST_TRACKS + MOST_MONITORS  # in a bank


# An input event: a change from outside, applied by the first block that ends after `frame`.
INPUT = (
    "kind",  # number in INPUT_KINDS
    "target",  # of a parameter the address of its value, a float64; else 0
    "value",  # a float64
    "frame",  # of the stream; 0: with the next block
    "applied",  # first frame of the block that applied it, -1: it waits
)
INPUTS = 1024  # events in the queue
INPUT_KINDS = ("pause", "mute", "gain", "ramp", "limit", "parameter")
PAUSE, MUTE, GAIN, RAMP, LIMIT, PARAMETER = range(len(INPUT_KINDS))

# The record that control and the sound thread share. Each word is written by one of them, except `pending`, `retired`
# and `lock`, which are exchanged atomically or written under the lock, `peaks`, which one raises and one resets, and
# the banks of levels: the callback adds to one, readers take the other.
SHARED_WORDS = (
    "pending",  # plan that was offered, 0: none
    "current",  # plan that plays, 0: none
    "retired",  # plan that was replaced or refused and may be freed, 0: none
    "lock",  # 1: held by one side
    "clock",  # frames of the piece, stands still in a pause
    "frames_rendered",  # frames of the stream in whole blocks
    "frames_left",  # frames of the last block that were not given out yet
    "refusals",  # plans that were built upon another than the one that played
    "commits",  # plans that were taken
    "committed_at",  # frame of the piece at which the last one was
    "committed_in",  # frame of the stream at which that block began
    "faults",  # failures of kernels
    "ended",  # status of the root: not 0 when the piece has ended
    "ended_at",  # frame of the piece at which it did
    "calls",  # callbacks
    "underflows",  # that the device reported
    "inside",  # 1: the callback runs
    "run",  # address of the C function that plays rows
    "block",  # and of the one that renders a block
    "channels",  # of the engine
    "main_channels",  # of the device
    "mix",  # buffers of a block, one for each channel
    "live",  # buffers of the device's input for this block
    "live_staging",  # and for the next one
    "live_table",  # table of addresses of the buffers in `live`
    "live_channels",  # channels of the device's input that are read
    "limiter",  # state of the limiter
    "limiting",  # 1: the limiter is on
    "paused",  # 1: fade out and stand still
    "muted",  # 1: fade out
    "ring",  # last seconds of output, float32
    "ring_frames",  # length of that
    "ring_written",  # frames that were written to it so far
    "peaks",  # highest absolute sample of each channel, float64
    "meters",  # two banks of levels (LEVEL) of tracks
    "meters_bank",  # number of the bank that the callback adds to; readers exchange it
    "metering",  # 1: the callback adds to a bank
    "overloads",  # samples that were replaced by 0
    "copies",  # copies to make before the next block, 0: none
    "copies_count",
    "inputs",  # queue of input events
    "inputs_sent",  # events that were put into it so far
    "inputs_taken",  # number of the first event that waits
    "limited_blocks",  # in which the limiter was below LIMITED
)
LIMITED = 10.0 ** (-3.0 / 20.0)
"""A gain of the limiter below which it is heard."""
SHARED = np.dtype(
    [(name, "i8") for name in SHARED_WORDS]
    + [
        ("gain", "f8"),  # volume as a factor
        ("level", "f8"),  # factor that is reached
        ("rate", "f8"),  # frames per second
        ("ramp", "f8"),  # seconds from silence to full level
        ("least_gain", "f8"),  # of the limiter so far
    ]
)


def offset(words: tuple[str, ...], name: str) -> int:
    """Offset of a word in bytes."""
    return WORD * words.index(name)


def shared_offset(name: str) -> int:
    """Offset of a field of the shared record in bytes."""
    return int(SHARED.fields[name][1])  # type: ignore[index]
