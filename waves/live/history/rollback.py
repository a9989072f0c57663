"""Which version to go back to when a node does not come to an end: from the logs, the newest that may be without it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from waves.engine.graph.diff import GHOST
from waves.engine.graph.graph import Graph, Row
from waves.live.history.json_lines import text_hash
from waves.live.history.replay import read_log
from waves.live.workspace.composer import Composer, Sounds
from waves.node_types.library.library import origin
from waves.node_types.library.module_loader import Source
from waves.problem import Problems

MOST = 50  # versions that are looked at


@dataclass(frozen=True, slots=True)
class Version:
    """Texts of a piece by name of the file, and of its node types by name of the module, and the sounds that played."""

    texts: Mapping[str, str]
    sources: Mapping[str, Source] = field(default_factory=dict)
    sounds: Sounds = ()

    @property
    def mark(self) -> str:
        """What stands for these texts."""
        own = [(name, source.text) for name, source in self.sources.items() if not name.startswith("waves.")]
        return text_hash(repr((sorted(self.texts.items()), sorted(own), list(self.sounds))))


def played(logs: Sequence[Path]) -> Iterator[Version]:
    """What played in some sessions of the same sounds, from the end of the first log back; each version once."""
    seen: set[str] = set()
    first = None
    for path in logs:
        try:
            log = read_log(path)
            about = {name: log.header.get(name) for name in ("sounds", "waves")}
            first = first or about
            versions, sources = [], dict[str, Source]()
            for commit in log.commits:
                sources = log.sources(commit) or sources
                if "texts" in commit:
                    versions.append(Version(log.texts(commit), sources, log.sounds(commit)))
        except Problems:  # of a session that is lost, or of another version of waves
            continue
        if about == first:
            for version in reversed(versions):
                if version.mark not in seen:
                    seen.add(version.mark)
                    yield version


def last_good(versions: Iterator[Version], hung: Collection[str], holds: Callable[[Version], bool]) -> Version | None:
    """The newest version without what hangs, else the newest that is another; none that has hung.

    `versions` are the newest first, `hung` the marks of those that have, `holds` says whether one has what hangs in it
    as it is now.
    """
    others = [version for version in islice(versions, MOST) if version.mark not in hung]
    return next((version for version in others if not holds(version)), others[0] if others else None)


def holder(composer: Composer, rows: Sequence[Row]) -> Callable[[Version], bool]:
    """Whether a version has these rows, the last one in the voice of the one before, as they are now."""
    own = origin(rows[-1].kind) if rows else None

    def holds(version: Version) -> bool:
        if own and any(version.sources.get(source.name) != source for source in own.sources()):
            return False
        try:
            found = _find(composer.compose(version.sounds, given=version.texts).graph, rows)
        except Problems:  # it does not fit the node types that play now
            return True
        return found is not None and _written(found) == _written(rows[-1])

    return holds


def _find(graph: Graph, rows: Sequence[Row]) -> Row | None:
    row = None
    for one in rows:
        row = graph.rows.get(one.key.removeprefix(GHOST))
        if row is None:
            return None
        graph = row.voice.graph if row.voice else Graph()
    return row


def _written(row: Row) -> str:
    """What the file says of a row."""
    return repr((row.kind, row.settings, row.inputs, row.lists))
