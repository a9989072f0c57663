"""Words of patterns that sound: from the state of each clock the notes that have begun, and where their words stand."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from waves.abi import STEP
from waves.app.clients.piece.text_span import Documents, TextSpan, word_span
from waves.engine.graph.graph import Row
from waves.engine.state.state_registry import Record, Registry
from waves.language.build.clocks.clock_builder import ENDLESS
from waves.language.model.patterned.heard.played_notes import (
    ROUNDING,
    PlayedNote,
    PlayedNotes,
    WrittenWord,
    is_drawn,
    seed_of_draws,
)
from waves.language.patterns.syntax import PatternError
from waves.language.tree.tree_node import TreeNode, target_of

BEFORE = 16
"""Steps before the present one in which a note may have begun that sounds when a clock is looked at first."""
STEP_LENGTH = STEP.index("length")
OVER = 1.0 - 1e-6
"""The part of a step from which on it is over, if none follows."""
Spans = frozenset[TextSpan]
NOTHING: Spans = frozenset()


class WatchedState:
    """Some fields of the state of a node, read together."""

    def __init__(self, key: str, names: tuple[str, ...]):
        self._key, self._names = key, [*names]
        self.record: Record | None = None
        """The whole state as it was read last."""
        self._fields: Any = None

    def read(self, registry: Registry) -> tuple[Any, ...] | None:
        """The fields as they are now; None if the node does not play."""
        record = registry.states.get(self._key)
        if record is not self.record:
            self.record, self._fields = record, None if record is None else record.values[self._names]
        return None if self._fields is None else self._fields.item()


class WordPlaces:
    """The places of words, each looked up once."""

    def __init__(self, documents: Documents):
        self._documents = documents
        self._spans: dict[WrittenWord, TextSpan | None] = {}

    def of(self, words: Sequence[WrittenWord]) -> tuple[TextSpan, ...]:
        """The places of some words, of those that have one."""
        for word in words:
            if word not in self._spans:
                self._spans[word] = word_span(self._documents, word)
        return tuple(span for word in words if (span := self._spans[word]) is not None)


def pattern_clock(node: TreeNode) -> TreeNode | None:
    """The clock of a node that plays a pattern; None for any other node."""
    clock = node.inputs.get("clock", node.inputs.get("position")) if node.played is not None else None
    return None if clock is None or isinstance(clock, float | dict) else target_of(clock)


def pattern_clocks(
    nodes: Sequence[TreeNode], rows: Mapping[str, Row], documents: Documents, rate: float
) -> list[PatternClock]:
    """The clocks of patterns among nodes outside of voices.

    `rows`: those of the graph, by key. `rate` in frames per second.
    """
    places, found = WordPlaces(documents), dict[str, PatternClock]()
    for node in nodes:
        row = rows.get(node.id)
        if (clock := pattern_clock(node)) and node.played is not None and row:
            one = found.setdefault(clock.id, PatternClock(clock, places, rate))
            one.pools.append((node.played, seed_of_draws(row.seed)))
    return [*found.values()]


class PatternClock:
    """The words that sound of the pools of one clock: those that begin are added from look to look."""

    def __init__(self, clock: TreeNode, places: WordPlaces, rate: float):
        self.steps, self.width = int(clock.settings["steps"]), int(clock.settings["width"])
        self.pools: list[tuple[PlayedNotes, int]] = []
        """Each with the seed of its chance."""
        self._places, self._rate = places, rate
        self._state = WatchedState(clock.id, ("begun", "next", "reached", "row", "passes"))
        self._before = 1 if self.steps == ENDLESS else BEFORE
        self._at = math.nan  # the position up to which notes were added, in steps
        self._change = -math.inf  # the position at which the next one begins or ends
        self._step = 1.0  # s, the length of the present step
        self._row = 0  # of the alternative at the last look
        self._ends: list[tuple[float, tuple[TextSpan, ...]]] = []
        self._sounding: Spans = NOTHING

    def look(self, registry: Registry) -> Spans:
        """The places of the words that sound; the same set as before if none began or ended."""
        begun, following, reached, row, passes = self._state.read(registry) or (False, 0, 0.0, 0, 0)
        present, passed = following - 1 if begun else -1, reached - following
        if passed < 0.0:  # the clock jumped, or knows no place inside of a step
            passed = 0.0
        elif passed > OVER:  # the last step of all
            passed = 1.0
        until = present + passed + ROUNDING
        if not self._at <= until < self._change:
            if record := self._state.record:
                self._step = max(float(record.present[STEP_LENGTH]), 1.0) / self._rate
            self._go_on(present, until, row, passes)
            sounding = frozenset(span for _, spans in self._ends for span in spans)
            self._sounding = self._sounding if sounding == self._sounding else sounding
        return self._sounding

    def _go_on(self, present: int, until: float, row: int, passes: int) -> None:
        """Add the notes that have begun up to a position in the present step, and take away those that have ended."""
        after = self._at
        first = present if math.isnan(after) else math.floor(after)
        if not after <= until or present - first > BEFORE:  # the first look, or the clock jumped
            self._ends, self._row, after = [], row, -math.inf
            first = present - self._before
        self._change = present + 1.0
        for step in range(max(first, 0), present + 1):
            own = row if step // self.width == present // self.width else self._row
            turn = passes - (present // self.steps - step // self.steps)
            for played, seed in self.pools:
                self._add(step, played, seed, (after, until), own, turn)
        self._ends = [one for one in self._ends if one[0] > until]
        self._change = min([self._change, *(end for end, _ in self._ends)])
        self._at, self._row = until, row

    def _add(self, step: int, played: PlayedNotes, seed: int, span: tuple[float, float], row: int, turn: int) -> None:
        """Add the notes of a pool that begin in a step after a position, up to another one."""
        after, until = span
        try:
            notes = played.begun(step)
        except PatternError:  # its notes are too many, and none is played
            return
        for k in range(bisect_right(notes, after - step, key=_place_of), len(notes)):
            note = notes[k]
            if step + note.place > until:
                self._change = min(self._change, step + note.place)
                return
            length = note.length if note.seconds < 0.0 else note.seconds / self._step
            end = step + note.place + length
            if end <= until or row not in note.rows:
                continue
            if is_drawn(note, seed, turn):
                self._ends.append((end, self._places.of(played.words(note))))


def _place_of(note: PlayedNote) -> float:
    return note.place
