"""Lengths of notes by the lane `length`: seconds, and lengths of the tempo in steps that follow it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.abi import NOTE
from waves.language.build.moving.slow_fades import copied
from waves.language.text.document import read_document
from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.moved_value import ValueCell
from waves.node_types.builtin.voices import NoteLength
from waves.problem import Problem

SOUNDS = """
held: {osc: {freq: note, amp: gate, duration: 9}}
long: {context: {note: a4, length: beat, signal: {osc: {freq: note, duration: length}}}}
hat: {osc: {type: noise, duration: 0.05}}
inner: {play: held, length: eighth, cycle: beat}
"""


def pools(given: str, **options: Any) -> tuple[list[TreeNode], list[Problem]]:
    text = f"my_sound: {given}\n{SOUNDS}"
    root, warnings = build_sounds(["my_sound"], shipped(), [read_document(text, "w.yaml")], **options)
    return [node for node in nodes(root).values() if node.template], warnings


def lengths(pool: TreeNode) -> list[Any]:
    """Of each note of a pool its seconds, or the text of its steps; of one that never comes again in two cycles."""
    pages = pool.settings["pages"]
    timing = [pages.page(cycle)[0] for cycle in range(2)] if pages else pool.settings["timing"]
    notes = [dict(zip(NOTE, note, strict=True)) for step in timing for note in step]
    return [note["held"] if note["held"] >= 0.0 else f"{note['length']:g}" for note in notes]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("{play: held, length: 0.3}", [0.3]),
        ('{play: held, length: "0.3 0.6"}', [0.3, 0.6]),
        ('{play: "held held", length: "<.1 .2>"}', [0.1, 0.1, 0.2, 0.2]),
        ("{play: held, length: 0.125}", [0.125]),
        ("{play: held, length: eighth}", ["0.125"]),
        ("{play: held, length: 0.5 * beat, interval: beat}", ["0.5"]),
        ('{play: "held held", length: bar/2, interval: eighth}', ["4", "4"]),
        ('{play: "held*2", length: "sixteenth .2"}', ["0.0625", 0.2]),
        ("{play: [held, held], length: [0.5 * beat, .2]}", ["0.125", 0.2]),
        ('{play: "held*2", length: {steps: ".1 .2", rev}}', [0.2, 0.1]),
        ('{play: held, with: {length: "0.3"}}', [0.3]),
        ("{sequencer: {steps: [held, held], interval: beat, length: .1}}", [0.1, 0.1]),
        ('{play: "held held:length=.1 held:length=eighth", length: .3}', [0.3, 0.1, "0.125"]),
        ('{play: held, length: "choose(bar,bar)"}', ["1", "1"]),
        ('{play: held, length: bar, note: "a4|c4", interval: beat}', ["4", "4"]),
        ('{play: "held*2", length: .1, swing: 60%, degrade: 0}', [0.1] * 2),
        ('{play: "held*2", length: .1, groove: mpc58}', [0.1, 0.1]),
        ('{play: held, chord: "C", length: .1}', [0.1] * 3),
        ('{play: held, length: eighth, trigger: "sin(9 * t)"}', [0.25]),
        ("{tempo: {bpm: 60, signal: {play: held, length: eighth, cycle: 2}}}", [0.5]),
        ("{tempo: {bpm: 60, signal: {play: held, length: eighth}}}", ["0.125"]),
        ("{tempo: {bpm: 90, metre: 6/8, signal: {play: held, length: bar, cycle: 2 * bar}}}", ["0.5"]),
        ("{tempo: {bpm: 120 + sin(t), signal: {play: held, length: eighth}}}", ["0.125"]),
        ("{tempo: {bpm: 120 + sin(t), signal: {play: held, length: .2, cycle: 1}}}", [0.2]),
    ],
)
def test_a_note_is_as_long_as_the_lane_says(given: str, found: list[Any]) -> None:
    (pool,), warnings = pools(given)
    assert (lengths(pool), warnings) == (found, [])


def test_a_sequence_in_a_voice_has_its_own_lengths() -> None:
    made, warnings = pools('{play: "inner"}')
    inner = [pool for pool in made if pool.voice or ".inner." in pool.id]
    assert warnings == [] and any(lengths(pool) == ["0.5"] for pool in inner)


def test_a_parameter_of_that_name_is_the_length_of_the_note() -> None:
    (pool,), warnings = pools('{play: "long long:length=.1", length: .3}')
    assert lengths(pool) == [0.3, 0.1] and warnings == []
    assert pool.template and [node.kind for node in pool.template.held] == [NoteLength]
    copy = copied([pool], {})[pool]  # of a part that fades out
    assert copy.template and [node.kind for node in copy.template.held] == [NoteLength]
    assert copy.template.held != pool.template.held
    (pool,), _ = pools('{play: "long"}')
    assert pool.template and not pool.template.held


def test_a_length_of_the_tempo_in_a_step_is_a_number_of_seconds() -> None:
    (pool,), warnings = pools('{play: "long:length=eighth", cycle: beat}')
    assert (pool.settings["notes"], warnings) == ((((0.25,),),), [])


def test_a_list_in_the_sound_takes_as_long_as_the_shortest_note() -> None:
    (pool,), warnings = pools('{play: [{osc: {freq: 60, amp: [1, 0]}}], length: "<.2 eighth .1>", cycle: bar}')
    assert warnings == [] and pool.template and pool.template.root
    curve = pool.template.root.inputs["amp"]
    assert isinstance(curve, TreeNode) and curve.inputs["duration"] == 0.1


def test_a_length_that_no_sound_reads_is_a_warning() -> None:
    _, warnings = pools('{play: "hat*2", length: .1}')
    assert [one.level for one in warnings] == ["warning"]
    said = "'length' changes nothing: 'hat' has no parameter 'length', and reads no 'gate'"
    assert warnings[0].sentence == said and str(warnings[0].mark) == "w.yaml:1:27"
    assert pools('{play: "hat held", length: .1}')[1] == []


def test_while_a_tempo_is_moved_by_hand_seconds_stay_those_of_the_text() -> None:
    key = "transport.Transport"
    moved = {f"{key}.bpm": MovedParameter(key, "bpm", ValueCell(f"{key}.bpm", 90.0), digest_of(120.0))}
    for given, found in (("cycle: 2", 0.25), ("cycle: bar", "0.125")):
        (pool,), _ = pools(f"{{play: held, length: eighth, {given}}}", moved=moved)
        assert lengths(pool) == [found]
