"""Whole numbers that an expression or a digit too many makes too large: one sentence at its place."""

from __future__ import annotations

import pytest

from tests.harness import sequences
from tests.harness.small_nodes import problems, single, tree

LARGE = ["st(1e4)", "2 ** 63", "-2 ** 70", "1e30", "9223372036854775808", "'1e300'"]


@pytest.mark.parametrize("written", LARGE)
def test_a_parameter_that_is_a_whole_number(written):
    (found,) = problems(f"a: {{osc: {{type: noise, seed: {written}}}}}")
    assert found.sentence.startswith("expected a whole number between -2**63 and 2**63, got ")
    assert found.mark and (found.mark.line, found.path) == (1, "a.osc.seed")


@pytest.mark.parametrize("written", ["2 ** 62", "-2 ** 63", "4294967296"])
def test_all_that_fit_are_taken(written):
    value = single(tree(f"a: {{osc: {{type: noise, seed: {written}}}}}")).settings["seed"]
    assert isinstance(value, int) and value == eval(written)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [("voices: st(1e4)", "expected 1 to 1024 voices"), ("voices: -st(1e4)", "expected 1 to 1024 voices")],
)
def test_bounds_come_first(written, sentence):
    (found,) = sequences.problems("[kick]", f"interval: 0.5, {written}")
    assert found.sentence.startswith(sentence)


@pytest.mark.parametrize("word", ["v" + "9" * 400, "v=" + "9" * 400])
def test_a_number_of_a_step(word):
    found = next(one for one in sequences.problems(f"[hat {word}]") if one.level == "error")
    assert found.sentence.endswith("...' is too large") and found.mark
