"""Starting notes: the classes and values with which a node file starts sounds.

A node that starts sounds is told them in `waves.yaml`, as `play: ping` or as a list of steps. It makes the notes in its
`expand`, or its kernel starts them while it plays:

    notes = [note.later(0.5).with_chance(0.3) for note in build.notes("play")]
    return build.start(notes, steps=4)

A note has an onset and a length, both in steps, and values for the parameters of its sound. The notes of a pass of so
many steps are played again in each pass. Times in steps may be a Fraction, which is exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, ClassVar
from zlib import crc32

from waves.node import Choice, Node, Signal, Step, param

Time = float | Fraction
"""A time in steps."""

LATEST = 10.0  # s by which a note may be late
LONGEST = 1000.0  # steps
LONGEST_HELD = 1000.0  # s
MOST_REPEATS = 64
FARTHEST = 1_000_000  # steps before and after the first
HIGHEST = 240.0  # semitones

Sync: Any = Choice["transport", "start", "section"]


class NoteError(ValueError):
    """A note that cannot be, one sentence. From `expand` it is a problem at the line of the node in the piece."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a pass. It cannot be changed: each method gives another note, or several.

    Every method raises NoteError for a number out of its range.
    """

    parameter: str
    """The parameter that its sound is written in."""
    sound: int
    """The number of its sound in that parameter, from 0."""
    onset: Time = 0
    """The time at which it begins, in steps from the start of the pass. Beyond the pass it is in the next one."""
    length: Time = 1
    """The time until its gate falls, in steps."""
    seconds: float = 0.0
    """Seconds by which it begins later than its onset."""
    semitones: float = 0.0
    """Semitones by which it is above the pitch that its sound is given."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Values for parameters of its sound, besides those that are written."""
    chance: float = 1.0
    """The probability with which it plays, 0 to 1, drawn in each pass."""
    draw: int = 0
    """The number of its draw: notes with the same number play together, or not at all."""
    period: int = 0
    """The number of steps after which it comes again, 0: those of the pass."""
    when: tuple[int, tuple[str, ...] | None] | None = None
    """The alternatives of its pattern in which it plays; None: in all."""
    held: float | str | None = None
    """Seconds until its gate falls, or a length of the tempo, as `0.5 * beat`; None: its length."""
    of: Any = field(default=None, compare=False, repr=False)
    """The note of the pattern that it was made of, with its words; None for any other."""

    def __post_init__(self) -> None:
        _check("onset", self.onset, -FARTHEST, FARTHEST, " steps")
        _check("length", self.length, 0.0, LONGEST, " steps")
        _check("delay", self.seconds, 0.0, LATEST, " s")
        _check("pitch", self.semitones, -HIGHEST, HIGHEST, " semitones")
        _check("chance", self.chance, 0.0, 1.0, "")
        _check("period", self.period, 0, FARTHEST, " steps")
        if self.held is not None and not isinstance(self.held, str):
            _check("length", self.held, 0.0, LONGEST_HELD, " s")
        for name, value in self.values.items():
            if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, int | float):
                raise NoteError(f"the value of '{name}' in a note is a number, not {value!r}")
            if not math.isfinite(value):
                raise NoteError(f"the value of '{name}' in a note is a finite number, not {value!r}")

    def later(self, steps: Time = 0, *, seconds: float = 0.0) -> Note:
        """The note so many steps and seconds later. Steps may be below 0, seconds not: 0 to 10 in all."""
        return replace(self, onset=self.onset + steps, seconds=self.seconds + seconds)

    def raised(self, semitones: float) -> Note:
        """The note so many semitones higher; below 0 lower. Its sound must be given a pitch, as in `pad c3`."""
        return replace(self, semitones=self.semitones + semitones)

    def with_length(self, steps: Time) -> Note:
        """The note with another length, in steps: 0 to 1000."""
        return replace(self, length=steps, held=None)

    def with_values(self, **values: float) -> Note:
        """The note with these values for parameters of its sound: `note.with_values(v=0.5)`."""
        return replace(self, values={**self.values, **values})

    def with_chance(self, chance: float) -> Note:
        """The note, which plays with this probability, 0 to 1, drawn anew in each pass. It replaces an earlier one.

        It is drawn once for all notes that are made of the result: `note.with_chance(0.5).repeated(3)` are three notes
        or none. Notes that differ before have draws of their own.
        """
        # Not by the number of the sound, which changes with what is before it.
        name, _, *others, _, _, _ = _packed(self)
        return replace(self, chance=chance, draw=crc32(repr((name, others)).encode()))

    def repeated(self, times: int) -> list[Note]:
        """The note so many times within its length, 1 to 64: a ratchet. 0 times is no note."""
        if isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= MOST_REPEATS:
            raise NoteError(f"a note is repeated 0 to {MOST_REPEATS} times, not {times!r}")
        length = Fraction(self.length) / max(times, 1)
        return [replace(self, onset=Fraction(self.onset) + k * length, length=length) for k in range(times)]


