"""Expressions of two signals x and y: compiled, rendered, and written at random."""

import numpy as np
import pytest
from hypothesis import strategies as st

from waves.language.expression.builtin_names import builtin
from waves.language.expression.bytecode import Program
from waves.language.expression.parser import parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.node_types.builtin.expression import Expression
from waves.testing import Player

X = np.array([-3.0, -2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 2.75])
Y = np.array([1.0, -1.0, 0.25, 2.0, 0.0, -0.75, 3.0, 0.5])
SIGNALS = {"x": object(), "y": object()}
FRAMES = dict(zip(SIGNALS.values(), (X, Y), strict=True))


def compiled(text, **names):
    """The value or the program of an expression of x, y and some more names."""
    known = SIGNALS | names
    return parse(text).compile(lambda name: known.get(name, builtin(name)))


def rendered(text, **names):
    """The frames of an expression of the signals x and y."""
    program = compiled(text, **names)
    if not isinstance(program, Program):
        return np.full(X.size, program)
    inputs = [FRAMES.get(source, source) for source in program.inputs]
    code = {"code": np.array(program.code)}
    return Player(Expression, X.size, arrays=code, inputs=inputs, instructions=program.code).render()


def problem(text, **names):
    """Column, sentence and suggestion of the one problem of an expression."""
    with pytest.raises(ExpressionProblem) as caught:
        compiled(text, **names)
    (only,) = caught.value.problems
    assert only.mark is None
    return caught.value.column, only.sentence, only.suggestion


# Everything here is exact in float64 for small multiples of 1/4, so that results must be equal, not close.
quarters = st.integers(0, 24).map(lambda n: str(n / 4))
terms = st.sampled_from(["x", "y"]) | quarters | st.integers(0, 9).map(str)
OPERATORS = ["+", "-", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
whole = st.integers(1, 12).map(lambda n: str(n / 4))


def larger(parts):
    """Random expressions made of smaller ones, in the syntax of Python too."""
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
