"""Per-note inputs of a voice: the parameters that a note sets at the node at its top, and names for all inside."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from waves.language.model.models import Place
from waves.language.model.vocabulary import (
    CANONICAL_NAMES,
    FITTED,
    LENGTH,
    OF_FITTED,
    SLID_FROM,
    SLIDE,
    canonical_name,
)
from waves.language.tree.tree_node import LazyValue, Source, Template, TreeNode
from waves.node_types.builtin.voices import Gate, NoteLength, NoteValue

if TYPE_CHECKING:
    from waves.language.tree.context import BuildContext

DEFAULTS = {"freq": 440.0, "amp": 1.0, "velocity": 1.0}  # of the values of a note


class NoteInputs:
    """Inputs of a node that is not at the top of a voice: notes set none of them."""

    def gives(self, name: str) -> bool:
        """Whether any note sets a parameter."""
        return False

    def parameter(self, name: str, make_written: Callable[[], Source]) -> Source:
        """The source of a signal; `make_written` makes the one that is written in the file."""
        return make_written()

    def binding(self, name: str, make_written: Callable[[], Source | list[float]]) -> LazyValue:
        """The value of a free name; `make_written` makes the one that is written in the file."""
        return LazyValue(make_written)


class VoiceInputs(NoteInputs):
    """Inputs of the node at the top of a voice: a `NoteValue` for each value that any note of the pool gives."""

    def __init__(
        self,
        context: BuildContext,
        id: str,
        place: Place,
        template: Template,
        given: Collection[str],
        constant: Mapping[str, float] | None = None,
    ):
        """`given`: canonical names of all values that the notes of the pool give; `constant`: those of all notes."""
        self.context, self.id, self.place, self.template = context, id, place, template
        self.keys: list[str] = []
        """Names of the values, in the order of `template.given`."""
        self.used: set[str] = set()
        """Names of the values that set a parameter."""
        self.calculated: set[str] = set()
        """Names of the values that are calculated for each note."""
        self.plain: Source | list[float] | None = None
        """The pitch of a note as it is given, where it slides."""
        self.given = {key: LazyValue(self._maker(key)) for key in given}
        self.given |= {key: LazyValue(_constant(value)) for key, value in (constant or {}).items()}
        self.names = {name: LazyValue(_constant(DEFAULTS[key])) for name, key in CANONICAL_NAMES.items()}
        """Names that are known inside the voice."""
        self.names |= {name: self.given[key] for name, key in CANONICAL_NAMES.items() if key in self.given}
        self.names |= self.given | {"gate": LazyValue(self._gate)}

    def slide(self, slid: Callable[[TreeNode, TreeNode, TreeNode], Source]) -> None:
        """Give the pitch of each note as it slides; `slid` makes it of the nodes of its pitch, start and time."""
        pitch, start, time = (self.given[key] for key in ("freq", SLID_FROM, SLIDE))

        def make() -> Source:
            nodes = [one.built() for one in (pitch, start, time)]
            self.plain = nodes[0]
            return slid(*nodes)  # type: ignore[arg-type]

        moving = self.given["freq"] = LazyValue(make)
        self.names |= {name: moving for name, key in CANONICAL_NAMES.items() if key == "freq"}
        for name in (SLID_FROM, SLIDE):
            del self.given[name], self.names[name]

    def fit(self, fitted: Callable[[TreeNode], Source]) -> None:
        """Give the length of the sound file; `fitted` makes it of the node with its cycles, NaN without any."""
        cycles = self.given.pop(FITTED)
        del self.names[FITTED]

        def make() -> Source:
            node = cycles.built()
            assert isinstance(node, TreeNode)
            node.inputs["default"] = math.nan
            return fitted(node)

        self.calculated.add(OF_FITTED)
        self.given[OF_FITTED] = self.names[OF_FITTED] = LazyValue(make)

    def hold(self) -> None:
        """Give each note its own length as `length`."""

        def make() -> Source:
            node = self.context.new(f"{self.id}.Length", NoteLength, self.place)
            self.template.held.append(node)
            return node

        self.calculated.add(LENGTH)
        self.given[LENGTH] = self.names[LENGTH] = LazyValue(make)

    def gives(self, name: str) -> bool:
        return canonical_name(name) in self.given

    def parameter(self, name: str, make_written: Callable[[], Source]) -> Source:
        source = self._set(name, make_written)
        assert not isinstance(source, list)
        return source

    def binding(self, name: str, make_written: Callable[[], Source | list[float]]) -> LazyValue:
        return LazyValue(lambda: self._set(name, make_written))

    def _set(self, name: str, make_written: Callable[[], Source | list[float]]) -> Source | list[float]:
        """The source of a parameter as the notes set it.

        For `blip: {osc: {freq: 300}}` and the steps `[blip f440, blip]` the source of `freq` is a `NoteValue` with
        the default 300: 440 Hz in the first note, 300 Hz in the second one. With `freq: f * 2` it is that
        expression, since it reads the value of the note itself.
        """
        key = canonical_name(name)
        value = self.given.get(key)
        if value is None:
            return make_written()
        self.used.add(key)
        reads = value.reads
        source = make_written()
        if value.reads > reads or isinstance(source, list):
            return source
        made = value.built()
        if key in self.calculated:
            return made
        node = self.plain if key == "freq" and self.plain else made
        if not isinstance(node, TreeNode):
            return made
        if isinstance(source, float) and math.isnan(source):
            node.inputs.pop("default", None)
        else:
            node.inputs["default"] = source
        return made

    def unused(self) -> list[str]:
        """Names of the values that neither set a parameter nor are read."""
        return [key for key, value in self.given.items() if key not in self.used and not value.reads]

    def _maker(self, key: str) -> Callable[[], Source]:
        def make() -> Source:
            node = self.context.new(f"{self.id}.{key}.Given", NoteValue, self.place)
            node.inputs = {"default": DEFAULTS.get(key, 0.0)}
            self.template.given.append(node)
            self.keys.append(key)
            return node

        return make

    def _gate(self) -> Source:
        node = self.context.new(f"{self.id}.Gate", Gate, self.place)
        self.template.held.append(node)
        return node


def ends_with_its_note(node: TreeNode, written: Collection[str]) -> TreeNode:
    """The node, which ends after its release if its gate is that of a note, as that one rises once, and `end` is not
    written.
    """
    gate = node.inputs.get("gate")
    if "end" in node.settings and "end" not in written and isinstance(gate, TreeNode) and gate.kind is Gate:
        node.settings = {**node.settings, "end": True}
    return node


def _constant(value: float) -> Callable[[], Source]:
    return lambda: value
