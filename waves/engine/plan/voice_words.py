"""Words of all voices of a pool: they follow from the graph of a voice, which keeps them, and the memory of the pool.

Build thread only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from waves.engine.graph.graph import VoiceGraph
from waves.engine.plan.row_words import OLD, READ, SEED, SELF, STATE, TAG, VOICE_BUFFERS, RowTemplate
from waves.engine.plan.voice_copies import OldPool
from waves.engine.state.voice_memory import PoolLayout

Array = np.ndarray[Any, Any]

SEED_STEP = 0x9E3779B1  # between the seeds of two voices; those within a voice are closer


@dataclass(eq=False, slots=True)
class VoiceWords:
    """The words of all voices, one behind the other, which can still be placed anywhere."""

    made_of: tuple[Any, ...]
    voice: RowTemplate
    """The rows of one voice."""
    integers: Array
    """int64 of shape (words of all voices,), with the tags of what is not placed yet."""
    float_places: Array
    float_values: Array
    own: Array
    """Indices of pointers into the words themselves."""
    buffers: Array
    """Indices of pointers into the buffers of a voice."""
    read: list[Array]
    """For each block that a voice reads from outside the indices of the pointers to it."""

    @classmethod
    def of(
        cls,
        made_of: tuple[Any, ...],
        voice: RowTemplate,
        address: int,
        layout: PoolLayout,
        old: OldPool | None,
        seeds: int,
        read: int,
    ) -> VoiceWords:
        """The voices of a pool whose memory is at `address`, each of which reads so many blocks from outside.

        `seeds`: in a voice the tag of seeds.
        """
        bases = {
            STATE: (address + layout.first, layout.voice.itemsize),
            OLD: (old.address + old.layout.first, old.layout.voice.itemsize) if old else (0, 0),
            SEED: (SEED, 1) if seeds else (0, SEED_STEP),
        }
        all_voices = voice.copied(SELF, bases, layout.slots)
        tags = all_voices.integers >> TAG
        return cls(
            made_of,
            voice,
            all_voices.integers,
            all_voices.float_places,
            all_voices.float_values,
            own=np.flatnonzero(tags == SELF >> TAG),
            buffers=np.flatnonzero(tags == VOICE_BUFFERS >> TAG),
            read=[np.flatnonzero(all_voices.integers == READ + k) for k in range(read)],
        )

    @property
    def has_ghosts(self) -> bool:
        """Whether rows of the voice work on a record that plays only during the present transition."""
        return bool((self.voice.integers >> TAG == OLD >> TAG).any())

    def placed(self, program: int, buffers: int, read: Sequence[int]) -> Array:
        """The words at `program`, with their buffers at an address; `read` are the blocks that they read."""
        words = self.integers.copy()
        words[self.own] += program - SELF
        words[self.buffers] += buffers - VOICE_BUFFERS
        for places, address in zip(self.read, read, strict=True):
            words[places] = address
        return words

    def outputs(self, buffers: int, read: Sequence[int]) -> list[int]:
        """The addresses of what a voice gives, placed likewise."""

        def placed(address: int) -> int:
            if address >> TAG == READ >> TAG:
                return read[address - READ]
            return address - VOICE_BUFFERS + buffers if address >> TAG == VOICE_BUFFERS >> TAG else address

        return [placed(address) for address in self.voice.outputs]


class PoolWords(NamedTuple):
    """Words of a pool's own row that follow from it and its voices alone, kept with the form of the row."""

    voices: VoiceWords
    words: dict[str, int]
    """By their names in `abi.POOL`."""
    arrays: list[Array]
    """What they point to."""


def kept_words(graph: VoiceGraph, made_of: tuple[Any, ...]) -> VoiceWords | None:
    """The words of the voices that were made of the same last."""
    words = graph.words
    return words if isinstance(words, VoiceWords) and words.made_of == made_of else None
