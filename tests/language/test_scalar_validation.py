"""Numbers, interpolated lists and orders of values."""

from __future__ import annotations

import pytest

from tests.harness.small_nodes import TYPES, single, tree
from waves.language.model.models import Origin, Place
from waves.language.model.scalar_validation import ScalarValidator
from waves.language.model.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("440", 440.0),
        ("'440'", 440.0),
        ("' .5 '", 0.5),
        ("012", 12.0),
        ("1_000", 1000.0),
        ("1e2", 100.0),
        ("true", 1.0),
    ],
)
def test_numbers_in_all_their_spellings(written: str, value: float) -> None:
    assert single(tree(f"a: {{osc: {{freq: {written}}}}}")).inputs["freq"] == value


@pytest.mark.parametrize(
    ("data", "order", "sentences"),
    [
        ([3, None, "x"], (0, -1, 1), []),
        ([None], (), ["expected at least one value"]),
        ([], (), ["expected at least one value"]),
        (3, (), []),
    ],
)
def test_order_of_values(data: object, order: tuple[int, ...], sentences: list[str]) -> None:
    """What is not a list is reported where its values are read."""
    validator = ScalarValidator(Vocabulary(TYPES, frozenset()), "a")
    assert validator.order(data, Place(Origin("a"))) == order
    assert [finding.sentence for finding in validator.findings] == sentences
