"""Lanes read at the onsets of one of them: the notes that they make together, before any transform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from waves.language.patterns.chains import Chain
from waves.language.patterns.events import Draw, Event, draw_number
from waves.language.patterns.line import LineNote, is_word, number_of
from waves.language.patterns.passes import cycles_of, notes_in_cycle
from waves.language.patterns.syntax import Call, Pattern, Source, Word, words_of

STEPS = "steps"
"""The lane of the sounds."""
RHYTHM = "rhythm"
"""The lane of onsets alone."""
PITCH = "freq"
"""The lane of pitches."""
Chord = tuple[Event, ...]
"""The events of a lane that are read as one: several are the notes of a chord."""
Spot = tuple[Source, int]
"""The text that a word stands in, and its column."""
Read = dict[str, Event]
"""By lane the event that a note reads, of the lanes with calls."""


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


class Combined:
    """Some lanes that play together; one of them has the structure, the others are read at its onsets."""

    def __init__(self, lanes: Mapping[str, Lane], seed: int):
        self.lanes, self.seed = lanes, seed
        self.structure = structure_of(lanes)
        self.called = {name for name, lane in lanes.items() if any(isinstance(w, Call) for w in words_of(lane.pattern))}
        """The lanes with calls."""

    def notes(
        self,
        structure: list[Event],
        readers: Mapping[str, Reading],
        heard: Mapping[str, set[Spot]],
        turns: dict[Chord, int],
    ) -> Iterator[tuple[LineNote, Read]]:
        """The notes, each with what it reads of lanes with calls.

        `heard` takes the places of the words that are read, `turns` the count of each pitch.
        """
        last: dict[str, list[Event]] = {}
        read_now: dict[str, list[tuple[str, Chord]]] = {}
        for event, *above in self.chords(self.structure, structure):
            for name, reader in readers.items():
                found = reader.at(event.begin)
                if last.get(name) is not found:  # else it is what the note before has read
                    last[name] = found
                    heard[name] |= {spot_of(one.word) for one in found if one.word}
                    read_now[name] = [(name, chord) for chord in self.chords(name, found, at_once=True)]
            for others in product(*read_now.values()):
                words = {self.structure: event.word} if event.word else {}
                draws, when, turn, further = event.draws, event.when, 0, tuple(above)
                read: Read = {self.structure: event} if self.structure in self.called else {}
                for name, chord in others:
                    one = chord[0]
                    if one.word:
                        words[name] = one.word
                    if name in self.called:
                        read[name] = one
                    draws += one.draws
                    if one.when is not when:
                        when = when.both(one.when)
                    if name == PITCH:
                        turn = turns[chord] = turns.get(chord, -1) + 1
                        further = chord[1:]
                inside = tuple(one.word for one in further if one.word) if further else ()
                yield LineNote(event.begin, event.end, words, draws, turn=turn, chord=inside, when=when), read

    def chords(self, name: str, events: list[Event], at_once: bool = False) -> Iterator[Chord]:
        """The events of a lane, those that are one chord together; what is drawn in chords is drawn here.

        `at_once`: all sound at one moment.
        """
        if not self.lanes[name].is_chords:
            yield from ((event,) for event in events)
            return
        found: dict[object, list[Event]] = {}
        for event in events:
            if all(draw_number(self.seed, draw.number) < draw.probability * 2.0**32 for draw in event.draws):
                key = (event.when,) if at_once else (event.begin, event.end, event.when)
                found.setdefault(key, []).append(event._replace(draws=()))
        yield from map(tuple, found.values())


class Reading:
    """Reads the events of a lane at moments that grow; in a pass of so many cycles it goes round."""

    def __init__(self, events: list[Event], cycles: int):
        around = [one._replace(begin=one.begin - cycles, end=one.end - cycles) for one in events if one.end > cycles]
        found = sorted([*around, *events], key=lambda event: event.begin) if cycles else events
        self.ahead = found[::-1]
        self.sounding: list[Event] = []
        self.first_end: tuple[int, int] | None = None
        """Numerator and denominator of the end of what ends first of what sounds."""

    def at(self, moment: Fraction) -> list[Event]:
        """The events that sound at a moment."""
        is_new = False
        while self.ahead and self.ahead[-1].begin <= moment:
            self.sounding.append(self.ahead.pop())
            is_new = True
        if is_new or self._ended(moment):  # else the very list of before
            self.sounding = [event for event in self.sounding if event.end > moment]
            end = min((event.end for event in self.sounding), default=None)
            self.first_end = None if end is None else end.as_integer_ratio()
        return self.sounding

    def _ended(self, moment: Fraction) -> bool:
        """Whether something of what sounds has ended at a moment: in whole numbers, which is quick."""
        if not self.first_end:
            return False
        above, below = self.first_end
        return above * moment.denominator <= moment.numerator * below


def onsets(events: list[Event]) -> Iterator[Event]:
    """The events of a rhythm that are on; a number between 0 and 1 is a probability."""
    for event in events:
        probability = float(number_of(event.word.text)) if event.word else 0.0
        if 0.0 < probability < 1.0:
            event = event._replace(draws=(*event.draws, Draw(probability, draw_number(RHYTHM, event.begin))))
        if probability > 0.0:
            yield event


def spot_of(word: Word) -> Spot:
    """The place of a word in the texts."""
    return word.source, word.column
