"""Words of rows in memory: those that have a place, and those that still can be moved.

Until they have one, pointers into the words themselves and into a voice's record are offsets from a tag, a number that
no address has; so are seeds, which differ from voice to voice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waves.abi import POOL, ROW, WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.state_registry import address_of

Array = np.ndarray[Any, Any]

WORD_OF = {name: k for k, name in enumerate(ROW)}
POOL_WORD = {name: len(ROW) + k for k, name in enumerate(POOL)}
TAG = 58  # bits below a tag
SELF, STATE, OLD, SEED = (tag << TAG for tag in (1, 2, 3, 4))  # the words, a voice's record, that of its ghosts, seeds


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

    def word(self, key: str, name: str) -> int:
        """One word of a row."""
        return int(self.words[self.offsets[key] // WORD + WORD_OF[name]])

    def faults(self) -> dict[str, int]:
        """Rows that failed, with the count of their blocks."""
        places = np.fromiter(self.offsets.values(), np.int64, len(self.offsets)) // WORD + WORD_OF["faults"]
        counts = self.words[places]
        if not counts.any():
            return {}
        return {key: int(count) for key, count in zip(self.offsets, counts, strict=True) if count}


def voices(words: Array, at: int) -> Iterator[int]:
    """The words at which the rows of each voice of a pool begin; the pool's own row is at `at`."""
    first, size, slots = (int(words[at + POOL_WORD[name]]) for name in ("program", "program_bytes", "slots"))
    for slot in range(slots):
        yield (first + slot * size - address_of(words)) // WORD


def running(words: Array, graph: Graph, at: int = 0) -> tuple[tuple[int, Row], ...]:
    """The row that runs now in the list at a word, with its place; in a pool that of its voice after it."""
    wanted = (int(words[at + WORD_OF["running"]]) - address_of(words)) // WORD
    for row in graph.rows.values():
        if at == wanted:
            inner = (running(words, row.voice.graph, program) for program in voices(words, at)) if row.voice else ()
            return ((at, row), *next(filter(None, inner), ()))
        at += int(words[at + WORD_OF["bytes"]]) // WORD
    return ()


@dataclass(eq=False, slots=True)
class Words:
    """Words that still can be moved: integers with tags, and the float64 among them apart."""

    integers: Array
    float_places: Array
    float_values: Array
    offsets: dict[str, int]
    outputs: list[int]

    def copied(self, at: int, bases: Mapping[int, tuple[int, int]], copies: int = 1) -> Words:
        """So many copies one after another, the first at `at`; for other tags the base and the step between copies."""
        size = self.integers.size * WORD
        integers = np.tile(self.integers, (copies, 1))
        steps = np.arange(copies)[:, None]
        for tag, (base, step) in {SELF: (at, size), **bases}.items():
            places = np.flatnonzero(self.integers >> TAG == tag >> TAG)
            integers[:, places] += base - tag + step * steps
        floats = (self.float_places + self.integers.size * steps).ravel()
        return replace(
            self,
            integers=integers.ravel(),
            float_places=floats,
            float_values=np.tile(self.float_values, copies),
        )
