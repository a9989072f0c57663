"""Build context: the names, duration, voice and tempo around a value while the tree is built."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from waves.language.model.form.metres import Metre
from waves.language.model.models import BuildStopped, Finding, Origin, Place, Sound
from waves.language.model.piece import Piece
from waves.language.tree.constants import ConstantNames
from waves.language.tree.kept.kept_parts import KeptPart, KeptParts
from waves.language.tree.kept.lengths import Length
from waves.language.tree.moved_parameter import MovedParameter
from waves.language.tree.scope import Scope
from waves.language.tree.song import During, Song
from waves.language.tree.tree_node import Edge, Instance, LazyValue, MixPart, Source, Switch, Template, TreeNode
from waves.node import Node
from waves.node_types.builtin.expression import HOLD
from waves.node_types.builtin.form.sections import call_cells
from waves.node_types.builtin.moved_value import ValueCell
from waves.notes import Note as StartedNote

MAX_NODES = 20_000
TRANSPORT = Place(Origin("transport"))


@dataclass(frozen=True, eq=False, slots=True)
class Tempo:
    """The tempo that clocks follow; `build.tempo_names` makes it.

    The nodes behind the names are made when they are first read, once for all that read them.
    """

    bpm: Source
    """Beats per minute."""
    metre: Metre
    names: Mapping[str, LazyValue]
    written: float | None = None  # beats per minute in the text, also while moved by hand; None: it is no number
    bars: LazyValue | None = None
    """The node that counts its bars, where they are not all alike."""

    def source(self, name: str) -> Source:
        """The source of a name."""
        source = self.names[name].built()
        assert not isinstance(source, list)
        return source

    @property
    def moves(self) -> bool:
        """Whether the tempo is a signal, not a number."""
        return not isinstance(self.bpm, float)


class NoteStarter(Protocol):
    """Builds what starts the notes of a node; `build` is its `NodeBuilder`."""

    def start(self, build: Any, notes: Sequence[StartedNote], steps: int, chained: bool) -> Source:
        """The source of a node whose notes stand in steps."""

    def play(self, build: Any, name: str, chained: bool) -> Source:
        """The source of a node that plays steps as they are written."""

    def start_by_kernel(self, build: Any, name: str) -> Source:
        """The source of a node whose kernel starts the sounds of a parameter."""


class TreeBuilder:
    """Everything that one build of a tree collects: nodes by ID, references, findings, sounds in use.

    `step_length`: seconds of a note without an end; `rand_hold`: seconds for which `rand()` keeps its value;
    `moved`: parameters moved from outside, by key.
    """

    tempo: Tempo
    """Tempo outside of any `tempo` node; set right after the builder is made."""

    names: Mapping[str, LazyValue]
    """Names known in every sound; set with `tempo`."""

    starter: NoteStarter
    """Set with `tempo`."""

    def __init__(
        self,
        piece: Piece,
        bpm: float,
        step_length: float = 1.0,
        rand_hold: float = HOLD,
        moved: Mapping[str, MovedParameter] | None = None,
    ):
        self.kept = KeptParts()
        """Parts of the tree before."""
        self.piece = piece
        self.step_length, self.rand_hold = step_length, rand_hold
        self.moved, self.names = moved or {}, {}
        self.switches: Mapping[str, Switch] = {}
        """Parts of mixes that are mute or solo by a switch, by the ID of the mix and the name."""
        self.findings: list[Finding] = []
        self.constants = ConstantNames(piece.vars, bpm, self.findings.append, piece.lost.get("vars", {}))
        self.instances: list[Instance] = []
        self.edges: list[Edge] = []
        """References, to be tied when the tree is built."""
        self.nodes: dict[str, TreeNode] = {}
        """Nodes by ID."""
        self.order: list[TreeNode] = []
        """The same, in the order of the build."""
        self.loose: list[TreeNode] = []
        """The same, but of a closed part only what others may read."""
        self.bound: list[LazyValue] = []
        """Values of names that nodes bind for what is inside them."""
        self.ties = 0
        """Count of what ties a part to what is around it: ids that are given, moving tempos, an ID that was taken."""
        self.clocks = 0
        """Count of what follows a tempo that does not move."""
        self.metres = 0
        """Count of what follows the metre of such a tempo."""
        self.lengths: list[Length] = []
        """Numbers that are written again where such a tempo is another one."""
        self.durations = 0
        """Count of the lists that take the duration of their context, or would if it had one."""
        self.ids = frozenset(name for sound in piece.sounds.values() for name in sound.ids)
        """Every id of every sound."""
        self.used: set[str] = set()
        """Names of the sounds in use."""
        self.cells: Mapping[str, ValueCell] = call_cells()
        """Cells in which calls of sections and fills from outside stand, by name."""
        self.heeded = 0
        """Count of sequences and fades that heed the sections in which they are heard."""
        self.tempos: list[Tempo] = []
        """Tempos of the outermost `tempo` nodes, in the order of the build."""

    def context(self, instance: Instance) -> BuildContext:
        """The outermost context of a use of a sound."""
        scope = Scope(self.constants, self.piece.sounds, self.ids, self.edges, instance, self.names)
        return BuildContext(self, scope)

    def enter(self, sound: Sound, instance: Instance) -> None:
        """Record a use of a sound; the findings in a sound are added with its first use."""
        self.instances.append(instance)
        if sound.name not in self.used:
            self.used.add(sound.name)
            self.findings += sound.findings

    def adopt(self, part: KeptPart) -> bool:
        """Take a part of the tree before into this one; False if there is no room for it, or an ID is taken."""
        count = len(self.nodes) + len(part.by_id)
        self.nodes |= part.by_id
        if not len(self.nodes) == count <= MAX_NODES:
            self.nodes = {node.id: node for node in self.order}
            return False
        self.order += part.nodes
        self.loose += part.tops
        self.instances += part.instances
        self.used.update(part.sounds)
        self.clocks += part.tempo is not None
        self.metres += part.metre is not None
        self.durations += part.duration is not None
        return True

    def take(self, node: TreeNode) -> None:
        """Take one node into the tree; its ID is free."""
        self.nodes[node.id] = node
        self.order.append(node)
        self.loose.append(node)

    @property
    def progress(self) -> tuple[int, int]:
        """Numbers of uses of sounds and of findings so far."""
        return len(self.instances), len(self.findings)

    def is_broken_since(self, progress: tuple[int, int]) -> bool:
        """Whether a mistake is in what was built since then: what it does not use may be used in what is meant."""
        uses, findings = progress
        return any(finding.level == "error" for finding in self.findings[findings:]) or any(
            instance.sound is not None and instance.sound.is_broken for instance in self.instances[uses:]
        )

    def new(self, id: str, kind: type[Node], place: Place) -> TreeNode:
        """A node with this ID, or with `~2`, `~3` after it when the ID is taken. Raises BuildStopped at the limit."""
        if len(self.nodes) >= MAX_NODES:
            raise BuildStopped(Finding(place, f"more than {MAX_NODES} nodes"))
        count, own = 1, id
        while own in self.nodes:  # names with dots in them could give one ID twice
            count += 1
            own = f"{id}~{count}"
            self.ties += 1
        node = TreeNode(own, kind, place=place.at_key(), path=str(place))
        self.take(node)
        return node


class MixAround(NamedTuple):
    """A mix around a place: its part that the place is in, and the names of all its parts."""

    part: str
    parts: Collection[str]


@dataclass(eq=False, slots=True)
class BuildContext:
    """The surroundings of a value: the names it may use, the node it belongs to, the duration of its lists.

    Nothing changes one. It is not frozen, as several are made for each node, and a frozen one takes four times as long.
    """

    tree: TreeBuilder
    scope: Scope
    node: str = ""
    """Type of the node around, for messages."""
    duration: Source | None = None
    """Seconds."""
    depth: int = 0
    """Number of nodes around."""
    sounds: tuple[str, ...] = ()
    """Names of the sounds around, outermost first."""
    voice: Template | None = None
    tempo: Tempo | None = None
    """The outermost tempo around; None outside of any."""
    gated: bool = False
    """Whether the value is read as a gate: an oscillator is naive there unless it is written otherwise."""
    control: bool = False
    """Whether the value moves a parameter, and is not heard itself."""
    part: MixPart | None = None
    """The part of a mix that the value is, itself or through what only wraps it."""
    mixes: tuple[MixAround, ...] = ()
    """The mixes around, outermost first."""
    song: Song | None = None
    """The song around."""
    during: During | None = None
    """The sections in which the place is heard; None: in all."""

    @property
    def form(self) -> Hashable:
        """Facts that a kept part depends on beside its model: where it is heard, how its song ends and counts bars."""
        counting = self.counting_song
        return self.during and self.during.names, bool(self.song and self.song.stops), counting and counting.id

    @property
    def transport(self) -> Tempo:
        """The tempo that the clocks here follow: the outermost around them."""
        tempo = self.outer_tempo
        if self.voice or tempo.moves:
            self.tree.ties += 1
        else:
            self.tree.clocks += 1
        return tempo

    @property
    def metre(self) -> Metre:
        """The metre of that tempo, where nothing else of it is followed."""
        self.tree.metres += 1
        metre = self.outer_tempo.metre
        return replace(metre, bars=()) if self.counting_song else metre

    @property
    def bars(self) -> TreeNode | None:
        """The node that counts the bars here, where they are not all alike."""
        if song := self.counting_song:
            return song.node
        node = bars.built() if (bars := self.outer_tempo.bars) else None
        return node if isinstance(node, TreeNode) else None

    @property
    def counting_song(self) -> Song | None:
        """The song around whose sections have bars of their own, in beats of the tempo here."""
        return self.song if self.song and self.song.counts_bars_of is self.outer_tempo else None

    @property
    def outer_tempo(self) -> Tempo:
        """The same, where nothing follows it."""
        return self.tempo or self.tree.tempo

    def new(self, id: str, kind: type[Node], place: Place) -> TreeNode:
        """A node that belongs to the voice around; ID and errors as in `TreeBuilder.new`."""
        node = self.tree.new(id, kind, place)
        node.voice = self.voice
        return node

    def known(self, names: Mapping[str, LazyValue]) -> BuildContext:
        """The same context with more names."""
        return self.but(scope=replace(self.scope, names={**self.scope.names, **names}))

    def but(self, **changes: Any) -> BuildContext:
        """A copy with other facts: made without `replace`, which asks for each of them by name."""
        made = BuildContext(*_facts(self))
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def in_part(self, part: MixPart, around: MixAround) -> BuildContext:
        """The same context for a part of a mix, of which there may be thousands: made without `replace`."""
        return BuildContext(
            self.tree,
            self.scope,
            self.node,
            self.duration,
            self.depth,
            self.sounds,
            self.voice,
            self.tempo,
            self.gated,
            self.control,
            part,
            (*self.mixes, around),
            self.song,
            self.during,
        )

    def report(self, place: Place, sentence: str, suggestion: str = "", column: int = 0) -> None:
        """Add an error to the findings of the build."""
        self.tree.findings.append(Finding(place, sentence, suggestion, "error", column))


_facts = attrgetter(*(one.name for one in fields(BuildContext)))
