"""Mistakes in the form of a piece: ramps, sections, fills."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import shipped
from waves.language.build.sound_checks import check_sounds
from waves.language.text.document import read_document

ROWS = [  # text, the sentence of the only problem and its suggestion
    ("a: {osc: {freq: {from: 1, to: 2}}}", "a ramp needs 'in', the time from one number to the other",
     "'{from: 200, to: 6000, in: 8 bars}'"),
    ("a: {osc: {freq: {from: 1, to: 2, in: 8}}}", "expected a length like '16 bars' or '4 beats', got 8", "'8 bars'"),
    ("a: {osc: {freq: {from: 1, to: 2, in: 0 bars}}}",
     "expected a length like '16 bars' or '4 beats', got '0 bars'", ""),
    ("a: {osc: {freq: {from: 1, to: 2, inn: 1 bar, in: 1 bar}}}",
     "'inn' is nothing that a ramp has: 'from', 'to' and 'in'", "'in'"),
    ("a: {osc: {freq: {from: c4 +, to: 2, in: 1 bar}}}", "a value is missing after '+'", ""),
    ("a: {osc: {freq: {from: t, to: 2, in: 1 bar}}}", "'from' is a constant and cannot move", ""),
    ("a: {tempo: {bpm: {from: 90, to: 0, in: 4 bars}, signal: {osc: {}}}}",
     "expected 1 to 10000 beats per minute, got 0", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence", "meant"), ROWS, ids=range(len(ROWS)))
def test_a_mistake_is_told_once(text, sentence, meant):
    problems = dict.fromkeys(check_sounds(shipped(), [read_document(text, "waves.yaml")]))
    assert [(one.sentence, one.suggestion) for one in problems] == [(sentence, meant)]
