"""From the files of a workspace to a graph, keeping what did not change between saves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from waves.audio.sample_loader import Sample, SampleCache, list_folder
from waves.engine.graph import lowering
from waves.engine.graph.graph import Graph, frozen
from waves.engine.graph.matching import match_nodes
from waves.language.build import slow_fades
from waves.language.build.moved_parameters import Insertion, MovedParameter, insert_moved
from waves.language.build.slow_fades import FadingParts, FadingTree
from waves.language.build.sound_tree import build_tree
from waves.language.model.piece import Cache, Piece, read_piece
from waves.language.model.quantize import FileSettings, Quantize, read_file_settings, read_quantize
from waves.language.text.document import Document, DocumentProblems, read_document
from waves.language.tree.channel_width import widen
from waves.language.tree.tree_node import KnownParameters, TreeNode
from waves.live.workspace.file_watch import read_settled
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import Workspace, safe_path
from waves.node import File, Node
from waves.node_types.library import signature
from waves.node_types.library.library import problems_of_types
from waves.node_types.library.preparation import prepared_arrays
from waves.problem import Mark, Problem, Problems

Array = np.ndarray[Any, Any]
Sounds = Sequence[tuple[str, Mapping[str, Any]]]

PATIENCE = 0.25  # seconds until an empty file, or one without the playing sound, is taken for meant


@dataclass(frozen=True, slots=True)
class Composition:
    """What plays next: the graph, the tree it was made of, and what is wrong or doubtful beside it."""

    graph: Graph
    root: TreeNode
    findings: list[Problem]
    written: FileSettings = field(default_factory=FileSettings)  # what the file says of saves
    texts: Mapping[str, str] = field(default_factory=dict)  # that it was made of, by name of the file
    passages: FadingParts = field(default_factory=dict)  # parts that come and go slowly
    library: Mapping[str, type[Node]] = field(default_factory=dict)  # and of these
    settings: Settings = field(default_factory=Settings)
    moved: Mapping[str, MovedParameter] = field(default_factory=dict)
    """Parameters moved from outside that the tree reads, by key."""
    given_up: tuple[str, ...] = ()
    """Keys of moved parameters that the text has taken back."""
    sounds: Sounds = ()
    """What plays, each sound with its parameters."""
    piece: Piece | None = None
    """All that is written in the texts, with the sounds that do not play."""


class Composer:
    """Reads the files of a workspace for an engine of `rate` frames per second."""

    def __init__(
        self, workspace: Workspace, library: Mapping[str, type[Node]], settings: Settings, rate: float, seed: int
    ):
        self.workspace, self.library, self.settings = workspace, library, settings
        self._played: tuple[Mapping[str, type[Node]], Mapping[str, str]] = (library, {})  # and the texts
        self._playing: Composition | None = None
        self._offered: Mapping[str, type[Node]] | None = None  # node types for the next change
        self.rate, self.seed = rate, seed
        self.quantize = _quantize(settings)
        self.stems: list[str] = []  # tracks that are heard apart as well
        self.moved: Mapping[str, MovedParameter] = {}
        """Parameters that are moved from outside, by key; exchanged as a whole."""
        self.documents: dict[Path, Document] = {}
        self._texts: dict[Path, str] = {}
        self._read: dict[str, str] = {}  # the last texts, those that cannot be understood too
        self._models = Cache()
        self._samples = SampleCache(settings.SAMPLE_MB)
        self._prepared: dict[tuple[Any, ...], dict[str, Array]] = {}
        self._used: set[tuple[Any, ...]] = set()

    @property
    def playing(self) -> Composition | None:
        """What was composed of what plays."""
        return self._playing

    def configure(self, settings: Settings) -> None:
        """Compose with other settings from now on; raises Problems."""
        self.quantize, self.settings, self.seed = _quantize(settings), settings, settings.SEED
        self._samples.limit_mb = settings.SAMPLE_MB

    def offer(self, library: Mapping[str, type[Node]]) -> None:
        """Compose with these node types from the next change on, or from when they fit."""
        self._offered = library

    def take_offered_types(self) -> None:
        """Compose with the newest node types, though they may not have fit before."""
        if self._offered is not None:
            self.library, self._offered = self._offered, None

    def fall_back(self) -> bool:
        """Compose with the node types that play; whether there are texts that did not play with them."""
        library, texts = self._played
        if self.library is library:
            return False
        self._offered = self._offered or self.library
        self.library = library
        return self._read != texts

    def committed(self, composition: Composition) -> None:
        """What was composed plays."""
        self._played = (composition.library, composition.texts)
        self._playing = composition
        self._prepared = {key: value for key, value in self._prepared.items() if key in self._used}

    def file_texts(self) -> dict[str, str]:
        """What is in the files now, by name; raises OSError."""
        root = self.workspace.root
        return {path.relative_to(root).as_posix(): read_settled(path) for path in self.workspace.files}

    def sample_files(self) -> list[tuple[Path, tuple[int, int]]]:
        """The files of sound in use, each with the time of its change in ns and its size in bytes."""
        with self._samples.lock:
            return [(path, (time, size)) for path, time, size, _ in self._samples.samples]

    def read(self, given: Mapping[str, str] | None = None) -> tuple[Piece, list[Problem]]:
        """What is written in the files, and the problems of the entries that cannot be read.

        `given` are texts by name of the file, to be read instead of the files.
        """
        problems: list[Problem] = []
        documents: dict[Path, Document] = {}
        texts: dict[Path, str] = {}
        root = self.workspace.root
        self._read = {}
        for path in self.workspace.files if given is None else [root / name for name in given]:
            name = path.relative_to(root).as_posix()
            known = self.documents.get(path)
            try:
                texts[path] = self._read[name] = read_settled(path) if given is None else given[name]
                if known is None or texts[path] != self._texts.get(path):
                    known = read_document(texts[path], name, known)
                documents[path] = known
            except DocumentProblems as found:
                problems += found.problems
                documents[path] = found.document
                del texts[path]  # its problems are found anew with every read
            except Problems as found:
                problems += found.problems
            except OSError as error:
                problems.append(Problem(f"cannot be read: {error.strerror or error}", Mark(name, 1, 1)))
        self.documents, self._texts = documents, texts
        return read_piece(documents.values(), self.library, self._models), problems

    def tracks(self, sounds: Sounds, given: Mapping[str, str] | None = None) -> list[str]:
        """Names of the tracks of some sounds, in the files or in the texts `given`; raises Problems."""
        return lowering.tracks(build_tree(self.read(given)[0], sounds, self.settings.BPM)[0])

    def choose(self, chosen: Callable[[Piece], Sounds]) -> Sounds:
        """The sounds that `chosen` finds in the piece; what cannot be read comes before what cannot be found."""
        piece, problems = self.read()
        try:
            return chosen(piece)
        except Problems:
            if problems:
                raise Problems(problems) from None
            raise

    def compose(
        self,
        sounds: Sounds,
        waits: Callable[[float], object] = time.sleep,
        given: Mapping[str, str] | None = None,
    ) -> Composition:
        """The graph of some sounds as the files are now, or as the texts `given` by name say; raises Problems.

        What is wrong in entries that do not play is no obstacle. A file without the sounds may be half written, so it
        gets a quarter of a second to become whole.
        """
        piece, problems = self.read() if given is None else self.read(given)
        if given is None and any(name not in piece.sounds for name, _ in sounds):
            waits(PATIENCE)
            piece, problems = self.read()
        try:
            written, wrong = read_file_settings(piece.settings)
            if wrong:
                raise Problems(finding.problem() for finding in wrong)
            own = self.settings
            with problems_of_types(self.library):
                root, found = build_tree(piece, sounds, own.BPM, own.STEP_LENGTH, own.RAND_HOLD)
        except Problems as error:
            raise Problems(problems or error.problems) from None
        moved = insert_moved(root, self.moved)
        graph = self._lowered(root)
        if renamed := self._renamed(moved, graph):
            moved = insert_moved(root, {**moved.held, **renamed})
            graph = self._lowered(root)
        made = Composition(graph, root, [*problems, *found], written, self._read, moved=moved.held)
        made = replace(made, library=self.library, settings=self.settings, given_up=moved.given_up)
        return replace(made, sounds=sounds, piece=piece)

    def _renamed(self, moved: Insertion, graph: Graph) -> dict[str, MovedParameter]:
        """Moved parameters of nodes that play under other IDs in the next graph, by their keys there."""
        playing = self._playing
        missing = [parameter for parameter in moved.missing if playing and parameter.key in playing.moved]
        if not missing or not playing:
            return {}
        present = {old: new for new, old in match_nodes(playing.graph, graph).items()}
        renamed = [replace(one, node=present[one.node]) for one in missing if one.node in present]
        return {parameter.key: parameter for parameter in renamed}

    def with_moved(self) -> Composition | None:
        """What plays, with parameters that are moved now; None when nothing plays."""
        playing = self._playing
        if not playing:
            return None
        tree = slow_fades.without_finished(FadingTree(playing.root, playing.passages))
        moved = insert_moved(tree.root, self.moved)
        return replace(self._with(playing, tree), moved=moved.held, given_up=())

    def passing(self, composition: Composition, over: Callable[[str], bool]) -> Composition:
        """With what comes and goes slowly, upon what plays; `over` tells whether a passage is, by its ID."""
        before = self._playing
        if not before or not (before.passages or slow_fades.any_slow_fade(before.root, composition.root)):
            return composition
        followed = match_nodes(before.graph, composition.graph, but=before.graph.leaving)
        playing = slow_fades.fading_tree(before.root, before.passages, over)
        tree = slow_fades.add_slow_fades(playing, composition.root, followed, self._is_playable)
        return self._with(composition, tree) if tree.parts else composition

    def has_gone(self, over: Callable[[str], bool]) -> bool:
        """Whether any part of what plays has come or gone."""
        return self._playing is not None and any(over(one.fade.id) for one in self._playing.passages.values())

    def settled(self, over: Callable[[str], bool]) -> Composition | None:
        """What plays without the passages that are over; None when none is."""
        playing = self._playing
        if not playing or not self.has_gone(over):
            return None
        tree = slow_fades.fading_tree(playing.root, playing.passages, over)
        return self._with(playing, slow_fades.without_finished(tree))

    def _with(self, composition: Composition, tree: FadingTree) -> Composition:
        graph = self._lowered(tree.root)
        graph.leaving = slow_fades.fading_out(tree)
        return replace(composition, graph=graph, root=tree.root, passages=tree.parts)

    def _lowered(self, root: TreeNode) -> Graph:
        """The rows of a tree."""
        self._used = set()
        with problems_of_types(self.library):
            widen(root, self._channels)
            return lowering.lower(
                root,
                channels=self.settings.CHANNELS,
                rate=self.rate,
                seed=self.seed,
                prepare=self._prepare,
                stems=self.stems,
            )

    def _is_playable(self, node: TreeNode) -> bool:
        """Whether the files of a node are there."""
        try:
            return self._channels(node) > 0
        except Problems:
            return False

    def _channels(self, node: TreeNode) -> int:
        """How many channels the files of a node have."""
        if not signature.parameters(node.kind, File):
            return 1
        arrays = self._prepare(node, KnownParameters(node))
        return max((array.shape[0] for array in arrays.values() if array.ndim == 2), default=1)

    def _prepare(self, node: TreeNode, constants: KnownParameters) -> dict[str, Array]:
        """The arrays of a node; the same settings and files give the same arrays."""
        files: list[Sample] = []
        for name in signature.parameters(node.kind, File):
            text = node.settings.get(name)
            if text is not None:
                samples = self._load(node, name, text)
                setattr(constants, name, [sample.data for sample in samples])
                files += samples
        key = (node.kind, frozen(node.settings), tuple(files))
        self._used.add(key)
        if key not in self._prepared:
            try:
                self._prepared[key] = prepared_arrays(node.kind, constants, self.rate)
            except ValueError as error:
                raise Problems(Problem(str(error), node.mark, node.path)) from None
        return self._prepared[key]

    def _load(self, node: TreeNode, name: str, text: str) -> list[Sample]:
        try:
            path = safe_path(self.workspace, text, self.settings.SAMPLE_FOLDERS)
            files = list_folder(path) if path.is_dir() else [path]
            return [self._samples.load(file, int(self.rate)) for file in files]
        except ValueError as error:
            raise Problems(self._at(node, name, str(error))) from None

    def located(self, problem: Problem) -> Problem:
        """A problem with its line, where only its place is known."""
        if problem.mark is None or problem.source:
            return problem
        for document in self.documents.values():
            for entry in document.entries.values() if document.name == problem.mark.file else ():
                return problem.at(problem.mark, entry.source(problem.mark))
        return problem

    def _at(self, node: TreeNode, name: str, sentence: str) -> Problem:
        """A problem at the value of a parameter."""
        sound, *steps = node.path.split(".")
        for document in self.documents.values():
            if entry := document.entries.get(sound):
                mark = entry.mark((*steps, name))
                return Problem(sentence, mark, f"{node.path}.{name}", source=entry.source(mark))
        return Problem(sentence, node.mark, node.path)


def _quantize(settings: Settings) -> Quantize:
    try:
        return read_quantize(settings.AT)
    except ValueError as error:
        raise Problems(Problem(str(error), Mark("config.py", 1, 1), "AT")) from None
