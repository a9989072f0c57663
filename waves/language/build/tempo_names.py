"""The names that a tempo gives: lengths in seconds, the position in beats, what is counted there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from waves.language.expression.parser import parse
from waves.language.model.models import Place
from waves.language.model.models import Text
from waves.language.tree.scope import Binding
from waves.language.tree.tree_node import Source
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.transport import Number
from waves.node_types.builtin.transport import Tick
from waves.node_types.builtin.transport import Transport

if TYPE_CHECKING:
    from waves.node import Node
    from waves.language.tree.context import Around


class Tempo:
    """A tempo at one place of the tree. `metre` is that of a score, 6/8 has bars of 6 beats, each an eighth.

    Its nodes are made when they are first read, once for all that read them.
    """

    def __init__(self, around: Around, id: str, place: Place, bpm: Source, metre: tuple[int, int]):
        self.around, self.id, self.place, self.bpm = around, id, place, bpm
        count, unit = metre
        self.bar = float(count)
        every = {"beat": 1.0, "bar": self.bar, "eighth": unit / 8, "sixteenth": unit / 16, "triplet": 1 / 3}
        several = {"two": 2.0, "four": 4.0, "eight": 8.0, "sixteen": 16.0}
        makers: dict[str, Callable[[], Source]] = {"bpm": lambda: bpm, "beats": self._beats}
        for name, beats in every.items():
            makers[name] = self._length(name, beats)
            makers[f"{name}_number"] = self._counted(f"{name}_number", Number, beats)
        every |= {f"{word}_bar": times * self.bar for word, times in several.items()}
        for name, beats in every.items():
            makers[f"{name}_tick"] = self._counted(f"{name}_tick", Tick, beats)
        self.names = {name: Binding(make) for name, make in makers.items()}

    def source(self, name: str) -> Source:
        """What a name stands for."""
        found = self.names[name].built()
        assert not isinstance(found, list)
        return found

    @property
    def moves(self) -> bool:
        return not isinstance(self.bpm, float)

    def _beats(self) -> Source:
        node = self._new("Transport", Transport)
        node.settings = {"bar": self.bar}
        node.inputs = {"bpm": self.bpm}
        return node

    def _length(self, name: str, beats: float) -> Callable[[], Source]:
        def make() -> Source:
            around = self.around.known({"bpm": self.names["bpm"]})
            return around.instantiate_node(Text(parse(f"{60 * beats!r} / bpm"), self.place), self.id, name)

        return make

    def _counted(self, name: str, kind: type[Node], every: float) -> Callable[[], Source]:
        def make() -> Source:
            node = self._new(f"{name}.{kind.__name__}", kind)
            node.settings = {"every": every}
            node.inputs = {"beats": self.source("beats")}
            if kind is Tick:
                node.inputs["beat"] = self.source("beat")
            return node

        return make

    def _new(self, name: str, kind: type[Node]) -> TreeNode:
        return self.around.new(f"{self.id}.{name}", kind, self.place)
