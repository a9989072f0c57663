"""Compiles what a piece that plays may need next, then the rest of the library: a save that needs it finds it ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Event

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.node import Node
from waves.node_types.process.python_process import ProcessClosed


def compile_rest(
    compiler: Compiler,
    likely: Callable[[], list[Kernel]],
    rehearsed: Iterable[type[Node]],
    library: Iterable[type[Node]],
    stopping: Event,
) -> None:
    """Compile `likely()`; rehearse node types that somebody may be editing; compile the library. On its own thread.

    Kernel by kernel, until `stopping`, and only while nothing else is compiled: a save that needs another kernel does
    not wait for these. `likely` is asked before each kernel, as another version may play.
    """
    compiler.give_way()
    try:
        _compile(compiler, likely, stopping)
        _rehearse(compiler, rehearsed, stopping)
        others = kernel_cache.kernels_of(library)
        _compile(compiler, lambda: [*likely(), *others], stopping)
        if not stopping.is_set():
            kernel_cache.prune()
    except Exception:
        if not stopping.is_set():  # at the end the compiler is closed under it
            raise


def _compile(compiler: Compiler, wanted: Callable[[], list[Kernel]], stopping: Event) -> None:
    tried = set[str]()
    while not stopping.is_set():
        left = (kernel for kernel in wanted() if kernel.name not in tried and kernel_cache.missing([kernel]))
        if (kernel := next(left, None)) is None:
            return
        tried.add(kernel.name)
        with suppress(CompileError):  # said when it is used
            compiler.compile_when_idle(kernel)


def _rehearse(compiler: Compiler, rehearsed: Iterable[type[Node]], stopping: Event) -> None:
    for kernel in [kernel for kind in rehearsed for kernel in kernel_cache.variants(kind)]:
        if stopping.is_set():
            return
        with suppress(CompileError, ProcessClosed):  # the sandbox has ended with a file that somebody saved
            compiler.rehearse([kernel])
