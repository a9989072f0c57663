"""Parts of a tree that are kept for the next one: what was built of a model that needs nothing from around it.

A part is closed: its nodes read each other only, and the position of a tempo that does not move, no id is given or
read in it, of the names that are bound around it only numbers; and nothing is wrong with it. So it is the same whatever
else changes, as long as the models of the sounds in it are the same objects, those numbers, the tempo and the duration
around it are the same, if it reads them, and what all parts may read: vars, types, settings, the ids of the piece.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from operator import is_
from typing import Any, NamedTuple, TypeVar

from waves.language.model.form.metres import Metre
from waves.language.model.models import NodeModel, Sound, Use
from waves.language.tree.kept.lengths import Length
from waves.language.tree.tree_node import (
    Inside,
    Instance,
    PartRun,
    Source,
    TreeNode,
    has_slow_fade,
    reachable,
    reads,
    target_of,
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A closed part: what it was made of, and all that its build left in the tree."""

    made_of: tuple[Hashable, ...]
    source: Source
    """Of a run that of its first part."""
    nodes: list[TreeNode]
    by_id: dict[str, TreeNode]
    """The same by their IDs."""
    instances: list[Instance]
    tops: list[TreeNode]
    """Those that others may read: its top, of a run all tops; all nodes of a voice."""
    sounds: dict[str, Sound]
    """The sounds that are used in it, in the order of their first use."""
    names: dict[str, float]
    """The numbers that it reads by names bound around it."""
    tempo: tuple[Source, Metre] | None
    """Beats per minute and metre of the tempo around it, if anything in it follows that."""
    metre: Metre | None
    """The metre of that tempo, if anything in it follows that alone."""
    lengths: list[Length]
    """Numbers in it that are written again where that tempo is another one."""
    transport: TreeNode | None
    """The node with the position of that tempo, if it is read."""
    duration: tuple[Source | None] | None
    """The duration around it, if a list in it may take that."""
    about: Any = None
    """Further facts for whoever keeps it."""
    parts: Mapping[str, KeptPart] = field(default_factory=dict)
    """Of a run of parts these, by the paths of their places."""


class Made(NamedTuple):
    """A result, and all that it depends on: objects, and data that is compared."""

    made_of: tuple[Any, ...]
    alike: Hashable
    result: Any


class Begin(NamedTuple):
    """Counts of all that was built of a tree before a part."""

    nodes: int
    loose: int
    instances: int
    edges: int
    findings: int
    reads: int
    bound: int
    ties: int
    clocks: int
    metres: int
    lengths: int
    durations: int

    @classmethod
    def of(cls, tree: Any) -> Begin:
        """The counts of all that is built so far of a `TreeBuilder`."""
        return cls(
            nodes=len(tree.order),
            loose=len(tree.loose),
            instances=len(tree.instances),
            edges=len(tree.edges),
            findings=len(tree.findings),
            reads=len(tree.constants.reads),
            bound=len(tree.bound),
            ties=tree.ties,
            clocks=tree.clocks,
            metres=tree.metres,
            lengths=len(tree.lengths),
            durations=tree.durations,
        )


