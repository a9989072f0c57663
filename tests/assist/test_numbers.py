"""Numbers under a caret: the parameter, the range of a slider, and the text of another value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.carets import KIT, at_caret, surroundings
from waves.assist.answers.numbers import Number, number_at, with_number


def number(text: str) -> Number | None:
    return number_at(*at_caret(text + KIT), surroundings())


@pytest.mark.parametrize(
    ("text", "value", "path", "parameter", "unit"),
    [
        ("a: {osc: {freq: 2|20}}", 220, "a.osc", "freq", "Hz"),
        ("a: {osc: {freq: -3|.5}}", -3.5, "a.osc", "freq", "Hz"),
        ("a: {osc: {type: tri}, amp: |.5}", 0.5, "a", "amp", "factor"),
        ("a: {osc: {freq: [100, [2|00, 0.5]]}}", 200, "a.osc", "freq", "Hz"),
        ("a: {mix: {x: {track: {pan: 0|.5, signal: kick}}}}", 0.5, "a.mix.x.track", "pan", "position"),
        ("a: {osc: {freq: 2|20 * t}}", 220, "", "", ""),
        ("a: {sequencer: {steps: [hat v.|4]}}", 0.4, "a.sequencer.steps.0", "v", ""),
        ("a: {sequencer: {steps: [kick freq=1|20]}}", 120, "a.sequencer.steps.0", "freq", "Hz"),
        ("a: {context: {v: |1, signal: kick}}", 1, "a.context", "v", ""),
        ("vars: {x: |3}\n", 3, "vars", "x", ""),
    ],
)
def test_a_number_belongs_to_a_parameter(text, value, path, parameter, unit):
    found = number(text)
    assert (found.value, found.path, found.parameter, found.unit) == (value, path, parameter, unit)


@pytest.mark.parametrize("text", ["a: {osc: {freq: c|4}}", "a: {o|sc: {}}", "|", "a: {osc: {freq: .i|nf}}"])
def test_nothing_else_is_a_number(text):
    assert number(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high", "logarithmic", "step"),
    [
        ("a: {osc: {freq: |220}}", 20, 20_000, True, 1),
        ("a: {osc: {freq: |5}}", 0.01, 20, True, 0.01),
        ("a: {osc: {freq: |0}}", 0, 20_000, False, 1),
        ("a: {osc: {amp: |0.3}}", 0, 2, False, 0.01),
        ("a: {osc: {amp: |9}}", 0, 18, False, 0.1),
        ("a: {envelope: {attack: |0.005}}", 0, 10, False, 0.001),
        ("a: {track: {pan: |0}}", -1, 1, False, 0.01),
        ("a: {tempo: {bpm: |120}}", 20, 300, False, 1),
        ("a: {sequencer: {voices: |4}}", 1, 32, False, 1),
        ("a: {sequencer: {swing: |-0.2}}", -1, 1, False, 0.01),
        ("a: {sequencer: {steps: [hits:|3]}}", 0, 10, False, 1),
        ("a: {osc: {freq: 20 * |6000}}", 0, 10_000, False, 1),
    ],
)
def test_the_range_of_a_slider(text, low, high, logarithmic, step):
    found = number(text)
    assert (found.low, found.high, found.logarithmic, found.step) == (low, high, logarithmic, pytest.approx(step))


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("a: {osc: {freq: |220}}", 440.4, "440"),
        ("a: {osc: {freq: |220.50}}", 440.456, "440.46"),
        ("a: {osc: {freq: |1e3}}", 12345678.0, "12345700"),
        ("a: {osc: {amp: |.5}}", 0.254, ".25"),
        ("a: {osc: {amp: |.5}}", -0.25, "-.25"),
        ("a: {osc: {amp: |.5}}", 1.25, "1.25"),
        ("a: {osc: {amp: |0.5}}", 1e-9, "0"),
        ("a: {osc: {amp: |0.5}}", math.nan, "0.5"),
        ("a: {track: {pan: |0.5}}", 3.0, "1"),
        ("a: {sequencer: {voices: |4}}", 7.4, "7"),
        ("a: {envelope: {attack: |0.005}}", 0.0123456, "0.012"),
    ],
)
def test_another_value_is_written_in_the_same_form(text, value, written):
    assert with_number(number(text), value) == written


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["0.5", ".25", "3", "-7", "1e3", "0.00001"]))
def test_any_value_is_a_plain_number_near_it(value, form):
    text = with_number(number(f"a: {{osc: {{amp: |{form}}}}}"), value)
    assert text.lstrip("-").replace(".", "", 1).isdigit()
    assert len(text.replace(".", "").strip("-0")) <= 6
    assert float(text) == pytest.approx(value, rel=1e-5, abs=0.0051 if "." in form else 0.51)
