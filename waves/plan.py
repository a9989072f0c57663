"""From a graph to a flat plan: kernels, buffers and states by address, for the compiled engine.

A plan has two lists of rows, the transition from the plan it was built upon and the settled one. Rows point into the
registry's records, so that nothing is copied for what stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waves import kernels, layout
from waves.graph import Graph, Output, Row, Source
from waves.kernels import Kernel, constant_inputs
from waves.layout import COPY, COPY_BYTES, COPY_RING, MAIL, PLAN, ROW, WORD
from waves.node import BLOCK
from waves.registry import Memory, Record, Registry, address_of
from waves.transition import GHOST, Transition, compare

Array = np.ndarray[Any, Any]
Bind = Callable[[Row], tuple[Record, Memory | None]]
LINE = 64  # bytes of a cache line; buffers begin on one


@dataclass(eq=False, slots=True)
class Plan:
    """What the engine plays: its header's address, and everything the addresses in it point to."""

    graph: Graph
    parent: Plan | None
    states: dict[str, Record]
    memories: dict[str, Memory]
    transition: Transition | None
    settled: Rows
    moving: Rows | None
    copies: Array
    header: Array = field(default_factory=lambda: np.zeros(len(PLAN), np.int64))

    @property
    def address(self) -> int:
        return address_of(self.header)


@dataclass(eq=False, slots=True)
class Rows:
    """One list of rows in memory."""

    words: Array
    offsets: dict[str, int]  # byte offset of each row
    outputs: Array
    keep: list[Any]  # what the words point to

    @property
    def address(self) -> int:
        return address_of(self.words)

    def row(self, key: str) -> Array:
        """The words of a row, header first."""
        first = self.offsets[key] // WORD
        return self.words[first : first + len(ROW)]

    def faults(self) -> dict[str, int]:
        """Rows that failed, with the count of their blocks."""
        return {key: int(count) for key in self.offsets if (count := self.row(key)[ROW.index("faults")])}


@dataclass(frozen=True, slots=True)
class Bus:
    """What rows need of the engine."""

    rate: float
    silence: int  # address of a block of zeros
    live: int  # address of the table of live input channels
    live_channels: int
    clock: int  # address of the frame number of the present block


def needed(graph: Graph) -> list[Kernel]:
    """The kernels of a graph, each node with all its variants."""
    kinds = dict.fromkeys(row.kind for row in graph.rows.values())
    return [kernel for kind in kinds for kernel in kernels.variants(kind)]


