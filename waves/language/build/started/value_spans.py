"""Values of a pattern in time: for each its begin and end, the value and the next one, of a pass or of a cycle."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from waves.language.build.started.note_groups import NEAR
from waves.language.build.started.pool_pages import PatternOfNode, PoolPages
from waves.language.expression.builtin_names import semitones
from waves.language.model.patterned.heard.played_notes import PlayedNote
from waves.language.patterns.kept.kept_notes import ByCycle
from waves.language.patterns.line import LineNote
from waves.notes import Note

PITCH = "freq"
GOES_ON = 16_384
"""Cycles before one in which a value is looked for that goes on."""
FOLLOWS = 1_024
"""Cycles in which the next value is looked for; one that begins later is no aim of a ramp."""
KEPT = 64  # cycles
GAPS_KEPT = 16  # ranges of cycles without a value
Span = tuple[float, float, float, float]
"""Begin and end of a value, the value, and the next one."""


class Point(NamedTuple):
    """The place at which a value begins, and the value."""

    place: float
    value: float
    of: LineNote | None = None
    """The note of the pattern that it is."""

    def later(self, time: float) -> Point:
        """The same so many steps later."""
        return self._replace(place=self.place + time)


def heard(points: Sequence[Point]) -> list[Point]:
    """The values that are heard, in the order of time: of those that begin together the last one."""
    found: list[Point] = []
    for one in sorted(points, key=lambda one: one.place):
        if found and one.place - found[-1].place < NEAR:
            found[-1] = one._replace(place=found[-1].place)
        else:
            found.append(one)
    return found


def spans_of(points: Sequence[Point]) -> list[Span]:
    """Each value but the last with its end, at which the next one begins."""
    return [(one.place, after.place, one.value, after.value) for one, after in pairwise(points)]


class ValuesInSteps:
    """The values of a pass of so many steps; the last one goes on in the next pass."""

    def __init__(self, notes: Sequence[Note], steps: int):
        self.steps = steps
        self.points = heard([Point(float(note.onset % steps), _value(note), note.of) for note in notes])
        around = [self.points[-1].later(-steps), *self.points, self.points[0].later(steps)] if self.points else []
        self.spans = tuple(one for one in spans_of(around) if one[1] > 0.0) or ((0.0, float(steps), 0.0, 0.0),)

    def begun(self, step: int) -> list[PlayedNote]:
        """The values that begin in a step, each up to the next one."""
        at = step % self.steps
        ends = {begin: end for begin, end, _, _ in self.spans}
        return [
            PlayedNote(one.place - at, ends[one.place] - one.place, -1.0, one.of)
            for one in self.points
            if at <= one.place < at + 1
        ]


class ValuePages:
    """The values of a pattern that never comes again, by cycle. What is equal has the same values. Any thread."""

    def __init__(self, pattern: PatternOfNode):
        self.notes = PoolPages(pattern, {0: {}}, (PITCH,), 1.0, {})
        self.beats = pattern.cycle.beats
        self._points = ByCycle[list[Point]](KEPT)
        self._gaps: tuple[tuple[int, int], ...] = ()  # first and last of cycles without a value, the newest first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValuePages) and self.notes == other.notes

    def __hash__(self) -> int:
        return hash(self.notes)

    def points(self, cycle: int) -> list[Point]:
        """The values that begin in a cycle, by their places in it. Raises PatternError."""
        if self._gap_of(cycle):
            return []
        if (known := self._points.get(cycle)) is not None:
            return known
        begun = self.notes.begun(cycle)
        found = heard([Point(timing[0], one.values[PITCH] * semitones(one.semitones), one.of) for one, timing in begun])
        if found:
            self._points.keep(cycle, found, len(found))
        else:
            self._keep_gap(cycle)
        return found

    def around(self, cycle: int) -> list[Point]:
        """The values of a cycle, with the one that goes on in it and the one that follows. Raises PatternError.

        Before the first value of all there is this one.
        """
        points = self.points(cycle)
        after = self._found(cycle, 1, FOLLOWS)
        if not points or points[0].place > 0.0:
            before = self._found(cycle, -1, GOES_ON)
            if before is None:
                before = (self._found(-1, 1, FOLLOWS) or Point(0.0, 0.0))._replace(place=float(-cycle))
            points = [before, *points]
        if after is None or after.place - points[-1].place > FOLLOWS:
            after = points[-1]._replace(place=float(FOLLOWS))
        return [*points, after]

    def spans(self, cycle: int) -> list[Span]:
        """The values of a cycle, also the one that goes on. Raises PatternError."""
        return spans_of(self.around(cycle))

    def begun(self, cycle: int) -> list[PlayedNote]:
        """The values that begin in a cycle, each up to the next one. Raises PatternError."""
        around = self.around(cycle)
        return [
            PlayedNote(one.place, after.place - one.place, -1.0, one.of)
            for one, after in pairwise(around)
            if one.place >= 0.0 and one.of
        ]

    def _found(self, cycle: int, step: int, most: int) -> Point | None:
        """The value nearest to a cycle, in so many later (`step` 1) or earlier ones (-1). Raises PatternError."""
        at = cycle + step
        while at >= 0 and abs(at - cycle) <= most:
            if found := self.points(at):
                return found[0 if step > 0 else -1].later(at - cycle)
            at = (self._gap_of(at) or (at, at))[step > 0] + step
        return None

    def _gap_of(self, cycle: int) -> tuple[int, int] | None:
        """The known gap in which a cycle lies."""
        return next((gap for gap in self._gaps if gap[0] <= cycle <= gap[1]), None)

    def _keep_gap(self, cycle: int) -> None:
        """Keep that no value begins in a cycle. What another thread keeps at the same time may be lost."""
        gaps = self._gaps
        near = [gap for gap in gaps if gap[0] <= cycle + 1 and gap[1] >= cycle - 1]
        whole = min((cycle, *(gap[0] for gap in near))), max((cycle, *(gap[1] for gap in near)))
        self._gaps = (whole, *(gap for gap in gaps if gap not in near))[:GAPS_KEPT]


def _value(note: Note) -> float:
    return float(note.values[PITCH]) * semitones(note.semitones)
