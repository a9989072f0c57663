"""From a graph to words: kernels, buffers and states by address.

The words of a voice are made once and copied for each voice, see `words`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from waves import abi
from waves.abi import POOL, ROW, WORD
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, NodeKernel, constant_inputs
from waves.engine.graph.diff import GHOST
from waves.engine.graph.graph import Graph, Output, Row, Source
from waves.engine.plan.row_words import OLD, POOL_WORD, SEED, SELF, STATE, WORD_OF, Rows, Words
from waves.engine.plan.state_binding import Bound
from waves.engine.plan.state_registry import address_of
from waves.engine.plan.voice_memory import PoolLayout
from waves.memo import per_class
from waves.node import BLOCK, Node
from waves.node_types.builtin.voices import FADE
from waves.node_types.library import signature

Array = np.ndarray[Any, Any]
Bind = Callable[[Row], Bound]

LINE = 64  # bytes of a cache line; buffers begin on one
ENTRY, OUT, RATE = WORD_OF["entry"], WORD_OF["out"], WORD_OF["rate"]
STATE_WORD, STATE_BYTES = WORD_OF["state"], WORD_OF["state_bytes"]
FOREVER = 1 << 62  # frames
SPREAD = 0x9E3779B1  # between the seeds of two voices; those in a voice are closer


@dataclass(frozen=True, slots=True)
class Bus:
    """What rows need of the engine, by address."""

    rate: float
    silence: int  # a block of zeros
    live: int  # the table of live input channels
    live_channels: int
    clock: int  # the frame number of the present block


def assemble(graph: Graph, bind: Bind, bus: Bus, header: int) -> Rows:
    """Rows in memory, buffers shared by lifetime; `bind` gives the state of each, `header` is the plan's address."""
    work = np.zeros(max(scratch(graph), 1) * BLOCK)
    assembly = _Assembly(graph, bind, bus, header, address_of(work), {})
    made = assembly.words()
    memory = np.empty(made.integers.size, np.int64)
    memory[:] = made.copied(address_of(memory), {}).integers
    memory.view(np.float64)[made.float_places] = made.float_values
    outputs = np.array(made.outputs, np.int64)
    return Rows(memory, made.offsets, outputs, [*assembly.keep, work])


def scratch(graph: Graph) -> int:
    """Blocks of working memory of the neediest kernel."""
    needs = (scratch(row.voice.graph) if row.voice else row.kind.scratch for row in graph.rows.values())
    return max(needs, default=0)


@dataclass(frozen=True, slots=True)
class Form:
    """What all rows of a kind have in common: their words as far as they are the same, and where signals stand."""

    words: tuple[int, ...]
    signals: tuple[tuple[str, int], ...]
    others: tuple[signature.Argument, ...]


@per_class
def form(kind: type[Node], pool: bool) -> Form:
    arguments = [] if pool else signature.arguments(kind)
    words = [0] * (len(ROW) + (len(POOL) if pool else sum(len(a.machine_type.words) for a in arguments)))
    words[WORD_OF["bytes"]] = WORD * len(words)
    words[WORD_OF["outs"]] = len(kind.outputs)
    words[WORD_OF["state_default"]] = address_of(signature.state_default_shared(kind))
    words[WORD_OF["tail"]] = int(kind.tail)
    signals = tuple((a.name, a.word) for a in arguments if a.kind.sources == ("row.input",))
    return Form(tuple(words), signals, tuple(a for a in arguments if a.kind.sources != ("row.input",)))


