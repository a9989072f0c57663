"""Facts of a node type besides its parameters: channels, outputs, memory, the effect of an edit."""

from __future__ import annotations

import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.node_types.library.library import load_library
from waves.node_types.library.node_facts import node_facts
from waves.node_types.library.parameters import parameters
from waves.notes import Voices

TYPES = load_library(NODES, EXAMPLE_NODES)


@pytest.mark.parametrize(
    ("name", "fact", "text"),
    [
        ("osc", "channels", "as many as its inputs, each by itself"),
        ("split", "channels", "2: total, difference"),
        ("squeeze", "channels", "as many as `signal`; it sees all of them"),
        ("context", "channels", "those of the nodes that take its place"),
        ("sides", "outputs", "$id.middle, $id.side"),
        ("echo", "memory", "ring line of 0.1 s"),
        ("strings", "memory", "4 rings strings of 0.009091 s"),
        ("looper", "memory", "buffer loop of 88200 numbers"),
        ("scribe", "memory", "ring that `name` names, shared"),
    ],
)
def test_a_fact(name, fact, text):
    assert node_facts(TYPES[name])[fact] == text


def test_every_parameter_of_a_node_with_a_kernel_is_said_to_glide_to_crossfade_or_to_be_held():
    for name, kind in TYPES.items():
        if not hasattr(kind, "render"):
            continue
        facts = node_facts(kind)
        known = parameters(kind).values()
        own = [p.name for p in known if p.form not in ("steps", "step", "values") and p.name not in Voices.model_fields]
        told = [facts.get(key, "") for key in ("glide", "crossfade", "held from the start of a note")]
        names = [each for text in told for each in text.split(", ") if each]
        assert sorted(names) == sorted(own), name
        assert set(kind.crossfaded) <= set(facts.get("crossfade", "").split(", "))
