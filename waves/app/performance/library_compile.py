"""Compiles the rest of the library while a piece plays: a save that needs it finds it ready."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from threading import Event

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.node import Node


def compile_library(
    compiler: Compiler, rehearsed: Iterable[type[Node]], library: Iterable[type[Node]], stopping: Event
) -> None:
    """Rehearse node types that somebody may be editing; compile what is missing of the library. On its own thread.

    Kernel by kernel, until `stopping`: a save that needs another one waits for one at most.
    """
    try:
        _compile(compiler, rehearsed, library, stopping)
    except Exception:
        if not stopping.is_set():  # at the end the compiler is closed under it
            raise


def _compile(
    compiler: Compiler, rehearsed: Iterable[type[Node]], library: Iterable[type[Node]], stopping: Event
) -> None:
    for kind in rehearsed:
        if stopping.is_set():
            return
        with suppress(CompileError):
            compiler.rehearse(kernel_cache.variants(kind))
    for kernel in kernel_cache.missing(kernel_cache.kernels_of(library)):
        if stopping.is_set():
            return
        with suppress(CompileError):  # said when it is used
            compiler.compile([kernel])
    kernel_cache.prune()
