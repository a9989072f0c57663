"""What may be written in a node: its parameters as data, and the JSON Schema and help made of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from waves.node import Channels, File, Node, Signal, Signals, param

Form = Literal["signal", "signals", "channels", "words", "flag", "whole", "number", "text", "file", "other"]

FORMS: dict[Any, Form] = {
    Signal: "signal",
    Signals: "signals",
    Channels: "channels",
    File: "file",
    bool: "flag",
    int: "whole",
    float: "number",
    str: "text",
}

EXPECTED: dict[Form, str] = {
    "signal": "a number or one node",
    "channels": "a number or one node",
    "signals": "a list",
    "flag": "true or false",
    "whole": "a whole number",
    "number": "a number",
    "text": "text",
    "file": "the name of a file",
    "other": "something else",
}


class Common(BaseModel):
    """Parameters of every node."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    duration: Signal = param(None, unit="s", minimum=0.0, description="Time after which the node has ended.")
    id: str = param("", description="Name under which `$name` reads the node and its state is kept.")
    monitor: bool | Literal["level", "value", "bipolar"] | dict[str, Any] = param(
        False, description="A meter: true, bipolar, or {type: level, value or bipolar, range: [low, high]}."
    )
    fade: float = param(0.02, unit="s", minimum=0.0, description="Time of the cross-fade after a change.")
    tail: float = param(30.0, unit="s", minimum=0.0, description="Longest time to ring on after the input's end.")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a node type. `minimum` and `maximum` bound constants, both included."""

    name: str
    form: Form
    required: bool
    default: Any
    unit: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    description: str = ""
    words: dict[str, str] = field(default_factory=dict)
    """Every accepted spelling of an enumeration in lower case, and the word it stands for."""

    @property
    def is_signal(self) -> bool:
        return self.form in ("signal", "signals", "channels")

    @property
    def expected(self) -> str:
        """What may be written here, as words after "expected"."""
        if self.form == "words":
            return "one of " + ", ".join(dict.fromkeys(self.words.values()))
        return EXPECTED[self.form]

    def complaint(self, value: float) -> str:
        """What is wrong with a constant, or an empty string."""
        unit = "" if self.unit in ("", "factor", "number", "position") else f" {self.unit}"
        if not math.isfinite(value):
            return f"expected a finite number, got {written(value)}"
        if value < self.minimum:
            return f"expected at least {self.minimum:g}{unit}, got {value:g}"
        if value > self.maximum:
            return f"expected at most {self.maximum:g}{unit}, got {value:g}"
        return ""


@cache
def parameters(kind: type[BaseModel]) -> dict[str, Parameter]:
    """The parameters of a node type by name, in the order of its file."""
    return {name: _parameter(name, info) for name, info in kind.model_fields.items()}


@cache
def accepted(kind: type[BaseModel]) -> dict[str, Parameter]:
    """The parameters of a node type and those that every node has; a type's own come first."""
    return parameters(kind) | {name: p for name, p in parameters(Common).items() if name not in kind.model_fields}


def free_names(kind: type[BaseModel]) -> str:
    """The parameter that takes every other key as a named signal, `signals` if the type has it, or ""."""
    own = parameters(kind).get("signals")
    return own.name if own and own.form == "signals" else ""


def written(value: Any) -> str:
    """A value of a file as it reads there, short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: …" for key in list(value)[:4]) + "}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, float):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan" if math.isnan(value) else f"{value:g}")
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…'"


def describe(kind: type[BaseModel], name: str = "") -> dict[str, Any]:
    """What `waves nodes NAME` shows: name, summary, description, and the parameters as plain data."""
    summary, _, rest = (inspect.getdoc(inspect.getmodule(kind)) or inspect.getdoc(kind) or "").partition("\n")
    return {
        "name": name or kind.__name__.lower(),
        "summary": summary,
        "description": rest.strip("\n"),
        "free_names": bool(free_names(kind)),
        "parameters": [
            {
                "name": p.name,
                "form": p.form,
                "required": p.required,
                "default": None if p.required else p.default,
                "unit": p.unit,
                "minimum": p.minimum if math.isfinite(p.minimum) else None,
                "maximum": p.maximum if math.isfinite(p.maximum) else None,
                "words": list(dict.fromkeys(p.words.values())),
                "description": p.description,
            }
            for p in parameters(kind).values()
        ],
    }


def json_schema(types: Mapping[str, type[Node]]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of waves.yaml, for completion and hints in editors.

    Any other key of a node is let pass: it may be a sound of the file, which a schema cannot know.
    """
    number = {"type": ["number", "string"], "description": "A constant, or an expression."}
    nodes = {name: {"anyOf": [{"type": "null"}, _node_schema(kind)]} for name, kind in types.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "waves.yaml",
        "type": "object",
        "properties": {
            "vars": {"type": "object", "description": "Constants: numbers, lists, expressions of constants."},
            "settings": {"type": "object"},
            "templates": {"description": "A place for anchors."},
            "patterns": {"type": "object"},
        },
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "string"}]},
        "$defs": {
            "signal": {"anyOf": [number, {"$ref": "#/$defs/node"}, {"$ref": "#/$defs/curve"}]},
            "curve": {"type": "array", "description": "Values spread over the duration, or [value, position]."},
            "node": {"type": "object", "properties": nodes},
        },
    }


def _node_schema(kind: type[BaseModel]) -> dict[str, Any]:
    taken = accepted(kind)
    free: Any = {"$ref": "#/$defs/signal"} if free_names(kind) else False
    return {
        "type": "object",
        "description": describe(kind)["summary"],
        "properties": {name: _parameter_schema(parameter) for name, parameter in taken.items()},
        "required": [name for name, parameter in taken.items() if parameter.required],
        "additionalProperties": free,
    }


def _parameter_schema(p: Parameter) -> dict[str, Any]:
    shape: dict[str, Any]
    match p.form:
        case "signal" | "channels":
            shape = {"$ref": "#/$defs/signal"}
        case "signals":
            shape = {"type": "array", "items": {"$ref": "#/$defs/signal"}}
        case "words":
            shape = {"enum": list(p.words)}
        case "flag":
            shape = {"type": "boolean"}
        case "whole" | "number":
            shape = {"type": ["number", "string"]}
        case "text" | "file":
            shape = {"type": "string"}
        case _:
            shape = {}
    unit = f" [{p.unit}]" if p.unit else ""
    shape["description"] = p.description + unit
    bounds = {"minimum": p.minimum, "maximum": p.maximum}
    shape |= {word: bound for word, bound in bounds.items() if math.isfinite(bound)}
    if not p.required and isinstance(p.default, str | int | float | list) and p.default not in (math.inf, -math.inf):
        shape["default"] = p.default
    return shape


def _parameter(name: str, info: Any) -> Parameter:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    form, words = _form(info.annotation)
    return Parameter(
        name=name,
        form=form,
        required=info.is_required(),
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        unit=str(extra.get("unit", "")),
        minimum=extra.get("minimum", -math.inf),
        maximum=extra.get("maximum", math.inf),
        description=info.description or "",
        words={word.lower(): word for word in words}
        | {other.lower(): word for other, word in extra.get("words", {}).items()},
    )


def _form(annotation: Any) -> tuple[Form, tuple[str, ...]]:
    """The form of an annotation, and its words; `X | None` has the form of X."""
    if get_origin(annotation) in (Union, UnionType):
        options = [option for option in get_args(annotation) if option is not NoneType]
        return _form(options[0]) if len(options) == 1 else ("other", ())
    if get_origin(annotation) is Literal:
        return "words", get_args(annotation)
    return FORMS.get(annotation, "other"), ()
