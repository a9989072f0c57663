"""docs/node-facts.md: a row for every shipped node, each with a test that asserts its bound."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from bench.peers.effect_patches import OURS
from bench.peers.effect_probes import PROBES
from tests.harness.paths import NODES, TOP
from tests.house.node_facts import FACTS, PAGE, Fact, measured, page, source
from waves.node_types.library.library import load_library


@cache
def functions_of(path: str) -> dict[str, ast.FunctionDef]:
    """The tests of a file by name."""
    body = module(path).body
    return {one.name: one for one in body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


@cache
def module(path: str) -> ast.Module:
    """The tree of a file."""
    return ast.parse((TOP / path).read_text("utf-8"))


def numbers(*trees: ast.AST) -> set[float]:
    """The numbers in some code, without their signs."""
    found = [one.value for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    return {float(one) for one in found if isinstance(one, (int, float))}


def test_every_node_has_a_row():
    assert {fact.node for fact in FACTS} == set(load_library(NODES))


def test_the_page_is_as_the_facts_are():
    assert page() == PAGE.read_text("utf-8"), "`python -m tests.house.node_facts` writes it"


def test_the_page_has_what_was_measured_beside_other_programs():
    """Of each effect, in each row all parts of this program."""
    lines = [line.split(" | ") for line in measured().splitlines() if line.startswith("| ")][2:]
    assert {line[0].removeprefix("| ") for line in lines} == {probe.node for probe in PROBES.values()}
    for line in lines:
        assert all(f"{part} " in line[2] for part in OURS[line[0].removeprefix("| ")]), line


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.node}-{fact.function}")
def test_the_test_of_a_row_is_there_and_has_the_numbers_of_the_bound(fact):
    check(fact)


def check(fact: Fact) -> None:
    """Per cent stand in a test as parts of 1, milliseconds as seconds."""
    assert fact.function in functions_of(fact.path), f"{fact.path} has no {fact.function}"
    constants = [one for one in module(fact.path).body if isinstance(one, ast.Assign)]
    there = numbers(functions_of(fact.path)[fact.function], *constants)
    for text in re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", fact.bound):
        scale = 0.01 if f"{text} %" in fact.bound else 1e-3 if f"{text} ms" in fact.bound else 1.0
        assert any(abs(float(text) * one / value - 1.0) < 1e-9 for value in there - {0.0} for one in {scale, 1.0}), text


def test_a_bound_that_is_not_in_its_test_is_found():
    with pytest.raises(AssertionError, match=r"^89"):
        check(FACTS[0]._replace(bound="below -89 dB"))
    with pytest.raises(AssertionError, match="has no test_of_nothing"):
        check(FACTS[0]._replace(test="test_analog::test_of_nothing"))


def test_sources_are_what_is_in_brackets_with_a_year():
    assert source("A filter (soft, 12 dB).\n\n(Moog: A filter (with a ladder),\n1965; Smith, 2010.)") == (
        "Moog: A filter (with a ladder), 1965; Smith, 2010"
    )
    assert source("Hz (44100 at most).") == ""
