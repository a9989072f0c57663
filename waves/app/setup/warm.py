"""`waves warm`: compiles all node types ahead of time."""

from __future__ import annotations

from pathlib import Path

from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.messages import show_notices
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.events.event import counted
from waves.live.workspace.open_workspace import library_of


def warm_cache(folder: Path) -> None:
    """Compile every node type that the piece in `folder` may use, and print how many kernels there are."""
    types, notices = library_of(folder)
    show_notices(notices)
    wanted = kernel_cache.kernels_of(types.values())
    todo = len(kernel_cache.missing(wanted))
    with Compiler() as compiler:
        compile_missing(compiler, wanted)
    kernel_cache.prune()
    removed = kernel_cache.remove_damaged()
    unusable = f"; {counted(removed, 'file')} that could not be used removed" if removed else ""
    ready = len(kernel_cache.kept(wanted))
    print(f"{ready} kernels are ready, {todo} of them compiled now{unusable}")
