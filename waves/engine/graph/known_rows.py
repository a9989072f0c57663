"""Rows of the graph before: a row that is the same again stays the same object, with all that is kept with it.

So whoever compares two graphs sees at a glance what did not change (`other_numbers`), and what was made of a row is not
made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from operator import is_not
from typing import NamedTuple

from waves.engine.graph.graph import Array, Graph, Output, Row, Source, VoiceGraph


def changed_rows(rows: Mapping[str, Row], before: Mapping[str, Row]) -> dict[str, Row]:
    """Of some rows by key those that are not the very rows `before`: found without a step of Python for each."""
    was = before.values() if list(before) == list(rows) else map(before.get, rows)
    return dict(compress(rows.items(), map(is_not, rows.values(), was)))


def known_row(row: Row, known: Graph | None) -> Row:
    """The row of the graph before that is the same, now of the node of `row`; else `row` itself."""
    was = known.rows.get(row.key) if known else None
    if was is None:
        return row
    if not _is_same(was, row):
        return row.like(was) if differ_in_numbers(was, row) else row
    was.node = row.node  # it is written elsewhere, perhaps
    return was


def known_voice(voice: VoiceGraph, known: VoiceGraph | None) -> VoiceGraph:
    """The voice of the graph before that is the same, else `voice` itself."""
    if known is None or voice.note_values != known.note_values or voice.gates != known.gates:
        return voice
    before, now = known.graph, voice.graph
    if len(before.rows) != len(now.rows) or any(
        a is not b for a, b in zip(before.rows.values(), now.rows.values(), strict=True)
    ):
        return voice
    same = before.outputs == now.outputs and before.sinks == now.sinks
    return known if same and (before.end, before.transport) == (now.end, now.transport) else voice


def _is_same(was: Row, row: Row) -> bool:
    """Whether two rows of one key are the same in all but the node, of which the ID and the path count."""
    if was.version != row.version or was.seed != row.seed or was.voice is not row.voice:
        return False
    if (was.kind, was.outs, was.early, was.state_key) != (row.kind, row.outs, row.early, row.state_key):
        return False
    if was.memories != row.memories or not _are_same(was.inputs, row.inputs) or list(was.lists) != list(row.lists):
        return False
    if not all(_are_same(was.lists[name], entries) for name, entries in row.lists.items()):
        return False
    if not all(_is_same_memory(array, row.arrays.get(name)) for name, array in was.arrays.items()):
        return False
    if was.settings != row.settings:  # 0 and -0 are told apart by the version
        return False
    if was.node is None or row.node is None:
        return was.node is row.node
    return was.node.id == row.node.id and was.node.path == row.node.path


def _is_same_memory(was: Array, now: Array | None) -> bool:
    """Whether two read only arrays are one."""
    return was is now or (
        now is not None
        and (was.shape, was.strides, was.dtype) == (now.shape, now.strides, now.dtype)
        and was.ctypes.data == now.ctypes.data
    )


def _are_same(was: Mapping[str, Source], now: Mapping[str, Source]) -> bool:
    """Whether sources are the same, in the same order; 0 and -0 are not."""
    if was != now or list(was) != list(now):
        return False
    return 0.0 not in now.values() or repr(was) == repr(now)


class OtherRows(NamedTuple):
    """Keys of the rows that differ between two graphs with the same rows, each of which reads the same rows."""

    numbers: list[str]
    """Those that read other numbers."""
    pools: list[str]
    """Pools with other voices or notes."""


def other_numbers(old: Graph, new: Graph) -> OtherRows | None:
    """The rows that read other numbers, and the pools that differ; None if the graphs differ in more than that."""
    if list(old.rows) != list(new.rows):
        return None
    changed = changed_rows(new.rows, old.rows)
    pools = [key for key in changed if old.rows[key].voice]
    numbers = [key for key in changed if not old.rows[key].voice]
    if not all(differ_in_numbers(old.rows[key], new.rows[key]) for key in numbers):
        return None
    if not all(differ_in_voices(old.rows[key], new.rows[key]) for key in pools):
        return None
    if (old.outputs, old.meters, old.sinks, old.end) != (new.outputs, new.meters, new.sinks, new.end):
        return None
    new.readers, new.noted, new.names = old.readers, old.noted, old.names
    if not pools:
        new.kinds = old.kinds
    return OtherRows(numbers, pools)


def differ_in_numbers(was: Row, row: Row) -> bool:
    """Whether two rows of one key are the same but for numbers that they read."""
    same = (was.version, was.seed, was.state_key, was.memories, was.outs, was.early)
    return (
        was.voice is row.voice is None
        and same == (row.version, row.seed, row.state_key, row.memories, row.outs, row.early)
        and _are_alike(was.inputs, row.inputs)
        and list(was.lists) == list(row.lists)
        and all(_are_alike(was.lists[name], entries) for name, entries in row.lists.items())
    )


def differ_in_voices(was: Row, row: Row) -> bool:
    """Whether two rows of one key are pools that are the same but for their voices and notes."""
    same = (was.kind, was.version, was.seed, was.state_key, was.outs, was.early, was.all_memories)
    return (
        bool(was.voice and row.voice)
        and same == (row.kind, row.version, row.seed, row.state_key, row.outs, row.early, row.all_memories)
        and _are_same(was.inputs, row.inputs)
        and _are_same(was.lists["imports"], row.lists["imports"])
        and all(was.settings[name] == row.settings[name] for name in ("voices", "decided"))
    )


def _are_alike(was: Mapping[str, Source], now: Mapping[str, Source]) -> bool:
    """Whether sources have the same names, in their order, and read the same rows."""
    return list(was) == list(now) and all(
        was[name] == source if isinstance(source, Output) else not isinstance(was[name], Output)
        for name, source in now.items()
    )
