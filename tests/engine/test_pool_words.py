"""Words of a pool's row: notes as flat tables, and the places of their values in a voice's record."""

from __future__ import annotations

import numpy as np

from tests.engine.test_pool import clock
from tests.engine.test_pool import pool as tree_pool
from tests.harness.engine_harness import lowered, node
from waves.engine.graph.graph import Graph, VoiceGraph, engine_row
from waves.engine.plan.pool_words import FOREVER, limit_words, note_words, target_words
from waves.engine.plan.voice_memory import pool_layout
from waves.node_types.builtin.voices import NoteValue, Pool

NOTES = (((60.0, 1.0), (64.0, 0.5)), (), ((67.0, 1.0),))


def pool(**settings):
    """A pool of two note values in three rows."""
    keys = ("freq", "freq#1", "velocity")
    row = engine_row("p", Pool, settings={"notes": NOTES, "voices": 2, "length": float("inf"), **settings})
    voice = Graph({key: engine_row(key, NoteValue, inputs={"default": 1.0}) for key in keys}, end="freq")
    row.voice = VoiceGraph(voice, [["freq", "freq#1"], ["velocity"]], [])
    return row


def test_notes_of_all_steps_are_two_flat_tables():
    words = note_words(pool())
    assert words["steps"] == 3
    assert np.array_equal(words["first"], [0, 2, 2, 3])
    assert np.array_equal(words["values"], [60.0, 1.0, 64.0, 0.5, 67.0, 1.0])


def test_a_value_is_written_into_every_row_that_takes_it():
    row = pool()
    layout = pool_layout(row)
    words = target_words(row.voice, layout)
    places = [layout.states[key] for key in ("freq", "freq#1", "velocity")]
    assert (words["width"], words["given_count"], words["gates_count"]) == (2, 3, 0)
    assert np.array_equal(words["given"], [[0, places[0]], [0, places[1]], [1, places[2]]])


def test_limits_are_slots_voices_and_frames():
    assert limit_words(pool(), pool_layout(pool()), 1000.0) == {"slots": 6, "voices": 2, "length": FOREVER, "fade": 5}
    assert limit_words(pool(length=0.25), pool_layout(pool()), 1000.0)["length"] == 250


def test_a_lowered_voice_names_the_rows_of_each_value():
    def make(freq, velocity, gate):
        return node("v.osc", "osc", freq=freq, amp=velocity)

    graph = lowered(node("root", "mix", signals={"a": tree_pool("p", clock(), make, (((441.0, 0.2),),))}))
    voice = graph.rows["p"].voice
    assert voice and voice.note_values == [["freq"], ["velocity"]]
