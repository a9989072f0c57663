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
from waves.abi import ROW
from waves.memo import per_class
from waves.node import Channels, File, Node, Shared, Signal, Signals

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
