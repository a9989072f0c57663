"""Pages of a pool: its notes in each cycle of a pattern that never comes again, as the kernel reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from waves.language.build.clocks.bar_clocks import is_of_song
from waves.language.build.clocks.lengths import TimedLength, length_times
from waves.language.build.form.alternatives import follows_song
from waves.language.build.started.note_groups import Lengths, Timing, held, placed
from waves.language.model.form.metres import Metre
from waves.language.model.models import PatternPass, Text
from waves.language.model.patterned.groove import BAR, Warp, beats_of, length_in
from waves.language.model.patterned.pattern_notes import groove_of, pace_of
from waves.language.patterns.kept.kept_notes import ByCycle
from waves.language.patterns.together.started_words import NotePages, StartedWord
from waves.language.tree.instantiate import NodeBuilder
from waves.notes import LATEST, LONGEST, Time

PITCH = "freq"
STRENGTH = "velocity"
KEPT = 16  # cycles


@dataclass(frozen=True, slots=True)
class Cycle:
    """The cycle of a pattern as a clock counts it."""

    length: TimedLength
    """Its length in seconds."""
    beats: float
    """Its length in beats, in bars where its clock counts these; 0 where it is no fixed number of them."""


def cycle_of(build: NodeBuilder, made: PatternPass) -> Cycle | None:
    """The cycle of a pattern; None where a length of its steps is no number and no expression."""
    name = "interval" if build.gives("interval") else "cycle"
    width = made.width if name == "interval" else Fraction(1)
    length = length_times(build, name, width)
    written = build.model.signals.get(name)
    units = _units(written.parsed.text, build.context.metre) if isinstance(written, Text) else None
    return Cycle(length, float(units * width) if units else 0.0) if length else None


def _units(text: str, metre: Metre) -> Fraction | None:
    """The beats of a length, or its bars where they differ; None for what is neither."""
    length = length_in(text) if metre.bar is None else None
    return length[0] if length and length[1] == BAR else beats_of(text, metre)


@dataclass(eq=False, slots=True)
class PatternOfNode:
    """The pattern of a node whose notes are made cycle by cycle."""

    pages: NotePages
    warp: Warp | None
    cycle: Cycle

    @staticmethod
    def of(build: NodeBuilder, made: PatternPass) -> PatternOfNode | None:
        """The pattern of a node; None where all of it comes again, or its cycles cannot be known ahead."""
        if made.pages is None or build.gives("trigger") or build.context.voice or follows_song(build):
            return None
        cycle = cycle_of(build, made)
        if not cycle or is_of_song(cycle.length.source):
            return None
        pace = pace_of(build.gives)
        return PatternOfNode(made.pages, groove_of(build.model, made, pace, build.context.metre), cycle)


class PoolPages:
    """The notes of one pool by cycle. What is equal has the same notes. Any thread."""

    def __init__(
        self,
        pattern: PatternOfNode,
        written: Mapping[int, Mapping[str, float]],
        keys: tuple[str, ...],
        legato: float,
        lengths: Lengths,
    ):
        """`written`: by number the values that are written with each sound. `keys`: the names of those of a voice.

        `lengths`: those that its notes are given.
        """
        self.pages, self.warp, self.beats = pattern.pages, pattern.warp, pattern.cycle.beats
        self.written = {number: dict(values) for number, values in written.items()}
        self.keys, self.legato, self.lengths = keys, legato, lengths
        self._begun = ByCycle[list[tuple[StartedWord, Timing]]](KEPT)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PoolPages) and (self is other or self._key == other._key)

    def __hash__(self) -> int:
        return hash(self.keys)

    @property
    def _key(self) -> tuple[object, ...]:
        return self.written, self.keys, self.legato, self.lengths, self.beats, self.warp, self.pages.key

    @property
    def width(self) -> int:
        """The count of values of a note."""
        return len(self.keys)

    def page(self, cycle: int) -> tuple[list[Timing], list[list[float]]]:
        """The notes that begin in a cycle, in the order of time: of each its timing and its values."""
        found = self.begun(cycle)
        return [timing for _, timing in found], [self._values(word, self.written[word.sound]) for word, _ in found]

    def begun(self, cycle: int) -> list[tuple[StartedWord, Timing]]:
        """The sounds that begin in a cycle, in the order of time, each with its timing. Raises PatternError."""
        if (known := self._begun.get(cycle)) is not None:
            return known
        found: list[tuple[StartedWord, Timing]] = []
        for source in range(cycle - self.pages.longest, cycle + (2 if self.warp else 1)):
            for word in self.pages.cycle(source):
                if word.sound in self.written:
                    timing, step = self._timing(word)
                    if step == cycle:
                        found.append((word, timing))
        found.sort(key=lambda one: one[1][0])
        self._begun.keep(cycle, found, len(found))
        return found

    def _timing(self, word: StartedWord) -> tuple[Timing, int]:
        onset: Time = word.onset
        above, below = word.length.as_integer_ratio()
        length = above / below  # as `float`, which is slow
        if self.warp:
            onset = self.warp.moved(word.onset)
            length = float(self.warp.moved(word.onset + word.length) - onset)
        step, place = placed(onset)
        late = min(max(word.seconds, 0.0), LATEST) if word.seconds else 0.0
        steps, seconds = held((length if length < LONGEST else LONGEST) * self.legato, word.held, self.lengths)
        return (place, steps, late, 1.0, 0.0, seconds), step

    def _values(self, word: StartedWord, written: Mapping[str, float]) -> list[float]:
        values = {**written, **word.values}
        if self.warp and self.warp.groove.strengths:
            values[STRENGTH] = values.get(STRENGTH, 1.0) * self.warp.strength(word.onset)
        if word.semitones and PITCH in values:
            values[PITCH] *= 2.0 ** (word.semitones / 12.0)
        return [values.get(key, math.nan) for key in self.keys]
