"""Reads the files of a piece, and keeps what did not change since the last read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from waves.language.model.harmony.tunings import SCALA
from waves.language.model.piece import Cache, Piece, read_piece
from waves.language.model.sound_arguments import NO_SOUND
from waves.language.text.document import Document, DocumentProblems, read_document
from waves.language.tree.tree_node import TreeNode
from waves.live.workspace.settled_files import Stamp, read_early, read_settled, stamp_of
from waves.live.workspace.workspace import Workspace
from waves.node import Node
from waves.problem import Mark, Problem, Problems, reason_of
from waves.python_patterns.pattern_reader import PatternReader

MOST_SCALA_FILES = 256  # in a folder
LARGEST_SCALA_FILE = 65_536  # bytes
FEW = 3  # lines of a file that are no half of it


class PieceReader:
    """Documents and checked models of the files of a workspace; an entry whose text is the same keeps its model.

    `documents` are those of the last read, by path; `texts` what stood in the files then, by name of the file, also
    where it cannot be understood. One thread at a time: the build thread while a piece plays.
    """

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.documents: dict[Path, Document] = {}
        self.texts: dict[str, str] = {}
        self.stamps: dict[Path, Stamp] = {}
        """The stamps of the files of the last read, from before they were read."""
        self._read: dict[Path, tuple[str, list[Problem]]] = {}  # texts of `documents`, and their problems
        self._models = Cache()
        self.pattern_files = PatternReader(workspace.root, workspace.trusted)
        """The files of patterns in Python."""
        self._early: dict[Path, str] = {}  # texts of files that had not rested when they were read
        self._given = False  # the texts of the last read are not those of files
        self._piece: tuple[object, Piece, object] | None = None  # the last, after what it was made of

    def file_texts(self) -> dict[str, str]:
        """The texts of the files now, by name of the file, without reading them as a piece. Raises OSError."""
        return {self._name(path): read_settled(self.workspace.allowed(path)) for path in self.workspace.files()}

    def read(
        self,
        library: Mapping[str, type[Node]],
        texts: Mapping[str, str] | None = None,
        early: bool = False,
        seed: int = 0,
        samples: frozenset[str] = frozenset(),
    ) -> tuple[Piece, list[Problem]]:
        """The piece in the files, or in `texts` by name of the file; and the problems of entries that are left out.

        `early`: files are read as they are now, though more may be written; `was_complete` says later whether they were
        whole. `seed`: what patterns draw begins with it. `samples`: as for `read_piece`.
        """
        problems: list[Problem] = []
        documents: dict[Path, Document] = {}
        read: dict[Path, tuple[str, list[Problem]]] = {}
        self.texts, self.stamps, self._early, self._given = {}, {}, {}, texts is not None
        paths = self.workspace.files() if texts is None else [self.workspace.root / name for name in texts]
        for path in paths:
            name, known = self._name(path), self.documents.get(path)
            try:
                text = self.texts[name] = self._text(path, early) if texts is None else texts[name]
                before, wrong = self._read.get(path, (None, []))
                if known is None or text != before:
                    known, wrong = _document(text, name, known)
                documents[path], read[path] = known, (text, wrong)
                problems += wrong
            except Problems as error:
                problems += error.problems
            except OSError as error:
                lost = isinstance(error, FileNotFoundError | IsADirectoryError)
                way = self.workspace.way_back() if lost else ""
                problems.append(Problem(f"cannot be read: {reason_of(error)}{way}", Mark(name, 1, 1)))
        self.documents, self._read = documents, read
        python = self.pattern_files.read(partial(self._text, early=early), seed)
        scala = scala_texts(self.workspace)
        made_of = dict(library), seed, scala, id(python), samples, [*map(id, documents.values())]
        if self._piece is None or self._piece[0] != made_of:
            piece = read_piece(documents.values(), library, self._models, seed, scala, python, samples)
            self._piece = made_of, piece, (python, [*documents.values()])  # which keep their IDs
        return self._piece[1], [*problems, *python.problems]

    def cut_off(self, before: Mapping[str, str]) -> list[Problem]:
        """A problem at the end of each file of the last read whose text before began in the same way, and went on.

        Of a few lines nothing is said.
        """
        found = []
        for name, text in self.texts.items() if not self._given else ():
            lines = text.rstrip().splitlines()
            if len(lines) > FEW and before.get(name, "").startswith(text) and before[name].rstrip() != text.rstrip():
                mark = Mark(name, len(lines), max(len(lines[-1]), 1))
                sentence = "the file ends here, where the version that plays goes on: perhaps half of it was saved"
                found.append(Problem(f"{sentence}{self.workspace.way_back()}", mark, source=lines[-1]))
        return found

    def was_complete(self) -> bool:
        """Whether the files of the last read were whole: it waits until they have rested, and looks at them again."""
        early, self._early = self._early, {}
        try:
            return all(read_settled(path) == text for path, text in early.items())
        except OSError:
            return False

    def _text(self, path: Path, early: bool) -> str:
        allowed = self.workspace.allowed(path)
        self.stamps[path] = stamp_of(allowed)
        if not early:
            return read_settled(allowed)
        text, rested = read_early(allowed)
        if not rested:
            self._early[allowed] = text
        return text

    def located(self, problem: Problem) -> Problem:
        """The problem with the line of the file that it marks."""
        if problem.mark is None or problem.source:
            return problem
        for document in self.documents.values():
            for entry in document.entries.values() if document.name == problem.mark.file else ():
                return problem.at(problem.mark, entry.source(problem.mark))
        return problem

    def problem_at(self, node: TreeNode, parameter: str, sentence: str) -> Problem:
        """A problem at the value of a parameter of a node."""
        sound, *steps = node.path.split(".")
        for document in self.documents.values():
            if entry := document.entries.get(sound):
                mark = entry.mark((*(int(step) if step.isdecimal() else step for step in steps), parameter))
                return Problem(sentence, mark, f"{node.path}.{parameter}", source=entry.source(mark))
        return Problem(sentence, node.mark, node.path)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.workspace.root).as_posix()


def scala_texts(workspace: Workspace) -> dict[str, str]:
    """The texts of the Scala files of a piece, beside `waves.yaml` and in `tunings/`, by their names; those that can be
    read.
    """
    found: dict[str, str] = {}
    for folder in (workspace.root, workspace.root / "tunings"):
        for path in sorted(folder.glob(f"*{SCALA}"))[:MOST_SCALA_FILES]:
            try:
                if workspace.allowed(path).is_file():
                    with path.open("rb") as file:
                        content = file.read(LARGEST_SCALA_FILE + 1)
                    if len(content) <= LARGEST_SCALA_FILE:
                        found.setdefault(path.name, content.decode("utf-8", "replace"))
            except OSError:
                continue
    return found


def no_sound(workspace: Workspace, names: Iterable[str]) -> list[Problem]:
    """The problem of a piece without any sound in its files, which have these names."""
    return [Problem(NO_SOUND + workspace.way_back(), Mark(next(iter(names), "waves.yaml"), 1, 1))]


def _document(text: str, name: str, known: Document | None) -> tuple[Document, list[Problem]]:
    """The document of a text, and its problems. Raises Problems for a file that is too large."""
    try:
        return read_document(text, name, known), []
    except DocumentProblems as error:
        return error.document, list(error.problems)


def still_written(problems: Iterable[Problem], played: Mapping[str, str], files: Mapping[str, str]) -> list[Problem]:
    """Problems of the texts `played`, by name of the file, whose line says the same in the texts of the `files`."""

    def line(texts: Mapping[str, str], mark: Mark) -> str:
        return "".join(texts.get(mark.file, "").splitlines()[mark.line - 1 : mark.line])

    return [one for one in problems if one.mark is None or line(played, one.mark) == line(files, one.mark)]
