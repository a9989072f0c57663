"""The files of the piece as clients read and write them: by exact name, whole, and never over what they did not see."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass

from waves.live.history.restoring import refuse_links
from waves.live.workspace.workspace import Workspace, is_piece_file
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import write_whole

MOST_BYTES = 1_000_000  # of a file
FIRST = "waves.yaml"


class FileMissing(Problems):
    """There is no such file, though its name could be one of the piece."""

    def __init__(self, file: str):
        super().__init__(Problem(f"there is no file '{file}'"))


class Conflict(Exception):
    """The file is another than the one that a text was based on; `now` is what it holds."""

    def __init__(self, now: PieceText):
        super().__init__(f"'{now.file}' was changed meanwhile")
        self.now = now


@dataclass(frozen=True, slots=True)
class PieceText:
    """A file of the piece: its text, and a digest that tells its versions apart."""

    file: str
    files: list[str]
    """Names of the files of the piece that are there."""
    text: str
    version: str
    playing: str | None = None
    """The text of this file that plays, if one does: after a save that is refused or held it is another one."""


class PieceTexts:
    """The files of one piece. Any thread but the sound thread; saves wait for each other."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Names of the files that are there, `waves.yaml` first."""
        root = self.workspace.root
        return [path.relative_to(root).as_posix() for path in self.workspace.files() if os.path.lexists(path)]

    def read(self, file: str | None = None) -> PieceText:
        """A file as it is now; without a name the first. Raises Problems, and FileMissing if it is gone."""
        file = next(iter(self.names()), FIRST) if file is None else file
        self.check_name(file)
        try:
            data = self.workspace.allowed(self.workspace.root / file).read_bytes()
        except FileNotFoundError:
            raise FileMissing(file) from None
        except OSError as error:
            raise Problems(Problem(f"'{file}' cannot be read: {reason_of(error)}")) from None
        return PieceText(file, self.names(), data.decode("utf-8", "replace"), _version(data))

    def save(self, file: str, text: str, based_on: str) -> str:
        """Write a file whole; its version. Raises Problems, and Conflict if it is not the one the text is based on.

        `based_on`: the version that was read, empty for a file that is new.
        """
        self.check_name(file)
        data = text.encode("utf-8", "replace")
        if len(data) > MOST_BYTES:
            raise Problems(
                Problem(f"a text of {len(data) / 1e6:.1f} MB is too large: {MOST_BYTES / 1e6:g} MB are taken")
            )
        path = self.workspace.root / file
        with self._lock:
            refuse_links(self.workspace.root, file)
            if path.exists():  # a file that is gone has nothing that could be lost
                now = self.read(file)
                if now.version == _version(data):
                    return now.version
                if now.version != based_on:
                    raise Conflict(now)
            try:
                path.parent.mkdir(exist_ok=True)
                write_whole(path, data, follow=False)
            except OSError as error:
                raise Problems(Problem(f"'{file}' cannot be written: {reason_of(error)}")) from None
        return _version(data)

    def check_name(self, file: str) -> None:
        """Raises Problems for what is not the name of a file of a piece."""
        if not is_piece_file(file):
            raise Problems(Problem(f"'{file:.60}' is no file of a piece: those are waves.yaml and sounds/NAME.yaml"))


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
