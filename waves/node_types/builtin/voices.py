"""Voices: the events of a clock, the values that a note gives to its voice, and the pool that plays the voices.

A clock is a node whose state begins with the fields of `Events`: in every block it writes which steps begin at which
frames. A pool reads them, and starts a voice, a copy of its template, for each note of the step. What begins inside a
step follows the position of the clock, its output. In place of a clock a kernel may start notes (`waves.notes`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from waves.node import BLOCK, COUNTS, Ints, Node, Signal, State, param

EVENTS = BLOCK  # at most in one block, one a frame
LENGTHS = (-(2**62), 2**62)  # frames; range of a field
FADE = 0.005  # s, of a voice that is stolen or whose time is over


class Events(State):
    """First fields of a clock's state. Pools add to `busy`; the clock sets it to 0 where a block begins.

    A step is three numbers, `abi.STEP`.
    """

    count: int = 0  # events of this block
    frame: Ints[EVENTS]  # type: ignore[type-arg, valid-type]  # index of `out`
    step: Ints[EVENTS]  # type: ignore[type-arg, valid-type]  # row of the pool's notes, -1: none begins, the last is over
    length: Ints[EVENTS]  # type: ignore[type-arg, valid-type]  # frames until the gate falls
    turn: Ints[EVENTS]  # type: ignore[type-arg, valid-type]  # number of the pass
    busy: int = 0  # voices of all its pools that sounded in this block
    passes: int = 0  # number of the present pass, in a voice counted from the number of the note
    present: Ints[3]  # type: ignore[type-arg, valid-type]  # the step that goes on
    reached: float = 0.0  # the highest position in it
    before: Ints[3]  # type: ignore[type-arg, valid-type]  # the same two as this block began
    reached_before: float = 0.0

    numbered: ClassVar[tuple[str, ...]] = ("passes",)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "count": (0, EVENTS),
        "frame": (0, BLOCK - 1),
        "step": (-1, COUNTS[1]),
        "length": LENGTHS,
        "turn": LENGTHS,
        "busy": COUNTS,
        "passes": LENGTHS,
        "present": LENGTHS,
        "before": LENGTHS,
    }


class NoteValue(Node):
    """The value that a note gives for one name; without one, the value that the sound itself has."""

    called: ClassVar[str] = "note value"

    default: Signal = param(1.0, unit="any", description="Value where the note gives none.")

    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        value: float = math.nan  # written at the start of the note

    @staticmethod
    def render(out, default, state):  # type: ignore[no-untyped-def]
        value = state.value
        if value == value:
            for i in range(out.size):
                out[i] = value
        else:
            for i in range(out.size):
                out[i] = default[i]


class Gate(Node):
    """1 from the start of a note to its end, then 0."""

    class state(State):
        left: int = 0  # frames, written at the start of the note

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"left": LENGTHS}

    @staticmethod
    def render(out, state):  # type: ignore[no-untyped-def]
        left = state.left
        for i in range(out.size):
            out[i] = 1.0 if i < left else 0.0
        state.left = max(left - out.size, 0)


class NoteLength(Node):
    """The length of a note in seconds."""

    class state(State):
        frames: int = 0  # written at the start of the note

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"frames": LENGTHS}

    @staticmethod
    def render(out, state, sample_rate):  # type: ignore[no-untyped-def]
        seconds = state.frames / sample_rate
        for i in range(out.size):
            out[i] = seconds


class Pool(Node):
    """Voices of one sound: each plays the template of the node in the tree."""

    called: ClassVar[str] = "sound of a sequencer"

    clock: Signal = param(unit="events", description="The clock whose events start the voices.")
    voices: int = param(16, unit="voices", minimum=1, maximum=1024, description="At most at once.")
    length: float = param(math.inf, unit="s", minimum=0.0, description="After which a voice is faded out.")
    notes: tuple[tuple[tuple[float, ...], ...], ...] = param(
        (), unit="any", description="For each step its notes, for each note its values."
    )
    timing: tuple[tuple[tuple[float, ...], ...], ...] = param(
        (), unit="any", description="For each note its timing, none if all are as their steps."
    )
    paced: bool = param(False, description="Whether the clock gives a position inside of steps.")
    decided: bool = param(False, description="Whether a kernel starts the notes, and gives their values.")
    columns: tuple[int, ...] = param((), unit="values", description="The values of the kernel that the voice takes.")
    pages: Any = param(None, unit="any", description="Its notes by cycle, in place of those of steps.")

    idle_on_return: ClassVar[bool] = True


class StereoPool(Pool):
    """A pool whose voices have two channels."""

    channels: ClassVar[tuple[str, ...] | str] = ("left", "right")
