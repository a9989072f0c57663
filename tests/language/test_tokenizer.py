"""Sentences for mistakes in expressions, each at its column."""

import pytest

from tests.harness.expressions import problem


@pytest.mark.parametrize(
    ("text", "column", "words", "suggestion"),
    [
        ("-6 dB", 0, "unit 'dB'", "'db(-6)'"),
        ("1 + 6dB", 4, "unit 'dB'", "'db(6)'"),
        ("20ms", 0, "unit 'ms'", "'ms(20)'"),
        ("440 Hz", 0, "unit 'Hz'", "'440'"),
        ("120 bpm", 0, "unit 'bpm'", "'120'"),
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
