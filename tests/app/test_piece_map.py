"""The places of the steps that clients show: of nodes that have a list of steps, and of no others."""

from __future__ import annotations

from pathlib import Path

from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import compose, composer_for, save
from waves.app.clients.piece.piece_map import nodes_outside, parameter_places
from waves.app.clients.piece.sounding import step_places
from waves.node_types.library.library import load_library


def test_steps_have_places_where_they_are_a_list(tmp_path: Path):
    text = (
        "vars: {n: 4}\n"
        "a: {mix: {s: {sequencer: {interval: 1, steps: [k, ~, k]}}, c: {chord: {interval: 1, steps: [k c3, k d3]}},\n"
        "  e: {euclidean: {interval: 1, play: k, steps: n * 2}}, b: {bounce: {play: k}}}}\n"
        "k: {osc: {freq: 200, duration: 0.1}}\n"
    )
    save(tmp_path, text)
    composition = compose(composer_for(tmp_path, load_library(NODES, EXAMPLE_NODES)), "a")
    found = {one.clock: one.steps for one in step_places([*nodes_outside(composition)], composition.documents)}
    lines = text.splitlines()
    shown = {
        key.split(".")[-2]: [lines[place.line - 1][place.column - 1] if place else None for place in places]
        for key, places in found.items()
    }
    assert shown == {"Sequencer": ["k", None, "k"], "Chord": ["k", "k"]}


def test_a_value_has_the_places_in_vars_that_it_is_calculated_from(tmp_path: Path):
    text = (
        "vars: {base: 110, high: base * 2, level: 0.1}\n"
        "a: {mix: {s: {osc: {freq: high, amp: level}},\n"
        "  c: {context: {level: 0.2, signal: {osc: {freq: 50, amp: level}}}},\n"
        "  e: {osc: {freq: base + high, amp: 0.1}}}}\n"
    )
    save(tmp_path, text)
    composition = compose(composer_for(tmp_path, load_library(NODES, EXAMPLE_NODES)), "a")
    lines = text.splitlines()
    shown = {
        one.path: [lines[place.line - 1][place.column - 1 :][: place.length] for place in one.sources]
        for one in parameter_places(composition, {})
        if one.sources
    }
    assert shown == {
        "a.mix.s.osc.freq": ["base * 2", "110"],
        "a.mix.s.osc.amp": ["0.1"],
        "a.mix.e.osc.freq": ["110", "base * 2"],
    }
