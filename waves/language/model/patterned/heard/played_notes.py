"""Notes of a pool for who shows them: their times in steps, and the words in the text that they were read from."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from waves.dsp.clock import TOLERANCE
from waves.dsp.maths import scrambled, uniform
from waves.language.model.models import Place
from waves.language.patterns.line import LineNote

ROUNDING = TOLERANCE  # steps, of a clock


class WrittenWord(NamedTuple):
    """A word in a text: the place of the text, the column in it from 0, and the word."""

    place: Place
    column: int
    text: str
    """Empty: the whole value."""


EVERY_ROW = frozenset((0,))


class PlayedNote(NamedTuple):
    """A note that begins in a step: the part of the step that has passed, and its length in steps."""

    place: float
    length: float
    seconds: float
    """Seconds that it lasts instead; below 0 none."""
    of: LineNote | None
    """The note of the pattern that it is one sound of."""
    rows: frozenset[int] = EVERY_ROW
    """The rows of alternatives in which it plays; see `StepClock`."""
    chance: float = 1.0
    """The probability with which it plays in a pass."""
    draw: int = 0
    """The number of its draw."""


class PlayedNotes(Protocol):
    """The notes of a pool by the step in which they begin."""

    def begun(self, step: int) -> list[PlayedNote]:
        """The notes that begin in a step, in the order of time; a step is counted over all passes."""

    def words(self, note: PlayedNote) -> tuple[WrittenWord, ...]:
        """The words that a note was read from."""


def seed_of_draws(seed: int) -> int:
    """The seed that a pool draws by, from that of its row."""
    return scrambled(seed)


def is_drawn(note: PlayedNote, seed: int, turn: int) -> bool:
    """Whether a note plays in a pass, as the kernel decides it; `seed` as `seed_of_draws` gives it."""
    return note.chance >= 1.0 or uniform(seed + note.draw, turn) < note.chance
