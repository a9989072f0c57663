"""Compiles kernels before anything plays, and shows the progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from waves.app.terminal.key_bindings import QUIT
from waves.app.terminal.keys import Keys, Quit
from waves.app.terminal.messages import show_notices
from waves.app.terminal.suspension import CONTROL_Z, Action
from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel
from waves.events.event import counted
from waves.problem import Problems

START_SECONDS = 1.5  # until the compiler runs
KERNEL_SECONDS = 0.26  # for each kernel, while two are compiled at a time
BUSY = 5  # factor: other programs that work may leave it so much less of the machine
LOOK = 0.05  # seconds between two looks at the keys


def compile_missing(compiler: Compiler, wanted: list[Kernel], keys: Keys | None = None) -> None:
    """Compile the kernels that are not in the cache. Raises Problems. With `keys`, `q` ends it and raises Quit."""
    if notice := cache_folder.folder_notice():
        show_notices([notice])
    todo = kernel_cache.missing(wanted)
    if not todo:
        return
    once = f"once, as later starts find them in the cache, in {expected_time(len(todo))}"
    print(f"compiling {counted(len(todo), 'kernel')}, {once}: {parts_of(todo)}", file=sys.stderr, flush=True)
    try:
        if not sys.stderr.isatty():
            _compile(compiler, todo, keys, lambda _: None, lambda: None)
            return
        from waves.app.terminal.progress import bar

        around = ((keys.suspend, keys.resume),) if keys else ()
        with bar("compiling", len(todo), *around, counts=True) as (advance, stop):
            _compile(compiler, todo, keys, advance, stop)
    except CompileError as error:
        raise Problems(error.problems) from None


def _compile(
    compiler: Compiler,
    todo: list[Kernel],
    keys: Keys | None,
    advance: Callable[[float], None],
    stop: Action,
) -> None:
    """Compile, while keys are read: `q` raises Quit, Ctrl-Z calls `stop`. Main thread."""

    def work() -> None:
        compiler.compile(todo, lambda done, of: advance(done))

    if not (keys and keys.active):
        work()
        return
    thread = ThreadPoolExecutor(1, thread_name_prefix="compile")
    try:
        job = thread.submit(work)
        while not job.done():
            for key in keys.read(LOOK):
                if key == QUIT:
                    raise Quit
                if key == CONTROL_Z:
                    stop()
        job.result()
    finally:
        thread.shutdown(wait=False)


def expected_time(kernels: int) -> str:
    """The time that so many kernels take to compile on two cores, with nothing else to do and beside other programs."""
    seconds = round(START_SECONDS + KERNEL_SECONDS * kernels)
    return f"{seconds} s, or up to {BUSY * seconds} s while other programs work"


def parts_of(kernels: list[Kernel]) -> str:
    """Names of the nodes that some missing kernels belong to, in words: `the engine, osc, mix`.

    Of an engine that is compiled in part, the functions: `render of the engine`.
    """
    whole = len(kernel_cache.missing(kernel_cache.engine_kernels())) == len(kernel_cache.engine_kernels())

    def title(kernel: Kernel) -> str:
        if isinstance(kernel, EngineKernel):
            return "the engine" if whole else f"{kernel.function} of the engine"
        return kernel.title

    return ", ".join(dict.fromkeys(map(title, kernels)))
