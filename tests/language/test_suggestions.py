"""Suggestions for parameters and nodes that are written in another way."""

from __future__ import annotations

import pytest

from tests.harness.small_nodes import TYPES
from waves.language.model.suggestions import parameter_meant, parameters_meant, side_by_side
from waves.node_types.library.parameters import accepted

OSC = TYPES["osc"]


@pytest.mark.parametrize(
    ("key", "data", "meant"),
    [
        ("volume", 1, "'amp'"),
        ("PITCH", 220, "'freq'"),
        ("frq", 220, "'freq'"),
        ("freq=220", None, "'freq: 220'"),
        ("freq 220", None, "'freq: 220'"),
        ("sand", 300, ""),
        ("sand", {"room": 0.3}, "'send'"),
        ("xyz", 1, ""),
    ],
)
def test_parameter_meant(key, data, meant):
    assert parameter_meant(key, data, accepted(OSC)) == meant


@pytest.mark.parametrize(
    ("data", "meant"),
    [("freq 220", "'freq: 220'"), ("saw", "'{type: saw}'"), ("loud 3", ""), ("xyz", ""), (440, "")],
)
def test_parameters_meant(data, meant):
    assert parameters_meant(OSC, data) == meant


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["filter", "osc"], "two nodes side by side: 'filter' and 'osc'; put 'osc' under 'signal'"),
        (["k", "h"], "two nodes side by side: 'k' and 'h'; what sounds together stands in 'mix'"),
        (["k", "h", "g"], "3 nodes side by side: 'k', 'h' and 'g'; what sounds together stands in 'mix'"),
    ],
)
def test_side_by_side(names, sentence):
    assert side_by_side(names, {"filter"}) == sentence
