"""Append-only file with one JSON object per line; each text is stored once, under its hash. Readable after a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

Entry = dict[str, Any]


class JsonLines:
    """Entries and texts of one file. Any thread; several processes may append to the same file."""

    def __init__(self, path: Path):
        self.path = path
        self.entries: list[Entry] = []
        """All entries that were read, in the order of the file."""
        self.text_lines: dict[str, tuple[int, int]] = {}
        """Offset and length in bytes of the line of each text, by its hash: texts are read when they are asked for."""
        self._read = 0  # bytes
        self._lock = Lock()

    def refresh(self) -> None:
        """Read the lines that were appended since. A broken line, as a crash leaves it, is skipped. Raises OSError."""
        with self._lock:
            self._refresh()

    def add(self, entry: Mapping[str, Any], texts: Mapping[str, str] | None = None) -> None:
        """Append an entry; its `texts`, by name, are written once each. In the file on return. Raises OSError."""
        with self._lock:
            self._refresh()
            line, lines = dict(entry), list[Entry]()
            if texts is not None:
                line["texts"] = {name: text_hash(text) for name, text in texts.items()}
                by_hash = {text_hash(text): text for text in texts.values()}
                lines = [{"text": key, "content": text} for key, text in by_hash.items() if key not in self.text_lines]
            data = "".join(json.dumps(one) + "\n" for one in [*lines, line]).encode()
            with self.path.open("ab") as file:
                if file.tell() > self._read:  # half a line, which a crash left
                    data = b"\n" + data
                file.write(data)
            self._refresh()

    def texts_of(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """The texts of an entry by name. Raises KeyError when one is lost."""
        try:
            with self.path.open("rb") as file:
                return {name: self._text(file, key) for name, key in entry["texts"].items()}
        except (OSError, ValueError, AttributeError) as error:
            raise KeyError(str(error)) from None

    def _text(self, file: BinaryIO, key: str) -> str:
        offset, length = self.text_lines[key]
        file.seek(offset)
        line = json.loads(file.read(length))
        if line.get("text") != key:  # the file was replaced
            raise KeyError(key)
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
                self.text_lines[str(entry["text"])] = offset, length
            else:
                self.entries.append(entry)


def read_json_lines(path: Path) -> JsonLines:
    """A file with what it holds now. Raises OSError."""
    path.stat()
    file = JsonLines(path)
    file.refresh()
    return file


def text_hash(text: str) -> str:
    """Hash of a text: 128 bits in hexadecimal."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