@dataclass(eq=False, slots=True)
class KeptParts:
    """The parts of the last tree, by the path of their place. One for each composer; one thread at a time."""

    surroundings: Any = None
    parts: dict[str, KeptPart] = field(default_factory=dict)
    used: dict[str, KeptPart] = field(default_factory=dict)
    """The parts of the tree that is being built."""
    transports: dict[str, TreeNode] = field(default_factory=dict)
    """Nodes with the position of a tempo that does not move, by ID; of the last trees."""
    lengths: list[Length] = field(default_factory=list)
    """Those of the last tree."""
    results: dict[tuple[str, str], Made] = field(default_factory=dict)
    """The last results by the ID of their node and a name, of nodes that the last trees have."""
    begun: bool = False

    def begin(self, surroundings: Any) -> None:
        """Begin a tree; what is kept counts only within the same surroundings."""
        if self.begun:  # of a tree that was not finished
            self.parts = self.parts | self.used
        if surroundings is None or surroundings != self.surroundings:
            self.surroundings, self.parts, self.transports, self.results = surroundings, {}, {}, {}
        self.used, self.begun = {}, True

    def end(self, nodes: Mapping[str, TreeNode], lengths: list[Length]) -> None:
        """A tree of some nodes by ID, and with some lengths, is built: what it does not have is dropped."""
        self.lengths = lengths
        self.parts, self.used, self.begun = self.used, {}, False
        self.results = {place: made for place, made in self.results.items() if place[0] in nodes}
        self.transports = {id: node for id, node in self.transports.items() if nodes.get(id) is node}

    def made(self, id: str, name: str, made_of: tuple[Any, ...], alike: Hashable, make: Callable[[], Result]) -> Result:
        """The last result of a node under a name if it was made of the same objects and equal data; else it is made."""
        before = self.results.get((id, name), Made((), (), None))
        same = made_of and before.alike == alike and len(before.made_of) == len(made_of)
        if same and all(map(is_, before.made_of, made_of)):
            known: Result = before.result
            return known
        result = make()
        self.results[id, name] = Made(made_of, alike, result)
        return result

    def transport(
        self, tree: Any, id: str, path: str, inputs: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> TreeNode | None:
        """The node of that ID of the tree before, now one of this tree and its tempo.

        None if it had other settings, or stood elsewhere in the text.
        """
        node = self.transports.get(id)
        if not (self.begun and node) or id in tree.nodes or (node.path, node.settings) != (path, settings):
            return None
        tree.take(node)
        node.inputs |= inputs
        tree.lengths.append(Length(node, "bpm"))
        return node

    def find(self, context: Any, path: str, made_of: tuple[Hashable, ...]) -> KeptPart | None:
        """The part at a path that was made of the same, now a part of the tree; None if it must be built.

        `context`: the `BuildContext` there.
        """
        part = self.parts.get(path)
        if part is None or part.made_of != made_of:
            return None
        tree, names = context.tree, context.scope.names
        for name, number in part.names.items():
            if name not in names or names[name].built() != number:
                return None
        if part.tempo or part.transport:
            tempo = context.outer_tempo
            if part.tempo and (part.tempo != (tempo.bpm, tempo.metre)):
                return None
            if part.transport and tempo.source("beats") is not part.transport:
                return None
        numbers: list[float] = []
        if part.metre or part.lengths:
            tempo = context.outer_tempo
            if tempo.moves or (part.metre and part.metre != tempo.metre):
                return None
            made = [one.of_tempo(tempo) for one in part.lengths if one.of_tempo]
            numbers = [number for number in made if number is not None]
            if len(numbers) < len(made):
                return None
        if part.duration and part.duration != (context.duration,):
            return None
        sounds = tree.piece.sounds
        for name, sound in part.sounds.items():
            if sounds.get(name) is not sound:
                return None
        if not tree.adopt(part):
            return None
        for name in part.names:
            names[name].read()
            tree.constants.reads.append((name, names[name]))
        for (node, input, _), number in zip(part.lengths, numbers, strict=True):
            if input:
                node.inputs[input] = number
        tree.lengths += part.lengths
        self.used[path] = part
        self.used |= part.parts
        return part

    def keep(
        self,
        context: Any,
        path: str,
        made_of: tuple[Hashable, ...],
        begin: Begin,
        source: Source,
        about: Any = None,
    ) -> None:
        """Keep what has been built since `begin` at a path, if it is closed; `context`: as for `find`."""
        tree, tempo = context.tree, context.outer_tempo
        if not self.begun or not isinstance(source, TreeNode):
            return
        if len(tree.edges) != begin.edges or tree.ties != begin.ties:
            return
        positions = {*self.transports.values()}
        nodes = tree.order[begin.nodes :]
        if not positions.isdisjoint(nodes):
            nodes = [node for node in nodes if node not in positions]
        instances = tree.instances[begin.instances :]
        sounds = {one.sound.name: one.sound for one in instances if one.sound}
        known = {id(value) for value in tree.bound[begin.bound :]}
        around = {name: value.value for name, value in tree.constants.reads[begin.reads :] if id(value) not in known}
        names = {name: value for name, value in around.items() if name and isinstance(value, float)}
        if len(names) != len(around):
            return
        if len(tree.findings) != begin.findings or any(sound.findings for sound in sounds.values()):
            return
        loose = {node: None for node in tree.loose[begin.loose :] if node not in positions}
        read = {one for node in loose if not node.inside for one in reads(node) if not isinstance(one, float)}
        others = {target_of(one) for one in read if not isinstance(one, PartRun)} - loose.keys()
        others |= {one.inside.transport for one in loose if one.inside and one.inside.transport}
        if len(others) > 1 or not others <= positions:
            return
        transport = next(iter(others), None)
        if not source.voice:
            inner = reachable(source)
            fades = any(one.inside.fades if one.inside else has_slow_fade(one) for one in loose)
            source.inside = Inside(inner, [node for node in inner if node.template], fades, transport)
        tops = [*loose] if source.voice else [source]
        tree.loose[begin.loose :] = tops
        self.used[path] = KeptPart(
            made_of,
            source,
            nodes,
            {node.id: node for node in nodes},
            instances,
            tops,
            sounds,
            names,
            (tempo.bpm, tempo.metre) if tree.clocks != begin.clocks else None,
            tempo.metre if tree.metres != begin.metres else None,
            [one for one in tree.lengths[begin.lengths :] if one.of_tempo],
            transport,
            (context.duration,) if tree.durations != begin.durations else None,
            about,
        )


class PartPlace:
    """The place of a model in the tree, where it may be a closed part; what is in a voice is kept with its pool."""

    def __init__(self, context: Any, model: NodeModel | Use, path: str, use: str, note_inputs: object):
        """As for `unfold`."""
        self.context, self.path = context, path
        self.made_of: tuple[Hashable, ...] = ()
        if context.depth and not (context.voice or note_inputs):
            self.made_of = (made_of_model(model), use, *facts_around(context))

    def find(self) -> KeptPart | None:
        """The part that stood here in the tree before, if it is the same; it is in this tree then. Else it begins."""
        if not self.made_of:
            return None
        tree = self.context.tree
        part: KeptPart | None = tree.kept.find(self.context, self.path, self.made_of)
        if part is None:
            self.begin = Begin.of(tree)
        return part

    def keep(self, source: Source) -> None:
        """Keep what was built here, if it is closed."""
        if self.made_of:
            self.context.tree.kept.keep(self.context, self.path, self.made_of, self.begin, source)


def facts_around(context: Any) -> tuple[Hashable, ...]:
    """The facts that a part depends on at its place, beside its model and what `KeptParts.find` asks for."""
    return context.gated, context.control, context.sounds, context.form


def made_of_model(model: NodeModel | Use) -> NodeModel | Use | str:
    """The key of a model where it is kept: itself, or the name of a sound that is used as it is."""
    return model.name if isinstance(model, Use) and not model.given else model
