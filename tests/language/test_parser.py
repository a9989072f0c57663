"""Names of expressions, limits of their size, and any text at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.expressions import SIGNALS, X, compiled, problem, rendered
from waves.language.expression.bytecode import Program
from waves.language.expression.parser import Name, parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.node_types.builtin.expression import REGISTERS


def test_names_in_order_with_columns():
    assert parse("sin(x) + $x * c#4 - x").names == (
        Name("x", 4, False),
        Name("x", 9, True),
        Name("c#4", 14, False),
    )
    assert parse("größe + t").names == (Name("größe", 0, False), Name("t", 8, False))
    assert parse(" $lead ").word == "lead"
    assert parse("lead * 1").word is None
    assert parse("3").word is None


def test_names_are_resolved_once():
    asked = []
    parse("x + $x * x").compile(lambda name: asked.append(name) or SIGNALS[name])
    assert asked == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["1"] * 100_000),
        "+".join(["x"] * 1900),
        "(" * 300 + "x" + ")" * 300,
        "-" * 3900 + "x",
        "not " * 900 + "x",
        "1 if x else " * 300 + "1",
        "2**" * 900 + "1",
        "9**9**9",
        "9.0e300 * 9e300",
        "rand([" + "x+1," * 600 + "x])",
        "sin(" * 900 + "x" + ")" * 900,
        "\x00\x1b[31m",
    ],
)
def test_what_is_too_much_is_a_problem(text):
    assert problem(text)


def test_what_is_large_but_allowed():
    assert compiled("+".join(["1"] * 1000)) == 1000.0
    assert compiled("(" * 100 + "1" + ")" * 100) == 1.0
    assert compiled("(x + 1) * (" * 90 + "x" + ")" * 90).registers <= REGISTERS
    np.testing.assert_array_equal(rendered("x + (" * 90 + "x" + ")" * 90), 91 * X)


@given(st.text("0123456789.abcxt$#+-*/%()[],<>=!&|:'\" notifelse", max_size=30))
def test_any_text_is_a_value_or_a_problem(text):
    column = 0
    try:
        assert isinstance(parse(text).compile(lambda name: 1.0), float | Program)
    except ExpressionProblem as error:
        column = error.column
    assert 0 <= column <= len(text)
