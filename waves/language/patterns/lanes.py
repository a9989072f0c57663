"""Lanes of a pattern: the steps and values for them as patterns of their own, put together to notes with values.

One of them has the structure: its onsets are those of the notes. The others are read at each onset. What they make is
changed by the transforms of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Sequence_
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Protocol

from waves.language.patterns.calls.call_values import with_values
from waves.language.patterns.chains import Chain
from waves.language.patterns.drawn import decided, is_drawn, split, thinned
from waves.language.patterns.events import Draw, Event, draw_number
from waves.language.patterns.kept.kept_notes import WORK
from waves.language.patterns.line import Line, LineNote, Surroundings
from waves.language.patterns.passes import (
    MOST_IN_PASS,
    check_size,
    cycles_of,
    cycles_of_pass,
    events_of,
    has_chance,
    is_varied,
    notes_in_cycle,
)
from waves.language.patterns.syntax import (
    MOST_NOTES,
    VARIED,
    Choice,
    Pattern,
    PatternError,
    Sequence,
    Stack,
    Word,
)
from waves.language.patterns.together.combined import (
    PITCH,
    RHYTHM,
    STEPS,
    Combined,
    Lane,
    Read,
    Reading,
    Spot,
    onsets,
    spot_of,
    structure_of,
)
from waves.language.patterns.transforms import applied, line_of

MOST_KEPT = 64
"""Patterns whose passes are kept."""
MOST_IN_LAYERS = 100_000
"""Notes of the passes of all layers."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The notes of some cycles, in the order of time; after these cycles they come again."""

    cycles: int
    notes: tuple[LineNote, ...]
    structure: str
    """The lane that has the onsets."""
    unheard: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    """By lane the words that no onset reads."""


def make_passes(lanes: Mapping[str, Lane], seed: int = 0, whole: int = 1, chain: Chain = ()) -> tuple[Pass, ...]:
    """The passes of some lanes, which play together, one for each of `layers_of`. Raises PatternError."""
    return passes_of(layers_of(lanes, chain), seed, whole, chain)


def passes_of(
    layers: Iterable[Mapping[str, Lane]],
    seed: int,
    whole: int,
    chain: Chain,
    is_decided: bool = False,
    varied: int = 0,
) -> tuple[Pass, ...]:
    """The pass of each layer, see `make_pass`. Raises PatternError, also for too many notes in all of them."""
    passes: list[Pass] = []
    notes, mean = 0, 0.0
    for layer in layers:
        made = make_pass(layer, seed, whole, chain, is_decided, varied)
        notes, mean = notes + len(made.notes), mean + len(made.notes) / made.cycles
        if mean > MOST_NOTES:
            raise PatternError(f"{int(mean):,} notes in a cycle: {MOST_NOTES:,} at most", 0)
        if notes > MOST_IN_LAYERS:
            sentence = f"more than {MOST_IN_LAYERS:,} notes until all that is parted by commas comes again"
            raise PatternError(sentence, 0)
        passes.append(made)
    return tuple(passes)


def layers_of(lanes: Mapping[str, Lane], chain: Chain = ()) -> list[Mapping[str, Lane]]:
    """The lanes for each layer of the steps: layers that come again after as many cycles are one.

    `"kick*4, <a b c>"` has a layer with a pass of one cycle and one of three. With pitches or transforms all are one.
    """
    steps = lanes[STEPS]
    is_whole = bool(chain or steps.chain) or structure_of(lanes) != STEPS
    if is_whole or PITCH in lanes or not isinstance(steps.pattern, Stack):  # an arpeggio counts the onsets of all
        return [lanes]
    layers: dict[tuple[int, bool], list[Pattern]] = {}
    for layer in steps.pattern.layers:
        layers.setdefault((cycles_of(layer), is_varied(layer)), []).append(layer)
    return [{**lanes, STEPS: Lane(Stack(tuple(group), steps.pattern.number))} for group in layers.values()]


def width_of(pattern: Pattern) -> Fraction:
    """The steps of the top level of a pattern, with their weights."""
    match pattern:
        case Stack():
            return width_of(pattern.layers[0])
        case Choice():
            return width_of(pattern.alternatives[0])
        case Sequence():
            return pattern.weight
    return Fraction(1)