def build_plan(
    graph: Graph,
    playing: Plan | None,
    registry: Registry,
    bus: Bus,
    fade: int,
    forget: Callable[[Row], bool] = lambda row: False,
) -> Plan:
    """A plan upon the one that plays; `fade` in frames, 0 cuts. Rows that `forget` names begin anew."""
    blocks = -(-fade // BLOCK) if playing else 0
    transition = compare(playing.graph, graph, max(fade, 1)) if playing else None
    binding = _Binding(graph, playing, transition if blocks else None, registry, forget)
    settled = assemble(graph, binding.of, bus)
    moving = assemble(transition.moving, binding.of, bus) if transition and blocks else None
    copies = np.array(binding.copies, np.int64).reshape(-1, len(COPY))
    plan = Plan(graph, playing, binding.states, binding.memories, transition, settled, moving, copies)
    values: dict[str, int] = {
        "parent": playing.address if playing else 0,
        "fade": blocks if moving else 0,
        "copies": address_of(copies),
        "copies_count": len(copies),
    }
    for prefix, rows in (("", settled), ("moving_", moving)):
        if rows:
            values[f"{prefix}rows"], values[f"{prefix}count"] = rows.address, len(rows.offsets)
            values[f"{prefix}outputs"] = address_of(rows.outputs)
            values[f"{prefix}end"] = rows.address + rows.offsets[graph.end] + layout.offset(ROW, "status")
    for name, value in values.items():
        plan.header[PLAN.index(name)] = value
    return plan


class _Binding:
    """A state and a ring for every row: those that play, parked ones, or their own; and what the commit copies."""

    def __init__(
        self,
        graph: Graph,
        playing: Plan | None,
        transition: Transition | None,
        registry: Registry,
        forget: Callable[[Row], bool],
    ):
        self.playing, self.registry = playing, registry
        self.states: dict[str, Record] = {}
        self.memories: dict[str, Memory] = {}
        self.aside: dict[str, tuple[Record, Memory | None]] = {}  # of ghosts and fades
        self.copies: list[tuple[int, ...]] = []
        for row in graph.rows.values():
            fresh = forget(row)
            twice = transition is not None and row.key in transition.changed
            if row.state not in self.states:
                self.states[row.state] = Record(row.kind) if fresh else self.state(row, twice)
            if row.memory and row.memory not in self.memories:
                shared = row.memory != row.state
                self.memories[row.memory] = Memory(row.ring) if fresh else self.memory(row, twice and not shared)

    def state(self, row: Row, twice: bool) -> Record:
        old, channel = self.old(self.playing.states if self.playing else {}, row.state)
        if old is None:
            return self.registry.returning(row.state, row.kind) or Record(row.kind)
        if old.fits(row.kind) and not channel and not twice:
            return old
        record = Record(row.kind)
        self.copies += _carry(old, record)
        return record

    def memory(self, row: Row, twice: bool) -> Memory:
        old, channel = self.old(self.playing.memories if self.playing else {}, row.memory)
        if old is None:
            return self.registry.returning_memory(row.memory, row.ring) or Memory(row.ring)
        if old.frames == row.ring and not channel and not twice:
            return old
        return self.copy(old, row.ring)

    def old(self, found: dict[str, Any], key: str) -> tuple[Any, bool]:
        """What plays under a key; for a channel that is added, what its first channel has."""
        if key in found or "#" not in key:
            return found.get(key), False
        return found.get(key.rpartition("#")[0]), True

    def copy(self, old: Memory, frames: int) -> Memory:
        """A ring copied ahead; its last frames are copied at the commit."""
        new, seen = old.copied(frames)
        rings = (address_of(old.data), address_of(new.data), 0)
        counters = (old.mask, address_of(old.counter), new.mask, address_of(new.counter))
        self.copies.append((COPY_RING, *rings, *counters, seen))
        return new

    def of(self, row: Row) -> tuple[Record, Memory | None]:
        """What a row is bound to."""
        if row.key.startswith(GHOST):
            assert self.playing
            if row.key not in self.aside:
                memory = self.playing.memories.get(row.memory)
                if memory and row.memory != row.state:  # a shared ring has one writer, the next plan
                    memory = self.copy(memory, memory.frames)
                self.aside[row.key] = self.playing.states[row.state], memory
            return self.aside[row.key]
        if row.state in self.states:
            return self.states[row.state], self.memories.get(row.memory)
        return self.aside.setdefault(row.key, (Record(row.kind), None))


def _carry(old: Record, new: Record) -> list[tuple[int, ...]]:
    """The entries that copy one state into another at the commit: whole, or by the names of its fields."""

    def entry(source: int, target: int, size: int) -> tuple[int, ...]:
        return (COPY_BYTES, source, target, size, 0, 0, 0, 0, 0)

    was, now = old.values.dtype, new.values.dtype
    if was == now:
        return [entry(old.address, new.address, old.values.nbytes)]
    before, after = was.fields or {}, now.fields or {}
    return [
        entry(old.address + before[name][1], new.address + after[name][1], before[name][0].itemsize)
        for name in after
        if name in before and before[name][0] == after[name][0]
    ]


def assemble(graph: Graph, bind: Bind, bus: Bus) -> Rows:
    """Rows in memory, buffers shared by lifetime; `bind` gives the state of each."""
    return _Assembly(graph, bind, bus).rows()


class _Assembly:
    def __init__(self, graph: Graph, bind: Bind, bus: Bus):
        self.graph, self.bind, self.bus = graph, bind, bus
        self.slots, count = place_buffers(graph)
        scratch = max((_scratch(row) for row in graph.rows.values()), default=0)
        raw = np.zeros((count + scratch) * BLOCK * 8 + LINE, np.uint8)
        raw.fill(0)
        skip = -address_of(raw) % LINE
        self.buffers = address_of(raw) + skip
        self.work = self.buffers + count * BLOCK * 8
        self.offsets: dict[str, int] = {}
        at = 0
        for key, row in graph.rows.items():
            self.offsets[key] = at
            arguments = layout.arguments(row.kind)
            at += WORD * (len(ROW) + sum(layout.WORDS.get(a.kind, 1) for a in arguments))
        self.words = np.zeros(at // WORD, np.int64)
        self.base = address_of(self.words)
        self.integers: dict[int, int] = {}
        self.tables: list[int] = []
        self.table_words: list[tuple[int, int]] = []  # words that point into the tables
        self.floats: list[tuple[int, float]] = []
        self.constants: dict[float, int] = {}
        self.keep: list[Any] = [raw]

    def rows(self) -> Rows:
        for key, row in self.graph.rows.items():
            self.row(row, self.offsets[key])
        outputs = np.array([self.buffer(source) for source in self.graph.outputs], np.int64)
        tables = np.array([*self.tables, 0], np.int64)
        integers = np.fromiter(self.integers.values(), np.int64, len(self.integers))
        self.words[np.fromiter(self.integers, np.int64, len(self.integers))] = integers
        for word, entry in self.table_words:
            self.words[word] = address_of(tables) + WORD * entry
        floats = self.words.view(np.float64)
        for word, value in self.floats:
            floats[word] = value
        return Rows(self.words, self.offsets, outputs, [*self.keep, tables])

    def row(self, row: Row, offset: int) -> None:
        first = offset // WORD
        record, memory = self.bind(row)
        constant = constant_inputs(row.kind, row.inputs)
        default = layout.state_default_shared(row.kind)
        arguments = layout.arguments(row.kind)
        size = len(ROW) + sum(layout.WORDS.get(a.kind, 1) for a in arguments)
        header = {
            "entry": kernels.address(Kernel(row.kind, constant)),
            "bytes": WORD * size,
            "out": self.buffers + self.slots[row.key] * BLOCK * 8,
            "outs": len(row.kind.outputs),
            "state": record.address,
            "state_bytes": record.values.nbytes,
            "state_default": address_of(default),
            "tail": int(row.kind.tail),
        }
        for name, value in header.items():
            self.integers[first + WORD_OF[name]] = value
        self.floats.append((first + WORD_OF["rate"], self.bus.rate))
        self.ends(first, "waits", row, row.kind.waits)
        self.ends(first, "factors", row, row.kind.factors)
        self.keep.append((record, memory, row.arrays))
        for argument in arguments:
            self.argument(row, record, memory, argument, first + argument.word)

    def ends(self, first: int, what: str, row: Row, names: tuple[str, ...]) -> None:
        """The status words of the rows whose end counts."""
        sources: list[Source] = []
        for name in names:
            sources += row.lists[name].values() if name in row.lists else [row.inputs[name]] if name in row.inputs else []
        found = [self.status(source) for source in sources if isinstance(source, Output)]
        if found:
            self.table(first + WORD_OF[what], found)
            self.integers[first + WORD_OF[f"{what}_count"]] = len(found)

    def status(self, source: Output) -> int:
        return self.base + self.offsets[source.key] + layout.offset(ROW, "status")

    def table(self, word: int, entries: list[int]) -> None:
        self.table_words.append((word, len(self.tables)))
        self.tables += entries

    def argument(
        self, row: Row, record: Record, memory: Memory | None, argument: layout.Argument, word: int
    ) -> None:
        name = argument.name
        match argument.kind:
            case "out":
                slot = self.slots[row.key] + row.kind.outputs.index(name)
                self.integers[word] = self.buffers + slot * BLOCK * 8
            case "signal":
                source = row.inputs[name]
                self.integers[word] = self.buffer(source)
            case "list":
                entries = [self.buffer(source) for source in row.lists[name].values()]
                self.table(word, entries)
                self.integers[word + 1] = len(entries)
            case "number":
                value = row.settings[name]
                if name == "seed" and not value:
                    value = row.seed
                if argument.type == "f8":
                    self.floats.append((word, math.nan if value is None else float(value)))
                else:
                    self.integers[word] = layout.code(row.kind, name, value)
            case "state":
                self.integers[word] = record.address
            case "memory":
                assert memory is not None, f"{row.kind.__name__}: `memory` gives no length"
                self.integers[word] = address_of(memory.data)
                self.integers[word + 1] = memory.mask
                self.integers[word + 2] = address_of(memory.counter)
            case "array":
                array = row.arrays[name]
                self.integers[word], self.integers[word + 1] = address_of(array), array.size
            case "live":
                self.integers[word], self.integers[word + 1] = self.bus.live, self.bus.live_channels
            case "rate":
                self.floats.append((word, self.bus.rate))
            case "seed":
                self.integers[word] = row.seed
            case "clock":
                self.integers[word] = self.bus.clock
            case "work":
                self.integers[word] = self.work

    def buffer(self, source: Source) -> int:
        """Address of a source: a row's buffer, or a block of one constant."""
        if isinstance(source, Output):
            return self.buffers + (self.slots[source.key] + source.index) * BLOCK * 8
        if source not in self.constants:
            block = np.full(BLOCK, source)
            self.keep.append(block)
            self.constants[source] = address_of(block)
        return self.constants[source]


WORD_OF = {name: k for k, name in enumerate(ROW)}


def _scratch(row: Row) -> int:
    return max(row.kind.scratch, int(row.settings.get("registers", 0)))


def place_buffers(graph: Graph) -> tuple[dict[str, int], int]:
    """A buffer for each output, reused after its last reader; the count of buffers. No row writes what it reads."""
    last: dict[str, str] = {}
    for key, row in graph.rows.items():
        for source in row.sources():
            if isinstance(source, Output):
                last[source.key] = key
    ends: dict[str, list[str]] = {}
    for key, reader in last.items():
        ends.setdefault(reader, []).append(key)
    kept = {source.key for source in graph.outputs if isinstance(source, Output)}
    slots: dict[str, int] = {}
    free: list[int] = []
    count = 0
    for key, row in graph.rows.items():
        outs = len(row.kind.outputs)
        if outs == 1 and free:
            slots[key] = free.pop()
        else:
            slots[key], count = count, count + outs
        for done in ends.get(key, []):
            if done not in kept:
                first = slots[done]
                free.extend(range(first, first + len(graph.rows[done].kind.outputs)))
        if key not in last and key not in kept and outs == 1:
            free.append(slots[key])
    return slots, count


__all__ = ["MAIL", "Bus", "Plan", "Rows", "assemble", "build_plan", "needed"]
