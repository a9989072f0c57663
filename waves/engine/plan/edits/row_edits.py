"""Rows that are written again among those that stay as they were assembled. Build thread only.

They have other states, voices or notes. What they point to stands behind all other words; the words of voices take the
place of those before if they are as many.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from waves.abi import WORD
from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.buffer_placement import Constants, scratch_blocks
from waves.engine.plan.pool_words import VoiceWords
from waves.engine.plan.row_assembly import OUT, Assembly, EngineAddresses
from waves.engine.plan.row_forms import form_of
from waves.engine.plan.row_words import BUFFERS, POOL_WORD, SELF, Blocks, Places, RowTemplate
from waves.engine.plan.state_binding import Bind
from waves.engine.state.state_registry import Record

WORDS_OF_BLOCK = 1024  # of voices that stand behind all others, which count as a block of constants


def has_room(was: RowTemplate, pools: Collection[str], *graphs: Graph) -> bool:
    """Whether the working memory of rows is enough for the voices of some pools, as they are in the graphs."""
    voices = (Graph({key: graph.rows[key] for key in pools}) for graph in graphs)
    return max(map(scratch_blocks, voices)) <= was.work


def with_rows(
    was: RowTemplate,
    graph: Graph,
    rows: Collection[str],
    gone: Collection[Record],
    bind: Bind,
    addresses: EngineAddresses,
) -> RowTemplate:
    """The rows `was` of a graph with the words of some rows as the graph has them now; all others are the same.

    These are written into the words of `was`, which is not used any more. `gone`: the states that these rows had.
    """
    edits = _RowEdits(was, graph, bind, addresses)
    edits.drop([edits.pools[key].keep for key in rows if key in edits.pools], gone)
    for key in rows:
        edits.write(graph.rows[key])
    return edits.written(was) if rows else was


def with_voices(
    was: RowTemplate, transition: Transition, settled: Graph, bind: Bind, addresses: EngineAddresses
) -> RowTemplate:
    """The moving rows with the voices of pools that are in transition; `was` has those of the settled rows.

    These are written into the words of `was`, as above.
    """
    moving = transition.moving
    moved = [row for key in transition.pools if (row := moving.rows[key]) is not settled.rows[key]]
    edits = _RowEdits(was, moving, bind, addresses)
    for row in moved:
        edits.move(row)
    return edits.written(was) if moved else was


class _RowEdits(Assembly):
    """Rows that are assembled, in which some are written."""

    def __init__(self, was: RowTemplate, graph: Graph, bind: Bind, addresses: EngineAddresses):
        self.graph, self.bind, self.addresses = graph, bind, addresses
        self.imports, self.seeds, self.work = {}, 0, BUFFERS  # as `assemble` has them
        self.words = was.integers
        self.integers = self.words  # type: ignore[assignment]  # written by index only
        self.size, self.offsets = self.words.size, was.offsets
        self.blocks, self.pools = Blocks(was.blocks), {**was.pools}
        self.constants, self.tables, self.table_floats = Constants(), [], []
        self.places, self.values = was.float_places, was.float_values
        self.started, self.keep = {}, [*was.keep]

    def drop(self, pools: Collection[list[Any]], gone: Collection[Record]) -> None:
        """Keep no longer what the words of some pools needed, and some states."""
        keeps, states = set(map(id, pools)), set(map(id, gone))
        self.keep = [
            one
            for one in self.keep
            if id(one) not in keeps and not (isinstance(one, tuple) and one and id(one[0]) in states)
        ]

    def written(self, was: RowTemplate) -> RowTemplate:
        """The rows with those that were written."""
        integers = np.concatenate([self.words, *(np.asarray(table, np.int64) for table in self.tables)])
        more = (self.size - was.integers.size) // WORDS_OF_BLOCK + len(self.constants.blocks)
        return replace(
            was,
            integers=integers,
            float_places=np.concatenate([self.places, *(places for places, _ in self.table_floats)]),
            float_values=np.concatenate([self.values, *(values for _, values in self.table_floats)]),
            blocks=self.blocks.count,
            keep=[*self.keep, *self.constants.blocks],
            places=Places(rows=was.places.rows),
            edits=was.edits + more,
            pools=self.pools,
        )

    def write(self, row: Row) -> None:
        """Write the words of a row."""
        form, first, out = form_of(row, self.addresses.rate), self.begin(row), self.first_output(row.key)
        self.words[first : first + len(form.words)] = form.words
        self.words[first + OUT] = out
        self.float_places, self.float_values = [], []  # which are the same
        self.row(row, first)

    def move(self, row: Row) -> None:
        """Write those words of a pool that point to its voices."""
        first, voice, bound = self.begin(row), row.voice, self.bind(row)
        assert voice
        around, self.keep = self.keep, [bound.keep]
        self.write_pool(self.voice_words(row, voice, bound, first), first)
        self.keep = [*around, self.keep]

    def begin(self, row: Row) -> int:
        """The index at which a row begins; of a pool also where the words of its voices are so far."""
        first = self.offsets[row.key] // WORD
        if row.voice:
            at = (int(self.words[first + POOL_WORD["program"]]) - SELF) // WORD
            self.before = at, self._size(first), self.pools[row.key].voice
        return first

    def _size(self, first: int) -> int:
        """The words of all voices of the pool whose own row begins at `first`."""
        return int(self.words[first + POOL_WORD["program_bytes"]] * self.words[first + POOL_WORD["slots"]]) // WORD

    def first_output(self, key: str) -> int:
        return int(self.words[self.offsets[key] // WORD + OUT])

    def voice_buffers(self, row: Row, count: int) -> int:
        before = self.pools[row.key]
        return before.buffers if count == before.voice.blocks else super().voice_buffers(row, count)

    def program(self, voices: VoiceWords, first: int, buffers: int, read: Sequence[int]) -> int:
        at, size, before = self.before
        if voices.size != size:
            return super().program(voices, first, buffers, read)
        self.words[at : at + size] = voices.placed(SELF + at * WORD, buffers, read)
        if voices.voice.float_places is not before.float_places:  # they are the same where only numbers differ
            others = (self.places < at) | (self.places >= at + size)
            self.places = np.concatenate([self.places[others], voices.float_places + at])
            self.values = np.concatenate([self.values[others], voices.float_values])
        return SELF + at * WORD