class _Assembly:
    def __init__(
        self, graph: Graph, bind: Bind, bus: Bus, header: int, work: int, imports: Mapping[str, int], seeds: int = 0
    ):
        self.graph, self.bind, self.bus, self.header, self.work = graph, bind, bus, header, work
        self.imports = imports  # addresses of sources outside
        self.seeds = seeds  # the tag of seeds that differ from voice to voice
        self.slots, count = place_buffers(graph)
        raw = np.zeros(count * BLOCK * 8 + LINE, np.uint8)
        raw.fill(0)
        self.buffers = address_of(raw) + -address_of(raw) % LINE
        self.offsets: dict[str, int] = {}
        self.integers: list[int] = []
        for key, row in graph.rows.items():
            self.offsets[key] = WORD * len(self.integers)
            self.integers += form(row.kind, row.voice is not None).words
        self.size = len(self.integers)  # words so far; tables and programs follow the rows
        self.parts: list[Array] = []
        self.floats: dict[int, float] = {}
        self.float_parts: list[tuple[Array, Array]] = []
        self.constants: dict[float, int] = {}
        self.keep: list[Any] = [raw]

    def words(self) -> Words:
        for key, row in self.graph.rows.items():
            self.row(row, self.offsets[key] // WORD)
        outputs = [self.buffer(source) for source in self.graph.outputs]
        integers = np.concatenate([np.array(self.integers, np.int64), *self.parts])
        own = np.fromiter(self.floats, np.int64, len(self.floats))
        values = np.fromiter(self.floats.values(), np.float64, len(self.floats))
        float_places = np.concatenate([own, *(places for places, _ in self.float_parts)])
        float_values = np.concatenate([values, *(values for _, values in self.float_parts)])
        return Words(integers, float_places, float_values, self.offsets, outputs)

    def row(self, row: Row, first: int) -> None:
        bound = self.bind(row)
        constant = frozenset() if row.voice else constant_inputs(row.kind, row.inputs)
        kernel = EngineKernel("pool") if row.voice else NodeKernel(row.kind, constant)
        integers = self.integers
        integers[first + ENTRY] = kernel_cache.address(kernel)
        integers[first + OUT] = self.buffers + self.slots[row.key] * BLOCK * 8
        integers[first + STATE_WORD], integers[first + STATE_BYTES] = bound.address, bound.bytes
        self.floats[first + RATE] = self.bus.rate
        self.keep.append((bound.keep, row.arrays, row.kind))  # the class has the code and the default state
        if row.voice:
            self.pool(row, bound, first)
            return
        self.ends(first, "waits", row, row.kind.waits)
        self.ends(first, "factors", row, row.kind.factors)
        shape = form(row.kind, False)
        for name, word in shape.signals:
            integers[first + word] = self.buffer(row.inputs[name])
        for argument in shape.others:
            self.argument(row, bound, argument, first + argument.word)

    def ends(self, first: int, what: str, row: Row, names: tuple[str, ...]) -> None:
        """The status words of the rows whose end counts."""
        read: list[Source] = []
        for name in names:
            read += row.lists[name].values() if name in row.lists else [row.inputs[name]] if name in row.inputs else []
        found = [self.status(source) for source in read if isinstance(source, Output) and source.key in self.offsets]
        if found:
            self.integers[first + WORD_OF[what]] = self.table(np.array(found, np.int64))
            self.integers[first + WORD_OF[f"{what}_count"]] = len(found)

    def status(self, source: Output) -> int:
        return SELF + self.offsets[source.key] + abi.offset(ROW, "status")

    def table(self, entries: Array) -> int:
        """Words after the rows; where they are."""
        at = SELF + self.size * WORD
        self.parts.append(entries)
        self.size += entries.size
        return at

    def argument(self, row: Row, bound: Bound, argument: signature.Argument, word: int) -> None:
        """Writes the words of one argument, each from the source that `kernel_arguments` names for it."""
        for k, (source, type_) in enumerate(zip(argument.kind.sources, argument.machine_type.words, strict=True), word):
            owner, _, name = source.partition(".")
            value: int | float
            if owner == "row":
                value = ROW_SOURCES[name](self, row, argument)
            else:
                value = getattr(self.bus if owner == "engine" else bound, name)
                assert value or type_ != "address", f"{row.kind.__name__}: '{argument.name}' has no memory"
            if type_ == "float":
                self.floats[k] = value
            else:
                self.integers[k] = int(value)

    def inputs(self, row: Row, name: str) -> int:
        """Address of a table of the addresses of several sources; of silence where there are none."""
        buffers = [self.buffer(source) for source in row.lists[name].values()]
        return self.table(np.array(buffers or [self.bus.silence], np.int64))

    def number(self, row: Row, argument: signature.Argument) -> int | float:
        """A setting as the kernel's number; a seed of 0 stands for the node's own."""
        if argument.name == "seed" and not row.settings["seed"]:
            return self.seeds + row.seed
        return signature.number(row.kind, argument, row.settings[argument.name])

    def buffer(self, source: Source) -> int:
        """Address of a source: a row's buffer, or a block of one constant."""
        if isinstance(source, Output):
            if source.key in self.imports:
                return self.imports[source.key]
            return self.buffers + (self.slots[source.key] + source.index) * BLOCK * 8
        if source not in self.constants:
            block = np.full(BLOCK, source)
            self.keep.append(block)
            self.constants[source] = address_of(block)
        return self.constants[source]

    def pool(self, row: Row, bound: Bound, first: int) -> None:
        """The words of a pool, and the rows of its voices, one after another."""
        voice, here = row.voice, bound.pool
        assert voice and here
        imports = {name: self.buffer(source) for name, source in row.lists["imports"].items()}
        before = bound.old
        inside = _Assembly(voice.graph, _voice_binding(here, before), self.bus, self.header, self.work, imports, SEED)
        template = inside.words()
        self.keep.append((inside.keep, here))
        state = (bound.address + here.first, here.voice.itemsize)
        old = (before[0] + before[1].first, before[1].voice.itemsize) if before else (0, 0)
        program = SELF + self.size * WORD
        seeds = (SEED, 1) if self.seeds else (0, SPREAD)
        copies = template.copied(program, {STATE: state, OLD: old, SEED: seeds}, here.slots)
        self.float_parts.append((copies.float_places + self.size, copies.float_values))
        self.table(copies.integers)
        notes = [list(step) for step in row.settings["notes"]]
        starts = np.cumsum([0, *map(len, notes)])
        values = np.array([value for step in notes for note in step for value in note], np.float64)
        columns = [
            (column, here.states[key]) for column, keys in enumerate(voice.given) for key in keys if key in here.states
        ]
        length = float(row.settings["length"]) * self.bus.rate
        clock = row.inputs["clock"]
        assert isinstance(clock, Output)
        graph = voice.graph
        outs = [template.outputs[c % len(template.outputs)] for c in range(len(row.kind.outputs))]
        numbers: dict[str, int] = {
            "events": self.bind(self.graph.rows[clock.key]).address,
            "clock_status": self.status(clock),
            "first": self._kept(np.array(starts, np.int64)),
            "steps": len(notes),
            "values": self._kept(values),
            "width": len(voice.given),
            "given": self._kept(np.array(columns, np.int64).reshape(-1, 2)),
            "given_count": len(columns),
            "gates": self._kept(np.array([here.states[key] for key in voice.gates], np.int64)),
            "gates_count": len(voice.gates),
            "slots": here.slots,
            "voices": int(row.settings["voices"]),
            "length": round(length) if length < FOREVER else FOREVER,
            "fade": max(round(FADE * self.bus.rate), 1),
            "program": program,
            "program_bytes": template.integers.size * WORD,
            "program_rows": len(graph.rows),
            "end": template.offsets[graph.end] + abi.offset(ROW, "status"),
            "outputs": self.table(np.array(outs, np.int64)),
            "run": kernel_cache.address(EngineKernel("run")),
            "control": bound.address,
            "state": state[0],
            "state_bytes": state[1],
            "default": address_of(here.default),
            "segments": address_of(here.segments),
            "segments_count": len(here.segments),
            "counters": address_of(here.counters),
            "counters_count": len(here.counters),
        }
        if before and any(key.startswith(GHOST) for key in graph.rows):
            numbers |= {
                "old_state": old[0],
                "old_bytes": old[1],
                "old_default": address_of(before[1].default),
                "old_segments": address_of(before[1].segments),
                "old_segments_count": len(before[1].segments),
            }
            self.keep.append(before)
        for name, value in numbers.items():
            self.integers[first + POOL_WORD[name]] = value

    def _kept(self, array: Array) -> int:
        self.keep.append(array)
        return address_of(array)


ROW_SOURCES: dict[str, Callable[[_Assembly, Row, signature.Argument], int | float]] = {
    "output": lambda rows, row, argument: (
        rows.buffers + (rows.slots[row.key] + row.kind.outputs.index(argument.name)) * BLOCK * 8
    ),
    "inputs": lambda rows, row, argument: rows.inputs(row, argument.name),
    "inputs_size": lambda rows, row, argument: len(row.lists[argument.name]),
    "array": lambda rows, row, argument: address_of(row.arrays[argument.name]),
    "array_size": lambda rows, row, argument: row.arrays[argument.name].size,
    "number": lambda rows, row, argument: rows.number(row, argument),
    "scratch": lambda rows, row, argument: rows.work,
    "seed": lambda rows, row, argument: rows.seeds + row.seed,
    "elapsed": lambda rows, row, argument: rows.header + abi.offset(abi.PLAN, "elapsed"),
}
"""Words of arguments that come from the row itself or its plan, by their names in `kernel_arguments`."""


def _voice_binding(here: PoolLayout, before: tuple[int, PoolLayout] | None) -> Bind:
    """Rows of a voice are bound to places in its record, those of ghosts in the record they come from."""

    def bind(row: Row) -> Bound:
        ghost = row.key.startswith(GHOST)
        base, places = (OLD, before[1]) if ghost and before else (STATE, here)
        if row.voice:
            at, pool = places.pools[row.state]
            old = None
            if before and not ghost and row.state in before[1].pools:
                at_old, pool_old = before[1].pools[row.state]
                old = (OLD + at_old, pool_old)
            return Bound(base + at, 0, pool=pool, old=old)
        size = signature.state_dtype(row.kind).itemsize
        if row.state not in places.states:  # a fade, which remembers nothing
            return Bound(address_of(signature.state_default_shared(row.kind)), 0)
        address = base + places.states[row.state]
        ring = places.rings.get(row.memory)
        if ring is None:
            return Bound(address, size)
        return Bound(address, size, base + ring.data, ring.mask, base + ring.counter)

    return bind


def place_buffers(graph: Graph) -> tuple[dict[str, int], int]:
    """A buffer for each output, reused after its last reader; the count of buffers. No row writes what it reads."""
    last: dict[str, str] = {}
    for key, row in graph.rows.items():
        for sources in (row.inputs, *row.lists.values()):
            for source in sources.values():
                if isinstance(source, Output):
                    last[source.key] = key
    ends: dict[str, list[str]] = {}
    for key, reader in last.items():
        if key in graph.rows:
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
