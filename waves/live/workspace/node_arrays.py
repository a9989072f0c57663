"""Arrays that node types prepare from their parameters and sample files, kept while something uses them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from waves.audio.sample_loader import Sample, SampleCache
from waves.engine.graph.graph import frozen
from waves.language.model.models import (
    Finding,
    NodeModel,
    Note,
    Number,
    Place,
    Sound,
    StepWord,
    Use,
    WrittenParameter,
    models_inside,
    nodes_inside,
    notes_of,
)
from waves.language.model.piece import Piece
from waves.language.tree.tree_node import TreeNode, known_parameters
from waves.live.workspace.samples.kits import (
    Kit,
    RecordedFiles,
    data_path,
    load_files,
    load_recorded,
    sample_paths,
)
from waves.live.workspace.samples.known_kits import KnownKits
from waves.live.workspace.samples.names import SAMPLES, SampleNames, sample_names
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import FilePlaces, Workspace, places_of_files
from waves.node import DataFile, File, Node
from waves.node_types.library import signature
from waves.node_types.library.preparation import KnownParameters, prepared_arrays
from waves.problem import Problem, Problems

Arrays = dict[str, np.ndarray[Any, Any]]
CHOP = re.compile(r"(chop=?)(\d+)")
MEGABYTES = 2_000  # of the arrays of a tree at most
ProblemAt = Callable[[TreeNode, str, str], Problem]
"""From a node, the name of a parameter and a sentence to a problem with its place."""


@dataclass(slots=True)
class Prepared:
    """The arrays of some nodes, the number of the last tree that used them, and whether files give them."""

    arrays: Arrays
    tree: int
    of_files: bool


class NodeArrays:
    """The arrays of nodes by name, each made once for a type with its settings and files.

    One thread at a time: the build thread while a piece plays; `sample_files` on any thread.
    """

    def __init__(self, workspace: Workspace, settings: Settings, rate: float, problem_at: ProblemAt):
        self._workspace, self._settings, self._rate, self._problem_at = workspace, settings, rate, problem_at
        self._samples = SampleCache(settings.SAMPLE_MB)
        self._arrays: dict[tuple[Any, ...], Prepared] = {}
        self._tree = 0  # the number of the tree that is made
        self._bytes = 0  # of the arrays that it uses
        self._made: list[tuple[Any, ...]] = []  # the keys of those that were made for it
        self._of_node: dict[TreeNode, Prepared] = {}  # in this tree
        self._before: dict[TreeNode, Prepared] = {}  # in the one before, without files: a node that stays has the same
        self._whole: dict[tuple[str, bool], Kit] = {}  # without a warning: by their texts, those of numbers apart
        self._known = KnownKits(workspace.root, self._samples, int(rate))
        self._places: FilePlaces | None = None  # that files may be in, for this tree
        self._names: SampleNames | None = None  # of samples, for this tree
        self.warnings: dict[Problem, None] = {}
        """Warnings about the files of the last tree, in the order of its nodes."""
        self.kits: dict[str, Kit] = {}
        """The samples of the last tree, by the text that names their file or folder."""
        self.recorded: RecordedFiles = {}
        """Files to play in place of those that are there now, for a replay."""
        self.recorded_pitches: Mapping[str, Sequence[float]] = {}
        """And their pitches, where they are known."""

    def configure(self, settings: Settings) -> None:
        """Use other settings from now on."""
        self._settings, self._samples.limit_mb = settings, settings.SAMPLE_MB
        self._known.clear()

    def words(self) -> frozenset[str]:
        """The names of samples that steps may name: those that are there, and those of the recorded files."""
        there = sample_names(self._workspace, self._settings.SAMPLE_FOLDERS).words
        return there | {text.removeprefix(SAMPLES) for text in self.recorded if text.startswith(SAMPLES)}

    def begin_tree(self) -> None:
        """Begin to note which arrays the next tree uses, and what is wrong with its files."""
        self._tree, self._bytes, self._made = self._tree + 1, 0, []
        self._before = {node: made for node, made in self._of_node.items() if not made.of_files}
        self.warnings, self.kits, self._whole, self._of_node, self._places, self._names = {}, {}, {}, {}, None, None

    def keep_used(self) -> None:
        """Drop the arrays and the samples that were not used since `begin_tree`."""
        self._arrays = {key: made for key, made in self._arrays.items() if made.tree == self._tree}
        self._known.keep(self.kits)

    def prepare(self, node: TreeNode, known: KnownParameters) -> Arrays:
        """The arrays of a node, read only. Raises Problems when a file or a parameter does not allow them."""
        if made := self._of_node.get(node) or self._before.get(node):
            self._of_node[node] = made
            return self._used(node, made)
        files: list[Sample] = []
        names = signature.parameter_names(node.kind, File, DataFile)
        for name in names:
            if (text := node.settings.get(name)) is not None:
                kit = self._load(node, name, text)
                setattr(known, name, file_value(node.kind, name, kit.samples))
                files += kit.samples
                if kit.pitches:
                    setattr(known, f"{name}_pitches", list(kit.pitches))
        pitches = [getattr(known, f"{name}_pitches", ()) for name in names]
        key = (node.kind, frozen(node.settings), tuple(files), tuple(map(tuple, pitches)))
        made = self._arrays.get(key)
        if made is None:
            try:
                arrays = prepared_arrays(node.kind, known, self._rate)
                made = self._arrays[key] = Prepared(arrays, self._tree - 1, bool(names))
                self._made.append(key)
            except ValueError as error:
                raise Problems(Problem(str(error), node.mark, node.path)) from None
        if not (names and signature.has_memory(node.kind)):  # whose `lengths` may ask for the files
            self._of_node[node] = made
        return self._used(node, made)

    def _used(self, node: TreeNode, made: Prepared) -> Arrays:
        """The arrays of a node, which this tree uses from now on. Raises Problems when it uses too much memory."""
        if made.tree != self._tree:
            made.tree = self._tree
            self._bytes += sum(array.nbytes for array in made.arrays.values())
            if self._bytes > MEGABYTES * 1e6:
                self._of_node = {}
                for key in self._made:  # what plays keeps its own
                    self._arrays.pop(key, None)
                sentence = f"up to here the files and tables of nodes need {self._bytes / 1e6:,.0f} MB of memory"
                raise Problems(Problem(f"{sentence}, more than {MEGABYTES:,}", node.mark, node.path))
        return made.arrays

    def channels(self, node: TreeNode) -> int:
        """Number of channels in the files of a node, 1 without files. Raises Problems."""
        if not signature.parameter_names(node.kind, File, DataFile):
            return 1
        arrays = self.prepare(node, known_parameters(node))
        return max((array.shape[0] for array in arrays.values() if array.ndim == 2), default=1)

    def can_prepare(self, node: TreeNode) -> bool:
        """Whether the files of a node can be loaded."""
        try:
            return self.channels(node) > 0
        except Problems:
            return False

    def sample_files(self) -> list[Path]:
        """The sample files in memory."""
        return self._samples.files()

    def _load(self, node: TreeNode, name: str, text: str) -> Kit:
        is_numbers = is_data(node.kind, name)
        if whole := self._whole.get((text, is_numbers)):  # read for this tree, and all that it names plays
            return whole
        common = self._workspace, self._settings, self._samples, int(self._rate)
        try:
            if text in self.recorded and not is_numbers:
                pitches = self.recorded_pitches.get(text, ())
                kit, warnings = load_recorded(*common, self.recorded[text], pitches), list[str]()
            elif not is_numbers and (before := self._known.find(text, self._sample_names)):
                kit, warnings = before, []
            else:
                if self._places is None:
                    self._places = places_of_files(self._workspace, self._settings.SAMPLE_FOLDERS)
                kit, warnings = load_files(*common, text, is_numbers, self._places, self._sample_names())
                if not is_numbers:
                    self._known.note(text, kit, self._sample_names)
        except ValueError as error:
            raise Problems(self._problem_at(node, name, str(error))) from None
        if not is_numbers or text not in self.kits:
            self.kits[text] = kit
        if not warnings:
            self._whole[text, is_numbers] = kit
        for sentence in warnings:
            self.warnings[replace(self._problem_at(node, name, sentence), level="warning")] = None
        return kit

    def _sample_names(self) -> SampleNames:
        """The names of samples, looked for once for a tree."""
        if self._names is None:
            self._names = sample_names(self._workspace, self._settings.SAMPLE_FOLDERS)
        return self._names


def is_data(kind: type[Node], name: str) -> bool:
    """Whether a parameter names a file of numbers, and not of sound."""
    return signature.annotation(kind, name) is DataFile


def file_value(kind: type[Node], name: str, samples: list[Sample]) -> Any:
    """The value of a parameter that names a file, or a folder, as `prepare` gets it."""
    return samples[0].data if is_data(kind, name) else [sample.data for sample in samples]


def files_of(model: NodeModel) -> Iterator[tuple[Place, str, bool]]:
    """The texts that name files in the parameters of a node, each with its place, and whether it is of numbers."""
    for name in signature.parameter_names(model.kind, File, DataFile):
        if isinstance(text := model.settings.get(name), str):
            yield model.place.below(name), text, is_data(model.kind, name)


def files_problems(
    workspace: Workspace, settings: Settings, piece: Piece, found: Container[str], kits: Mapping[str, Kit]
) -> Iterator[Problem]:
    """Problems of the files that are named in a piece, without reading them.

    A file that is missing is told of all sounds but those in `found`, whose files were looked for already; a step
    `kit:9` without a file of that number of these. `kits`: those that were found for what plays, by their texts.
    """
    folders = settings.SAMPLE_FOLDERS
    places, names = places_of_files(workspace, folders), sample_names(workspace, folders)

    @cache
    def count(text: str, data: bool = False) -> int | str:
        if text in kits and not data:
            return len(kits[text].samples)
        try:
            is_one = data and data_path(workspace, text, folders, places)
            return 1 if is_one else len(sample_paths(workspace, text, folders, places, names).paths)
        except ValueError as error:
            return str(error)

    for sound in piece.sounds.values():
        named = _files_in(sound)
        for place, text, data in named.files if sound.name not in found else ():
            if isinstance(sentence := count(text, data), str):
                yield Finding(place, sentence).problem()
        for note, number, text in named.numbered if sound.name in found else ():
            files = count(text)
            chosen = float(number.text.removeprefix("chop="))  # infinite if it has too many digits
            if isinstance(files, int) and 0 < files <= chosen < math.inf:
                folder, chosen = note.name.removesuffix(":"), int(chosen)
                sentence = f"'{folder}' has no file {chosen}: its {files} files are counted from 0"
                plays = f"'{folder}:{chosen % files}'"
                yield Finding(note.place, sentence, plays, "warning", number.column).problem()


class _FilesNamed(NamedTuple):
    """Texts of a sound that name files."""

    files: list[tuple[Place, str, bool]]
    """As `files_of` gives them."""
    numbered: list[tuple[Note, StepWord, str]]
    """Steps `kit:9`, with the word of the number and the text that names the folder."""


def _files_in(sound: Sound) -> _FilesNamed:
    """The texts of a sound that name files, looked for once."""
    if not isinstance(sound.files, _FilesNamed):
        models = [*nodes_inside(sound.root)]
        notes = [note for model in models for note in notes_of(model) if note.words and note.name.endswith(":")]
        chosen = [note for note in notes if note.words[0].text.startswith("chop=")]
        sound.files = _FilesNamed(
            [one for model in models for one in files_of(model)],
            [
                (note, note.words[0], str(note.model.settings.get("file")))
                for note in chosen
                if isinstance(note.model, NodeModel)
            ],
        )
    return sound.files


def warnings_without(warnings: Iterable[Problem], silent: Sequence[Problem]) -> list[Problem]:
    """The warnings of files but those whose file is chosen by its number, which is an error."""
    return [one for one in warnings if not any(one.sentence.startswith(error.sentence) for error in silent)]


def silent_choices(piece: Piece, used: Container[str], kits: Mapping[str, Kit]) -> Iterator[Problem]:
    """Errors of sounds `used` that choose a file by its number, where it is one of `kits` that cannot be used.

    By a step `kit:2` or `kit chop2`, or by a `chop: 2`, each file once. The suggestion is the nearest that plays.
    """
    told: set[str] = set()
    if not any(sample.mistake for kit in kits.values() for sample in kit.samples):
        return

    def problem(model: object, number: float, name: str, place: Place, column: int = 0) -> Iterator[Problem]:
        top = next(piece.nodes_at_top(model), None) if isinstance(model, NodeModel | Use) else None
        kit = kits.get(str(top.settings.get("file"))) if top and "chop" in top.kind.model_fields else None
        if kit is None:
            return
        samples = kit.samples
        chosen = int(max(0.0, min(number, len(samples) - 1.0)))
        if (sentence := samples[chosen].mistake) and sentence not in told:
            told.add(sentence)
            playing = [k for k, sample in enumerate(samples) if not sample.mistake]
            nearest = min(playing, key=lambda k: abs(k - chosen))
            yield Finding(place, sentence, f"'{name}{nearest}'", column=column).problem()

    for sound in piece.sounds.values():
        models = [*models_inside(sound.root)] if sound.name in used else []
        notes = [note for model in models if isinstance(model, NodeModel) for note in notes_of(model)]
        of_steps = {id(note.model) for note in notes if note.name.endswith(":")}  # each step says its number itself
        for model in models:
            chop = model.given.get("chop") if isinstance(model, Use) else model.signals.get("chop")
            if id(model) in of_steps:
                continue
            if isinstance(chop, WrittenParameter) and isinstance(chop.data, int | float):
                yield from problem(model, chop.data, "chop: ", chop.place)
            elif isinstance(chop, Number):
                yield from problem(model, chop.value, "chop: ", chop.place)
        for note in notes:
            for text, column in note.words:
                if written := CHOP.fullmatch(text):
                    name = note.name if note.name.endswith(":") else written[1]
                    yield from problem(note.model, float(written[2]), name, note.place, column)
