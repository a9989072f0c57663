"""The signature of a node type's kernel: its arguments with their words in a row, and the record of its state."""

from __future__ import annotations

import dis
import inspect
import math
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from waves import node
from waves.abi import ROW
from waves.memo import per_class
from waves.node import Channels, Node, Shared, State, choice_words, parameter_name
from waves.node_types.description import description_of
from waves.node_types.library.kernel_arguments import ArgumentKind, kind_of, output_names
from waves.node_types.library.machine_types import FLOAT, NOTES, MachineType

WAS = "was"
"""In the metadata of the record of a state: names of fields, each with the one that it had before."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a kernel: its kind, and the first of its words in the row."""

    name: str
    kind: ArgumentKind
    word: int
    element: str = ""  # type of the numbers of a prepared array or a buffer: f4, f8, i8; of notes the count of values

    @property
    def machine_type(self) -> MachineType:
        return self.kind.machine_type


@per_class
def annotation(kind: type[Node], name: str) -> Any:
    """The annotation of a parameter; of `X | None`, which a default of None says already, X."""
    annotated = kind.model_fields[name].annotation
    options = [option for option in typing.get_args(annotated) if option is not types.NoneType]
    is_union = typing.get_origin(annotated) in (typing.Union, types.UnionType)
    return options[0] if is_union and len(options) == 1 else annotated


@per_class
def parameter_names(kind: type[Node], *annotations: type) -> tuple[str, ...]:
    """Names of the parameters of a node type that have one of these annotations."""
    return tuple(name for name in kind.model_fields if annotation(kind, name) in annotations)


@per_class
def has_memory(kind: type[Node]) -> bool:
    """Whether a node of this type has rings or buffers, of its own or shared, whose lengths its parameters give."""
    return bool(kind.rings or kind.buffers or parameter_names(kind, Shared))


@per_class
def is_one_row(kind: type[Node]) -> bool:
    """Whether a node of this type is one row with all its channels, not one row for each channel of its inputs."""
    return bool(kind.channels or parameter_names(kind, Channels) or starts_notes(kind))


@per_class
def starts_notes(kind: type[Node]) -> bool:
    """Whether the kernel of a node type starts notes."""
    return hasattr(kind, "render") and any(kind_of(kind, name).machine_type is NOTES for name in argument_names(kind))


@per_class
def hears(kind: type[Node]) -> bool:
    """Whether the kernel of a node type hears the live input."""
    return hasattr(kind, "render") and any(kind_of(kind, name).named == "live" for name in argument_names(kind))


@per_class
def outputs_written(kind: type[Node]) -> bool:
    """Whether the kernel of a node type writes its outputs; one that starts notes may have none."""
    return not starts_notes(kind) or any(name in argument_names(kind) for name in output_names(kind))


@per_class
def names_read(kind: type[Node]) -> tuple[str, ...]:
    """The names by which a piece reads parts of what a node gives, `$id.name`: its named channels and its outputs."""
    return (*(() if isinstance(kind.channels, str) else kind.channels), *kind.outputs)


def output_count(kind: type[Node], wide: int = 1) -> int:
    """The number of outputs of a row of a type; `wide` are the channels of the input that it is as wide as."""
    return len(output_names(kind)) + (wide - 1 if isinstance(kind.channels, str) else 0)


def channel_count(kind: type[Node], wide: int = 1) -> int:
    """The number of channels of the signal of a row; `wide` as for `output_count`."""
    return wide if isinstance(kind.channels, str) else max(len(kind.channels), 1)


def first_output(kind: type[Node], name: str, wide: int = 1) -> int:
    """The number of an output of a row by its name; of `out` for all channels that of the first one."""
    at = output_names(kind).index(name)
    return at + wide - 1 if at and isinstance(kind.channels, str) else at


def argument_names(kind: type[Node]) -> list[str]:
    """The names of the arguments of a node type's kernel, in their order; then those that only `slowly` takes."""
    if description := description_of(kind):
        return list(description.arguments or ())
    names = [*kernel_parameters(kind)]
    if kind.slow:
        names += [name for name in slow_parameters(kind) if name not in kind.slow]
        names.append("state")
    return list(dict.fromkeys(names))


@per_class
def kernel_parameters(kind: type[Node]) -> tuple[str, ...]:
    """The names of the arguments of `render`, in their order; those of parameters as in a piece."""
    return tuple(map(parameter_name, inspect.signature(kind.render).parameters))  # type: ignore[attr-defined]


@per_class
def slow_parameters(kind: type[Node]) -> tuple[str, ...]:
    """The names of the arguments of `slowly`, in their order."""
    return tuple(inspect.signature(kind.slowly).parameters)


@per_class
def kernel_reports_end(kind: type[Node]) -> bool:
    """Whether the kernel of a node type reports its end: whether it returns anything.

    The byte code is read, not the source: the node's file may hold another text by now.
    """
    if description := description_of(kind):
        return description.reports_end
    if not hasattr(kind, "render"):
        return False
    steps = list(dis.get_instructions(kind.render))
    returned = [step.argval for step in steps if step.opname == "RETURN_CONST"]
    for before, step in pairwise(steps):
        if step.opname == "RETURN_VALUE":
            returned.append(before.argval if before.opname == "LOAD_CONST" else before)
    return any(value is not None for value in returned)


