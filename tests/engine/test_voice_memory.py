"""Memory of voices: what two records have in common, and places under other names."""

from __future__ import annotations

import numpy as np

from tests.harness.pools import pool_row
from waves.abi import COPY_BYTES
from waves.engine.state import memory_limit
from waves.engine.state.voice_memory import PoolRecord, common_parts, pool_layout

OLD = np.dtype([("phase", "f8"), ("elapsed", "i8")])
NEW = np.dtype([("elapsed", "i8"), ("level", "f8")])


def test_what_a_pool_needs_is_known_before_it_is_made():
    row = pool_row()
    made = PoolRecord(row).values.nbytes
    assert 0.9 * made < memory_limit.memory_of_pool(row) <= made


def test_equal_records_are_copied_whole():
    assert common_parts(OLD, OLD, 1000, 2000) == [(1000, 2000, 16, COPY_BYTES)]


def test_of_other_records_fields_of_one_name_are_copied():
    assert common_parts(OLD, NEW, 1000, 2000) == [(1008, 2000, 8, COPY_BYTES)]
    assert common_parts(OLD, OLD, 1000, 2000, {"phase"}) == [(1008, 2008, 8, COPY_BYTES)]


def test_voices_are_copied_as_far_as_both_have_them():
    old, new = np.dtype([("voices", OLD, (2,))]), np.dtype([("voices", NEW, (3,))])
    assert common_parts(old, new, 1000, 2000) == [(1008, 2000, 8, COPY_BYTES), (1024, 2016, 8, COPY_BYTES)]


def test_renamed_places_stay_where_they_are():
    record = PoolRecord(pool_row())
    layout = pool_layout(pool_row()).renamed(lambda key: key.replace("freq", "pitch"), {})
    renamed = record.under(layout)
    record.values["voices"]["freq"]["value"] = 7.0
    assert (renamed.values["voices"]["pitch"]["value"] == 7.0).all() and renamed.address == record.address
    assert layout.states == {key.replace("freq", "pitch"): at for key, at in record.layout.states.items()}
