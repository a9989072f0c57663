"""The code that a function depends on: what changes it, and what does not."""

from __future__ import annotations

import pytest

from waves.python_patterns.function_code import function_code

TEXT = '''\
"""Lines."""
from waves.patterns import mini, pattern
import math as m

top = 60
count = 0
other = mini("kick")

def step(k):
    return k + m.floor(top)

@pattern
def riff(cycle):
    global count
    return f"{step(cycle)}"

@pattern
def line(cycle):
    return "kick"
'''
CHANGES = [
    ("top = 60", "top = 61", True),
    ("k + m", "k - m", True),
    ("import math as m", "import cmath as m", True),
    ("count = 0", "count = 1", True),
    ("{step(cycle)}", "{step(cycle)} ~", True),
    ("top = 60", "top = 60\nprint(3)", True),
    ('mini("kick")', 'mini("hat")', False),
    ('    return "kick"', '    return "hat"', False),
    ("top = 60", "# more\n\ntop = 60  # here", False),
    ("Lines.", "Other lines.", False),
    ("@pattern\ndef line", 'fill = mini("kick")\n@pattern\ndef line', False),
]


@pytest.mark.parametrize(("before", "after", "differs"), CHANGES)
def test_a_function_is_the_same_while_all_that_it_needs_is(before, after, differs):
    assert TEXT.count(before) == 1
    changed = TEXT.replace(before, after)
    assert (function_code(changed, "riff") != function_code(TEXT, "riff")) is differs


def test_of_what_is_not_found_all_counts():
    assert function_code("def (", "riff") == "def ("
    assert function_code(TEXT, "nothing") == TEXT


@pytest.mark.parametrize("deep", [600, 950, 3_000])
def test_code_counts_however_deep_it_is(deep):
    one, other = (TEXT.replace("top = 60", f"top = {'-' * deep}{number}") for number in (1, 2))
    assert function_code(one, "riff") != function_code(other, "riff")
