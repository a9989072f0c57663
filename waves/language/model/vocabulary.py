"""Which names mean a node: the types of the library, and the sounds of the piece."""

from __future__ import annotations

from collections.abc import Mapping

from waves.node import Node
from waves.problem import did_you_mean

GRAMMAR_TYPES = frozenset(
    (
        *("osc", "sample", "buffer", "input", "midi_in", "midi_cc", "midi_out"),
        *("filter", "envelope", "delay", "retrigger", "smooth", "glide", "shuffle", "track", "follow"),
        *("pitch", "invert", "automation", "sequencer", "spawn", "hold", "select", "snap", "map", "interval"),
        *("mix", "context", "expression", "multiply", "reference", "tempo"),
    )
)
"""Types that win over a sound of the same name; over every other type, the sound wins."""

ONE_VALUE = (("freq", "f", "note"), ("amp", "a"), ("velocity", "vel", "v"))
"""Names that a note gives one value each."""

NOTE_NAMES = (*(name for names in ONE_VALUE for name in names), "gate")
"""What a note gives names to; inside it they hide ids."""


class Vocabulary:
    """The names that may stand where a node is written."""

    def __init__(self, types: Mapping[str, type[Node]], sounds: frozenset[str]):
        self.types = types
        self.sounds = sounds

    def find(self, name: str, inside: str) -> type[Node] | str | None:
        """A node type, the name of a sound, or None; `inside` is the sound that is being defined."""
        kind = self.types.get(name)
        if kind and (name in GRAMMAR_TYPES or name not in self.sounds or name == inside):
            return kind
        return name if name in self.sounds else None

    def near(self, word: str) -> str:
        return did_you_mean(word, [*self.types, *self.sounds])
