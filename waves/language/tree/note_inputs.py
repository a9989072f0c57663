"""What a note gives to a voice: parameters of the node at its top, and names for all inside."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from waves.language.model.models import Place
from waves.language.model.vocabulary import ONE_VALUE
from waves.language.tree.scope import LazyValue
from waves.language.tree.tree_node import Source, Template, TreeNode
from waves.node_types.builtin.voices import Gate
from waves.node_types.builtin.voices import NoteValue as GivenNode

if TYPE_CHECKING:
    from waves.language.tree.context import BuildContext

DEFAULTS = {"freq": 440.0, "amp": 1.0, "velocity": 1.0}
HEADS = {name: names[0] for names in ONE_VALUE for name in names}


def canonical_name(name: str) -> str:
    """The first of the names that share one value."""
    return HEADS.get(name, name)


class NoteInputs:
    """A node to which no note gives anything."""

    def gives(self, name: str) -> bool:
        return False

    def parameter(self, name: str, own: Callable[[], Source]) -> Source:
        """The source of a signal of the top node, where `own` makes what is written."""
        return own()

    def binding(self, name: str, make: Callable[[], Source | list[float]]) -> LazyValue:
        """The same for a free name."""
        return LazyValue(make)


class VoiceInputs(NoteInputs):
    """What the notes of one pool give: a node for each value that any note of it gives.

    A parameter that reads the value itself, as `freq: f * 2`, stays as it is written.
    """

    def __init__(self, context: BuildContext, id: str, place: Place, template: Template, given: Collection[str]):
        self.context, self.id, self.place, self.template = context, id, place, template
        self.keys: list[str] = []  # of the values in the order of `template.given`
        self.taken: set[str] = set()
        shared = {key: LazyValue(self._maker(key)) for key in given}
        self.names = {name: LazyValue(_constant(DEFAULTS[key])) for name, key in HEADS.items()}
        self.names |= {name: shared[key] for name, key in HEADS.items() if key in shared}
        self.names |= shared | {"gate": LazyValue(self._gate)}
        self.given = shared

    def gives(self, name: str) -> bool:
        return canonical_name(name) in self.given

    def parameter(self, name: str, own: Callable[[], Source]) -> Source:
        found = self._replaced(name, own)
        assert not isinstance(found, list)
        return found

    def binding(self, name: str, make: Callable[[], Source | list[float]]) -> LazyValue:
        return LazyValue(lambda: self._replaced(name, make))

    def _replaced(self, name: str, own: Callable[[], Any]) -> Source | list[float]:
        key = canonical_name(name)
        shared = self.given.get(key)
        if shared is None:
            return own()  # type: ignore[no-any-return]
        was_read, shared.is_read = shared.is_read, False
        source: Source | list[float] = own()
        reads = shared.is_read
        shared.is_read = reads or was_read
        self.taken.add(key)
        if reads or isinstance(source, list):
            return source
        node = shared.built()
        assert isinstance(node, TreeNode)
        if isinstance(source, float) and math.isnan(source):
            node.inputs.pop("default", None)
        else:
            node.inputs["default"] = source
        return node

    def unread(self) -> list[str]:
        """What is given and neither taken nor read."""
        return [key for key, one in self.given.items() if key not in self.taken and not one.is_read]

    def values(self, given: dict[str, float]) -> tuple[float, ...]:
        """What one note gives, in the order of `template.given`; NaN where it gives nothing."""
        return tuple(given.get(key, math.nan) for key in self.keys)

    def _maker(self, key: str) -> Callable[[], Source]:
        def make() -> Source:
            node = self.context.new(f"{self.id}.{key}.Given", GivenNode, self.place)
            node.inputs = {"default": DEFAULTS.get(key, 0.0)}
            self.template.given.append(node)
            self.keys.append(key)
            return node

        return make

    def _gate(self) -> Source:
        node = self.context.new(f"{self.id}.Gate", Gate, self.place)
        self.template.gate = node
        return node


def _constant(value: float) -> Callable[[], Source]:
    return lambda: value
