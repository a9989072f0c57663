"""Costs of each shipped node with a kernel, in the first case that its example makes: time a frame, compile time."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from bench.table import Table
from waves.app.commands.example_cases import hear_example
from waves.engine.compiler.compiler import Compiler
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.shipped_files import library_folder
from waves.node_types.library.library import family
from waves.testing import node
from waves.testing.case import Case
from waves.testing.costs import Costs, costs_of

COLUMNS = ("node", "family", "ns a frame", "slowest block / mean", "memory in kB", "compiled in CPU s, all variants")


def costs(only: Collection[str] = ()) -> dict[str, Costs]:
    """The costs of each shipped node with a kernel, or of some, by name; none of one that no example plays alone."""
    opened, found = open_workspace(library_folder("demo")), {}
    alone = ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1)  # what two nodes share is compiled once
    with Compiler() as compiler, alone:
        for name, kind in sorted(opened.library.items()):
            if hasattr(kind, "render") and (not only or name in only):
                for given in [*hear_example(opened, name, kind, compiler).cases.values()][:1]:
                    found[name] = alone.submit(_costs, name, given).result()
    return found


def _costs(name: str, given: dict[str, Any]) -> Costs:
    return Costs(**costs_of(Case(node(name), given), lambda _: None))


def measure(quick: bool = False, only: Collection[str] = ()) -> list[Table]:
    """The table of nodes."""
    library = open_workspace(library_folder("demo")).library
    if unknown := [name for name in only if name not in library]:
        raise SystemExit(f"there is no node {', '.join(unknown)}")
    table = Table("Nodes", "One channel as machine code in blocks of 64 frames; the call itself is taken off.", COLUMNS)
    for name, cost in costs(only).items():
        kilobytes = (cost.state + cost.memory + cost.arrays) / 1000.0
        figures = (f"{cost.frame:.1f}", f"{cost.worst:.1f}", f"{kilobytes:,.1f}", f"{sum(cost.compiled.values()):.2f}")
        table.row((name, family(library[name]), *figures))
    return [table]
