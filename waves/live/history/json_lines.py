"""A file that only grows: one JSON object a line, every text once, under its hash. Playable after a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

Entry = dict[str, Any]


class JsonLines:
    """`entries` in their order, `texts` by hash: where each stands, read when it is asked for.

    Several processes may add to one file.
    """

    def __init__(self, path: Path):
        self.path = path
        self.entries: list[Entry] = []
        self.texts: dict[str, tuple[int, int]] = {}  # offset and length of the line, bytes
        self._read = 0  # bytes
        self._lock = Lock()

    def refresh(self) -> None:
        """Read what was added since. A line that is no entry, as a crash leaves it, is passed over. Raises OSError."""
        with self._lock:
            self._refresh()

    def add(self, entry: Mapping[str, Any], texts: Mapping[str, str] | None = None) -> None:
        """Write an entry at the end, with its texts by name as hashes; it is in the file on return. Raises OSError."""
        with self._lock:
            self._refresh()
            made, lines = dict(entry), list[Entry]()
            if texts is not None:
                made["texts"] = {name: text_hash(text) for name, text in texts.items()}
                found = {text_hash(text): text for text in texts.values()}
                lines = [{"text": name, "content": text} for name, text in found.items() if name not in self.texts]
            data = "".join(json.dumps(line) + "\n" for line in [*lines, made]).encode()
            with self.path.open("ab") as file:
                if file.tell() > self._read:  # what a crash left of a line
                    data = b"\n" + data
                file.write(data)
            self._refresh()

    def texts_of(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """The texts of an entry by name; raises KeyError when one is lost."""
        try:
            with self.path.open("rb") as file:
                return {name: self._text(file, one) for name, one in entry["texts"].items()}
        except (OSError, ValueError, AttributeError) as error:
            raise KeyError(str(error)) from None

    def _text(self, file: BinaryIO, name: str) -> str:
        offset, length = self.texts[name]
        file.seek(offset)
        line = json.loads(file.read(length))
        if line.get("text") != name:  # another file stands there
            raise KeyError(name)
        return str(line["content"])

    def _refresh(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            offset, length = self._read, len(line)
            self._read += length
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if not isinstance(entry, dict):
                continue
            if "text" in entry:
                self.texts[str(entry["text"])] = offset, length
            else:
                self.entries.append(entry)


def read_json_lines(path: Path) -> JsonLines:
    """A file as it is now; raises OSError."""
    path.stat()
    file = JsonLines(path)
    file.refresh()
    return file


def text_hash(text: str) -> str:
    """128 bits that stand for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
