"""The hint for the first edit: a number that is heard when it is changed."""

from __future__ import annotations

import pytest

from waves.app.player.edit_hint import what_to_edit
from waves.language.text.document import read_document

HAT = "hat: {context: {v: 1, signal: {osc: {amp: 0.5 * v, freq: 300}}}}\n"


@pytest.mark.parametrize(
    ("text", "given", "hint"),
    [
        ("a: {osc: {freq: 220, amp: 0.3}}", (), "freq: 220"),
        ("a: {osc: {freq: 220, amp: 0.3}}", ("freq",), "amp: 0.3"),
        ("a: {osc: {freq: 220}}", ("freq",), "freq: 220"),
        ("a: {context: {note: 220, signal: {osc: {freq: note, amp: 0.3}}}}", {"note": 330}, "amp: 0.3"),
        ("a: {sequencer: {interval: beat, steps: [hat v.05, hat]}}\n" + HAT, (), "freq: 300"),
        ("a: {sequencer: {interval: beat, steps: [{hat: {}}]}}\nhat: {osc: {freq: 3, duration: 2}}", (), "duration: 2"),
        ("a: {mix: {x: hat}}\nhat: {osc: {freq: 3}}", (), "freq: 3"),
        ("a: hat\nhat: {osc: {freq: t}}", (), "'a', line 1"),
    ],
)
def test_a_number_that_a_use_may_give_comes_last(text, given, hint):
    told = what_to_edit([read_document(text, "waves.yaml")], "a", given)
    assert told.startswith("editing waves.yaml: change ")
    assert hint in told
