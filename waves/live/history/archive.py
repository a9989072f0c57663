"""What was played: versions to go back to, the log of the session, and the state to go on from after a restart.

Whatever fails in here is said once, and never stops the sound.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, copy_at_commit, prepare_snapshot
from waves.events.changes import VersionChanged
from waves.events.event import Notify, title
from waves.events.trouble import Fault
from waves.language.build.moved_parameters import packed
from waves.live.history.resume_state import StateFile
from waves.live.history.session_log import SessionLog
from waves.live.history.versions import History
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.problem import Problems

LOOK = 0.2  # seconds between two looks at what the callback kept
FOLDER = ".waves"


class SessionArchive:
    """Keeps what a session plays in the `.waves/` folder of the workspace."""

    def __init__(
        self,
        composer: Composer,
        sounds: Sounds,
        engine: Engine,
        notify: Notify,
        resumed: Snapshot | None = None,
    ):
        self.composer, self.engine, self.notify = composer, engine, notify
        self.wanted: int | None = None  # the version that was brought back
        self._playing: int | None = None  # the same, once it plays
        self._failed = False
        self._files: Mapping[str, str] | None = None  # what the files said when it was
        self._building: int | None = None
        self._leaving: tuple[int, Snapshot] | None = None
        self._lent: Snapshot | None = None
        self._parked: tuple[Any, Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="past", daemon=True)
        self._registry: Registry | None = None
        folder = composer.workspace.root / FOLDER
        self.history = History(folder / "history")
        self.state = StateFile(folder / "state" / "last.npz", engine, sounds)
        self.log: SessionLog | None = None
        with self._safely():
            folder.mkdir(exist_ok=True)
            (folder / ".gitignore").write_text("*\n", "utf-8")
            self.history.refresh()
            self.log = SessionLog(folder / "sessions", composer, sounds, engine)
            self.log.begin(resumed)
        if resumed:
            self.state.go_on_from(resumed)
            if resumed.about.get("files"):
                self.wanted, self._files = resumed.about["version"], resumed.about["files"]

    # what the session asks while it builds

    def given(self) -> Mapping[str, str] | None:
        """The texts to play, None: those of the files, as soon as these are others than at the time of `step`."""
        self.unpark()
        if self.wanted is not None:
            try:
                if self.composer.file_texts() != self._files:
                    self.wanted = None
            except OSError:
                pass  # gone for a moment
        self._building = self.wanted
        return None if self.wanted is None else self.history.texts(self.wanted)

    def refused(self) -> None:
        """The build that was asked for does not play: what played before still does."""
        if self._building is not None:
            self.wanted = self._playing

    def park(self, registry: Registry, playing: Plan | None, graph: Graph) -> None:
        """Park what the nodes of a version that comes back remembered, so that they go on from there."""
        self._registry = registry
        if playing is None or self._building in (None, self.history.playing):
            return
        if snapshot := self.history.snapshot(self._building or 0, self.engine.rate):
            self._parked = registry.parked.copy(), dict(registry.parked_rings)
            self._lent = snapshot.park(registry, playing, graph)

    def leaving(self, plan: Plan, composition: Composition | None) -> None:
        """Let the commit of a plan copy what the version that plays remembers then."""
        self._leaving = None
        if plan.parent is None or composition is None or not self.history.playing:
            return
        with self._safely():
            if composition.texts != self.history.texts(self.history.playing):
                snapshot = prepare_snapshot(plan.parent, lambda record: not record.kind.idle_on_return)
                snapshot.about["rate"] = self.engine.rate
                copy_at_commit(plan, snapshot)
                self._leaving = self.history.playing, snapshot

    def committed(self, plan: Plan, composition: Composition | None, first: bool = False) -> None:
        """A plan plays; without a composition it is the same piece, its tails forgotten."""
        lent, self._lent, self._parked = self._lent, None, None
        with self._safely():
            if self._leaving:
                self._leaving[1].source = None
                self.history.keep(*self._leaving)
                self._leaving = None
            if composition:
                self.state.sounds = composition.sounds
            if composition and composition.texts is not self.state.texts:
                self._playing = self._building
                number, older = self._building, 0 < self.history.playing < self.history.count
                self.history.playing = self.history.add(composition.texts) if number is None else number
                if number is not None or older:
                    self.notify(VersionChanged(version=self.history.playing, place=self.place))
                self.state.texts = composition.texts
            if self.log:
                self.log.commit(plan, composition, lent, first)

    def unpark(self) -> None:
        """What was lent for a plan that did not come in."""
        if self._parked and self._registry:
            self._registry.parked, self._registry.parked_rings = self._parked
        self._parked = self._lent = None

    # what the keys ask

    def step(self, by: int) -> bool:
        """Choose an earlier or later version; whether there is one."""
        number = (self.wanted if self.wanted is not None else self.history.playing) + by
        if not 1 <= number <= self.history.count:
            return False
        try:
            self._files = self.composer.file_texts()
            newest = number == self.history.count and self._files == self.history.texts(number)
        except (OSError, Problems):
            newest = False
        self.wanted = None if newest else number
        self.state.cause = ""
        return True

    def nodes_changed(self, files: Iterable[Path]) -> None:
        """Other code of these node files comes in: if what hung was there, the files of the piece play again."""
        for name in map(str, files):
            self.state.instead.pop(name, None)
            if name == self.state.cause:
                self.state.cause, self.wanted = "", None

    @property
    def place(self) -> str:
        """`version 12 of 15, older than the file`, empty while the newest plays."""
        version = [] if self.wanted is None else [f"version {self.wanted} of {self.history.count}"]
        older = [*version, *(f"{Path(file).name} as it was" for file in self.state.instead)]
        return f"{' with '.join(older)}, older than the file" if older else ""

    # by itself

    def start(self) -> None:
        self._thread.start()

    def stop(self, gain: float, hangs: bool = False) -> None:
        """Write what is left; nothing plays any more. `gain` is the volume that was chosen.

        Where the callback `hangs`, what the nodes remember is half of a block, and not written.
        """
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5.0)
        self.state.gain = gain
        self._describe()
        with self._safely():
            self._look()
            self.history.save()
            if self.log:
                self.log.add_position()
        with self._safely():
            if not hangs:
                self.state.save_all()

    def go_back(
        self,
        texts: Mapping[str, str],
        sounds: Sounds,
        instead: dict[str, tuple[str, str]],
        hung: list[str],
        cause: str,
    ) -> str:
        """After `stop`: let a restart go on with an earlier version, until the files are others; what it is called.

        `instead` are texts of node files, `hung` marks of versions, `cause` a node file. Raises OSError, Problems.
        """
        if self.wanted is None:
            self._files = self.state.texts
        same = texts == self._files
        self.wanted = None if same else self.history.number(texts)
        state = self.state
        state.texts, state.instead, state.hung, state.cause = texts, instead, hung, cause
        state.sounds = sounds
        self.history.playing = self.wanted or self.history.playing
        self._describe()
        state.save_again(self.history.snapshot(self.history.playing, self.engine.rate))
        return self.place or title(name for name, _ in sounds)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK):
            with self._safely():
                self._look()
                self.history.save()
                self._describe()
                self.state.save_sometimes(self._stopping.is_set)

    def _describe(self) -> None:
        """What stands beside the state."""
        self.state.files = self._files if self.wanted is not None else None
        self.state.version = self.history.playing
        self.state.moved = packed(self.composer.moved)

    def _look(self) -> None:
        if self.log:
            self.log.look()

    @contextmanager
    def _safely(self) -> Iterator[None]:
        try:
            yield
        except (OSError, Problems) as error:
            if not self._failed:
                self._failed = True
                self.notify(Fault(message=f"what is played cannot be kept in {FOLDER}/: {error}; it plays on"))
