"""All that is written in the files of a workspace: sounds, vars and settings by name, from the entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from waves.language.model.models import Entry, Finding, Origin, Place, Sound, WrittenParameter
from waves.language.model.validation import read_sound
from waves.language.model.vocabulary import GRAMMAR_TYPES, Vocabulary
from waves.node import Node
from waves.node_types.library.parameters import written

RESERVED = ("vars", "settings", "templates", "patterns")


class Document(Protocol):
    """What is read of a `document.Document`."""

    @property
    def entries(self) -> Mapping[str, Entry]: ...


@dataclass(eq=False, slots=True)
class Piece:
    """What is written, checked entry by entry; `findings` are those of no single sound."""

    vocabulary: Vocabulary
    sounds: dict[str, Sound] = field(default_factory=dict)
    vars: dict[str, WrittenParameter] = field(default_factory=dict)
    settings: dict[str, WrittenParameter] = field(default_factory=dict)
    patterns: dict[str, WrittenParameter] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class Cache:
    """The models of the last read. An entry with the same data object keeps its model; its marks may move."""

    def __init__(self) -> None:
        self.types: dict[str, type[Node]] = {}
        self.names: frozenset[str] = frozenset()
        self.known: dict[tuple[str, int], tuple[Any, Sound]] = {}

    def begin(self, types: Mapping[str, type[Node]], names: frozenset[str]) -> None:
        """Forget everything when a name may have another meaning than before."""
        if self.types != types or self.names != names:
            self.types, self.names, self.known = dict(types), names, {}

    def find(self, entry: Entry) -> Sound | None:
        data, sound = self.known.get((entry.name, id(entry.data)), (None, None))
        return sound if sound and data is entry.data else None


def read_piece(documents: Iterable[Document], types: Mapping[str, type[Node]], cache: Cache | None = None) -> Piece:
    """The sounds of all documents; problems are kept with the sound that has them and nothing is raised."""
    cache = cache or Cache()
    entries = [entry for document in documents for entry in document.entries.values()]
    names = frozenset(entry.name for entry in entries if is_sound(entry.name))
    cache.begin(types, names)
    piece = Piece(Vocabulary(cache.types, names))
    known: dict[tuple[str, int], tuple[Any, Sound]] = {}
    for entry in entries:
        if entry.name in RESERVED:
            _reserved(piece, entry)
        elif not is_sound(entry.name):
            continue
        elif first := piece.sounds.get(entry.name):
            _twice(piece, Place(Origin(entry.name, entry)), Place(first.origin), "sound", entry.name)
        else:
            sound = cache.find(entry) or _sound(Origin(entry.name, entry), piece.vocabulary, entry)
            sound.origin.entry = entry
            piece.sounds[entry.name] = sound
            known[entry.name, id(entry.data)] = entry.data, sound
    cache.known = known
    return piece


def is_sound(name: str) -> bool:
    """Whether a top-level name is that of a sound."""
    return name not in RESERVED and not name.startswith("_")


def _sound(origin: Origin, vocabulary: Vocabulary, entry: Entry) -> Sound:
    sound = read_sound(origin, entry.data, vocabulary)
    if origin.name in vocabulary.types:
        wins = origin.name in GRAMMAR_TYPES
        sentence = (
            f"the node type '{origin.name}' is meant wherever this name is used"
            if wins
            else (f"this sound hides the node type '{origin.name}'")
        )
        sound.findings.append(Finding(Place(origin, (), True), sentence, level="warning"))
    return sound


def _reserved(piece: Piece, entry: Entry) -> None:
    """One of the top-level names that are no sounds."""
    origin = Origin(entry.name, entry)
    if entry.name == "templates" or entry.data is None:
        return
    if not isinstance(entry.data, dict):
        piece.findings.append(Finding(Place(origin), f"expected names with values, got {written(entry.data)}"))
        return
    names: dict[str, WrittenParameter] = getattr(piece, entry.name)
    for name, value in entry.data.items():
        place = Place(origin, (name,))
        if name in names:
            _twice(piece, place, names[name].place, "name", name)
        else:
            names[name] = WrittenParameter(value, place)


def _twice(piece: Piece, place: Place, first: Place, what: str, name: str) -> None:
    mark = first.at_key().mark
    where = f" {mark.file}:{mark.line}" if mark else " another place"
    piece.findings.append(Finding(Place(place.origin, place.path, True), f"the {what} '{name}' is also in{where}"))
