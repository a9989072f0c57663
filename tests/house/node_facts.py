"""docs/node-facts.md: what the tests show of each shipped node, with its bound, its source and its cost.

python -m tests.house.node_facts

The rows are in node_facts.txt: node, fact, bound, test. A bound is as the test asserts it: each of its numbers stands
in the test, or in a constant of its module.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from bench.node_costs import DOCUMENT as COSTS
from bench.node_costs import MARKS as COST_MARKS
from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from waves.node_types.library.catalogue import document
from waves.node_types.library.library import family

PAGE = TOP / "docs" / "node-facts.md"
HEAD = """# What is shown of each node

<!-- made by `python -m tests.house.node_facts` -->

Each row is a fact that a test measures, and the bound that the test asserts. *Source* is the paper or book from which
the method of the node is. ns a frame and CPU seconds of compiling are those of [the
benchmarks](../bench/README.md#nodes), of one channel in the case that its example makes. Besides, all nodes obey the
laws of `waves.testing`: the blocks do not matter, compiled code is the Python, hostile inputs leave no trace, an edit
goes on. What nodes do is in [Nodes](nodes.md).
"""
COLUMNS = ("node", "family", "fact", "bound", "test", "source", "ns a frame", "compiled in CPU s")


class Fact(NamedTuple):
    """What a test shows; `test`: its file below `tests/`, in `nodes/` if no folder is named, and its function."""

    node: str
    fact: str
    bound: str
    test: str

    @property
    def path(self) -> str:
        """The file of the test, from the top of the checkout."""
        file = self.test.partition("::")[0]
        return f"tests/{file if '/' in file else f'nodes/{file}'}.py"

    @property
    def function(self) -> str:
        """The name of the test."""
        return self.test.partition("::")[2]


ROWS = Path(__file__).with_suffix(".txt").read_text("utf-8")
FACTS = tuple(Fact(*(cell.strip() for cell in line.split(" | "))) for line in ROWS.splitlines())


def source(text: str) -> str:
    """The sources that a docstring names: each text in brackets with a year in it.

    A lowpass (6 dB per octave). (Smith: Filters, 2007.)      Smith: Filters, 2007
    """
    inside = re.findall(r"\(((?:[^()]|\([^()]*\))*)\)", " ".join(text.split()))
    return "; ".join(one.rstrip(".") for one in inside if re.search(r"\b(18|19|20)\d\d\b", one))


def costs() -> dict[str, tuple[str, str]]:
    """ns a frame and CPU seconds of compiling, by node, from the table of the benchmarks."""
    table = COSTS.read_text("utf-8").partition(COST_MARKS[0])[2].partition(COST_MARKS[1])[0]
    rows = [[cell.strip() for cell in line.split("|")[1:]] for line in table.strip().splitlines()[2:]]
    return {row[0]: (row[2], row[5]) for row in rows}


def page() -> str:
    """The text of the page."""
    types, spent, rows, seen = shipped(), costs(), [], set[str]()
    for one in sorted(FACTS, key=lambda fact: fact.node):
        first = one.node not in seen
        seen.add(one.node)
        kind = types[one.node]
        names = (f"[`{one.node}`](nodes.md#{one.node})", family(kind)) if first else ("", "")
        test = f"[`{one.function}`](../{one.path})"
        rest = (source(document(kind)), *spent.get(one.node, ("", ""))) if first else ("", "", "")
        rows.append((*names, one.fact, one.bound, test, *rest))
    lines = (COLUMNS, tuple("---" for _ in COLUMNS), *rows)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{HEAD}\n{table}\n"


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
