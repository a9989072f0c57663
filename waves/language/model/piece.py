"""The piece: sounds, vars and settings of all files of a workspace, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import (
    Finding,
    NodeModel,
    Origin,
    Place,
    Sound,
    Use,
    Value,
    WrittenParameter,
    nodes_inside,
)
from waves.language.model.patterned.pattern_names import check_patterns
from waves.language.model.quantize import is_a4
from waves.language.model.validation import read_sound
from waves.language.model.vocabulary import EQUAL, GRAMMAR_TYPES, RESERVED, PitchSettings, Vocabulary, is_too_many
from waves.language.patterns.told.python_pattern import NO_PYTHON, PythonPatterns
from waves.language.text.document import BrokenEntry, Document, Entry
from waves.language.text.yaml_values import YamlValue
from waves.memo import Rereading
from waves.node import Node
from waves.node_types.library.parameters import parameters, written
from waves.problem import Problem
from waves.version import SOUND

NAME_WRITTEN = re.compile(r"""[\s{,]["']?([^\W\d]\w*)["']?\s*:""")
ID_WRITTEN = re.compile(r"""\bid\s*:\s*["']?(\w+)""")


@dataclass(eq=False, slots=True)
class Piece:
    """All that is written, checked entry by entry.

    `python` are the patterns of files of Python, which stand in `patterns` too. `findings` belong to no sound: they are
    told, and keep nothing from playing. `lost` are the problems of entries with
    reserved names that cannot be read, each under the name of the entry, those of `vars` also under each of its names.
    """

    vocabulary: Vocabulary
    sounds: dict[str, Sound] = field(default_factory=dict)
    vars: dict[str, WrittenParameter] = field(default_factory=dict)
    settings: dict[str, WrittenParameter] = field(default_factory=dict)
    patterns: dict[str, WrittenParameter] = field(default_factory=dict)
    python: PythonPatterns = NO_PYTHON
    findings: list[Finding] = field(default_factory=list)
    lost: dict[str, dict[str, tuple[Problem, ...]]] = field(default_factory=dict)
    written: Any = None
    """The text of some sounds of it, kept by `written_changes`."""
    started: frozenset[str] | None = None
    """Names of the sounds that notes start, kept by `sounds_of_notes`."""

    def nodes_at_top(self, model: NodeModel | Use | None) -> Iterator[NodeModel]:
        """The node that a model is, seen through sounds that stand for it, then what that node stands around.

            a: b
            b: {context: {x: 1, signal: {filter: {signal: {osc: {}}}}}}

        gives for `a` the `context` and the `filter`. It ends early where a sound stands for itself.
        """
        seen: set[str] = set()
        inner: Value | None = model
        while True:
            if isinstance(inner, Use):
                if inner.name in seen:
                    return
                seen.add(inner.name)
                inner = self.sounds[inner.name].root
            elif isinstance(inner, NodeModel):
                yield inner
                inner = inner.signals.get("signal") if inner.kind.pass_through else None
            else:
                return


class Cache:
    """The models of the last read: an entry with the same data object keeps its model, even if it moved in its file."""

    def __init__(self) -> None:
        self.types: dict[str, type[Node]] = {}
        self.names: frozenset[str] = frozenset()
        self.numbers: tuple[object, ...] = ()  # of the sound, the seed, of pitches, and the names of samples
        self.known: dict[tuple[str, int], tuple[Any, Sound]] = {}
        self.origins: dict[str, Origin] = {}
        """By name of the sound: what was made of an earlier text of an entry finds the lines of the last one."""
        self.nodes: dict[str, Rereading] = {}
        """By name of the sound the nodes of its last reading."""
        self.looked: dict[str, dict[str, str]] = {}
        """By name of the sound the names of patterns that it may have asked for, with what they stood for."""
        self.pattern_origins: dict[str, Origin] = {}
        """By file that of its `patterns`, and by name of a pattern of Python that of the pattern."""

    def forget(self) -> None:
        """Forget all models."""
        self.known, self.nodes, self.looked = {}, {}, {}

    def begin(self, types: Mapping[str, type[Node]], names: frozenset[str], *numbers: object) -> None:
        """Begin a read; forget everything when a name may mean, or chance draw, something else than in the last."""
        if (self.types, self.names, self.numbers) != (types, names, numbers):
            self.types, self.names, self.numbers, self.known, self.nodes = dict(types), names, numbers, {}, {}

    def forget_changed(self, vocabulary: Vocabulary) -> None:
        """Forget the sounds that use a name of a pattern which stands for something else now."""
        for name, looked in list(self.looked.items()):
            if any(vocabulary.pattern_text(word) != text for word, text in looked.items()):
                del self.looked[name]
                self.nodes.pop(name, None)
                self.known = {key: one for key, one in self.known.items() if key[0] != name}

    def find(self, entry: Entry) -> Sound | None:
        """The sound that was read of the same entry, None for a new or changed one."""
        data, sound = self.known.get((entry.name, id(entry.data)), (None, None))
        return sound if sound and data is entry.data else None


def read_piece(
    documents: Iterable[Document],
    types: Mapping[str, type[Node]],
    cache: Cache | None = None,
    seed: int = 0,
    scala: Mapping[str, str] = MappingProxyType({}),
    python: PythonPatterns = NO_PYTHON,
    samples: frozenset[str] = frozenset(),
) -> Piece:
    """Read the sounds of all documents; `seed`: what patterns draw begins with it. `scala`: texts of files by name.

    `python`: the patterns of files of Python. `samples`: names of folders of samples, and of those in sample maps.

    Nothing is raised: findings are kept with their sound.
    """
    cache = cache or Cache()
    documents = list(documents)
    entries: list[Entry | BrokenEntry] = []
    for document in documents:
        entries += [*document.entries.values(), *document.broken.values()]
    names = frozenset(entry.name for entry in entries if is_sound(entry.name))
    pitch = _pitch_settings(entries, scala)
    cache.begin(types, names, number := _kept_sound(entries), seed, pitch, samples)
    patterns: dict[str, WrittenParameter] = {}
    lost = {**python.lost, **_lost_patterns(entries)}
    values: dict[str, WrittenParameter] = {}
    vocabulary = Vocabulary(cache.types, names, number, seed, patterns, lost, pitch, samples, values)
    piece = Piece(vocabulary, patterns=patterns, python=python)
    known: dict[tuple[str, int], tuple[Any, Sound]] = {}
    for entry in (one for one in entries if one.name in RESERVED):
        if isinstance(entry, BrokenEntry):
            _lost(piece, entry)
        else:
            origin = Origin(entry.name)
            if entry.name == "patterns":  # models that are kept have places in it
                origin = cache.pattern_origins.setdefault(entry.file, origin)
            _reserved(piece, entry, origin)
    for name in python.lost.keys() & patterns.keys():  # the text gives it a meaning
        lost.pop(name, None)
    _take_python(piece, python, cache.pattern_origins)
    values |= {name: one for name, one in piece.vars.items() if is_value(one.data)}
    _check_patterns(piece)
    cache.forget_changed(vocabulary)
    is_kept = bool(cache.known or cache.nodes)
    for entry in entries:
        if not is_sound(entry.name):
            continue
        if isinstance(entry, BrokenEntry):
            _lost(piece, entry)
        elif first := piece.sounds.get(entry.name):
            _report_twice(piece, Place(Origin(entry.name, entry)), Place(first.origin), "sound", entry.name)
        else:
            origin = cache.origins.setdefault(entry.name, Origin(entry.name))
            origin.entry = entry
            sound = cache.find(entry) or _sound(origin, piece.vocabulary, entry, cache.nodes)
            piece.sounds[entry.name] = sound
            known[entry.name, id(entry.data)] = entry.data, sound
            cache.looked.setdefault(entry.name, {}).update(sound.looked)
    if is_too_many(max(vocabulary.notes, sum(sound.notes for sound in piece.sounds.values()))):
        cache.forget()  # what is read next may have room
        if is_kept and not is_too_many(vocabulary.notes):  # those of models that were kept were not counted
            return read_piece(documents, types, cache, seed, scala, python, samples)
        return piece
    cache.known = known
    cache.nodes = {name: nodes for name, nodes in cache.nodes.items() if name in piece.sounds}
    cache.origins = {name: cache.origins.get(name) or sound.origin for name, sound in piece.sounds.items()}
    for document in documents:
        for name, sentence in document.doubled.items():
            if counts := document.entries.get(name):
                piece.findings.append(Finding(Place(Origin(name, counts), (), True), sentence, level="warning"))
    return piece


def _kept_sound(entries: Iterable[Entry | BrokenEntry]) -> int:
    """The number of the sound of the nodes that the settings among some entries keep."""
    settings = [entry.data for entry in entries if isinstance(entry, Entry) and entry.name == "settings"]
    number = next((data["sound"] for data in settings if isinstance(data, dict) and "sound" in data), None)
    return number if type(number) is int and 1 <= number <= SOUND else SOUND


def _pitch_settings(entries: Iterable[Entry | BrokenEntry], scala: Mapping[str, str]) -> PitchSettings:
    """The settings of pitches among some entries; what is wrong in them is told where they are read."""
    settings = [entry.data for entry in entries if isinstance(entry, Entry) and entry.name == "settings"]
    given = {name: value for data in reversed(settings) if isinstance(data, dict) for name, value in data.items()}
    a4, tuning = given.get("a4", EQUAL.a4), given.get("tuning", EQUAL.tuning)
    return PitchSettings(float(a4) if is_a4(a4) else EQUAL.a4, str(tuning), tuple(scala.items()))


def is_sound(name: str) -> bool:
    """Whether an entry of this name is a sound."""
    return name not in RESERVED and not name.startswith("_")


def _sound(origin: Origin, vocabulary: Vocabulary, entry: Entry, nodes: dict[str, Rereading]) -> Sound:
    sound = read_sound(origin, entry.data, vocabulary, nodes.setdefault(origin.name, Rereading()))
    kind = vocabulary.types.get(origin.name)
    if kind and (origin.name in GRAMMAR_TYPES or any(one.required for one in parameters(kind).values())):
        sentence = f"this sound hides the node type '{origin.name}'"
        if origin.name in GRAMMAR_TYPES:
            sentence = f"the node type '{origin.name}' is meant wherever this name is used"
        sound.findings.append(Finding(Place(origin, (), True), sentence, level="warning"))
    sound.findings += _doubled(origin, entry)
    sound.notes = sum(map(_kept_notes, nodes_inside(sound.root)))
    return sound


def _kept_notes(node: NodeModel) -> int:
    """The sounds that are kept for the patterns of a node."""
    return sum(len(one.notes) + (len(one.pages.sampled) if one.pages else 0) for one in node.patterns.values())


def _doubled(origin: Origin, entry: Entry) -> list[Finding]:
    """The warnings for keys that an entry has twice."""
    return [Finding(Place(origin, path, True), text, level="warning") for path, text in entry.doubled.items()]


def _lost(piece: Piece, entry: BrokenEntry) -> None:
    """Take an entry that cannot be read into the piece: what uses it has its problems, and no others for it."""
    if entry.name in RESERVED:
        lost = piece.lost.setdefault(entry.name, {entry.name: entry.problems})
        if entry.name == "vars":
            lost |= dict.fromkeys(NAME_WRITTEN.findall(entry.text.partition(":")[2]), entry.problems)
    elif is_sound(entry.name) and entry.name not in piece.sounds:
        origin = Origin(entry.name)
        ids = {name: Place(origin) for name in ID_WRITTEN.findall(entry.text)}
        findings = [Finding(Place(origin), problem.sentence, known=problem) for problem in entry.problems]
        piece.sounds[entry.name] = Sound(entry.name, origin, None, ids, findings)


def _reserved(piece: Piece, entry: Entry, origin: Origin) -> None:
    """Read an entry with a reserved name into the piece."""
    origin.entry = entry
    piece.findings += _doubled(origin, entry)
    if entry.name == "templates" or entry.data is None:
        return
    if not isinstance(entry.data, dict):
        piece.findings.append(Finding(Place(origin), f"expected names with values, got {written(entry.data)}"))
        return
    names: dict[str, WrittenParameter] = getattr(piece, entry.name)
    for name, value in entry.data.items():
        place = Place(origin, (name,))
        if name in names:
            _report_twice(piece, place, names[name].place, "name", name)
        else:
            names[name] = WrittenParameter(value, place)


def _take_python(piece: Piece, python: PythonPatterns, origins: dict[str, Origin]) -> None:
    """Take the patterns of Python into the piece; of two with one name that in `patterns` counts."""
    for name, one in python.patterns.items():
        if name in piece.patterns:
            sentence = f"the pattern '{name}' is also in {one.file}:{one.line}: give one of them another name"
            piece.findings.append(Finding(piece.patterns[name].place.at_key(), sentence))
            continue
        line, column = one.line - 1, max(_first_quote(one.source), 0)
        texts = {text: YamlValue(text, place, place) for text, place in one.texts.items()}
        written_there = YamlValue(texts, (line, column), (line, 0))
        origin = origins.setdefault(f"{one.file} {name}", Origin(name, has_path=False))
        origin.entry = Entry(name, None, one.source, one.line, written_there, False, one.file, one.lines)
        piece.patterns[name] = WrittenParameter(one, Place(origin))


def _first_quote(line: str) -> int:
    """The column of the first text in a line of Python, -1 without one."""
    return min((at for sign in "\"'" if (at := line.find(sign)) >= 0), default=-1)


def is_value(data: object) -> bool:
    """Whether what a name in `vars` stands for can be a value in a lane of a pattern: a number, or a note."""
    if isinstance(data, str):
        return note_frequency(data) is not None
    return isinstance(data, int | float) and not isinstance(data, bool)


def _lost_patterns(entries: Iterable[Entry | BrokenEntry]) -> dict[str, tuple[Problem, ...]]:
    """The names of patterns that cannot be read, each with the problems of their entry."""
    lost = (entry for entry in entries if isinstance(entry, BrokenEntry) and entry.name == "patterns")
    return {name: entry.problems for entry in lost for name in NAME_WRITTEN.findall(entry.text.partition(":")[2])}


def _check_patterns(piece: Piece) -> None:
    """Check the names of patterns, and what they stand for."""
    for name, (_, place) in piece.patterns.items():
        if name in piece.vocabulary.sounds:
            sentence = f"'{name}' is the name of a sound too, and the sound counts: give the pattern another one"
            piece.findings.append(Finding(place.at_key(), sentence))
    piece.findings += check_patterns(piece.vocabulary)


def _report_twice(piece: Piece, place: Place, first: Place, what: str, name: str) -> None:
    """Report a name that another file has already."""
    mark = first.at_key().mark
    where = f"in {mark.file}:{mark.line}" if mark else "in a file before it"
    sentence = f"the {what} '{name}' is also {where}, and that one counts"
    piece.findings.append(Finding(Place(place.origin, place.path, True), sentence))
