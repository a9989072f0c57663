"""Which rows of a plan begin anew: all, none, or those that sound on."""

from __future__ import annotations

from waves.engine.graph.graph import Row


def sounds_on(row: Row) -> bool:
    """Whether a row has a tail, a memory or a voice that hush ends."""
    return bool(row.ring) or row.voice is not None or row.kind.hushed


def everything(row: Row) -> bool:
    return True


def nothing(row: Row) -> bool:
    return False
