"""Costs of the qualities of a node, as ratios: so many equal nodes in a mix, each quality in turn."""

from __future__ import annotations

from collections.abc import Callable

from bench.pieces import mix
from bench.reference import BLOCK
from bench.table import Table
from bench.timing import interleaved
from bench.workspace import RATE, Piece

NODES = 32
QUALITIES = ("draft", "good", "best")
COLUMNS = ("node", *QUALITIES, "budget")

Body = Callable[[int, str], str]
"""From the number of a node and its quality to the node as text."""


def sample(speed: float) -> Body:
    """Looping players, each a little slower than the one before."""
    return lambda k, quality: (
        f"{{sample: {{file: samples/tone.wav, loop: true, speed: {speed - k / 1024:.7f}, quality: {quality}}}}}"
    )


def delay(time: str) -> Body:
    """Echoes of silence."""
    return lambda k, quality: f"{{delay: {{time: {time}, feedback: 0.3, quality: {quality}, signal: 0.001}}}}"


def osc(shape: str, freq: float) -> Body:
    """Oscillators, each a hertz higher than the one before."""
    return lambda k, quality: f"{{osc: {{type: {shape}, freq: {freq + k}, amp: 0.01, quality: {quality}}}}}"


WORKS: dict[str, tuple[Body, float]] = {
    "sample at speed 0.9": (sample(0.9), 2.0),
    "sample at speed 1.3": (sample(1.3), 4.0),
    "sample at speed 4": (sample(4.0), 4.0),
    "osc, a saw of 110 Hz": (osc("saw", 110.0), 1.5),
    "osc, a saw of 2 kHz": (osc("saw", 2000.0), 1.5),
    "osc, a square of 2 kHz": (osc("sqr", 2000.0), 1.5),
    "delay": (delay("0.0123"), 2.5),
    "delay, time moves": (delay("{osc: {freq: 1, range: [0.01, 0.011]}}"), 2.5),
}
"""By name: the nodes, and how many times the cost of `good` that of `best` may be."""


def measure(quick: bool = False) -> list[Table]:
    """The table of all."""
    frames = BLOCK * (RATE // (16 if quick else 4) // BLOCK)
    pieces = {
        f"{name} {quality}": Piece(mix(body(k, quality) for k in range(NODES)))
        for name, (body, _) in WORKS.items()
        for quality in QUALITIES
    }
    sine = Piece(mix(f"{{osc: {{freq: {100 + k}, amp: 0.01}}}}" for k in range(NODES)))
    runs = {name: lambda piece=piece: piece.engine.render(frames) for name, piece in {**pieces, "sine": sine}.items()}
    best = interleaved(runs, 15 if quick else 40)
    each = 1e9 / frames / NODES
    note = f"{NODES} nodes in a mix; in brackets ns a frame and node. A sine: {best['sine'] * each:.1f} ns."
    table = Table("Qualities, times the cost of good", note, COLUMNS)
    for name, (_, most) in WORKS.items():
        seconds = [best[f"{name} {quality}"] for quality in QUALITIES]
        cells = [f"{one / seconds[1]:.2f} ({one * each:.1f})" for one in seconds]
        table.row((name, *cells, f"best at most {most}"), seconds[2] <= most * seconds[1])
    return [table]
