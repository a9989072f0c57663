"""Node types as `waves nodes` and editors show them: descriptions and the JSON Schema."""

from __future__ import annotations

import json

import jsonschema

from tests.harness.small_nodes import TYPES, Osc
from waves.language.text.document import read_document
from waves.node_types.library.catalogue import describe, json_schema


def test_description_of_a_type() -> None:
    found = describe(TYPES["context"], "context")
    assert found["name"] == "context"
    assert found["summary"] == "Context: gives names to values, for all expressions inside `signal`."
    assert "hat: {context:" in found["description"]
    assert found["free_names"] is True
    width = next(p for p in describe(Osc)["parameters"] if p["name"] == "pulse_width")
    assert width == {
        "name": "pulse_width",
        "form": "signal",
        "required": False,
        "default": 0.5,
        "unit": "cycles",
        "minimum": 0.0,
        "maximum": 1.0,
        "words": [],
        "description": "High part.",
    }


def test_json_schema_is_one_and_judges_as_we_do() -> None:
    schema = json_schema(TYPES)
    json.dumps(schema, allow_nan=False)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    good = (
        "vars: {x: 1}\n"
        "a: {filter: {cutoff: {osc: {range: [1, 2]}}, signal: osc, type: LP}}\n"
        "b: {mix: {k: a, signals: [a]}}"
    )
    assert judge.is_valid({name: entry.data for name, entry in read_document(good, "w").entries.items()})
    for wrong in ("a: {osc: {frq: 1}}", "a: {osc: {pulse_width: 2}}", "a: {filter: {signal: osc}}", "a: 5"):
        assert not judge.is_valid({name: entry.data for name, entry in read_document(wrong, "w").entries.items()}), (
            wrong
        )
