"""Every law of `waves.testing`, for every case of the shipped nodes."""

from __future__ import annotations

import pytest

from tests.nodes.cases import CASES
from waves.testing import laws, node


@pytest.mark.parametrize("case", CASES)
def test_a_shipped_node_keeps_every_law(case):
    name, given = CASES[case]
    assert laws(node(name), **given) == []
