"""Values of expressions, against Python's own arithmetic frame by frame."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.expressions import OPERATORS, X, Y, compiled, larger, rendered, terms
from waves.node import BLOCK
from waves.node_types.builtin.expression import Expression
from waves.testing import Player


def python(text):
    """The same by Python, for texts that are Python too."""
    functions = {
        "where": lambda c, a, b: a if c else b,
        "clip": lambda x, low, high: min(max(x, low), high),
        "sign": lambda x: (x > 0) - (x < 0),
        "ceil": math.ceil,
        "floor": math.floor,
    }
    rows = [{"x": float(x), "y": float(y)} for x, y in zip(X, Y, strict=True)]
    return np.array([float(eval(text, functions | row)) for row in rows])


@given(st.recursive(terms, larger, max_leaves=12))
def test_random_expressions_are_what_python_calculates(text):
    np.testing.assert_array_equal(rendered(text), python(text))


signs = st.sampled_from(["", "-"])
rest = st.lists(st.tuples(st.sampled_from([*OPERATORS, "*"]), signs, terms), min_size=1, max_size=8)


@given(rest)
def test_precedence_and_chains_without_brackets(parts):
    text = "x" + "".join(f" {operator} {sign}{term}" for operator, sign, term in parts)
    np.testing.assert_array_equal(rendered(text), python(text))


@pytest.mark.parametrize(
    "text",
    [
        "2 ** 3 ** 2",
        "-x ** 2",
        "2 ** -1",
        "not x == y",
        "x if y > 0 else -x if x else 7",
        "1 - 2 - 3 * 4 / 8 // 1 % 5",
        "-7 // 2 + -7 % 3",
        "1 < 2 < 3 > 2",
        "(x > 0) & (y > 0) | (x < -1)",
        "0 | 1 & 0",
    ],
)
def test_precedence_is_pythons(text):
    np.testing.assert_array_equal(rendered(text), python(text))


FUNCTIONS = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "exp": np.exp,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "abs": np.abs,
    "sign": np.sign,
    "db": lambda x: 10 ** (x / 20),
    "st": lambda x: 2 ** (x / 12),
    "ms": lambda x: x / 1000,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_a_signal_and_of_a_constant(name):
    np.testing.assert_allclose(rendered(f"{name}(x)"), FUNCTIONS[name](X), rtol=1e-10, atol=1e-10)
    assert compiled(f"{name}(-2.5)") == pytest.approx(FUNCTIONS[name](-2.5), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", ["sqrt", "log", "log2", "log10"])
def test_roots_and_logarithms(name):
    expected = getattr(np, name)(np.abs(X) + 0.5)
    np.testing.assert_allclose(rendered(f"{name}(abs(x) + 0.5)"), expected, rtol=1e-14, atol=1e-15)
    assert compiled(f"{name}(8)") == getattr(math, name)(8)


def test_power_functions():
    np.testing.assert_allclose(rendered("pow(x, 0.5)"), np.sign(X) * np.abs(X) ** 0.5, rtol=1e-15)
    np.testing.assert_allclose(rendered("x ** 3"), X**3, rtol=2e-15)
    assert compiled("2 ** 10") == 1024.0
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(rendered("x ** 0.5"), X**0.5, rtol=1e-15)


def test_a_moving_division_by_zero_is_infinite():
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(rendered("1 / abs(x)"), 1 / np.abs(X))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("440", 440.0),
        (".5", 0.5),
        ("012 + 1_000", 1012.0),
        ("1e3", 1000.0),
        ("5.", 5.0),
        ("a4", 440.0),
        ("A4 * 2", 880.0),
        ("c#4 - db4", 0.0),
        ("c4*fifth", 261.6255653005986 * 2 ** (7 / 12)),
        ("bb3", 233.08188075904496),
        ("db(-6)", 10**-0.3),
        ("ms(20)", 0.02),
        ("st(7)", 2 ** (7 / 12)),
        ("2 and 3 or 4", 3.0),
        ("0 or 4", 4.0),
        ("not 4", 0.0),
        ("true", 1.0),
        ("inf", math.inf),
        ("min(inf, 3)", 3.0),
        ("sum([1, 2, 4])", 7.0),
        ("mean(chord)", 10 / 3),
        ("std(chord)", float(np.std([0, 3, 7]))),
        ("to_mono(3)", 3.0),
        ("6 & 3", 1.0),
    ],
)
def test_constants_are_folded(text, value):
    result = compiled(text, chord=[0, 3, 7])
    assert isinstance(result, float)
    assert result == pytest.approx(value, rel=1e-15, abs=1e-12)


def test_lists():
    assert compiled("minor") == [0, 2, 3, 5, 7, 8, 10]
    assert compiled("chord", chord=[0, 3, 7]) == [0.0, 3.0, 7.0]
    np.testing.assert_array_equal(rendered("sum([x, y, 1])"), X + Y + 1)
    np.testing.assert_allclose(rendered("std([x, y])"), np.std([X, Y], axis=0), atol=1e-15)


def test_a_name_may_hide_a_built_in():
    assert compiled("a4 + pi", a4=1.0, pi=2.0) == 3.0
    assert compiled("sin(sin)", sin=0.0) == 0.0


def draws(text, frames, seed=1, block=BLOCK, **state):
    program = compiled(text, chord=[0, 3, 7])
    code = {"code": np.array(program.code)}
    given = {"inputs": program.inputs, "instructions": program.code}
    player = Player(Expression, frames, arrays=code, seed=seed, **given)
    for name, value in state.items():
        player.record[name] = value
    return player.render(block=block)


def test_rand_holds_and_is_within_its_bounds():
    held = draws("rand(200, 400)", 2048 * 40)
    steps = held.reshape(40, 2048)
    assert (steps == steps[:, :1]).all()
    drawn = steps[:, 0]
    assert len(set(drawn)) == 40 and 200 <= drawn.min() < 230 < 370 < drawn.max() < 400
    assert set(draws("rand(chord)", 2048 * 40)) == {0.0, 3.0, 7.0}
    assert draws("rand(-2)", 64)[0] == -2 * draws("rand()", 64)[0]


def test_rand_depends_on_seed_site_and_count_only():
    assert draws("rand()", 10, seed=1)[0] != draws("rand()", 10, seed=2)[0]
    assert (draws("rand() - rand()", 2048 * 4) != 0.0).all()
    np.testing.assert_array_equal(draws("rand()", 5000), draws("rand()", 5000, block=63))
    again = draws("rand()", 10, draws=1)[0]  # a voice that starts again has drawn before
    assert again == draws("rand()", 4096)[2048]
