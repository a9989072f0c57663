"""Names with a meaning of their own: those of nodes where a node may stand, and those of a note's values."""

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

NOTE_VALUES = {"freq": ("freq", "f", "note"), "amp": ("amp", "a"), "velocity": ("velocity", "vel", "v")}
"""The values of a note, each with all its names; the first is the canonical one."""

CANONICAL_NAMES = {name: names[0] for names in NOTE_VALUES.values() for name in names}

NOTE_NAMES = (*CANONICAL_NAMES, "gate")
"""Names that are known inside a note; there they hide ids."""


def canonical_name(name: str) -> str:
    """The first of the names that share one value of a note; any other name is its own."""
    return CANONICAL_NAMES.get(name, name)


def names_of_value(name: str) -> tuple[str, ...]:
    """All names of the value of a note that has this name; none for any other name."""
    return NOTE_VALUES.get(canonical_name(name), ())


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
        """The name that is most like a word, in quotes, or an empty string."""
        return did_you_mean(word, [*self.types, *self.sounds])
