"""The face for node authors: the classes that a file in `nodes/` is written with; its arithmetic is in `waves.dsp`.

A node has three parts: the parameters that may be written in `waves.yaml` (annotated fields), its state, which is
kept from block to block (`class state`), and its kernel (`render`): plain Python that is compiled before it plays. It
renders one block of one channel: at most `BLOCK` frames of float64.

A kernel takes the arguments that it names:

- `out`, or each name in `channels` and `outputs`: an output block; the kernel must write every frame, `out[i]` for `i`
  from 0 to `out.size - 1`
- `out`, of a node that is as wide as an input: an output block for each channel: `out[channel][i]`, and `out.size`
- a name in `arrays`: a prepared array, read only: `table[k]`, and `table.size`; an index outside reads the nearest end;
  `table.part(first, count)` is a part of it for fast loops
- a name in `rings`: a ring buffer of past frames: `ring.push(x)`, `ring.at(age)`, `ring.between(age)`,
  `ring.cubic(age)`, `ring.put(age, x)`, `ring.size`
- a name in `rings`, if there are several: several ring buffers: `lines[k].push(x)`, `lines[k].at(age)`, and
  `lines.size`
- a name in `buffers`: memory that can be written anywhere: `buffer[k]`, `buffer[k] = x`, `buffer.size`; an index
  outside means the nearest end; for fast loops `buffer.part(first, count)` to read and `buffer.edit(first, count)` to
  write
- a parameter of type `Signal`: a block, read only: `freq[i]` is one float64 per frame
- a parameter of type `Signals`, `Channels`: several blocks, read only: `signals[k][i]`, and `signals.size`
- a name in `slow`: a block, read only: what `slowly` gives once in 16 frames, and a line from one to the next
- a list in `slow`: several such blocks: `gains[k][i]`, and `gains.size`
- a parameter of type `float`: the number; NaN where the default is None
- a parameter of type `int`, `bool`, `Choice`: an integer: of a flag 0 or 1, of a `Choice` the number of the word
- a parameter of type `Shared`: the ring buffer that all nodes with this name share, used as one in `rings`; or, if
  `buffers` has its name, the buffer
- `state`: the record of `class state`, of `float`, `int`, `bool`, and `Floats[n]` or `Ints[n]` for n numbers
- `work`: scratch memory of `scratch` blocks: `work[k * BLOCK + i]`; it is not kept after the call
- `notes`: starts notes: `notes.start(i, length, …)` with the values of `note_values`; `notes.size` frames
- `rate`: frames per second
- `sample_rate`: frames per second, of a node that has a parameter `rate`
- `clock`: the frame number of `out[0]`, counted from the beginning of the piece
- `seed`: an integer, different for each node; always the same for the same piece and the same `SEED`
- `early`: frames by which the output is ahead: 64 where the node closes a loop and is read so much later, else 0
- `live`: the live input, `live[channel][i]`, and `live.size`
- `start`: the position of `out[0]` in the engine's block of 64 frames

It returns nothing, or True when the node has ended. It is called on the sound thread, as machine code; as Python it is
called in a trial before it plays, and in tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from waves.parameter_kinds import (
    Channels as Channels,
)
from waves.parameter_kinds import (
    Choice as Choice,
)
from waves.parameter_kinds import (
    DataFile as DataFile,
)
from waves.parameter_kinds import (
    File as File,
)
from waves.parameter_kinds import (
    Numbers as Numbers,
)
from waves.parameter_kinds import (
    Shared as Shared,
)
from waves.parameter_kinds import (
    Signal as Signal,
)
from waves.parameter_kinds import (
    Signals as Signals,
)
from waves.parameter_kinds import (
    Step as Step,
)
from waves.parameter_kinds import (
    Steps as Steps,
)
from waves.parameter_kinds import (
    Values as Values,
)
from waves.parameter_kinds import (
    choice_numbers as choice_numbers,
)
from waves.parameter_kinds import (
    choice_words as choice_words,
)

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

BLOCK = 64  # frames that a kernel renders at most in one call
GRID = 16  # frames from one slow value to the next
QUIET_SECONDS = 0.25  # of silence, after which a tail has ended
MOST_VALUES = 8  # of a note that a kernel starts
COUNTS = (0, 2**53)  # range of a field that counts
LARGEST_FIELD = 1_000_000  # numbers in one field of a state


class State:
    """Base of a node's `class state`: annotated numbers with defaults. Nothing else outlives a block or a reload.

    `float`, `int` and `bool` make one field; `Floats[4]` and `Ints[4]` make an array of four. When a voice starts,
    the integers in `numbered` are set to a number of the note, and all others to their defaults. `ranges` gives fields
    their least and their greatest value, both included: a saved state that has another one is not used. `was` gives
    fields the name that they had before, `{"count": "steps"}`: an edit, or a saved state, fills them with that.
    """

    numbered: ClassVar[tuple[str, ...]] = ()
    was: ClassVar[Mapping[str, str]] = {}
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {}


def _array_size(name: str, count: object) -> int:
    if isinstance(count, tuple) and all(isinstance(one, int) for one in count):
        written = ", ".join(map(str, count))
        raise ValueError(f"{name}[{written}] in a state: an array has one dimension, as {name}[{math.prod(count)}]")
    if isinstance(count, int) and 0 < count <= LARGEST_FIELD:
        return count
    raise ValueError(f"{name}[{count!r}] in a state: expected a whole number from 1 to {LARGEST_FIELD}")


class Floats:
    """`history: Floats[4]` in a state: an array of four float64, zero at first."""

    def __class_getitem__(cls, count: int) -> Any:
        return np.dtype(("f8", (_array_size("Floats", count),)))


class Ints:
    """`steps: Ints[4]` in a state: an array of four int64, zero at first."""

    def __class_getitem__(cls, count: int) -> Any:
        return np.dtype(("i8", (_array_size("Ints", count),)))


def param(
    default: Any = ...,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    description: str = "",
    words: Mapping[str, str] | None = None,
    held: bool = False,
    former: Mapping[int, Any] | None = None,
) -> Any:
    """One parameter of a node.

    - `default`: without one the parameter must be written. None for a `Signal`: the kernel gets NaN.
    - `unit`: required for every number: "s", "Hz", "dB", "factor", "cycles", "frames", "position" …
    - `minimum`, `maximum`: bounds, both included, for constants. A signal that moves can have any value.
    - `description`: one sentence for `waves nodes`.
    - `held`: a constant beyond the bounds is held at them with a warning, instead of being an error.
    - `words`: further spellings of the words of a `Choice`: `{"lp": "lowpass"}`.
    - `former`: of a constant, the defaults that it had before, each by the last number of the sound that had it:
      `{1: "draft"}` is the default in a piece with `settings: {sound: 1}`.
    """
    extra: dict[str, Any] = {"unit": unit, "words": dict(words or {})}
    if former:
        extra["former"] = dict(former)
    if held:
        extra["held"] = True
    if minimum is not None:
        extra["minimum"] = minimum
    if maximum is not None:
        extra["maximum"] = maximum
    return Field(default, description=description, json_schema_extra=extra)


def parameter_name(attribute: str) -> str:
    """The name of a parameter in a piece: `from` for `from_`, as no attribute can be called like a word of Python."""
    name = attribute.removesuffix("_")
    return name if iskeyword(name) else attribute


class _NodeClass(ModelMetaclass):
    """The type of node classes, which gives parameters their names."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any) -> Any:
        annotated = body.get("__annotations__", {})
        names = {attribute: parameter_name(attribute) for attribute in annotated}
        body = {names.get(attribute, attribute): value for attribute, value in body.items()}
        if annotated:
            body["__annotations__"] = {names[attribute]: kind for attribute, kind in annotated.items()}
        return super().__new__(mcs, name, bases, body, **options)


