"""A disk that is full: files of this process cannot grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(size: int = 16) -> Iterator[None]:
    """No file of this process, or of one that it starts, can grow beyond so many bytes. Skips where that is unknown."""
    resource = pytest.importorskip("resource", reason="limits of a process are those of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
