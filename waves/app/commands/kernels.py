"""Compiles kernels ahead of play: those that a piece needs, or all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from waves.app.commands.list_nodes import library_of
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.engine.plan.plan import needed_kernels
from waves.live.workspace.composer import Composition
from waves.node import Node
from waves.node_types.builtin.crossfade import Fade
from waves.node_types.builtin.moved_value import MovedValue
from waves.problem import Problems


def warm_cache(folder: Path) -> None:
    """Compile every node type that the piece in `folder` may use, and print how many kernels there are."""
    wanted = kernels_of(library_of(folder).values())
    todo = len(kernel_cache.missing(wanted))
    with Compiler() as compiler:
        compile_missing(compiler, wanted)
    kernel_cache.prune()
    print(f"{len(wanted)} kernels are ready, {todo} of them compiled now")


def kernels_of(kinds: Iterable[type[Node]]) -> list[Kernel]:
    """Every kernel that pieces of these node types may need, with those of the engine and the language."""
    inner = [kind for kind in _below(Node) if kind.__module__.startswith("waves.")]
    nodes = [kind for kind in dict.fromkeys((*kinds, *inner)) if hasattr(kind, "render")]
    return [*kernel_cache.engine_kernels(), *(kernel for kind in nodes for kernel in kernel_cache.variants(kind))]


def _below(kind: type[Node]) -> Iterator[type[Node]]:
    """All subclasses of a node type."""
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def needed_to_play(composition: Composition) -> list[Kernel]:
    """The kernels without which a piece cannot begin to play, fade to its next version, and have parameters moved."""
    always: list[Kernel] = [
        *kernel_cache.engine_kernels(),
        *kernel_cache.variants(Fade),
        *kernel_cache.variants(MovedValue),
    ]
    return [*always, *needed_kernels(composition.graph)]


def compile_missing(compiler: Compiler, wanted: list[Kernel]) -> None:
    """Compile the kernels that are not in the cache, and show the progress. Raises Problems."""
    todo = kernel_cache.missing(wanted)
    if not todo:
        return
    try:
        if not sys.stderr.isatty():
            print(f"compiling {len(todo)} kernel{'s' * (len(todo) != 1)}, once", file=sys.stderr, flush=True)
            compiler.compile(todo)
            return
        from waves.app.terminal.progress import bar

        with bar("compiling, once", len(todo)) as advance:
            compiler.compile(todo, lambda done, of: advance(done))
    except CompileError as error:
        raise Problems(error.problems) from None