class Heard(Protocol):
    """The words of lanes that nothing reads."""

    @property
    def unheard(self) -> Mapping[str, tuple[Word, ...]]:
        """By lane those words."""


def unheard_in(passes: Sequence_[Heard]) -> dict[str, tuple[Word, ...]]:
    """By lane the words that no onset of any pass reads."""
    first, *others = (made.unheard for made in passes)
    found = {}
    for key, words in first.items():
        if left := tuple(word for word in words if all(word in other.get(key, ()) for other in others)):
            found[key] = left
    return found


def make_pass(
    lanes: Mapping[str, Lane],
    seed: int = 0,
    whole: int = 1,
    chain: Chain = (),
    is_decided: bool = False,
    varied: int = 0,
) -> Pass:
    """The pass of some lanes, `steps` among them, after a chain of transforms.

    Its cycles are a multiple of `whole`. `is_decided`: its notes have no draws left. `varied`: the cycles for which
    what chance decides is drawn, 0: as many as there is room for, at most 64. Raises PatternError. The last ones
    are kept: most saves change another line.
    """
    return _pass(tuple(lanes.items()), seed, whole, chain, is_decided, varied)


@lru_cache(maxsize=MOST_KEPT)
def _pass(
    written: tuple[tuple[str, Lane], ...], seed: int, whole: int, chain: Chain, is_decided: bool, exact: int
) -> Pass:
    lanes = dict(written)
    patterns = [lane.pattern for lane in lanes.values()]
    drawn = any(is_drawn(one) for one in (chain, *(lane.chain for lane in lanes.values())))
    drawn |= bool(chain or is_decided) and any(is_varied(one) or has_chance(one) for one in patterns)
    drawn |= any(lane.chain and (is_varied(lane.pattern) or has_chance(lane.pattern)) for lane in lanes.values())
    varied = exact or (VARIED if drawn else 1)
    while True:
        try:
            with WORK.apart():
                return _Pass(lanes, Surroundings(seed, varied), whole, chain, is_decided).made()
        except PatternError:  # what is drawn needs too much room
            if varied == 1 or exact:
                raise
            varied //= 4 if varied > 4 else 2


class _Pass:
    """A pass while it is made."""

    def __init__(self, lanes: Mapping[str, Lane], around: Surroundings, whole: int, chain: Chain, is_decided: bool):
        self.lanes, self.around, self.whole = lanes, around, whole
        self.first, self.last = split(chain)
        self.is_decided = is_decided
        self.combined = Combined(lanes, around.seed)
        self.structure = self.combined.structure
        self.lines = {name: self.line(name, lane) for name, lane in lanes.items() if lane.chain}

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
        found, read = self.notes(events[self.structure], readers, heard)
        if self.combined.called:
            found = with_values(found, read, self.around.seed, cycles)
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
            found = [Event(note.begin, note.end, note.words[name], True, note.draws, (), note.when) for note in notes]
        else:
            found = events_of(self.lanes[name].pattern, cycles, self.around.seed)
        return list(onsets(found)) if name == RHYTHM else found

    def notes(
        self, structure: list[Event], readers: Mapping[str, Reading], heard: Mapping[str, set[Spot]]
    ) -> tuple[list[LineNote], list[Read]]:
        """The notes of the lanes, before any transform, and what they read of lanes with calls."""
        found: list[LineNote] = []
        read: list[Read] = []
        for note, one in self.combined.notes(structure, readers, heard, {}):
            found.append(note)
            read.append(one)
            self.check(len(found))
        return found, read


def note_of(note: LineNote, seed: int) -> LineNote | None:
    """A note of a pass; of several draws all but the last are made here, once for the pass."""
    *once, last = note.draws or (Draw(1.0, 0),)
    if any(draw_number(seed, draw.number) >= draw.probability * 2.0**32 for draw in once):
        return None
    return note._replace(draws=(last,))


def _unheard(events: Mapping[str, list[Event]], heard: Mapping[str, set[Spot]]) -> dict[str, tuple[Word, ...]]:
    found = {}
    for name, spots in heard.items():
        words = {spot_of(event.word): event.word for event in events[name] if event.word}
        if left := tuple(words[spot] for spot in sorted(words, key=_order) if spot not in spots):
            found[name] = left
    return found


def _order(spot: Spot) -> tuple[str, int]:
    return str(spot[0]), spot[1]
