"""Nodes of the tree, and what an input may be: a number, a node, or an edge to a node that is written elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from waves.language.model.models import Finding, Place, Sound
from waves.language.model.patterned.heard.played_notes import PlayedNotes
from waves.node import Node
from waves.node_types.library.preparation import KnownParameters
from waves.problem import Mark, Problem


@dataclass(eq=False, slots=True)
class Reference:
    """An edge to a node written elsewhere, as `$name`, an id's name or `reference`; it may close a loop."""

    target: TreeNode
    mark: Mark | None = None
    output: str = ""
    """The name of an output of the target; empty: its signal."""


class Sent(NamedTuple):
    """One send of a part: its amount, and where it is written."""

    amount: Source
    place: Place


@dataclass(eq=False, slots=True)
class MixPart:
    """Facts of a part of a mix that are written in it: filled while the part is built."""

    mute: bool = False
    solo: bool = False
    sends: dict[str, Sent] = field(default_factory=dict)
    """By the name of the part that it feeds."""


class Switch(NamedTuple):
    """Mute and solo of a part of a mix that are switched from outside; None: as the text says."""

    mute: bool | None = None
    solo: bool | None = None


NO_SWITCH = Switch()


class PartState(NamedTuple):
    """State of a part of a mix: mute, solo, heard."""

    mute: bool = False
    solo: bool = False
    heard: bool = True
    """Whether it is in the sum of the mix."""
    switch: Switch = NO_SWITCH
    """The mute and solo that are switched from outside, where they differ from the text."""

    @property
    def word(self) -> str:
        """Its state in a word or two."""
        if self.mute:
            return "mute"
        return ("solo" if self.solo else "heard") if self.heard else "not heard"


@dataclass(eq=False, slots=True)
class TreeNode:
    """One node of the tree. A node that several inputs read is one object."""

    id: str
    kind: type[Node]
    settings: dict[str, Any] = field(default_factory=dict)
    """Every parameter of the type that is not a signal, validated."""
    inputs: dict[str, Source | dict[str, Source]] = field(default_factory=dict)
    """Every Signal and Channels; every Signals as a dict by name or index."""
    place: Place | None = None
    """Its place in the text."""
    path: str = ""
    common: dict[str, Any] = field(default_factory=dict)
    """Of `monitor`, `fade` and `tail`, those that are written."""
    template: Template | None = None
    """The template of each voice, for a pool."""
    voice: Template | None = None
    """The voice that the node belongs to."""
    transport: TreeNode | None = None
    """The transport that the piece follows, for the root."""
    parts: dict[str, PartState] = field(default_factory=dict)
    """Of a mix, the parts that are mute, solo or not heard, by name."""
    is_mix: bool = False
    """Whether it is a `mix` as it is written."""
    played: PlayedNotes | None = field(default=None, init=False)  # of a pool of a pattern its notes, with their words
    inside: Inside | None = field(default=None, init=False)
    """Of the top of a closed part (`kept_parts`) the nodes that it needs, itself among them."""
    runs: Sequence[PartRun | str] = field(default=(), init=False)
    """Of a mix of many parts all of these in their order: those of a run as one, others by name."""

    @property
    def mark(self) -> Mark | None:
        """Line and column of it, as the files were read last; None for what is not in a file."""
        return self.place.mark if self.place else None

    def opened(self) -> None:
        """Its tree is changed: nothing in it is closed any more."""
        self.inside, self.runs = None, ()

    def problem_at(self, parameter: str, sentence: str) -> Problem:
        """A problem of a parameter that is written, at its value."""
        mark = self.place.below(parameter).mark if self.place else None
        return Problem(sentence, mark, f"{self.path}.{parameter}")


class Inside(NamedTuple):
    """The nodes of a closed part, those of voices too, and with the position of the tempo if it is read."""

    nodes: list[TreeNode]
    pools: list[TreeNode]
    fades: bool
    """Whether any has a `fade` or a `tail`."""
    transport: TreeNode | None
    """The node with the position of the tempo around, if it is read."""


@dataclass(eq=False, slots=True)
class PartRun:
    """Neighbours among the parts of a mix that are all closed, taken as one: of thousands few are looked at."""

    tops: dict[str, TreeNode]
    """The top of each part by its name in the mix."""
    inside: Inside


Source = float | TreeNode | Reference

UNTIED = TreeNode("", Node)
"""The target of a reference until the whole tree is built."""


class LazyValue:
    """The value of a name: built when it is first needed, one source for all that read it."""

    def __init__(self, make: Callable[[], Source | list[float]]):
        self.make = make
        self.value: Source | list[float] | None = None
        self.reads = 0
        """Number of times that an expression has read it."""

    def built(self) -> Source | list[float]:
        """The value, built if that has not been done; this does not count as a read."""
        if self.value is None:
            self.value = self.make()
        return self.value

    def read(self) -> Source | list[float]:
        """The value for an expression."""
        self.reads += 1
        return self.built()


@dataclass(eq=False, slots=True)
class Instance:
    """One use of a sound: an id that is written in it means a node of this use."""

    path: str
    sound: Sound | None = None
    outer: Instance | None = None
    nodes: dict[str, Source] = field(default_factory=dict)
    """Nodes that are built, by id; filled while the tree grows."""
    voice: Template | None = None
    """The voice that it belongs to."""

    def around(self) -> Iterator[Instance]:
        """This instance and those around it, innermost first."""
        instance: Instance | None = self
        while instance:
            yield instance
            instance = instance.outer

    def ids(self) -> list[str]:
        """Every id written in the sounds around."""
        return [name for instance in self.around() if instance.sound for name in instance.sound.ids]


