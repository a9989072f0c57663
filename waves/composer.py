"""From the files of a workspace to a graph, keeping what did not change between saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from waves import graph, layout
from waves.document import Document, read_document
from waves.graph import Constants, Graph
from waves.node import File, Node
from waves.piece import Cache
from waves.problem import Mark, Problem, Problems
from waves.samples import Sample, SampleCache, list_folder
from waves.settings import Settings
from waves.sounds import build_sound
from waves.sources import TreeNode
from waves.watch import read_settled
from waves.workspace import Workspace, find_workspace, safe_path

Array = np.ndarray[Any, Any]
Sounds = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Composition:
    """What plays next: the graph, the tree it was made of, and what is doubtful about it."""

    graph: Graph
    root: TreeNode
    warnings: list[Problem]


class Composer:
    """Reads the files of a workspace for an engine of `rate` and `channels`."""

    def __init__(
        self, workspace: Workspace, library: Mapping[str, type[Node]], settings: Settings, rate: float, seed: int
    ):
        self.workspace, self.library, self.settings = workspace, library, settings
        self.rate, self.seed = rate, seed
        self.documents: dict[Path, Document] = {}
        self._texts: dict[Path, str] = {}
        self._models = Cache()
        self._samples = SampleCache(settings.SAMPLE_MB)
        self._prepared: dict[tuple[Any, ...], dict[str, Array]] = {}
        self._used: set[tuple[Any, ...]] = set()

    def read(self) -> list[Document]:
        """The documents of the workspace; raises Problems, those of all files."""
        problems: list[Problem] = []
        found: dict[Path, Document] = {}
        for path in find_workspace(self.workspace.root).files:
            try:
                text = read_settled(path)
                known = self.documents.get(path)
                if known is None or text != self._texts.get(path):
                    known = read_document(text, path.relative_to(self.workspace.root).as_posix(), known)
                found[path], self._texts[path] = known, text
            except OSError as error:
                problems.append(Problem(f"cannot be read: {error.strerror or error}", Mark(path.name, 1, 1)))
            except Problems as error:
                problems += error.problems
        if problems:
            raise Problems(problems)
        self.documents = found
        return list(found.values())

    def compose(self, sounds: Sounds) -> Composition:
        """The graph of some sounds as the files are now; raises Problems."""
        documents = self.read()
        root, warnings = build_sound(sounds, self.library, documents, self.settings.BPM, self._models)
        self._used = set()
        made = graph.lower(
            root, channels=self.settings.CHANNELS, rate=self.rate, seed=self.seed, prepare=self._prepare
        )
        self._prepared = {key: value for key, value in self._prepared.items() if key in self._used}
        return Composition(made, root, warnings)

    def _prepare(self, node: TreeNode, constants: Constants) -> dict[str, Array]:
        """The arrays of a node; the same settings and files give the same arrays."""
        files: list[Sample] = []
        for name in layout.parameters(node.kind, File):
            text = node.settings.get(name)
            if text is not None:
                samples = self._load(node, name, text)
                setattr(constants, name, [sample.data for sample in samples])
                files += samples
        key = (node.kind, graph.frozen(node.settings), tuple(files))
        self._used.add(key)
        if key not in self._prepared:
            try:
                self._prepared[key] = node.kind.prepare(constants, self.rate)
            except ValueError as error:
                raise Problems(Problem(str(error), node.mark, node.path)) from None
        return self._prepared[key]

    def _load(self, node: TreeNode, name: str, text: str) -> list[Sample]:
        try:
            path = safe_path(self.workspace, text, self.settings.SAMPLE_FOLDERS)
            files = list_folder(path) if path.is_dir() else [path]
            return [self._samples.load(file, int(self.rate)) for file in files]
        except ValueError as error:
            raise Problems(Problem(str(error), node.mark, f"{node.path}.{name}")) from None
