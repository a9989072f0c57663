"""Expressions against Python's own arithmetic, frame by frame."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.kernel_player import Player
from waves.language.expression.builtin_names import builtin
from waves.language.expression.bytecode import MonoInput, Program
from waves.language.expression.parser import Name, parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.node import BLOCK
from waves.node_types.builtin import expression
from waves.node_types.builtin.expression import REGISTERS, WIDTH, Expression

X = np.array([-3.0, -2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 2.75])
Y = np.array([1.0, -1.0, 0.25, 2.0, 0.0, -0.75, 3.0, 0.5])
SIGNALS = {"x": object(), "y": object()}
BINARY = {
    expression.ADD,
    expression.SUBTRACT,
    expression.MULTIPLY,
    expression.DIVIDE,
    expression.MODULO,
    expression.POWER,
    expression.LESS,
    expression.EQUAL,
    expression.MINIMUM,
    expression.MAXIMUM,
}
FRAMES = dict(zip(SIGNALS.values(), (X, Y), strict=True))


def compiled(text, **names):
    known = SIGNALS | names
    return parse(text).compile(lambda name: known.get(name, builtin(name)))


def rendered(text, **names):
    """The frames of an expression of the signals x and y."""
    program = compiled(text, **names)
    if not isinstance(program, Program):
        return np.full(X.size, program)
    inputs = [FRAMES.get(one, one) for one in program.inputs]
    code = {"code": np.array(program.code)}
    return Player(Expression, X.size, arrays=code, inputs=inputs, instructions=program.code).render()


def problem(text, **names):
    """Column, sentence and suggestion of what is wrong."""
    with pytest.raises(ExpressionProblem) as caught:
        compiled(text, **names)
    (one,) = caught.value.problems
    assert one.mark is None
    return caught.value.column, one.sentence, one.suggestion


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


# Everything here is exact in float64 for small multiples of 1/4, so that results must be equal, not close.
quarters = st.integers(0, 24).map(lambda n: str(n / 4))
terms = st.sampled_from(["x", "y"]) | quarters | st.integers(0, 9).map(str)
OPERATORS = ["+", "-", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
whole = st.integers(1, 12).map(lambda n: str(n / 4))


def larger(parts):
    functions = st.sampled_from(["floor", "ceil", "round", "abs", "sign", "not", "-"])
    return st.one_of(
        st.tuples(parts, st.sampled_from(OPERATORS), parts).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(terms, terms).map(lambda p: f"{p[0]} * {p[1]}"),
        st.tuples(parts, st.sampled_from(["%", "//"]), whole).map(lambda p: f"({p[0]}) {p[1]} {p[2]}"),
        st.tuples(functions, parts).map(lambda p: f"({p[0]} ({p[1]}))"),
        st.tuples(st.sampled_from(["min", "max"]), parts, parts).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(parts, parts, parts).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(parts, parts, parts).map(lambda p: f"where({p[0]}, {p[1]}, {p[2]})"),
        st.tuples(parts, terms, parts).map(lambda p: f"({p[0]} < {p[1]} <= {p[2]})"),
        st.tuples(parts, parts).map(lambda p: f"clip({p[0]}, -1, {p[1]})"),
    )


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
    np.testing.assert_array_equal(rendered("x ** 3"), X**3)
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


def test_a_name_may_hide_a_built_in():
    assert compiled("a4 + pi", a4=1.0, pi=2.0) == 3.0
    assert compiled("sin(sin)", sin=0.0) == 0.0


def test_names_are_resolved_once():
    asked = []
    parse("x + $x * x").compile(lambda name: asked.append(name) or SIGNALS[name])
    assert asked == ["x"]


def test_a_changed_constant_keeps_the_code():
    first, second, equal = (compiled(f"x * {a} + {b}") for a, b in ((2, 3), (2.5, -7), (4, 4)))
    assert first.code == second.code == equal.code
    assert first.inputs == (SIGNALS["x"], 2.0, 3.0)
    assert second.inputs == (SIGNALS["x"], 2.5, -7.0)
    assert first != second and hash(first) == hash(compiled("x*2+3"))
    assert compiled("x * 2 + 2 * 1.5") == first


def test_sources_are_inputs_once_and_registers_are_reused():
    program = compiled(" + ".join(["x * y"] * 50))
    assert program.inputs == (SIGNALS["x"], SIGNALS["y"])
    assert program.registers <= 5
    assert len(program.code) % WIDTH == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x", "x"),
        ("0.5 * x", "x"),
        ("x ** 2 * y / 3", "xy"),
        ("2 / x", ""),
        ("x ** 0", ""),
        ("x ** -1", ""),
        ("x + 1", ""),
        ("x + y", ""),
        ("(x + 1) * y", "y"),
        ("t * sin(x) * y", "y"),
    ],
)
def test_factors_are_what_the_whole_is_multiplied_by(text, names):
    """Where one of them is 0, so is the whole; of every other source it depends on more."""
    program = compiled(text)
    assert {program.inputs[k] for k in program.factors} == {SIGNALS[name] for name in names}


@given(st.recursive(terms, larger, max_leaves=40))
def test_registers_are_written_before_they_are_read_and_never_in_place(text):
    program = compiled(text)
    if not isinstance(program, Program):
        return
    written = set()
    for k in range(0, len(program.code), WIDTH):
        op, target, *operands = program.code[k : k + WIDTH]
        if op not in (expression.LOAD, expression.TIME, expression.RATE, expression.DRAW):
            operands = operands[: 3 if op == expression.WHERE else 2 if op in BINARY else 1]
            assert target not in operands and written.issuperset(operands)
        written.add(target)
    assert written == set(range(program.registers))


def test_to_mono_marks_the_source():
    program = compiled("to_mono(x) + x + to_mono($x)")
    assert program.inputs == (MonoInput(SIGNALS["x"]), SIGNALS["x"])


@pytest.mark.parametrize(
    ("text", "column", "words", "suggestion"),
    [
        ("-6 dB", 0, "unit 'dB'", "'db(-6)'"),
        ("1 + 6dB", 4, "unit 'dB'", "'db(6)'"),
        ("20ms", 0, "unit 'ms'", "'ms(20)'"),
        ("440 Hz", 0, "unit 'Hz'", "'440'"),
        ("1:30", 0, "seconds, not minutes", "'90'"),
        ("2 + 1:02:03", 4, "seconds, not minutes", "'3723'"),
        ("x = 3", 2, "does not compare", "'=='"),
        ("x ^ 2", 2, "not a power", "'**'"),
        ("x && y", 2, "not an operator", "'and'"),
        ("x || y", 2, "not an operator", "'or'"),
        ("!x", 0, "not an operator", "'not'"),
        ("'saw'", 0, "quotes", ""),
        ('x + "y"', 4, "quotes", ""),
        ("rand(200", 4, "never closed", ""),
        ("400)", 3, "never opened", ""),
        ("(x]", 2, "'(' is closed by ']'", ""),
        ("0,5", 1, "for a fraction use a point", ""),
        ("2x", 1, "side by side", "'2 * x'"),
        ("sin x", 4, "side by side", "'sin(x)'"),
        ("x 3", 2, "side by side", ""),
        ("x.y", 1, "stands in numbers only", ""),
        ("x[0]", 1, "cannot pick a value", ""),
        ("np.sin(1)", 0, "without 'np.'", "'sin'"),
        ("3,", 1, "delete this", ""),
        ("lambda: 1", 6, "':' means nothing", ""),
        ("x in y", 2, "not an operator", ""),
        ("sinn(1)", 0, "not a function", "'sin'"),
        ("__import__(1)", 0, "not a function", ""),
        ("clip(1, 2)", 0, "takes 3 arguments, got 2", ""),
        ("rand(1, 2, 3)", 0, "takes 0 to 2 arguments, got 3", ""),
        ("sum(3)", 0, "needs a list", ""),
        ("1 + chord", 4, "'chord' is a list", ""),
        ("[1, 2]", 0, "a list can only be given to", ""),
        ("rand([])", 0, "at least one value", ""),
        ("1 if x", 0, "a choice is written", ""),
        ("1 + not x", 4, "brackets around", ""),
        ("", 0, "empty", ""),
        ("x +", 2, "missing after '+'", ""),
        ("* x", 0, "missing before '*'", ""),
        ("50 %", 3, "remainder", ""),
        ("1__0", 0, "not a number", ""),
        ("c#", 1, "no note before it", ""),
        ("$", 0, "name of a node", ""),
        ("to_mono(x * 2)", 0, "takes the name", ""),
        ("1 + x / 0", 8, "division by zero", ""),
        ("x % (1 - 1)", 5, "division by zero", ""),
        ("log(0) * x", 0, "'log(0)' is not a finite number", ""),
        ("sqrt(-1)", 0, "'sqrt(-1)' is not a finite number", ""),
        ("inf - inf", 0, "not a finite number", ""),
        ("1e400", 0, "too large", ""),
    ],
)
def test_problems_say_what_and_where(text, column, words, suggestion):
    found = problem(text, chord=[0, 3, 7])
    assert found[0] == column
    assert words in found[1]
    assert found[2] == suggestion


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
def test_what_is_too_much_is_a_problem_at_once(text):
    begun = time.perf_counter()
    problem(text)
    assert time.perf_counter() - begun < 1.0


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
