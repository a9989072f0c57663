"""A check of node files that were saved: the types as they are made, until one of the files is saved again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waves.live.workspace.composer import Composer
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.library import Types
from waves.node_types.library.module_loader import SourceFile
from waves.problem import Problem

TOGETHER = 4  # types that are tried and compiled at a time
SOON = 0.5  # seconds


class DroppedError(Exception):
    """A file was saved again while it was checked: nothing more is told of its text before."""


@dataclass(slots=True, eq=False)
class Check:
    """A reload in progress: the files whose texts it checks, and whether it was dropped. Any thread."""

    files: frozenset[str] | None = None
    """Their paths; None until they are known, for all."""
    dropped: Future[None] = field(default_factory=Future)

    def is_about(self, saved: Iterable[Path]) -> bool:
        """Whether one of these files is checked in a text that it had before."""
        return any(self.files is None or str(file) in self.files for file in saved)

    @property
    def is_needed(self) -> bool:
        """Whether it was not dropped."""
        return not self.dropped.done()

    def go_on(self) -> None:
        """Raises DroppedError if it was dropped."""
        if not self.is_needed:
            raise DroppedError


def as_they_are_made(
    changed: Types, make: Callable[[type[Node]], list[Problem]], dropped: Future[None]
) -> Iterator[dict[str, list[Problem]]]:
    """The problems of types by name, as each is known: none where it is ready.

    Those that are known soon one after another come together. Raises DroppedError as soon as it is `dropped`.
    """
    threads = ThreadPoolExecutor(TOGETHER, thread_name_prefix="node types")
    try:
        waiting: dict[Future[Any], str] = {threads.submit(make, kind): name for name, kind in changed.items()}
        while waiting:
            done: set[Future[Any]] = wait([*waiting, dropped], return_when=FIRST_COMPLETED).done
            while (rest := waiting.keys() - done) and dropped not in done:
                more = wait([*rest, dropped], timeout=SOON, return_when=FIRST_COMPLETED).done
                if not more:
                    break
                done |= more
            if dropped in done:
                raise DroppedError
            yield {waiting.pop(future): future.result() for future in done if future is not dropped}
    finally:
        threads.shutdown(wait=not dropped.done(), cancel_futures=True)


def types_that_stay(composer: Composer) -> Types:
    """The types that play, where the piece does not use newer ones; else none."""
    playing = composer.playing
    return playing.library if playing and playing.library is composer.library else {}


def outdated(types: Types, staying: Types, sources: Mapping[str, SourceFile]) -> dict[str, type[Node]]:
    """Of types that play by name those of which newer ones were refused whose files have another text now."""
    found = {}
    for name, plays in staying.items():
        origin = library.origin(types.get(name, plays))
        is_newer = name in types and types[name] is not plays and library.origin(plays)
        if is_newer and origin and sources.get(origin.source.name) not in (None, origin.source):
            found[name] = plays
    return found
