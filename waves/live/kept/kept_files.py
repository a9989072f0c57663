"""Folder `.waves/` of a piece and its parts, and the rule of whose it is.

    owner                       ID of the folder and its seal: it was made by this user
    texts/<hash>.z              texts, each once
    history/versions.jsonl      versions; history/<number>.npz: the state of each
    sessions/<time>.jsonl       logs of sessions; sessions/<time>/<name>.npz: states that belong to one
    state/last.npz              the state to resume from
    status-<process>.json       the status of each player, while it plays

A `.waves/` without a seal of the user's key came with the piece, or was made on another computer. Nothing in it is
opened: it is renamed, and a new one begins.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from waves.live.kept.json_lines import JsonLines
from waves.live.kept.owner_key import Seal, owner_key
from waves.live.kept.safe_folder import ClosedFolder, SafeFolder
from waves.live.kept.text_store import TextStore
from waves.live.workspace.workspace import KEPT, VERSIONS
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import PART, UNFINISHED

FOLDER, SET_ASIDE = KEPT, f"{KEPT}-foreign"
SCHEMA = 3
OWNER = "owner"
LAST_STATE = "last.npz"
SESSION = r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(_\d{1,6})?"
LOG = re.compile(SESSION + r"\.jsonl")
SESSION_FOLDER = re.compile(SESSION)
STATUS = re.compile(r"status-([1-9]\d{0,9})\.json")
STATE = re.compile(r"[1-9]\d{0,8}\.npz|state\.npz")
FORGOTTEN = 3600.0  # seconds after which an unfinished file is that of a program that was killed
RESTED = 60.0  # seconds after which a log is that of a session that has ended
TRIES = 5
MOST_ENTRIES = 100_000  # in a folder that is not ours
NOT_OF_OURS = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.EFBIG}
"""Errors of files that waves did not make: nothing there, no folder, a link, no plain file, too large."""

NOT_OURS = f"'{FOLDER}/' was not made by you with this version of waves on this computer"
HINT = "`waves adopt` takes over what it holds, after checks"


class KeptFolder:
    """An open `.waves/`. Without a `seal` it is not the user's own: it is only read, or could not be opened yet."""

    def __init__(self, folder: SafeFolder, seal: Seal | None, owner: bytes = b"", makes: bool = False):
        """`owner`: the file that says whose it is. `makes` the parts that are missing, and then raises OSError.

        Without it a part that cannot be opened raises the reason when something is read from it.
        """
        self.folder, self.seal, self.owner = folder, seal, owner
        part = folder.folder if makes else partial(_part_of, folder)
        self.history: SafeFolder = part("history")
        """The folder of the versions."""
        self.sessions: SafeFolder = part("sessions")
        """The folder of the session logs."""
        self.state: SafeFolder = part("state")
        """The folder of the state to resume from."""
        self._texts_folder: SafeFolder = part("texts")
        self.texts = TextStore(self._texts_folder)
        """The texts of versions and sessions."""
        self.versions_file = JsonLines(self.history, VERSIONS, self.texts, seal)
        """The file of the versions."""

    def is_lost(self) -> bool:
        """Whether it, or one of its parts, was deleted or exchanged since it was opened. Raises OSError."""
        parts = (self.folder, self.history, self.sessions, self.state, self._texts_folder)
        return any(part.is_lost() for part in parts) or not self.folder.is_there(OWNER)

    def logs(self) -> list[str]:
        """Names of the session logs, the newest last. Raises OSError."""
        found = [name for name in self.sessions.names() if LOG.fullmatch(name)]
        times: dict[str, int] = {}
        for name in found:
            with suppress(OSError):  # a folder or a link of such a name
                times[name] = self.sessions.stat(name).st_mtime_ns
        return sorted(times, key=times.__getitem__)

    def new_log(self, begin: float) -> str:
        """A name for the log of a session that began at a time, in seconds since 1970. Raises OSError."""
        stamp = time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(begin))
        name, count = stamp, 2
        while self.sessions.is_there(f"{name}.jsonl") or self.sessions.is_there(name):
            name, count = f"{stamp}_{count}", count + 1
        return f"{name}.jsonl"

    def limit_states(self, megabytes: float) -> None:
        """Delete the oldest states of versions and of sessions above a limit.

        Those of the newest session stay, and those of a session that plays, in whatever process. Raises OSError.
        """
        sessions = [name for name in self.sessions.names() if SESSION_FOLDER.fullmatch(name)]
        folders, files = [self.history], []
        for name in sessions[:-1]:
            if self._is_playing(name):
                continue
            with suppress(OSError):  # a link, or another process was faster, as below
                folders.append(self.sessions.existing_folder(name))
        for folder in folders:
            for name in filter(STATE.fullmatch, folder.names()):
                with suppress(OSError):
                    files.append((folder.stat(name), folder, name))
        left = megabytes * 1e6
        for found, folder, name in sorted(files, key=lambda file: file[0].st_mtime_ns, reverse=True):
            left -= found.st_size
            if left < 0:
                with suppress(FileNotFoundError):
                    folder.remove(name)

    def _is_playing(self, session: str) -> bool:
        """Whether the log of a session was written a moment ago: while it plays, that is once per second."""
        with suppress(OSError):
            return time.time() - self.sessions.stat(f"{session}.jsonl").st_mtime < RESTED
        return False

    def tidy(self) -> None:
        """Delete unfinished files of programs that were killed. Raises OSError."""
        for folder in (self.folder, self.history, self.sessions, self.state, self._texts_folder):
            for name in filter(UNFINISHED.fullmatch, folder.names()):
                try:
                    if time.time() - folder.stat(name).st_mtime > FORGOTTEN:
                        folder.remove(name)
                except OSError:  # a link, or another process was faster
                    continue


