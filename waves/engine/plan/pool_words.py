"""Words of a pool's row: the notes of its steps, the targets of their values, its limits, the memory of its voices.

And the words of all its voices, which the graph of a voice keeps. Each function of the row gives some of the words of
`abi.POOL` by name. An array stands for its address and must be kept alive. Build thread only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from waves.abi import MOST_NOTES, NOTE, WORD, started_notes
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.graph.graph import Row, VoiceGraph
from waves.engine.graph.known_rows import changed_rows
from waves.engine.plan.row_forms import with_numbers
from waves.engine.plan.row_words import OLD, READ, SEED, SELF, STATE, TAG, TAGS, VOICE_BUFFERS, RowTemplate
from waves.engine.plan.voice_copies import OldPool
from waves.engine.state.copies import address_of
from waves.engine.state.voice_memory import PoolLayout
from waves.node_types.builtin.voices import FADE
from waves.node_types.library.signature import state_dtype

Array = np.ndarray[Any, Any]
Words = dict[str, "int | Array"]

FOREVER = 1 << 62  # frames
SEED_STEP = 0x9E3779B1  # between the seeds of two voices; those within a voice are closer


def note_words(row: Row) -> Words:
    """The notes of all steps as two flat tables.

    Example: two values per note, the second step is a rest:

        settings["notes"]  (((60, 1.0), (64, 0.5)), (), ((67, 1.0),))
        first              [0, 2, 2, 3]                        step k has the notes first[k] to first[k + 1] - 1
        values             [60, 1.0, 64, 0.5, 67, 1.0]         float64
    """
    notes = [list(step) for step in row.settings["notes"]]
    return {
        "first": np.cumsum([0, *map(len, notes)], dtype=np.int64),
        "steps": len(notes),
        "values": np.array([value for step in notes for note in step for value in note], np.float64),
    }


def timing_words(row: Row, rate: float) -> Words:
    """The onsets and lengths of the notes, if not those of their steps; `rate` in frames per second.

    Example: the second of two notes begins in the middle of the step, lasts 0.1 s, and is 10 ms late:

        settings["timing"]  (((0.0, 1.0, 0.0, 1.0, 0.0, -1.0), (0.5, 0.25, 0.01, 1.0, 0.0, 0.1)),)
        timing              [0, 1, 0, 1, 0, -44100, 0.5, 0.25, 441, 1, 0, 4410]             float64, at 44100 Hz
    """
    notes = [note for step in row.settings["timing"] for note in step]
    table = np.array(notes, np.float64).reshape(-1, len(NOTE))
    times = [NOTE.index("late"), NOTE.index("held")]
    table[:, times] = np.rint(table[:, times] * rate)
    playing = len(notes) and row.settings["notes"]
    return {"timing": table.ravel() if playing else 0, "chance": row.seed}


def table_words(row: Row, voice: VoiceGraph, layout: PoolLayout, rate: float) -> Words:
    """The notes of a pool's table; `rate` in frames per second."""
    return {**note_words(row), **timing_words(row, rate), **target_words(voice, layout)}


def kernel_words(row: Row, voice: VoiceGraph, layout: PoolLayout, kernel: Row, record: int) -> Words:
    """The notes that a kernel starts, in place of a table: event k is the only note of step k.

    `record` is the address of its `started_notes`.
    """
    steps = MOST_NOTES if row.settings["notes"] else 0
    values = record + int(started_notes(0).fields["values"][1])  # type: ignore[index]
    targets = target_words(voice, layout, row.settings["columns"], len(kernel.kind.note_values))
    first = np.arange(steps + 1, dtype=np.int64)
    return {"first": first, "steps": steps, "values": values, **targets, **event_words(record, started_notes(0))}


def clock_words(row: Row, clock: Row, state: int, output: int) -> Words:
    """The events of a clock, and its position where notes begin inside of steps; addresses of its state and output."""
    dtype = state_dtype(clock.kind)
    words = event_words(state, dtype)
    if row.settings["pages"] or (row.settings["paced"] and row.settings["timing"] and row.settings["notes"]):
        words["position"] = output
        for word, name in (("present", "before"), ("reached", "reached_before")):
            words[word] = state + int(dtype.fields[name][1])  # type: ignore[index]
    return words


