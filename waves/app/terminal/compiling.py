"""Compiles kernels before anything plays, and shows the progress on standard error."""

from __future__ import annotations

import sys

from waves.app.terminal.messages import show_notices
from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel
from waves.events.event import counted
from waves.problem import Problems

START_SECONDS, KERNEL_SECONDS = (
    1.5,
    0.35,
)  # until the compiler runs, and for each kernel while two are compiled at a time


def compile_missing(compiler: Compiler, wanted: list[Kernel]) -> None:
    """Compile the kernels that are not in the cache. Raises Problems."""
    if notice := cache_folder.folder_notice():
        show_notices([notice])
    todo = kernel_cache.missing(wanted)
    if not todo:
        return
    once = f"once, as later starts find them in the cache, in about {expected_seconds(len(todo))} s"
    what = f"compiling {counted(len(todo), 'kernel')}, {once}: {parts_of(todo)}"
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


def expected_seconds(kernels: int) -> int:
    """The time that so many kernels take to compile, in seconds, on two cores that do nothing else."""
    return round(START_SECONDS + KERNEL_SECONDS * kernels)


def parts_of(kernels: list[Kernel]) -> str:
    """Names of the nodes that some kernels belong to, in words: `the engine, osc, mix`."""
    titles = ["the engine" if isinstance(kernel, EngineKernel) else kernel.title for kernel in kernels]
    return ", ".join(dict.fromkeys(titles))
