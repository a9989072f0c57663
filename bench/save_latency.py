"""Time from a save to its sound, through the session of `waves play`, on a silent device in real time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import numpy as np

import waves.engine.graph.lowering
import waves.live.session.planner
import waves.live.workspace.composer
from bench.pieces import GROUP, PARTS, changing, song
from bench.session import FRAMES, Live
from bench.table import Table
from bench.timing import Seconds, interleaved, stages
from waves.language.text.document import read_document

PAUSE = (0.12, 0.16)  # s between two saves


STAGES = {
    "schema and tree": (waves.live.workspace.composer, "build_tree"),
    "graph": (waves.engine.graph.lowering, "lower"),
    "plan": (waves.live.session.planner, "build_plan"),
    "trial": (waves.live.session.planner, "try_plan"),
}


ALL = 30.0
"""Milliseconds from a save of the song to its callback, for 95 of 100; its stages have no budgets of their own."""


SIZES = {10: 40, 100: 40, 1000: 35, 10_000: 80}
"""By number of nodes the milliseconds from a save to its callback, for 95 of 100."""


FIRST_LOAD = 3.0  # s


def song_with(number: int) -> str:
    """The song with another number in another part."""
    return song(2001 + number, number % PARTS)


def run(count: int, text: Callable[[int], str] = song_with, in_time: bool = True) -> dict[str, list[Seconds]]:
    """Seconds by stage of so many saves of `text(1)`, `text(2)` and so on, at random moments between two callbacks.

    `in_time`: the silent device, a thread of Python, keeps real time meanwhile; beside the build of 10,000 nodes it
    does not.
    """
    chance = random.Random(1)
    spent: dict[str, list[Seconds]] = {}
    live = Live(text(0), limiting=True)
    with live.on_air(), stages({**STAGES, "read and parse": (live.folder.composer, "read")}) as found:
        for number in range(count):
            time.sleep(chance.uniform(*PAUSE))
            found.clear()
            total, event = live.saved({"waves.yaml": text(number + 1)})
            assert event.kind == "reloaded", event.text
            found["commit and device"] = event.stages["commit"] / 1e3
            found["rest"] = total - sum(found.values())
            for name, seconds in {**found, "all": total}.items():
                spent.setdefault(name, []).append(seconds)
        assert not (in_time and live.engine.underflows)
    live.close()
    return spent


def measure(quick: bool = False) -> list[Table]:
    """The table of all stages."""
    count = 15 if quick else 120
    spent = run(count)
    lines = song().count("\n")
    note = (
        f"{count} saves of {lines} lines, one entry changed, {FRAMES} frames a callback, each of which counts. "
        "It is built while the file rests for 10 ms. Median, 95 of 100."
    )
    table = Table("From a save to the first frame of the new version", note)

    def row(what: str, names: Sequence[str], budget: float | None = None) -> None:
        seconds = np.sum([spent[name] for name in names], axis=0)
        middle, most = np.percentile(seconds * 1e3, (50, 95))
        kept = None if budget is None else bool(most <= budget)
        table.add(what, f"{middle:.1f} ms, {most:.1f} ms", f"95 of 100 within {budget:g} ms" if budget else "", kept)

    row("all", ["all"], ALL)
    row("  watch, reports, and what is left of the 10 ms", ["rest"])
    row("  read and parse", ["read and parse"])
    names = ("schema and tree", "graph", "plan")
    row("  schema, tree and plan", names)
    for name in names:
        row(f"    {name}", [name])
    row("  trial", ["trial"])
    row("  commit and device", ["commit and device"])
    text = song()
    whole = interleaved({"": lambda: read_document(text, "waves.yaml")}, 3 if quick else 7)[""]
    table.add("the whole file parsed", f"{whole * 1e3:.0f} ms", "under 150 ms", whole < 0.15)
    return [table, by_size(quick)]


def by_size(quick: bool) -> Table:
    """The table of pieces with 10 to 10,000 nodes, one number changed."""
    count = 10 if quick else 40
    table = Table("The same by number of nodes", f"One number of one node changed, {count} saves: median, 95 of 100.")
    for size, budget in SIZES.items():
        groups = round((size - 2) / (GROUP + 1))
        seconds = run(count, lambda number, groups=groups: changing(groups, 220.0 + number), in_time=False)["all"]
        middle, most = np.percentile(np.array(seconds) * 1e3, (50, 95))
        within = f"95 of 100 within {budget:g} ms"
        table.add(f"{size:,} nodes", f"{middle:.1f} ms, {most:.1f} ms", within, bool(most <= budget))
    text = changing(round((max(SIZES) - 2) / (GROUP + 1)), 220.0)
    load = interleaved({"": lambda: Live(text).close()}, 1 if quick else 3)[""]
    what = f"{max(SIZES):,} nodes from nothing to the first plan, with its trial"
    table.add(what, f"{load:.2f} s", f"under {FIRST_LOAD:g} s", load < FIRST_LOAD)
    return table
