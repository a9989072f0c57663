"""Parameters and names that notes set in a voice."""

from __future__ import annotations

import math

from tests.harness.sequences import pools, tree
from tests.harness.session_harness import shipped
from waves.language.build.sound_checks import check_sounds
from waves.language.text.document import read_document
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.duration import LatchAtStart
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.voices import Gate, NoteValue


def test_a_parameter_is_replaced_and_its_own_value_is_the_default():
    pool = pools(tree("[kick, 'kick f80']"))["kick"]
    given = pool.template.root.inputs["freq"]
    assert given.kind is NoteValue and given.inputs == {"default": 60.0}
    assert pool.template.given == [given]


def test_a_parameter_that_reads_the_value_stays_as_it_is_written():
    freq = pools(tree("[bass c2]"))["bass"].template.root.inputs["freq"]
    assert freq.kind is Expression
    assert [one.kind for one in freq.inputs["inputs"].values() if isinstance(one, TreeNode)] == [NoteValue]


def test_names_of_a_context_are_given_to_all_inside():
    pool = pools(tree("['hat v.5', hat]"))["hat"]
    assert [given.inputs for given in pool.template.given] == [{"default": 1.0}]


def test_what_no_note_gives_is_constant():
    text = "soft: {osc: {freq: f, amp: v * a, duration: 1}}\nbeat: {sequencer: {interval: 1, steps: [soft]}}"
    root = pools(tree("", text=text))["soft"].template.root
    assert (root.inputs["freq"], root.inputs["amp"]) == (440.0, 1.0)


def test_what_is_not_written_has_no_default():
    (pool,) = pools(tree("[bd:0, 'bd:0 f80']")).values()
    (freq,) = (one for one in pool.template.given if one.id.endswith("freq.Given"))
    assert freq.inputs == {}


def test_a_duration_can_be_given():
    pool = pools(tree("[pad duration.5, 'pad duration=2']"))["pad"]
    duration = pool.template.root.inputs["duration"]
    assert duration.kind is LatchAtStart and duration.inputs["signal"].kind is NoteValue
    assert pool.settings["length"] == math.inf


def test_gate_is_a_node_of_the_voice():
    steps = "[{envelope: {gate: gate, release: 1, end: true, signal: {osc: {freq: 3}}}}]"
    pool = pools(tree(steps))["envelope"]
    (gate,) = pool.template.held
    assert gate.kind is Gate and pool.template.root.inputs["gate"] is gate
    assert pool.settings["length"] == math.inf


def test_every_sound_may_be_that_of_a_note():
    text = "soft: {osc: {freq: f, amp: v * vel * velocity * a * amp, duration: note / freq, phase: gate}}"
    assert check_sounds(shipped(), [read_document(text, "w.yaml")]) == []
