"""Costs of each shipped node with a kernel, in the first case that its example makes: time a frame, compile time.

`--write` puts the table into README.md here, and beside each the quality that its documentation states.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.table import Table
from waves.app.commands.example_cases import hear_example
from waves.engine.compiler.compiler import Compiler
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.shipped_files import library_folder
from waves.node_types.library.catalogue import document
from waves.node_types.library.library import family
from waves.testing import node
from waves.testing.case import Case
from waves.testing.costs import Costs, costs_of

COLUMNS = ("node", "family", "ns a frame", "slowest block / mean", "memory in kB", "compiled in CPU s, all variants")
DOCUMENT = Path(__file__).parent / "README.md"
MARKS = "<!-- python -m bench nodes --write: from here -->\n", "<!-- to here -->\n"
BOUND = re.compile(
    r"below -\d+ dB|within \d[\d.]* (dB|cent)|exact to (a|\d[\d.]*) cent|is down by \d+ dB|to \d[\d.]* dB (at|below)"
)
"""What a sentence that states a bound has in it."""


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


def stated(text: str) -> str:
    """The quality that the documentation of a node states: its row `good`, else its first sentences with a bound.

    Aliases of a saw are below -80 dB.      Aliases of a saw are below -80 dB
    """
    for table in re.finditer(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in table[0].splitlines()]
        good = next((row for row in rows if row[0] == "`good`"), None)
        if rows[0][0] == "`quality`" and good:
            before, after = _sentences(text[: table.start()]), _sentences(text[table.end() :])
            said = before[-1] if before and before[-1].endswith(":") else next(iter(after), "")
            cells = (f"{name} {cell}" for name, cell in zip(rows[0], good, strict=True) if "dB" in cell)
            return f"{said.rstrip('.:')}: {', '.join(cells)}".removeprefix(": ")
    return "; ".join(one.rstrip(".:") for one in _sentences(text) if BOUND.search(one))


def _sentences(text: str) -> list[str]:
    """The sentences of a text in Markdown, without its examples and tables."""
    prose = re.sub(r"(?m)^(    |\|).*$", "", text)
    return [" ".join(one.split()) for one in re.split(r"(?<=[.:])\s+(?=[A-Z`(])|\n\n", prose) if one.strip()]


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


def write(tables: list[Table]) -> None:
    """Write the table with qualities into README.md; the rows of nodes that were not measured stay as they are."""
    before, begin, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    old, end, after = rest.partition(MARKS[1])
    assert begin and end, f"{DOCUMENT.name} lacks the marks of the table"
    library = open_workspace(library_folder("demo")).library
    head, line, *rows = tables[0].markdown.splitlines()
    head, line = f"{head} quality |", f"{line} --- |"
    known = {row.split("|")[1].strip(): row for row in old.strip().splitlines()[2:]}
    for row, figure in zip(rows, tables[0].figures, strict=True):
        known[figure.cells[0]] = f"{row} {stated(document(library[figure.cells[0]]))} |"
    text = "\n".join([head, line, *(known[name] for name in sorted(known))])
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", "utf-8")
