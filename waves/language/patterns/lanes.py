"""Lanes of a pattern: the steps and values for them as patterns of their own, put together to notes with values.

One of them has the structure: its onsets are those of the notes. The others are read at each onset. What they make is
changed by the transforms of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Sequence_
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import lcm

from waves.language.patterns.calls.call_values import with_values
from waves.language.patterns.chains import Chain
from waves.language.patterns.drawn import decided, split, thinned
from waves.language.patterns.events import Draw, Event, draw_number
from waves.language.patterns.line import Line, LineNote, Surroundings, is_word, number_of
from waves.language.patterns.passes import (
    MOST_IN_PASS,
    VARIED,
    check_size,
    cycles_of,
    cycles_of_pass,
    events_of,
    has_chance,
    is_varied,
    notes_in_cycle,
)
from waves.language.patterns.syntax import MOST_NOTES, Call, Pattern, PatternError, Source, Stack, Word, words_of
from waves.language.patterns.transforms import applied, line_of

STEPS = "steps"
"""The lane of the sounds."""
RHYTHM = "rhythm"
"""The lane of onsets alone."""
PITCH = "freq"
"""The lane of pitches."""
Chord = tuple[Event, ...]
"""The events of a lane that are read as one: several are the notes of a chord."""
MOST_KEPT = 64
"""Patterns whose passes are kept."""

Spot = tuple[Source, int]
"""The text that a word stands in, and its column."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A pattern with transforms of its own."""

    pattern: Pattern
    chain: Chain = ()
    is_chords: bool = False
    """Whether notes that begin and end together are one chord."""

    @property
    def is_word(self) -> bool:
        """Whether it is one word without signs."""
        return is_word(self.pattern) and not self.chain


@dataclass(frozen=True, slots=True)
class Pass:
    """The notes of some cycles, in the order of time; after these cycles they come again."""

    cycles: int
    notes: tuple[LineNote, ...]
    structure: str
    """The lane that has the onsets."""
    unheard: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    """By lane the words that no onset reads."""


def structure_of(lanes: Mapping[str, Lane]) -> str:
    """The lane whose onsets are those of the notes: the rhythm; else `steps`, where it is more than one sound without
    signs; else the pitch; else the first lane with more than one event in a cycle.
    """
    if RHYTHM in lanes:
        return RHYTHM
    if not lanes[STEPS].is_word:
        return STEPS
    others = [name for name, lane in lanes.items() if name != STEPS and not moves(lane.pattern)]
    several = (
        name
        for name in others
        if notes_in_cycle(lanes[name].pattern) > 1 or cycles_of(lanes[name].pattern) > 1 or lanes[name].chain
    )
    return PITCH if PITCH in lanes and not lanes[PITCH].is_word else next(several, STEPS)


def moves(pattern: Pattern) -> bool:
    """Whether a pattern is one call for each cycle or more: it moves, and begins no notes."""
    return all(isinstance(word, Call) for word in words_of(pattern)) and notes_in_cycle(pattern) <= 1


def make_passes(lanes: Mapping[str, Lane], seed: int = 0, whole: int = 1, chain: Chain = ()) -> tuple[Pass, ...]:
    """The passes of some lanes, which play together: layers of the steps that come again after as many cycles have one.

    `"kick*4, <a b c>"` has a pass of one cycle and one of three. With pitches or transforms all layers have one. See
    `make_pass`; raises PatternError. The last ones are kept: most saves change another line.
    """
    return _passes(tuple(lanes.items()), seed, whole, chain)


@lru_cache(maxsize=MOST_KEPT)
def _passes(written: tuple[tuple[str, Lane], ...], seed: int, whole: int, chain: Chain) -> tuple[Pass, ...]:
    lanes = dict(written)
    steps = lanes[STEPS]
    is_whole = bool(chain or steps.chain) or structure_of(lanes) != STEPS
    if is_whole or PITCH in lanes or not isinstance(steps.pattern, Stack):  # an arpeggio counts the onsets of all
        return (make_pass(lanes, seed, whole, chain),)
    layers: dict[tuple[int, bool], list[Pattern]] = {}
    for layer in steps.pattern.layers:
        layers.setdefault((cycles_of(layer), is_varied(layer)), []).append(layer)
    stacks = [Stack(tuple(group), steps.pattern.number) for group in layers.values()]
    passes = tuple(make_pass({**lanes, STEPS: Lane(stack)}, seed, whole) for stack in stacks)
    mean = sum(len(made.notes) / made.cycles for made in passes)
    if mean > MOST_NOTES:
        raise PatternError(f"{int(mean):,} notes in a cycle: {MOST_NOTES:,} at most", 0)
    return passes


