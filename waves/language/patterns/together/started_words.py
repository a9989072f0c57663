"""Sounds that the notes of a pattern start, and pages of them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import islice
from typing import NamedTuple, Protocol

from waves.language.patterns.line import LineNote
from waves.language.patterns.syntax import ALWAYS, PatternError, When

MOST_STARTED = 100_000
"""Sounds that the notes of a pattern start until they come again, or in the first cycles."""


class StartedWord(NamedTuple):
    """A note of a pattern: the number of its sound, its place and length in cycles, its values and its chance."""

    sound: int
    onset: Fraction
    length: Fraction
    values: dict[str, float]
    chance: float
    draw: int
    semitones: float = 0.0
    """Semitones by which it is above its pitch."""
    seconds: float = 0.0
    """Seconds by which it is late."""
    cycles: int = 1
    """After so many it comes again."""
    when: When = ALWAYS
    """The alternatives in which it plays."""
    held: float | str | None = None
    """Seconds until its gate falls, or a length of the tempo as it is written; None: its length."""
    of: LineNote | None = None
    """The note that it is one sound of, with the words that this was read from."""


class NotePages(Protocol):
    """The sounds of a pattern that never comes again, by cycle; see `pattern_pages.PatternPages`."""

    sampled: list[StartedWord]
    """Those of the first cycles."""

    @property
    def key(self) -> tuple[object, ...]:
        """All that they depend on."""

    @property
    def sounds(self) -> frozenset[int]:
        """The numbers of the sounds that are started so."""

    @property
    def longest(self) -> int:
        """No sound begins so many cycles after its note."""

    def cycle(self, cycle: int) -> list[StartedWord]:
        """The sounds whose notes begin in a cycle. Any thread."""

    def in_passes(self) -> tuple[int, tuple[StartedWord, ...]]:
        """The whole pattern as passes that come again: the cycles of the first, and the sounds. Raises PatternError."""


def started(words: Iterable[StartedWord]) -> list[StartedWord]:
    """All sounds of a pattern. Raises PatternError for too many."""
    found = list(islice(words, MOST_STARTED + 1))
    if len(found) > MOST_STARTED:
        raise PatternError(f"the notes of this pattern start more than {MOST_STARTED:,} sounds", 0)
    return found
