"""Graph data: rows in order of execution, one for each channel of a node, each one call of a kernel per block.

A graph is plain data without threads: it is made once, compared and turned into a plan, and not changed while it plays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from waves.abi import MOST_MONITORS
from waves.language.tree.tree_node import PartRun, Reference, TreeNode
from waves.memo import per_class
from waves.node import Node
from waves.node_types.builtin.crossfade import Fade
from waves.node_types.builtin.step_values import PatternValues
from waves.node_types.library.preparation import KnownParameters
from waves.node_types.library.signature import output_count
from waves.problem import Problem

Array = np.ndarray[Any, Any]

IMPORT = "@"
MONITOR = "\0"  # begins the name of a monitored node in `Graph.meters`, as that of no track


class Output(NamedTuple):
    """One output of a row, by the row's key."""

    key: str
    index: int = 0  # type: ignore[assignment]  # a tuple's method of that name is not needed


Source = float | Output
"""Source of an input: a constant, or an output of another row. NaN: the input is not written."""


SHARED = "shared:"  # begins the key of a memory that nodes share by name


class Memory(NamedTuple):
    """A ring buffer or a buffer of a row.

    The key is that of the node's ID with the name, `my_sound.root.Echo:line`, and `#1` for its second channel; of one
    that nodes share by name `shared:tape`, of a buffer `shared:f8:tape`.
    """

    name: str
    """The name of the kernel's argument; of several rings of one name with the number of each: `lines.3`."""
    key: str
    size: int
    """Frames of a ring, a power of two; numbers of a buffer."""
    element: str = ""
    """Type of the numbers of a buffer, "f8" or "i8"; empty: a ring."""
    is_saved: bool = True
    """Whether it is part of a saved state."""

    @property
    def is_shared(self) -> bool:
        """Whether nodes share it by name."""
        return self.key.startswith(SHARED)


@dataclass(eq=False, slots=True)
class Row:
    """One call of a kernel per block: its code, settings, sources, and the keys of its state and memories.

    It is not changed, but for its node, which is the one of the graph that was made last of those that have the row.

    The key is the node's ID, followed by `#1` for its second channel: `my_sound.root.Mix.lead.Osc#1`.
    """

    key: str
    kind: type[Node]
    settings: dict[str, Any]
    inputs: dict[str, Source]  # by name of the Signal
    lists: dict[str, dict[str, Source]]  # entries of each Signals, channels of each Channels
    arrays: dict[str, Array]  # prepared for this channel: each of shape (n,)
    version: tuple[Any, ...]  # kind, settings, prepared arrays: rows of one key differ if this does
    seed: int
    state_key: str
    node: TreeNode | None = None
    memories: tuple[Memory, ...] = ()  # ring buffers and buffers
    voice: VoiceGraph | None = None  # of a pool
    early: int = 0  # frames by which its output is ahead, as it is read a block later
    outs: int = 1  # outputs
    form: object = field(default=None, init=False)  # kept by `plan.row_forms`
    alike: object = field(default=None, init=False)  # a row that differs as `like` says, or the form of one

    def like(self, other: Row) -> Row:
        """The row itself, which differs from another one in nothing but what its inputs or its voices read."""
        self.alike = other.form or other.alike
        return self

    def with_sources(self, inputs: dict[str, Source], voice: VoiceGraph | None) -> Row:
        """The row with other inputs and voices; of many rows, so without `replace`, which takes longer."""
        made = Row(*_facts(self))
        made.inputs, made.voice = inputs, voice
        return made

    def sources(self) -> Iterator[Source]:
        """Everything the row reads."""
        yield from self.inputs.values()
        for entries in self.lists.values():
            yield from entries.values()

    @property
    def all_memories(self) -> tuple[Memory, ...]:
        """Its memories in the plan; of a pool those that its voices share with others by name."""
        return self.voice.shared if self.voice else self.memories

    def named_sources(self) -> dict[str, Source]:
        """Everything the row reads by name, entries of lists as `signals.lead`."""
        named = dict(self.inputs)
        for name, entries in self.lists.items():
            named |= {f"{name}.{key}": source for key, source in entries.items()}
        return named

    def outputs_read(self, names: Iterable[str]) -> Iterator[Output]:
        """The outputs of other rows that some of its inputs read; a name that it has no input of is left out."""
        for name in names:
            sources = self.lists[name].values() if name in self.lists else [self.inputs.get(name)]
            yield from (source for source in sources if isinstance(source, Output))