def status_file(process: int) -> str:
    """Name of the file of the status of a player."""
    return f"status-{process}.json"


def state_file(number: int) -> str:
    """Name of the file of a state: of a version, or that a commit of a session parked."""
    return f"{number}.npz"


def open_kept(root: Path, before: KeptFolder | None = None) -> tuple[KeptFolder, str]:
    """The `.waves/` of a piece, made if there is none; and a sentence if a foreign one was set aside, else empty.

    `before`: the one that was open; while it is being deleted it is still the user's. Raises OSError and Problems;
    then nothing was set aside.
    """
    key = owner_key(make=True)
    assert key
    piece, said = SafeFolder(root), ""
    for _ in range(TRIES):  # another process may do the same, or delete it
        if piece.is_there(FOLDER):
            if kept := _own(piece, key, makes=True):
                return kept, said
            with suppress(FileNotFoundError):
                if before and before.owner and not (before.folder.is_lost() or before.folder.is_there(OWNER)):
                    before.folder.write(OWNER, before.owner)
                    continue
        with _made(piece, key) as made:
            if piece.is_there(FOLDER) and not _own(piece, key, makes=False):
                said = _set_aside(piece) or said
            piece.rename(made, FOLDER)
    raise OSError(errno.EEXIST, "it is exchanged again and again", str(root / FOLDER))


def unopened(root: Path) -> KeptFolder:
    """A `.waves/` that cannot be opened now: nothing is in it, and what is added waits in memory."""
    return KeptFolder(ClosedFolder(root / FOLDER, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))), None)


def find_kept(root: Path) -> KeptFolder | None:
    """The `.waves/` of a piece for reading, None if there is none. Raises Problems when it is not the user's own."""
    try:
        piece = SafeFolder(root)
        if not piece.is_there(FOLDER):
            return None
        key = owner_key(make=False)
        kept = _own(piece, key, makes=False) if key else None
    except OSError as error:
        raise Problems(Problem(f"'{root / FOLDER}' cannot be read: {reason_of(error)}")) from None
    if kept is None:
        raise Problems(Problem(f"{NOT_OURS} and is not used; {HINT}"))
    return kept


