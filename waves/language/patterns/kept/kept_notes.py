"""Notes that are made for one question and kept by cycle, counted: neither time nor memory is without end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import ref

from waves.language.patterns.syntax import PatternError

MOST_MADE = 300_000
"""Notes that transforms and lanes may make for one question, on the way to those that play."""
MOST_NOTES_KEPT = 400_000
"""Notes of all lines and lanes of this process that are kept."""
TOO_MUCH = f"more than {MOST_MADE:,} notes are made on the way to those that play: fewer transforms, or smaller numbers"
Made = TypeVar("Made")


class Work(threading.local):
    """The notes that are made for one question of this thread: a pass, the first cycles of a pattern, a later one."""

    made = 0
    _inside = 0  # questions inside each other

    def __enter__(self) -> None:
        """Begin a question, or a part of the one that is open."""
        if not self._inside:
            self.made = 0
        self._inside += 1

    def __exit__(self, *_error: object) -> None:
        self._inside -= 1
        if not self._inside:
            KEPT_NOTES.trim()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A question of its own, also inside of another one."""
        before = self.made, self._inside
        self.made = self._inside = 0
        try:
            with self:
                yield
        finally:
            self.made, self._inside = before

    def count(self, notes: int) -> None:
        """Count notes; without a question they are one of their own. Raises PatternError for too many."""
        self.made = self.made * bool(self._inside) + notes
        if self.made > MOST_MADE:
            raise PatternError(TOO_MUCH, 0)


class ByCycle(dict[int, Made]):
    """Notes or events by cycle: of the last cycles, as many as are kept here, and as there is room for in all."""

    __slots__ = ("__weakref__", "most")

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def keep(self, cycle: int, made: Made, notes: int) -> None:
        """Keep what was made for a cycle, which has so many notes. Any thread."""
        self[cycle] = made
        if len(self) > self.most:
            for old in [*self][: -self.most]:
                self.pop(old, None)
        KEPT_NOTES.add(self, cycle, notes)


class KeptNotes:
    """The notes that are kept by cycle in this process. The oldest are forgotten between two questions. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[tuple[ref[ByCycle[Any]], int, int]] = deque()
        self.count = 0
        """Those that are kept, or more."""

    def add(self, kept: ByCycle[Any], cycle: int, notes: int) -> None:
        """Notes of a cycle are kept."""
        with self._lock:
            self._entries.append((ref(kept), cycle, notes + 1))
            self.count += notes + 1

    def trim(self) -> None:
        """Forget the older half, if there are too many."""
        if self.count <= MOST_NOTES_KEPT:
            return
        with self._lock:
            while self._entries and self.count > MOST_NOTES_KEPT // 2:
                kept, cycle, notes = self._entries.popleft()
                self.count -= notes
                if (one := kept()) is not None:
                    one.pop(cycle, None)


WORK, KEPT_NOTES = Work(), KeptNotes()
