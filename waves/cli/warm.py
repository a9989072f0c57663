"""`waves warm`: compiles ahead of time."""

from __future__ import annotations

from waves.cli.options import HERE, Folder


def warm(folder: Folder = HERE) -> None:
    """Compile every node type, so that nothing has to be compiled later."""
    from waves import kernels
    from waves.cli.opening import compile_missing, kernels_of
    from waves.cli.types import library_of
    from waves.compiler import Compiler

    wanted = kernels_of(library_of(folder).values())
    todo = len(kernels.missing(wanted))
    with Compiler() as compiler:
        compile_missing(compiler, wanted)
    kernels.prune()
    print(f"{len(wanted)} kernels are ready, {todo} of them compiled now")
