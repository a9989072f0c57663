"""A parameter as one word: assigned, a name and a number, or a note."""

from __future__ import annotations

import pytest

from waves.language.model.parameter_notation import read_number, read_word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("freq=110", ("assigned", "freq", "110")),
        ("freq=220 + 10 * t", ("assigned", "freq", "220 + 10 * t")),
        ("v=", ("assigned", "v", "")),
        ("v.4", ("number", "v", ".4")),
        ("v-2", ("number", "v", "-2")),
        ("f440", ("number", "f", "440")),
        ("c2", ("note", "freq", "c2")),
        ("c#4", ("note", "freq", "c#4")),
        ("g10", ("note", "freq", "g10")),
        ("a10", ("note", "freq", "a10")),
        ("a11", ("number", "a", "11")),
        ("d2", ("number", "d", "2")),
        ("d#2", ("note", "freq", "d#2")),
        ("kick", None),
        ("4", None),
        ("=4", None),
        ("v.4.5", None),
    ],
)
def test_read_word(text, word):
    """Behind a sound with a parameter `d`, which wins over the note."""
    assert read_word(text, {"freq", "v", "d"}) == word


def test_read_number():
    assert [read_number(text) for text in ("3", "-.5", "+1.", "c2", "1e3", "")] == [3.0, -0.5, 1.0, None, None, None]
