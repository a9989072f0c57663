"""Replays a session from its log: the same engine without a device, every commit and input event in its block."""

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
from waves.engine.runtime.snapshot import Snapshot
from waves.language.build.moved_parameters import moved_from_data
from waves.live.history.json_lines import JsonLines, read_json_lines
from waves.live.history.session_log import SCHEMA, file_hash, source_files
from waves.live.history.snapshot_file import read_snapshot
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.live.workspace.settings import Settings
from waves.node import BLOCK, Node
from waves.node_types.builtin.moved_value import ValueCell
from waves.node_types.library import library
from waves.node_types.library.module_loader import Loaded, SourceFile
from waves.node_types.process.node_python import FIRST_LIMIT, node_python, own_sources, tried
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]
Entry = Mapping[str, Any]
"""An entry of the log, as the table in `session_log` says."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSession:
    """A log that was read."""

    path: Path
    header: Entry
    commits: Sequence[Entry]
    """Each with the entry of its node types under `nodes`, None where they are those of the commit before."""
    inputs: Sequence[Entry]
    """Input events in the order of their frames."""
    samples: Mapping[str, frozenset[str]]
    """Hashes that each sample file had, by its path in the workspace."""
    frames: int
    """Frames of the stream that the device got."""
    file: JsonLines

    @property
    def settings(self) -> Settings:
        """Settings of the first commit."""
        return Settings(**self.commits[0]["settings"])

    def sounds(self, commit: Entry) -> Sounds:
        """The sounds of a commit, with their parameters."""
        return [(name, parameters) for name, parameters in commit.get("sounds", self.header["sounds"])]

    def texts(self, entry: Entry) -> dict[str, str]:
        """The texts of an entry by name. Raises Problems when one is lost."""
        try:
            return self.file.texts_of(entry)
        except KeyError:
            raise Problems(Problem(f"'{self.path.name}' lacks a text that was played")) from None

    def sources(self, commit: Entry) -> dict[str, SourceFile]:
        """Texts of the node types of a commit by module, empty: as before. Raises Problems when one is lost."""
        nodes = commit.get("nodes")
        if nodes is None:
            return {}
        return {name: SourceFile(name, nodes["nodes"][name], text) for name, text in self.texts(nodes).items()}

    def snapshot(self, name: str) -> Snapshot:
        """A snapshot that belongs to the log. Raises Problems."""
        return read_snapshot(self.path.with_suffix("") / name)

    def in_order(self) -> Iterator[tuple[int, Entry]]:
        """Input events and commits with the frames of their blocks; of one block, input events come first."""
        events = [(int(event["input"]), event) for event in self.inputs]
        events += [(int(commit["frame"]), commit) for commit in self.commits]
        yield from sorted(events, key=lambda event: event[0])


def read_log(path: Path) -> RecordedSession:
    """Read a log, also while its session still plays. Raises Problems when it cannot be replayed."""
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
    """Warnings of sample files that changed or were removed since the session."""
    warnings = []
    for name, hashes in log.samples.items():
        try:
            same = hashes == {file_hash(root / name)}
        except OSError:
            same = False
        if not same:
            sentence = f"'{name}' is not what it was in this session: the replay may differ from there"
            warnings.append(Problem(sentence, level="warning"))
    return warnings


def load_sources(sources: Mapping[str, SourceFile], before: Mapping[str, Loaded]) -> library.Library:
    """Load node types from recorded texts, which runs them; those in `before` with the same text stay.

    Raises Problems.
    """
    for source in sources.values():
        if not source.name.startswith("waves."):
            depth = source.name.count(".")
            library.open_folder(Path(source.file).parents[depth - 1], library.folder_package(source.name))
    packages = {source.package for source in sources.values()}
    found = (
        tried(node_python(), own, FIRST_LIMIT) if (own := own_sources(sources)).keys() - library.SHARED.keys() else None
    )
    loaded = library.load_types(sources, {**library.loaded_in(packages), **before}, found)
    if loaded.problems:
        raise Problems(loaded.problems)
    return loaded


def node_types_differ(log: RecordedSession, types: Mapping[str, type[Node]]) -> bool:
    """Whether the session played node types with other texts than these."""
    now = {name: source.text for name, source in source_files(types).items()}
    return any(now.get(name) != source.text for commit in log.commits for name, source in log.sources(commit).items())


class ReplayEngine(Engine):
    """An engine that applies the commits and input events of a log by itself, each in the block of the session.

    `trusted`: node types may be loaded from the texts in the log. Main thread only; there is no device.
    """

    def __init__(self, log: RecordedSession, composer: Composer, compiler: Compiler, trusted: bool = False):
        header = log.header
        super().__init__(header["rate"], header["channels"], header["limiting"], stems=2 * len(composer.stems))
        self.log, self.composer, self.compiler, self.trusted = log, composer, compiler, trusted
        self.registry = Registry()
        self._loaded: dict[str, Loaded] = {}
        self._cells: dict[str, ValueCell] = {}  # of moved parameters, by their names in the log
        self._position = 0  # frames of the stream
        self._offered: Plan | None = None
        self._composition: Composition | None = None  # of the plan that was offered
        self._events = log.in_order()
        self._next = next(self._events, None)

    def render(self, frames: int) -> Array:
        """The next frames, float64, shape (frames, channels). Raises Problems."""
        parts = []
        while frames > 0:
            if self._position % BLOCK == 0:
                while self._next and self._next[0] <= self._position:
                    entry = self._next[1]
                    if "input" in entry:
                        self._send(entry)
                    else:
                        self._offer(entry)
                    self._next = next(self._events, None)
            count = min(frames, self._next[0] - self._position) if self._next else frames
            parts.append(super().render(count))
            self._position += count
            frames -= count
            self._committed()
        return np.concatenate(parts) if parts else np.empty((0, self.channels))

    def _send(self, entry: Entry) -> None:
        """Send an input event."""
        name, value = entry.get("target", ""), float(entry["value"])
        cell = self._cells.setdefault(name, ValueCell(name, value)) if name else None
        self.send(entry["kind"], value, cell.array if cell else None, name)

    def _offer(self, entry: Entry) -> None:
        """Build the plan of a commit as the session did, and offer it."""
        playing, forget = self.playing, everything if entry["restart"] else nothing
        if "settings" in entry:
            settings = Settings(**entry["settings"])
            self.composer.configure(settings)
            self.registry.limit_parking(settings.PARKING_MB, settings.PARKING_NODES)
        if self.trusted and (sources := self.log.sources(entry)):
            self.composer.library = self._types(sources)
        resumes = playing is None and self.log.header["state"]
        state = self.log.snapshot(self.log.header["state"]) if resumes else None
        if "texts" in entry:
            self._composition = self._compose(entry)
            graph = state.with_seeds(self._composition.graph) if state else self._composition.graph
        else:
            assert playing
            graph, forget = playing.graph, sounds_on
        if kernels := missing(needed_kernels(graph)):
            self.compiler.compile(kernels)
        while self.registry.clears < int(entry.get("clears", 0)):
            self.registry.clear()
        if name := entry.get("parked"):
            self.log.snapshot(name).park(self.registry, playing, graph)
        fade, restart, clock = int(entry["fade"]), bool(entry["restart"]), int(entry["clock"])
        plan = build_plan(graph, playing, self.registry, self.addresses, fade, forget, restart=restart, at=clock)
        if state:
            state.restore(plan)
            self.resume_at(state.about["clock"], state.about["level"], state.limiter)
        self.offer(plan)
        self._offered = plan

    def _compose(self, entry: Entry) -> Composition:
        """Compose the texts of a commit upon what plays."""
        self.composer.moved = moved_from_data(entry.get("moved", ()), self._cells)
        composition = self.composer.compose(self.log.sounds(entry), given=self.log.texts(entry))
        if entry["restart"]:
            return composition
        unfinished = entry.get("slow_fades", ())
        return self.composer.with_slow_fades(composition, lambda fade: fade not in unfinished)

    def _types(self, sources: Mapping[str, SourceFile]) -> dict[str, type[Node]]:
        """Node types from their texts; a type whose text stays is the same class."""
        loaded = load_sources(sources, self._loaded)
        self._loaded = loaded.loaded
        kernel_cache.mark_untrusted(
            (kind for kind in loaded.types.values() if not library.is_shipped(kind)),
            self.composer.settings.CHECKED_NODES,
        )
        return loaded.types

    def _committed(self) -> None:
        """Record that the plan that was offered plays. Raises Problems when it does not."""
        plan, self._offered = self._offered, None
        if plan is None:
            return
        if self.playing is not plan:
            seconds = self._position / self.rate
            raise Problems(Problem(f"the replay differs from the session at {seconds:.3f} s"))
        plan.commit_states(self.registry)
        plan.parent = None
        if self._composition:
            self.composer.committed(self._composition)
            self._composition = None
