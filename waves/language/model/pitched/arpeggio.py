"""Notes of a chord in time: one after another as an arpeggio, or strummed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from fractions import Fraction
from typing import Any, NamedTuple

from waves.language.model.models import Place
from waves.language.model.parameter_notation import read_number
from waves.language.model.pitched.pitches import MEANT_BY, VOICING, Pitches
from waves.language.model.step_notation import NodeReader
from waves.language.patterns.events import draw_number
from waves.language.patterns.line import LineNote
from waves.language.patterns.syntax import Pattern, words_of
from waves.problem import did_you_mean

KEYS = ("arp", "strum", "octaves")
"""The keys beside a pattern that say how its chords are played."""
WAYS = ("up", "down", "updown", "downup", "random")
NUMBER = re.compile(r"-?\d{1,3}")
MOST_OCTAVES = 8
LONGEST_STRUM = 1.0  # s between two notes
MILLISECONDS, WITH_UNIT = re.compile(r"ms\((-?[\d.]+)\)"), re.compile(r"(\d+(?:\.\d+)?) *ms")


def has_ways(data: Any) -> bool:
    """Whether `arp` is a pattern of ways: a text with signs, or of several words that are not all numbers."""
    if not isinstance(data, str):
        return isinstance(data, list | dict)
    words = data.split()
    return bool(re.search(r"[<>\[\]{}*/|!@%?,(]", data)) or (len(words) > 1 and not all(map(NUMBER.fullmatch, words)))


class ChordTime(NamedTuple):
    """A note of a chord: its frequency, its onset and length in cycles, and the seconds by which it is late."""

    frequency: float
    onset: Fraction
    length: Fraction
    seconds: float = 0.0


class Arpeggio:
    """The way in which the notes of the chords of one pattern follow each other."""

    def __init__(self, reader: NodeReader, seed: int):
        self.reader, self.seed = reader, seed
        self.places: dict[str, Place] = {}
        """Of its keys that are given, by name."""
        self.order: tuple[int, ...] = ()
        """The notes as numbers, instead of a way."""
        self.is_given = False
        self.way = "up"
        self.is_patterned = False
        """Whether each note has a way of its own, the word of a lane `arp`."""
        self.octaves = 1
        self.strum = 0.0

    @property
    def key(self) -> tuple[object, ...]:
        """All that the times depend on."""
        return self.seed, self.order, self.is_given, self.way, self.is_patterned, self.octaves, self.strum

    @property
    def is_random(self) -> bool:
        """Whether chance decides which note is next."""
        return self.is_given and self.way == "random" and not self.order

    def read(self, name: str, data: Any, at: Place) -> None:
        """Read one of its three keys; mistakes are reported."""
        text = str(data).strip()
        self.places[name] = at
        if name == "arp":
            self.is_given = True
            words = text.split()
            if words and all(map(NUMBER.fullmatch, words)):
                self.order = tuple(map(int, words))
            elif text in WAYS:
                self.way = text
            else:
                sentence = f"'arp' is {', '.join(WAYS[:-1])} or random, or numbers of notes"
                self.reader.problem(at, sentence, did_you_mean(text, WAYS) or "'up'")
        elif name == "octaves":
            number = read_number(text)
            if number is None or number != int(number) or not 1 <= number <= MOST_OCTAVES:
                self.reader.problem(at, f"'octaves' is a whole number from 1 to {MOST_OCTAVES}", "'2'")
            else:
                self.octaves = int(number)
        else:
            match = MILLISECONDS.fullmatch(text)
            number = read_number(match[1] if match else text)
            if number is None:
                written = WITH_UNIT.fullmatch(text)
                meant = f"'ms({written[1]})'" if written else "'ms(20)'"
                self.reader.problem(at, f"'strum' is a number of seconds, not '{text}'", meant)
            elif abs(seconds := number / 1000 if match else number) > LONGEST_STRUM:
                self.reader.problem(at, f"'strum' is at most {LONGEST_STRUM:g} s", f"'ms({text})'" if not match else "")
            else:
                self.strum = seconds

    def read_ways(self, pattern: Pattern, at: Place) -> None:
        """Read the words of a lane `arp`, a way or the number of a note for each; mistakes are reported."""
        self.is_given, self.is_patterned, self.places["arp"] = True, True, at
        for word in words_of(pattern):
            if word.text == "random":
                self.way = word.text  # so that it is known as one of chance
            elif word.text not in WAYS and not NUMBER.fullmatch(word.text):
                sentence = f"'{word.text}' is no way of 'arp': {', '.join(WAYS[:-1])}, random, or the number of a note"
                meant = did_you_mean(word.text, WAYS)
                self.reader.problem(self.reader.place_of_word(word, at), sentence, meant, column=word.column)

    def warn(self, pitches: Pitches, lanes: Mapping[str, Place], longest: int) -> None:
        """Warn of a way to play chords, and of a meaning of pitches, where there are none.

        `lanes`: their places by name. `longest`: the most notes of a chord; 0 where no note has a pitch of a lane.
        """
        stacked = "'note: \"[0,2,4]\"'" if pitches.has_scale else "'note: \"[c4,e4,g4]\"'"
        for name, place in {**self.places, **lanes}.items():
            meant = stacked
            if name not in (*KEYS, *MEANT_BY):
                continue
            if not longest:
                sentence = "no note of a lane 'note' or 'chord' is played"
            elif name == "octaves" and not self.is_given:
                sentence, meant = "it is for 'arp'", "'arp: up'"
            elif (name == VOICING and not pitches.has_chords) or (
                name in ("arp", "strum") and longest * self.octaves == 1
            ):
                sentence = "no notes begin and end together as a chord"
            else:
                continue
            self.reader.problem(place.at_key(), f"'{name}' changes nothing: {sentence}", meant, "warning")

    def times(self, frequencies: Sequence[float], note: LineNote, is_own: bool) -> Iterator[ChordTime]:
        """The notes of a chord. `is_own`: whether the chord has its onset by itself, and not from a rhythm."""
        if self.is_patterned and "arp" in note.words:
            yield from self._by_word(note.words["arp"].text).times(frequencies, note, is_own)
            return
        found = sorted(frequencies)
        found = [one * 2.0**octave for octave in range(self.octaves) for one in found] if self.is_given else found
        if not self.is_given or not found:
            for k, one in enumerate(found if self.strum >= 0 else found[::-1]):
                yield ChordTime(one, note.begin, note.length, k * abs(self.strum))
            return
        count = len(found)
        order = self._order(count)
        if is_own:
            part = note.length / len(order)
            for k, number in enumerate(order):
                chosen = self._chosen(number, count, note.begin + k * part)
                yield ChordTime(found[chosen], note.begin + k * part, part)
        else:
            chosen = self._chosen(order[note.turn % len(order)], count, note.begin)
            yield ChordTime(found[chosen], note.begin, note.length)

    def _by_word(self, word: str) -> Arpeggio:
        """The arpeggio in the way that a word says."""
        one = copy(self)
        one.is_patterned = False
        one.order, one.way = ((int(word),), "up") if NUMBER.fullmatch(word) else ((), word)
        return one

    def _chosen(self, number: int, count: int, onset: Fraction) -> int:
        return draw_number(self.seed, "arp", onset) % count if self.is_random else number % count

    def _order(self, count: int) -> tuple[int, ...]:
        """The numbers of the notes, one after another, of a chord of so many."""
        if self.order:
            return self.order
        up = tuple(range(count))
        match self.way:
            case "down":
                return up[::-1]
            case "updown":
                return up + up[-2:0:-1]
            case "downup":
                return up[::-1] + up[1:-1]
        return up
