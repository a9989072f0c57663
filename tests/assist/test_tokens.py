"""Colours: the kind of each word."""

from __future__ import annotations

import pytest

from tests.harness.carets import DEMO, KIT, surroundings
from waves.assist.answers.tokens import tokens


def kinds(text: str) -> str:
    """The words of the first line with their kinds, but for punctuation."""
    line = text.split("\n")[0]
    found = tokens(text + KIT, surroundings(), 1, 1)
    words = ((line[one.column - 1 : one.column - 1 + one.length], one.kind) for one in found)
    return ", ".join(f"{word} {kind}" for word, kind in words if kind != "punctuation")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: {osc: {freq: 3}}", "a entry, osc node, freq parameter, 3 number"),
        ("a: {osc: {type: saw}, amp: -.5}", "a entry, osc node, type parameter, saw word, amp parameter, -.5 number"),
        ("a: {osc: {frq: 3}}", "a entry, osc node, frq unknown, 3 number"),
        ("a: {ocs: {}}", "a entry, ocs unknown"),
        ("a: {ocs: {freq: 3}}", "a entry, ocs unknown, freq name, 3 number"),
        ("a: {osc: {frq: {osc: {type: saw, amp: zzz}}}}",
         "a entry, osc node, frq unknown, osc node, type parameter, saw word, amp parameter, zzz unknown"),
        ("a: {osc: {frq: [{ramp: 1}, {osc: {fre: 1}}]}}",
         "a entry, osc node, frq unknown, ramp name, 1 number, osc node, fre unknown, 1 number"),
        ("a: {osc: {type: swa}}", "a entry, osc node, type parameter, swa unknown"),
        ("a: kick # note", "a entry, kick sound, # note comment"),
        ("a: {hat: {v: 1}}", "a entry, hat sound, v name, 1 number"),
        ("a: {mix: {x: kick, y: {hat: {}}}}", "a entry, mix node, x name, kick sound, y name, hat sound"),
        (
            "a: {osc: {freq: 2 * root + c#4 - sin(t) // zzz}}",
            "a entry, osc node, freq parameter, 2 number, * operator, root value, + operator, c#4 note, - operator, "
            "sin function, t constant, // operator, zzz unknown",
        ),
        ("a: {osc: {amp: 1 if beat > 2 else v}}",
         "a entry, osc node, amp parameter, 1 number, if operator, beat value, > operator, 2 number, else operator, "
         "v value"),
        ("a: {osc: {id: x, amp: $x * $y}}",
         "a entry, osc node, id parameter, x reference, amp parameter, $x reference, * operator, $y unknown"),
        (
            "a: {sequencer: {steps: [kick, ~, 'hat v.4 c2, kik', hits:3, null]}}",
            "a entry, sequencer node, steps parameter, kick step, ~ rest, hat step, v parameter, .4 number, c2 note, "
            "kik unknown, hits text, 3 number, null rest",
        ),
        (
            "a: {play: 'kick [~ hat:v.4:c2]*2 kik'}",
            "a entry, play node, kick step, ~ rest, hat step, v parameter, .4 number, c2 note, "
            "kik unknown",
        ),
        (
            "a: {play: kick, note: 'c4 ~ 3', every: {4: fast 2}}",
            "a entry, play node, kick step, note parameter, c4 note, ~ rest, 3 number, every parameter, 4 parameter, "
            "fast word, 2 number",
        ),
        (
            "a: {play: '<beat!3 kick>', v: loud}\npatterns: {beat: hat, loud: 1}",
            "a entry, play node, beat value, kick step, v parameter, loud value",
        ),
        (
            "patterns: {beat: 'kick*2 ~ hat:v.4', b: {steps: beat, rev: 1, every: {2: fast 2}}, c: 'c4 3 x'}",
            "patterns entry, beat name, kick step, 2 number, ~ rest, hat step, v parameter, .4 number, b name, "
            "steps parameter, beat value, rev parameter, 1 number, every parameter, 2 parameter, fast word, 2 number, "
            "c name, c4 note, "
            "3 number, x text",
        ),
        ("a: {sequencer: {steps: [hat note=c2 q3]}}",
         "a entry, sequencer node, steps parameter, hat step, note parameter, c2 note, q unknown, 3 number"),
        ("a: {sample: {file: samples/x.wav, loop: true}}",
         "a entry, sample node, file parameter, samples/x.wav text, loop parameter, true word"),
        ("templates: {x: &s {type: tri}, y: {osc: {<<: *s}}}",
         "templates entry, x name, & anchor, s anchor, type parameter, tri word, y name, osc node, << anchor, "
         "* anchor, s anchor"),
        ("settings: {at: bar, fade: 0.1, x: 2}", "settings entry, at parameter, bar word, fade parameter, 0.1 number, "
         "x unknown, 2 number"),
        ("vars: {x: 3, y: x * pi}", "vars entry, x name, 3 number, y name, x value, * operator, pi constant"),
        ("a: {context: {x: 1, y: x, signal: {osc: {freq: y}}}}",
         "a entry, context node, x name, 1 number, y name, x value, signal parameter, osc node, freq parameter, "
         "y value"),
        ("a: {osc: {freq: [1, [2, 0.5]], fre", "a entry, osc node, freq parameter, 1 number, 2 number, 0.5 number, "
         "fre unknown"),
        ("# alone", "# alone comment"),
    ],
    ids=lambda text: text[:60],
)  # fmt: skip
def test_kinds(text, found):
    assert kinds(text) == found


def test_everything_in_the_demo_is_known_and_has_a_colour():
    found = tokens(DEMO, surroundings())
    assert "unknown" not in {one.kind for one in found}
    covered = {(one.line, column) for one in found for column in range(one.column, one.column + one.length)}
    for number, line in enumerate(DEMO.split("\n"), 1):
        plain = [letter for column, letter in enumerate(line, 1) if (number, column) not in covered]
        assert not set(plain) - set(" <>[](){}|!*%?,:/@"), line  # signs of patterns have the colour of the text


def test_some_lines_are_a_part_of_all():
    whole = tokens(DEMO, surroundings())
    for first in range(1, DEMO.count("\n"), 7):
        part = tokens(DEMO, surroundings(), first, first + 2)
        assert part == [one for one in whole if first <= one.line <= first + 2]
