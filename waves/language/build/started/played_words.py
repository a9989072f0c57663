"""Words of the notes of a pool: which stand where in the text, and when they sound. Nothing plays by this."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from waves.language.build.started.note_groups import held, placed
from waves.language.build.started.pool_notes import NotesOfPool
from waves.language.build.started.pool_pages import PoolPages
from waves.language.model.models import NodeModel, Texts
from waves.language.model.patterned.heard.played_notes import PlayedNote, WrittenWord
from waves.language.patterns.line import LineNote
from waves.language.patterns.together.combined import PITCH, STEPS
from waves.language.patterns.told.told_notes import ToldWord

KEPT = 2  # cycles


def texts_of(model: NodeModel) -> Texts:
    """The places of the texts of the patterns of a node."""
    return {key: at for made in model.patterns.values() for key, at in made.texts.items()}


def played_steps(made: NotesOfPool, steps: int, model: NodeModel) -> PlayedSteps | None:
    """The notes of a pool of a node, in so many steps; None where they are no pattern."""
    return PlayedSteps(made, steps, texts) if (texts := texts_of(model)) else None


class _Written:
    """Notes whose words stand in some texts."""

    def __init__(self, texts: Texts):
        self.texts = texts

    def words(self, note: PlayedNote) -> tuple[WrittenWord, ...]:
        """The words that a note was read from, where they are written."""
        return (*_words(note.of, self.texts),) if note.of else ()


class PlayedSteps(_Written):
    """The notes of a pool that come again after some steps. Any thread, one at a time."""

    def __init__(self, made: NotesOfPool, steps: int, texts: Texts):
        super().__init__(texts)
        self.made, self.steps = made, steps
        self._by_step: dict[int, list[PlayedNote]] | None = None

    def begun(self, step: int) -> list[PlayedNote]:
        """The notes that begin in a step, in the order of time."""
        if self._by_step is None:
            self._by_step = self._made()
        return self._by_step.get(step % self.steps, [])

    def _made(self) -> dict[int, list[PlayedNote]]:
        found: dict[int, list[PlayedNote]] = {}
        for note in (note for notes in self.made.started for note in notes):
            step, place = placed(note.onset)
            rows, steps = frozenset(self.made.rows.rows(note)), float(note.length) * self.made.legato
            length = held(steps, note.held, self.made.lengths)
            one = PlayedNote(place, *length, note.of, rows, note.chance, note.draw)
            found.setdefault(step % self.steps, []).append(one)
        return {step: sorted(notes, key=lambda note: note.place) for step, notes in found.items()}


class PlayedValues(_Written):
    """The values of a pattern. Any thread, one at a time."""

    def __init__(self, begun: Callable[[int], list[PlayedNote]], texts: Texts):
        """`begun` gives the values that begin in a step, in the order of time."""
        super().__init__(texts)
        self.begun = begun


class PlayedPages(_Written):
    """The notes of a pool that never come again, by cycle. Any thread, one at a time."""

    def __init__(self, pages: PoolPages, texts: Texts):
        super().__init__(texts)
        self.pages = pages
        self._made: dict[int, list[PlayedNote]] = {}

    def begun(self, step: int) -> list[PlayedNote]:
        """The notes that begin in a cycle, in the order of time. Raises PatternError."""
        if (found := self._made.get(step)) is None:
            begun = self.pages.begun(step)
            found = self._made[step] = [
                PlayedNote(place, length, seconds, word.of) for word, (place, length, *_, seconds) in begun
            ]
            if len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return found


def _words(note: LineNote, texts: Texts) -> Iterator[WrittenWord]:
    for lane, word in [*note.words.items(), *((PITCH, word) for word in note.chord)]:
        place = texts.get((lane, word.source))
        if place is None or isinstance(word, ToldWord):
            continue
        if lane == STEPS and word.text.isdecimal():  # the number of a sound, of an entry of a list
            yield WrittenWord(place.below(word.column), 0, "")
        else:
            yield WrittenWord(place, word.column, word.text)
