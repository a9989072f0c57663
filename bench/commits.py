"""Cost of a save with 1,000 nodes: the stages of the build, and what the commit adds to one callback."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

import waves.engine.graph.lowering
import waves.engine.plan.plan
import waves.live.workspace.composer
from bench.pieces import changing
from bench.table import Table
from bench.timing import Seconds, stages
from bench.workspace import Piece
from waves.engine.runtime.trial import try_plan

GROUPS = 111  # 1,000 nodes
FRAMES = 256  # of one callback
SETTLE = 8  # callbacks in which a fade is over
LATE = 10  # callbacks between a build and its commit, which copies what was written into rings meanwhile
STAGES = {
    "schema and tree": (waves.live.workspace.composer, "build_tree"),
    "graph": (waves.engine.graph.lowering, "lower"),
    "transition": (waves.engine.plan.plan, "compare"),
}


def call(piece: Piece) -> Seconds:
    """Seconds of one callback."""
    started = time.perf_counter()
    piece.engine.call(FRAMES)
    return time.perf_counter() - started


def commits(texts: list[str], rounds: int) -> tuple[Piece, dict[str, list[Seconds]]]:
    """Seconds of each stage, and those that the commit adds to its callback (`added`), for each round."""
    piece = Piece(texts[0])
    for _ in range(SETTLE):
        piece.engine.call(FRAMES)
    spent: dict[str, list[Seconds]] = {}
    for number in range(1, rounds + 1):
        piece.write(texts[number % len(texts)])
        with stages({**STAGES, "read and parse": (piece.composer, "read")}) as found:
            composition = piece.compose()
            started = time.perf_counter()
            plan = piece.build(composition)
            found["plan"] = time.perf_counter() - started - found["transition"]
            started = time.perf_counter()
            try_plan(plan, piece.engine)
            found["trial"] = time.perf_counter() - started
        assert plan.transition and plan.transition.fades, "nothing changed"
        before = [call(piece) for _ in range(LATE)]
        piece.offer(plan)
        found["added"] = call(piece) - median(before)
        assert piece.engine.playing is plan
        for _ in range(SETTLE):
            piece.engine.call(FRAMES)
        for name, seconds in found.items():
            spent.setdefault(name, []).append(seconds)
    return piece, spent


def measure(quick: bool = False) -> list[Table]:
    """The tables of commits and of builds."""
    rounds = 10 if quick else 60
    piece, one = commits([changing(GROUPS, freq) for freq in (220.0, 330.0)], rounds)
    texts = [changing(GROUPS, 220.0, 10, mode) for mode in ("DIGITAL", "TAPE")]
    _, rings = commits(texts, rounds)
    note = f"{FRAMES} frames, {rounds} commits; the callback with the commit minus the median of those before."
    callback = Table("What a commit adds to one callback", note)
    for what, found in (
        (f"{piece.rows:,} nodes, one number", one),
        ("ten changed delays of 10 s beside them", rings),
    ):
        added = np.array(found["added"]) * 1e6
        callback.add(f"{what}: median", f"{np.median(added):.0f} µs", "under 500 µs", bool(np.median(added) < 500.0))
        callback.add("  95 of 100", f"{np.percentile(added, 95):.0f} µs")
    builder = Table("A build with 1,000 nodes", f"One number of one entry changed, {rounds} times: median, minimum.")
    names = ["read and parse", "schema and tree", "graph", "transition", "plan", "trial"]
    for name in names:
        builder.add(name, f"{np.median(one[name]) * 1e3:.1f} ms, {np.min(one[name]) * 1e3:.1f} ms")
    total = np.sum([one[name] for name in names], axis=0) * 1e3
    builder.add("all of it", f"{np.median(total):.1f} ms, {np.min(total):.1f} ms")
    return [callback, builder]
