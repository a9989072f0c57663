"""Cost of any node: per node with 10 to 10,000 nodes, of a row without work, of the last stages, of the meters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.pieces import GROUP, many, mix
from bench.table import Table
from bench.timing import interleaved
from bench.workspace import RATE, Piece
from waves.abi import PLAN
from waves.node import BLOCK

GROUPS = (1, 11, 111, 1111)  # of a mix and eight oscillators: 10 to 10,000 nodes
TRACKS = 8
SAMPLES = 20_000_000  # samples of all nodes that one run renders


def _runs(pieces: dict[str, Piece], samples: int) -> tuple[dict[str, Callable[[], Any]], dict[str, int]]:
    frames = {name: max(samples // piece.rows // BLOCK, 4) * BLOCK for name, piece in pieces.items()}
    return {name: lambda n=name: pieces[n].engine.render(frames[n]) for name in pieces}, frames


def nodes(quick: bool) -> Table:
    """Nanoseconds per sample and node, with more and more nodes."""
    pieces = {f"{9 * groups + 1:,}": Piece(many(groups)) for groups in GROUPS[: 3 if quick else 4]}
    runs, frames = _runs(pieces, SAMPLES)
    best = interleaved(runs, 5 if quick else 15)
    each = {name: best[name] / frames[name] / piece.rows * 1e9 for name, piece in pieces.items()}
    table = Table("Nodes", "Sines in mixes of eight: the samples of a run are the same number in each.")
    for name, cost in each.items():
        table.add(f"{name} nodes, per sample and node", f"{cost:.2f} ns")
    ratio = max(each.values()) / min(each.values())
    table.add("  most / least expensive", f"{ratio:.2f}", "at most 1.5", ratio <= 1.5)
    return table


def empty_row(quick: bool) -> Table:
    """Nanoseconds per block of a row whose kernel does nothing."""
    groups = 125
    pieces = {
        "nothing": Piece(many(groups, "{nothing: {}}")),
        "constants": Piece(many(groups, "0")),
    }
    frames = BLOCK * (20 if quick else 200)
    runs = {name: lambda piece=piece: piece.engine.render(frames) for name, piece in pieces.items()}
    best = interleaved(runs, 20 if quick else 60)
    cost = (best["nothing"] - best["constants"]) / (groups * GROUP) / (frames / BLOCK) * 1e9
    table = Table("A row without work", f"{groups * GROUP} of them in mixes, minus the same mixes of constants.")
    table.add("per block of 64 frames", f"{cost:.1f} ns", "at most 10 ns", cost <= 10.0)
    return table


def last_stages(quick: bool) -> Table:
    """Volume, output check, peaks and limiter, for two channels."""
    quiet, loud = "my_sound: {osc: {freq: 110, amp: 0.5}}\n", "my_sound: {osc: {freq: 110, amp: 3}}\n"
    pieces = {
        "a quiet sine": Piece(quiet, 2),
        "the limiter, idle": Piece(quiet, 2, limiting=True),
        "a loud sine": Piece(loud, 2),
        "the limiter, active": Piece(loud, 2, limiting=True),
        "master": Piece(many(1, "0"), 2),
    }
    frames = RATE if quick else 5 * RATE
    runs = {name: lambda piece=piece: piece.engine.render(frames) for name, piece in pieces.items()}
    best = interleaved(runs, 5 if quick else 15)
    cost = {name: seconds / frames * 1e9 for name, seconds in best.items()}
    table = Table("The last stages", "Two channels, per frame; 1 % of a core is 227 ns per frame at 44.1 kHz.")
    table.add(
        "volume, output check, peaks, output", f"{cost['master']:.1f} ns", "at most 50 ns", cost["master"] <= 50.0
    )
    names = list(pieces)
    for before, after in ((names[0], names[1]), (names[2], names[3])):
        added = cost[after] - cost[before]
        table.add(after, f"+{added:.1f} ns", "at most 227 ns", added <= 227.0)
    return table


def meters(quick: bool) -> Table:
    """Nanoseconds per block that the levels of eight stereo tracks take."""
    piece = Piece(mix(["{track: {pan: 0.3, signal: {osc: {freq: 110, amp: 0.01}}}}"] * TRACKS), 2)
    frames = BLOCK * (200 if quick else 2000)

    def play(measured: int) -> None:
        piece.plan.header[PLAN.index("meters_count")] = measured
        piece.engine.render(frames)

    best = interleaved({"with": lambda: play(TRACKS), "without": lambda: play(0)}, 30 if quick else 100)
    cost = (best["with"] - best["without"]) / (frames / BLOCK) * 1e9
    table = Table("The meters", f"{TRACKS} stereo tracks, measured or not; 1 % of a core is 14,500 ns per block.")
    table.add("per block of 64 frames", f"{cost:.0f} ns", "at most 500 ns", cost <= 500.0)
    return table


def measure(quick: bool = False) -> list[Table]:
    """The tables of nodes, of a row without work, of the last stages, and of the meters."""
    return [nodes(quick), empty_row(quick), last_stages(quick), meters(quick)]
