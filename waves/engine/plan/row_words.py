"""Words of rows: a template whose pointers are not resolved yet, and rows at their place in memory.

A row is a run of 8-byte words (`abi.ROW`, then the arguments of its kernel). While the words have no place, pointers
into the words themselves, into the buffers and the header of their plan, and into a voice's record are offsets plus a
tag, a number that no address reaches; so are seeds, which differ from voice to voice. The buffers of a voice, and what
it reads from outside, have tags of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waves.abi import POOL, ROW, WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.state.copies import address_of
from waves.node import BLOCK

Array = np.ndarray[Any, Any]

WORD_OF = {name: k for k, name in enumerate(ROW)}
POOL_WORD = {name: len(ROW) + k for k, name in enumerate(POOL)}
TAG = 58  # bits below a tag
TAGS = 1 << 64 - TAG  # those of negative numbers are the last ones
SELF, STATE, OLD, SEED = (tag << TAG for tag in (1, 2, 3, 4))  # the words, a voice's record, its ghosts' record, seeds
BUFFERS, HEADER = (tag << TAG for tag in (5, 6))  # the buffers and the header of the plan
VOICE_BUFFERS, READ = (tag << TAG for tag in (7, 8))  # the buffers of a voice; the blocks that it reads, by number
LINE = 64  # bytes of a cache line; buffers begin on one
BLOCK_BYTES = BLOCK * 8
NEAR = 16384  # words
MOST_EDITS = 100  # after which a template is assembled again: constants that are not read any more are freed


@dataclass(eq=False, slots=True)
class Rows:
    """The rows of a plan at their place in memory, in order of execution.

    Made on the build thread. While the plan plays, the sound thread writes status words, any thread may read them.
    """

    words: Array  # int64 of shape (words,)
    offsets: dict[str, int]  # of each row, in bytes
    outputs: Array  # int64 of shape (channels,): address of the block of each output channel
    meters: dict[str, list[int]]  # addresses of the blocks of the two channels of each track
    keep: list[Any]  # objects that the words point into, the buffers first
    template: RowTemplate  # of the words
    address: int = 0  # of the first row

    def __post_init__(self) -> None:
        self.address = address_of(self.words)

    def place(self, key: str) -> int:
        """The index in `words` at which a row begins."""
        return self.offsets[key] // WORD

    def word(self, key: str, name: str) -> int:
        """One word of a row, by its name in `abi.ROW`."""
        return int(self.words[self.place(key) + WORD_OF[name]])

    def faults(self) -> dict[str, int]:
        """Blocks in which each row failed, rows without faults left out."""
        places = np.fromiter(self.offsets.values(), np.int64, len(self.offsets)) // WORD + WORD_OF["faults"]
        counts = self.words[places]
        if not counts.any():
            return {}
        return {key: int(count) for key, count in zip(self.offsets, counts, strict=True) if count}


def rows_at(words: Array, graph: Graph, place: int = 0) -> Iterator[tuple[int, Row]]:
    """The rows of a graph, each with the index in `words` at which it begins; the first one begins at `place`."""
    for row in graph.rows.values():
        yield place, row
        place += int(words[place + WORD_OF["bytes"]]) // WORD


def voice_places(words: Array, pool: int) -> Iterator[int]:
    """The index at which the rows of each voice begin, for the pool whose own row begins at `pool`."""
    first, size, slots = (int(words[pool + POOL_WORD[name]]) for name in ("program", "program_bytes", "slots"))
    for slot in range(slots):
        yield (first + slot * size - address_of(words)) // WORD


def running(words: Array, graph: Graph, place: int = 0) -> tuple[tuple[int, Row], ...]:
    """The row whose kernel runs now in the list at `place`, with its index; in a pool then the row of its voice."""
    wanted = (int(words[place + WORD_OF["running"]]) - address_of(words)) // WORD
    for at, row in rows_at(words, graph, place):
        if at == wanted and row.voice is None:
            return ((at, row),)
        if at == wanted and row.voice:
            inner = (running(words, row.voice.graph, first) for first in voice_places(words, at))
            return ((at, row), *next(filter(None, inner), ()))
    return ()


@dataclass(eq=False, slots=True)
class Places:
    """Places in a template, looked for once: they are the same in all that differ from it in numbers only."""

    tails: list[Array] | None = None  # int64: of rows in voices, and of rows that count silent frames
    voice: object = None  # of the rows of a voice: kept by `tail_counters`
    own: Array | None = None  # int64: of pointers into the words themselves
    rows: Array | None = None  # int64: of each row, in bytes


class Blocks:
    """The buffers of a plan and of all its voices, or of a voice, one behind the other."""

    def __init__(self, count: int = 0, tag: int = BUFFERS) -> None:
        self.count, self.tag = count, tag
        self.started = False  # whether kernels start notes, in records of the plan

    def take(self, count: int) -> int:
        """The address, with a tag, of so many more."""
        self.count += count
        return self.tag + (self.count - count) * BLOCK_BYTES


@dataclass(eq=False, slots=True)
class PlacedPool:
    """A pool among the rows of a plan: the buffers of its voices, the rows of one voice, and what its words need."""

    buffers: int
    voice: RowTemplate
    keep: list[Any]
    places: object = None  # of the rows in all voices: kept by `tail_counters`


@dataclass(eq=False, slots=True)
class RowTemplate:
    """Words of rows that can still be placed anywhere; those of a voice once for each voice. Build thread only.

    Floats are kept beside the integers, since a float's bits could look like a tag.
    """

    integers: Array  # int64 of shape (words,), with tags
    float_places: Array  # int64 of shape (floats,): indices of the words that are float64
    float_values: Array  # float64 of shape (floats,)
    offsets: dict[str, int]  # of each row, in bytes
    outputs: list[int]  # addresses of the blocks of the root's channels, with tags
    meters: dict[str, list[int]]  # and of those of each track
    blocks: int = 0  # of buffers
    work: int = 0  # of them, for working memory
    keep: list[Any] = field(default_factory=list)  # objects that the words point into, first the rows of the graph
    counting: list[str] = field(default_factory=list)  # keys of the rows that `tail_counters` is about
    places: Places = field(default_factory=Places)
    shift: int = 0  # words before those in which `places` counts
    edits: int = 0  # blocks of constants that it keeps since it was assembled, for numbers that were written into it
    pools: dict[str, PlacedPool] = field(default_factory=dict)

    def in_memory(self, header: int) -> Rows:
        """The rows and their buffers at their place in memory of their own; `header` is the plan's address."""
        raw = np.empty(self.blocks * BLOCK_BYTES + LINE, np.uint8)
        raw.fill(0)  # so that its pages are there before it plays
        buffers = address_of(raw) + -address_of(raw) % LINE
        words = np.empty_like(self.integers)
        bases = np.zeros(TAGS, np.int64)
        for tag, base in ((SELF, address_of(words)), (BUFFERS, buffers), (HEADER, header)):
            bases[tag >> TAG] = base - tag
        for at in range(0, words.size, NEAR):  # in parts that stay in the cache
            part = self.integers[at : at + NEAR]
            np.add(part, bases.take(part >> TAG, mode="wrap"), out=words[at : at + NEAR])
        words.view(np.float64)[self.float_places] = self.float_values

        def placed(address: int) -> int:
            return address - BUFFERS + buffers if address >> TAG == BUFFERS >> TAG else address

        outputs = np.array([*map(placed, self.outputs)], np.int64)
        meters = {name: [*map(placed, two)] for name, two in self.meters.items()}
        return Rows(words, self.offsets, outputs, meters, [raw, *self.keep], self)