def event_words(record: int, dtype: np.dtype[Any]) -> Words:
    """Addresses of the events that start the notes: fields of a clock's state, or of the notes of a kernel."""
    at = {name: record + int(place) for name, (_, place, *_) in dict(dtype.fields or {}).items()}
    names = {"events": "count", "event_frames": "frame", "event_steps": "step", "event_lengths": "length"}
    return {word: at[name] for word, name in {**names, "event_passes": "turn", "busy": "busy"}.items()}


def target_words(
    voice: VoiceGraph, layout: PoolLayout, columns: tuple[int, ...] = (), width: int | None = None
) -> Words:
    """Places in a voice's record into which the values of its note and the frames of its gate are written.

    `columns`: for each value its place among the `width` values of a note, if that is another.

    Example: the rows `freq` and `freq#1` take the first value of a note, `velocity` the second:

        voice.note_values  [["freq", "freq#1"], ["velocity"]]
        given              [[0, 40], [0, 48], [1, 56]]         index of the value, offset in the record
    """
    pairs = [
        (columns[value] if columns else value, layout.states[key])
        for value, keys in enumerate(voice.note_values)
        for key in keys
        if key in layout.states
    ]
    return {
        "width": len(voice.note_values) if width is None else width,
        "given": np.array(pairs, np.int64).reshape(-1, 2),
        "given_count": len(pairs),
        "gates": np.array([layout.states[key] for key in voice.gates], np.int64),
        "gates_count": len(voice.gates),
    }


def limit_words(row: Row, layout: PoolLayout, rate: float) -> Words:
    """Numbers of voices, and frames for which a voice sounds and fades out; `rate` in frames per second."""
    length = float(row.settings["length"]) * rate
    return {
        "slots": layout.slots,
        "voices": int(row.settings["voices"]),
        "length": round(length) if length < FOREVER else FOREVER,
        "fade": max(round(FADE * rate), 1),
    }


def memory_words(address: int, layout: PoolLayout) -> Words:
    """The pool's memory at an address or offset."""
    return {"control": address, "state": address + layout.first}


def layout_words(layout: PoolLayout) -> Words:
    """The parts of a voice's record that a note resets."""
    return {
        "state_bytes": layout.voice.itemsize,
        "default": layout.default,
        "segments": layout.segments,
        "segments_count": len(layout.segments),
        "counters": layout.counters,
        "counters_count": len(layout.counters),
        "buffers": layout.buffers,
        "buffers_count": len(layout.buffers),
        "numbered": layout.numbered,
        "numbered_count": len(layout.numbered),
    }


def ghost_words(old: OldPool) -> Words:
    """The memory that ghosts in the voices work on, which a note resets too."""
    return {
        "old_state": old.address + old.layout.first,
        "old_bytes": old.layout.voice.itemsize,
        "old_default": old.layout.default,
        "old_segments": old.layout.segments,
        "old_segments_count": len(old.layout.segments),
        "old_buffers": old.layout.buffers,
        "old_buffers_count": len(old.layout.buffers),
        "old_numbered": old.layout.numbered,
        "old_numbered_count": len(old.layout.numbered),
    }