def foreign_folders(root: Path) -> tuple[list[SafeFolder], list[str]]:
    """The folders of a piece that were set aside, the first one first; sentences on those that cannot be opened."""
    piece = SafeFolder(root)
    aside = re.compile(re.escape(SET_ASIDE) + r"(-\d{1,6})?")
    found, refused = [], []
    for name in sorted(filter(aside.fullmatch, piece.names()), key=lambda name: (len(name), name)):
        try:
            found.append(piece.existing_folder(name))
        except OSError as error:
            refused.append(f"'{name}': nothing taken over: {reason_of(error)}")
    return found, refused


def free_name(piece: SafeFolder) -> str:
    """A name for a folder that is set aside."""
    name, count = SET_ASIDE, 2
    while piece.is_there(name):
        name, count = f"{SET_ASIDE}-{count}", count + 1
    return name


def kept_around(log: Path) -> KeptFolder | None:
    """The folder `.waves/`, under whatever name, that a session log of somebody lies in; None for a lone log."""
    folder = log.parent.parent
    if log.parent.name != "sessions" or not folder.name.startswith(FOLDER):
        return None
    return KeptFolder(SafeFolder(folder), None)


def piece_of(log: Path) -> Path | None:
    """The folder of the piece that a session log was kept for; None for a log that lies elsewhere."""
    kept = log.resolve().parent.parent
    return kept.parent if kept.name == FOLDER else None


def recordings_folder(root: Path) -> Path:
    """The folder of recordings and renders, made if there is none. Raises OSError when it is a link or no folder."""
    return SafeFolder(root).folder("recordings").path


def _part_of(folder: SafeFolder, name: str) -> SafeFolder:
    """A part of a folder that is only read."""
    try:
        return folder.existing_folder(name)
    except OSError as error:
        return ClosedFolder(folder.path / name, error)


def _own(piece: SafeFolder, key: bytes, makes: bool) -> KeptFolder | None:
    """The `.waves/` of a piece if it has the seal of the key, else None.

    Raises OSError where it cannot be told, as with a folder that may not be read, and as `makes` of `KeptFolder` does.
    """
    try:
        folder = piece.existing_folder(FOLDER)
        data = folder.read(OWNER, 1000)
        owner = json.loads(data)
        name, seal, schema = str(owner["id"]), str(owner["seal"]), owner["waves"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    except OSError as error:
        if error.errno in NOT_OF_OURS or _is_of_another_user(piece.path / FOLDER):
            return None
        raise
    own = Seal(key, name)
    if schema != SCHEMA or not own.fits(seal, "folder", str(schema).encode()):
        return None
    return KeptFolder(folder, own, data, makes)


def _is_of_another_user(path: Path) -> bool:
    return os.name == "posix" and path.lstat().st_uid != os.geteuid()


@contextmanager
def _made(piece: SafeFolder, key: bytes) -> Iterator[str]:
    """The name of a `.waves/` with its seal that was made beside, and is renamed in the block.

    That another process was faster, which made one meanwhile, is passed over. Raises OSError; then nothing is left.
    """
    beside, name = f"{FOLDER}-{secrets.token_hex(8)}{PART}", secrets.token_hex(16)
    folder = piece.folder(beside)
    try:
        folder.write(".gitignore", b"*\n")
        owner = {"waves": SCHEMA, "id": name, "seal": Seal(key, name).of("folder", str(SCHEMA).encode())}
        folder.write(OWNER, json.dumps(owner).encode())
        yield beside
    except OSError as error:
        for made in folder.names():
            folder.remove(made)
        piece.remove_folder(beside)
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise


def _set_aside(piece: SafeFolder) -> str:
    """Rename a `.waves/` that is not the user's own; the sentence on it, empty where there is none any more."""
    with suppress(OSError):
        piece.remove_folder(FOLDER)  # an empty one is nobody's
    name = free_name(piece)
    with suppress(FileNotFoundError):  # it was being deleted, and is gone now
        piece.rename(FOLDER, name)
        return f"{NOT_OURS}: it is '{name}/' from now on and not used, and a new one begins; {HINT}"
    return ""
