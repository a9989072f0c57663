"""Words of a pool's row: notes as flat tables, and the places of their values in a voice's record."""

from __future__ import annotations

import numpy as np

from tests.harness.engine_harness import lowered, node
from tests.harness.pools import clock, pool, pool_row
from waves.engine.plan.pool_words import FOREVER, VoiceWords, limit_words, note_words, target_words
from waves.engine.plan.row_words import READ, SEED, SELF, STATE, VOICE_BUFFERS, RowTemplate
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


def voices(integers: list[int], floats: dict[int, float], bases: dict[int, tuple[int, int]], slots: int) -> VoiceWords:
    places, values = np.array(list(floats), np.int64), np.array(list(floats.values()))
    rows = RowTemplate(np.array(integers, np.int64), places, values, {"a": 0}, [], {})
    return VoiceWords.of((), 0, rows, bases, slots)


def test_each_voice_points_into_itself_and_into_its_own_record():
    words = voices([SELF + 16, STATE + 8, VOICE_BUFFERS + 512, READ + 1, -1], {}, {STATE: (5000, 100)}, 2)
    once, again = [1016, 5008, 20512, 4, -1], [1056, 5108, 20512, 4, -1]
    assert words.placed(1000, 20000, [3, 4]).tolist() == once + again
    assert words.size == 10


def test_tags_without_a_base_stay_for_the_pool_around():
    words = voices([STATE + 8, SEED + 3], {}, {SEED: (SEED, 1)}, 2)
    assert words.placed(1000, 0, []).tolist() == [STATE + 8, SEED + 3, STATE + 8, SEED + 4]


def test_floats_of_every_voice_have_their_place():
    words = voices([0, 0], {1: 0.5}, {}, 3)
    assert words.float_places.tolist() == [1, 3, 5] and words.float_values.tolist() == [0.5] * 3
