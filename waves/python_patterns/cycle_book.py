"""The notes of a function of Python by cycle: asked for once, kept, and told to whoever keeps a log."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import count

from waves.node_types.process.time_limit import PATIENCE
from waves.problem import Problem
from waves.python_patterns.function_code import function_code
from waves.python_patterns.pattern_process import Notes, PatternFault, PatternFile, PatternProcess, Spent

TRIED = (*range(16), 1_000, 1_000_001)
"""Cycles that a function gives before it is let in."""
TWICE = 3
"""The cycle that is tried twice."""
MEAN_LIMIT = 0.02  # seconds of processor time for a cycle on average, and PATIENCE times as long on the clock
MEASURED = 16  # cycles whose time is averaged
KEPT = 4_096  # cycles
KEPT_VALUES = 100_000  # of all notes of these
NUMBERS = count()
"""Numbers of books."""


@dataclass(frozen=True)
class PatternFunctionVersion:
    """A function of a text of a file, with the seed of the piece."""

    file: PatternFile
    name: str
    line: int
    seed: int

    @cached_property
    def key(self) -> str:
        """A name of it, the same while all code that it depends on is."""
        code = sha256(function_code(self.file.text, self.name).encode(errors="surrogateescape")).hexdigest()[:32]
        return f"{code} {self.file.name} {self.name} {self.seed}"


def tried_cycles(version: PatternFunctionVersion, process: PatternProcess) -> dict[int, Notes]:
    """The notes of the tried cycles of a function. Raises PatternFault."""
    file, name, line = version.file, version.name, version.line
    found, spent = process.notes(file, name, line, version.seed, (*TRIED, TWICE))
    *notes, again = found
    if again != notes[TRIED.index(TWICE)]:
        sentence = f"{name}({TWICE}): it gives other notes when it is asked again: use the argument 'random'"
        raise PatternFault(file.problem(sentence, line))
    if sentence := slowness([spent], len(found)):
        raise PatternFault(file.problem(f"{name}: {sentence}", line))
    return dict(zip(TRIED, notes, strict=True))


def slowness(spent: Sequence[Spent], cycles: int) -> str:
    """A sentence about the mean time of some cycles, if that is too long; else nothing."""
    processor, wall = (sum(times) / cycles for times in zip(*spent, strict=True))
    for mean, limit, more in ((processor, MEAN_LIMIT, ""), (wall, PATIENCE * MEAN_LIMIT, " with what it waits for")):
        if mean > limit:
            return f"a cycle takes {mean * 1e3:.0f} ms{more}: {limit * 1e3:.0f} ms at most on average"
    return ""


def value_count(notes: Notes) -> int:
    """The values of notes, at least one of each, and one for the cycle."""
    return 1 + sum(len(note.what) if isinstance(note.what, dict) else 1 for note in notes)


class CycleBook:
    """The notes of a function. Any thread.

    From a cycle on that it cannot give, the version before it plays, else its last cycle again. After one that does not
    come to an end no function is asked any more: its last cycle plays again.
    """

    def __init__(
        self,
        version: PatternFunctionVersion,
        tried: Mapping[int, Notes],
        process: PatternProcess,
        former: CycleBook | None = None,
    ):
        self.version, self.tried, self.process = version, dict(tried), process
        self.former: CycleBook | None = former.former if former and former.is_broken else former
        if self.former and self.former.former:
            self.former.former.former = None  # two versions before this one are enough
        self.faults: list[Problem] = []
        """The problems of cycles since it was let in."""
        self._lock = threading.Lock()
        self._given: dict[int, Notes] = {}
        self._journal: list[tuple[int, Notes]] = []
        self._dropped = 0  # entries of the journal
        self._values = 0  # of those that are kept
        self._number = next(NUMBERS)
        self._broken_at: int | None = None
        self._spent: list[Spent] = []

    @property
    def key(self) -> str:
        """A name of its own: another book of the same code may be broken."""
        return f"{self._number} {self.version.key}"

    @property
    def is_broken(self) -> bool:
        """Whether it could not give a cycle."""
        return self._broken_at is not None

    def cycle(self, cycle: int) -> Notes:
        """The notes of a cycle, in the order of time."""
        if (found := self.tried.get(cycle)) is not None:
            return found
        with self._lock:
            if (found := self._given.get(cycle)) is None:
                found = self._given[cycle] = self._asked(cycle)
                self._journal.append((cycle, found))
                self._values += value_count(found)
                while len(self._given) > 1 and (len(self._given) > KEPT or self._values > KEPT_VALUES):
                    self._values -= value_count(self._given.pop(next(iter(self._given))))
                    del self._journal[0]
                    self._dropped += 1
            return found

    def follow(self, version: PatternFunctionVersion) -> None:
        """Ask the function in another text of its file, in which it is the same."""
        with self._lock:
            self.version = version

    def given_since(self, known: int) -> tuple[list[tuple[int, Notes]], int]:
        """The cycles that were given after the first `known` ones, and how many there are now."""
        with self._lock:
            return self._journal[max(known - self._dropped, 0) :], self._dropped + len(self._journal)

    def _asked(self, cycle: int) -> Notes:
        if self._broken_at is None or cycle < self._broken_at:
            one = self.version
            try:
                (notes,), spent = self.process.notes(one.file, one.name, one.line, one.seed, (cycle,))
                self._spent = [*self._spent[1 - MEASURED :], spent]
                if len(self._spent) == MEASURED and (sentence := slowness(self._spent, MEASURED)):
                    raise PatternFault(one.file.problem(f"{one.name}({cycle}): {sentence}", one.line))
                return notes
            except PatternFault as fault:
                self._broken_at = cycle
                if fault.is_late:
                    self.former = None
                self._tell(
                    fault.problem,
                    f"the former '{one.name}' plays on" if self.former else "its last cycle plays again from here on",
                )
        if self.former:
            return self.former.cycle(cycle)
        return self._last_before(cycle)

    def _tell(self, problem: Problem, plays: str) -> None:
        told = Problem(f"{problem.sentence}; {plays}", problem.mark, source=problem.source)
        self.faults.append(told)

    def _last_before(self, cycle: int) -> Notes:
        """The last cycle that it gave itself before one."""
        end = cycle if self._broken_at is None else min(cycle, self._broken_at)
        last = max((one for one in (*self.tried, *self._given) if one < end), default=None)
        if last is None:
            return ()
        return self.tried[last] if last in self.tried else self._given[last]


class RecordedBook:
    """The notes of a function as a log has them; nothing is asked."""

    def __init__(self, key: str, tried: Mapping[int, Notes], given: Mapping[int, Notes]):
        self.key, self.tried, self.given = key, tried, given

    def cycle(self, cycle: int) -> Notes:
        """The notes of a cycle; none of one that was never asked for."""
        found = self.tried.get(cycle)
        return self.given.get(cycle, ()) if found is None else found
