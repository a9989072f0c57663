"""Pools that are written again among rows that stay as they were assembled. Build thread only.

The words of the voices take the place of those before if they are as many, else they stand behind all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from waves.abi import WORD
from waves.engine.graph.graph import Graph, Output, Row, Source
from waves.engine.plan.buffer_placement import Constants
from waves.engine.plan.pool_words import VoiceWords
from waves.engine.plan.row_assembly import OUT, STATE_BYTES, STATE_WORD, Assembly, EngineAddresses
from waves.engine.plan.row_forms import form_of
from waves.engine.plan.row_words import BLOCK_BYTES, BUFFERS, POOL_WORD, SELF, Blocks, Places, RowTemplate
from waves.engine.plan.state_binding import Bind

WORDS_OF_BLOCK = 1024  # of voices that stand behind all others, which count as a block of constants


def with_pools(
    was: RowTemplate, graph: Graph, pools: Sequence[str], bind: Bind, addresses: EngineAddresses
) -> RowTemplate:
    """The rows `was` of a graph with the words of some pools as the graph has them now; all others are the same."""
    return _PoolEdits(was, graph, bind, addresses).written(was, pools) if pools else was


class _PoolEdits(Assembly):
    """Rows that are assembled, in which pools are written."""

    def __init__(self, was: RowTemplate, graph: Graph, bind: Bind, addresses: EngineAddresses):
        self.graph, self.bind, self.addresses = graph, bind, addresses
        self.imports, self.seeds, self.work = {}, 0, BUFFERS  # as `assemble` has them
        self.words = was.integers.copy()
        self.integers = self.words  # type: ignore[assignment]  # written by index only
        self.size, self.offsets = self.words.size, was.offsets
        self.blocks, self.pools = Blocks(was.blocks), {**was.pools}
        self.constants, self.tables, self.table_floats = Constants(), [], []
        self.places, self.values = was.float_places, was.float_values
        self.started, self.keep = {}, [*was.keep]

    def written(self, was: RowTemplate, pools: Sequence[str]) -> RowTemplate:
        """The rows with these pools."""
        for key in pools:
            self.write(self.graph.rows[key], was.offsets[key] // WORD)
        tables = [np.asarray(table, np.int64) for table in self.tables]
        integers = np.concatenate([self.words, *tables])
        more = (self.size - was.integers.size) // WORDS_OF_BLOCK + len(self.constants.blocks)
        return replace(
            was,
            integers=integers,
            float_places=np.concatenate([self.places, *(places for places, _ in self.table_floats)]),
            float_values=np.concatenate([self.values, *(values for _, values in self.table_floats)]),
            blocks=self.blocks.count,
            keep=[*self.keep, *self.constants.blocks],
            places=Places(),
            shift=0,
            edits=was.edits + more,
            pools=self.pools,
        )

    def write(self, row: Row, first: int) -> None:
        """Write the row of a pool, which begins at `first`."""
        bound, form, own = self.bind(row), form_of(row, self.addresses.rate), self.words
        out, program, size = int(own[first + OUT]), own[first + POOL_WORD["program"]], self._size(first)
        own[first : first + len(form.words)] = form.words
        own[first + OUT], own[first + STATE_WORD], own[first + STATE_BYTES] = out, bound.address, bound.bytes
        self.before = (int(program) - SELF) // WORD, size
        self.keep = [one for one in self.keep if one is not self.pools[row.key].keep]
        self.pool(row, bound, first)

    def _size(self, first: int) -> int:
        """The words of all voices of the pool whose own row begins at `first`."""
        return int(self.words[first + POOL_WORD["program_bytes"]] * self.words[first + POOL_WORD["slots"]]) // WORD

    def buffer(self, source: Source) -> int:
        if not isinstance(source, Output):
            return self.constants.address(source)
        return int(self.words[self.offsets[source.key] // WORD + OUT]) + source.index * BLOCK_BYTES

    def voice_buffers(self, row: Row, count: int) -> int:
        before = self.pools[row.key]
        return before.buffers if count == before.blocks else super().voice_buffers(row, count)

    def program(self, voices: VoiceWords, first: int, buffers: int, read: Sequence[int]) -> int:
        at, size = self.before
        if voices.integers.size != size:
            return super().program(voices, first, buffers, read)
        self.words[at : at + size] = voices.placed(SELF + at * WORD, buffers, read)
        others = (self.places < at) | (self.places >= at + size)
        self.places = np.concatenate([self.places[others], voices.float_places + at])
        self.values = np.concatenate([self.values[others], voices.float_values])
        return SELF + at * WORD
