"""`waves warm`: compiles all node types ahead of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.messages import show_notices
from waves.app.terminal.tables import table
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel
from waves.events.event import counted
from waves.live.workspace.open_workspace import library_of


def warm_cache(folder: Path) -> None:
    """Compile every node type that the piece in `folder` may use; print what that cost, and how many are ready."""
    types, notices = library_of(folder)
    show_notices(notices)
    wanted = kernel_cache.kernels_of(types.values())
    todo = len(kernel_cache.missing(wanted))
    with Compiler() as compiler:
        compile_missing(compiler, wanted)
        if compiler.cpu_seconds:
            print(costs(wanted, compiler.cpu_seconds))
    kernel_cache.prune()
    removed = kernel_cache.remove_damaged()
    unusable = f"; {counted(removed, 'file')} that could not be used removed" if removed else ""
    ready = len(kernel_cache.kept(wanted))
    print(f"{ready} kernels are ready, {todo} of them compiled now{unusable}")


def costs(kernels: Iterable[Kernel], cpu_seconds: Mapping[str, float]) -> str:
    """A table of what was compiled: node, kernels, CPU seconds; the most expensive first.

    `cpu_seconds` by names of kernels. The first kernel that a process compiles pays for the start of Numba.
    """
    spent: dict[str, list[float]] = {}
    for kernel in kernels:
        if kernel.name in cpu_seconds:
            title = "the engine" if isinstance(kernel, EngineKernel) else kernel.title
            spent.setdefault(title, []).append(cpu_seconds[kernel.name])
    rows = sorted(spent.items(), key=lambda row: -sum(row[1]))
    rows.append(("together", [seconds for _, each in rows for seconds in each]))
    lines = [(name, counted(len(each), "kernel"), f"{sum(each):.1f} CPU s") for name, each in rows]
    return table([*lines])
