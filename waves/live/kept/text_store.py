"""Texts, each stored once: a compressed file named by the hash of the text, which is checked when it is read."""

from __future__ import annotations

import re
import zlib
from hashlib import blake2b
from threading import Lock

from waves.live.kept.safe_folder import SafeFolder
from waves.problem import reason_of

MOST_BYTES = 16_000_000  # of one text
SUFFIX = ".z"
HASH = re.compile(r"[0-9a-f]{32}")


class TextStore:
    """The texts in a folder. Any thread; several processes may write to it.

    `further`: stores in which a text is looked for that is not in this one.
    """

    def __init__(self, folder: SafeFolder | None, *further: TextStore):
        self.folder, self.further = folder, further
        self._known: set[str] = set()
        self._waiting: dict[str, str] = {}  # texts that are not stored yet
        self._lock = Lock()  # around what waits

    def keep(self, text: str) -> str:
        """Keep a text, in memory until `write`; its hash."""
        key = text_hash(text)
        with self._lock:
            if key not in self._known:
                self._waiting[key] = text
        return key

    def take_over(self, other: TextStore) -> None:
        """Take the texts that wait for `write` from another store."""
        for text in list(other._waiting.values()):
            self.keep(text)

    def write(self) -> None:
        """Store the texts that wait, each unless it is there; on the disk on return. Raises OSError."""
        with self._lock:
            for key, text in list(self._waiting.items()):
                assert self.folder
                if not self._is_whole(key):
                    self.folder.write(key + SUFFIX, zlib.compress(_bytes(text)))
                self._known.add(key)
                del self._waiting[key]

    def text(self, key: str) -> str:
        """The text of a hash. Raises KeyError when it is missing, damaged or too large."""
        if not isinstance(key, str) or not HASH.fullmatch(key):
            raise KeyError(str(key))
        if (waiting := self._waiting.get(key)) is not None:
            return waiting
        try:
            return self._read(key)
        except (OSError, ValueError, zlib.error) as error:
            for store in self.further:
                try:
                    return store.text(key)
                except KeyError:
                    continue
            raise KeyError(f"{key}: {reason_of(error)}") from None

    def _is_whole(self, key: str) -> bool:
        try:
            self._read(key)
        except (OSError, ValueError, zlib.error):
            return False
        return True

    def _read(self, key: str) -> str:
        if self.folder is None:
            raise FileNotFoundError(key)
        stream = zlib.decompressobj()
        data = stream.decompress(self.folder.read(key + SUFFIX, MOST_BYTES), MOST_BYTES)
        if not stream.eof:
            raise ValueError("it is not whole, or too large")
        text = data.decode("utf-8", "surrogatepass")
        if text_hash(text) != key:
            raise ValueError("it is damaged")
        return text


def text_hash(text: str) -> str:
    """Hash of a text: 128 bits in hexadecimal."""
    return blake2b(_bytes(text), digest_size=16).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
