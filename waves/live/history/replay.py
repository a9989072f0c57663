"""Replays a session from its log: the same engine without a device, every commit and input event in its block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.forgetting import everything, nothing, sounds_on
from waves.engine.plan.plan import MissingKernels, Plan, build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.state.state_registry import Registry
from waves.language.build.moving.moved_parameters import moved_from_data, switches_from_data
from waves.live.history.log_entries import StatePosition, check_entry
from waves.live.history.log_reader import Entry, RecordedSession
from waves.live.history.session_log import source_files
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.settings import Settings
from waves.node import BLOCK, Node
from waves.node_types.builtin.moved_value import ValueCell
from waves.node_types.library import library
from waves.node_types.library.module_loader import Loaded, SourceFile
from waves.node_types.process.node_python import tried_first
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]


def load_sources(sources: Mapping[str, SourceFile], before: Mapping[str, Loaded]) -> library.Library:
    """Load node types from recorded texts, which runs them; those in `before` with the same text stay.

    Raises Problems.
    """
    folders = {
        library.folder_package(source.name): Path(source.file).parents[source.name.count(".") - 1]
        for source in sources.values()
        if not source.name.startswith("waves.")
    }
    packages = [library.open_folder(folder, package) for package, folder in folders.items()]
    loaded = library.load_types(sources, {**library.loaded_in(packages), **before}, tried_first(sources))
    if loaded.problems:
        raise Problems(loaded.problems)
    return loaded


def node_types_differ(log: RecordedSession, types: Mapping[str, type[Node]]) -> bool:
    """Whether the session played node types with other texts than these."""
    now = {name: source.text for name, source in source_files(types).items()}
    return any(now.get(name) != source.text for commit in log.commits for name, source in log.sources(commit).items())


def allowed_settings(log: RecordedSession, commit: Entry, own: Settings) -> Settings:
    """Settings of a commit, with the sample folders of `own` where somebody else wrote the log. Raises Problems."""
    settings = log.settings_of(commit)
    return settings if log.is_own else settings.model_copy(update={"SAMPLE_FOLDERS": own.SAMPLE_FOLDERS})


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
        self._cells = dict(composer.cells)  # and those of moved parameters, by their names in the log
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
        if entry.get("settings") is not None:
            settings = allowed_settings(self.log, entry, self.composer.settings)
            self.composer.configure(settings)
            self.registry.limit_parking(settings.PARKING_MB, settings.PARKING_NODES)
        if self.trusted and (sources := self.log.sources(entry)):
            self.composer.library = self._types(sources)
        resumes = self.log.header["state"] if playing is None else None
        state = self.log.snapshot(resumes) if resumes else None
        if state:
            check_entry(StatePosition, state.about, f"the state '{resumes}'")
        if entry.get("texts") is not None:
            self._composition = self._compose(entry)
            graph = state.with_seeds(self._composition.graph) if state else self._composition.graph
        else:
            assert playing
            graph, forget = playing.graph, sounds_on
        while self.registry.clears < int(entry.get("clears", 0)):
            self.registry.clear()
        if name := entry.get("parked"):
            self._parked(name).park(self.registry, playing, graph)
        fade, restart, clock = int(entry["fade"]), bool(entry["restart"]), int(entry["clock"])

        def build() -> Plan:
            return build_plan(graph, playing, self.registry, self.addresses, fade, forget, restart=restart, at=clock)

        try:
            plan = build()
        except MissingKernels as found:
            self.compiler.compile(found.kernels)
            plan = build()
        if state:
            state.restore(plan)
            self.resume_at(state.about["clock"], state.about["level"], state.limiter)
        self.offer(plan)
        self._offered = plan

    def _parked(self, name: str) -> Snapshot:
        """The state of a version that came back. Raises Problems, which say how far the session can be replayed."""
        try:
            return self.log.snapshot(name)
        except Problems as error:
            part = f"the part before {self._position / self.rate:.3f} s can be replayed (--to)"
            raise Problems(replace(one, sentence=f"{one.sentence}; {part}") for one in error.problems) from None

    def _compose(self, entry: Entry) -> Composition:
        """Compose the texts of a commit upon what plays."""
        self.composer.moved = moved_from_data(entry.get("moved", ()), self._cells)
        self.composer.switches = switches_from_data(entry.get("switches", ()))
        self.composer.arrays.recorded = self.log.files_of(entry)
        self.composer.arrays.recorded_pitches = self.log.pitches_of(entry)
        self.composer.pattern_files.recorded = self.log.python(entry)
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
