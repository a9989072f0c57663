"""Outline: entries, their comments, and the parts of a mix."""

from __future__ import annotations

from tests.harness.carets import DEMO, surroundings
from waves.assist.answers.outline import outline


def test_the_demo():
    found = outline(DEMO, surroundings())
    lines = DEMO.split("\n")
    assert all(lines[one.line - 1].startswith(f"{one.name}:") for one in found)
    by_name = {one.name: one for one in found}
    assert len(by_name) == 40 and next(iter(by_name)) == "my_sound"
    assert by_name["my_sound"].node == "tempo"
    assert " ".join(part.name for part in by_name["my_sound"].parts) == (
        "kick clap hats loop bass stabs pads lead fills rise room bells"
    )
    assert {part.node for part in by_name["my_sound"].parts} == {"track"}
    assert by_name["my_sound"].parts[5].comment.startswith("`$duck` is the volume of the bass")
    assert by_name["vars"].parts[0].name == "feel"
    assert by_name["vibrato"].comment.startswith("2. A parameter may be a node")
    assert (by_name["vibrato"].last - by_name["vibrato"].line, by_name["vibrato"].parts) == (3, [])


def test_a_broken_text():
    found = outline("a: {mix: {x: {osc: {}}, y: kick\nkick: {osc\n# end", surroundings())
    assert [(one.name, one.node, one.line, one.last) for one in found] == [("a", "mix", 1, 1), ("kick", "", 2, 2)]
    assert [(part.name, part.node) for part in found[0].parts] == [("x", "osc"), ("y", "kick")]
