"""Names with a meaning of their own: those of nodes where a node may stand, and those of a note's values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import WrittenParameter
from waves.language.model.parameter_notation import plain_number
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import PatternError, Stack, said_in
from waves.node import Node
from waves.node_types.contract.aliases import node_called
from waves.node_types.library.parameters import accepted, free_names
from waves.problem import Problem, did_you_mean
from waves.version import SOUND

GRAMMAR_TYPES = frozenset(
    (
        *("osc", "sample", "buffer", "input", "midi_in", "midi_cc", "midi_out"),
        *("filter", "envelope", "delay", "retrigger", "smooth", "glide", "shuffle", "track", "follow"),
        *("pitch", "invert", "automation", "sequencer", "spawn", "hold", "select", "snap", "map", "interval"),
        *("mix", "context", "expression", "multiply", "reference", "tempo"),
    )
)
"""Types that win over a sound of the same name; over every other type, the sound wins."""

MIDI_TYPES = frozenset(("midi_in", "midi_cc", "midi_out"))

RESERVED = ("vars", "settings", "templates", "patterns")
"""Names of entries that are no sounds."""

ELSEWHERE = frozenset(("euclid", "stretch", "arpeggio", "arp", "chord", "scale", "piano"))
"""Names of nodes in other programs that have no like here: no name of another node is proposed for them."""

TRANSFORMS = frozenset(
    (
        *("fast", "slow", "rev", "palindrome", "iter", "shift", "ply", "ratchet", "also", "off", "echo", "stut"),
        *("every", "chunk", "inside", "sometimes", "some_cycles", "degrade", "chance", "mask", "transpose", "do"),
        *("shift_scale", "invert", "nudge", "jux", "humanise", "restart", "shuffle", "scramble", "striate", "fit"),
    )
)
"""Names of the transforms of a pattern, which are no nodes beside `play`."""

OF_STRUDEL = {
    "lastOf": "'every: {4: rev}'",
    "last_of": "'every: {4: rev}'",
    "firstOf": "'every: {1:4: rev}'",
    "rootNotes": "'voicing: root, octave: 2'",
    "segment": "'rhythm: \"x*8\"'",
    "lpf": "'filter: {cutoff: 800}' in the sound",
    "room": "'reverb' in the sound",
    "add": "'transpose: 7'",
    "euclid": "'rhythm: \"x(3,8)\"'",
    "degradeBy": "'degrade: 0.3'",
    "sometimesBy": "'sometimes: {0.3: rev}'",
    "someCyclesBy": "'some_cycles: {0.3: rev}'",
    "setcps": "'tempo'",
    "loopAt": "'fit: 2'",
    "chop": "'slices: 8, slice: \"0 .. 7\"'",
    "when": "'hat%1:4' in the text",
    "hurry": "'fast: 2, speed: 2'",
    "reverse": "'rev'",
    "often": "'sometimes: {0.75: rev}'",
    "rarely": "'sometimes: {0.25: rev}'",
    "range": "'sine(0,1)'",
    "clip": "'legato: 0.5'",
}
"""Words of Strudel and TidalCycles beside a pattern, each with what is meant here."""

PLAY, VALUES = "play", "values"
SHORT = {PLAY: "sequencer", VALUES: "automation"}
"""Nodes with their steps behind them: `play: X` is short for `sequencer: {steps: X}`."""

ALIKE = 0.8  # of 1, as far as a word must be like an alias; many are short

MOST_NOTES = 300_000
"""Sounds that all patterns of a piece start, each until it comes again or in its first cycles."""

REST = "~"
"""A step in which no sound begins."""

NOTE_VALUES = {"freq": ("freq", "f", "note"), "amp": ("amp", "a"), "velocity": ("velocity", "vel", "v")}
"""The values of a note, each with all its names; the first is the canonical one."""

CANONICAL_NAMES = {name: names[0] for names in NOTE_VALUES.values() for name in names}

STRENGTHS = dict(zip("ppp pp p mp mf f ff fff".split(), (0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0), strict=True))
"""Words for the strength of a note."""

MOST_STRENGTH = 2.0
"""The highest strength of a note without a warning: an accent may be a little above 1."""

LENGTH = "length"
"""The lane that says how long notes are, and the parameter of a sound that is given the same."""

SLIDE = "_slide"
"""The value of a note: seconds in which its pitch comes from that of the note before."""
SLID_FROM = "_from"
"""The value of a note: the frequency from which it comes."""
SLIDES = (SLIDE, SLID_FROM)
FITTED = "_fitted"
"""The value of a note: the cycles that its sound file takes."""
OF_FITTED = "length"
"""The parameter that it sets, in seconds."""

NOTE_NAMES = (*CANONICAL_NAMES, "gate")
"""Names that are known inside a note; there they hide ids."""


class PitchSettings(NamedTuple):
    """The settings of the pitches of patterns: the Hz of a4, the tuning as it is written, the Scala files by name."""

    a4: float = 440.0
    tuning: str = ""
    files: tuple[tuple[str, str], ...] = ()


EQUAL = PitchSettings()


def order_of(data: Mapping[str, Any]) -> str:
    """The transforms among some keys, in their order, if that says something: `rev fast`."""
    names = [str(key) for key in data if str(key) in TRANSFORMS]
    return " ".join(names) if len(names) > 1 else ""


def canonical_name(name: str) -> str:
    """The first of the names that share one value of a note; any other name is its own."""
    return CANONICAL_NAMES.get(name, name)


def names_of_value(name: str) -> tuple[str, ...]:
    """All names of the value of a note that has this name; none for any other name."""
    return NOTE_VALUES.get(canonical_name(name), ())


def _takes(kind: object, name: str) -> bool:
    """Whether what a name means is a node type with a parameter of another name."""
    return isinstance(kind, type) and name in accepted(kind)


def _takes_any(kind: type[Node], name: str) -> bool:
    """Whether a node type has a parameter of a name, or takes any name."""
    return name in accepted(kind) or bool(free_names(kind))


def is_too_many(notes: int) -> bool:
    """Whether a piece has no room for so many notes of patterns."""
    return notes > MOST_NOTES


SIGN = re.compile(r"[<>\[\]{}*?!~]")
"""A sign of a pattern."""


class Vocabulary:
    """The names that may stand where a node is written, and the numbers of the piece that its reading needs."""

    def __init__(
        self,
        types: Mapping[str, type[Node]],
        sounds: frozenset[str],
        number: int = SOUND,
        seed: int = 0,
        patterns: Mapping[str, WrittenParameter] = MappingProxyType({}),
        lost_patterns: Mapping[str, Sequence[Problem]] = MappingProxyType({}),
        pitch: PitchSettings = EQUAL,
        samples: frozenset[str] = frozenset(),
        values: Mapping[str, WrittenParameter] = MappingProxyType({}),
    ):
        short = {short: types[name] for short, name in SHORT.items() if name in types and short not in types}
        self.types = {**types, **short} if short else types
        self.sounds = sounds
        self.number = number
        """Of the sound of the nodes that the piece keeps."""
        self.seed = seed
        """That all randomness of the piece begins with."""
        self.patterns = patterns
        self.lost_patterns = lost_patterns
        """By name of a pattern that cannot be read why."""
        self.pitch = pitch
        """The settings of the pitches of patterns."""
        self.samples = samples
        """Names of folders of samples, and of those in sample maps: steps may name them."""
        self.values = values
        """Names in `vars` that are numbers or notes: lanes of patterns may name them."""
        self._texts: dict[str, str] = {}
        self.notes = 0
        """Those that were made of patterns."""

    def count_notes(self, notes: int) -> None:
        """Count notes that were made of a pattern. Raises PatternError for too many in the piece."""
        self.notes += notes
        if is_too_many(self.notes):
            raise PatternError(f"the patterns of this piece start more than {MOST_NOTES:,} sounds in all", 0)

    def named(self, name: str) -> WrittenParameter | None:
        """The value of a name in `patterns`, or else in `vars`; None for no such name."""
        return self.patterns.get(name) or self.values.get(name)

    def pattern_text(self, name: str) -> str:
        """The pattern that a name stands for, as a text in which the order of keys can be seen; "" for no name."""
        if name in self.lost_patterns:
            return f"lost {self.lost_patterns[name]}"
        if name not in self._texts and (named := self.named(name)):
            self._texts[name] = repr(named.data)
        return self._texts.get(name, "")

    def find(self, name: str, inside: str) -> type[Node] | str | None:
        """A node type, the name of a sound, or None; `inside` is the sound that is being defined."""
        kind = self.types.get(name)
        if kind and (name in GRAMMAR_TYPES or name not in self.sounds or name == inside):
            return kind
        return name if name in self.sounds else None

    def is_values(self, text: str) -> bool:
        """Whether a text of several words reads as a pattern of values, one after another; names may stand in it.

        <400 800> 1200(3,8)    it does
        400, 800               it does not, and neither does 1..5
        """
        if not re.search(r"[\s(]", text):
            return False
        try:
            pattern = read(text, True)
        except PatternError:
            return False
        words = [word.text for word in said_in(pattern)]
        names = [word for word in words if plain_number(word) is None and note_frequency(word) is None]
        are_known = not names or (SIGN.search(text) and all(map(self.named, names)))
        return 1 < len(words) > len(names) and bool(are_known) and not isinstance(pattern, Stack)

    def is_samples(self, name: str, inside: str) -> bool:
        """Whether a word of a step names samples, and nothing else."""
        return name in self.samples and not self.find(name, inside)

    def nodes_among(self, data: Mapping[str, Any], inside: str) -> list[str]:
        """The keys of a node as written that name it: one, if it is right; the others are its parameters.

        A type of the grammar comes before a sound, and a sound before a later type. What is a parameter of one of them
        is that, and so is a scalar beside a node.

            {envelope: {}, gate: {osc: {freq: 2}}}     envelope, also where there is a node type `gate`
        """
        meanings = {name: kind for name in data if (kind := self.find(name, inside))}
        if short := next((name for name in SHORT if self._is_short(name, data, meanings)), ""):
            return [short]
        names = [name for name in meanings if self._is_of_grammar(name)]
        if not names:
            names = [name for name in meanings if isinstance(data[name], dict | None)] or list(meanings)
            sounds = [name for name in names if isinstance(meanings[name], str)]
            types = {name: kind for name, kind in meanings.items() if name in names and isinstance(kind, type)}
            takers = [name for name, kind in types.items() if sounds and all(_takes_any(kind, one) for one in sounds)]
            names = takers or sounds or names
        if len(names) > 1:
            names = [name for name in names if isinstance(data[name], dict | None)] or names
        others = [name for name in names if not any(_takes(meanings[one], name) for one in names if one != name)]
        return others or names

    def beside(self, name: str, data: Mapping[str, Any], inside: str) -> list[str]:
        """The later types beside the node `name` that are none of its parameters: two nodes side by side."""
        kind = self.find(name, inside)
        if not isinstance(kind, type):
            return []
        beside = TRANSFORMS if name in SHORT else ()
        others = [other for other, value in data.items() if other not in (name, *beside) and isinstance(value, dict)]
        found = [other for other in others if isinstance(self.find(other, inside), type)]
        return [other for other in found if not _takes_any(kind, other)]

    @staticmethod
    def _is_short(short: str, data: Mapping[str, Any], meanings: Mapping[str, Any]) -> bool:
        """Whether a node as written is a `play` or a `values`, with its parameters and lanes beside it."""
        kind = meanings.get(short)
        steps = data.get(short)
        if not isinstance(kind, type) or (isinstance(steps, dict | None) and "pick" not in (steps or ())):
            return False
        others = [name for name in meanings if name != short]
        if any(_takes(meanings[name], short) for name in others):
            return False
        return all(
            name in accepted(kind) or name in TRANSFORMS or not isinstance(data[name], dict | None) for name in others
        )

    def _is_of_grammar(self, name: str) -> bool:
        return name in GRAMMAR_TYPES and name in self.types

    def no_sound(self, name: str) -> tuple[str, str]:
        """The sentence for a word in a step that is no sound, and the suggestion."""
        if name in self.patterns:
            return f"'{name}' is a pattern, and only a sound can be started here", ""
        return f"there is no sound '{name}'", self.near(name, in_step=True)

    def near(self, word: str, in_step: bool = False) -> str:
        """The name of a node or sound that a word may mean, in quotes, or an empty string: best by its alias.

        `in_step`: names of patterns, sounds and samples come first.
        """
        lower = word.lower()
        if in_step and (near := did_you_mean(word, [*self.patterns, *sorted(self.sounds), *sorted(self.samples)])):
            return near
        if meant := node_called(word, self.types):
            return f"'{meant}'"
        if lower in GRAMMAR_TYPES - self.types.keys() or lower in ELSEWHERE:
            return ""
        if near := did_you_mean(word, [*self.types, *self.sounds]):
            return near
        aliases = {alias: name for name, kind in self.types.items() for alias in kind.aliases}
        near_alias = difflib.get_close_matches(lower, aliases, n=1, cutoff=ALIKE)
        return f"'{aliases[near_alias[0]]}'" if near_alias else ""

    def is_meant(self, word: str) -> bool:
        """Whether a word is probably meant to be a node or a sound."""
        lower = word.lower()
        return bool(self.near(word)) or lower in ELSEWHERE or lower in GRAMMAR_TYPES

    def unknown(self, word: str) -> tuple[str, str]:
        """The sentence for a word that is no node and no sound, and the suggestion."""
        if word.lower() in GRAMMAR_TYPES - self.types.keys():
            later = ": it comes with control by MIDI" if word.lower() in MIDI_TYPES else ""
            return f"the node '{word}' is not there yet{later}", ""
        near = self.near(word)
        return f"unknown node '{word}'" + ("" if near else "; `waves nodes` lists them"), near
