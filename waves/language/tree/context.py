"""From checked models to nodes with IDs: sub-patches unfolded, names looked up.

    my_sound: {mix: {lead: {osc: {freq: 440}}}}

gives `my_sound.root.Mix` with the input `lead`, `my_sound.root.Mix.lead.Osc`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from waves.language.build.tempo_names import Tempo
from waves.language.expression.parser import ExpressionProblem, Mono, Program
from waves.language.model.models import (
    Finding,
    Given,
    NodeModel,
    Number,
    Origin,
    Place,
    Points,
    Sound,
    Text,
    Use,
    Value,
)
from waves.language.model.piece import Piece
from waves.language.model.validation import BROKEN
from waves.language.tree.instantiate import Build
from waves.language.tree.scope import Binding, Constants, Scope
from waves.language.tree.tree_node import Edge, Instance, Reference, Source, TreeNode
from waves.node import Node
from waves.node_types.builtin import expression
from waves.node_types.builtin.voices import Template
from waves.problem import Problems

if TYPE_CHECKING:
    from waves.language.tree.note_inputs import Heard

__all__ = ["Around", "Growth", "Reference", "Source", "TreeNode"]

MAX_NODES = 20_000
MAX_DEPTH = 100
TRANSPORT = Place(Origin("transport"))


class Growth:
    """What a tree gathers while it grows."""

    def __init__(self, piece: Piece, bpm: float, step_length: float = 1.0, rand_hold: int = 2048):
        self.piece = piece
        self.step_length, self.rand_hold = step_length, rand_hold
        self.findings: list[Finding] = list(piece.findings)
        self.constants = Constants(piece.vars, bpm, self.findings.append)
        self.instances: list[Instance] = []
        self.edges: list[Edge] = []
        self.nodes: dict[str, TreeNode] = {}
        self.ids = frozenset(name for sound in piece.sounds.values() for name in sound.ids)
        self.used: set[str] = set()
        around = self.around(Instance(TRANSPORT.origin.name))
        self.tempo = Tempo(around, TRANSPORT.origin.name, TRANSPORT, bpm, (4, 4))
        self.constants.transport = self.tempo.names
        self.tempos: list[Tempo] = []  # the outermost of the piece

    def around(self, instance: Instance) -> Around:
        """The outermost surroundings."""
        return Around(self, Scope(self.constants, self.piece.sounds, self.ids, self.edges, instance))

    def enter(self, sound: Sound, instance: Instance) -> None:
        """Note that a sound is used, with what is wrong in it."""
        self.instances.append(instance)
        if sound.name not in self.used:
            self.used.add(sound.name)
            self.findings += sound.findings

    def new(self, id: str, kind: type[Node], place: Place) -> TreeNode:
        """One more node. Raises Problems when there are too many."""
        if len(self.nodes) >= MAX_NODES:
            raise Problems(Finding(place, f"more than {MAX_NODES} nodes").problem())
        count, own = 1, id
        while own in self.nodes:  # names with dots in them could give one ID twice
            count += 1
            own = f"{id}~{count}"
        node = self.nodes[own] = TreeNode(own, kind, mark=place.at_key().mark, path=str(place))
        return node


@dataclass(frozen=True, eq=False, slots=True)
class Around:
    """What surrounds a value: the names it may use, the node it belongs to, the duration its lists take."""

    growth: Growth
    scope: Scope
    node: str = ""
    duration: Source | None = None
    depth: int = 0
    sounds: tuple[str, ...] = ()
    voice: Template | None = None
    tempo: Tempo | None = None
    gated: bool = False
    """Whether the value is read as a gate: an oscillator is then naive by itself."""

    @property
    def transport(self) -> Tempo:
        """The tempo that the clocks here follow: the outermost around them."""
        return self.tempo or self.growth.tempo

    def new(self, id: str, kind: type[Node], place: Place) -> TreeNode:
        """One more node, of the voice that is here. Raises Problems when there are too many."""
        node = self.growth.new(id, kind, place)
        node.voice = self.voice
        return node

    def instantiate_node(
        self, model_or_value: Value | float, parent_id: str, attribute_name: str, attribute_index: Any = None
    ) -> Source:
        """The source of a model: a number stays one, all else is a node `parent.attribute[.index].Class`.

        What is wrong is put in `growth.findings`; raises Problems only beyond the limits of size.
        """
        path = f"{parent_id}.{attribute_name}" + ("" if attribute_index is None else f".{attribute_index}")
        match model_or_value:
            case Number(number):
                return number
            case Text() as text:
                return self.solid(self.evaluate(text), text.place, path)
            case Points() as points:
                return self.curve(points, path)
            case NodeModel() | Use() as model:
                return self.unfold(model, path)
            case number:
                return float(number)

    def unfold(self, model: NodeModel | Use, path: str, use: str = "", heard: Heard | None = None) -> Source:
        """A node at `path`, through the sounds that stand for it; `use`: prefix of the first one's ids.

        `heard` is what notes give to the node that is found.
        """
        around = self
        given: dict[str, tuple[Given, Around]] = {}
        while isinstance(model, Use):
            name = model.name
            given = {key: (one, around) for key, one in model.given.items()} | given
            if name in around.sounds:
                loop = " → ".join([*around.sounds[around.sounds.index(name) :], name])
                self.report(model.place.at_key(), f"a sound that plays itself has no end: {loop}")
                return BROKEN
            sound = self.growth.piece.sounds[name]
            instance = Instance(use or path, sound, around.scope.instance, voice=self.voice)
            self.growth.enter(sound, instance)
            around = replace(around, scope=around.scope.inside(instance), sounds=(*around.sounds, name))
            if sound.root is None:
                return BROKEN
            model, use = sound.root, ""
        if self.depth >= MAX_DEPTH:
            raise Problems(Finding(model.place, f"more than {MAX_DEPTH} nodes inside each other").problem())
        return Build(model, given, replace(around, depth=self.depth + 1), path, heard).source()

    def evaluate(self, text: Text) -> Source | list[float] | Program:
        """An expression with its names looked up."""
        parsed, place = text.parsed, text.place
        known = {name.text: self.scope.find(name, place) for name in parsed.names}
        if None in known.values():
            return BROKEN
        if parsed.word and isinstance(plain := known[parsed.word], TreeNode | Reference):
            return plain
        try:
            found: float | list[float] | Program = parsed.compile(known.get)
        except ExpressionProblem as error:
            problem = error.problems[0]
            self.report(place, problem.sentence, problem.suggestion, error.column)
            return BROKEN
        return found

    def solid(self, found: Source | list[float] | Program, place: Place, path: str) -> Source:
        """What an expression gave as a source."""
        if isinstance(found, list):
            last = max(len(found) - 1, 1)
            levels = tuple(Number(level, place) for level in found)
            positions = tuple(Number(i / last, place) for i in range(len(found)))
            return self.curve(Points(levels, positions, place), path)
        if not isinstance(found, Program):
            return found
        node = self.new(f"{path}.Expression", expression.Expression, place)
        draws = (
            expression.DRAW in found.code[:: expression.WIDTH]
        )  # the others stay what they are when `rand_hold` changes
        node.settings = {"instructions": found.code, "hold": self.growth.rand_hold if draws else 1}
        inputs: dict[str, Source] = {}
        for i, source in enumerate(found.inputs):
            inputs[str(i)] = self.mono(source, f"{node.id}.inputs.{i}", place) if isinstance(source, Mono) else source
        node.inputs = {"inputs": inputs, "ends_with": {str(k): inputs[str(k)] for k in found.factors}}
        return node

    def mono(self, mono: Mono, path: str, place: Place) -> Source:
        node = self.new(f"{path}.Mono", expression.Mono, place)
        node.inputs = {"signal": mono.source}
        return node

    def curve(self, points: Points, path: str) -> Source:
        """An interpolated list over the duration around it."""
        if self.duration is None:
            self.report(points.place, f"a list moves over a time: give '{self.node}' a 'duration'")
            return BROKEN
        node = self.new(f"{path}.Curve", expression.Curve, points.place)
        for name, row in {"values": points.values, "positions": points.positions}.items():
            node.inputs[name] = {str(i): self.instantiate_node(one, node.id, name, i) for i, one in enumerate(row)}
        node.inputs["duration"] = self.duration
        return node

    def known(self, names: Mapping[str, Binding]) -> Around:
        """The same with more names."""
        return replace(self, scope=replace(self.scope, names={**self.scope.names, **names}))

    def report(self, place: Place, sentence: str, suggestion: str = "", column: int = 0) -> None:
        self.growth.findings.append(Finding(place, sentence, suggestion, "error", column))
