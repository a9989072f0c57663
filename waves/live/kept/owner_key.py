"""Key of the user: seals what waves keeps, so that it knows again what it wrote itself.

32 random bytes in the user's configuration folder, made when they are first needed. Nobody else may read them.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from waves.private_folder import user_folder
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import FOR_OWNER, whole_files

SIZE = 32  # bytes
SEAL = 32  # characters of a seal


class Seal:
    """Seals of one folder `.waves/`: a keyed digest (HMAC-SHA256) of some bytes and of their purpose. Any thread."""

    def __init__(self, key: bytes, folder: str):
        """`folder`: the ID of the folder, so that a seal of another one does not fit."""
        self._key = hmac.digest(key, folder.encode(), "sha256")

    def of(self, purpose: str, *data: bytes) -> str:
        """The seal of some bytes, in hexadecimal."""
        made = hmac.new(self._key, purpose.encode() + b"\0", sha256)
        for part in data:
            made.update(part)
        return made.hexdigest()[:SEAL]

    def fits(self, seal: str, purpose: str, *data: bytes) -> bool:
        """Whether a seal is that of these bytes."""
        return hmac.compare_digest(seal.encode("utf-8", "replace"), self.of(purpose, *data).encode())


def owner_key(make: bool) -> bytes | None:
    """The key; None if there is none and none is to be made. Raises Problems when it cannot be read or made."""
    file = user_folder() / "key"
    try:
        try:
            return _read(file)
        except FileNotFoundError:
            if not make:
                return None
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError), whole_files([file], FOR_OWNER, follow=False, replace=False) as [made]:
            made.write_bytes(secrets.token_bytes(SIZE))
        return _read(file)  # of two processes at the same time, the key of the first counts
    except OSError as error:
        raise Problems(Problem(f"the key of the user cannot be used: '{file}': {reason_of(error)}")) from None


def _read(file: Path) -> bytes:
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is not a plain file")
        if os.name == "posix" and (found.st_mode & 0o077 or found.st_uid != os.geteuid()):
            raise OSError(0, f"others may read it: `chmod 600 {file}`, or delete it")
        key = opened.read(SIZE + 1)
    if len(key) != SIZE:
        raise OSError(0, "it is damaged: delete it, and then `waves adopt` takes over what was kept")
    return key
