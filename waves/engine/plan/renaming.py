"""What plays, as if its nodes had always had the IDs of the next graph, those of voices too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from waves.abi import VOICE
from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Output, Row, Source, Voice, inside
from waves.engine.graph.matching import match_nodes
from waves.engine.plan.state_registry import Record
from waves.engine.plan.voice_memory import PoolLayout, PoolRecord, pool_dtype
from waves.node_types.library import signature


@dataclass(frozen=True, slots=True)
class RenamedGraph:
    """The graph that plays under the IDs of the next one; `nodes` are those that had others, with these."""

    graph: Graph
    nodes: Mapping[str, str]
    names: Mapping[str, str]  # what became of the keys of rows, states and rings
    voices: Mapping[str, RenamedGraph]  # of pools in which any node had another ID

    def record(self, key: str, record: Record) -> Record:
        """The state under a key, what is in a pool under its name in the next graph."""
        inner = self.voices.get(self.names.get(key, key))
        return record.under(_renamed(record.layout, inner)) if inner and isinstance(record, PoolRecord) else record

    def tell(self, transition: Transition) -> None:
        """Note in a transition which nodes had other IDs."""
        transition.followed = dict(self.nodes)
        for pool, inner in self.voices.items():
            inner.tell(transition.voices[pool])


def rename_graph(old: Graph, new: Graph, above: tuple[str, str] = ("", "")) -> RenamedGraph:
    """What plays as the next graph names it; `above` is what the IDs in both begin with."""
    nodes = match_nodes(old, new, above)
    graph, names = renamed(old, nodes, above[0])
    voices: dict[str, RenamedGraph] = {}
    rows = dict(graph.rows)
    for key, row in new.rows.items():
        was = rows.get(key)
        if was and was.voice and row.voice and was.node and row.node:
            inner = rename_graph(was.voice.graph, row.voice.graph, (was.node.id, row.node.id))
            if inner.nodes or inner.voices:
                voices[key], rows[key] = inner, replace(was, voice=_voice(was.voice, inner))
    return RenamedGraph(replace(graph, rows=rows) if voices else graph, nodes, names, voices)


def seeds_of(graph: Graph, above: str = "") -> dict[str, int]:
    """The seeds of rows that use one, by key and kind, those of voices after their pool's."""
    found: dict[str, int] = {}
    for key, row in graph.rows.items():
        name = f"{above}{key} {row.kind.__name__}"
        if row.voice:
            found |= seeds_of(row.voice.graph, f"{name} ")
        elif any(argument.name == "seed" for argument in signature.arguments(row.kind)):
            found[name] = row.seed
    return found


def with_seeds(
    graph: Graph, seeds: Mapping[str, int], anew: Callable[[Row], bool] = lambda row: False, above: str = ""
) -> Graph:
    """The graph with the seeds of what goes on: randomness stays what it began with, wherever a node is moved."""
    rows: dict[str, Row] = {}
    for key, row in graph.rows.items():
        name = f"{above}{key} {row.kind.__name__}"
        if anew(row):
            continue
        if row.voice:
            inner = with_seeds(row.voice.graph, seeds, anew, f"{name} ")
            if inner is not row.voice.graph:
                rows[key] = replace(row, voice=replace(row.voice, graph=inner))
        elif seeds.get(name, row.seed) != row.seed:
            rows[key] = replace(row, seed=seeds[name])
    return replace(graph, rows=graph.rows | rows) if rows else graph


def renamed(graph: Graph, nodes: Mapping[str, str], above: str = "") -> tuple[Graph, dict[str, str]]:
    """The graph as if its nodes had always had their new IDs, and what became of each key."""
    if not nodes:
        return graph, {}
    to = {before: after for after, before in nodes.items()}
    taken = set(nodes)
    keys: dict[str, str] = {}
    for key, row in graph.rows.items():
        base = inside(row.node.id, above) if row.node else key
        if base in to:
            keys[key] = to[base] + key.removeprefix(base)
        elif base in taken:  # another node has this ID now
            keys[key] = f"gone {key}"
    states = {row.state: _moved(row.state, row, above, to, taken) for row in graph.rows.values()}
    memories = {row.memory: _moved(row.memory, row, above, to, taken) for row in graph.rows.values() if row.memory}

    def source(one: Source) -> Source:
        return Output(keys.get(one.key, one.key), one.index) if isinstance(one, Output) else one

    rows = {}
    for key, row in graph.rows.items():
        name = keys.get(key, key)
        rows[name] = replace(
            row,
            key=name,
            inputs={n: source(s) for n, s in row.inputs.items()},
            lists={n: {k: source(s) for k, s in e.items()} for n, e in row.lists.items()},
            state=states[row.state],
            memory=memories.get(row.memory, ""),
        )
    moved = Graph(
        rows,
        [source(s) for s in graph.outputs],
        [keys.get(k, k) for k in graph.sinks],
        keys.get(graph.end, graph.end),
        keys.get(graph.transport, graph.transport),
        graph.delayed,
        {to.get(node, node): how for node, how in graph.leaving.items()},
    )
    return moved, {**states, **memories}


def _moved(name: str, row: Row, above: str, to: Mapping[str, str], taken: set[str]) -> str:
    if name.startswith("shared:"):
        return name
    base = inside(row.node.id, above) if row.node else row.key
    if base in to:
        return to[base] + name.removeprefix(base)
    return f"gone {name}" if base in taken else name


def _voice(voice: Voice, now: RenamedGraph) -> Voice:
    given = [[now.names.get(key, key) for key in keys] for keys in voice.given]
    return Voice(now.graph, given, [now.names.get(key, key) for key in voice.gates])


def _renamed(places: PoolLayout, now: RenamedGraph) -> PoolLayout:
    """The places of a pool under other names."""

    def name(key: str) -> str:
        return now.names.get(key, key)

    pools = {
        name(key): (at, _renamed(below, now.voices[name(key)]) if name(key) in now.voices else below)
        for key, (at, below) in places.pools.items()
    }
    names, formats, offsets = [], [], []
    for field, (form, offset, *_) in dict(places.voice.fields or {}).items():
        kind, _, key = field.partition(" ")
        if field in (VOICE.names or ()):
            names.append(field)
        elif key and field not in places.states:  # a pool, a ring or its count
            names.append(f"{kind} {name(key)}")
        else:
            names.append(name(field))
        formats.append(pools[name(key)][1].dtype if kind == "pool" and name(key) in pools else form)
        offsets.append(offset)
    voice = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": places.voice.itemsize})
    return replace(
        places,
        dtype=pool_dtype(voice, places.slots),
        voice=voice,
        states={name(key): at for key, at in places.states.items()},
        rings={name(key): ring for key, ring in places.rings.items()},
        pools=pools,
        default=places.default.view(voice),
    )
