"""What one does in a set elsewhere: each line of the page is taken here without a word."""

from __future__ import annotations

import re

import pytest

from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds
from waves.language.text.document import read_document

PAGE = (TOP / "docs" / "coming-from-live-coding.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([^|`]+) \| [^|]+ \| `(\{.+\})` \|$", PAGE, re.M)
NAMES = ("kick", "snare", "hat", "bass", "pluck")
SOUNDS = "".join(f"{name}: {{osc: {{freq: f, amp: v, duration: 0.05}}}}\n" for name in NAMES)
PIECE = 'my_sound: {mix: {kick: {play: "kick*4", id: kick}, part: %s}}\n' + SOUNDS


def test_the_page_has_a_line_for_each_action():
    assert len(ROWS) == sum(line.startswith("| ") for line in PAGE.splitlines()) - 2 == 28


@pytest.mark.parametrize(("action", "part"), ROWS, ids=[action for action, _ in ROWS])
def test_an_action_is_one_line(action, part):
    text = PIECE % part + "break: {sample: {file: samples/break.flac}}\n"
    _, told = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")])
    assert told == []