@per_class
def arguments(kind: type[Node]) -> list[Argument]:
    """The arguments of a node type's kernel in their order; raises TypeError, a sentence, for an unknown one."""
    result, word = [], len(ROW)
    for name in argument_names(kind):
        argument_kind = kind_of(kind, name)
        element = kind.arrays.get(name, "") or kind.buffers.get(name, "")
        if argument_kind.machine_type is NOTES:
            element = str(len(kind.note_values))
        argument = Argument(name, argument_kind, word, element)
        result.append(argument)
        word += len(argument.machine_type.words)
    return result


def row_size(kind: type[Node]) -> int:
    """Words of a row that calls the kernel of a node type."""
    return len(ROW) + sum(len(argument.machine_type.words) for argument in arguments(kind))


@per_class
def words(kind: type[Node], name: str) -> tuple[str, ...]:
    """The words of a parameter that is a `Choice`, in the order of their numbers."""
    return choice_words(annotation(kind, name))


def number(kind: type[Node], argument: Argument, value: Any) -> int | float:
    """A setting as the number that the kernel gets: of a word its position, NaN or 0 for None.

    Raises ValueError for a word that there is not.
    """
    if argument.machine_type is FLOAT:
        return math.nan if value is None else float(value)
    if not isinstance(value, str):
        return int(value or 0)
    known = words(kind, argument.name)
    if value not in known:
        raise ValueError(f"'{argument.name}' is one of {', '.join(known)}, not {value!r}")
    return known.index(value)


@per_class
def state_dtype(kind: type[Node]) -> np.dtype[Any]:
    """The record of a node type's state, with its slow values; one unused word where there is no state."""
    dtype = record_dtype(kind.state, getattr(getattr(kind, "render", None), "__globals__", {}))
    if not kind.slow:
        return dtype
    count = sum(count for _, count in slow_places(kind).values())
    own = dtype.descr if dtype.names != ("nothing",) else []
    return _renamed([*own, ("slow", "f8", (count,)), ("goal", "f8", (count,))], kind.state)


def record_dtype(state: type[State], names: Mapping[str, Any]) -> np.dtype[Any]:
    """The record of a state class; `names` are those of its module, as annotations may be text."""
    element = {float: "f8", int: "i8", bool: "i8"}
    fields = [(name, element.get(annotated, annotated)) for name, annotated in _state_fields(state, names).items()]
    return _renamed(fields or [("nothing", "i8")], state)


def _renamed(fields: list[Any], state: type[State]) -> np.dtype[Any]:
    """A record that knows the names that its fields had before; equal to one that does not."""
    return np.dtype(fields, metadata={WAS: state.was}) if state.was else np.dtype(fields)


def _state_fields(state: type[State], names: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a state class by name, each with its annotation."""
    known = dict(vars(node))
    for class_ in state.__mro__:
        known |= vars(sys.modules.get(class_.__module__, node))
    hints = typing.get_type_hints(state, {**known, **names})
    return {name: annotated for name, annotated in hints.items() if name not in vars(State)}


@per_class
def state_ranges(kind: type[Node]) -> dict[str, tuple[float, float]]:
    """The least and the greatest value of fields of a node type's state; a flag is 0 or 1."""
    fields = _state_fields(kind.state, getattr(getattr(kind, "render", None), "__globals__", {}))
    return {name: (0, 1) for name, annotated in fields.items() if annotated is bool} | dict(kind.state.ranges)


def slow_places(kind: type[Node]) -> dict[str, tuple[int, int]]:
    """The number of the first slow value of each name, and how many it has."""
    counts = kind.slow if isinstance(kind.slow, dict) else dict.fromkeys(kind.slow, 1)
    places, at = {}, 0
    for name, count in counts.items():
        places[name] = (at, count)
        at += count
    return places


def state_default(kind: type[Node]) -> np.ndarray[Any, Any]:
    """The state of a node before its first block: an array of one record."""
    record = np.zeros(1, state_dtype(kind))
    for name in record.dtype.names or ():
        record[name] = getattr(kind.state, name, 0)
    if kind.slow:
        record["slow"] = math.nan  # not begun
    return record


@per_class
def state_default_shared(kind: type[Node]) -> np.ndarray[Any, Any]:
    """The same array for all that only read it by its address; it lives as long as its class."""
    return state_default(kind)


@per_class
def state_floats_shared(kind: type[Node]) -> np.ndarray[Any, Any]:
    """The float64 numbers of a state, int64 of shape (n, 2): offset in bytes, and how many; it lives as the default."""
    dtype = state_dtype(kind)
    found = []
    for form, at, *_ in (dtype.fields or {}).values():
        if form.base == np.float64:
            found.append((at, form.itemsize // 8))
    return np.array(found, np.int64).reshape(-1, 2)
