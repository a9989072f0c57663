"""Python's collector of cyclic garbage while a piece is loaded, which makes many objects and hardly any garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load a piece: nothing is collected meanwhile, and what is there afterwards is not looked through again.

    A collection takes 0.2 s where 10,000 nodes play, in which a save would wait.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
