"""Append-only file with one JSON object per line, each under a seal; texts are in a store. Readable after a crash."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from threading import RLock
from typing import Any

from waves.live.kept.owner_key import SEAL, Seal
from waves.live.kept.safe_folder import SafeFolder
from waves.live.kept.text_store import TextStore

Entry = dict[str, Any]

MOST_BYTES = 1_000_000_000  # of a file of our own
MOST_BYTES_FOREIGN = 100_000_000
SEALED = re.compile(rb'(\{.+), "seal": "([0-9a-f]{%d})"\}\r?\n' % SEAL, re.DOTALL)
PURPOSE = "line"


class JsonLines:
    """Entries of one file. Any thread; several processes may append to the same file.

    Lines without a valid seal are left out. Without a `seal` the file is somebody else's: all its lines are read, and
    none is written. What cannot be written waits in memory, with its texts.
    """

    def __init__(self, folder: SafeFolder, name: str, texts: TextStore, seal: Seal | None):
        self.folder, self.name, self.texts, self.seal = folder, name, texts, seal
        self.path = folder.path / name
        self._found: list[Entry] = []  # that were read, in the order of the file
        self._waiting: list[Entry] = []  # that are not written yet
        self.damaged = 0
        """Whole lines that were left out."""
        self._read = 0  # bytes
        self.lock = RLock()
        """Held around calls that nothing is to come between."""

    @property
    def entries(self) -> list[Entry]:
        """All entries that were read, in the order of the file, and those that wait."""
        with self.lock:
            return [*self._found, *self._waiting] if self._waiting else self._found

    @property
    def waiting(self) -> int:
        """Number of entries that are not written yet."""
        return len(self._waiting)

    def refresh(self) -> None:
        """Read the lines that were appended since. Raises OSError."""
        with self.lock:
            try:
                data = self.folder.read(self.name, MOST_BYTES if self.seal else MOST_BYTES_FOREIGN, self._read)
            except FileNotFoundError:
                return
            for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
                self._read += len(line)
                if (entry := self._entry(line)) is not None:
                    self._found.append(entry)
                elif line.strip():
                    self.damaged += 1

    def add(self, entry: Mapping[str, Any], texts: Mapping[str, str] | None = None) -> None:
        """Add an entry, which waits for `write`; its `texts`, by name, are stored once each."""
        line = dict(entry)
        if texts is not None:
            line["texts"] = {name: self.texts.keep(text) for name, text in texts.items()}
        with self.lock:
            self._waiting.append(line)

    def take_over(self, other: JsonLines) -> None:
        """Take what waits for `write` from another file, with its texts."""
        with self.lock, other.lock:
            self._waiting += other._waiting
            other._waiting.clear()
            self.texts.take_over(other.texts)

    def write(self) -> None:
        """Append the entries that wait, in their order, after their texts; they are in the file on return.

        Raises OSError; then all of them go on to wait. They are in memory again with the next `refresh`.
        """
        with self.lock:
            if data := b"".join(map(self._line, self._waiting)):
                self.texts.write()
                self.folder.append(self.name, data if self._ends_whole() else b"\n" + data)
                self._waiting.clear()

    def _line(self, entry: Entry) -> bytes:
        assert self.seal
        body = json.dumps(entry).encode()
        return b'%s, "seal": "%s"}\n' % (body[:-1], self.seal.of(PURPOSE, body).encode())

    def _ends_whole(self) -> bool:
        """Whether the last line is whole: a crash may have left half of one."""
        try:
            size = self.folder.stat(self.name).st_size
        except FileNotFoundError:
            return True
        return not size or self.folder.read(self.name, MOST_BYTES, size - 1).endswith(b"\n")

    def texts_of(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """The texts of an entry by name. Raises KeyError when one is lost."""
        try:
            return {name: self.texts.text(key) for name, key in entry["texts"].items()}
        except AttributeError as error:
            raise KeyError(str(error)) from None

    def _entry(self, line: bytes) -> Entry | None:
        """The entry of a line, None if it is none of ours."""
        if self.seal:
            found = SEALED.fullmatch(line)
            if not found or not self.seal.fits(found[2].decode(), PURPOSE, line := found[1] + b"}"):
                return None
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(entry, dict):
            return None
        entry.pop("seal", None)
        return entry
