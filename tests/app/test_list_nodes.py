"""`waves nodes`: where a node comes from, and the help of one."""

from __future__ import annotations

import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.app.commands.list_nodes import one, origin, overview, types_of
from waves.language.model.sound_arguments import UsageProblem
from waves.node_types.library.library import load_library

TYPES = load_library(NODES, EXAMPLE_NODES)


def test_where_a_node_comes_from():
    assert origin(TYPES["osc"], "osc") == "the library"
    assert origin(TYPES["echo"], "echo") == "the workspace"
    assert origin(TYPES["echo"], "osc") == "the workspace, in place of the shipped one"


def test_the_help_shows_the_facts(tmp_path):
    [item] = types_of(tmp_path, ["delay"])
    shown = one(item)
    assert "  memory" in shown and "  from" in shown and "the library" in shown
    assert "Elsewhere it is called echo" in shown
    assert types_of(tmp_path)[0].facts == {}


def test_a_table_keeps_its_lines(tmp_path):
    [item] = types_of(tmp_path, ["sample"])
    rows = [line for line in one(item).splitlines() if line.startswith("|")]
    assert [row.split("|")[1].strip() for row in rows[2:]] == ["`draft`", "`good`", "`best`"]


def test_the_list_is_by_family(tmp_path):
    rows = overview(types_of(tmp_path)).splitlines()
    families = [row.split()[0] for row in rows if not row.startswith(" ")]
    assert families == sorted(set(families)) and {"effects", "sources"} <= {*families}
    assert not any("oscillator, vco" in row for row in rows)


@pytest.mark.parametrize(
    ("words", "first"),
    [("lpf", "filter"), ("VCO", "osc"), ("step la", "automation"), ("echo digital", "delay")],
)
def test_words_find_nodes_by_alias_and_by_text_those_with_the_name_first(tmp_path, words, first):
    items = types_of(tmp_path, words.split())
    assert items[0].name == first and not items[0].facts
    assert first in overview(items, are_found=True).splitlines()[0]


@pytest.mark.parametrize(("word", "near"), [("delai", "'delay'"), ("scillator", "'osc'"), ("zzzz", "")])
def test_what_no_node_is_about_is_told_with_what_is_near(tmp_path, word, near):
    """Words are found at their beginnings."""
    with pytest.raises(UsageProblem) as caught:
        types_of(tmp_path, [word])
    [problem] = caught.value.problems
    assert problem.sentence == f"there is no node type '{word}'"
    assert problem.suggestion == near
