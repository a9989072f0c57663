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
from bench.peers.effects import MARKS as PEER_MARKS
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
BESIDE = """## Beside other programs

The same sound through the effects of this program and of those that are installed, by `python -m bench effects
--write`; the parameters are in `bench/peers/effect_patches.py`. All parts of a row are set to the same curve, but those
of a reverb, of which each has a structure of its own. Here a drive is rounder than tanh where it is `soft`, and harder
where it is `hard`.

All reverbs are set to fall by 60 dB in 2 s, measured in the same way: twice the time of the line through -5 and -35 dB
of the energy that is still to come. Their modes are counted while nothing moves in them, which ring longer than 0.3 s;
the delays in the loops of this one make 0.74 in each Hz, in those of Freeverb 0.25. Of a mode is heard that it stands
above its neighbours; noise of the same length has a peak of 10 dB. Where a reverb moves, this is another figure at each
moment: at `modulation: 0.3` from 11.7 to 14.0 dB, 12.9 in the mean; at 1 it is 12.2, at `size: 0.8` 11.1.

**Where this program is not better.** `limit` without `true_peak` lets as much pass between the frames as scsynth's.
Csound's `reverbsc` rings less than `reverb` and Freeverb of Faust a little less at the moment of the table: the first
moves more, so that a held tone swells by 4 to 5 dB (its deviation; here 1 to 4), and its echoes are sparse at first.
Zita has more modes, and almost no echoes before 100 ms. Beside the finer engine of Rubber Band 3.1, `stretch` begins
strokes at their time (within 0.4 ms, there 8 ms) and keeps the level of noise (within 0.3 dB, there it is 1 to 2 dB
softer). A low chord is cleaner there at half its length: beside a2 major is nothing above -64 dB, here -6 dB with
`good`, -38 dB with `best`; at double length there -16 dB.
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


def measured() -> str:
    """What `python -m bench effects --write` has put into the page, with its marks."""
    begin, end = PEER_MARKS
    text = PAGE.read_text("utf-8").partition(begin)[2].partition(end)[0] if PAGE.exists() else ""
    return f"{begin}{text}{end}"


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
    return f"{HEAD}\n{table}\n\n{BESIDE}\n{measured()}"


def main() -> None:
    """Write it; what was measured beside other programs stays."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
