"""Instructions, registers, inputs and factors of the program of an expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.expressions import SIGNALS, compiled, larger, terms
from waves.language.expression.bytecode import MonoInput, Program
from waves.node_types.builtin import expression
from waves.node_types.builtin.expression import WIDTH

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
