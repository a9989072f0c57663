"""Names of a piece: its sounds, ids, vars and anchors, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from waves.assist.sketch.entries import EntryText, FileText, file_text
from waves.assist.sketch.written import Item, Value, Word
from waves.language.model.patterned.lane_values import LANE_MEANINGS
from waves.language.model.piece import ID_WRITTEN, is_sound
from waves.language.model.vocabulary import RESERVED, Vocabulary
from waves.language.text.document import ANCHOR
from waves.node import Node
from waves.node_types.library.parameters import accepted

MAIN = "waves.yaml"
SAMPLES = "samples/"
FOLDER_OR_NAME = re.compile(re.escape(SAMPLES) + r"[^/.]+")


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Everything around a text that answers need.

    `types` are the node types by name, `others` the texts of the other files of the piece by name, `files` the files
    of sound and numbers, their folders, and names of samples as a piece writes them, `samples/kick.wav`; `name` is
    its file. `patterns` are the names of patterns in Python, each with a line about it.
    """

    types: Mapping[str, type[Node]]
    others: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    name: str = MAIN
    patterns: Mapping[str, str] = field(default_factory=dict)


TargetKind = Literal["sound", "id", "var", "pattern", "name", "anchor", "part"]


class Target(NamedTuple):
    """The thing that a name means: equal for all its uses. `owner` is the entry, or the file, that has it."""

    kind: TargetKind
    owner: str
    name: str
    line: int = 0
    column: int = 0
    """Of a name of a `context` the place of its key in the entry."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """An entry with the name of its file."""

    file: str
    entry: EntryText


class PieceNames:
    """The names of all files of a piece, found without reading more of them than is needed."""

    def __init__(self, text: str, around: Surroundings):
        self.around = around
        texts = {**around.others, around.name: text}
        order = sorted(texts, key=lambda name: (name != MAIN, name))
        self.files: dict[str, FileText] = {name: file_text(texts[name]) for name in order}
        self.texts = texts
        self.sounds: dict[str, Located] = {}
        for located in self.entries():
            if located.entry.name and is_sound(located.entry.name):
                self.sounds.setdefault(located.entry.name, located)
        self.samples = [one.removeprefix(SAMPLES) for one in around.files if FOLDER_OR_NAME.fullmatch(one)]
        """The names of samples: folders in `samples/`, and names in sample maps."""
        self.vocabulary = Vocabulary(around.types, frozenset(self.sounds), samples=frozenset(self.samples))

    def entries(self) -> Iterator[Located]:
        """The entries of all files, in their order."""
        for name, file in self.files.items():
            for entry in file.entries:
                yield Located(name, entry)

    def reserved(self, name: str) -> Iterator[tuple[Located, Item]]:
        """The entries with a reserved name, each as its item."""
        assert name in RESERVED
        for located in self.entries():
            if located.entry.name == name:
                for item in located.entry.sketch.items:
                    yield located, item

    @cached_property
    def vars(self) -> dict[str, tuple[Located, Item]]:
        """The vars, each with its entry and its item."""
        return self._named("vars")

    @cached_property
    def patterns(self) -> dict[str, tuple[Located, Item]]:
        """The names of patterns, each with its entry and its item; where a sound has the name, that is meant."""
        return {name: one for name, one in self._named("patterns").items() if name not in self.sounds}

    @cached_property
    def lanes(self) -> frozenset[str]:
        """The names of lanes that may stand beside steps: the sounds that they start may take any parameter."""
        return frozenset(LANE_MEANINGS).union(*(accepted(kind) for kind in self.around.types.values()))

    @cached_property
    def python(self) -> dict[str, str]:
        """The names of patterns in Python, each with a line about it, where they mean nothing else."""
        known = self.patterns.keys() | self.sounds.keys()
        return {name: about for name, about in self.around.patterns.items() if name not in known}

    def _named(self, entry: str) -> dict[str, tuple[Located, Item]]:
        found: dict[str, tuple[Located, Item]] = {}
        for located, item in self.reserved(entry):
            for name, one in item.value.by_key.items():
                if one.sign:
                    found.setdefault(name, (located, one))
        return found

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The names of the sounds that have an id, by the id."""
        found: dict[str, list[str]] = {}
        for name, text in self.texts.items():
            if "id" not in text:
                continue
            for entry in self.files[name].entries:
                if "id" in entry.text and is_sound(entry.name):
                    for id in ID_WRITTEN.findall(entry.text):
                        found.setdefault(id, []).append(entry.name)
        return found

    def own_ids(self, sound: str) -> list[str]:
        """The ids that are written in a sound."""
        return [id for id, sounds in self.ids.items() if sound in sounds]

    def id_target(self, id: str, inside: str) -> Target | None:
        """The node that an id means in a sound: one of its own, else of the first sound that has it."""
        sounds = self.ids.get(id)
        return Target("id", inside if inside in sounds else sounds[0], id) if sounds else None

    def anchors(self, file: str) -> dict[str, tuple[EntryText, Value]]:
        """The anchors of a file, each with its entry and the value that it names."""
        found: dict[str, tuple[EntryText, Value]] = {}
        for entry in self.files[file].entries:
            if "&" in entry.text and ANCHOR.search(entry.text):
                for value in values_in(entry.sketch.items):
                    if value.anchor:
                        found.setdefault(value.anchor, (entry, value))
        return found

    def mentioning(self, word: str) -> Iterator[tuple[Located, list[int]]]:
        """The entries whose text has a word in it, each with the lines of the entry that have it."""
        pattern = re.compile(rf"(?<!\w){re.escape(word)}")
        for located in self.entries():
            if word in located.entry.text:
                lines = located.entry.text.split("\n")
                if found := [k for k, line in enumerate(lines) if word in line and pattern.search(line)]:
                    yield located, found


def values_in(items: list[Item]) -> Iterator[Value]:
    """The values of items, and all values inside them."""
    for item in items:
        yield item.value
        yield from values_in(item.value.items)


def sections_of(names: PieceNames, sound: str) -> dict[str, Item]:
    """The sections of the songs that are written in a sound, by name."""
    located = names.sounds.get(sound)
    waiting = list(located.entry.sketch.items) if located else []
    found: dict[str, Item] = {}
    while waiting:
        one = waiting.pop()
        waiting += one.value.items
        if one.name == "sections":
            found |= {item.name: item for item in one.value.items if item.name}
    return found


def key_target(kind: TargetKind, owner: str, key: Word) -> Target:
    """The target of a name that its key defines."""
    return Target(kind, owner, key.text, key.line, key.column)
