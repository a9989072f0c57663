"""Steps that are written as a pattern, with their lanes and transforms: texts in, sounds and a pass of notes out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction
from functools import partial
from typing import Any

from waves.language.model.harmony.scales import scale_beside
from waves.language.model.models import Groove, Note, PatternPass, Place, Texts, WrittenParameter
from waves.language.model.patterned.chain_reader import ChainReader, is_transform
from waves.language.model.patterned.heard.chance_loop import CHANCE_LOOP, SEED, looped, seed_at, seed_of
from waves.language.model.patterned.heard.heard_notes import GIVEN_BY, HeardNotes
from waves.language.model.patterned.heard.pattern_pages import pages_of
from waves.language.model.patterned.lane_values import (
    LANE_MEANINGS,
    LANES,
    NO_PARAMETERS,
    has_own_meaning,
    read_lane,
    read_text,
    read_values,
)
from waves.language.model.patterned.pattern_names import PICK, PatternNames, is_number, report_pattern, told_of_names
from waves.language.model.patterned.pattern_sounds import Started, names_in_steps, sounds_of_list, sounds_of_text
from waves.language.model.pitched.arpeggio import KEYS, WAYS, Arpeggio, has_ways
from waves.language.model.pitched.pitches import MEANT_BY, VOICING, Pitches
from waves.language.model.pitched.slides import slid
from waves.language.model.pitched.small_calls import warn_of_small_calls
from waves.language.model.step_notation import NodeReader, Steps
from waves.language.model.vocabulary import (
    LENGTH,
    OF_STRUDEL,
    SLIDE,
    SLIDES,
    TRANSFORMS,
    canonical_name,
)
from waves.language.patterns.chains import has_transform
from waves.language.patterns.lanes import layers_of, passes_of, unheard_in, width_of
from waves.language.patterns.syntax import Call, PatternError, Word, words_of
from waves.language.patterns.together.combined import PITCH, STEPS, Lane
from waves.language.patterns.together.started_words import started
from waves.node_types.library.parameters import accepted
from waves.problem import did_you_mean

ALIKE = 0.8  # of two names, from which on one is a misspelling of the other
CHORD_WAYS = frozenset((VOICING, "arp", "strum"))
"""Names beside a pattern for which notes that begin together are a chord."""
BOUND = frozenset(("with", "sound", "groove", "grid", "tuning", CHANCE_LOOP, *KEYS))
"""Names beside a pattern that are neither a transform nor the name of a value."""


def is_lane(name: str) -> bool:
    """Whether a key beside a list makes it a pattern: a lane with a meaning of its own, or a transform."""
    return name in LANES or name in BOUND or name == "pan" or is_transform(name)


def read_pattern(
    reader: NodeReader,
    called: str,
    data: Any,
    place: Place,
    beside: Mapping[str, WrittenParameter],
    in_one: bool,
    decided: bool,
    groove: Groove | None = None,
) -> tuple[Steps, PatternPass | None]:
    """The sounds of a pattern, and its notes; mistakes are reported to the reader.

    `called`: the node as it is written. `beside`: its lanes and transforms, in their order. `in_one`: whether all
    layers have one pass, since a trigger starts one onset after another. `decided`: whether all that chance decides is
    decided for the pass, since each note ends those before it. `groove`: that of the pattern.
    """
    pattern = PatternReader(reader, called, place, in_one, decided)
    pattern.has_strengths = groove is not None and bool(groove.strengths)
    return pattern.read(data, beside)


class PatternReader:
    """Reads the pattern of one node."""

    def __init__(self, reader: NodeReader, called: str, place: Place, in_one: bool, decided: bool):
        self.reader, self.called, self.place = reader, called, place
        self.in_one, self.decided = in_one, decided
        self.chains = ChainReader(reader, PatternNames(reader, is_number, use="number"))
        self.lanes: dict[str, Lane] = {}
        self.places: dict[str, Place] = {}
        self.texts: dict[str, Place] = {}
        """By lane the place of its text."""
        self.pitches = Pitches(reader)
        self.seed = seed_at(reader.vocabulary.seed, place)
        self.arpeggio = Arpeggio(reader, self.seed)
        self.has_files = False
        """Whether a lane gives the files of folders."""
        self.has_strengths = False
        """Whether a groove changes the strength, so that each note says its own."""
        self.values: dict[str, dict[str, float]] = {}
        """By lane the number that each word is."""
        self.sounds: list[Note] = []
        self.started: Started = {}

    def take_seed(self, number: WrittenParameter | None) -> None:
        """Let a seed that is written beside the pattern decide what chance draws in it, in place of where it stands."""
        if number and (seed := seed_of(self.reader, number)) is not None:
            self.seed = seed
            self.arpeggio = Arpeggio(self.reader, seed)

    def read(self, data: Any, beside: Mapping[str, WrittenParameter]) -> tuple[Steps, PatternPass | None]:
        """The sounds and the pass; no pass after a report that leaves none."""
        steps_place, told = self.place, len(self.reader.findings)
        lanes = {name: one for name, one in beside.items() if not is_transform(name)}
        if sound := lanes.pop("sound", None):  # turned round: the steps are the notes
            lanes = {"note": WrittenParameter(data, self.place), **lanes}
            data, steps_place = sound
        self.take_seed(lanes.pop(SEED, None))
        if bound := lanes.pop("with", None):
            lanes |= self.bound(*bound)
        loop = lanes.pop(CHANCE_LOOP, None)
        self.has_files = "n" in lanes
        if not self.steps(data, steps_place):
            return (), None
        if tuning := lanes.pop("tuning", None):
            self.pitches.read_tuning(*tuning)
        for name in KEYS:
            if one := lanes.pop(name, None):
                if name == "arp" and has_ways(one.data):
                    self.ways(one.data, one.place)
                else:
                    self.arpeggio.read(name, one.data, one.place)
        self.pitches.has_scale = any(scale_beside(name, one.data) for name, one in lanes.items())
        for name in sorted(lanes, key=lambda name: name not in MEANT_BY):  # these say how the others are meant
            self.lane(name, *lanes[name])
        chain = self.chains.chain({name: one for name, one in beside.items() if is_transform(name)})
        seed = self.seed
        given = {*self.lanes, *self.arpeggio.places}
        if PITCH in self.lanes and (given & CHORD_WAYS or has_transform(chain, "invert")):
            is_called = any(isinstance(word, Call) for word in words_of(self.lanes[PITCH].pattern))
            self.lanes[PITCH] = replace(self.lanes[PITCH], is_chords=not is_called)
        if slides := SLIDE in self.lanes:
            self.decided = True  # what is drawn has a note before it, too
        in_one = self.in_one or self.decided or loop is not None
        heard = HeardNotes(self.lanes, self.values, self.started, self.pitches, self.arpeggio, self.has_strengths)
        try:
            width = width_of(self.lanes[heard.structure].pattern)
            layers = [self.lanes] if in_one else layers_of(self.lanes, chain)
            pages = None if in_one else pages_of(heard, self.sounds, layers, seed, chain, width)
            again = [layer for layer in layers if not (pages and layer in pages.paged)]
            whole = width.denominator
            passes = passes_of(again, seed, whole, chain, self.decided)
            if loop:
                passes = looped(self.reader, loop, self.lanes, seed, whole, chain, heard.arpeggio.is_random)
            notes = tuple(started(one for made in passes for note in made.notes for one in heard.of(note, made.cycles)))
            self.reader.vocabulary.count_notes(len(notes) + (len(pages.sampled) if pages else 0))
        except PatternError as error:
            report_pattern(self.reader, error, self.place)
            return (), None
        onsets = [note.begin for made in passes for note in made.notes]
        onsets += [one.onset for one in pages.sampled] if pages else []
        is_known = bool(onsets)  # nothing is, where a mask is closed for longer than was looked
        for key, words in unheard_in([*passes, *([pages] if pages else [])]).items():
            if is_known and key in self.values and key not in NO_PARAMETERS:
                self.warn_of_unheard(words, self.places[key], onsets)
        notes = tuple(slid(notes, self.sounds)) if slides else notes
        if (
            slides
            and is_known
            and not any(SLIDE in note.values for note in notes)
            and len(self.reader.findings) == told
        ):
            at = self.places[SLIDE].at_key()
            self.reader.problem(at, "'slide' changes nothing: no note has a pitch", "'note: \"c2 c3\"'", "warning")
        if is_known and len(self.reader.findings) == told:
            self.arpeggio.warn(heard.pitches, self.places, heard.longest_chord)
        lanes_given = {key: at for key, at in self.places.items() if key not in NO_PARAMETERS}
        given = {key for note in notes for key in note.values} | (heard.given(chain) if pages else set())
        for key in given - lanes_given.keys() - set(SLIDES):
            given_by = next((name for name, keys in GIVEN_BY.items() if key in keys and name in beside), "")
            lanes_given[key] = beside[given_by].place if given_by else self.places.get("accent", self.place)
        cycles = passes[0].cycles if passes else 1
        length, lengths = self.places.get(LENGTH), frozenset(heard.lengths)
        made = PatternPass(cycles, width, notes, lanes_given, None, pages, length, lengths, self.all_texts())
        return (tuple(self.sounds),), made

    def all_texts(self) -> Texts:
        """The places of all texts, also of those that names stand for."""
        return {
            (lane, word.source): self.reader.place_of(word.source, place)
            for lane, place in self.texts.items()
            for word in words_of(self.lanes[lane].pattern)
        }

    def bound(self, data: Any, place: Place) -> dict[str, WrittenParameter]:
        """The lanes under `with`."""
        if not isinstance(data, dict):
            self.reader.problem(place, "'with' is a mapping of lanes", "'{swing: \"0 1\"}'")
            return {}
        return {str(name): WrittenParameter(value, place.below(name)) for name, value in data.items()}

    def steps(self, data: Any, place: Place) -> bool:
        """Read the sounds; whether there are any."""
        chain: tuple[Any, ...] = ()
        if isinstance(data, dict) and PICK in data:
            if (found := names_in_steps(self.reader).whole_of(data, place)) is None:
                return False
            pattern, chain = found
            self.lanes[STEPS], self.texts[STEPS] = Lane(pattern, chain), place
            self.sounds, self.started = sounds_of_text(self.reader, pattern, place)
            return True
        if isinstance(data, dict):
            data, place, chain = self.inner(data, place)
        self.texts[STEPS] = place
        if isinstance(data, list):
            pattern, self.sounds, self.started = sounds_of_list(self.reader, data, place, self.has_files)
            self.lanes[STEPS] = Lane(pattern, chain)
            return True
        names = names_in_steps(self.reader)
        pattern_or_none = read_text(self.reader, str(data), place, False, names) if data is not None else None
        if pattern_or_none is None:
            return False
        self.lanes[STEPS] = Lane(pattern_or_none, chain)
        self.sounds, self.started = sounds_of_text(self.reader, pattern_or_none, place, self.has_files)
        return True

    def inner(self, data: dict[str, Any], place: Place) -> tuple[Any, Place, tuple[Any, ...]]:
        """The value under `steps` in a mapping, its place, and the transforms beside it."""
        if STEPS not in data:
            self.reader.problem(place, "a mapping that is a pattern has 'steps'")
            return None, place, ()
        given: dict[str, WrittenParameter] = {}
        for name, value in data.items():
            at = place.below(name)
            if is_transform(str(name)):
                given[str(name)] = WrittenParameter(value, at)
            elif name != STEPS:
                self.chains.unknown(str(name), at.at_key())
        return data[STEPS], place.below(STEPS), self.chains.chain(given)

    def lane(self, name: str, data: Any, at: Place) -> None:
        """Read one lane."""
        if name == "s" and isinstance(data, str) and re.search(r"[a-z]{2}", data):
            self.reader.problem(
                at.at_key(), "'s' is 'play' here: the sounds are the pattern itself", f"'play: \"{data}\"'"
            )
            return
        if name == "chop":
            self.reader.problem(
                at.at_key(), "'chop' is no transform here: 'slice' says which part plays", OF_STRUDEL[name]
            )
            return
        chain: tuple[Any, ...] = ()
        key_place, told = at, len(self.reader.findings)
        if isinstance(data, dict) and (STEPS in data or name in LANES) and PICK not in data:
            data, at, chain = self.inner(data, at)
            if data is None:
                return
        elif isinstance(data, dict | None) and not (data and PICK in data):
            self.unknown(name, at)
            return
        key = self.key_of(name)
        if key in self.lanes:
            other = self.places[key].path[-1]
            self.reader.problem(key_place.at_key(), f"'{other}' and '{name}' both give '{key}': write one of them")
            return
        own = self.pitches.has_own_meaning if key == PITCH or name in MEANT_BY else has_own_meaning
        pattern = read_lane(self.reader, name, data, at, partial(own, name))
        values: dict[str, float] = {}
        if pattern is None:
            pass
        elif name in MEANT_BY:
            self.pitches.read_meaning(name, pattern, at)
        elif key == PITCH:
            self.pitches.read_lane(name, pattern, at)
        else:
            values = read_values(self.reader, name, pattern, at)
        if pattern:
            told_of_names(self.reader, told, pattern, name, at)
        if pattern and not self.reader.failed(told):
            self.lanes[key], self.places[key], self.values[key] = Lane(pattern, chain), key_place, values
            self.texts[key] = at
            warn_of_small_calls(self.reader, name, pattern, at)
        elif name not in LANES and (meant := scale_beside(name, data) or self.meant(name)):
            del self.reader.findings[told:]  # the name is the mistake, and not its value
            self.reader.problem(key_place.at_key(), f"'{name}' is no setting of '{self.called}'", meant)

    def key_of(self, name: str) -> str:
        """The value that a lane gives."""
        return LANES.get(name, canonical_name(name))

    def ways(self, data: Any, at: Place) -> None:
        """Read the lane `arp`, a way for each note."""
        if pattern := read_lane(self.reader, "arp", data, at, lambda word: word in WAYS):
            self.arpeggio.read_ways(pattern, at)
            self.lanes["arp"], self.places["arp"] = Lane(pattern), at

    def meant(self, name: str) -> str:
        """The setting that a key is a misspelling of, in quotes; empty for a parameter of any node, and any other."""
        if any(name in accepted(kind) for kind in self.reader.vocabulary.types.values()):
            return ""
        if name in OF_STRUDEL:
            return OF_STRUDEL[name]
        near = get_close_matches(name, [*settings_beside(), *LANE_MEANINGS, "swing", "fill"], 1, ALIKE)
        return f"'{near[0]}'" if near else ""

    def unknown(self, name: str, at: Place) -> None:
        """Report a key that is nothing beside a pattern."""
        sound = self.sounds[0].name if self.sounds else "the sound"
        sentence = f"'{name}' is no setting of '{self.called}', and '{sound}' has no parameter of that name"
        self.reader.problem(at.at_key(), sentence, OF_STRUDEL.get(name) or did_you_mean(name, settings_beside()))

    def warn_of_unheard(self, words: Sequence[Word], at: Place, onsets: Sequence[Fraction]) -> None:
        """Warn of values of a lane that no onset reads."""
        listed = " and ".join(f"'{word.text}'" for word in words[:4])
        places = sorted({onset % 1 for onset in onsets})
        shown = " and ".join(map(str, places[:4])) + (" …" if len(places) > 4 else "")
        are = "is" if len(words) == 1 else "are"
        sentence = f"{listed} {are} never heard: the steps have onsets at {shown}"
        sound = self.sounds[0].name if self.sounds else ""
        place = self.reader.place_of_word(words[0], at)
        self.reader.problem(place, sentence, f"'play: {sound}'", "warning", words[0].column)


def settings_beside() -> list[str]:
    """The names that have a meaning beside `play`."""
    own = ("interval", "cycle", "repeat", "voices", "choke", CHANCE_LOOP, SEED)
    return [*own, *(name for name in LANES if name != "vel"), *TRANSFORMS]
