"""Writes files whole or not at all: beside the target, flushed to the disk, then renamed over it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

FOR_ALL = 0o666  # permissions of a new file, less the umask of the process
FOR_OWNER = 0o600


@contextmanager
def whole_files(paths: Sequence[Path], mode: int = FOR_ALL, follow: bool = True) -> Iterator[list[Path]]:
    """Empty files to write to, one for each path; they take the places of the paths when the block ends.

    A file that is replaced hands on its permissions, a new one gets `mode`. A symbolic link stays, and the file that
    it points to is replaced: right for a path that the user gave. Unless `follow`, the link itself is replaced. The
    folders must exist. When the block or the disk fails, every path is as it was before;
    only a failure between two renames leaves those that were done. Any thread.
    Raises OSError; one of the system has the path as its `filename`.
    """
    targets = [path.resolve() if follow else path.absolute() for path in paths]
    # Hidden, of a name that nobody has, in the folder of the target: a rename stays on one disk.
    files = [target.with_name(f".{secrets.token_hex(8)}.part") for target in targets]
    try:
        with ExitStack() as stack:
            for file, target in zip(files, targets, strict=True):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
                stack.callback(file.unlink, missing_ok=True)
                if target.exists() and not target.is_symlink():
                    file.chmod(target.stat().st_mode & 0o7777)
            yield files
            for file in files:
                with file.open("r+b") as stream:
                    os.fsync(stream.fileno())
            for file, target in zip(files, targets, strict=True):
                file.replace(target)
    except OSError as error:
        if error.errno is not None:  # of the system
            asked = {str(file): path for file, path in zip(files, paths, strict=True)}
            name = paths[0] if error.filename is None else asked.get(str(error.filename), error.filename)
            error.filename, error.filename2 = str(name), None
        raise


def write_whole(path: Path, data: bytes, mode: int = FOR_ALL, follow: bool = True) -> None:
    """Put `data` in place of what the file holds, as `whole_files` does. Raises OSError."""
    with whole_files([path], mode, follow) as [file]:
        file.write_bytes(data)
