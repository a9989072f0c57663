"""Node classes made from descriptions: whatever Python they have is called in the process that runs it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from pydantic import Field, create_model

from waves.node import Choice, Node, State
from waves.node_types.description import Description, Mistakes, set_description
from waves.node_types.library.parameters import FORMS
from waves.node_types.library.preparation import KnownParameters

KINDS = {form: kind for kind, form in FORMS.items()}
Array = np.ndarray[Any, Any]


class Caller(Protocol):
    """Calls the functions of a type in its process; each as the function of `Node` of its name."""

    def expand(self, kind: type[Node], build: Any) -> Any: ...

    def prepare(self, kind: type[Node], constants: KnownParameters, rate: float) -> dict[str, Array]: ...

    def lengths(self, kind: type[Node], constants: KnownParameters, rate: float) -> dict[str, float]: ...

    def adopted(self, kind: type[Node], state: Any, old: KnownParameters, new: KnownParameters) -> None: ...

    def validate(self, kind: type[Node], values: dict[str, Any]) -> tuple[dict[str, Any], Mistakes]: ...


def make_type(description: Description, module: str, caller: Caller) -> type[Node]:
    """The class of a description; `module` is the name that its own class has for its module."""
    fields: dict[str, Any] = {field["name"]: _field(field) for field in description.fields}
    with warnings.catch_warnings(action="ignore"):
        kind = create_model(description.name, __base__=Node, __module__=module, **fields)
    for name, value in description.declarations.items():
        setattr(kind, name, tuple(value) if isinstance(value, list) else value)
    if description.state:
        kind.state = _state(description)  # type: ignore[assignment,misc]
    functions = _functions(kind, caller)
    for name in description.functions:
        setattr(kind, name, functions[name])
    validate = (lambda values: caller.validate(kind, values)) if description.validates else None
    set_description(kind, description, validate)
    return kind


def _field(field: dict[str, Any]) -> tuple[Any, Any]:
    """The annotation and the default of a parameter."""
    annotation = Choice[tuple(field["words"])] if field["form"] == "words" else KINDS[field["form"]]
    if field["optional"]:
        annotation = annotation | None
    default = ... if field["required"] else field["default"]
    return annotation, Field(default, description=field["description"], json_schema_extra=field["extra"])


def _state(description: Description) -> type[State]:
    fields = {field["name"]: np.dtype((field["element"], tuple(field["shape"]))) for field in description.state}
    defaults = {field["name"]: field["default"] for field in description.state}
    ranges = {name: tuple(ends) for name, ends in description.ranges.items()}
    numbered = tuple(description.numbered)
    state = type("state", (State,), {**defaults, "numbered": numbered, "ranges": ranges, "was": description.was})
    state.__annotations__ = fields
    return state


def _functions(kind: type[Node], caller: Caller) -> dict[str, Callable[..., Any]]:
    """The functions of a node by name, as attributes of its class."""

    def prepare(constants: KnownParameters, rate: float) -> dict[str, Array]:
        return caller.prepare(kind, constants, rate)

    def lengths(constants: KnownParameters, rate: float) -> dict[str, float]:
        return caller.lengths(kind, constants, rate)

    def adopted(state: Any, old: KnownParameters, new: KnownParameters) -> None:
        caller.adopted(kind, state, old, new)

    def render(*_: Any) -> None:
        raise TypeError("the kernel of this node runs as machine code only")

    return {
        "expand": classmethod(caller.expand),  # type: ignore[dict-item]
        **{function.__name__: staticmethod(function) for function in (prepare, lengths, adopted, render)},
    }