def unheard_in(passes: Sequence_[Pass]) -> dict[str, tuple[Word, ...]]:
    """By lane the words that no onset of any pass reads."""
    first, *others = (made.unheard for made in passes)
    found = {}
    for key, words in first.items():
        if left := tuple(word for word in words if all(word in other.get(key, ()) for other in others)):
            found[key] = left
    return found


def make_pass(
    lanes: Mapping[str, Lane], seed: int = 0, whole: int = 1, chain: Chain = (), is_decided: bool = False
) -> Pass:
    """The pass of some lanes, `steps` among them, after a chain of transforms.

    Its cycles are a multiple of `whole`. `is_decided`: its notes have no draws left. Raises PatternError.
    """
    varied = VARIED if chain or is_decided or any(lane.chain for lane in lanes.values()) else 1
    while True:
        try:
            return _Pass(lanes, Surroundings(seed, varied), whole, chain, is_decided).made()
        except PatternError:  # what is drawn needs too much room
            if varied == 1:
                raise
            varied //= 4 if varied > 4 else 2


class _Pass:
    """A pass while it is made."""

    def __init__(self, lanes: Mapping[str, Lane], around: Surroundings, whole: int, chain: Chain, is_decided: bool):
        self.lanes, self.around, self.whole = lanes, around, whole
        self.first, self.last = split(chain)
        self.is_decided = is_decided
        self.structure = structure_of(lanes)
        self.lines = {name: self.line(name, lane) for name, lane in lanes.items() if lane.chain}
        self.called = {name for name, lane in lanes.items() if any(isinstance(w, Call) for w in words_of(lane.pattern))}
        """The lanes with calls."""
        self.read: list[dict[str, Event]] = []
        """The events of these lanes that each note reads."""

    def line(self, name: str, lane: Lane) -> Line:
        """A lane with transforms of its own."""
        return line_of(name, lane.pattern, lane.chain, self.around)

    def made(self) -> Pass:
        """The pass."""
        lanes = self.lanes
        patterns = [lane.pattern for lane in lanes.values()]
        mean = max(map(notes_in_cycle, patterns))
        whole = 1 if self.first or self.last else self.whole
        cycles = lcm(whole, *(self.lines[name].cycles if name in self.lines else self.cycles(name) for name in lanes))
        check_size(mean, cycles)
        if (self.first or self.is_decided) and any(is_varied(one) or has_chance(one) for one in patterns):
            cycles = lcm(cycles, self.around.varied)
        elif any(is_varied(lane.pattern) or (lane.is_chords and has_chance(lane.pattern)) for lane in lanes.values()):
            cycles = cycles_of_pass(cycles, mean)
        events = {name: self.events(name, cycles) for name in lanes}
        readers = {name: Reading(found, cycles) for name, found in events.items() if name != self.structure}
        heard: dict[str, set[Spot]] = {name: set() for name in readers}
        found = list(self.combined(events[self.structure], readers, heard))
        if self.read:
            found = with_values(found, self.read, self.around.seed, cycles)
        if len(found) > MOST_NOTES * cycles:
            raise PatternError(f"{len(found) // cycles:,} notes in a cycle: {MOST_NOTES:,} at most", 0)
        if self.first or self.last or self.is_decided:
            line = Line.of(found, cycles)
            if self.first:
                line = applied(self.first, decided(line, self.around), self.around)
            line = thinned(self.last, line, self.around)
            line = decided(line, self.around) if self.is_decided else line
            cycles = lcm(self.whole, line.cycles)
            check_size(Fraction(0), cycles)
            found = []
            for cycle in range(cycles):
                found += line.cycle(cycle)
                self.check(len(found))
        notes = (note_of(note, self.around.seed) for note in found)
        return Pass(cycles, tuple(note for note in notes if note), self.structure, _unheard(events, heard))

    def cycles(self, name: str) -> int:
        """The cycles of a lane without transforms."""
        return cycles_of(self.lanes[name].pattern)

    @staticmethod
    def check(count: int) -> None:
        """Raise PatternError for too many notes."""
        if count > MOST_IN_PASS:
            raise PatternError(f"more than {MOST_IN_PASS:,} notes until this pattern comes again", 0)

    def events(self, name: str, cycles: int) -> list[Event]:
        """The events of a lane in so many cycles."""
        if line := self.lines.get(name):
            notes = (note for cycle in range(cycles) for note in line.cycle(cycle))
            found = [Event(note.begin, note.end, note.words[name], True, note.draws) for note in notes]
        else:
            found = events_of(self.lanes[name].pattern, cycles, self.around.seed)
        return list(_onsets(found)) if name == RHYTHM else found

    def combined(
        self, structure: list[Event], readers: Mapping[str, Reading], heard: Mapping[str, set[Spot]]
    ) -> Iterator[LineNote]:
        """The notes of the lanes, before any transform; `heard` takes the places of the words that are read."""
        count = 0
        turns: dict[Chord, int] = {}
        for event, *above in self.chords(self.structure, structure):
            sounding: list[list[tuple[str, Chord]]] = []
            for name, reader in readers.items():
                found = reader.at(event.begin)
                heard[name] |= {_spot(one.word) for one in found if one.word}
                sounding.append([(name, chord) for chord in self.chords(name, found, at_once=True)])
            for others in product(*sounding):
                words = {name: one.word for name, (one, *_) in [(self.structure, (event,)), *others] if one.word}
                draws = (*event.draws, *(draw for _, (one, *_) in others for draw in one.draws))
                turn, further = 0, tuple(above)
                if pitch := next((chord for name, chord in others if name == PITCH), None):
                    turn = turns[pitch] = turns.get(pitch, -1) + 1
                    further = pitch[1:]
                if self.called:
                    read = [(self.structure, event), *((name, one) for name, (one, *_) in others)]
                    self.read.append({name: one for name, one in read if name in self.called})
                chord = tuple(one.word for one in further if one.word)
                yield LineNote(event.begin, event.end, words, draws, turn=turn, chord=chord)
                self.check(count := count + 1)

    def chords(self, name: str, events: list[Event], at_once: bool = False) -> Iterator[Chord]:
        """The events of a lane, those that are one chord together; what is drawn in chords is drawn here.

        `at_once`: all sound at one moment.
        """
        if not self.lanes[name].is_chords:
            yield from ((event,) for event in events)
            return
        found: dict[object, list[Event]] = {}
        for event in events:
            if all(draw_number(self.around.seed, draw.number) < draw.probability * 2.0**32 for draw in event.draws):
                key = None if at_once else (event.begin, event.end)
                found.setdefault(key, []).append(event._replace(draws=()))
        yield from map(tuple, found.values())


