"""Numbers, interpolated lists and orders of values."""

from __future__ import annotations

import pytest

from tests.harness.small_nodes import TYPES, problem, single, tree
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
    ],
)
def test_numbers_in_all_their_spellings(written: str, value: float) -> None:
    assert single(tree(f"a: {{osc: {{freq: {written}}}}}")).inputs["freq"] == value


RANGE = "a: {osc: {freq: 3, range: [true, 2]}}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: {osc: {freq: true}}", "a.osc.freq: expected a number or one node, got true"),
        ("a: {osc: {freq: null}}", "a.osc.freq: expected a number or one node, got nothing"),
        ("a: {osc: {amp: true}}", "a.osc.amp: expected a number or one node, got true; did you mean '1'?"),
        ("a: {osc: {duration: 1, freq: [1, true]}}", "a.osc.freq.1: expected a number or an expression, got true"),
        (
            "a: {osc: {duration: 1, freq: [1, [2, false], 3]}}",
            "a.osc.freq.1.1: expected a number or an expression, got false",
        ),
        (
            "a: {osc: {duration: true}}",
            "a.osc.duration: expected a number or an expression, got true; did you mean 'inf'?",
        ),
        (RANGE, "a.osc.range.0: expected a number or one node, got true"),
        ("a: {mix: {x: true, b: {osc: {freq: 3}}}}", "a.mix.x: expected a number or one node, got true"),
        ("a: {b: {freq: true}}\nb: {osc: {freq: 3}}", "a.b.freq: expected a number or one node, got true"),
        (
            "a: {osc: {monitor: {range: [true, 2]}}}",
            "a.osc.monitor: expected a meter: true, bipolar, or {type: level, value or bipolar, range: [low, high]}, "
            "got {range: …}",
        ),
    ],
)
def test_true_and_nothing_are_no_numbers(text: str, sentence: str) -> None:
    assert problem(text).split(" ", 1)[1] == sentence


@pytest.mark.parametrize(
    "text",
    [
        "a: {context: {x: true, y: false, signal: {osc: {freq: 3 * x + y}}}}",
        "vars: {x: true, y: false}\na: {osc: {freq: 3 * x + y}}",
        "a: {osc: {freq: 3 * true + false}}",
    ],
)
def test_a_name_that_expressions_read_is_true_or_false_as_in_them(text: str) -> None:
    assert single(tree(text)).inputs["freq"] == 3.0


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
