"""Lanes: parts of a graph that do not read each other, to be played at the same time on several cores.

A lane is a graph with all that its outputs read; what two lanes read is in both, and the same there. The rest of the
graph reads the outputs of the lanes. No row is changed but for what it reads, and each is called as in the whole graph:
so every number is the same. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from waves.engine.graph.graph import Graph, Output, Row, Source

LEAST = 1.15  # times as fast as on one core, by the costs of the rows; else the graph is not divided
GAIN = 0.97  # part of the time before, which a further split must come below
FEED = 100.0  # ns a block for an output of a lane, once to write it and once to read it
SPLITS = 20  # rows that are taken apart without a gain before it is given up

Keys = frozenset[str]


@dataclass(frozen=True, slots=True)
class Divided:
    """A graph in lanes, whose outputs are what the rest reads, and the rest, which reads them by the same names."""

    lanes: list[Graph]
    rest: Graph

    def fed(self, feed: Callable[[Output, Row], Row]) -> Graph:
        """The rest, in which rows that `feed` makes give the outputs of the lanes."""
        feeds: dict[Output, Row] = {}
        for lane in self.lanes:
            for output in lane.outputs:
                assert isinstance(output, Output)
                feeds[output] = feed(output, lane.rows[output.key])
        names: Mapping[Source, Source] = {output: Output(row.key) for output, row in feeds.items()}

        def read(source: Source) -> Source:
            return names.get(source, source)

        rows = {row.key: row for row in feeds.values()}
        for row in self.rest.rows.values():
            inputs = {name: read(source) for name, source in row.inputs.items()}
            lists = {name: {key: read(one) for key, one in entries.items()} for name, entries in row.lists.items()}
            rows[row.key] = replace(row, inputs=inputs, lists=lists)
        end = next((row.key for output, row in feeds.items() if output.key == self.rest.end), self.rest.end)
        return Graph(rows, [read(source) for source in self.rest.outputs], self.rest.sinks, end)


class _Reads:
    """Needs of the rows of a graph: the rows that they read, and those with which they share a memory."""

    def __init__(self, graph: Graph):
        self.graph = graph
        sharing: dict[str, list[str]] = {}
        for row in graph.rows.values():
            for name in (row.state_key, *(memory.key for memory in row.all_memories)):
                sharing.setdefault(name, []).append(row.key)
        self.tied = {key: several for several in sharing.values() if len(several) > 1 for key in several}
        self.sources = {
            key: [source.key for source in row.sources() if isinstance(source, Output)]
            for key, row in graph.rows.items()
        }
        self.clocks = {  # a pool reads more of its clock than its outputs
            source.key for row in graph.rows.values() if row.voice for source in row.inputs.values()
            if isinstance(source, Output)
        }  # fmt: skip
        self._closures: dict[Keys, Keys] = {}

    def closure(self, keys: Iterable[str]) -> Keys:
        """Rows with all that they need."""
        wanted = frozenset(keys)
        if wanted not in self._closures:
            found, stack = set[str](), list(wanted)
            while stack:
                if (key := stack.pop()) not in found:
                    found.add(key)
                    stack += [*self.sources[key], *self.tied.get(key, ())]
            self._closures[wanted] = frozenset(found)
        return self._closures[wanted]


def divided(graph: Graph, costs: Mapping[str, float], lanes: int) -> Divided | None:
    """The graph in at most so many lanes; None where that would not be faster. `costs`: of each row, in ns a block.

    From the end of the graph on, the most expensive row with all that it needs is taken apart: it becomes a row of the
    rest, and what it reads are parts that may be in different lanes.

    Example: `mix` reads `a`, `b` and `c`, and these a `lfo`; with two lanes of about the same cost:

        lanes   lfo, a and lfo, b, c
        rest    mix, which reads a, b and c
    """
    reads = _Reads(graph)

    def cost(keys: Iterable[str]) -> float:
        return sum(costs[key] for key in keys)

    total = cost(graph.rows)
    rest: set[str] = set()
    front = {source.key for source in graph.outputs if isinstance(source, Output)} | {graph.end}
    best: tuple[float, list[set[str]], set[str]] | None = None
    left = SPLITS
    while front and left:
        left -= 1
        heavy = max(front, key=lambda key: (cost(reads.closure([key])), key))
        front.discard(heavy)
        taken = {heavy, *reads.tied.get(heavy, ())}
        rest |= taken
        front |= {source for key in taken for source in reads.sources[key]}
        # What the rest needs as a whole is there, and nothing is read from a lane that more than outputs are needed of.
        whole = reads.closure([key for key in front if key in reads.clocks or key in reads.tied])
        rest |= whole
        front -= rest
        parts = _parts(front, reads, cost, lanes)
        played = [cost(reads.closure(part)) + FEED * len(part) for part in parts]
        rest_played = cost(rest) + FEED * len(front)
        longest, work = max([rest_played, *played]), rest_played + sum(played)
        time = max(longest, work / lanes)
        if best is None or time < GAIN * best[0]:
            best, left = (time, parts, set(rest)), SPLITS
    if best is None or total < LEAST * best[0] or len(best[1]) < 2:
        return None
    return _made(graph, reads, best[1], best[2])


def _parts(front: set[str], reads: _Reads, cost: Callable[[Iterable[str]], float], lanes: int) -> list[set[str]]:
    """The rows of the front in lanes, the most expensive first, each to the lane that is the cheapest with it."""
    parts: list[set[str]] = [set() for _ in range(lanes)]
    for key in sorted(front, key=lambda key: (-cost(reads.closure([key])), key)):
        min(parts, key=lambda part: cost(reads.closure([*part, key]))).add(key)
    return [part for part in parts if part]


def _made(graph: Graph, reads: _Reads, parts: list[set[str]], rest: set[str]) -> Divided:
    wanted: dict[Output, None] = {}
    read_by_rest = [source for key, row in graph.rows.items() if key in rest for source in row.sources()]
    for source in (*read_by_rest, *graph.outputs, Output(graph.end)):
        if isinstance(source, Output) and source.key not in rest:
            wanted[source] = None
    lanes = []
    for part in parts:
        inside = reads.closure(part)
        rows = {key: row for key, row in graph.rows.items() if key in inside}
        outputs: list[Source] = [output for output in wanted if output.key in part]
        lanes.append(Graph(rows, outputs, sinks=[key for key in graph.sinks if key in rows], end=min(part)))
    kept = {key: row for key, row in graph.rows.items() if key in rest}
    sinks = [key for key in graph.sinks if key in rest]
    return Divided(lanes, Graph(kept, list(graph.outputs), sinks, graph.end))
