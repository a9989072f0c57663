"""Pages of a pattern that never comes again: the sounds that begin in each cycle, made when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from math import ceil
from threading import Lock

from waves.language.model.models import Note
from waves.language.model.patterned.heard.heard_notes import HeardNotes
from waves.language.patterns.chains import Chain
from waves.language.patterns.kept.kept_notes import WORK, ByCycle
from waves.language.patterns.lanes import passes_of
from waves.language.patterns.passes import has_alternatives
from waves.language.patterns.syntax import Word, words_of
from waves.language.patterns.together.combined import STEPS, Lane, spot_of
from waves.language.patterns.together.pages import Pages, comes_again
from waves.language.patterns.together.started_words import StartedWord, started

SAMPLED = 16
"""Cycles that are looked at when a pattern is read."""
KEPT = 16  # cycles

Layer = Mapping[str, Lane]
"""The lanes of some layers of the steps."""


def pages_of(
    heard: HeardNotes, sounds: Sequence[Note], layers: Sequence[Layer], seed: int, chain: Chain, width: Fraction
) -> PatternPages | None:
    """The pages of a pattern; None if all of it comes again, or some of it has alternatives. Raises PatternError.

    `sounds`: those that its words start, by number. `width`: the steps of the top level of a cycle.
    """
    if any(has_alternatives(lane.pattern) for layer in layers for lane in layer.values()):
        return None
    is_random = heard.arpeggio.is_random
    never = [layer for layer in layers if is_random or not comes_again(layer, chain)]
    if not never:
        return None
    names = {sounds[number].name for layer in never for number in _sounds_in(heard, layer)}
    numbers = frozenset(number for number, sound in enumerate(sounds) if sound.name in names)
    paged = [layer for layer in layers if layer in never or numbers & _sounds_in(heard, layer)]
    return PatternPages(heard, layers, paged, numbers, seed, chain, width)


def _sounds_in(heard: HeardNotes, layer: Layer) -> set[int]:
    words = {word.text for word in words_of(layer[STEPS].pattern)}
    return {number for word in words for number, *_ in heard.started.get(word, ())}


class PatternPages:
    """The sounds of a pattern by cycle: those in layers that never come again, also where other layers have them too.

    Any thread.
    """

    def __init__(
        self,
        heard: HeardNotes,
        layers: Sequence[Layer],
        paged: Sequence[Layer],
        sounds: frozenset[int],
        seed: int,
        chain: Chain,
        width: Fraction,
        is_decided: bool = False,
    ):
        """`paged`: those of `layers` that have any of `sounds`. `is_decided`: as passes their notes have no draws left.

        See `pages_of`.
        """
        self.heard, self.layers, self.paged, self.sounds = heard, layers, paged, sounds
        self.seed, self.chain, self.width, self.is_decided = seed, chain, width, is_decided
        self._lock = Lock()
        self._made = ByCycle[list[StartedWord]](KEPT)
        turns = heard.arpeggio.is_given
        self._pages = [Pages(layer, seed, chain, turns) for layer in paged]
        with WORK.apart():
            self.sampled = started(word for cycle in range(SAMPLED) for word in self.cycle(cycle))
        """The sounds of the first cycles."""

    @property
    def key(self) -> tuple[object, ...]:
        """All that the pages depend on."""
        return self.paged, self.sounds, self.seed, self.chain, self.width, self.heard.key

    def cycle(self, cycle: int) -> list[StartedWord]:
        """The sounds whose notes begin in a cycle, those of an arpeggio also in later ones. Raises PatternError."""
        with self._lock:
            if (found := self._made.get(cycle)) is None:
                with WORK:
                    notes = [note for pages in self._pages for note in pages.cycle(cycle)]
                    words = (word for note in notes for word in self.heard.of(note) if word.sound in self.sounds)
                    found = started(words)
                    self._made.keep(cycle, found, len(found))
            return found

    @cached_property
    def longest(self) -> int:
        """No sound begins so many cycles after its note."""
        return max(ceil(pages.line.longest) for pages in self._pages) if self.heard.arpeggio.is_given else 0

    @property
    def unheard(self) -> dict[str, tuple[Word, ...]]:
        """By lane the words that no note of the first cycles reads."""
        found: dict[str, tuple[Word, ...]] = {}
        for name in self._pages[0].heard:
            events = [event for pages in self._pages for k in range(SAMPLED) for event in pages.by_lane[name].begun(k)]
            words = {spot_of(event.word): event.word for event in events if event.word}
            heard = {spot for pages in self._pages for spot in pages.heard[name]}
            if left := [word for spot, word in words.items() if spot not in heard]:
                found[name] = tuple(sorted(left, key=lambda word: (str(word.source), word.column)))
        return found

    @cached_property
    def _passes(self) -> tuple[int, tuple[StartedWord, ...]]:
        whole = self.width.denominator
        passes = passes_of(self.layers, self.seed, whole, self.chain, self.is_decided)
        notes = started(word for one in passes for note in one.notes for word in self.heard.of(note, one.cycles))
        return passes[0].cycles, tuple(notes)

    def in_passes(self) -> tuple[int, tuple[StartedWord, ...]]:
        """The pattern as passes that come again: the cycles of the first, and the sounds. Raises PatternError."""
        return self._passes
