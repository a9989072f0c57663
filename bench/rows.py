"""What a node costs whatever it does: cost per node from 10 to 10,000, the empty row, the last stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.piece import RATE, Piece
from bench.table import Table
from bench.texts import GROUP, many
from bench.timing import interleaved
from waves.node import BLOCK

GROUPS = (1, 11, 111, 1111)  # of a mix and eight oscillators: 10 to 10,000 nodes
SAMPLES = 20_000_000  # samples of all nodes that one run renders


def _runs(pieces: dict[str, Piece], samples: int) -> tuple[dict[str, Callable[[], Any]], dict[str, int]]:
    frames = {name: max(samples // piece.rows // BLOCK, 4) * BLOCK for name, piece in pieces.items()}
    return {name: lambda n=name: pieces[n].engine.render(frames[n]) for name in pieces}, frames


def nodes(quick: bool) -> Table:
    """Nanoseconds per sample and node, as the number of nodes grows."""
    pieces = {f"{9 * groups + 1:,}": Piece(many(groups)) for groups in GROUPS[: 3 if quick else 4]}
    runs, frames = _runs(pieces, SAMPLES)
    best = interleaved(runs, 5 if quick else 15)
    each = {name: best[name] / frames[name] / piece.rows * 1e9 for name, piece in pieces.items()}
    table = Table("Nodes", "Sines in mixes of eight: the samples of a run are the same number in each.")
    for name, cost in each.items():
        table.add(f"{name} nodes, per sample and node", f"{cost:.2f} ns")
    ratio = max(each.values()) / min(each.values())
    table.add("  dearest / cheapest", f"{ratio:.2f}", "at most 1.5", ratio <= 1.5)
    return table


def empty_row(quick: bool) -> Table:
    """A row that does nothing, and one of each of the two that every mix has."""
    groups = 125
    pieces = {
        "nothing": Piece(many(groups, "{nothing: {}}")),
        "constants": Piece(many(groups, "0")),
    }
    frames = BLOCK * (20 if quick else 200)
    runs = {name: lambda piece=piece: piece.engine.render(frames) for name, piece in pieces.items()}
    best = interleaved(runs, 20 if quick else 60)
    cost = (best["nothing"] - best["constants"]) / (groups * GROUP) / (frames / BLOCK) * 1e9
    table = Table("A row without work", f"{groups * GROUP} of them in mixes, less the same mixes of constants.")
    table.add("per block of 64 frames", f"{cost:.1f} ns", "at most 10 ns", cost <= 10.0)
    return table


def last_stages(quick: bool) -> Table:
    """Volume, guard, peaks and the limiter, of two channels."""
    quiet, loud = "my_sound: {osc: {freq: 110, amp: 0.5}}\n", "my_sound: {osc: {freq: 110, amp: 3}}\n"
    pieces = {
        "a quiet sine": Piece(quiet, 2),
        "the limiter, nothing above its ceiling": Piece(quiet, 2, limiting=True),
        "a loud sine": Piece(loud, 2),
        "the limiter at work": Piece(loud, 2, limiting=True),
        "master": Piece(many(1, "0"), 2),
    }
    frames = RATE if quick else 5 * RATE
    runs = {name: lambda piece=piece: piece.engine.render(frames) for name, piece in pieces.items()}
    best = interleaved(runs, 5 if quick else 15)
    cost = {name: seconds / frames * 1e9 for name, seconds in best.items()}
    table = Table("The last stages", "Two channels, per frame; 1 % of a core is 227 ns per frame at 44.1 kHz.")
    table.add("volume, guard, peaks, output", f"{cost['master']:.1f} ns", "at most 50 ns", cost["master"] <= 50.0)
    names = list(pieces)
    for before, after in ((names[0], names[1]), (names[2], names[3])):
        added = cost[after] - cost[before]
        table.add(after, f"+{added:.1f} ns", "at most 227 ns", added <= 227.0)
    return table


def measure(quick: bool = False) -> list[Table]:
    return [nodes(quick), empty_row(quick), last_stages(quick)]
