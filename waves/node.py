"""What a file in `nodes/` is written with: parameters, state, and the kernel's arguments.

A node has three parts: what may be written in `waves.yaml` (annotated parameters), what is
remembered between blocks (`class state`), and what is heard (`render`, the kernel). The kernel is
plain Python that is compiled ahead of play; it takes what it names:

    out                    the output, one channel (or the names in `outputs`)
    a `Signal` parameter   `freq[i]`, a number per frame
    a `Signals` parameter  `signals[k][i]`, `signals.size` of them
    a `Channels` parameter the channels of one input, in the same shape as `Signals`
    any other parameter    a number: an enumeration is its position in the list of words, a flag 0 or 1
    state                  the record declared by `class state`
    memory                 a ring of past frames, see `Ring`
    a `Shared` parameter   the ring of that name
    an entry of `arrays`   what `prepare` returned under that name, read only
    work                   scratch, see `scratch`
    start                  the first frame of this block that is rendered; `out[0]` is that frame
    live                   the live input, `live[channel][i]`
    rate                   frames per second
    clock                  the number of the first frame of this block since the piece began
    seed                   an integer that differs by piece and by node

It returns nothing, or True when it has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import core_schema

BLOCK = 64  # frames that a kernel renders at most at a time
MOST = 1_000_000  # numbers in one field of a state


class _Kind:
    """A kind of parameter whose value the builder reads; pydantic lets it pass."""

    json_schema: ClassVar[dict[str, Any]] = {}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.any_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return dict(cls.json_schema)


class Signal(_Kind):
    """A number per frame: a number, an expression, a node, or a list to interpolate."""

    json_schema = {"$ref": "#/$defs/signal"}


class Signals(_Kind):
    """Any number of named signals: every key that is not a parameter is one of them."""

    json_schema = {"type": "array", "items": {"$ref": "#/$defs/signal"}}


class Channels(_Kind):
    """All channels of one signal, for nodes that are about channels."""

    json_schema = {"$ref": "#/$defs/signal"}


class Steps(_Kind):
    """A list of what begins one after another: sounds with parameters, several together, nodes, rests."""

    json_schema = {"type": "array"}


class Values(_Kind):
    """A list of signals one after another; where it has null, the former one goes on."""

    json_schema = {"type": "array", "items": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/signal"}]}}


class File(_Kind):
    """A file of samples, or a folder of them, inside the workspace."""

    json_schema = {"type": "string"}


class Shared(_Kind):
    """The name of a ring that all nodes which name it share; its kernel argument is that ring."""

    json_schema = {"type": "string"}


class State:
    """Base of a node's `class state`: annotated numbers with defaults, nothing else survives a reload.

    `float`, `int` and `bool` make one field; `Floats[4]` and `Ints[4]` make four. Fields in `keeps` go on when a voice
    starts again.
    """

    keeps: ClassVar[tuple[str, ...]] = ()


def _places(what: str, count: object) -> int:
    if isinstance(count, int) and 0 < count <= MOST:
        return count
    raise ValueError(f"{what}[{count!r}] in a state: expected a whole number from 1 to {MOST}")


class Floats:
    """`history: Floats[4]` in a state: that many float64, zero at first."""

    def __class_getitem__(cls, count: int) -> Any:
        return np.dtype(("f8", (_places("Floats", count),)))


class Ints:
    """`steps: Ints[4]` in a state: that many int64, zero at first."""

    def __class_getitem__(cls, count: int) -> Any:
        return np.dtype(("i8", (_places("Ints", count),)))


def param(
    default: Any = ...,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    description: str = "",
    words: Mapping[str, str] | None = None,
) -> Any:
    """One parameter: its default (none: it must be given), unit, bounds for constants, and meaning.

    `unit` is needed for every number: "s", "Hz", "factor", "cycles", "position" ...; `words` gives
    further spellings of an enumeration's words.
    """
    extra: dict[str, Any] = {"unit": unit, "words": dict(words or {})}
    if minimum is not None:
        extra["minimum"] = minimum
    if maximum is not None:
        extra["maximum"] = maximum
    return Field(default, description=description, json_schema_extra=extra)


class Constants(Protocol):
    """What `memory` and `prepare` see of the parameters: `constants.time` is a number, or None when it moves."""

    def __getattr__(self, name: str) -> Any: ...


class Node(BaseModel):
    """Base of every node type."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    constant: ClassVar[tuple[str, ...]] = ()
    """Inputs for which a variant with one constant number is compiled too."""

    outputs: ClassVar[tuple[str, ...]] = ("out",)
    """Names of the kernel's outputs; more than one makes the node itself multichannel."""

    arrays: ClassVar[dict[str, str]] = {}
    """Prepared arrays by name, with their type: "f4", "f8" or "i8". Two-dimensional ones are one row a channel."""

    crossfaded: ClassVar[tuple[str, ...]] = ()
    """Inputs that cannot be glided through, as times, places and gates: an edit of one fades from old to new sound."""

    factors: ClassVar[tuple[str, ...]] = ()
    """Inputs that multiply the output: the node has ended as soon as one of them has."""

    waits: ClassVar[tuple[str, ...]] = ("signal",)
    """Inputs whose end, all of them, is the end of the node; numbers do not count."""

    tail: ClassVar[bool] = True
    """Whether the node still sounds after the inputs it waits for: it ends when its output is silent."""

    scratch: ClassVar[int] = 0
    """Blocks of working memory of the kernel, `work[block * BLOCK + i]`; nothing in it outlives the block."""

    idle_on_return: ClassVar[bool] = False
    """Whether a node that was removed and comes back begins anew instead of going on."""

    pass_through: ClassVar[bool] = False
    """Whether the node only stands around its `signal` in the file: what a sound is shows inside."""

    hushed: ClassVar[bool] = False
    """Whether hush ends it, as it does whatever has a memory or voices."""

    class state(State):
        pass

    @classmethod
    def expand(cls, build: Any) -> Any:
        """The source that stands for a node of this type, asked while the tree is built.

        A type that only arranges others (`context`, `reference`) needs no `render` and overrides this. `build`
        is an `expansion.Build`: `build.input(name)` gives the source of a parameter, `build.several(name)` those of
        a `Signals` by name, `build.bind(name)` makes one of the free names known to all that is asked for
        afterwards, `build.reference(id)` gives an edge to another node, and `build.settings` the settings.
        """
        return build.node()

    @staticmethod
    def memory(constants: Constants) -> float:
        """Length of the ring in seconds, of its own or shared by name; 0: none."""
        return 0.0

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays of the kernel. Ordinary Python, run by the builder, cached by its arguments."""
        return {}

    @staticmethod
    def adopted(state: Any, old: Constants, new: Constants) -> None:
        """Called by the builder when `state` comes from a node of the same ID with other settings."""


class Ring:
    """Past frames, newest first, as a kernel sees its `memory`: the uncompiled twin of the compiled type.

    The size is a power of two, positions wrap, so no index can leave it.
    """

    def __init__(self, frames: int):
        self.data = np.zeros(1 << max(frames - 1, 1).bit_length())
        self.written = 0

    @property
    def size(self) -> int:
        return self.data.size

    def push(self, value: float) -> None:
        """Write one frame; what is not a finite number is written as 0."""
        self.data[self.written & (self.size - 1)] = value if abs(value) < 1e30 else 0.0
        self.written += 1

    def at(self, age: int) -> float:
        """The frame written `age` pushes ago; 1 is the newest."""
        return float(self.data[(self.written - age) & (self.size - 1)])


Choice = Literal
