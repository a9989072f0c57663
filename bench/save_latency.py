"""Time from a save to its sound, through the session of `waves play`, on a silent device in real time."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np

import waves.engine.graph.lowering
import waves.live.session.planner
import waves.live.workspace.composer
from bench.pieces import PARTS, song
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


def run(count: int) -> dict[str, list[Seconds]]:
    """Seconds by stage of so many saves, at random moments between two callbacks."""
    chance = random.Random(1)
    spent: dict[str, list[Seconds]] = {}
    live = Live(song(), limiting=True)
    with live.on_air(), stages({**STAGES, "read and parse": (live.folder.composer, "read")}) as found:
        for number in range(count):
            time.sleep(chance.uniform(*PAUSE))
            found.clear()
            total, event = live.saved({"waves.yaml": song(2001 + number, number % PARTS)})
            assert event.kind == "reloaded", event.text
            found["commit and device"] = event.stages["commit"] / 1e3
            found["watch"] = total - sum(found.values())
            for name, seconds in {**found, "all": total}.items():
                spent.setdefault(name, []).append(seconds)
        assert not live.engine.underflows
    live.close()
    return spent


def measure(quick: bool = False) -> list[Table]:
    """The table of all stages."""
    count, rounds = (15, 1) if quick else (60, 3)
    spent = min((run(count) for _ in range(rounds)), key=lambda spent: np.percentile(spent["all"], 95))
    lines = song().count("\n")
    note = (
        f"{count} saves of {lines} lines, one entry changed, {FRAMES} frames a callback; the best of "
        f"{rounds} such runs. Reading waits until the file has rested for 10 ms. Median, 95 of 100."
    )
    table = Table("From a save to the first frame of the new version", note)

    def row(what: str, names: Sequence[str], budget: float | None = None) -> None:
        seconds = np.sum([spent[name] for name in names], axis=0)
        middle, most = np.percentile(seconds * 1e3, (50, 95))
        kept = None if budget is None else bool(most <= budget)
        table.add(what, f"{middle:.1f} ms, {most:.1f} ms", f"95 of 100 within {budget:g} ms" if budget else "", kept)

    row("all", ["all"], 60.0)
    row("  watch", ["watch"], 15.0)
    row("  read and parse", ["read and parse"], 15.0)
    names = ("schema and tree", "graph", "plan")
    row("  schema, tree and plan", names, 15.0)
    for name in names:
        row(f"    {name}", [name])
    row("  trial", ["trial"], 15.0)
    row("  commit and device", ["commit and device"], 15.0)
    text = song()
    whole = interleaved({"": lambda: read_document(text, "waves.yaml")}, 3 if quick else 7)[""]
    table.add("the whole file parsed", f"{whole * 1e3:.0f} ms", "under 150 ms", whole < 0.15)
    return [table]
