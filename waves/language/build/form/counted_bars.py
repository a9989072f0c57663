"""Names of what is counted: numbers and ticks of beats, of bars, and of several bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from waves.language.model.models import Place
from waves.language.tree.context import BuildContext
from waves.language.tree.tree_node import LazyValue, Reference, Source, TreeNode
from waves.node_types.builtin.form.bars import POSITION, SECONDS
from waves.node_types.builtin.transport import BeatNumber, BeatTick

SEVERAL = {"two": 2.0, "four": 4.0, "eight": 8.0, "sixteen": 16.0}


def several_bars(bar: float) -> dict[str, float]:
    """The lengths of several bars by name, in the unit of one."""
    return {f"{word}_bar": times * bar for word, times in SEVERAL.items()}


@dataclass(frozen=True, slots=True)
class Counted:
    """Numbers and ticks of the divisions of a position; `length` gives the seconds of one of its units."""

    context: BuildContext
    id: str
    place: Place
    position: Callable[[], Source]
    length: Callable[[], Source]

    def names(self, every: Mapping[str, float], kinds: tuple[str, ...] = ("number", "tick")) -> dict[str, LazyValue]:
        """The names of divisions that are so many units long each."""
        made = {"number": self._number, "tick": self._tick}
        return {
            f"{name}_{kind}": LazyValue(partial(made[kind], name, units))
            for name, units in every.items()
            for kind in kinds
        }

    def _number(self, name: str, every: float) -> Source:
        node = self.context.new(f"{self.id}.{name}_number.Number", BeatNumber, self.place)
        node.settings = {"every": every}
        node.inputs = {"beats": self.position()}
        return node

    def _tick(self, name: str, every: float) -> Source:
        node = self.context.new(f"{self.id}.{name}_tick.Tick", BeatTick, self.place)
        node.settings = {"every": every}
        node.inputs = {"beats": self.position(), "beat": self.length()}
        return node


def bar_names(context: BuildContext, id: str, place: Place, bars: LazyValue) -> dict[str, LazyValue]:
    """The names of bars that a node counts: it gives the position in bars, and the seconds of the present one."""
    position, seconds = (partial(output_of, bars, name) for name in (POSITION, SECONDS))
    in_bars = Counted(context, id, place, position, seconds)
    return {"bar": LazyValue(seconds), **in_bars.names({"bar": 1.0}), **in_bars.names(several_bars(1.0), ("tick",))}


def output_of(bars: LazyValue, name: str) -> Source:
    """An output of the node that counts bars."""
    node = bars.built()
    assert isinstance(node, TreeNode)
    return Reference(node, output=name)
