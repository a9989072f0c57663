"""Differences between two versions, in the words of a player."""

from __future__ import annotations

import pytest

from waves.live.history.text_changes import LARGEST, ONLY_LAYOUT, changes_in_words

PIECE = """\
vars: {root: 220}
my_sound:
  mix:
    lead: {osc: {type: saw, freq: 220, amp: 0.2}}
    beat: {sequencer: {interval: 0.25, steps: [kick, ~, hat v.4, ~]}}
kick: {osc: {freq: 60, amp: [1, 0]}}  # deep
hat: {noise: {amp: 0.1}}
line: {play: "kick hat", rev, fast: 2, every: {2: {slow: 2, rev}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("freq: 220", "freq: 330", "lead: freq 220 → 330"),
        ("freq: 220, amp: 0.2", "freq: c4, amp: 1", "lead: freq 220 → c4, amp 0.2 → 1"),
        ("amp: 0.2", "amp: 0.2, detune: 3", "lead: detune 3 added"),
        ("type: saw, ", "", "lead: type removed"),
        ("amp: 0.2", "amp: {lfo: {freq: 2}}", "lead: amp 0.2 → {lfo: …}"),
        ("amp: 0.2", "amp: true", "lead: amp 0.2 → true"),
        ("amp: 0.2", "amp: {from: 0, to: 1, in: 4 bars}", "lead: amp 0.2 → ramp 0 to 1 in 4 bars"),
        ("amp: 0.2", 'amp: {values: "<0 1>"}', "lead: amp 0.2 → values <0 1>"),
        ("hat v.4, ~]", "hat v.4, kick]", "beat: steps 4: ~ → kick"),
        ("[kick, ~, ", "[", "beat: steps 1: kick removed, steps 2: ~ removed"),
        ("steps: [kick, ~", "steps: [kick, hat, ~", "beat: steps 2: hat added"),
        ("freq: 220", 'freq: ["a, b", 3]', 'lead: freq 220 → ["a, b", 3]'),
        ("[1, 0]", "[1, 0.5]", "kick: amp 2: 0 → 0.5"),
        ("root: 220", "root: 110", "vars: root 220 → 110"),
        ("hat: {noise: {amp: 0.1}}", "hat: {osc: {amp: 0.1}}", "hat: noise → osc"),
        ("hat: {noise: {amp: 0.1}}\n", "", "hat: removed"),
        ("kick: {osc", "pad: {osc: {}}\nkick: {osc", "pad: new"),
        ("hat: {noise", "hiss: {noise", "hiss: was hat"),
        ("    lead:", "    low: kick\n    lead:", "low: new"),
        ("rev, fast: 2", "fast: 2, rev", "line: order rev fast every → fast rev every"),
        ("{slow: 2, rev}", "{rev, slow: 2}", "line: order slow rev → rev slow"),
        ("kick hat", "kick hat hat", "line: play kick hat → kick hat hat"),
        ("kick hat", "kick hat kick ~ hat hat [kick kick]", "line: play kick hat → kick hat kick ~ hat hat…"),
        ("rev, fast: 2", "fast: 2", "line: rev removed"),
        ("play: \"kick hat\"", "play: \"kick hat\", degrade", "line: degrade 0.5 added"),
        ("  # deep", "  # deeper", ONLY_LAYOUT),
        ("{type: saw, freq: 220, amp: 0.2}", "{freq: 220.0, amp: .2, 'type': saw}", ONLY_LAYOUT),
        ("{noise: {amp: 0.1}}", "\n  noise:\n    amp: 0.1\n", ONLY_LAYOUT),
        ("type: saw, freq: 220, amp: 0.2", "freq: 1, amp: 1, phase: 1, id: a, sync: 1",
         "lead: type removed, freq 220 → 1, amp 0.2 → 1, phase 1 added; and 2 more"),
        ("hat: {noise: {amp: 0.1}}", "hat: {noise: {amp: 0.1", "hat: +1 -1 lines"),
        ("vars: ", "{a: 1}\nvars: ", "the file: +1 -0 lines"),
        ("vars: ", "\"<b>\": {osc: {}}\nvars: ", "<b>: new"),
        ("saw", "x" * 50, f"lead: type saw → {'x' * 23}…"),
    ],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_change_is_told_in_words(old, new, words):
    assert PIECE.count(old) >= 1
    assert changes_in_words({"waves.yaml": PIECE}, {"waves.yaml": PIECE.replace(old, new, 1)}) == words


def test_of_a_long_text_the_words_that_differ_are_told():
    long = 'a: {play: "kick hat [kick kick] hat kick ~"}'
    for old, new, words in (
        ("[kick kick]", "[kick snare]", "play …kick]… → …snare]…"),
        ("~", "~ hat", "play …~ → …~ hat"),
        ("[kick kick] ", "", "play …hat [kick kick]… → …hat…"),
        ('"kick', '"snare kick', "play kick… → snare kick…"),
    ):
        assert changes_in_words({"x": long}, {"x": long.replace(old, new)}) == f"a: {words}"


def test_parts_of_a_list_have_numbers_and_inner_mixes_count():
    listed = "my_sound: {mix: [{osc: {freq: 1}}, {osc: {freq: 2}}]}"
    inner = "my_sound: {mix: {a: {mix: {b: {filter: {signal: {osc: {freq: 2}}}}}}}}"
    for text, words in ((listed, "my_sound.2: freq 2 → 3"), (inner, "b: freq 2 → 3")):
        assert changes_in_words({"x": text}, {"x": text.replace("freq: 2", "freq: 3")}) == words


def test_a_way_is_as_long_as_it_must_be():
    text = "wow: {filter: {cutoff: {osc: {freq: 1}}, signal: {osc: {freq: 2, amp: 1}}}}"
    assert changes_in_words({"x": text}, {"x": text.replace("freq: 1", "freq: 3")}) == "wow: cutoff.osc.freq 1 → 3"
    assert changes_in_words({"x": text}, {"x": text.replace("amp: 1", "amp: 2")}) == "wow: amp 1 → 2"
    two = "one: {mix: {low: {osc: {freq: 1}}}}\ntwo: {mix: {low: {osc: {freq: 1}}}}\n"
    words = changes_in_words({"x": two}, {"x": two.replace("freq: 1", "freq: 2")})
    assert words == "one.low: freq 1 → 2; two.low: freq 1 → 2"


def test_anchors_of_other_entries_are_known_and_files_are_one_piece():
    before = {"waves.yaml": "_s: &s {type: saw}\na: {osc: {<<: *s, freq: 1}}\n", "sounds/b.yaml": "b: {osc: {}}\n"}
    after = {"waves.yaml": before["waves.yaml"].replace("freq: 1", "freq: 2") + "b: {osc: {}}\n"}
    assert changes_in_words(before, after) == "a: freq 1 → 2"
    assert changes_in_words(before, before) == "no difference"
    assert changes_in_words({}, before) == "_s: new; a: new; b: new"


def test_of_a_large_entry_and_of_one_that_cannot_be_read_the_lines_are_counted():
    many = "a:\n  mix:\n" + "".join(f"    p{number}: {{osc: {{freq: {number}}}}}\n" for number in range(1000))
    assert len(many) > LARGEST
    assert changes_in_words({"x": many}, {"x": many.replace("freq: 7}", "freq: 8}")}) == "a: +1 -1 lines"
    assert changes_in_words({"x": "a: *b\n"}, {"x": "a: *c\n"}) == "a: +1 -1 lines"
    assert changes_in_words({"x": "a: {b: 1"}, {"x": "a: {b: 1}"}) == "a: +1 -1 lines"