class Constants(Protocol):
    """Parameters as `lengths` and `prepare` see them.

    A `Signal` is a number (`constants.time`, in its unit), or None while it moves. A `File` is a list of float32
    arrays, channels × frames, at the engine's rate: one for a file, one for each of a folder; of a map of notes
    `file_pitches` is there too, Hz of each, rising. A `DataFile` is a float64 array, columns × rows. `adopted` gets the
    names of both. `Numbers` are a float64 array. Other settings are as they are written, a `Choice` as its word.
    """

    def __getattr__(self, name: str) -> Any: ...


class Node(BaseModel, metaclass=_NodeClass):
    """Base of every node type: a class with parameters, and with those declarations below that differ.

    `expand`, `lengths`, `prepare` and `adopted` are ordinary Python. They are called before the version that they
    belong to plays: those of a workspace in a process of their own, those of shipped types on the build thread.
    `render` is called on the sound thread, as machine code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    aliases: ClassVar[tuple[str, ...]] = ()
    """Names that other programs have for it: `waves nodes` finds it by them, and an unknown node leads to it."""

    latched: ClassVar[tuple[str, ...]] = ()
    """Signals that are read at the start, in a voice at the start of its note, and held; numbers may change later."""

    slow: ClassVar[tuple[str, ...] | dict[str, int]] = ()
    """Names of the numbers that `slowly` returns, for the kernel: `name[i]`, like a signal.

    Or names of lists, each with the count of its numbers, which `slowly` writes: the kernel reads `name[k][i]`.
    """

    constant: ClassVar[tuple[str, ...]] = ()
    """Signals for which a variant with one constant number is compiled too: faster, for the same sound."""

    channels: ClassVar[tuple[str, ...] | str] = ()
    """Names of the kernel's outputs that are the channels of the node, such as ("left", "right"); the node is one row
    then. Or the name of a `Channels`: the node is as wide as it, and its kernel writes `out[channel][i]`.
    Without it the kernel has one output, `out`, and is run for each channel of its inputs."""

    outputs: ClassVar[tuple[str, ...]] = ()
    """Names of outputs that are signals of their own, read as `$id.name`. Without `channels` the first of them is the
    signal of the node, in place of `out`."""

    arrays: ClassVar[dict[str, str]] = {}
    """Prepared arrays by name, with their type: "f4", "f8" or "i8". Of two dimensions: channels × numbers."""

    rings: ClassVar[dict[str, int | str]] = {}
    """Ring buffers by name, and how many of each; or the name of a `Channels`, for one for each of its channels."""

    buffers: ClassVar[dict[str, str]] = {}
    """Buffers by name, with their type "f8" or "i8": memory of a size that `lengths` gives, which begins with zeros."""

    unsaved: ClassVar[tuple[str, ...]] = ()
    """Buffers that are not part of a saved state: after a restart they begin with zeros."""

    note_values: ClassVar[tuple[str, ...]] = ()
    """Names of the values that the kernel gives to a note, in the order of `notes.start`: `("freq", "v")`."""

    crossfaded: ClassVar[tuple[str, ...]] = ()
    """Inputs that cannot glide, such as times, places and gates: an edit of one crossfades old and new sound."""

    factors: ClassVar[tuple[str, ...]] = ()
    """Inputs that multiply the output: the node has ended as soon as one of them has."""

    waits: ClassVar[tuple[str, ...]] = ("signal",)
    """Inputs to wait for: the node has ended once all of them have. Numbers do not count."""

    tail: ClassVar[bool | str] = True
    """Whether the node still sounds after the inputs that it waits for: it ends when its output is silent for 0.25 s.
    Or the name of the parameter, in seconds, that says how much longer it may be silent between two echoes."""

    scratch: ClassVar[int] = 0
    """Size of the kernel's working memory in blocks: `work[block * BLOCK + i]`. Its content is lost after the call."""

    closes_loops: ClassVar[str] = ""
    """The signal that says in seconds how late the output is. In a loop the kernel gives it `early` frames sooner."""

    idle_on_return: ClassVar[bool] = False
    """Whether a node that was removed and comes back starts with its default state instead of going on."""

    pass_through: ClassVar[bool] = False
    """Whether the node only wraps its `signal` in the file, so that a sound is described by the node inside."""

    hushed: ClassVar[bool] = False
    """Whether hush ends the node; it always ends nodes that have rings, buffers or voices."""

    class state(State):
        pass

    @classmethod
    def expand(cls, build: Any) -> Any:
        """The source that replaces a node of this type in the tree. Build thread only.

        A type that only arranges other nodes (`context`, `reference`) overrides this and has no `render`. `build` is
        a `waves.language.tree.instantiate.NodeBuilder`: `build.input(name)` is the source of a parameter,
        `build.several(name)` those of a `Signals` by name, `build.bind(name)` makes one of the free names known to
        everything that is built afterwards, `build.reference(id, parameter)` is an edge to another node, and
        `build.settings` are the settings by name. `waves.notes` tells how it starts notes.
        """
        return build.node()

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        """Length of each ring in seconds, also of a `Shared` one, and size of each buffer in numbers, by name.

        `rate` is in frames per second. Of several rings of one name each is so long. Build thread only.
        """
        return {}

    @staticmethod
    def slowly() -> Any:
        """The values in `slow`, from the signals and settings that it names as arguments, `rate` and `clock`.

        It returns them, one number each; where `slow` has lists, it takes these too, and writes `gains[k] = …`. It is
        compiled and called as the kernel is, for one frame in 16, so that functions that cost much leave the loop over
        the frames.
        """
        return ()

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays that `arrays` declares, by name. Build thread only.

        `rate` is in frames per second. An array has one dimension, or two: channels × numbers, of which the kernel
        of each channel gets its row. The result is kept for the same settings and files. A ValueError becomes a
        problem at the node's line.
        """
        return {}

    @staticmethod
    def adopted(state: Any, old: Constants, new: Constants) -> None:
        """Changes `state`, a record, where a node goes on with other settings. Build thread only."""
