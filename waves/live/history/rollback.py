"""Chooses the version to roll back to when a node does not return: the newest in the logs that may be without it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from waves.engine.graph.diff import GHOST
from waves.engine.graph.graph import Graph, Row
from waves.live.history.log_reader import read_log
from waves.live.kept.text_store import text_hash
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Sounds
from waves.node_types.library.library import origin
from waves.node_types.library.module_loader import SourceFile
from waves.problem import Problems

MAX_VERSIONS = 50  # that are considered


@dataclass(frozen=True, slots=True)
class PlayedTexts:
    """Texts of a piece and of node types, and the sounds of them that played."""

    texts: Mapping[str, str]
    """By name of the file."""
    sources: Mapping[str, SourceFile] = field(default_factory=dict)
    """Texts of the node types, by name of the module."""
    sounds: Sounds = ()
    """With their parameters."""

    @property
    def digest(self) -> str:
        """128 bits in hexadecimal, equal for equal texts and sounds; the texts that waves ships do not count."""
        own = [(name, source.text) for name, source in self.sources.items() if not name.startswith("waves.")]
        return text_hash(repr((sorted(self.texts.items()), sorted(own), list(self.sounds))))


def played_texts(logs: Sequence[Path]) -> Iterator[PlayedTexts]:
    """The versions that played in some sessions, the newest first, each once; `logs` are the newest first.

    Logs of other sounds or of another version of waves than the first one, and logs that cannot be read, are skipped.
    """
    seen: set[str] = set()
    first = None
    for path in logs:
        try:
            log = read_log(path)
            header = {name: log.header.get(name) for name in ("sounds", "waves")}
            first = first or header
            versions, sources = [], dict[str, SourceFile]()
            for commit in log.commits:
                sources = log.sources(commit) or sources
                if commit.get("texts") is not None:
                    versions.append(PlayedTexts(log.texts(commit), sources, log.sounds(commit)))
        except Problems:
            continue
        if header == first:
            for version in reversed(versions):
                if version.digest not in seen:
                    seen.add(version.digest)
                    yield version


def choose_rollback(
    versions: Iterator[PlayedTexts], hanging: Collection[str], contains: Callable[[PlayedTexts], bool]
) -> PlayedTexts | None:
    """The newest version without the node that does not return, else the newest other one; None when there is none.

    `versions`: the newest first; `hanging`: digests of versions that did not return, which are never chosen;
    `contains`: whether a version has that node as it is now.
    """
    others = [version for version in islice(versions, MAX_VERSIONS) if version.digest not in hanging]
    return next((version for version in others if not contains(version)), others[0] if others else None)


def contains_rows(composer: Composer, rows: Sequence[Row]) -> Callable[[PlayedTexts], bool]:
    """A test for `choose_rollback`: whether a version has the last of `rows` with the same code, settings and inputs.

    Each row is in the voice of the one before. A version that does not fit the node types of now counts as one that
    has it.
    """
    own = origin(rows[-1].kind) if rows else None

    def contains(version: PlayedTexts) -> bool:
        if own and any(version.sources.get(source.name) != source for source in own.sources()):
            return False
        try:
            row = _find(composer.compose(version.sounds, given=version.texts).graph, rows)
        except Problems:
            return True
        return row is not None and _written(row) == _written(rows[-1])

    return contains


def _find(graph: Graph, rows: Sequence[Row]) -> Row | None:
    """The row of a graph that has the keys of `rows`, voice by voice."""
    row = None
    for wanted in rows:
        row = graph.rows.get(wanted.key.removeprefix(GHOST))
        if row is None:
            return None
        graph = row.voice.graph if row.voice else Graph()
    return row


def _written(row: Row) -> str:
    """All that the file says of a row."""
    return repr((row.kind, row.settings, row.inputs, row.lists))
