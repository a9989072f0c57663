"""The places of the steps that clients show: of nodes that have a list of steps, and of no others."""

from __future__ import annotations

from pathlib import Path

from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import compose, composer_for, save
from waves.app.clients.piece.piece_map import step_places
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
    found = {one.clock: one.steps for one in step_places(composition)}
    lines = text.splitlines()
    shown = {
        key.split(".")[-2]: [lines[place.line - 1][place.column - 1] if place else None for place in places]
        for key, places in found.items()
    }
    assert shown == {"Sequencer": ["k", None, "k"], "Chord": ["k", "k"], "Euclidean": [None] * 8}
