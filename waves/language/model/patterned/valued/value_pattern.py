"""Steps of an automation that are written as a pattern: a text and its transforms in, a pass or pages of values out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from waves.language.expression.builtin_names import semitones
from waves.language.model.models import Note, Number, PatternPass, Place, Use, WrittenParameter
from waves.language.model.patterned.chain_reader import is_transform
from waves.language.model.patterned.heard.chance_loop import CHANCE_LOOP, SEED, looped
from waves.language.model.patterned.heard.heard_notes import HeardNotes
from waves.language.model.patterned.heard.pattern_pages import PatternPages
from waves.language.model.patterned.pattern_names import PICK, report_pattern
from waves.language.model.patterned.pattern_steps import PatternReader
from waves.language.model.pitched.pitches import OCTAVE, SCALE
from waves.language.model.pitched.pitches import VALUES as ANY_VALUE
from waves.language.model.step_notation import NodeReader
from waves.language.model.vocabulary import OF_STRUDEL, TRANSFORMS
from waves.language.patterns.chains import Chain, has_transform
from waves.language.patterns.lanes import passes_of, width_of
from waves.language.patterns.passes import has_alternatives
from waves.language.patterns.syntax import PatternError, Sequence, Word, said_in
from waves.language.patterns.together.combined import PITCH, STEPS, Lane
from waves.language.patterns.together.pages import comes_again
from waves.language.patterns.together.started_words import started
from waves.problem import did_you_mean

BESIDE = ("rhythm", "struct", SCALE, OCTAVE, "tuning", CHANCE_LOOP, SEED)
"""Lanes that a pattern of values may have."""
OF_NOTES = {
    "echo": "'also: {1/8: rev}'",
    "stut": "'also: {1/8: rev}'",
    "nudge": "'shift: 1/64'",
    **dict.fromkeys(("jux", "humanise", "invert", "striate", "fit"), ""),
}
"""Transforms that change what only a note has, each with what may be meant."""
FILLS = re.compile(r"%!?(?:fill|first)\b")
NO_SECTIONS = "a pattern of values follows no sections"
NO_FILLS = "is for notes: values know no fills"
VALUE = "value"
"""The one sound that stands for all values while they are read as notes."""


def may_stand_beside_values(name: str) -> bool:
    """Whether a key may stand beside a pattern of values."""
    return name in BESIDE or (is_transform(name) and name not in OF_NOTES)


def read_value_pattern(
    reader: NodeReader, called: str, data: Any, place: Place, beside: Mapping[str, WrittenParameter]
) -> PatternPass | None:
    """The values of a pattern as notes with a pitch that is any number; None after a report that leaves none.

    `called`: the node as it is written. `beside`: what stands beside the text, in its order.
    """
    return ValueReader(reader, called, place).values_of(data, beside)


class ValueReader(PatternReader):
    """Reads the pattern of one automation: the lane of its values has the structure, or a rhythm."""

    def __init__(self, reader: NodeReader, called: str, place: Place):
        super().__init__(reader, called, place, in_one=True, decided=False)
        self.lanes[STEPS] = Lane(Sequence(((Fraction(1), Word(VALUE, 0)),)))
        self.sounds = [Note(VALUE, Use(VALUE, place), place)]
        self.started = {VALUE: [(0, self.sounds[0])]}

    def key_of(self, name: str) -> str:
        """The value that a lane gives."""
        return PITCH if name == ANY_VALUE else super().key_of(name)

    def values_of(self, data: Any, beside: Mapping[str, WrittenParameter]) -> PatternPass | None:
        """The pass of the values, or their pages."""
        told = len(self.reader.findings)
        for name, one in beside.items():
            if name not in BESIDE and not is_transform(name):
                known = [*BESIDE, *sorted(TRANSFORMS - OF_NOTES.keys()), "interval", "cycle", "mode"]
                meant = OF_STRUDEL.get(name) or did_you_mean(name, known)
                self.reader.problem(one.place.at_key(), f"'{name}' is nothing that a pattern of values has", meant)
        self.take_seed(beside.get(SEED))
        if tuning := beside.get("tuning"):
            self.pitches.read_tuning(*tuning)
        for name in ("rhythm", "struct", OCTAVE):
            if name in beside:
                self.lane(name, *beside[name])
        if SCALE in beside:
            self.lane(SCALE, *beside[SCALE])
        if isinstance(data, list):
            data = ["~" if one is None else one for one in data]
        if isinstance(data, dict) and data.get(PICK) in ("section", "$section"):
            self.reader.problem(self.place.below(PICK), NO_SECTIONS, "'select: {test: section == 2}'")
        elif isinstance(data, str) and (match := FILLS.search(data)):
            meant = f"'{FILLS.sub('%4:4', data)}'"
            self.reader.problem(self.place, f"'{match[0]}' {NO_FILLS}", meant, column=match.start())
        else:
            self.lane("note" if SCALE in beside else ANY_VALUE, data, self.place)
        chain = self.chains.chain({name: one for name, one in beside.items() if is_transform(name)})
        for name in sorted(OF_NOTES):
            if has_transform(chain, name):
                key = name if name in beside else next(key for key in beside if is_transform(key))
                sentence = f"'{name}' changes what only notes have, and these are values"
                self.reader.problem(beside[key].place.at_key(), sentence, OF_NOTES[name])
        if PITCH not in self.lanes or self.reader.failed(told):
            return None
        try:
            made = self.made(chain, beside.get(CHANCE_LOOP))
        except PatternError as error:
            report_pattern(self.reader, error, self.place)
            return None
        return made and replace(made, values=tuple(self.numbers(made, chain)))

    def numbers(self, made: PatternPass, chain: Chain) -> Iterator[Number]:
        """The numbers that the parameter is given, each at its word: as they are written, or what is made of them."""
        lane, at = self.lanes[PITCH], self.texts[PITCH]
        found: dict[tuple[Word, float], None] = {}
        if self.pitches.has_scale or any(has_transform(one, "transpose") for one in (chain, lane.chain)):
            for note in made.pages.sampled if made.pages else made.notes:
                if note.of:
                    value = note.values[PITCH] * semitones(note.semitones)
                    found[note.of.words[PITCH], value] = None
        else:
            for word in said_in(lane.pattern):
                if isinstance(number := self.pitches.read.get(word.text), float):
                    found[word, number] = None
        for word, value in found:
            yield Number(value, self.reader.place_of_word(word, at), word.column)

    def made(self, chain: Chain, loop: WrittenParameter | None) -> PatternPass | None:
        """The pass of what comes again, pages of what never does. Raises PatternError."""
        if any(has_alternatives(lane.pattern) for lane in self.lanes.values()):
            self.reader.problem(self.place, f"'%fill' {NO_FILLS}")
            return None
        heard = HeardNotes(self.lanes, self.values, self.started, self.pitches, self.arpeggio, False)
        width = width_of(self.lanes[heard.structure].pattern)
        texts = self.all_texts()
        if loop or comes_again(self.lanes, chain):
            whole = width.denominator
            (found,) = (
                looped(self.reader, loop, self.lanes, self.seed, whole, chain)
                if loop
                else passes_of([self.lanes], self.seed, whole, chain)
            )
            if all(note.draw.probability >= 1.0 for note in found.notes):
                notes = tuple(started(one for note in found.notes for one in heard.of(note, found.cycles)))
                self.reader.vocabulary.count_notes(len(notes))
                return PatternPass(found.cycles, width, notes, texts=texts)
        layers = [self.lanes]
        pages = PatternPages(heard, layers, layers, frozenset((0,)), self.seed, chain, width, is_decided=True)
        self.reader.vocabulary.count_notes(len(pages.sampled))
        return PatternPass(1, width, (), pages=pages, texts=texts)
