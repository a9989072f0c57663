"""Places of a name: its definition, and its uses in all files."""

from __future__ import annotations

import pytest

from tests.harness.carets import at_caret, surroundings
from waves.assist.answers.places import places
from waves.assist.meaning.piece_names import Surroundings

PIECE = """\
vars: {root: c2}
hat: {context: {v: 1, signal: {osc: {id: low, freq: root, amp: v * $low}}}}
other: {osc: {id: low, amp: $low, freq: root}}
beat:
  mix:
    x: hat
    y: {hat: {v: 2}}
    z: {sequencer: {steps: [hat v.5, "other, hat v=1", {hat: {}}]}}
    low: {reference: {ref: low}}
templates: {s: &soft {type: tri}, t: {osc: {<<: *soft}}}
"""


@pytest.mark.parametrize(
    ("line", "word", "found"),
    [
        (2, "hat", "2:1 6:8 7:9 8:29 8:46 8:57"),
        (8, "hat", "2:1 6:8 7:9 8:29 8:46 8:57"),
        (3, "other", "3:1 8:39"),
        (1, "root", "1:8 2:53 3:41"),
        (2, "v:", "2:17 2:64 7:15 8:33 8:50"),
        (2, "low", "2:42 2:69 9:28"),
        (3, "low", "3:19 3:30"),
        (9, "low", "9:5"),
        (10, "soft", "10:17 10:50"),
        (2, "osc", ""),
        (2, "1", ""),
    ],
)
def test_definition_and_uses(line, word, found):
    column = PIECE.split("\n")[line - 1].index(word) + 1
    assert " ".join(f"{one.line}:{one.start}" for one in places(PIECE, line, column, surroundings())) == found


def test_a_pattern_is_found_where_it_is_used():
    text = "a: {play: '<be|at beat(3,8) hat>', note: beat}\n"
    text += "patterns: {fill: [beat, {steps: beat}], beat: hat}\nhat: {osc: {}}"
    found = places(*at_caret(text), surroundings())
    assert [(one.line, one.start) for one in found] == [(2, 41), (1, 13), (1, 18), (1, 41), (2, 19), (2, 33)]


def test_a_range_is_the_bare_name():
    text, line, column = at_caret("a: {mix: {x: {osc: {id: low}}, y: {osc: {amp: 2 * $l|ow}}}}")
    found = places(text, line, column, surroundings())
    assert [text[one.start - 1 : one.end - 1] for one in found] == ["low", "low"]


def test_other_files_are_searched():
    around = Surroundings(surroundings().types, {"sounds/kit.yaml": "hat: {osc: {}}"})
    found = places(*at_caret("a: {mix: {x: h|at}}"), around)
    assert [(one.file, one.line) for one in found] == [("sounds/kit.yaml", 1), ("waves.yaml", 1)]
