"""Tempo at one place of the tree: its source in beats per minute, its bar, and the names that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waves.language.tree.scope import LazyValue
from waves.language.tree.tree_node import Source


@dataclass(frozen=True, eq=False, slots=True)
class Tempo:
    """The tempo that clocks follow; `build.tempo_names` makes it.

    The nodes behind the names are made when they are first read, once for all that read them.
    """

    bpm: Source
    """Beats per minute."""
    bar: float
    """Beats in a bar."""
    names: Mapping[str, LazyValue]

    def source(self, name: str) -> Source:
        """The source of a name."""
        source = self.names[name].built()
        assert not isinstance(source, list)
        return source

    @property
    def moves(self) -> bool:
        """Whether the tempo is a signal, not a number."""
        return not isinstance(self.bpm, float)
