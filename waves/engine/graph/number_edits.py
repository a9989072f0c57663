"""Two graphs that differ in numbers only, as after most saves: told by their rows, which stay the same objects."""

from __future__ import annotations

from collections.abc import Mapping

from waves.engine.graph.graph import Graph, Output, Row, Source


def other_numbers(old: Graph, new: Graph) -> list[str] | None:
    """Keys of the rows outside of voices that read other numbers; None if the graphs differ in more than that."""
    if list(old.rows) != list(new.rows):
        return None
    rows = zip(new.rows, old.rows.values(), new.rows.values(), strict=True)
    changed = [key for key, was, row in rows if was is not row]
    if not all(differ_in_numbers(old.rows[key], new.rows[key]) for key in changed):
        return None
    if (old.outputs, old.meters, old.sinks, old.end) != (new.outputs, new.meters, new.sinks, new.end):
        return None
    new.readers = old.readers
    return changed


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


def _are_alike(was: Mapping[str, Source], now: Mapping[str, Source]) -> bool:
    """Whether sources have the same names, in their order, and read the same rows."""
    return list(was) == list(now) and all(
        was[name] == source if isinstance(source, Output) else not isinstance(was[name], Output)
        for name, source in now.items()
    )