def _check(name: str, number: Any, least: float, most: float, unit: str) -> None:
    if isinstance(number, bool) or not isinstance(number, int | float | Fraction):
        raise NoteError(f"the {name} of a note is a number, not {number!r}")
    if not least <= number <= most:
        raise NoteError(f"the {name} of a note is {least:g} to {most:g}{unit}, not {float(number):g}")


def _packed(note: Note) -> list[Any]:
    """A note as plain data."""
    values = [getattr(note, one.name) for one in fields(note)]
    return [str(value) if isinstance(value, Fraction) else value for value in values[:4]] + [
        float(note.seconds),
        float(note.semitones),
        {name: float(value) for name, value in note.values.items()},
        float(note.chance),
        note.draw,
        note.period,
        note.when,
        note.held,
    ]


def pack(notes: list[Note]) -> list[list[Any]]:
    """Notes as plain data, for another process. Raises TypeError for what is no list of notes."""
    if not isinstance(notes, list | tuple) or not all(isinstance(note, Note) for note in notes):
        raise TypeError(f"`build.start` takes a list of notes, not {notes!r:.60}")
    return [_packed(note) for note in notes]


def unpack(data: list[list[Any]]) -> list[Note]:
    """Notes from the data of `pack`. Raises TypeError or ValueError for what is none."""
    notes = []
    for parameter, sound, *times, seconds, semitones, values, chance, draw, period, when, held in data:
        onset, length = (Fraction(time) if isinstance(time, str) else time for time in times)
        when = when and (int(when[0]), None if when[1] is None else tuple(map(str, when[1])))
        note = Note(parameter, sound, onset, length, seconds, semitones, values, chance, draw, period, when, held)
        if not isinstance(parameter, str) or not isinstance(sound, int) or not isinstance(note.draw, int):
            raise TypeError("a note has the parameter and the number of its sound, and the number of its draw")
        notes.append(note)
    return notes


class Voices(Node):
    """Base of all nodes that start notes."""

    voices: int = param(16, unit="voices", minimum=1, maximum=1024, description="Of one sound at the same time.")

    waits: ClassVar[tuple[str, ...]] = ()
    tail: ClassVar[bool] = False
    idle_on_return: ClassVar[bool] = True


class NoteNode(Voices):
    """Base of the nodes that play one sound: those whose kernel starts the notes, and those that make steps of it.

    A kernel names `notes` among its arguments, and `note_values` has the names of the values that it gives.
    """

    play: Step = param(description="The sound of each note, as a step of a sequence.")

    @classmethod
    def expand(cls, build: Any) -> Any:
        """The sound of `play`, started by the kernel of this node. Build thread only."""
        return build.start_by_kernel("play")


class StepNode(Voices):
    """Base of the nodes whose notes stand in steps, such as `sequencer`."""

    interval: Signal = param(None, unit="s", minimum=0.001, description="Length of a step.")
    repeat: float = param(math.inf, unit="passes", minimum=1, description="Number of times that the list is played.")
    swing: Signal = param(
        0.0, unit="factor", minimum=-1.0, maximum=1.0, description="By half of it every second step is early."
    )
    trigger: Signal = param(None, unit="gate", description="Begins the next step, instead of the interval.")
    reset: Signal = param(None, unit="gate", description="Back to the first step.")
    legato: float = param(
        1.0, unit="factor", minimum=0.0, maximum=1000.0, description="Length of a note as a part of its own."
    )
    sync: Sync = param("transport", description="The moment from which steps are counted; in a note its beginning.")
