"""Every operator and function against NumPy, and constants against the same numbers as signals.

pytest -m soak tests/language/test_expressions_against_numpy.py --hypothesis-seed=$RANDOM   # many others
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.expression_trees import FRAMES, OPERATIONS, SPECIAL, Tree, signals, trees
from tests.harness.flushing import flushing
from waves.language.expression.builtin_names import builtin
from waves.language.expression.bytecode import Program
from waves.language.expression.parser import parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.node_types.builtin.expression import Expression
from waves.testing import Player

SIGNALS = signals()
ROUNDED = {*"sin cos ** pow db st exp log log2 log10 std".split()}  # polynomials: the last bits differ in machine code
REFUSED = ("division by zero", "is not a finite number")


def value_of(text, given, compiled=True):
    """The frames of an expression; the names in `given` are signals if they are arrays, else constants."""
    sources = {name: name if isinstance(value, np.ndarray) else value for name, value in given.items()}
    result = parse(text).compile(lambda name: sources.get(name, builtin(name)))
    if not isinstance(result, Program):
        return np.full(FRAMES, result)
    inputs = [given[one] if isinstance(one, str) else one for one in result.inputs]
    code = {"code": np.array(result.code)}
    return Player(Expression, FRAMES, arrays=code, inputs=inputs, instructions=result.code, compiled=compiled).render()


def refused(text, given):
    """Whether a part that is constant is refused as it has no finite value."""
    try:
        value_of(text, given)
    except ExpressionProblem as error:
        sentence = error.problems[0].sentence
    else:
        return False
    assert any(word in sentence for word in REFUSED), sentence
    return True


def same(got, expected, error):
    """Whether values agree within a relative error, or an absolute one where it is given frame by frame."""
    got, expected = (np.where(np.abs(one) > 1.79e308, np.copysign(np.inf, one), one) for one in (got, expected))
    relative = isinstance(error, float)
    near = np.abs(got - expected) <= error * (np.abs(expected) if relative else 1.0)
    return near | (got == expected) | (np.isnan(got) & np.isnan(expected))


def check_operations(tree: Tree, given) -> np.ndarray | None:
    """Each operation on the values that were calculated for its operands, so that no error grows; the whole.

    None where a part is refused.
    """
    known: dict[Tree, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for part in dict.fromkeys(tree.parts()):
            if refused(part.text, given):
                return None
            known[part] = value_of(part.text, given)
            if part.operands:
                operands = [known[operand] + 0.0 for operand in part.operands]  # one zero
                expected, error = part.by_numpy(operands)
                wrong = ~same(known[part], expected, error)
                case = [values[wrong][:1] for values in (*operands, known[part], expected)]
                assert not wrong.any(), (part.text, *case)
    return known[tree]


@flushing()
def check(tree: Tree) -> None:
    """An expression of signals, as Python and as machine code, and of the same numbers as constants."""
    machine = check_operations(tree, SIGNALS)
    if machine is None:
        return
    is_exact = not {part.op for part in tree.parts()} & ROUNDED
    if is_exact:
        np.testing.assert_array_equal(value_of(tree.text, SIGNALS, compiled=False), machine)
    for frame in (3, 40, 60):
        folded = check_operations(tree, {name: float(values[frame]) for name, values in SIGNALS.items()})
        if folded is not None and is_exact:
            np.testing.assert_array_equal(folded[0], machine[frame], f"{tree.text} at {frame}")


@settings(max_examples=60, derandomize=True)
@given(trees(5))
def test_each_operation_of_a_random_expression_is_numpys(tree):
    check(tree)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(max_examples=3000, suppress_health_check=list(HealthCheck))
@given(trees(5))
def test_each_operation_of_many_random_expressions_is_numpys(tree):
    check(tree)


ONE = [name for name in OPERATIONS if name not in ("compare", "ternary if")]


@pytest.mark.parametrize("name", ONE)
def test_every_operation_of_special_values_is_numpys(name):
    form, op = name.split()
    count = {"unary": 1, "binary": 2}.get(form) or {"pow": 2, "clip": 3, "where": 3, "min": 4, "max": 3}.get(op, 1)
    pairs = np.array(np.meshgrid(SPECIAL, SPECIAL)).reshape(2, -1)
    tree = Tree(op, tuple(map(Tree, "xyxz"[:count])), form)
    with np.errstate(all="ignore"), flushing():
        for first in range(0, pairs.shape[1], FRAMES):
            x, y = (np.resize(row[first : first + FRAMES], FRAMES) for row in pairs)
            given = {"x": x, "y": y, "z": x[::-1]}
            expected, error = tree.by_numpy([given[o.op] + 0.0 for o in tree.operands])
            got = value_of(tree.text, given)
            wrong = ~same(got, expected, error)
            assert not wrong.any(), (x[wrong][0], y[wrong][0], got[wrong][0], expected[wrong][0])
            plain = value_of(tree.text, given, compiled=False)
            assert same(plain, got, error if op in ROUNDED else 0.0).all()


@pytest.mark.parametrize("modulus", [0.1, 1.0, 7.0, -3.0, 1e-3, 1e15])
def test_a_remainder_is_numpys_and_between_0_and_its_modulus(modulus):
    multiples = np.round(np.linspace(-1000.0, 1000.0, 10 * FRAMES) / 0.1) * 0.1
    large = [1e15 + 0.5, 1e16, 1e18, -1e18, 2.0**60 + 256.0, 1e300]
    for values in np.split(np.concatenate([multiples, np.resize([*large, -1e-20, 1e-320], FRAMES)]), 11):
        got = value_of("x % y", {"x": values, "y": np.full(FRAMES, modulus)})
        np.testing.assert_allclose(got, np.mod(values, modulus), rtol=1e-15)
        assert (got * np.sign(modulus) >= 0.0).all() and (np.abs(got) < abs(modulus)).all()
        np.testing.assert_array_equal(got, value_of(f"x % {modulus!r}", {"x": values}))
        count = value_of("x // y", {"x": values, "y": np.full(FRAMES, modulus)})
        np.testing.assert_array_equal(count, np.floor_divide(values, modulus))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0 % inf", 0.0),
        ("3 % inf", 3.0),
        ("10 % 0.1", math.fmod(10.0, 0.1)),
        ("1e18 % 7", float(10**18 % 7)),
        ("1e16 % 7", float(10**16 % 7)),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2, 7, 5)", 7.0),
        ("1 ** inf", 1.0),
        ("2 ** inf", math.inf),
        ("0.5 ** inf", 0.0),
        ("exp(709.78)", math.exp(709.78)),
        ("1e-320 * 1e300", 0.0),
    ],
)
def test_constants(text, value):
    np.testing.assert_allclose(value_of(text, {}), value, rtol=1e-13)


@given(st.lists(st.sampled_from(["x", "y", "z", "2", "-1"]), min_size=2, max_size=9), st.sampled_from(["min", "max"]))
def test_the_lowest_and_highest_of_any_number(names, function):
    values = [SIGNALS[name] if name in SIGNALS else np.full(FRAMES, float(name)) for name in names]
    expected = (np.minimum if function == "min" else np.maximum).reduce(values)
    np.testing.assert_array_equal(value_of(f"{function}({', '.join(names)})", SIGNALS), expected)
