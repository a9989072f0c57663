"""Patterns that players think of, each in a line: taken without a word, and heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.text.document import read_document

EXAMPLES = [
    line.split("\t")
    for line in (Path(__file__).parent / "examples.tsv").read_text().splitlines()
    if not line.startswith("#")
]
NAMES = "kick snare hat open clap rim tom bass pluck break".split()
SOUNDS = "\n".join(f"{name}: {{osc: {{freq: f, amp: v, duration: 0.05}}}}" for name in NAMES if name != "break")
SOUNDS += "\nbreak: {sample: {file: samples/break.flac}}\nlong: {stretch: {file: samples/break.flac}}"


@pytest.mark.parametrize(("number", "idea", "text"), EXAMPLES, ids=[row[1] for row in EXAMPLES])
def test_an_example_starts_notes(number, idea, text):
    root, told = build_sounds(["my_sound"], shipped(), [read_document(f"my_sound: {text}\n{SOUNDS}\n", "w.yaml")])
    assert told == []
    pools = [node for node in nodes(root).values() if node.template]
    assert pools
    for pool in pools:
        pages = pool.settings["pages"]
        assert sum(map(len, [pages.page(cycle)[1] for cycle in range(16)] if pages else pool.settings["notes"])) > 0
