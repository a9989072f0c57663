"""Numba for what is kept as machine code. It uses private parts of Numba, of which the project allows few versions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from numba.core.errors import NumbaExperimentalFeatureWarning
from numba.core.registry import cpu_target

from waves.engine.compiler.numba_target import instructions, passes, signatures
from waves.engine.compiler.numba_target.context import context

CONTEXT = "_toplevel_target_context"  # of Numba's target: what is kept there decides how functions are compiled

instructions.install()
passes.install()
signatures.install()


@contextmanager
def for_machine_code() -> Iterator[None]:
    """Has Numba compile like this within it. What is compiled then cannot be called from Python afterwards either.

    One thread of a process at a time.
    """
    kept, before = vars(cpu_target), cpu_target.target_context
    kept[CONTEXT] = context()
    try:
        with warnings.catch_warnings():  # the record of one node may begin like another's: each has its own code
            warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
            yield
    finally:
        kept[CONTEXT] = before
