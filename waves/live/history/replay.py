"""Renders a session again from its log: the same engine without a device, every commit on its frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import missing
from waves.engine.plan.forgetting import everything, nothing, sounds_on
from waves.engine.plan.plan import Plan, build_plan, needed_kernels
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.language.build.moved_parameters import unpacked
from waves.live.history.json_lines import JsonLines, read_json_lines
from waves.live.history.session_log import SCHEMA, file_hash, sources_of
from waves.live.history.snapshot_file import read
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.live.workspace.settings import Settings
from waves.node import BLOCK, Node
from waves.node_types.builtin.moved_value import ValueCell
from waves.node_types.library import library
from waves.node_types.library.module_loader import Loaded, Source
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSession:
    """What a session played: `header` says on what, `frames` how many frames."""

    path: Path
    header: Mapping[str, Any]
    commits: Sequence[Mapping[str, Any]]
    inputs: Sequence[Mapping[str, Any]]
    samples: Mapping[str, frozenset[str]]  # hashes that each file of sound had
    frames: int
    file: JsonLines

    @property
    def settings(self) -> Settings:
        """Those of the beginning."""
        return Settings(**self.commits[0]["settings"])

    def sounds(self, commit: Mapping[str, Any]) -> Sounds:
        """The sounds of a commit, each with its parameters."""
        return [(name, given) for name, given in commit.get("sounds", self.header["sounds"])]

    def texts(self, commit: Mapping[str, Any]) -> dict[str, str]:
        """The texts of a commit by name of the file; raises Problems."""
        try:
            return self.file.texts_of(commit)
        except KeyError:
            raise Problems(Problem(f"'{self.path.name}' lacks a text that was played")) from None

    def sources(self, commit: Mapping[str, Any]) -> dict[str, Source]:
        """The texts of the node types of a commit, by the names of their modules; none: as before."""
        nodes = commit.get("nodes")
        if nodes is None:
            return {}
        return {name: Source(name, nodes["nodes"][name], text) for name, text in self.texts(nodes).items()}


def read_log(path: Path) -> RecordedSession:
    """A log as it is now, that of a session which still plays too; raises Problems."""
    try:
        file = read_json_lines(path)
    except OSError as error:
        raise Problems(Problem(f"'{path}' cannot be read: {error.strerror}")) from None
    header = file.entries[0] if file.entries else {}
    if header.get("session") != SCHEMA:
        known = "session" in header
        sentence = "is of another version of waves" if known else "is not the log of a session"
        raise Problems(Problem(f"'{path.name}' {sentence}"))
    entries = file.entries[1:]
    commits: list[dict[str, Any]] = []
    nodes: dict[str, Any] | None = None
    for entry in entries:
        if "nodes" in entry:
            nodes = entry
        elif "commit" in entry:
            commits.append({**entry, "nodes": nodes})
            nodes = None
    if not commits:
        raise Problems(Problem(f"'{path.name}' has no sound: nothing was played"))
    inputs = sorted((entry for entry in entries if "input" in entry), key=lambda entry: int(entry["input"]))
    samples: dict[str, frozenset[str]] = {}
    for entry in entries:
        if "sample" in entry:
            samples[entry["sample"]] = samples.get(entry["sample"], frozenset()) | {entry["hash"]}
    frames = max((int(entry["frames"]) for entry in entries if "frames" in entry), default=0)
    return RecordedSession(path, header, commits, inputs, samples, frames, file)


def changed_samples(log: RecordedSession, root: Path) -> list[Problem]:
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


def library_of(sources: Mapping[str, Source], before: Mapping[str, Loaded]) -> library.Library:
    """The node types of some texts, which run from here on; raises Problems."""
    for source in sources.values():
        if not source.name.startswith("waves."):
            depth = source.name.count(".")
            library.open_folder(Path(source.file).parents[depth - 1], library.folder_package(source.name))
    packages = {source.package for source in sources.values()}
    made = library.load_types(sources, {**library.loaded_in(packages), **before})
    if made.problems:
        raise Problems(made.problems)
    return made


def nodes_changed(log: RecordedSession, types: Mapping[str, type[Node]]) -> bool:
    """Whether other node types were played than those that are there now."""
    now = {name: source.text for name, source in sources_of(types).items()}
    return any(now.get(name) != source.text for commit in log.commits for name, source in log.sources(commit).items())


class ReplayEngine(Engine):
    """An engine that does by itself what was done in a session, block for block.

    `trusted`: node types may be made from the texts in the log.
    """

    def __init__(self, log: RecordedSession, composer: Composer, compiler: Compiler, trusted: bool = False):
        header = log.header
        super().__init__(header["rate"], header["channels"], header["limiting"], stems=2 * len(composer.stems))
        self.log, self.composer, self.compiler, self.trusted = log, composer, compiler, trusted
        self.registry = Registry()
        self._loaded: dict[str, Loaded] = {}
        self._cells: dict[str, ValueCell] = {}  # of parameters that were moved, by their names in the log
        self._position = 0  # frames of the stream
        self._offered: Plan | None = None
        self._composition: Composition | None = None  # of the plan that was offered
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
        doings = [(int(event["input"]), event) for event in self.log.inputs]
        doings += [(int(commit["frame"]), commit) for commit in self.log.commits]
        yield from sorted(doings, key=lambda doing: doing[0])

    def _do(self, entry: Mapping[str, Any]) -> None:
        if "input" in entry:
            self._send(entry)
            return
        playing = self.playing
        if entry.get("settings"):
            settings = Settings(**entry["settings"])
            self.composer.configure(settings)
            self.registry.parking_bytes = settings.PARKING_MB * 1e6
            self.registry.parking_nodes = settings.PARKING_NODES
        if self.trusted and (sources := self.log.sources(entry)):
            self.composer.library = self._types(sources)
        begins = playing is None and self.log.header["state"]
        state = read(self.log.path.with_suffix("") / self.log.header["state"]) if begins else None
        forget = everything if entry["restart"] else nothing
        if "texts" in entry:
            self.composer.moved = unpacked(entry.get("moved", ()), self._cells)
            composition = self.composer.compose(self.log.sounds(entry), given=self.log.texts(entry))
            if not entry["restart"]:
                going_on = entry.get("passages", ())
                composition = self.composer.with_slow_fades(composition, lambda passage: passage not in going_on)
            self._composition = composition
            graph = state.with_seeds(composition.graph) if state else composition.graph
        else:
            assert playing
            graph, forget = playing.graph, sounds_on
        if todo := missing(needed_kernels(graph)):
            self.compiler.compile(todo)
        if lent := entry.get("lent"):
            read(self.log.path.with_suffix("") / lent).park(self.registry, playing, graph)
        plan = build_plan(
            graph,
            playing,
            self.registry,
            self.bus,
            int(entry["fade"]),
            forget,
            restart=entry["restart"],
            at=int(entry["at"]),
        )
        if state:
            state.restore(plan)
            self.resume_at(state.about["clock"], state.about["level"], state.limiter)
        self.offer(plan)
        self._offered = plan

    def _send(self, entry: Mapping[str, Any]) -> None:
        """Send an input event of the log."""
        name, value = entry.get("target", ""), float(entry["value"])
        cell = self._cells.setdefault(name, ValueCell(name, value)) if name else None
        self.send(entry["kind"], value, cell.array if cell else None, name)

    def _types(self, sources: Mapping[str, Source]) -> dict[str, type[Node]]:
        """The node types of some texts; those whose text stays are the same."""
        made = library_of(sources, self._loaded)
        self._loaded = made.loaded
        kernel_cache.mark_untrusted(
            (kind for kind in made.types.values() if not library.is_shipped(kind)),
            self.composer.settings.CHECKED_NODES,
        )
        return made.types

    def _taken(self) -> None:
        """The plan that was offered must be the one that plays now."""
        plan, self._offered = self._offered, None
        if plan is None:
            return
        if self.playing is not plan:
            seconds = self._position / self.rate
            raise Problems(Problem(f"the replay went another way than the session at {seconds:.3f} s"))
        plan.commit_states(self.registry)
        plan.parent = None
        if self._composition:
            self.composer.committed(self._composition)
            self._composition = None