_facts = attrgetter(*(one.name for one in fields(Row) if one.init))


def engine_row(
    key: str,
    kind: type[Node],
    *,
    inputs: dict[str, Source] | None = None,
    lists: dict[str, dict[str, Source]] | None = None,
    settings: dict[str, Any] | None = None,
    state_key: str = "",
    node: TreeNode | None = None,
) -> Row:
    """A row that the engine adds itself, such as a fade or a sum: no arrays, no seed, no memory."""
    outs = output_count(kind)
    return Row(key, kind, settings or {}, inputs or {}, lists or {}, {}, (kind,), 0, state_key or key, node, outs=outs)


def fade_row(key: str, old: Source, new: Source, frames: int, wait: int) -> Row:
    """A fade of so many frames from one source to another, which begins after some."""
    alike = _fade(Fade, frames, wait)
    row = engine_row(key, Fade, settings=alike.settings, inputs={"old": old, "new": new})
    row.alike = alike
    return row


@per_class
def _fade(kind: type[Node], frames: int, wait: int) -> Row:
    """A fade, kept for its form, which all others of so many frames have."""
    return engine_row("", kind, settings={"frames": frames, "wait": wait}, inputs={"old": 0.0, "new": 0.0})


@dataclass(eq=False, slots=True)
class VoiceGraph:
    """The graph that each voice of a pool plays, and the rows that take the values of a note.

    A source outside the voice is an `Output` whose key begins with `IMPORT`; the pool's row reads the real source
    under that name, as one entry of its list `imports`.
    """

    graph: Graph
    note_values: list[list[str]]  # for each value of a note, the keys of the rows that give it to the voice
    gates: list[str]  # keys of the rows that say how long the note is held
    shared: tuple[Memory, ...] = ()  # that any of its rows, at any depth, shares by name: not in a voice's record
    words: object = field(default=None, init=False)  # kept by `plan.pool_words`
    alike: object = field(default=None, init=False)  # words of a voice that differs in numbers alone, until its own

    def like(self, other: VoiceGraph) -> None:
        """Know a voice from which it differs in nothing but numbers that its rows read."""
        self.alike = other.words or other.alike


def have_same_notes(was: Row, row: Row) -> bool:
    """Whether two pools differ in nothing but what their voices are, which take the same values."""
    both = [(one.kind, one.outs, one.seed, one.settings) for one in (was, row)]
    voices = [(one.voice.note_values, one.voice.gates) for one in (was, row) if one.voice]
    return both[0] == both[1] and voices[0] == voices[1]


def shared_memories(graph: Graph) -> tuple[Memory, ...]:
    """The memories that rows of a graph share with others by name, those of voices too, each once."""
    found = {memory.key: memory for row in graph.rows.values() for memory in row.all_memories if memory.is_shared}
    return tuple(found.values())