@dataclass(eq=False, slots=True)
class VoiceWords:
    """The words of all voices, one behind the other, which can still be placed anywhere.

    Example: words `[SELF + 16, STATE + 8]`, two voices at 1000, whose records are at 5000 and 5100:

        bases {STATE: (5000, 100)}      placed [1016, 5008, 1032, 5108]
    """

    made_of: tuple[Any, ...]
    """All that the rows of a voice follow from, beside its graph."""
    address: int
    """The address of the memory of the pool."""
    voice: RowTemplate
    """The rows of one voice."""
    slots: int
    """The count of voices."""
    tags: Array
    """Of its words, int64."""
    first: Array
    """The words of the first voice, as far as they do not depend on their place."""
    steps: Array
    """By how much each word differs from the one of the voice before."""
    float_places: Array
    """Of all voices."""
    float_values: Array

    @classmethod
    def of(
        cls,
        made_of: tuple[Any, ...],
        address: int,
        voice: RowTemplate,
        bases: Mapping[int, tuple[int, int]],
        slots: int,
    ) -> VoiceWords:
        """So many voices; `bases` gives for tags the base of the first one, and the step from voice to voice."""
        tags, size = voice.integers >> TAG, voice.integers.size
        base, step = np.zeros((2, TAGS), np.int64)
        step[SELF >> TAG] = size * WORD
        for tag, (at, distance) in bases.items():
            base[tag >> TAG], step[tag >> TAG] = at - tag, distance
        float_places = voice.float_places + size * np.arange(slots)[:, None]
        return cls(
            made_of,
            address,
            voice,
            slots,
            tags,
            voice.integers + base[tags],
            step[tags],
            float_places.ravel(),
            np.tile(voice.float_values, slots),
        )

    def with_rows(self, voice: RowTemplate, address: int) -> VoiceWords:
        """The words of voices whose rows differ in numbers, with the memory of the pool at an address."""
        first = self.first + (voice.integers - self.voice.integers)
        first[self.tags == STATE >> TAG] += address - self.address
        return replace(self, voice=voice, address=address, first=first)

    @property
    def size(self) -> int:
        """The count of all words."""
        return self.slots * self.first.size

    @property
    def has_ghosts(self) -> bool:
        """Whether rows of the voice work on a record that plays only during the present transition."""
        return bool((self.tags == OLD >> TAG).any())

    def placed(self, program: int, buffers: int, read: Sequence[int]) -> Array:
        """The words at `program`, with their buffers at an address; `read` are the blocks that they read."""
        base = np.zeros(TAGS, np.int64)
        base[SELF >> TAG], base[VOICE_BUFFERS >> TAG] = program - SELF, buffers - VOICE_BUFFERS
        first = self.first + base[self.tags]
        if read:
            places = self.tags == READ >> TAG
            first[places] = np.array(read, np.int64)[self.first[places] - READ]
        words: Array = first + self.steps * np.arange(self.slots)[:, None]
        return words.ravel()

    def outputs(self, buffers: int, read: Sequence[int]) -> list[int]:
        """The addresses of what a voice gives, placed likewise."""

        def placed(address: int) -> int:
            if address >> TAG == READ >> TAG:
                return read[address - READ]
            return address - VOICE_BUFFERS + buffers if address >> TAG == VOICE_BUFFERS >> TAG else address

        return [placed(address) for address in self.voice.outputs]


def voice_bases(address: int, layout: PoolLayout, old: OldPool | None, seeds: int) -> dict[int, tuple[int, int]]:
    """Base and step of what differs from voice to voice of a pool at an address: records, those of ghosts, and seeds.

    `seeds`: in a voice the tag of seeds.
    """
    return {
        STATE: (address + layout.first, layout.voice.itemsize),
        OLD: (old.address + old.layout.first, old.layout.voice.itemsize) if old else (0, 0),
        SEED: (SEED, 1) if seeds else (0, SEED_STEP),
    }


class PoolWords(NamedTuple):
    """Words of a pool's own row that follow from it and its layout alone, kept with the form of the row."""

    layout: PoolLayout
    words: dict[str, int]
    """By their names in `abi.POOL`."""
    arrays: list[Array]
    """The arrays that they point to."""

    @classmethod
    def of(cls, row: Row, voice: VoiceGraph, layout: PoolLayout, rate: float) -> PoolWords:
        """The words of a pool; `rate` in frames per second."""
        words: Words = {
            **limit_words(row, layout, rate),
            **layout_words(layout),
            **({} if row.settings["decided"] else table_words(row, voice, layout, rate)),
            "run": kernel_cache.address(EngineKernel("run")),
        }
        arrays = [value for value in words.values() if not isinstance(value, int)]
        numbers = {name: value if isinstance(value, int) else address_of(value) for name, value in words.items()}
        return cls(layout, numbers, arrays)


def kept_words(voice: VoiceGraph, made_of: tuple[Any, ...], address: int, rate: float) -> VoiceWords | None:
    """The words of voices with their memory at an address, as they are known of them, or of some that read other
    numbers; None: of neither.
    """
    alike, voice.alike = voice.words or voice.alike, None
    if not isinstance(alike, VoiceWords) or alike.made_of != made_of:
        return None
    if alike is voice.words and alike.address == address:
        return alike
    changed = changed_rows(voice.graph.rows, alike.voice.keep[0])
    rows = with_numbers(alike.voice, voice.graph, changed, rate) if changed else alike.voice
    return alike.with_rows(rows, address) if rows else None
