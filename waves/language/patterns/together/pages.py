"""Pages of a pattern: the notes of each cycle, made when they are asked for, of a pattern that never comes again.

A page follows from the lanes, the seed and the number of the cycle alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor

from waves.language.patterns.calls.call_values import Walks, draws_of_walks, readings_of, walked, with_values
from waves.language.patterns.chains import Chain
from waves.language.patterns.drawn import decided, is_drawn, split
from waves.language.patterns.events import Event, draw_number
from waves.language.patterns.kept.kept_notes import WORK, ByCycle
from waves.language.patterns.line import Line, LineNote, Sounding, Surroundings, sounding
from waves.language.patterns.passes import has_chance, is_varied
from waves.language.patterns.syntax import MOST_NOTES, Call, PatternError, words_of
from waves.language.patterns.together.combined import PITCH, RHYTHM, Chord, Combined, Lane, Read, Reading, Spot, onsets
from waves.language.patterns.transforms import applied, line_of

BLOCK = 16
"""Cycles after which a walk is where a draw has it."""
KEPT = 128  # cycles with their counts of pitches
BLOCKS_KEPT = 4  # of walks


def comes_again(lanes: Mapping[str, Lane], chain: Chain) -> bool:
    """Whether the notes come again after some cycles: nothing is drawn but what leaves out notes of a pass."""
    first, last = split(chain)
    if is_drawn(first) or any(is_varied(one.number) or has_chance(one.number) for one in last):
        return False
    for lane in lanes.values():
        if is_varied(lane.pattern) or is_drawn(lane.chain):
            return False
        if has_chance(lane.pattern) and (first or lane.is_chords or lane.chain):
            return False
    return True


class Pages:
    """The notes of some lanes by cycle, after a chain of transforms. All that chance decides is decided."""

    def __init__(self, lanes: Mapping[str, Lane], seed: int = 0, chain: Chain = (), counts_turns: bool = False):
        """`counts_turns`: whether it matters how many notes have read a pitch before. Raises PatternError."""
        around = Surroundings(seed, 0)
        self.seed, self.combined, self.counts_turns = seed, Combined(lanes, seed), counts_turns
        self.structure = self.combined.structure
        self.by_lane = {name: _of_lane(name, lane, around) for name, lane in lanes.items()}
        self.heard: dict[str, set[Spot]] = {name: set() for name in lanes if name != self.structure}
        """By lane the places of the words that any note has read so far."""
        self.turns = ByCycle[dict[Chord, int]](KEPT)
        """By cycle the counts of the pitches that sound at its end."""
        self.walks = {one for lane in lanes.values() for one in words_of(lane.pattern) if _is_walk(one)}
        self.walked = ByCycle[dict[int, Walks]](BLOCKS_KEPT)
        first, last = split(chain)
        longest = Fraction(self.by_lane[self.structure].longest)
        line = decided(Line(0, longest, self._made, in_order=True, is_work=False), around)
        self.line = decided(applied(first + last, line, around), around) if chain else line

    def cycle(self, cycle: int) -> tuple[LineNote, ...]:
        """The notes that begin in a cycle, in the order of time. Raises PatternError."""
        return self.line.cycle(cycle)

    def _made(self, cycle: int) -> Iterator[LineNote]:
        """The notes of a cycle, before any transform."""
        notes, read = self._notes(cycle)
        if self.combined.called:
            walks = self._walks(cycle) if self.walks else {}
            notes = with_values(notes, read, self.seed, 0, walks)
        yield from notes

    def _notes(self, cycle: int, before: dict[Chord, int] | None = None) -> tuple[list[LineNote], list[Read]]:
        """The notes of a cycle, and what they read.

        `before`: the counts of pitches as it begins, as far as they matter; they become those at its end.
        """
        readers = {name: Reading(one.at(cycle), 0) for name, one in self.by_lane.items() if name != self.structure}
        turns = before if before is not None else self._turns(cycle) if PITCH in readers else {}
        found: list[LineNote] = []
        read: list[Read] = []
        structure = self.by_lane[self.structure].begun(cycle)
        if self.structure == RHYTHM:
            structure = list(onsets(structure))
        for note, one in self.combined.notes(structure, readers, self.heard, turns):
            found.append(note)
            read.append(one)
            if len(found) > MOST_NOTES:
                raise PatternError(f"more than {MOST_NOTES:,} notes in a cycle", 0)
        if self.counts_turns and before is None:
            sounding = {pitch: count for pitch, count in turns.items() if pitch[0].end > cycle + 1}
            self.turns.keep(cycle, sounding, len(sounding))
        return found, read

    def _turns(self, cycle: int) -> dict[Chord, int]:
        """The counts of the pitches that sound as a cycle begins: those since each of them began."""
        if not self.counts_turns:
            return {}
        if (known := self.turns.get(cycle - 1)) is not None:
            return dict(known)
        begun = (floor(event.begin) for event in self.by_lane[PITCH].at(cycle) if event.begin < cycle)
        turns: dict[Chord, int] = {}
        for one in range(min(begun, default=cycle), cycle):  # what began before has ended
            WORK.count(len(self._notes(one, turns)[0]))
        return {pitch: count for pitch, count in turns.items() if pitch[0].end > cycle}

    def _walks(self, cycle: int) -> Walks:
        """The values of the walks in a cycle, which go on through the cycles of a block."""
        block = cycle // BLOCK
        if (known := self.walked.get(block)) is None:  # which may be forgotten at any time
            cycles = range(block * BLOCK, (block + 1) * BLOCK)
            drawn = {one: draws_of_walks(readings_of(*self._notes(one), self.seed)) for one in cycles}
            found: dict[int, dict[tuple[str, Call], list[str]]] = {one: {} for one in cycles}
            for of in {of: None for one in drawn.values() for of in one}:
                lane, call = of
                first, last = (draw_number(self.seed, lane, call.key, "walk", block + k) for k in range(2))
                values = iter(walked(call, [draw for one in drawn.values() for draw in one.get(of, ())], (first, last)))
                for one in cycles:
                    found[one][of] = [next(values) for _ in drawn[one].get(of, ())]
            known = dict(found)
            count = sum(len(values) for one in found.values() for values in one.values())
            self.walked.keep(block, known, count)
        return known[cycle]


def _is_walk(word: object) -> bool:
    return isinstance(word, Call) and word.name == "walk"


def _of_lane(name: str, lane: Lane, around: Surroundings) -> Sounding:
    """The events of a lane. Raises PatternError."""
    if not lane.chain:
        return sounding(lane.pattern, around.seed)
    line = line_of(name, lane.pattern, lane.chain, around)

    def make(cycle: int) -> list[Event]:
        notes = line.cycle(cycle)
        return [Event(note.begin, note.end, note.words[name], True, note.draws, (), note.when) for note in notes]

    return Sounding(make, ceil(line.longest))