@dataclass(eq=False, slots=True)
class Graph:
    """Rows in order of execution, the source of each output channel, and rows that nobody reads."""

    rows: dict[str, Row] = field(default_factory=dict)
    outputs: list[Source] = field(default_factory=list)  # channels of the device, then two for each stem
    sinks: list[str] = field(default_factory=list)  # rows that run last: the transport, writers of feedback
    end: str = ""  # the row whose end is the end of the piece
    transport: str = ""  # the row that counts the beats
    delayed: list[TreeNode | Reference] = field(default_factory=list)  # edges that read the previous block
    fading_out: dict[str, str] = field(default_factory=dict)  # IDs of nodes that fade or ring out slowly, and how
    meters: dict[str, list[Source]] = field(default_factory=dict)  # two channels of each track or node that is measured
    monitors: dict[str, TreeNode] = field(default_factory=dict)  # nodes with `monitor`, by their names in `meters`
    warnings: list[Problem] = field(default_factory=list)  # loops that take longer than it is written
    parts: dict[TreeNode | PartRun, LoweredPart] = field(default_factory=dict)  # closed, by their top; and runs
    readers: dict[str, list[str]] | None = None  # kept by `all_readers`, also for graphs that differ in numbers only
    is_weak: bool | None = None  # whether an ID of a node counts positions; kept by `all_stay`
    noted: list[str] | None = None  # kept by `all_noted`, also for graphs that differ in numbers and pools only
    names: tuple[str, ...] | None = None  # of nodes; kept by the report of a reload, likewise
    kinds: dict[type[Node], None] | None = None  # kept by `node_types`, also for graphs that differ in numbers only

    def all_readers(self) -> dict[str, list[str]]:
        """The rows that read each row, by key; a row that nobody reads is left out."""
        if self.readers is None:
            self.readers = {}
            for key, row in self.rows.items():
                for sources in (row.inputs, *row.lists.values()):
                    for source in sources.values():
                        if isinstance(source, Output):
                            self.readers.setdefault(source.key, []).append(key)
        return self.readers

    def all_noted(self) -> list[Row]:
        """The rows that take notes or values from patterns."""
        if self.noted is None:
            self.noted = [key for key, row in self.rows.items() if row.voice or row.kind is PatternValues]
        return [self.rows[key] for key in self.noted]


class LoweredPart(NamedTuple):
    """The rows of a closed part of the tree or of a run of them, and the outputs of its nodes, also by their names."""

    rows: dict[str, Row]
    outputs: dict[TreeNode | PartRun, list[Output]]
    named: list[tuple[tuple[TreeNode, str], list[Output]]]
    shown: list[TreeNode]  # those with `monitor`
    prepared: list[Row]  # of the rows that have the same arrays one, and those whose voices have any
    timed: list[Row]  # whose numbers, or those of their voices, follow from a tempo
    parts: dict[TreeNode | PartRun, LoweredPart]  # of a run those in it, by their top


def relative_id(id: str, pool: str) -> str:
    """The part of an ID below the pool's: `p.Mix.low.Osc` in pool `p` is `Mix.low.Osc`. Unchanged without a pool.

    A node with an explicit id, `p/own`, is `/own`.
    """
    return id.removeprefix(pool).removeprefix(".") if pool else id


def absolute_id(key: str, pool: str) -> str:
    """The whole ID of a node in a pool, the inverse of `relative_id`."""
    return f"{pool}{key}" if key.startswith("/") else f"{pool}.{key}"


def output_id(node: TreeNode, output: str) -> str:
    """The ID of a node, or with an output of it."""
    return f"{node.id}.{output}" if output else node.id


def monitored(wanted: Iterable[TreeNode]) -> dict[str, TreeNode]:
    """Of the nodes with `monitor` as many as are measured, by their names in `Graph.meters`."""
    wanted = [*dict.fromkeys(wanted)]
    sources = {
        id(node.common): node for node in reversed(wanted)
    }  # a mute part of a mix is there twice: its sound first
    shown = (node for node in wanted if sources[id(node.common)] is node)
    return {f"{MONITOR}{node.id}": node for node in islice(shown, MOST_MONITORS)}


Prepare = Callable[[TreeNode, KnownParameters], dict[str, Array]]
"""Gives the prepared arrays of a node, each of shape (n,) or (channels, n); raises Problems."""


def frozen(value: Any) -> Any:
    """Settings as a value that can be compared and hashed: dicts and lists become tuples, and -0.0 is not 0.0."""
    if value.__class__ in (str, int, bool):
        return value
    if isinstance(value, dict):
        return tuple((key, frozen(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return "-0.0" if isinstance(value, float) and value == 0.0 and math.copysign(1.0, value) < 0.0 else value
