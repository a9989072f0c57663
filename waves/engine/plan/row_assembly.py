"""Writes the rows of a graph as words: kernels, buffers, states and settings by address. Build thread only.

The rows of a pool's voices are written once as a template and copied for each voice, see `pool_words`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waves import abi
from waves.abi import ROW, WORD
from waves.engine.graph.diff import GHOST
from waves.engine.graph.graph import Graph, Output, Row, Source, VoiceGraph
from waves.engine.plan import pool_words
from waves.engine.plan.buffer_placement import Constants, place_buffers, scratch_blocks
from waves.engine.plan.pool_words import PoolWords, VoiceWords, kept_words, voice_bases
from waves.engine.plan.row_forms import ALONE, channels_of, form_of, rings_named
from waves.engine.plan.row_words import (
    BLOCK_BYTES,
    HEADER,
    MOST_EDITS,
    POOL_WORD,
    READ,
    SEED,
    SELF,
    VOICE_BUFFERS,
    WORD_OF,
    Blocks,
    PlacedPool,
    RowTemplate,
)
from waves.engine.plan.state_binding import Bind, Binding, VoiceBinding
from waves.engine.plan.tail_counters import counting_rows
from waves.engine.state.copies import address_of
from waves.engine.state.voice_memory import PoolLayout
from waves.node_types.library import signature
from waves.node_types.pages import no_pages
from waves.node_types.started_notes import StartedNotes

Array = np.ndarray[Any, Any]

NO_PAGES = no_pages()
OUT, STATE_WORD, STATE_BYTES = (WORD_OF[name] for name in ("out", "state", "state_bytes"))
STATUS = abi.offset(ROW, "status")
COUNTS = {table: WORD_OF[f"{table}_count"] for table in ("waits", "factors")}


@dataclass(frozen=True, slots=True)
class EngineAddresses:
    """Addresses in the engine that rows point to, and the rate in frames per second."""

    rate: float
    silence: int  # a block of zeros
    live: int  # table of the blocks of live input, one address per channel
    live_channels: int
    clock: int  # the frame number of the present block
    rendered: int  # frames of the stream before the present block


def assemble(graph: Graph, bind: Bind, addresses: EngineAddresses) -> RowTemplate:
    """The rows of a graph, to be put in memory; `bind` gives the binding of each."""
    blocks = Blocks()
    work = max(scratch_blocks(graph), 1)
    assembly = Assembly(graph, bind, addresses, blocks, blocks.take(work), {})
    made = replace(assembly.template(), blocks=blocks.count, work=work, keep=assembly.keep)
    made.counting, made.edits = counting_rows(graph), MOST_EDITS + 1 if blocks.started else 0
    return made


class Assembly:
    """The rows of a plan, or of one voice; after them the tables and voices that they point to."""

    def __init__(
        self,
        graph: Graph,
        bind: Bind,
        addresses: EngineAddresses,
        blocks: Blocks,
        work: int,
        imports: Mapping[str, int],
        seeds: int = 0,
    ):
        self.graph, self.bind, self.addresses, self.blocks, self.work = graph, bind, addresses, blocks, work
        self.imports = imports  # addresses of the blocks that a voice reads from outside
        self.seeds = seeds  # in a voice the tag of seeds, which differ from voice to voice
        self.slots, count = place_buffers(graph)
        self.buffers = blocks.take(count)
        self.offsets: dict[str, int] = {}
        self.integers: list[int] = []
        for key, row in graph.rows.items():
            self.offsets[key] = WORD * len(self.integers)
            self.integers += form_of(row, addresses.rate).words
        self.size = len(self.integers)  # words so far
        self.tables: list[list[int] | Array] = []
        self.float_places: list[int] = []
        self.float_values: list[float] = []
        self.table_floats: list[tuple[Array, Array]] = []  # places and values
        self.constants = Constants()
        self.pools: dict[str, PlacedPool] = {}
        self.started: dict[str, int] = {}  # addresses of the notes that kernels start, by row
        self.keep: list[Any] = [graph.rows]  # rows keep their arrays and classes, these code and default states

    def template(self) -> RowTemplate:
        """All words, those of voices at their end."""
        for key, row in self.graph.rows.items():
            self.row(row, self.offsets[key] // WORD)
        outputs = [self.buffer(source) for source in self.graph.outputs]
        meters = {name: [self.buffer(source) for source in two] for name, two in self.graph.meters.items()}
        integers = np.concatenate([np.asarray(words, np.int64) for words in (self.integers, *self.tables)])
        self.keep += self.constants.blocks
        places, values = np.array(self.float_places, np.int64), np.array(self.float_values, np.float64)
        float_places = np.concatenate([places, *(places for places, _ in self.table_floats)])
        float_values = np.concatenate([values, *(values for _, values in self.table_floats)])
        made = RowTemplate(integers, float_places, float_values, self.offsets, outputs, meters)
        made.pools = self.pools
        return made

    def row(self, row: Row, first: int) -> None:
        """Write the words of a row that its form has not, the first at index `first`."""
        bound, form, integers = self.bind(row), form_of(row, self.addresses.rate), self.integers
        out = self.first_output(row.key)
        integers[first + OUT] = out
        integers[first + STATE_WORD] = bound.address
        integers[first + STATE_BYTES] = bound.bytes
        self.float_places += [first + place for place in form.float_places]
        self.float_values += form.float_values
        if row.voice:
            self.pool(row, bound, first)
            return
        self.keep.append(bound.keep)
        for table, keys in form.ends:
            if words := [SELF + self.offsets[key] + STATUS for key in keys if key in self.offsets]:
                integers[first + WORD_OF[table]] = self.table(words)
                integers[first + COUNTS[table]] = len(words)
        for name, place in form.signals:
            integers[first + place] = self.buffer(row.inputs[name])
        for place, sources in form.inputs:  # the address of silence if there are none
            integers[first + place] = self.table([*map(self.buffer, sources)] or [self.addresses.silence])
        for place, distance in form.outputs:
            integers[first + place] = out + distance
        for place, distance in form.work:
            integers[first + place] = self.work + distance
        for place in form.states:
            integers[first + place] = bound.address
        for place in form.seeds:
            integers[first + place] += self.seeds
        for argument in form.others:
            self.argument(row, bound, argument, first + argument.word)

    def status(self, source: Output) -> int:
        """Pointer to the status word of a row."""
        return SELF + self.offsets[source.key] + STATUS

    def table(self, entries: list[int] | Array) -> int:
        """Append words after the rows; a pointer to the first of them."""
        at = SELF + self.size * WORD
        last = self.tables[-1] if self.tables else None
        if isinstance(entries, list) and isinstance(last, list):
            last += entries
        else:
            self.tables.append(entries)
        self.size += len(entries)
        return at

    def argument(self, row: Row, bound: Binding, argument: signature.Argument, word: int) -> None:
        """Writes the words of one argument, each from the source that `kernel_arguments` names for it."""
        for k, (source, type_) in enumerate(zip(argument.kind.sources, argument.machine_type.words, strict=True), word):
            owner, _, name = source.partition(".")
            value: int | float
            if owner == "row" and name in ALONE:
                value = ALONE[name](row, argument)
            elif owner == "row":
                value = ROW_SOURCES[name](self, row, bound, argument)
            else:
                owners = {"engine": self.addresses, "state": bound, "memory": bound.memories.get(argument.name)}
                value = getattr(owners[owner], name)
                assert value or type_ != "address", f"{row.kind.__name__}: '{argument.name}' has no memory"
            if type_ == "float":
                self.float_places.append(k)
                self.float_values.append(value)
            else:
                self.integers[k] = int(value)

    def first_output(self, key: str) -> int:
        """Address of the buffer of the first output of a row."""
        return self.buffers + self.slots[key] * BLOCK_BYTES

    def output(self, row: Row, number: int) -> int:
        """Address of the buffer of an output."""
        return self.first_output(row.key) + number * BLOCK_BYTES

    def rings(self, row: Row, bound: Binding, name: str) -> int:
        """Address of a table with the words of several rings."""
        words = [word for memory in rings_named(row, name) for word in bound.memories[memory.name]]
        return self.table(words)

    def buffer(self, source: Source) -> int:
        """Address of what a source gives: the buffer of a row, or a block of one constant."""
        if isinstance(source, Output):
            if source.key in self.imports:
                return self.imports[source.key]
            return self.first_output(source.key) + source.index * BLOCK_BYTES
        return self.constants.address(source)

    def kept(self, array: Array) -> int:
        """Address of an array that is kept alive with the rows."""
        self.keep.append(array)
        return address_of(array)

    def pool(self, row: Row, bound: Binding, first: int) -> None:
        """Write the words of a pool's row, and append the rows of all its voices.

        Example: a pool with 2 voices, hence 6 slots, each voice with the rows `Osc` and `Track`:

            first            ROW words, POOL words of the pool's row
            ...              other rows of the plan
            program          Osc, Track of slot 0, pointing into record 0
            + program_bytes  Osc, Track of slot 1, pointing into record 1
            ...              up to slot 5
        """
        voice, layout = row.voice, bound.pool
        assert voice and layout
        around, self.keep = self.keep, [bound.keep, layout]
        alone = self.words_alone(row, voice, bound)
        self.keep.append(alone.arrays)
        memory = pool_words.memory_words(bound.address, layout)
        own = {**alone.words, **memory, **self.clock_words(row, voice, layout), "pages": bound.pages}
        self.write_pool({**own, **self.voice_words(row, voice, bound, first)}, first)
        self.keep = [*around, self.keep]

    def write_pool(self, words: pool_words.Words, first: int) -> None:
        """Write words of a pool's row, which begins at index `first`, by their names in `abi.POOL`."""
        for name, value in words.items():
            self.integers[first + POOL_WORD[name]] = value if isinstance(value, int) else self.kept(value)

    def voice_words(self, row: Row, voice: VoiceGraph, bound: Binding, first: int) -> pool_words.Words:
        """The words of a pool's row that point to its voices, which are put in their place."""
        read = [self.buffer(source) for source in row.lists["imports"].values()]
        voices = self.voices(row, voice, bound)
        template, old = voices.voice, bound.old
        buffers = self.voice_buffers(row, template.blocks)
        outputs = voices.outputs(buffers, read)
        self.keep += [template.keep, old]
        self.pools[row.key] = PlacedPool(buffers, template, self.keep)
        ghosts = any(key.startswith(GHOST) for key in voice.graph.rows)
        return {
            **(pool_words.ghost_words(old) if old and ghosts else {}),
            "program": self.program(voices, first, buffers, read),
            "program_bytes": template.integers.size * WORD,
            "program_rows": len(voice.graph.rows),
            "end": template.offsets[voice.graph.end] + STATUS,
            "outputs": self.table([outputs[c % len(outputs)] for c in range(row.outs)]),
        }

    def voice_buffers(self, row: Row, count: int) -> int:
        """Address of so many buffers of the voices of a pool."""
        return self.blocks.take(count)

    def program(self, voices: VoiceWords, first: int, buffers: int, read: Sequence[int]) -> int:
        """Pointer to the words of all voices of the pool whose own row begins at `first`, which are put behind all."""
        self.table_floats.append((voices.float_places + self.size, voices.float_values))
        return self.table(voices.placed(SELF + self.size * WORD, buffers, read))

    def words_alone(self, row: Row, voice: VoiceGraph, bound: Binding) -> PoolWords:
        """The words of a pool's row that follow from it and its memory alone, which are kept with its form."""
        assert bound.pool
        kept = form_of(row, self.addresses.rate).pool
        if kept and isinstance(before := kept[0], PoolWords) and before.layout is bound.pool:
            return before
        kept[:] = [made := PoolWords.of(row, voice, bound.pool, self.addresses.rate)]
        return made

    def clock_words(self, row: Row, voice: VoiceGraph, layout: PoolLayout) -> pool_words.Words:
        """The clock of a pool, or the kernel that starts its notes: where it writes them, and its status."""
        output = row.inputs["clock"]
        assert isinstance(output, Output)
        clock = self.graph.rows[output.key]
        words: pool_words.Words = {"clock_status": self.status(output)}
        if row.settings["decided"]:
            return words | pool_words.kernel_words(row, voice, layout, clock, self.notes(clock))
        return words | pool_words.clock_words(row, clock, self.bind(clock).address, self.buffer(output))

    def notes(self, row: Row) -> int:
        """Address of the notes that the kernel of a row starts in a call."""
        self.blocks.started = True
        if row.key not in self.started:
            self.started[row.key] = self.kept(StartedNotes(len(row.kind.note_values)).record)
        return self.started[row.key]

    def voices(self, row: Row, voice: VoiceGraph, bound: Binding) -> VoiceWords:
        """The rows of all voices of a pool, which are kept with the graph of a voice; not placed yet."""
        assert bound.pool
        names = tuple(row.lists["imports"])
        made_of = bound.pool, names, self.addresses, self.seeds
        if words := kept_words(voice, made_of, bound.address, self.addresses.rate):
            voice.words = words
            return words
        blocks = Blocks(tag=VOICE_BUFFERS)
        imports = {name: READ + k for k, name in enumerate(names)}
        bind = VoiceBinding(bound.pool, bound.old, bound.shared).binding
        inner = Assembly(voice.graph, bind, self.addresses, blocks, self.work, imports, SEED)
        template = replace(inner.template(), blocks=blocks.count, keep=inner.keep)
        bases = voice_bases(bound.address, bound.pool, bound.old, self.seeds)
        words = VoiceWords.of(made_of, bound.address, template, bases, bound.pool.slots)
        self.blocks.started |= blocks.started
        if not (blocks.started or voice.shared or words.has_ghosts):
            voice.words = words
        return words


ROW_SOURCES: dict[str, Callable[[Assembly, Row, Binding, signature.Argument], int]] = {
    "first_output": lambda rows, row, bound, argument: rows.output(row, 0),
    "notes": lambda rows, row, bound, argument: rows.notes(row),
    "pages": lambda rows, row, bound, argument: bound.pages or rows.kept(NO_PAGES),
    "outputs": lambda rows, row, bound, argument: rows.table([rows.output(row, c) for c in range(channels_of(row))]),
    "rings": lambda rows, row, bound, argument: rows.rings(row, bound, argument.name),
    "elapsed": lambda rows, row, bound, argument: HEADER + abi.offset(abi.PLAN, "elapsed"),
}
"""Words of arguments that come from the row in its plan, by their names in `kernel_arguments`; see `row_forms` too."""
