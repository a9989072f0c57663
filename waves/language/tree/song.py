"""The sections around a place, and those in which it is heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from waves.language.tree.tree_node import Source, TreeNode


@dataclass(eq=False, slots=True)
class Song:
    """The sections around a place."""

    id: str
    node: TreeNode
    """The node that counts them."""
    names: tuple[str, ...]
    stops: bool
    """Whether it may be over, so that nothing begins any more."""
    counts_bars_of: object = None
    """The tempo in whose beats its sections have bars of their own; None: they have those of the tempo."""
    values: dict[tuple[float, ...], Source] = field(default_factory=dict)
    """Numbers that were made of the section: one for none, for each, and for one that is not in the text any more."""


class During(NamedTuple):
    """The sections in which a place is heard."""

    names: frozenset[str]
    heeded: int
    """Count of what heeds that by itself, before the node was built."""
