"""Compiles kernels before anything plays, and shows the progress on standard error."""

from __future__ import annotations

import sys

from waves.app.terminal.messages import show_notices
from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.events.event import counted
from waves.problem import Problems


def compile_missing(compiler: Compiler, wanted: list[Kernel]) -> None:
    """Compile the kernels that are not in the cache. Raises Problems."""
    if notice := cache_folder.folder_notice():
        show_notices([notice])
    todo = kernel_cache.missing(wanted)
    if not todo:
        return
    try:
        if not sys.stderr.isatty():
            print(f"compiling {counted(len(todo), 'kernel')}, once", file=sys.stderr, flush=True)
            compiler.compile(todo)
            return
        from waves.app.terminal.progress import bar

        with bar("compiling, once", len(todo)) as advance:
            compiler.compile(todo, lambda done, of: advance(done))
    except CompileError as error:
        raise Problems(error.problems) from None
