"""Templates of rows: pointers are resolved in memory, floats stay as they are."""

from __future__ import annotations

import numpy as np

from waves.engine.plan.row_words import BUFFERS, HEADER, SELF, RowTemplate


def template(integers: list[int], floats: dict[int, float]) -> RowTemplate:
    places, values = np.array(list(floats), np.int64), np.array(list(floats.values()))
    return RowTemplate(np.array(integers, np.int64), places, values, {"a": 0}, [BUFFERS + 512], {"a": [BUFFERS, 7]}, 2)


def test_floats_are_written_beside_the_integers():
    like_a_tag = float(np.array([SELF + 5]).view(np.float64)[0])
    rows = template([7, 0, SELF], {1: like_a_tag}).in_memory(5000)
    assert rows.words[0] == 7 and rows.words[1:2].view(np.float64)[0] == like_a_tag
    assert rows.words[2] == rows.address


def test_buffers_and_header_are_those_of_the_plan():
    rows = template([BUFFERS + 512, HEADER + 16, SELF], {}).in_memory(5000)
    [buffer] = rows.outputs
    assert rows.words.tolist() == [buffer, 5016, rows.address]
    assert rows.meters == {"a": [buffer - 512, 7]} and buffer % 64 == 0
    raw = rows.keep[0]
    assert raw.ctypes.data <= buffer - 512 and buffer + 512 <= raw.ctypes.data + raw.nbytes
