"""The kernels that the language writes itself, as plain Python and as machine code, against NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waves.language.expression.builtin_names import builtin
from waves.language.expression.bytecode import Program
from waves.language.expression.parser import parse
from waves.node_types.builtin.curve import Curve, curve_points
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.mixing import Mono
from waves.testing import RATE, Player

RANDOM = np.random.default_rng(1)
FRAMES = 200
HOLD = 2048
X = RANDOM.uniform(-3.0, 3.0, FRAMES)
Y = RANDOM.uniform(0.1, 5.0, FRAMES)
T = np.arange(FRAMES) / RATE

OPERATIONS = {
    "x + y": X + Y,
    "x - y": X - Y,
    "x * y": X * Y,
    "x / y": X / Y,
    "x // y": np.floor(X / Y),
    "x % y": X % Y,
    "y ** x": Y**X,
    "x ** 2": X**2,
    "pow(x, y)": np.sign(X) * np.abs(X) ** Y,
    "x < y": X < Y,
    "x >= 1": X >= 1,
    "0 < x < y": (X > 0) & (X < Y),
    "x != x": X != X,
    "x > 0 and y": np.where(X > 0, Y, 0),
    "floor(x) or y": np.where(np.floor(X) != 0, np.floor(X), Y),
    "(x > 0) | (y > 2)": (X > 0) | (Y > 2),
    "not x > 0": X <= 0,
    "y if x > 0 else -x": np.where(X > 0, Y, -X),
    "clip(x, -1, y)": np.clip(X, -1, Y),
    "min(x, y)": np.minimum(X, Y),
    "max(x, y)": np.maximum(X, Y),
    "abs(x) + sign(x)": np.abs(X) + np.sign(X),
    "floor(x) + 10 * ceil(x) + 100 * round(x)": np.floor(X) + 10 * np.ceil(X) + 100 * np.round(X),
    "sqrt(y)": np.sqrt(Y),
    "exp(x)": np.exp(X),
    "log(y) + log2(y) + log10(y)": np.log(Y) + np.log2(Y) + np.log10(Y),
    "sin(x) + 2 * cos(x)": np.sin(X) + 2 * np.cos(X),
    "tan(x)": np.tan(X),
    "sin(t * tau * 440)": np.sin(T * math.tau * 440),
    "t * sr": T * RATE,
}


def player(text, frames=FRAMES, compiled=False, x=X, y=Y, hold=HOLD):
    """An expression of two arrays, repeated as often as there are frames."""
    sources = {"x": "X", "y": "Y"}
    program = parse(text).compile(lambda name: sources.get(name, builtin(name)))
    assert isinstance(program, Program)
    arrays = {"X": np.resize(x, frames), "Y": np.resize(y, frames)}
    inputs = [arrays.get(one, one) for one in program.inputs]
    code = {"code": np.array(program.code)}
    given = {"inputs": inputs, "instructions": program.code, "hold": hold / RATE}
    return Player(Expression, frames, compiled=compiled, arrays=code, **given)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("text", OPERATIONS)
def test_operations_are_numpys(text, compiled):
    np.testing.assert_allclose(player(text, compiled=compiled).render(), OPERATIONS[text], rtol=1e-9, atol=2e-10)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("block", [1, 7, 63])
def test_an_expression_does_not_depend_on_the_blocks(compiled, block):
    text = "x * sin(t * tau * 440) + rand(y, 2) + (x ** y if x > 0 else floor(t * 100))"
    frames = HOLD * 2 + 50
    whole = player(text, frames, compiled).render()
    np.testing.assert_array_equal(player(text, frames, compiled).render(block=block), whole)


def test_draws_are_the_same_compiled():
    plain, machine = (player("rand()", HOLD * 3, compiled).render() for compiled in (False, True))
    np.testing.assert_array_equal(plain, machine)
    assert len(set(plain)) == 3


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("hold", [1, 7, 63, 64, 65, 200])
def test_a_draw_holds_for_as_many_frames_as_are_set(hold, compiled):
    whole = player("rand()", 1000, compiled, hold=hold).render()
    held = np.array(whole[::hold])
    np.testing.assert_array_equal(whole, np.repeat(held, hold)[:1000])
    assert len(set(held)) == held.size
    assert set(held) >= set(player("rand()", HOLD, compiled).render())  # the same numbers, at other times
    np.testing.assert_array_equal(player("rand()", 1000, compiled, hold=hold).render(block=13), whole)


@pytest.mark.parametrize("compiled", [False, True])
def test_time_and_draws_go_on_from_the_state(compiled):
    begun = player("t + rand()", HOLD * 3, compiled).render()
    after = player("t + rand()", HOLD * 2, compiled)
    after.record["frames"], after.record["draws"] = HOLD, 1
    np.testing.assert_array_equal(after.render(), begun[HOLD:])


HOSTILE = np.array([math.nan, math.inf, -math.inf, 1e300, -1e300, 1e9, -1e9, 0.0, 1e-310])


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("text", [*OPERATIONS, "exp(x * y)", "y ** -x", "10 ** x", "x % 0.1"])
def test_any_input_at_all_raises_nothing(text, compiled):
    every, pair = np.repeat(HOSTILE, HOSTILE.size), np.tile(HOSTILE, HOSTILE.size)
    assert player(text, every.size, compiled, every, pair).render().size == every.size


@pytest.mark.parametrize("compiled", [False, True])
def test_powers_where_python_would_raise(compiled):
    bases, exponents = [-8.0, -2.0, -0.5, 0.0, 0.5, 1.0, 1e200], [-2.0, 0.0, 0.5, 2.0, 3.0, 1e4]
    a, b = (grid.ravel() for grid in np.meshgrid(bases, exponents))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(player("x ** y", a.size, compiled, a, b).render(), a**b, rtol=1e-14)


def curve(items, duration, frames, compiled=False, block=64):
    values, positions = curve_points(items)
    return Player(Curve, frames, compiled=compiled, values=values, positions=positions, duration=duration).render(
        block=block
    )


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("items", "values", "positions"),
    [
        ([10, 5], [10, 5], [0, 1]),
        ([1, 4, 2, 3], [1, 4, 2, 3], [0, 1 / 3, 2 / 3, 1]),
        ([[150, 0.1], 50], [150, 150, 50], [0, 0.1, 1]),
        ([0, [1, 0.25], [0.5, 0.75]], [0, 1, 0.5, 0.5], [0, 0.25, 0.75, 1]),
        ([7], [7], [0]),
    ],
)
def test_a_curve_is_linear_and_then_holds(items, values, positions, compiled):
    frames, duration = 700, 0.01
    x = np.arange(frames) / RATE / duration
    expected = np.interp(x, positions, values)
    np.testing.assert_allclose(curve(items, duration, frames, compiled), expected, rtol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_step_in_a_curve(compiled):
    y = curve([0, [0, 0.5], [1, 0.5], 1], 100 / RATE, 120, compiled)
    assert y[49] == 0.0 and y[51] == 1.0 and set(y) == {0.0, 1.0}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("duration", [0.0, -1.0, math.nan])
def test_a_curve_without_time(compiled, duration):
    y = curve([1, 2, 3], duration, 70, compiled)
    assert set(y) <= {1.0, 3.0}


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9), st.floats(1e-3, 0.01))
def test_a_curve_does_not_depend_on_the_blocks(items, duration):
    whole = curve(items, duration, 130)
    assert min(items) - 1e-9 <= whole.min() and whole.max() <= max(items) + 1e-9
    np.testing.assert_array_equal(curve(items, duration, 130, block=1), whole)
    np.testing.assert_array_equal(curve(items, duration, 130, block=63), whole)


def test_curve_points():
    assert curve_points([1, 2, 3]) == ([1, 2, 3], [0.0, 0.5, 1.0])
    assert curve_points([[150, 0.1], 50]) == ([150, 50], [0.1, 1.0])
    assert curve_points([1, ["a * 2", "p"], [3, 0.9]]) == ([1, "a * 2", 3], [0.0, "p", 0.9])


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "at least one"),
        ([1, [2, 0.5], 3, 4], "value 2 of the list has a position"),
        ([1, [2, 0.5, 3], 4], "expected [value, position], got 3 entries"),
        ([1, [2, 1.5], 4], "0 to 1, got 1.5"),
        ([1, [2, 0.7], [3, 0.2], 4], "must ascend"),
    ],
)
def test_what_is_no_curve(items, words):
    with pytest.raises(ValueError, match="list") as caught:
        curve_points(items)
    assert words in str(caught.value)


@pytest.mark.parametrize("compiled", [False, True])
def test_mono_is_the_average_of_the_channels(compiled):
    one = Player(Mono, FRAMES, compiled=compiled, signal=[X, Y, 2 * X])
    np.testing.assert_allclose(one.render(), (3 * X + Y) / 3, rtol=1e-14, atol=1e-15)
