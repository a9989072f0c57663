"""Descriptions of node types: help for `waves nodes`, and the JSON Schema of waves.yaml."""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from waves.node import Node
from waves.node_types.contract.aliases import plain
from waves.node_types.description import description_of
from waves.node_types.library import library
from waves.node_types.library.parameters import GIVE_WAY, LEVELS, Parameter, accepted, free_names, parameters

NO_DEFAULT = "nothing"


def document(kind: type[Node]) -> str:
    """The text at the beginning of a node file, or of the module of a type of the language; empty without one."""
    if description := description_of(kind):
        return description.document
    loaded = library.origin(kind)
    module = loaded.module if loaded else sys.modules.get(kind.__module__)
    return (module.__doc__ if module else "") or ""


def example(kind: type[Node]) -> str:
    """The example in the text of a node type, a text of a piece: its indented lines. Empty without one."""
    return textwrap.dedent("".join(re.findall(r"(?:^    .*\n?|^\n)+", document(kind), flags=re.MULTILINE))).strip("\n")


def describe(kind: type[Node], name: str = "") -> dict[str, Any]:
    """A node type as plain data: name, family, aliases, summary, description and parameters."""
    summary, _, rest = document(kind).partition("\n")
    return {
        "name": name or kind.__name__.lower(),
        "family": library.family(kind),
        "aliases": list(kind.aliases),
        "summary": summary,
        "description": rest.strip("\n").rstrip(),
        "free_names": bool(free_names(kind)),
        "parameters": [describe_parameter(p) for p in parameters(kind).values()],
    }


def found(types: Mapping[str, type[Node]], words: Sequence[str]) -> list[str]:
    """The node types that some words are about, each at the beginning of a word of name, aliases or text; sorted.

    Those whose name or aliases have the words come first; `low pass` and `lowpass` are the same there.
    """
    wanted = [re.compile(rf"(?<![a-z0-9]){re.escape(word.lower())}") for word in words]

    def has(text: str) -> bool:
        return all(word.search(text.lower()) for word in wanted)

    named = {name: " ".join((name, *kind.aliases)) for name, kind in types.items()}
    about = {name: " ".join((text, document(types[name]))) for name, text in named.items()}
    called = {name for name, kind in types.items() if plain("".join(words)) in map(plain, (name, *kind.aliases))}
    names = filter(lambda name: name in called or has(about[name]), types)
    return sorted(names, key=lambda name: (name not in called, not has(named[name]), name))


def describe_parameter(p: Parameter) -> dict[str, Any]:
    """A parameter as plain data; a bound or a default that it does not have is None."""
    return {
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


def facts(p: Mapping[str, Any]) -> str:
    """Default, unit and range of a parameter as `describe_parameter` gives it: `1 Hz, 0 or more`.

    A unit that cannot follow the default as a word is in brackets: `nothing (s), 0 or more`, `0 (position), 0 to 1`.
    """
    default, unit = default_text(p), p["unit"]
    if unit and (default == NO_DEFAULT or unit == "position"):
        unit = f"({unit})"
    return ", ".join(filter(None, [f"{default} {unit}".strip(), range_text(p)]))


def default_text(p: Mapping[str, Any]) -> str:
    """The default of a parameter in words."""
    value = p["default"]
    if p["required"]:
        return "required"
    if value is None or value in ("", []):
        return NO_DEFAULT
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(f'{one:g}' for one in value)}]"
    if isinstance(value, float):
        return "endless" if math.isinf(value) else f"{value:g}"
    return str(value)


def range_text(p: Mapping[str, Any]) -> str:
    """The words that are allowed, or the bounds of numbers."""
    if p["words"]:
        return "one of " + " ".join(p["words"])
    low, high = p["minimum"], p["maximum"]
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"{low:g} or more"
    return "" if high is None else f"{high:g} or less"


def json_schema(types: Mapping[str, type[Node]]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of waves.yaml, for completion and hints in editors.

    A node may have any other key: it may be a sound of the file, which a schema cannot know.
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
            "patterns": {"type": "object", "description": "Patterns with a name, which stands for them in others."},
        },
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "string"}]},
        "$defs": {
            "signal": {"anyOf": [number, {"$ref": "#/$defs/node"}, {"$ref": "#/$defs/curve"}]},
            "curve": {
                "type": "array",
                "description": "Values over the duration, or [value, position].",
            },
            "node": {"type": "object", "properties": nodes},
        },
    }


def _node_schema(kind: type[Node]) -> dict[str, Any]:
    taken = accepted(kind)
    free: Any = {"$ref": "#/$defs/signal"} if free_names(kind) else False
    return {
        "type": "object",
        "description": describe(kind)["summary"],
        "properties": {
            name: {"anyOf": [_parameter_schema(one), free]} if free and name in GIVE_WAY else _parameter_schema(one)
            for name, one in taken.items()
            if not (free and name in LEVELS and name not in kind.model_fields)
        },
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
        case "sends":
            shape = {"type": "object", "additionalProperties": {"$ref": "#/$defs/signal"}}
        case "words":
            letters = ("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word) for word in p.words)
            shape = {"anyOf": [{"enum": list(p.words)}, {"type": "string", "pattern": f"^({'|'.join(letters)})$"}]}
        case "numbers":
            shape = {"type": "array", "items": {"type": ["number", "string"], **_bounds(p)}}
        case "metre":
            shape = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        case "flag":
            shape = {"type": "boolean"}
        case "whole" | "number":
            shape = {"type": ["number", "string"]}
        case "text" | "file" | "data" | "shared":
            shape = {"type": "string"}
        case _:
            shape = {}
    unit = f" [{p.unit}]" if p.unit else ""
    shape["description"] = p.description + unit
    shape |= {} if p.form == "numbers" else _bounds(p)
    if not p.required and isinstance(p.default, str | int | float | list) and p.default not in (math.inf, -math.inf):
        shape["default"] = p.default
    return shape


def _bounds(p: Parameter) -> dict[str, float]:
    """The bounds that a schema gives a number."""
    bounds = {} if p.held else {"minimum": p.minimum, "maximum": p.maximum}
    return {word: bound for word, bound in bounds.items() if math.isfinite(bound)}
