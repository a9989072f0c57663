"""Renders a session again from its log: the same engine without a device, every commit on its frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from waves.compiler import Compiler
from waves.composer import Composer, Sounds
from waves.engine import Engine
from waves.graph import Graph
from waves.journal import SCHEMA, file_hash
from waves.kernels import missing
from waves.layout import BLOCK
from waves.linefile import LineFile, read_lines
from waves.plan import Plan, build_plan, needed
from waves.problem import Problem, Problems
from waves.registry import Registry
from waves.session import everything, nothing, sounds_on
from waves.settings import Settings
from waves.snapshots import read

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """What a session played: `header` says on what, `heard` how many frames."""

    path: Path
    header: Mapping[str, Any]
    commits: Sequence[Mapping[str, Any]]
    turns: Sequence[Mapping[str, Any]]
    samples: Mapping[str, frozenset[str]]  # hashes that each file of sound had
    heard: int
    file: LineFile

    @property
    def settings(self) -> Settings:
        """Those of the beginning."""
        return Settings(**self.commits[0]["settings"])

    @property
    def sounds(self) -> Sounds:
        return [(name, given) for name, given in self.header["sounds"]]

    def texts(self, commit: Mapping[str, Any]) -> dict[str, str]:
        """The texts of a commit by name of the file; raises Problems."""
        try:
            return self.file.texts_of(commit)
        except KeyError:
            raise Problems(Problem(f"'{self.path.name}' lacks a text that was played")) from None

    @property
    def nodes(self) -> list[Mapping[str, Any]]:
        """The node types of the workspace itself, whenever they changed."""
        return [entry for entry in self.file.entries if "nodes" in entry]


def read_log(path: Path) -> Log:
    """A log as it is now, that of a session which still plays too; raises Problems."""
    try:
        file = read_lines(path)
    except OSError as error:
        raise Problems(Problem(f"'{path}' cannot be read: {error.strerror}")) from None
    header = file.entries[0] if file.entries else {}
    if header.get("session") != SCHEMA:
        known = "session" in header
        sentence = "is of another version of waves" if known else "is not the log of a session"
        raise Problems(Problem(f"'{path.name}' {sentence}"))
    entries = file.entries[1:]
    commits = [entry for entry in entries if "commit" in entry]
    if not commits:
        raise Problems(Problem(f"'{path.name}' has no sound: nothing was played"))
    turns = sorted((entry for entry in entries if "turn" in entry), key=lambda entry: int(entry["turn"]))
    samples: dict[str, frozenset[str]] = {}
    for entry in entries:
        if "sample" in entry:
            samples[entry["sample"]] = samples.get(entry["sample"], frozenset()) | {entry["hash"]}
    heard = max((int(entry["heard"]) for entry in entries if "heard" in entry), default=0)
    return Log(path, header, commits, turns, samples, heard, file)


def changed_samples(log: Log, root: Path) -> list[Problem]:
    """What is no longer as it was heard: files of sound that changed or are gone."""
    found = []
    for name, hashes in log.samples.items():
        try:
            same = hashes == {file_hash(root / name)}
        except OSError:
            same = False
        if not same:
            sentence = f"'{name}' is not what it was in this session: the replay may differ from there"
            found.append(Problem(sentence, level="warning"))
    return found


class ReplayEngine(Engine):
    """An engine that does by itself what was done in a session, block for block; `stems` are names of tracks."""

    def __init__(self, log: Log, composer: Composer, compiler: Compiler):
        header = log.header
        super().__init__(
            header["rate"], header["channels"], header["limiting"], stems=2 * len(composer.stems)
        )
        self.log, self.composer, self.compiler = log, composer, compiler
        settings = log.settings
        self.registry = Registry(settings.PARKING_MB * 1e6, settings.PARKING_NODES)
        self._position = 0  # frames of the stream
        self._offered: Plan | None = None
        self._graph: Graph | None = None
        self._doings = self._in_order()
        self._next: tuple[int, Mapping[str, Any]] | None = next(self._doings, None)

    def render(self, frames: int) -> Array:
        """The next frames; what was done in their blocks is done before each."""
        parts = []
        while frames > 0:
            if self._position % BLOCK == 0:
                while self._next and self._next[0] <= self._position:
                    self._do(self._next[1])
                    self._next = next(self._doings, None)
            count = min(frames, self._next[0] - self._position) if self._next else frames
            parts.append(super().render(count))
            self._position += count
            frames -= count
            self._taken()
        return np.concatenate(parts) if parts else np.empty((0, self.channels))

    def _in_order(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        doings = [(int(turn["turn"]), turn) for turn in self.log.turns]
        doings += [(int(commit["frame"]), commit) for commit in self.log.commits]
        yield from sorted(doings, key=lambda doing: doing[0])

    def _do(self, entry: Mapping[str, Any]) -> None:
        if "turn" in entry:
            for name in ("gain", "ramp", "paused"):
                self.mail[name] = entry[name]
            return
        playing = self.playing
        if entry.get("settings") and playing:
            self.composer.settings = Settings(**entry["settings"])
        forget = everything if entry["restart"] else nothing
        if "texts" in entry:
            composition = self.composer.compose(self.log.sounds, given=self.log.texts(entry))
            self._graph = composition.graph
        else:
            forget = sounds_on
        assert self._graph
        if todo := missing(needed(self._graph)):
            self.compiler.compile(todo)
        if lent := entry.get("lent"):
            read(self.log.path.with_suffix("") / lent).lend(self.registry, playing, self._graph)
        plan = build_plan(
            self._graph,
            playing,
            self.registry,
            self.bus,
            int(entry["fade"]),
            forget,
            restart=entry["restart"],
            at=int(entry["at"]),
        )
        if playing is None and self.log.header["state"]:
            state = read(self.log.path.with_suffix("") / self.log.header["state"])
            state.restore(plan)
            self.go_on(state.about["clock"], state.about["level"], state.limiter)
        self.offer(plan)
        self._offered = plan

    def _taken(self) -> None:
        """The plan that was offered must be the one that plays now."""
        plan, self._offered = self._offered, None
        if plan is None:
            return
        if self.playing is not plan:
            seconds = self._position / self.rate
            raise Problems(Problem(f"the replay went another way than the session at {seconds:.3f} s"))
        self.registry.committed(plan.states, plan.memories)
        plan.parent = None