class Edge(NamedTuple):
    """A reference to be tied when the whole tree is built."""

    reference: Reference
    name: str
    instance: Instance
    find: Callable[[], Finding]
    """Gives the problem if nothing has that id: similar names are not looked for before."""

    @property
    def finding(self) -> Finding:
        """The problem if nothing has that id."""
        return self.find()


@dataclass(eq=False, slots=True)
class Template:
    """One voice: its root, the `Given` nodes in the order of a note's values, and its `Gate` and `NoteLength` if any.

    Nodes that belong to the voice have this template as their `voice`; all others are shared by the voices.
    """

    root: TreeNode | None = None
    given: list[TreeNode] = field(default_factory=list)
    held: list[TreeNode] = field(default_factory=list)
    lengths: list[tuple[TreeNode, str]] = field(default_factory=list)  # inputs whose numbers follow from a tempo


def has_slow_fade(node: TreeNode) -> bool:
    """Whether a `fade` or a `tail` is written for a node."""
    return "fade" in node.common or "tail" in node.common


def known_parameters(node: TreeNode) -> KnownParameters:
    """The parameters of a node as `prepare`, `lengths` and `adopted` see them."""
    signals = {name: source if isinstance(source, float) else None for name, source in node.inputs.items()}
    return KnownParameters(**{**node.settings, **signals})


def target_of(source: TreeNode | Reference) -> TreeNode:
    """The node that an input reads."""
    return source.target if isinstance(source, Reference) else source


def output_of(source: TreeNode | Reference) -> str:
    """The name of the output that an input reads; empty: the signal of the node."""
    return source.output if isinstance(source, Reference) else ""


def sources_of(node: TreeNode, names: Iterable[str]) -> list[Source]:
    """The sources of some inputs of a node; those of a `Signals` one after another, none where nothing is written."""
    sources: list[Source] = []
    for name in names:
        source = node.inputs.get(name, {})
        sources += source.values() if isinstance(source, dict) else [source]
    return sources


def edges(node: TreeNode) -> Iterator[tuple[dict[str, Any], str, Source]]:
    """Every input of a node, with the dict and key that hold it."""
    for name, source in node.inputs.items():
        if isinstance(source, dict):
            yield from ((source, key, entry) for key, entry in source.items())
        else:
            yield node.inputs, name, source


def reads(node: TreeNode) -> Sequence[Source | PartRun]:
    """Everything that a node reads; of a mix a run in place of its parts."""
    if node.runs:
        signals: Any = node.inputs["signals"]
        return [signals[one] if isinstance(one, str) else one for one in node.runs]
    return sources_of(node, node.inputs)


def reachable(root: TreeNode, without: Collection[TreeNode] = ()) -> list[TreeNode]:
    """The nodes that a node needs, itself first, each once; not those that only `without` need, nor these."""
    nodes: dict[int, TreeNode] = {}
    stack = list[TreeNode | PartRun]([root])
    while stack:
        node = stack.pop()
        if id(node) in nodes or node in without:
            continue
        if node.inside is not None and not without:
            nodes |= zip(map(id, node.inside.nodes), node.inside.nodes, strict=True)
            continue
        if isinstance(node, PartRun):
            stack += node.tops.values()
            continue
        nodes[id(node)] = node
        if node.template and node.template.root:
            stack.append(node.template.root)
        stack += [
            one.target if isinstance(one, Reference) else one for one in reads(node) if not isinstance(one, float)
        ]
    return list(nodes.values())


def sources_first(root: TreeNode, read: Callable[[TreeNode], Iterable[TreeNode]]) -> Iterator[TreeNode]:
    """The nodes that a node needs by what each of them reads, itself last: every node after those that it reads.

    Only what closes a loop comes after its reader. Without recursion: a chain of references may be of any length.
    """
    met = {root}
    stack = [(root, iter(read(root)))]
    while stack:
        node, rest = stack[-1]
        target = next((target for target in rest if target not in met), None)
        if target is None:
            stack.pop()
            yield node
        else:
            met.add(target)
            stack.append((target, iter(read(target))))


def outermost_mix(root: TreeNode) -> TreeNode:
    """The mix whose tracks are the stems: the first node with `signals`, below any chain of `signal` inputs.

    Of a sound that is a `mix` inside such a chain, it is that one:

        my_sound: {limit: {signal: {compress: {signal: {mix: {…}}}}}}
    """
    while "signals" not in root.inputs and isinstance(inner := root.inputs.get("signal"), TreeNode):
        root = inner
    entries = root.inputs.get("signals")
    only = [*entries.values()] if isinstance(entries, dict) and len(entries) == 1 and not root.is_mix else [None]
    inside: object = only[0]
    while isinstance(inside, TreeNode) and not inside.is_mix:
        inside = inside.inputs.get("signal")
    return inside if isinstance(inside, TreeNode) else root


def track_states(root: TreeNode) -> dict[str, PartState]:
    """The state of each track, by name. Any thread."""
    parts, plain = outermost_mix(root).parts, PartState()
    return {name: parts.get(name, plain) for name in tracks(root)}


def tracks(root: TreeNode) -> list[str]:
    """Names of the tracks; empty if there is no mix. Any thread."""
    signals = outermost_mix(root).inputs.get("signals")
    return list(signals) if isinstance(signals, dict) else []
