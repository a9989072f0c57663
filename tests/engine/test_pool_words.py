"""Words of a pool's row: notes as flat tables, and the places of their values in a voice's record."""

from __future__ import annotations

import numpy as np

from tests.harness.engine_harness import lowered, node
from tests.harness.pools import clock, pool, pool_row
from waves.engine.plan.pool_words import FOREVER, limit_words, note_words, target_words
from waves.engine.state.voice_memory import pool_layout


def test_notes_of_all_steps_are_two_flat_tables():
    words = note_words(pool_row())
    assert words["steps"] == 3
    assert np.array_equal(words["first"], [0, 2, 2, 3])
    assert np.array_equal(words["values"], [60.0, 1.0, 64.0, 0.5, 67.0, 1.0])


def test_a_value_is_written_into_every_row_that_takes_it():
    row = pool_row()
    layout = pool_layout(row)
    words = target_words(row.voice, layout)
    places = [layout.states[key] for key in ("freq", "freq#1", "velocity")]
    assert (words["width"], words["given_count"], words["gates_count"]) == (2, 3, 0)
    assert np.array_equal(words["given"], [[0, places[0]], [0, places[1]], [1, places[2]]])


def test_limits_are_slots_voices_and_frames():
    layout = pool_layout(pool_row())
    assert limit_words(pool_row(), layout, 1000.0) == {"slots": 6, "voices": 2, "length": FOREVER, "fade": 5}
    assert limit_words(pool_row(length=0.25), layout, 1000.0)["length"] == 250


def test_a_lowered_voice_names_the_rows_of_each_value():
    def make(freq, velocity, gate):
        return node("v.osc", "osc", freq=freq, amp=velocity)

    graph = lowered(node("root", "mix", signals={"a": pool("p", clock(), make, (((441.0, 0.2),),))}))
    voice = graph.rows["p"].voice
    assert voice and voice.note_values == [["freq"], ["velocity"]]
