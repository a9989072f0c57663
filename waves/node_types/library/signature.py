"""How control and sound agree on memory: the words of a row, of a plan and of the mailbox.

Everything is made of 8-byte words, so that a record here, a NumPy array in Python and an address in compiled code
are the same thing.
"""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from waves import node
from waves.memo import per_class
from waves.node import BLOCK, Channels, File, Node, Shared, Signal, Signals

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

TURN = (
    "frame",
    "gain",
    "ramp",
    "paused",
    "limiting",
)  # a change of the controls, and the block of the stream it was heard in
TURNS = 64  # of them that are kept

MAIL = np.dtype(
    [
        (name, "i8")
        for name in (
            "pending current retired lock clock left refused taken taken_at faults ended ended_at calls underflows "
            "inside run block channels heard mix live live_staging live_table live_channels limiter limiting paused "
            "ring ring_frames ring_written overload rendered taken_in snapshot snapshot_count turns"
        ).split()
    ]
    + [(name, "f8") for name in ("gain level rate ramp".split())]
    + [("peaks", "f8", (32,)), ("turned", "f8", (TURNS * len(TURN),))]
)


def offset(words: tuple[str, ...], name: str) -> int:
    """Byte offset of a word."""
    return WORD * words.index(name)


ArgumentKind = Literal[
    "out",
    "signal",
    "list",
    "number",
    "state",
    "memory",
    "array",
    "live",
    "rate",
    "seed",
    "work",
    "start",
    "clock",
    "fade",
]
WORDS: dict[ArgumentKind, int] = {"list": 2, "memory": 3, "array": 2, "live": 2, "start": 0}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a kernel: what it is and where its words stand in the row."""

    name: str
    kind: ArgumentKind
    word: int
    type: str = ""  # of an array or number: f4, f8, i8


@per_class
def annotation(kind: type[Node], name: str) -> Any:
    return kind.model_fields[name].annotation


@per_class
def parameters(kind: type[Node], *classes: type) -> tuple[str, ...]:
    """Names of the parameters of a node that are of one of these kinds."""
    return tuple(name for name in kind.model_fields if annotation(kind, name) in classes)


def number_type(kind: type[Node], name: str) -> str:
    """f8 for a parameter that may be a fraction, i8 for flags, integers and words."""
    options = typing.get_args(annotation(kind, name)) or (annotation(kind, name),)
    return "f8" if float in options else "i8"


@per_class
def arguments(kind: type[Node]) -> list[Argument]:
    """The arguments of a node's kernel in their order."""
    result, word = [], len(ROW)
    fixed: dict[str, ArgumentKind] = {
        "state": "state", "memory": "memory", "live": "live", "rate": "rate", "seed": "seed", "work": "work",
        "start": "start", "clock": "clock", "fade": "fade",
    }  # fmt: skip
    for name in inspect.signature(kind.render).parameters:  # type: ignore[attr-defined]
        what: ArgumentKind
        type_ = ""
        if name in kind.outputs:
            what = "out"
        elif name in kind.arrays:
            what, type_ = "array", kind.arrays[name]
        elif name in kind.model_fields:
            annotated = annotation(kind, name)
            if annotated is Signal:
                what = "signal"
            elif annotated in (Signals, Channels):
                what = "list"
            elif annotated is Shared:
                what = "memory"
            elif annotated is File:
                raise TypeError(
                    f"{kind.__name__}: a kernel cannot read the file '{name}', only what `prepare` made of it"
                )
            else:
                what, type_ = "number", number_type(kind, name)
        elif name in fixed:
            what = fixed[name]
        else:
            raise TypeError(f"{kind.__name__}: its kernel names '{name}', which is no parameter and nothing known")
        result.append(Argument(name, what, word, type_))
        word += WORDS.get(what, 1)
    return result


@per_class
def state_dtype(kind: type[Node]) -> np.dtype[Any]:
    """The record of a node's state; one unused word when it remembers nothing."""
    known = {**vars(node), **getattr(getattr(kind, "render", None), "__globals__", {})}  # annotations may be text
    fields = []
    for name, annotated in typing.get_type_hints(kind.state, known).items():
        if name == "keeps":
            continue
        code = {float: "f8", int: "i8", bool: "i8"}.get(annotated, annotated)
        fields.append((name, code))
    return np.dtype(fields or [("nothing", "i8")])


def state_default(kind: type[Node]) -> np.ndarray[Any, Any]:
    """The record of a node that has just begun."""
    record = np.zeros(1, state_dtype(kind))
    for name in record.dtype.names or ():
        record[name] = getattr(kind.state, name, 0)
    return record


@per_class
def state_default_shared(kind: type[Node]) -> np.ndarray[Any, Any]:
    """One record of a node that has just begun, for all that point to it; it lives as long as its class."""
    return state_default(kind)


@per_class
def words(kind: type[Node], name: str) -> tuple[Any, ...]:
    """The words of an enumeration."""
    return typing.get_args(annotation(kind, name))


def code(kind: type[Node], name: str, value: Any) -> int:
    """A setting as the kernel's number: a word is its position among the words."""
    return words(kind, name).index(value) if isinstance(value, str) else int(value or 0)


__all__ = ["BLOCK", "COPY", "MAIL", "PLAN", "ROW", "arguments", "offset", "state_default", "state_dtype"]
