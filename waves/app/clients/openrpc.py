"""The OpenRPC document of the protocol, made from the methods, the actions, and the events."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from waves.app.actions.action import Access, Argument
from waves.app.actions.actions import ACTIONS
from waves.app.clients import player_calls, text_calls
from waves.app.clients.client_calls import ClientCalls
from waves.app.clients.methods import ACTION_METHODS, METHODS, Method, NoParams, method
from waves.app.clients.status_document import StatusDocument
from waves.events.schema import event_schema
from waves.server.rpc import ERRORS
from waves.version import __version__

FORMS: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "whole number": {"type": "integer"},
    "yes or no": {"type": "boolean"},
    "text": {"type": "string"},
    "list of texts": {"type": "array", "items": {"type": "string"}},
}
DECLARED = (player_calls, text_calls)
"""The modules whose functions are methods, beside the one here."""
SCHEMAS = "#/components/schemas/{model}"
SPAN = {"file": "string", "line": "integer", "column": "integer", "length": "integer", "on": "boolean"}


@method("play", NoParams, "The document.")
def openrpc(_: ClientCalls, __: NoParams) -> dict[str, Any]:
    """This description of all methods and notifications."""
    return document()


def access_by_method() -> dict[str, Access]:
    """The class of every method, for the server to check."""
    actions: dict[str, Access] = {method: ACTIONS[name].access for method, name in ACTION_METHODS.items()}
    return actions | {name: method.access for name, method in METHODS.items()}


def document() -> dict[str, Any]:
    """The document, as plain data."""
    schemas: dict[str, Any] = {}
    events = event_schema()
    for name, schema in events["$defs"].items():
        schemas[name] = _moved(schema)
    schemas["Event"] = {"oneOf": [_moved(one) for one in events["oneOf"]]}
    methods = [
        _authenticate(),
        *(_of_action(method, name) for method, name in ACTION_METHODS.items()),
        *(_of_method(method, schemas) for method in METHODS.values()),
    ]
    return {
        "openrpc": "1.3.2",
        "info": {
            "title": "waves",
            "version": __version__,
            "description": "JSON-RPC 2.0 by WebSocket at /ws of the address that `waves play --serve` prints.",
        },
        "methods": methods,
        "x-notifications": _notifications(schemas),
        "x-binary": "Kind (uint8: 1 scope, 2 spectrum in dB, 3 meters, 4 loudness in LUFS), rows (uint8), values in a "
        "row (uint16), first frame (float64), then the values (float32), row after row, all little endian.",
        "components": {
            "schemas": schemas,
            "errors": {str(code): {"code": code, "message": sentence} for code, sentence in ERRORS.items()},
        },
    }


def _authenticate() -> dict[str, Any]:
    return {
        "name": "authenticate",
        "summary": "The first message of a client: the token behind # of the address.",
        "paramStructure": "by-name",
        "params": [{"name": "token", "required": True, "schema": {"type": "string"}}],
        "result": {
            "name": "known",
            "description": "Classes of methods that the client may call, version of the protocol and of waves.",
            "schema": {"type": "object", "required": ["access", "protocol", "version"]},
        },
    }


def _of_action(method: str, name: str) -> dict[str, Any]:
    action = ACTIONS[name]
    return {
        "name": method,
        "summary": action.help,
        "x-access": action.access,
        "paramStructure": "by-name",
        "params": [_param(argument) for argument in action.arguments],
        "result": {"name": "result", "description": action.result, "schema": {}},
    }


def _param(argument: Argument) -> dict[str, Any]:
    schema = dict(FORMS[argument.form])
    if argument.form in ("number", "whole number"):
        bounds = {"minimum": argument.minimum, "maximum": argument.maximum}
        schema |= {name: bound for name, bound in bounds.items() if abs(bound) != float("inf")}
    required = not argument.has_default
    if not required and argument.default is None:
        schema = {"anyOf": [schema, {"type": "null"}]}
    unit = f" ({argument.unit})" if argument.unit else ""
    return {"name": argument.name, "description": argument.help + unit, "required": required, "schema": schema}


def _of_method(method: Method, schemas: dict[str, Any]) -> dict[str, Any]:
    given = method.params.model_json_schema()
    required = given.get("required", [])
    result = TypeAdapter(method.returns).json_schema(ref_template=SCHEMAS, mode="serialization")
    schemas |= result.pop("$defs", {})
    return {
        "name": method.name,
        "summary": method.help,
        "x-access": method.access,
        "paramStructure": "by-name",
        "params": [
            {"name": name, "required": name in required, "schema": schema}
            for name, schema in given.get("properties", {}).items()
        ],
        "result": {"name": "result", "description": method.result, "schema": result},
    }


def _notifications(schemas: dict[str, Any]) -> list[dict[str, Any]]:
    status = StatusDocument.model_json_schema(ref_template=SCHEMAS, mode="serialization")
    schemas |= status.pop("$defs", {})
    step = {"type": "object", "properties": {name: {"type": kind} for name, kind in SPAN.items()}, "required": [*SPAN]}
    values = {"type": "object", "additionalProperties": {"type": "number"}}
    names = {"type": "array", "items": {"type": "string"}}
    event: dict[str, Any] = {"$ref": "#/components/schemas/Event"}
    of_kind: dict[str, tuple[str, dict[str, Any]]] = {
        "connected": ("The number of clients is another.", {"count": {"type": "integer"}}),
        "parametersChanged": (
            "Parameters were moved, or given back to the text.",
            {"values": values, "released": names},
        ),
        "step": ("Steps of the text that begin to sound, and that end.", {"steps": {"type": "array", "items": step}}),
    }
    told: dict[str, dict[str, Any]] = {
        name: {"type": "object", "properties": properties, "required": [*properties], "description": sentence}
        for name, (sentence, properties) in of_kind.items()
    }
    told |= dict.fromkeys(("reloaded", "reloadFailed", "compiling", "problem", "event"), event)
    told["status"] = status
    return [{"name": name, "params": schema} for name, schema in told.items()]


def _moved(schema: Any) -> Any:
    """A schema whose definitions stand elsewhere."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _moved(value)
            for key, value in schema.items()
        }
    return [_moved(one) for one in schema] if isinstance(schema, list) else schema