def note_of(note: LineNote, seed: int) -> LineNote | None:
    """A note of a pass; of several draws all but the last are made here, once for the pass."""
    *once, last = note.draws or (Draw(1.0, 0),)
    if any(draw_number(seed, draw.number) >= draw.probability * 2.0**32 for draw in once):
        return None
    return note._replace(draws=(last,))


def _onsets(events: list[Event]) -> Iterator[Event]:
    """The events of a rhythm that are on; a number between 0 and 1 is a probability."""
    for event in events:
        probability = float(number_of(event.word.text)) if event.word else 0.0
        if 0.0 < probability < 1.0:
            event = event._replace(draws=(*event.draws, Draw(probability, draw_number(RHYTHM, event.begin))))
        if probability > 0.0:
            yield event


def _unheard(events: Mapping[str, list[Event]], heard: Mapping[str, set[Spot]]) -> dict[str, tuple[Word, ...]]:
    found = {}
    for name, spots in heard.items():
        words = {_spot(event.word): event.word for event in events[name] if event.word}
        if left := tuple(words[spot] for spot in sorted(words, key=_order) if spot not in spots):
            found[name] = left
    return found


def _spot(word: Word) -> Spot:
    return word.source, word.column


def _order(spot: Spot) -> tuple[str, int]:
    return str(spot[0]), spot[1]


class Reading:
    """Reads the events of a lane at moments that grow, in a pass that goes round."""

    def __init__(self, events: list[Event], cycles: int):
        around = [one._replace(begin=one.begin - cycles, end=one.end - cycles) for one in events if one.end > cycles]
        self.ahead = sorted([*around, *events], key=lambda event: event.begin)[::-1]
        self.sounding: list[Event] = []

    def at(self, moment: Fraction) -> list[Event]:
        """The events that sound at a moment."""
        while self.ahead and self.ahead[-1].begin <= moment:
            self.sounding.append(self.ahead.pop())
        self.sounding = [event for event in self.sounding if event.end > moment]
        return self.sounding
