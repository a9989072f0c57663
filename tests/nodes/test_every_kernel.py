"""Every law of `waves.testing`, for every case of the shipped nodes."""

from __future__ import annotations

import pytest

from tests.harness.paths import NODES
from tests.nodes.cases import CASES
from waves.node_types.library.checks import class_checks
from waves.node_types.library.library import load_library, origin
from waves.testing import laws, node


@pytest.mark.parametrize("case", CASES)
def test_a_shipped_node_keeps_every_law(case):
    name, given = CASES[case]
    assert laws(node(name), **given) == []


def test_what_comes_with_waves_passes_the_checks_of_node_files():
    for kind in load_library(NODES).values():
        if loaded := origin(kind):
            class_checks.check(kind, loaded.sources())
