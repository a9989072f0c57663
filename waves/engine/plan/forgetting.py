"""Chooses the rows of a plan that start from their default state: all, none, or those that sound on by themselves.

Any thread.
"""

from __future__ import annotations

from waves.engine.graph.graph import Row


def sounds_on(row: Row) -> bool:
    """Whether a row may sound on without an input: it has rings, buffers, voices, or a type that hush resets."""
    return bool(row.memories) or row.voice is not None or row.kind.hushed


def everything(row: Row) -> bool:
    """Every row: the piece begins from the start."""
    return True


def nothing(row: Row) -> bool:
    """No row: everything continues."""
    return False
