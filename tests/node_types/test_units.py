"""Units of parameters: every shipped node has one of the list, which the guide shows."""

from __future__ import annotations

import re

import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.house.unit_table import GUIDE, unit_table
from waves.node_types.contract.units import FREQUENT, UNITS, WHOLE_LIST, unit_mistake, with_param
from waves.node_types.library.library import load_library
from waves.node_types.library.parameters import Common, parameters


def test_every_number_of_a_shipped_node_has_a_unit_of_the_list():
    kinds = [*load_library(NODES, EXAMPLE_NODES).values(), Common]
    used = {p.unit for kind in kinds for p in parameters(kind).values()} - {""}
    assert len(used) > 15 and used - UNITS.keys() == set()


def test_the_guide_shows_the_list():
    assert unit_table() in GUIDE.read_text("utf-8")


@pytest.mark.parametrize(
    ("unit", "meant"),
    [("Seconds", "'s'"), ("ms", "'s'"), ("hz", "'Hz'"), ("db", "'dB'"), ("samples", "'frames'"), ("beat", "'beats'")],
)
def test_another_unit_is_told_with_the_one_that_may_be_meant(unit, meant):
    assert (
        unit_mistake("time", unit) == f"the unit of 'time', '{unit}', is none that waves knows; did you mean {meant}?"
    )


def test_without_a_near_one_the_usual_ones_are_named_and_where_all_are():
    assert set(re.findall("'(\\w+)'", FREQUENT)) < UNITS.keys()
    for strange in ("furlongs", "metres"):  # 'strokes' are hardly like these
        assert unit_mistake("time", strange).endswith(f"; {FREQUENT} are often right, and {WHOLE_LIST}")
    page, heading = re.findall(r"docs/(\S+)|under '(\w+)'", WHOLE_LIST)
    assert page[0] == GUIDE.name and f"\n### {heading[1]}\n" in GUIDE.read_text("utf-8")


def test_how_a_parameter_is_written():
    assert with_param("gain", "float", "1.0") == 'gain: float = param(1.0, unit="value")'
    assert with_param("signal", "Signal", "") == 'signal: Signal = param(unit="value")'
    assert with_param("on", "bool", "True") == "on: bool = param(True)"
