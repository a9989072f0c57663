"""Compiles kernels before anything plays, and shows the progress on standard error."""

from __future__ import annotations

import sys

from waves.app.terminal.messages import show_notices
from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel
from waves.events.event import counted
from waves.problem import Problems


def compile_missing(compiler: Compiler, wanted: list[Kernel]) -> None:
    """Compile the kernels that are not in the cache. Raises Problems."""
    if notice := cache_folder.folder_notice():
        show_notices([notice])
    todo = kernel_cache.missing(wanted)
    if not todo:
        return
    what = f"compiling {counted(len(todo), 'kernel')}, once, as later starts find them in the cache: {parts_of(todo)}"
    try:
        if not sys.stderr.isatty():
            print(what, file=sys.stderr, flush=True)
            compiler.compile(todo)
            return
        from waves.app.terminal.progress import bar

        print(what, file=sys.stderr, flush=True)
        with bar("compiling", len(todo)) as advance:
            compiler.compile(todo, lambda done, of: advance(done))
    except CompileError as error:
        raise Problems(error.problems) from None


def parts_of(kernels: list[Kernel]) -> str:
    """Names of the nodes that some kernels belong to, in words: `the engine, osc, mix`."""
    titles = ["the engine" if isinstance(kernel, EngineKernel) else kernel.title for kernel in kernels]
    return ", ".join(dict.fromkeys(titles))
