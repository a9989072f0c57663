"""Words of a pool's row: the notes of its steps, the targets of their values, its limits, the memory of its voices.

Each function gives some of the words of `abi.POOL` by name. An array stands for its address and must be kept
alive. Build thread only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.engine.graph.graph import Row, VoiceGraph
from waves.engine.plan.state_binding import OldPool
from waves.engine.state.voice_memory import PoolLayout
from waves.node_types.builtin.voices import FADE

Array = np.ndarray[Any, Any]
Words = dict[str, "int | Array"]

FOREVER = 1 << 62  # frames


def note_words(row: Row) -> Words:
    """The notes of all steps as two flat tables.

    Example: two values per note, the second step is a rest:

        settings["notes"]  (((60, 1.0), (64, 0.5)), (), ((67, 1.0),))
        first              [0, 2, 2, 3]                        step k has the notes first[k] to first[k + 1] - 1
        values             [60, 1.0, 64, 0.5, 67, 1.0]         float64
    """
    notes = [list(step) for step in row.settings["notes"]]
    return {
        "first": np.cumsum([0, *map(len, notes)], dtype=np.int64),
        "steps": len(notes),
        "values": np.array([value for step in notes for note in step for value in note], np.float64),
    }


def target_words(voice: VoiceGraph, layout: PoolLayout) -> Words:
    """Places in a voice's record into which the values of its note and the frames of its gate are written.

    Example: the rows `freq` and `freq#1` take the first value of a note, `velocity` the second:

        voice.note_values  [["freq", "freq#1"], ["velocity"]]
        given              [[0, 40], [0, 48], [1, 56]]         index of the value, offset in the record
    """
    pairs = [
        (value, layout.states[key])
        for value, keys in enumerate(voice.note_values)
        for key in keys
        if key in layout.states
    ]
    return {
        "width": len(voice.note_values),
        "given": np.array(pairs, np.int64).reshape(-1, 2),
        "given_count": len(pairs),
        "gates": np.array([layout.states[key] for key in voice.gates], np.int64),
        "gates_count": len(voice.gates),
    }


def limit_words(row: Row, layout: PoolLayout, rate: float) -> Words:
    """Numbers of voices, and frames for which a voice sounds and fades out; `rate` in frames per second."""
    length = float(row.settings["length"]) * rate
    return {
        "slots": layout.slots,
        "voices": int(row.settings["voices"]),
        "length": round(length) if length < FOREVER else FOREVER,
        "fade": max(round(FADE * rate), 1),
    }


def memory_words(address: int, layout: PoolLayout) -> Words:
    """The pool's memory at an address or offset, and what of a voice's record a note resets."""
    return {
        "control": address,
        "state": address + layout.first,
        "state_bytes": layout.voice.itemsize,
        "default": layout.default,
        "segments": layout.segments,
        "segments_count": len(layout.segments),
        "counters": layout.counters,
        "counters_count": len(layout.counters),
        "buffers": layout.buffers,
        "buffers_count": len(layout.buffers),
        "numbered": layout.numbered,
        "numbered_count": len(layout.numbered),
    }


def ghost_words(old: OldPool) -> Words:
    """The memory that ghosts in the voices work on, which a note resets too."""
    return {
        "old_state": old.address + old.layout.first,
        "old_bytes": old.layout.voice.itemsize,
        "old_default": old.layout.default,
        "old_segments": old.layout.segments,
        "old_segments_count": len(old.layout.segments),
        "old_buffers": old.layout.buffers,
        "old_buffers_count": len(old.layout.buffers),
        "old_numbered": old.layout.numbered,
        "old_numbered_count": len(old.layout.numbered),
    }
