"""docs/nodes.md is as the catalogue is, and docs/names.md has what is planned; `python -m tests.house.node_page`."""

from __future__ import annotations

import re

import pytest

from tests.harness.paths import NODES, TOP
from tests.house.node_page import PAGE, page, planned
from waves.node_types.contract.units import UNITS
from waves.node_types.library.library import load_library
from waves.node_types.library.parameters import parameters

TYPES = load_library(NODES)
NAMES = (TOP / "docs" / "names.md").read_text("utf-8")
COMMON = NAMES.partition("\n## Nodes\n")[0]


def rows(text):
    """The cells of each row of the tables in a text, the heads left out."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_is_the_catalogue():
    assert page() == PAGE.read_text("utf-8"), "`python -m tests.house.node_page` writes it"


def test_the_page_shows_every_node():
    text = PAGE.read_text("utf-8")
    for name, kind in TYPES.items():
        section = text.partition(f"\n### `{name}`\n")[2].partition("\n### ")[0]
        assert "```yaml\n" in section, name
        assert all(f"| `{parameter}` |" in section for parameter in parameters(kind)), name
        assert all(alias in section for alias in kind.aliases), name


def test_what_is_there_is_not_planned():
    """A row names a node that is not there, or parameters that a node does not have yet."""
    assert planned(NAMES) == NAMES, "`python -m tests.house.node_page` takes it out"


def test_what_is_there_is_taken_out_of_the_plan():
    """A node, one of several, and the parameters that it has; what is in brackets is none."""
    there = "| `mix` | the tracks by name | sum | together |\n"
    before = (
        "| `osc`, `boom` | freq | bd | x |\n| `osc` | freq (1), drift (0 cents; amp), type or sub; fold | vco | a |\n"
    )
    after = "| `boom` | freq | bd | x |\n| `osc` | drift (0 cents; amp), fold | | |\n"
    assert planned(f"a\n## Nodes\n{there}{before}") == f"a\n## Nodes\n{after}"


@pytest.mark.parametrize("row", rows(COMMON), ids=lambda row: row[0])
def test_a_parameter_means_the_same_in_every_node(row):
    """Its unit and its range, but in the nodes that the row names; several names share them, or have one each."""
    names, bounds, _, meaning = row
    names = re.findall(r"`(\w+)`", names)
    told = bounds.split(";")
    for name, one in zip(names, told if len(told) == len(names) else told * len(names), strict=True):
        for node, kind in TYPES.items():
            if name in parameters(kind) and f"`{node}`" not in meaning:
                p, words = parameters(kind)[name], one.strip().split(" to ")
                if words[0] in UNITS:
                    assert p.unit == words[0], (node, name)
                elif len(words) == 2:
                    assert p.minimum >= float(words[0]) and p.maximum <= float(words[1]), (node, name)
