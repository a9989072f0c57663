"""docs/nodes.md is as the catalogue is, and docs/names.md has what is planned; `python -m tests.house.node_page`."""

from __future__ import annotations

import re

import pytest

from tests.harness.paths import NODES, TOP
from tests.house.node_page import PAGE, page
from waves.node_types.contract.units import UNITS
from waves.node_types.library.library import load_library
from waves.node_types.library.parameters import parameters

TYPES = load_library(NODES)
NAMES = (TOP / "docs" / "names.md").read_text("utf-8")
COMMON, PLANNED = NAMES.split("\n## Nodes\n")


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


@pytest.mark.parametrize(("names", "planned", "aliases"), [row[:3] for row in rows(PLANNED)])
def test_what_is_there_is_not_planned(names, planned, aliases):
    """A row names a node that is not there, or parameters that a node does not have yet."""
    for name in re.findall(r"`(\w+)`", names):
        if name in TYPES:
            assert aliases == "", f"the aliases of '{name}' are in its file"
            words = set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", planned)))
            assert words and not words & parameters(TYPES[name]).keys(), f"'{name}' has these: its row, or a part, goes"


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
