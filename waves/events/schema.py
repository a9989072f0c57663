"""The JSON Schema of all events, made from their classes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from waves.events import changes, playing, trouble
from waves.events.event import Event, ProblemRecord, own_fields

KINDS: dict[str, type[Event]] = {
    one.kind: one
    for module in (playing, changes, trouble)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Event) and one is not Event
}
"""Every kind of event by the name that it has in JSON."""


def event_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of `--json-events`: one of the kinds, told apart by `event`."""
    definitions = {"Problem": _object(_properties(ProblemRecord, {}), ProblemRecord)}
    problems = {"type": "array", "items": {"$ref": "#/$defs/Problem"}}
    for name, kind in KINDS.items():
        properties = _properties(kind, definitions)
        common = {
            "event": {"const": name},
            "time": properties["at"],
            "text": {"type": "string", "description": "One sentence for people."},
        }
        own = {field: properties[field] for field in own_fields(kind)}
        definitions[kind.__name__] = _object({**common, **own, "problems": problems}, kind)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of waves",
        "description": "One line of `waves play --json-events`.",
        "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in KINDS.values()],
        "$defs": dict(sorted(definitions.items())),
    }


def _properties(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record by name; records inside them are added to `definitions`."""
    from pydantic import TypeAdapter

    found = {}
    hints = get_type_hints(kind)
    for field in fields(kind):
        hint = hints[field.name]
        if isinstance(hint, type) and is_dataclass(hint):
            definitions[hint.__name__] = _object(_properties(hint, definitions), hint)
            form: dict[str, Any] = {"$ref": f"#/$defs/{hint.__name__}"}
        else:
            form = {} if field.name == "problems" else TypeAdapter(hint).json_schema(mode="serialization")
        found[field.name] = {**form, **field.metadata}
    return found


def _object(properties: dict[str, Any], kind: type) -> dict[str, Any]:
    """An object with all of these properties and no others."""
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
