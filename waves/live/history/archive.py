"""Archive of a session in the folder `.waves/`: its versions, its log, and the state to resume from.

The session and its committer call it; it calls neither. Between `start` and `stop` it writes from a thread of its own.

| call | when | thread |
| --- | --- | --- |
| `begin_build` | at the start of a build | build |
| `park_state` | before the plan of a build is made | build |
| `copy_replaced_state` | before a plan is offered | build |
| `committed` | when the engine has taken the plan | build, or the thread of a hush |
| `write_commits` | soon after, of a save when it is reported | the same |
| `unpark_state` | before a plan that is not the one of a build | build |
| `keep_refusal` | when a save of any file is refused | any |
| `build_refused` | when a build ends without a plan that plays | build, compile |
| `choose_version` | undo, redo and another version, before the build that they ask for | any |
| `node_files_changed` | when node files were loaded again | nodes |
| `start`, `stop` | when the device starts; when nothing plays any more | main, or that of a change of the engine |
| `roll_back` | after `stop`, where a node did not return | main |

Lines wait while they cannot be written, or `.waves/` not opened. When it is lost, it begins anew with what plays.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, take_playing, take_stopped
from waves.engine.state.state_registry import Registry
from waves.events.changes import Refused, VersionChanged
from waves.events.event import Notify, title
from waves.events.trouble import Fault
from waves.language.build.moving.moved_parameters import moved_to_data, switches_to_data
from waves.live.history.resume_state import ResumeState, Rollback
from waves.live.history.session_log import SessionLog
from waves.live.history.version_states import VersionStates
from waves.live.history.versions import Versions
from waves.live.kept.kept_files import FOLDER, open_kept, unopened
from waves.live.kept.unwritten import Unwritten
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.problem import Problems

WRITE_EVERY = 0.2  # seconds between two writes of what is new
OPEN_EVERY = 2.0  # seconds between two tries to open a folder that could not be opened
LOST = 0  # in place of the number of a version whose folder was lost while it was built


class SessionArchive:
    """The versions, the log and the resume state of one session. Threads: see the table of the module."""

    def __init__(
        self, composer: Composer, sounds: Sounds, engine: Engine, notify: Notify, resumed: Snapshot | None = None
    ):
        """`resumed`: the state of an earlier session from which this one goes on. As `start`."""
        self.composer, self.engine, self.notify = composer, engine, notify
        self.chosen: int | None = None
        """Number of the version that undo, redo or a rollback chose; None: the files are played."""
        self.chosen_at = 0.0  # in seconds since 1970
        self.built: int | None = None
        """Number of the version that the present build is of; None: it is one of the files. Build thread only."""
        self._chosen_playing: int | None = None
        self._files_at_choice: Mapping[str, str] | None = None
        self._refusals: deque[Refused] = deque(maxlen=100)  # the newest that are not in the log yet
        self._unwritten = Unwritten(notify)
        self._playing: tuple[Plan | None, Composition | None] = None, None
        self._lock = threading.RLock()  # around the folder and the numbers of versions, which a renewal exchanges
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write_often, name="archive", daemon=True)
        self.kept = unopened(composer.workspace.root)
        self.log: SessionLog | None = None
        self.versions = Versions(self.kept)
        self._states = VersionStates(self.versions, engine.rate)
        self.state = ResumeState(self.kept, engine, sounds)
        with self._reporting():
            self._open_folder()
            self.kept.tidy()
        self._resumed = resumed  # until the log has it, which begins with the first plan that passes its trial
        if resumed:
            self.state.continue_from(resumed)
            if resumed.about.get("file_texts"):
                self.chosen, self._files_at_choice = resumed.about["version"], resumed.about["file_texts"]

    def begin_build(self, chooses: bool = True) -> Mapping[str, str] | None:
        """Texts of the chosen version by name of the file; None: play the files. Raises Problems when they are lost.

        A chosen version gives way to the files as soon as these differ from what they were when it was chosen. A build
        that is not the one that `chooses` it is of the version that plays.
        """
        self.unpark_state()
        with self._lock:
            if self.chosen is not None:
                with suppress(OSError):  # a file is missing for a moment
                    if self.composer.file_texts() != self._files_at_choice:
                        self.chosen = self._files_at_choice = None
            self.built = self.chosen if chooses or self.chosen is None else self._chosen_playing
            return None if self.built is None else self.versions.texts(self.built)

    def build_refused(self) -> None:
        """Return to the version that plays, if the build was one of another version."""
        if self.built is not None and self.built == self.chosen:
            self.chosen = self._chosen_playing

    def keep_refusal(self, refused: Refused) -> None:
        """Write a save that was refused into the log, soon."""
        self._refusals.append(refused)

    def park_state(self, registry: Registry, playing: Plan | None, graph: Graph) -> None:
        """Park the state that the chosen version had when it last played, for nodes of `graph` that do not play now."""
        if playing and self.built is not None and self.built != self.versions.playing:
            self._states.park(self.built, registry, playing, graph)

    def unpark_state(self) -> None:
        """Undo `park_state`: the plan that the state was parked for was not committed."""
        self._states.unpark()

    def copy_replaced_state(self, plan: Plan, composition: Composition | None) -> None:
        """Add copies to a plan: its commit copies the state of the version that it replaces."""
        with self._lock, self._reporting(renews=True):
            self._states.copy_replaced(plan, composition.texts if composition else None)

    def committed(self, plan: Plan, composition: Composition | None, first: bool = False) -> None:
        """Record that a plan plays; `composition` is None when it is the same piece, its tails forgotten."""
        with self._lock, self._reporting(renews=True):
            parked = self._states.committed()
            self._playing = plan, composition or self._playing[1]
            if composition:
                self.state.sounds = composition.sounds
                if composition.texts is not self.state.texts:
                    self._record_version(composition, plan.accepted)
            if first:
                self.log = SessionLog(self.kept, self.composer, self.state.sounds, self.engine)
                state, self._resumed = self._resumed, None
                self.log.begin(state)
            if self.log:
                self.log.commit(plan, composition, parked, first)

    def write_commits(self) -> None:
        """Write what was recorded."""
        with self._lock, self._reporting(renews=True):
            self._write_waiting()

    def _record_version(self, composition: Composition, accepted: bool) -> None:
        if self.built == LOST:
            self.built = self.versions.number_of(composition.texts)
        number = self._chosen_playing = self.built
        older = 0 < self.versions.playing < self.versions.count
        self.versions.playing = number or self.versions.add(composition.texts, None, accepted, composition.failing)
        if number is not None or older:
            self.notify(VersionChanged(version=self.versions.playing, place=self.version_label))
        self.state.texts = composition.texts

    def choose_version(self, steps: int, on: bool = False, number: int = 0) -> bool:
        """Choose the version `steps` later than the one that plays, or earlier, or a `number`; False if there is none.

        `on`: from the version of the present build on, unless another was chosen meanwhile; False if it plays already.
        """
        with self._lock:
            here = self.built if on else self.versions.playing if self.chosen is None else self.chosen
            number = number or (here or 0) + steps
            if here is None or (on and here == self._chosen_playing) or not 1 <= number <= self.versions.count:
                return False
            if on and self.chosen != here:
                return True
            is_in_files = False
            with suppress(OSError, Problems):
                self._files_at_choice = self._files_at_choice if on else self.composer.file_texts()
                is_in_files = number == self.versions.count and self._files_at_choice == self.versions.texts(number)
            self.chosen, self.chosen_at = None if is_in_files else number, time.time()
            self.state.hanging_file = ""
            return True

    def choose_files(self) -> None:
        """Let the files play again with the next build, unchanged as they may be; not those with a node that hangs."""
        if not self.state.hanging_file:
            self.chosen = None

    def node_files_changed(self, files: Iterable[Path]) -> None:
        """Drop the substitutes of node files that have other code now; after a node that hung the files play again."""
        for name in map(str, files):
            self.state.substitutes.pop(name, None)
            if name == self.state.hanging_file:
                self.state.hanging_file, self.chosen = "", None

    @property
    def version_label(self) -> str:
        """The version that plays: `version 12 of 15, older than the file`; empty while the files play."""
        return self.versions.label(self._chosen_playing, self.state.substitutes, self._files_at_choice)

    @property
    def chosen_label(self) -> str:
        """The version that was chosen, in the same words: it may not play yet."""
        return self.versions.label(self.chosen, self.state.substitutes, self._files_at_choice)

    def start(self) -> None:
        """Start the thread that writes."""
        self._thread.start()

    def stop(self, gain: float, hangs: bool = False) -> None:
        """End the thread and write what is left. `gain`: the volume that was set.

        When the callback `hangs`, no state is written: it stopped in the middle of a block.
        """
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5.0)
        self.state.gain, self._unwritten.ends = gain, True
        self._update_state()
        with self._reporting():
            self._open_folder()
            self._renew_if_lost(lambda: None if hangs else take_stopped(self.engine))
        with self._reporting():
            self._add_new(at_end=True)
            self._write_waiting()
            self.versions.write_snapshots()
        with self._reporting():
            if not hangs:
                self.state.write_all()
        log = self.log.unwritten if self.log else ""
        self._unwritten.end(self.versions.waiting, log, self.state.unwritten)

    def roll_back(self, back: Rollback) -> str:
        """Write the resume state so that a restart plays an earlier version until the files change; its label.

        Raises OSError and Problems.
        """
        if self.chosen is None:
            self._files_at_choice = self.state.texts
        self.chosen = None if back.texts == self._files_at_choice else self.versions.number_of(back.texts)
        self.state.roll_back(back)
        self.versions.playing = self.chosen or self.versions.playing
        self._update_state()
        self.versions.write()
        self.state.write_again(self.versions.snapshot(self.versions.playing, self.engine.rate))
        return self.chosen_label or title(name for name, _ in back.sounds)

    def _write_often(self) -> None:
        opened_at = time.monotonic()
        while not self._stopping.wait(WRITE_EVERY):
            with self._reporting():
                if time.monotonic() - opened_at >= OPEN_EVERY:
                    opened_at = time.monotonic()
                    self._open_folder()
                self._renew_if_lost(lambda: take_playing(self.engine, self._stopping.is_set))
            with self._reporting(renews=True):
                self._add_new()
                self._write_waiting()
                self.versions.megabytes = self.composer.settings.HISTORY_MB
                self.versions.write_snapshots()
                self._update_state()
                self.state.write_if_due(self._stopping.is_set)
                self._tell_all_written()

    def _tell_all_written(self) -> None:
        if self.kept.seal:
            self._unwritten.all_written(self._is_lost)

    def _is_lost(self) -> bool:
        with suppress(OSError):  # what cannot be looked at is not known to be lost
            return bool(self.kept.seal and (self.kept.is_lost() or (self.log and self.log.is_lost())))
        return False

    def _open_folder(self) -> None:
        """Open the folder unless it is open: what waits goes into it. Raises OSError and Problems."""
        if self.kept.seal:
            return
        kept, said = open_kept(self.composer.workspace.root)
        if said:
            self.notify(Fault(message=said))
        with self._lock:
            numbers = self.versions.move_waiting(kept)
            if self.log:
                self.log.move_waiting(kept)
            self.kept = self.state.kept = kept
            self.chosen, self.built, self._chosen_playing = (
                None if number is None else numbers.get(number, number)
                for number in (self.chosen, self.built, self._chosen_playing)
            )
            self._states.renumber(lambda number: numbers[number])

    def _renew_if_lost(self, take: Callable[[], Snapshot | None]) -> None:
        """Make the folder again if it was deleted or exchanged. `take` copies the state, None: the next time."""
        if not self._is_lost():
            return
        engine, commits, state = self.engine, self.engine.commits, take()
        with self._lock:
            plan, composition = self._playing
            if not (state and plan and composition) or plan is not engine.playing or engine.commits != commits:
                return  # what plays is not recorded yet
            kept, said = open_kept(self.composer.workspace.root, self.kept)
            self.versions.move_to(kept, composition.texts)
            self.state.move_to(kept, composition)
            log = SessionLog(kept, self.composer, composition.sounds, engine)
            log.begin_in_play(state, plan, composition, self.log)
            self.kept, self.log = kept, log
            self._unwritten.begin_anew()
            if self.chosen is not None:
                self.chosen = self._chosen_playing = self.versions.playing
            if self.built is not None:
                self.built = LOST
            self._states.renumber(lambda _: self.versions.playing)
        self.notify(Fault(message=f"{FOLDER}/ was deleted: from now on it is kept anew{said and '; '}{said}"))

    def _add_new(self, at_end: bool = False) -> None:
        if self.log:
            self.log.add_new(at_end)
            while self._refusals:
                self.log.add_refusal(self._refusals.popleft())

    def _write_waiting(self) -> None:
        if self.kept.seal:
            self.versions.write()
            if self.log:
                self.log.write()

    def _update_state(self) -> None:
        self.state.file_texts = self._files_at_choice if self.chosen is not None else None
        self.state.version = self.versions.playing
        self.state.moved = moved_to_data(self.composer.moved)
        self.state.switches = switches_to_data(self.composer.switches)

    def _reporting(self, renews: bool = False) -> AbstractContextManager[None]:
        return self._unwritten.telling(self._is_lost if renews else lambda: False)
