"""Log of a session: every commit with its texts and its exact frame, so that the session can be rendered again.

It is a file of JSON lines, each written and flushed as it happens; what the disk does not take waits in memory. The
sound thread writes next to each input event the block in which it was applied; these are logged a few times per second,
as is the position.

The table in `log_entries` lists the entries.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any

from waves.abi import PLAN
from waves.audio.sample_loader import Sample
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.events.changes import Refused
from waves.language.build.moving.moved_parameters import moved_to_data, switches_to_data
from waves.language.patterns.told.forms import packed_notes
from waves.language.patterns.told.python_pattern import PythonPattern
from waves.language.patterns.told.told_notes import NoteBook
from waves.live.history.log_entries import SCHEMA
from waves.live.kept.json_lines import JsonLines
from waves.live.kept.kept_files import KeptFolder, state_file
from waves.live.kept.snapshot_file import write_snapshot
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.samples.kits import Kit, Pitches
from waves.node import Node
from waves.node_types.library.library import origin
from waves.node_types.library.module_loader import SourceFile
from waves.python_patterns.cycle_book import CycleBook
from waves.python_patterns.logged_patterns import patterns_to_data
from waves.python_patterns.pattern_reader import same_patterns
from waves.version import __version__

MOST_PROBLEMS = 20  # of one refused save
BEGIN = "state.npz"  # the state that a session goes on from
POSITION_EVERY = 1.0  # seconds between two entries of the position


class SessionLog:
    """Writes the log of what an engine plays into a file of its own: entries are added, and wait for `write`.

    `commit` and `write` are called by the session that commits and on the archive's thread, everything else on that
    or while it does not run.
    """

    def __init__(self, kept: KeptFolder, composer: Composer, sounds: Sounds, engine: Engine):
        """Raises OSError."""
        self.composer, self.engine = composer, engine
        self._begin_time = time.time()
        self._kept, self._file = kept, self._file_in(kept)
        self._commits = self._position = self._clears = 0
        self._first_frame = 0  # of the stream; the log counts from there
        self._playing: Composition | None = None
        self._settings: dict[str, Any] = {}
        self._library: Mapping[str, type[Node]] | None = None
        self._python: Mapping[str, PythonPattern] = {}
        self._books: dict[
            NoteBook, list[int]
        ] = {}  # of functions: their numbers, and the count of cycles that are added
        self._to_list: deque[tuple[int, Mapping[str, Kit]]] = deque()  # files by commit
        self._listed: dict[str, tuple[list[list[str | None]], Pitches]] = {}  # files by text, as the log has them
        self._digests: dict[tuple[Path, tuple[int, int]], str] = {}  # of files as they were loaded, by path and stamp
        self._position_time = 0.0
        self._goes_on = False  # whether it goes on from a state, which is in its folder
        self._states: dict[str, Snapshot] = {}  # by name of the file, until they are written
        self._is_begun = False  # whether its file was written
        self._writing = RLock()  # around an entry and its state, so that the state is written first
        self._header = {
            "session": SCHEMA,
            "waves": __version__,
            "time": self._begin_time,
            "sounds": _sounds(sounds),
            "rate": engine.rate,
            "channels": engine.main_channels,
            "limiting": engine.lookahead > 0,
            "stems": composer.stems,
            "seed": composer.seed,
        }

    def _file_in(self, kept: KeptFolder) -> JsonLines:
        return JsonLines(kept.sessions, kept.new_log(self._begin_time), kept.texts, kept.seal)

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self._file.path

    def move_waiting(self, kept: KeptFolder) -> None:
        """Go on in a folder that can be opened now; nothing was written before. Raises OSError."""
        with self._writing:
            file = self._file_in(kept)
            file.take_over(self._file)
            self._kept, self._file = kept, file

    def begin(self, state: Snapshot | None = None) -> None:
        """Add the header. `state`: the one that the session goes on from."""
        self._file.add(self._header | {"state": self._keep_state(BEGIN, state) if state else None})
        self._goes_on = state is not None

    def begin_in_play(
        self, state: Snapshot, plan: Plan, composition: Composition, before: SessionLog | None = None
    ) -> None:
        """Begin with what plays already, as a session does that goes on from `state`.

        `state` is one of the engine, of a block that `plan` played; `before` is the log that was lost. A replay knows
        no state that was parked before.
        """
        self._first_frame = int(state.about["frame"])
        self._digests = before._digests if before else {}
        self.begin(state)
        for kind, value in (("gain", self.engine.gain), ("pause", float(self.engine.paused))):
            self._file.add({"input": 0, "kind": kind, "value": value})
        for name, cell in self.composer.cells.items():
            if cell.value:
                self._file.add({"input": 0, "kind": "parameter", "value": cell.value, "target": name})
        self._add_commit({"frame": 0, "clock": int(state.about["clock"]), "fade": 0}, plan, composition)

    def write(self) -> None:
        """Write what waits, the states first. Raises OSError; then what is not written goes on to wait."""
        with self._writing:
            if self._states:
                folder = self._kept.sessions.folder(self.path.stem)
                for name, state in list(self._states.items()):
                    assert self._kept.seal
                    write_snapshot(folder, name, state, self._kept.seal)
                    del self._states[name]
            self._file.write()
            self._is_begun = True

    @property
    def unwritten(self) -> str:
        """The part of it that is not written yet, in words; empty if it all is."""
        part = "the end of the log of the session" if self._is_begun else "the log of the session"
        return part if self._file.waiting else ""

    def is_lost(self) -> bool:
        """Whether its file was deleted, or the state that it goes on from. Raises OSError."""
        if not self._is_begun:
            return False
        if not self._kept.sessions.is_there(self.path.name):
            return True
        if not self._goes_on:
            return False
        try:
            return not self._kept.sessions.existing_folder(self.path.stem).is_there(BEGIN)
        except FileNotFoundError:
            return True

    def commit(
        self, plan: Plan, composition: Composition | None, parked: Snapshot | None = None, first: bool = False
    ) -> None:
        """Add the commit of a plan and what it was composed of; None: the same piece, its tails forgotten.

        `parked`: state of an earlier version that was parked for the plan. `first`: the device does not run yet.
        """
        engine = self.engine
        place = {
            "frame": 0 if first else engine.committed_in - self._first_frame,
            "clock": engine.clock if first else engine.committed_at,
            "fade": int(plan.header[PLAN.index("fade")]),
            "restart": bool(plan.header[PLAN.index("restart")]),
        }
        with self._writing:
            self._add_commit(place, plan, composition, parked)

    def _add_commit(
        self, place: Mapping[str, Any], plan: Plan, composition: Composition | None, parked: Snapshot | None = None
    ) -> None:
        self._commits += 1
        entry: dict[str, Any] = {"commit": self._commits, "restart": False, **place}
        if composition and composition.fading_parts:
            entry["slow_fades"] = sorted(part.fade.id for part in composition.fading_parts.values())
        if composition and composition.moved:
            entry["moved"] = moved_to_data(composition.moved)
        if composition and composition.switches:
            entry["switches"] = switches_to_data(composition.switches)
        if plan.clears != self._clears:
            entry["clears"] = self._clears = plan.clears
        if parked and (parked.states or parked.memories):
            entry["parked"] = self._keep_state(state_file(self._commits), parked)
        self._playing = playing = composition or self._playing
        assert playing
        settings = playing.settings.model_dump()
        if settings != self._settings:
            self._settings = entry["settings"] = settings
        if playing.library is not self._library:
            self._library = playing.library
            sources = source_files(self._library)
            files = {name: source.file for name, source in sources.items()}
            self._file.add({"nodes": files}, {name: source.text for name, source in sources.items()})
        python = playing.piece.python.patterns if playing.piece else {}
        if not same_patterns(python, self._python):
            self._python = python
            for one in self._python.values():
                if one.book:
                    self._books.setdefault(one.book, [len(self._books) + 1, 0])
            self._file.add(
                {"patterns": patterns_to_data(self._python, {book: at[0] for book, at in self._books.items()})}
            )
        self._add_cycles()
        if composition:
            entry["sounds"] = _sounds(composition.sounds)
            self._to_list.append((self._commits, composition.files))
        self._file.add(entry, composition.texts if composition else None)

    def add_new(self, at_end: bool) -> None:
        """Add the input events that were applied since, and the files of the commits; the position if due."""
        for frame, event in self.engine.inputs.take_applied():
            target = {"target": event.name} if event.name else {}
            if frame >= self._first_frame:
                at = frame - self._first_frame
                self._file.add({"input": at, "kind": event.kind, "value": event.value, **target})
        self._add_cycles()
        while self._to_list:
            commit, kits = self._to_list.popleft()
            now = {
                text: ([self._name_and_digest(sample) for sample in kit.samples], kit.pitches)
                for text, kit in kits.items()
            }
            if changed := {text: files for text, files in now.items() if self._listed.get(text) != files}:
                self._listed |= changed
                entry: dict[str, Any] = {"files": commit, "of": {text: files for text, (files, _) in changed.items()}}
                if pitches := {text: known for text, (_, known) in changed.items() if known}:
                    entry["pitches"] = pitches
                self._file.add(entry)
        if at_end or time.monotonic() - self._position_time >= POSITION_EVERY:
            self.add_position()

    def _add_cycles(self) -> None:
        """Add the notes that functions have given since."""
        with self._writing:
            for book, at in self._books.items():
                if isinstance(book, CycleBook):
                    found, at[1] = book.given_since(at[1])
                    if found:
                        self._file.add({"cycles": at[0], "of": {str(k): packed_notes(notes) for k, notes in found}})

    def _name_and_digest(self, sample: Sample) -> list[str | None]:
        """The path of a file in the workspace and its digest; None if it could not be used."""
        name = Path(os.path.relpath(sample.path, self.composer.workspace.root)).as_posix()
        if sample.mistake:
            return [name, None]
        key = sample.path, sample.stamp
        if key not in self._digests:
            self._digests[key] = _hash_as_loaded(*key)
        return [name, self._digests[key]]

    def add_refusal(self, refused: Refused) -> None:
        """Add a change that did not play, and why."""
        problems = [str(problem) for problem in refused.problems[:MOST_PROBLEMS]]
        self._file.add({"refused": refused.at, "change": refused.file, "problems": problems})

    def add_position(self) -> None:
        """Add how many frames the device has got, if there are more than last time."""
        self._position_time = time.monotonic()
        written = max(self.engine.frames_written - self._first_frame, 0)
        if written != self._position:
            self._position = written
            self._file.add({"frames": written})

    def _keep_state(self, name: str, state: Snapshot) -> str:
        """Keep a state for a file in the folder with the name of the log; the `name` of the file."""
        self._states[name] = state
        return name


def _sounds(sounds: Sounds) -> list[list[Any]]:
    return [[name, dict(parameters)] for name, parameters in sounds]


def source_files(types: Mapping[str, type[Node]]) -> dict[str, SourceFile]:
    """The texts that node types were made of, by name of the module."""
    origins = [origin(kind) for kind in types.values()]
    return {source.name: source for module in origins if module for source in module.sources()}


def _hash_as_loaded(path: Path, stamp: tuple[int, int]) -> str:
    """Hash of a sample file with the stamp that it was loaded with; empty if it is another one now: a replay warns."""
    try:
        digest, now = file_hash(path), path.stat()
    except OSError:  # removed after it was loaded
        return ""
    return digest if (now.st_mtime_ns, now.st_size) == stamp else ""


def file_hash(path: Path) -> str:
    """Hash of the content of a file: 128 bits in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        digest = blake2b(digest_size=16)
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
