"""What `waves nodes NAME` says of a node type besides its parameters."""

from __future__ import annotations

import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.app.commands.list_nodes import one, types_of
from waves.app.commands.node_facts import node_facts
from waves.node_types.library.library import load_library

TYPES = load_library(NODES, EXAMPLE_NODES)


@pytest.mark.parametrize(
    ("name", "fact", "text"),
    [
        ("osc", "channels", "as many as its inputs, each by itself"),
        ("split", "channels", "2: total, difference"),
        ("compress", "channels", "as many as `signal`; it sees all of them"),
        ("context", "channels", "those of the nodes that take its place"),
        ("sides", "outputs", "$id.middle, $id.side"),
        ("echo", "memory", "ring line of 0.1 s"),
        ("strings", "memory", "4 rings strings of 0.009091 s"),
        ("looper", "memory", "buffer loop of 88200 numbers"),
        ("scribe", "memory", "ring that `name` names, shared"),
        ("osc", "from", "the library"),
        ("echo", "from", "the workspace"),
    ],
)
def test_a_fact(name, fact, text):
    assert node_facts(TYPES[name], name)[fact] == text


def test_every_parameter_of_a_node_with_a_kernel_is_said_to_glide_to_crossfade_or_to_be_held():
    for name, kind in TYPES.items():
        facts = node_facts(kind, name)
        told = [facts.get(key, "") for key in ("glide", "crossfade", "held from the start of a note")]
        names = [each for text in told for each in text.split(", ") if each]
        assert not hasattr(kind, "render") or sorted(names) == sorted(kind.model_fields) or "steps" in kind.model_fields
        assert set(kind.crossfaded) <= set(facts.get("crossfade", "").split(", ")) or not hasattr(kind, "render")


def test_one_in_place_of_a_shipped_one():
    assert node_facts(TYPES["echo"], "osc")["from"] == "the workspace, in place of the shipped one"


def test_the_help_shows_the_facts(tmp_path):
    [item] = types_of(tmp_path, "delay")
    shown = one(item)
    assert "  memory" in shown and "  from" in shown and "the library" in shown
    assert types_of(tmp_path, None)[0].facts == {}
