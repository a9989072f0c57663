"""The mode of the floating-point unit in which the sound thread calculates, for a test's own thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from numba import njit

from waves.engine.native.intrinsics import FLUSH, get_mode, set_mode


@contextmanager
def flushing() -> Iterator[None]:
    """This thread calculates as the sound thread does: the numbers nearest to 0 are 0."""
    before = _mode(FLUSH)
    try:
        yield
    finally:
        _mode(before, only=True)


@njit
def _mode(mode, only=False):  # type: ignore[no-untyped-def]
    """Sets bits of the mode of the floating-point unit, or `only` those; the mode before."""
    before = get_mode()
    set_mode(mode if only else before | mode)
    return before
