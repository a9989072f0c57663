"""`waves warm`: compiles ahead of time."""

from __future__ import annotations

from waves.cli.options import HERE, Folder


def warm(folder: Folder = HERE) -> None:
    """Compile every node type, so that nothing has to be compiled later."""
    from waves.app.commands.list_nodes import library_of
    from waves.app.commands.open_workspace import compile_missing, kernels_of
    from waves.engine.compiler import kernel_cache
    from waves.engine.compiler.compiler import Compiler

    wanted = kernels_of(library_of(folder).values())
    todo = len(kernel_cache.missing(wanted))
    with Compiler() as compiler:
        compile_missing(compiler, wanted)
    kernel_cache.prune()
    print(f"{len(wanted)} kernels are ready, {todo} of them compiled now")
