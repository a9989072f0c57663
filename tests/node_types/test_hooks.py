"""Functions that waves calls for a node before it plays: one with a wrong decorator or wrong arguments is told."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.harness.session_harness import NODES, save
from waves.node_types.library.checks.hook_checks import HOOKS
from waves.node_types.library.library import load_library
from waves.node_types.library.parameters import validated
from waves.problem import Problem, Problems

NODE = '''"""A node with one more function."""

from waves.node import Node, Signal, param


class Hooked(Node):
    signal: Signal = param(0.0, unit="value")

HOOK

    @staticmethod
    def render(out, signal):
        for i in range(out.size):
            out[i] = signal[i]
'''
FORMS = {
    "expand": "@classmethod: def expand(cls, build)",
    "lengths": "@staticmethod: def lengths(constants, rate)",
    "prepare": "@staticmethod: def prepare(constants, rate)",
    "adopted": "@staticmethod: def adopted(state, old, new)",
}


def problem_of(folder: Path, lines: list[str]) -> Problem:
    text = NODE.replace("HOOK", "\n".join(f"    {line}" for line in lines if line))
    save(folder, text, "hooked.py")
    with pytest.raises(Problems) as found:
        load_library(NODES, folder)
    [problem] = found.value.problems
    return problem


def test_these_are_all():
    assert {name: f"@{kind}: def {name}({', '.join(taken)})" for name, (kind, taken) in HOOKS.items()} == FORMS


@pytest.mark.parametrize(
    ("name", "decorator"),
    [*itertools.product(FORMS, ("", "@property")), ("expand", "@staticmethod")],
)
def test_another_decorator_is_told_at_its_line(tmp_path, name, decorator):
    arguments = FORMS[name].partition("(")[2].rstrip(")")
    problem = problem_of(tmp_path, [decorator, f"def {name}({arguments}):", "    return {}"])
    assert problem.sentence == f"hooked: `{name}` is a {FORMS[name]}"
    assert problem.source.startswith(f"    def {name}(")


WRONG = {
    "expand": ["(cls)", "(build, more, cls)", "(cls, *, build)"],
    "lengths": ["(constants)", "(self, constants, rate)", "()"],
    "prepare": ["(constants)", "(self, constants, rate)", "(constants, rate, more)"],
    "adopted": ["(state, old)", "(old, new)", "(state, old, new, rate)"],
}


@pytest.mark.parametrize(("name", "arguments"), [(name, one) for name, several in WRONG.items() for one in several])
def test_other_arguments_are_told_at_its_line(tmp_path, name, arguments):
    decorator, _, form = FORMS[name].partition(": ")
    problem = problem_of(tmp_path, [decorator, f"def {name}{arguments}:", "    return {}"])
    assert problem.sentence == f"hooked: `{name}` is called with other arguments: {form}"
    assert problem.source.startswith(f"    def {name}(")


def test_a_class_method_has_one_argument_more(tmp_path):
    problem = problem_of(tmp_path, ["@classmethod", "def lengths(constants, rate):", "    return {}"])
    assert (
        problem.sentence == f"hooked: `lengths` is called with other arguments: {FORMS['lengths'].partition(': ')[2]}"
    )


@pytest.mark.parametrize("name", FORMS)
def test_a_coroutine_is_told_at_its_line(tmp_path, name):
    decorator, _, form = FORMS[name].partition(": ")
    problem = problem_of(tmp_path, [decorator, f"async {form}:", "    return {}"])
    assert problem.sentence == f"hooked: `{name}` waits for nothing: def, without async"
    assert problem.source.startswith(f"    async def {name}(")


@pytest.mark.parametrize(
    "lines",
    [
        ["@staticmethod", "def prepare(known, hz):", "    return {}"],
        ["@classmethod", "def prepare(cls, constants, rate):", "    return {}"],
        ["@staticmethod", "def prepare(*given):", "    return {}"],
        ["@staticmethod", "def adopted(state, old, new, more=None):", "    pass"],
        ["@classmethod", "def expand(kind, nodes):", "    return nodes.node()"],
    ],
)
def test_what_can_be_called_is_fine(tmp_path, lines):
    save(tmp_path, NODE.replace("HOOK", "\n".join(f"    {line}" for line in lines)), "hooked.py")
    assert "hooked" in load_library(tmp_path)


VALIDATORS = [
    ('@field_validator("signl")', "def check(cls, value):",
        "the validator 'check' is of a parameter that there is not"),
    ("@field_validator", "def check(cls, value):",
        '`@field_validator` names its parameters: @field_validator("level")'),
    ('@field_validator("signal")', "def check():", 'a validator takes (cls, value) with @field_validator("level"), '
        'or (self) with @model_validator(mode="after")'),
    ('@field_validator("signal")', "def check(self, value, more, most):",
        'a `@field_validator("level")` takes (cls, value)'),
    ('@model_validator(mode="after")', "def check(self, one, two):",
        'a validator takes (cls, value) with @field_validator("level"), or (self) with @model_validator(mode="after")'),
    ("@model_validator", "def check(self):", '`@model_validator` has a mode: @model_validator(mode="after")'),
    ("@root_validator", "def check(cls, values):",
        '`@root_validator` is @model_validator(mode="after"), which takes (self)'),
]  # fmt: skip


@pytest.mark.parametrize(("decorator", "function", "sentence"), VALIDATORS)
def test_a_validator_that_cannot_be_one_is_told_at_its_line(tmp_path, decorator, function, sentence):
    lines = [
        "from pydantic import field_validator, model_validator, root_validator",
        decorator,
        function,
        "    return 1",
    ]
    problem = problem_of(tmp_path, lines)
    assert problem.sentence == f"cannot be loaded: {sentence}"
    assert problem.source.strip() == decorator


def test_a_mode_that_there_is_not_is_told(tmp_path):
    lines = [
        "from pydantic import model_validator",
        '@model_validator(mode="later")',
        "def check(self):",
        "    return self",
    ]
    sentence = '`@model_validator` has a mode: @model_validator(mode="after")'
    assert problem_of(tmp_path, lines).sentence == f"cannot be loaded: {sentence}"


def test_a_validator_that_returns_nothing_is_told(tmp_path):
    """As pydantic would take it, the node would have no settings at all."""
    lines = ["from pydantic import model_validator", '@model_validator(mode="after")', "def check(self):", "    pass"]
    save(tmp_path, NODE.replace("HOOK", "\n".join(f"    {line}" for line in lines)), "hooked.py")
    settings, mistakes = validated(load_library(tmp_path)["hooked"], {})
    assert settings == {}
    assert mistakes == [
        ("", 'a validator of its type returns nothing: one with @model_validator(mode="after") returns self')
    ]
