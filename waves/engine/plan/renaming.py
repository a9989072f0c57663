"""Renames the playing graph: its nodes get the IDs that they have in the next graph, those of voices too.

Afterwards the two graphs can be compared by ID alone. Build thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import SHARED, Graph, Output, Row, Source, VoiceGraph, relative_id
from waves.engine.graph.known_rows import changed_rows
from waves.engine.graph.matching import all_stay, match_nodes
from waves.engine.state.kept_memory import KeptMemory
from waves.engine.state.state_registry import Record
from waves.engine.state.voice_memory import PoolLayout, PoolRecord
from waves.node_types.library import signature


@dataclass(frozen=True, slots=True)
class RenamedGraph:
    """The playing graph under the IDs of the next one."""

    graph: Graph
    nodes: Mapping[str, str]  # previous ID of each renamed node, by its next ID
    keys: Mapping[str, str]  # next key of each state and memory, by the key that it plays under
    voices: Mapping[str, RenamedGraph]  # of pools in which any node is renamed, by the pool's next key

    def key(self, key: str) -> str:
        """The next key of a row, state or memory."""
        return self.keys.get(key, key)

    def states(self, playing: Mapping[str, Record]) -> dict[str, Record]:
        """The records that play, by their next keys; the fields of pools have their next names too."""
        if not (self.keys or self.voices):
            return dict(playing)
        return {self.key(key): self._record(key, record) for key, record in playing.items()}

    def memories(self, playing: Mapping[str, KeptMemory]) -> dict[str, KeptMemory]:
        """The ring buffers and buffers that play, by their next keys."""
        return {self.key(key): memory for key, memory in playing.items()}

    def note_in(self, transition: Transition) -> None:
        """Write the previous IDs of nodes into the transition."""
        transition.previous_ids = dict(self.nodes)
        for pool, inner in self.voices.items():
            if pool in transition.voices:  # one that runs twice is compared as a whole
                inner.note_in(transition.voices[pool])

    def _record(self, key: str, record: Record) -> Record:
        inner = self.voices.get(self.key(key))
        if inner and isinstance(record, PoolRecord):
            return record.under(_rename_layout(record.layout, inner))
        return record


def rename_graph(old: Graph, new: Graph, pools: tuple[str, str] = ("", "")) -> RenamedGraph:
    """The playing graph `old` under the IDs of `new`; `pools` as in `match_nodes`.

    Example: in the piece `a: osc` the entry is renamed to `b`:

        old.rows                {root.Mix.a.Osc, root.Mix}
        renamed.graph.rows      {root.Mix.b.Osc, root.Mix}        renamed.nodes {"root.Mix.b.Osc": "root.Mix.a.Osc"}
    """
    if others := all_stay(old, new):
        nodes, (graph, keys) = {}, (old, dict[str, str]())
    else:
        nodes = match_nodes(old, new, pools)
        graph, keys = rename_nodes(old, nodes, pools[0])
    voices: dict[str, RenamedGraph] = {}
    rows = dict(graph.rows)
    for key in others.pools if others else new.rows:
        was, row = rows.get(key), new.rows[key]
        if was and was is not row and was.voice and row.voice and was.node and row.node:
            inner = rename_graph(was.voice.graph, row.voice.graph, (was.node.id, row.node.id))
            if inner.nodes or inner.voices:
                voices[key], rows[key] = inner, replace(was, voice=_rename_voice(was.voice, inner))
    return RenamedGraph(replace(graph, rows=rows) if voices else graph, nodes, keys, voices)


def seeds_of(graph: Graph, pool: str = "") -> dict[str, int]:
    """The seeds of rows that use one, by `key kind`, in voices by `key kind` of the pools and of the row."""
    seeds: dict[str, int] = {}
    for key, row in graph.rows.items():
        name = f"{pool}{key} {row.kind.__name__}"
        if row.voice:
            seeds |= {name: row.seed, **seeds_of(row.voice.graph, f"{name} ")}
        elif any(argument.name == "seed" for argument in signature.arguments(row.kind)):
            seeds[name] = row.seed
    return seeds


def with_seeds(
    graph: Graph, seeds: Mapping[str, int], forget: Callable[[Row], bool] = lambda row: False, pool: str = ""
) -> Graph:
    """The graph with the seeds that rows already play with, so that a node that moved keeps its noise.

    Rows for which `forget` is true keep the seed of their text; `seeds` as from `seeds_of`.
    """
    rows: dict[str, Row] = {}
    for key, row in graph.rows.items():
        name = f"{pool}{key} {row.kind.__name__}"
        if forget(row):
            continue
        if row.voice:
            inner, seed = with_seeds(row.voice.graph, seeds, forget, f"{name} "), seeds.get(name, row.seed)
            if inner is not row.voice.graph or seed != row.seed:
                rows[key] = replace(row, voice=replace(row.voice, graph=inner), seed=seed)
        elif seeds.get(name, row.seed) != row.seed:
            rows[key] = replace(row, seed=seeds[name])
    return replace(graph, rows=graph.rows | rows) if rows else graph


def continued(graph: Graph, playing: Graph, forget: Callable[[Row], bool] = lambda row: False) -> Graph:
    """The graph with the seeds that its rows play with under their keys, as `with_seeds` gives them; voices too."""
    rows: dict[str, Row] = {}
    for key, row in changed_rows(graph.rows, playing.rows).items():
        was = playing.rows.get(key)
        if was is None or was.kind.__name__ != row.kind.__name__ or forget(row):
            continue
        if row.voice and was.voice:
            inner = continued(row.voice.graph, was.voice.graph, forget)
            if inner is not row.voice.graph or was.seed != row.seed:
                rows[key] = replace(row, voice=replace(row.voice, graph=inner), seed=was.seed)
        elif was.seed != row.seed and any(argument.name == "seed" for argument in signature.arguments(row.kind)):
            rows[key] = replace(row, seed=was.seed)
    return replace(graph, rows=graph.rows | rows) if rows else graph


def rename_nodes(graph: Graph, nodes: Mapping[str, str], pool: str = "") -> tuple[Graph, dict[str, str]]:
    """The graph with its nodes under other IDs, and the next key of each state and memory.

    `nodes`: the ID in the graph, by the next ID. A node whose ID is given to another one gets an ID that begins with
    `gone `. `pool`: the ID of the pool whose voices play the graph.

    Example: `a` and `b` are entries of a mix; `b` is removed and `a` is called `b`, so `nodes` is {b: a}:

        before  rows a, b         states a, b
        after   rows b, gone b    keys {a: b, b: gone b}: the state of `a` is that of `b` from now on
    """
    if not nodes:
        return graph, {}
    next_ids = {before: after for after, before in nodes.items()}

    def renamed(key: str, row: Row) -> str:
        """The next key of a row of a node, or of its state or memory."""
        if key.startswith(SHARED):
            return key
        id = relative_id(row.node.id, pool) if row.node else row.key
        if id in next_ids:
            return next_ids[id] + key.removeprefix(id)
        return f"gone {key}" if id in nodes else key

    rows = graph.rows.values()
    keys = {row.key: renamed(row.key, row) for row in rows}
    states = {row.state_key: renamed(row.state_key, row) for row in rows}
    memories = {memory.key: renamed(memory.key, row) for row in rows for memory in row.memories}

    def source(old: Source) -> Source:
        return Output(keys.get(old.key, old.key), old.index) if isinstance(old, Output) else old

    moved = [
        replace(
            row,
            key=keys[row.key],
            inputs={n: source(s) for n, s in row.inputs.items()},
            lists={n: {k: source(s) for k, s in e.items()} for n, e in row.lists.items()},
            state_key=states[row.state_key],
            memories=tuple(memory._replace(key=memories[memory.key]) for memory in row.memories),
        )
        for row in rows
    ]
    result = Graph(
        {row.key: row for row in moved},
        [source(s) for s in graph.outputs],
        [keys[key] for key in graph.sinks],
        keys.get(graph.end, graph.end),
        keys.get(graph.transport, graph.transport),
        graph.delayed,
        {next_ids.get(node, node): how for node, how in graph.fading_out.items()},
        {name: [source(s) for s in channels] for name, channels in graph.meters.items()},
        graph.monitors,
    )
    return result, {**states, **memories}


def _rename_voice(voice: VoiceGraph, inner: RenamedGraph) -> VoiceGraph:
    note_values = [[inner.key(key) for key in keys] for keys in voice.note_values]
    return VoiceGraph(inner.graph, note_values, [inner.key(key) for key in voice.gates], voice.shared)


def _rename_layout(layout: PoolLayout, inner: RenamedGraph) -> PoolLayout:
    """The layout of a pool under the next keys of its rows, and of inner pools likewise."""
    pools = {
        inner.key(key): _rename_layout(below, inner.voices[inner.key(key)])
        for key, (_, below) in layout.pools.items()
        if inner.key(key) in inner.voices
    }
    return layout.renamed(inner.key, pools)
