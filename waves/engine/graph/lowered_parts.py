"""Rows of closed parts of a tree (`kept_parts`): as long as a part is the same, so are its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from waves.engine.graph.graph import Graph, LoweredPart, Output, Prepare, Row, Source, VoiceGraph
from waves.language.tree.tree_node import Inside, PartRun, Template, TreeNode, known_parameters
from waves.node_types.builtin.step_clock import StepClock

OF_CLOCK = ("interval", "beat")  # inputs of a clock


class LoweredParts:
    """The parts of one list of rows while it is made; `known` is the graph before."""

    def __init__(self, known: Graph | None, prepare: Prepare):
        self.rows: list[Row] = []  # all so far, as they were added
        self.special: list[Row] = []  # of these clocks, and those with arrays or voices, of parts before some of them
        self.outputs: list[tuple[TreeNode | PartRun, list[Output]]] = []
        self.named: list[tuple[tuple[TreeNode, str], list[Output]]] = []
        self.parts: dict[TreeNode | PartRun, LoweredPart] = {}
        self.shown: list[TreeNode] = []  # nodes with `monitor`
        self._known, self._prepare = known, prepare
        self._prepared: dict[tuple[Any, ...], bool] = {}  # by version of a row
        self._begun: dict[TreeNode | PartRun, tuple[int, ...]] = {}

    def take(self, top: TreeNode | PartRun, done: dict[TreeNode | PartRun, list[Output]]) -> LoweredPart | None:
        """The part of the graph before, if its files and arrays are still the same; else it begins here.

        A run is not taken where a tempo is another one: each of its parts is looked at. `done` are the nodes whose rows
        are made: a part in which there are any, as a reference reads them by their ID, is not kept.
        """
        if top in self._begun:
            return None
        part = self._known.parts.get(top) if self._known else None
        is_same = part and all(map(self._is_prepared_once, part.prepared))
        timed = _in_time(part) if part and is_same else None
        if timed is None or (timed is not part and isinstance(top, PartRun)):
            if top.inside and done.keys().isdisjoint(_own_nodes(top.inside)):
                lists: tuple[list[Any], ...] = self.rows, self.special, self.outputs, self.named, self.shown
                self._begun[top] = tuple(map(len, lists))
            return None
        part = timed
        self.parts |= part.parts
        self.rows += part.rows.values()
        self.special += dict.fromkeys([*part.prepared, *part.timed])
        self.outputs += part.outputs.items()
        self.named += part.named
        self.shown += part.shown
        self.parts[top] = part
        return part

    def add_row(self, row: Row) -> None:
        """Note a row that was added."""
        self.rows.append(row)
        if row.voice or row.kind.arrays or row.kind is StepClock:
            self.special.append(row)

    def add(self, node: TreeNode | PartRun, outputs: list[Output]) -> list[Output]:
        """Note the outputs of a node whose rows were added; they are returned. A run itself has none."""
        self.outputs.append((node, outputs))
        if isinstance(node, TreeNode) and node.common.get("monitor"):
            self.shown.append(node)
        return outputs

    def keep(self, top: TreeNode | PartRun) -> None:
        """A part that began is complete."""
        tops = [*top.tops.values()] if isinstance(top, PartRun) else []
        if top not in self._begun or any(one not in self.parts for one in tops):
            return
        rows, special, outputs, named, shown = self._begun[top]
        by_key, own = {row.key: row for row in self.rows[rows:]}, self.special[special:]
        made = dict(self.outputs[outputs:]), self.named[named:], self.shown[shown:]
        inner: dict[TreeNode | PartRun, LoweredPart] = {one: self.parts[one] for one in tops}
        self.parts[top] = LoweredPart(by_key, *made, _with_arrays(own), _timed(own), inner)

    def _is_prepared_once(self, row: Row) -> bool:
        """As `is_prepared`, which is asked once for all rows that have the same arrays, but for pools."""
        if row.voice:
            return self.is_prepared(row)
        if row.version not in self._prepared:
            self._prepared[row.version] = self.is_prepared(row)
        return self._prepared[row.version]

    def is_prepared(self, row: Row) -> bool:
        """Whether the arrays of a row, and of its voices, are those that its node prepares now."""
        if row.kind.arrays and row.node:
            arrays = self._prepare(row.node, known_parameters(row.node))
            if tuple(id(arrays[name]) for name in sorted(arrays)) != row.version[-len(arrays) :]:
                return False
        return row.voice is None or all(map(self.is_prepared, row.voice.graph.rows.values()))


def _own_nodes(inside: Inside) -> Iterator[TreeNode]:
    """The nodes of a part without the position of the tempo around, whose rows are of no part and made first."""
    return (node for node in inside.nodes if node is not inside.transport)


def _timed(rows: Iterable[Row]) -> list[Row]:
    """The clocks, and the pools in whose voices numbers follow from a tempo."""
    return [
        row for row in rows if row.kind is StepClock or (row.node and row.node.template and row.node.template.lengths)
    ]


def _in_time(part: LoweredPart) -> LoweredPart:
    """A part with the lengths that its nodes have now: the tempo around it may be another one."""
    changed = {row.key: now for row in part.timed if (now := _row_in_time(row, OF_CLOCK)) is not row}
    if not changed:
        return part
    rows = part.rows | changed
    prepared, timed = ([rows[row.key] for row in some] for some in (part.prepared, part.timed))
    return part._replace(rows=rows, prepared=prepared, timed=timed)


def _row_in_time(row: Row, names: Iterable[str]) -> Row:
    """A row with the numbers that some inputs of its node have now, of a pool those of its voices; or itself."""
    node = row.node
    if node is None:
        return row
    if row.voice and node.template:
        voice = voice_in_time(row.voice, node.template)
        return row if voice is row.voice else row.with_sources(row.inputs, voice)
    inputs: dict[str, Source] = {
        name: number
        for name in names
        if isinstance(number := node.inputs[name], float) and repr(number) != repr(row.inputs[name])  # 0 is not -0
    }
    return row.with_sources(row.inputs | inputs, None).like(row) if inputs else row


def voice_in_time(voice: VoiceGraph, template: Template) -> VoiceGraph:
    """A voice with the lengths that the nodes of its template have now; itself if it has them."""
    names: dict[TreeNode | None, list[str]] = {}
    for node, name in template.lengths:
        names.setdefault(node, []).append(name)
    rows = voice.graph.rows if names else {}
    changed = {key: now for key, row in rows.items() if (now := _row_in_time(row, names.get(row.node, ()))) is not row}
    return replace(voice, graph=replace(voice.graph, rows=rows | changed)) if changed else voice


def _with_arrays(rows: Iterable[Row]) -> list[Row]:
    """One row for all that have the same arrays, and each pool in whose voices a row has any."""
    found = {row.version: row for row in rows if row.kind.arrays and row.node}
    return [*found.values(), *(row for row in rows if row.voice and _with_arrays(row.voice.graph.rows.values()))]
