"""`waves nodes`: where a node comes from, and the help of one."""

from __future__ import annotations

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.app.commands.list_nodes import one, origin, types_of
from waves.node_types.library.library import load_library

TYPES = load_library(NODES, EXAMPLE_NODES)


def test_where_a_node_comes_from():
    assert origin(TYPES["osc"], "osc") == "the library"
    assert origin(TYPES["echo"], "echo") == "the workspace"
    assert origin(TYPES["echo"], "osc") == "the workspace, in place of the shipped one"


def test_the_help_shows_the_facts(tmp_path):
    [item] = types_of(tmp_path, "delay")
    shown = one(item)
    assert "  memory" in shown and "  from" in shown and "the library" in shown
    assert types_of(tmp_path, None)[0].facts == {}
