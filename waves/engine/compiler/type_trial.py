"""Trial of node types that were never played: what they prepare, then their kernels, compiled and run.

What has passed is kept by fingerprint, so that types whose files did not change cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.node import Node
from waves.problem import Problem, Problems


def problems_of(
    kinds: Iterable[type[Node]], compiler: Compiler, compile_all: Callable[[list[Kernel]], object]
) -> list[Problem]:
    """The problems of node types; `compile_all` compiles kernels that are missing, and raises Problems."""
    problems: list[Problem] = []
    wanted: list[Kernel] = []
    for kind in kinds:
        mark = kernel_cache.preparation_mark(kind)
        found = [] if mark.exists() else compiler.sandbox.prepare(kind)
        if found:
            problems += found
            continue
        mark.touch(mode=0o600)
        wanted += kernel_cache.variants(kind) if hasattr(kind, "render") else []
    try:
        compile_all(wanted)
    except Problems as error:
        problems += error.problems
    return problems
