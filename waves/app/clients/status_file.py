"""The files in `.waves/` that hold the status of each player, for `waves status` in another terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from waves.app.clients.serving import Serving
from waves.app.clients.status_document import StatusDocument, status_document
from waves.app.json_documents import Item
from waves.app.performance.performance import Performance
from waves.events.trouble import Fault, FolderOwn, FolderShared
from waves.live.kept.kept_files import FOLDER, STATUS, KeptFolder, find_kept, status_file
from waves.private_folder import user_folder
from waves.problem import Problem, Problems, defect, reason_of

EVERY = 1.0  # s
STALE = 5.0  # s without a new status, after which the player is gone
MOST_BYTES = 1_000_000
UNKNOWN = "?"
PATIENCE = 2.0  # s that `ps` may take

Doing = Literal["plays", "runs", "is stopped", "is gone", "is silent"]
"""The states of a player: by Ctrl-Z it is stopped; one that only runs has written no status, one that is silent may be
gone too."""
HERE: tuple[Doing, ...] = ("plays", "runs", "is stopped")
"""The states of a player that is there."""


class StatusRecord(Item):
    """The contents of the file. `time`: when it was written, seconds since 1970; `process`: number of the player's.

    `start`: that of the process, as `process_start` says, so that another one with its number is known.
    """

    process: int
    start: str = ""
    time: float
    status: StatusDocument


class StatusFile:
    """Writes the status of one player once a second, on a thread of its own. A player without a `.waves/` has none."""

    def __init__(self, performance: Performance, serving: Serving | None = None):
        self.performance, self.serving = performance, serving
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status file", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Delete the file."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(EVERY)
        archive = self.performance.session.archive
        if archive:
            with suppress(OSError):
                archive.kept.folder.remove(status_file(os.getpid()))

    def _run(self) -> None:
        told, others = False, ""
        self._tidy()
        while True:
            try:
                self._write()
                if (found := other_players(self.performance.composer.workspace.root)) != others:
                    others = found
                    self.performance.bus.publish(FolderShared(message=found) if found else FolderOwn())
            except OSError:  # a full disk: the next one
                pass
            except Exception as error:  # the next second tries again
                if not told:
                    told = True
                    fault = Fault(message="the status cannot be written", problems=(defect(error),))
                    self.performance.bus.publish(fault)
            if self._stopping.wait(EVERY):
                return

    def _tidy(self) -> None:
        """Delete what players left that are gone."""
        archive = self.performance.session.archive
        if archive:
            with suppress(OSError):
                for name, process in _statuses(archive.kept):
                    if process_state(process) in ("", "Z"):
                        archive.kept.folder.remove(name)

    def _write(self) -> None:
        archive = self.performance.session.archive
        if archive is None:
            return
        connections = self.serving.link.clients if self.serving else 0
        status = status_document(self.performance, connections)
        process = os.getpid()
        record = StatusRecord(process=process, start=process_start(process), time=time.time(), status=status)
        archive.kept.folder.write(status_file(os.getpid()), record.model_dump_json().encode(), flush=False)


@dataclass(frozen=True, slots=True)
class FoundStatus:
    """The last status of a player: its process, what that does, and how old the status is, in seconds.

    `full`: whether the disk takes nothing more, so that a player cannot write its status.
    """

    status: StatusDocument
    process: int
    does: Doing
    age: float
    full: bool = False

    @property
    def plays(self) -> bool:
        """Whether the player plays."""
        return self.does == "plays"


def find_status(root: Path) -> list[FoundStatus]:
    """The statuses of the players of a piece: all that play or are stopped, by process.

    Without any, the last one that was left; nothing if none was. Raises Problems.
    """
    kept = find_kept(root)
    if kept is None:
        return []
    try:
        found = [one for name, _ in _statuses(kept) if (one := _read(kept, name))]
    except (OSError, ValidationError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is damaged"
        raise Problems(Problem(f"the status in '.waves/' cannot be read: {reason}")) from None
    there = [one for one in found if one.does in HERE]
    return sorted(there, key=lambda one: one.process) or sorted(found, key=lambda one: one.age)[:1]


def obstacle(root: Path) -> str:
    """The reason why a player of a piece could not write its status, so that one may play unseen; empty without any."""
    folder = root / FOLDER
    for place in (folder if folder.is_dir() else root, user_folder()):
        there = next((one for one in (place, *place.parents) if one.exists()), place)
        try:
            if shutil.disk_usage(there).free < MOST_BYTES:
                return f"the disk of '{there}' is full"
        except OSError as error:
            return f"'{there}' cannot be used: {reason_of(error)}"
        if not os.access(there, os.W_OK | os.X_OK):
            return f"'{there}' cannot be written"
    return ""


def other_players(root: Path) -> str:
    """A sentence if other processes play the piece of a folder, else an empty text."""
    try:
        found = find_status(root)
    except Problems:
        return ""
    others = [one for one in found if one.does in HERE and one.process != os.getpid()]
    if not others:
        return ""
    processes = " and ".join(
        f"process {one.process}, {'plays' if one.does == 'runs' else one.does} in this folder" for one in others
    )
    share = "all" if len(others) > 1 else "both"
    return (
        f"another player, {processes}; {share} share '.waves/': the history, and the state that --resume goes on from"
    )


def _statuses(kept: KeptFolder) -> list[tuple[str, int]]:
    """Names of the files of statuses, each with its process. Raises OSError."""
    return [(name, int(match[1])) for name in kept.folder.names() if (match := STATUS.fullmatch(name))]


def _read(kept: KeptFolder, name: str) -> FoundStatus | None:
    """The status in a file, None if it was just deleted. Raises OSError, and ValidationError if it is damaged."""
    try:
        record = StatusRecord.model_validate_json(kept.folder.read(name, MOST_BYTES))
    except FileNotFoundError:
        return None
    age = max(time.time() - record.time, 0.0)
    state, start = process_state(record.process), process_start(record.process)
    does: Doing = "plays" if age < STALE else "is silent"
    if state in ("", "Z") or (start and record.start and start != record.start):
        does = "is gone"
    elif state == "T":
        does = "is stopped"
    elif does == "is silent" and start and start == record.start:
        does = "runs"
    status = record.status if does in ("plays", "runs") else record.status.model_copy(update={"running": False})
    full = False
    with suppress(OSError):
        full = shutil.disk_usage(kept.folder.path).free < MOST_BYTES
    return FoundStatus(status, record.process, does, age, full)


def process_start(process: int) -> str:
    """The time at which a process started, in ticks since the system did; "" where the system does not say."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def process_state(process: int) -> str:
    """The letter of the state that the system says a process is in, `T` for a stopped one; "" where there is none.

    It is `UNKNOWN` where the system does not say.
    """
    if os.name != "posix":
        return UNKNOWN
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:  # of another user
        pass
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # a system without /proc
        pass
    try:
        command = ["ps", "-o", "state=", "-p", str(process)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return said.strip()[:1] or UNKNOWN
