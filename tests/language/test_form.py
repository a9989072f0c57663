"""Mistakes in the form of a piece: ramps, sections, fills."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import shipped
from waves.language.build.sound_checks import check_sounds
from waves.language.text.document import read_document

SONG = "kick: {osc: {duration: 0.1}}\na: {song: {sections: {%s}, signal: {mix: {b: {%s}}}}}"
ORDER = "a: {song: {sections: {v: 1, chorus: 1}, order: '%s', signal: {osc: {}}}}"
METRE = "a: {tempo: {metre: %s, signal: {osc: {}}}}"
ROWS = [  # text, the sentence of the only problem and its suggestion
    ("a: {osc: {freq: {from: 1, to: 2}}}", "a ramp needs 'in', the time from one number to the other",
     "'{from: 1, to: 2, in: 8 bars}'"),
    ("a: {osc: {freq: {from: 1, to: 2, over: 4 bars}}}",
     "'over' is nothing that a ramp has: 'from', 'to' and 'in'", "'in'"),
    ("a: {osc: {freq: {from: 1, to: 2, in: 8}}}", "expected a length like '16 bars' or '4 beats', got 8", "'8 bars'"),
    ("a: {osc: {freq: {from: 1, to: 2, in: 0 bars}}}",
     "expected a length like '16 bars' or '4 beats', got '0 bars'", ""),
    ("a: {osc: {freq: {from: 1, to: 2, inn: 1 bar, in: 1 bar}}}",
     "'inn' is nothing that a ramp has: 'from', 'to' and 'in'", "'in'"),
    ("a: {osc: {freq: {from: c4 +, to: 2, in: 1 bar}}}", "a value is missing after '+'", ""),
    ("a: {osc: {freq: {from: t, to: 2, in: 1 bar}}}", "'from' is a constant and cannot move", ""),
    ("a: {tempo: {bpm: {from: 90, to: 0, in: 4 bars}, signal: {osc: {}}}}",
     "expected 1 to 10000 beats per minute, got 0", ""),
    (METRE % "[4/4, 5]", "expected a metre like 4/4 or 6/8, got 5", "'5/4'"),
    (METRE % "[4/4, x]", "expected a metre like 4/4 or 6/8, got 'x'", "'4/4'"),
    (METRE % "[4/4, {a: 1}]", "expected a metre like 4/4 or 6/8, got {a: …}", "'4/4'"),
    (METRE % "[]", "expected a metre, or 1 to 64 of them in turn, got a list of 0", "'[4/4, 4/4, 3/4]'"),
    (METRE % f"[{'4/4, ' * 64}3/4]", "expected a metre, or 1 to 64 of them in turn, got a list of 65",
     "'[4/4, 4/4, 3/4]'"),
    (METRE % "'4/4 3/4'", "expected a metre like 4/4 or 6/8, got '4/4 3/4'", "'[4/4, 3/4]'"),
    (METRE % "<4/4 3/4>", "expected a metre like 4/4 or 6/8, got '<4/4 3/4>'", "'[4/4, 3/4]'"),
    (METRE % "4/4, 3/4", "expected a metre like 4/4 or 6/8, got '4/4, 3/4'", "'[4/4, 3/4]'"),
    ("h: {osc: {amp: gate, duration: 9}}\na: {tempo: {metre: [4/4, 3/4], signal: {play: h, length: bar, cycle: beat}}}",
     "'bar' is another time in each bar, and the steps here are not: give it in beats", ""),
    (METRE % "7/6", "expected a metre like 4/4 or 6/8, got '7/6'", "'7/8'"),
    (SONG % ("v: 4, chorus: 2", "play: kick, during: chrous"), "there is no section 'chrous'", "'chorus'"),
    (SONG % ("v: 4, chorus: 2", "play: kick, during: [v, chrous], fade: 2"),
     "there is no section 'chrous'", "'chorus'"),
    (SONG % ("v: {bars: 4, then: chrous}, chorus: 2", "play: kick"), "there is no section 'chrous'", "'chorus'"),
    (SONG % ("v: {bars: 4, then: {v: 0}}", "play: kick"), "a weight is a number above 0, not 0", ""),
    (SONG % ("v: 1.5", "play: kick"), "a section has 1 to 10,000 whole bars, not 1.5", "'8'"),
    (SONG % ("v: {bars: 1, metr: 3/4}", "play: kick"),
     "'metr' is nothing that a section has: 'bars', 'then' and 'metre'", "'metre'"),
    (SONG % ("v: {bars: 1, metre: [3/4, 3]}", "play: kick"), "expected a metre like 4/4 or 6/8, got 3", "'3/4'"),
    (SONG % ("any: 1", "play: kick"), "'any' is a word of 'then', and cannot be the name of a section", ""),
    (SONG % ("v: 1", "play: {pick: section, of: {w: kick}}"), "there is no section 'w'", ""),
    ("kick: {osc: {}}\na: {mix: {b: {play: kick, during: v}}}",
     "'during' names sections: it needs a 'song' around it", ""),
    ("kick: {osc: {}}\na: {play: {pick: section, of: {w: kick}}}", "'pick: section' needs a 'song' around it", ""),
    ("kick: {osc: {}}\na: {play: kick, sync: section}", "'sync: section' needs a 'song' around it", ""),
    (ORDER % "v chrous", "there is no section 'chrous'", "'chorus'"),
    (ORDER % "v*2", "an order has sections, '!', '[ ]' and '|' only", ""),
    ("kick: {osc: {}}\na: {play: kick%fil}",
     "there is no condition '%fil': 'fill', 'first' and 'prev', and numbers as '%3:4' and '%70'", "'kick%fill'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence", "meant"), ROWS, ids=range(len(ROWS)))
def test_a_mistake_is_told_once(text, sentence, meant):
    problems = dict.fromkeys(check_sounds(shipped(), [read_document(text, "waves.yaml")]))
    assert [(one.sentence, one.suggestion) for one in problems] == [(sentence, meant)]


def test_a_mistake_in_a_list_of_metres_is_told_at_its_place():
    (problem,) = check_sounds(shipped(), [read_document(METRE % "[4/4, 5]", "w.yaml")])
    assert str(problem).startswith("w.yaml:1:26: a.tempo.metre.1: expected a metre")
