"""Plays graphs on an engine without a device, one version after the other, and measures clicks.

The step between two neighbouring frames during a reload may be as large as the largest step of the old and the new
version, each played alone, plus their difference divided by the frames of the fade.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.workspace import FADE, RATE
from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan, build_plan
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.node import BLOCK

AFTER = 6000  # frames that are compared after a commit
ALLOWED = 1.005  # of the bound: a glide also passes the values in between, and a resonance may stand out as much

Frames = np.ndarray[Any, Any]
"""Sound of shape (frames, channels)."""


class Player:
    """An engine that plays a graph, and commits others."""

    def __init__(self, graph: Graph, *, channels: int = 2, limiting: bool = False):
        self.engine = Engine(RATE, channels, limiting)
        self.registry = Registry()
        self.plan: Plan | None = None
        self.played = 0  # frames
        self.offer(graph)

    def offer(self, graph: Graph, fade: int = FADE) -> Plan:
        """Commit a graph with the next block; `fade` in frames."""
        plan = build_plan(graph, self.plan, self.registry, self.engine.addresses, fade)
        self.engine.offer(plan)
        plan.commit_states(self.registry)
        self.plan = plan
        return plan

    def play(self, frames: int, block: int = 256) -> Frames:
        """The next frames, as a device with this block gets them."""
        self.played += frames
        return called(self.engine.call, frames, block)

    def play_to(self, frame: int) -> Frames:
        """The frames up to a frame of the piece."""
        return self.play(frame - self.played)


def called(call: Callable[[int], Frames], frames: int, block: int = 256) -> Frames:
    """The next frames of an engine, by calls for `block` frames."""
    sizes = [block] * (frames // block) + [frames % block]
    return np.concatenate([call(size) for size in sizes if size] or [call(0)])


def step(frames: Frames) -> float:
    """The largest step between neighbouring frames."""
    return float(np.abs(np.diff(frames.astype(np.float64), axis=0)).max(initial=0.0))


def around(player: Player, commit: int, new: Graph | None = None, fade: int = FADE) -> Frames:
    """The last frame before the block of `commit`, and the frames after it; None: nothing is committed."""
    player.play_to(commit - commit % BLOCK - 1)
    last = player.play(1)
    if new is not None:
        player.offer(new, fade)
    return np.vstack([last, player.play(AFTER)])


def bound(started: Callable[[], Player], new: Graph, commit: int, channels: int | None = None) -> float:
    """The largest step that is allowed when `new` is committed, in the first `channels`.

    `started` gives players of the version before.
    """
    past = started().play_to(commit)[:, :channels]
    before = around(started(), commit)[:, :channels]
    after = around(started(), commit, new, 0)[1:, :channels]
    difference = np.abs(after - before[1:]).max()
    return max(map(step, (past, before, after))) + float(difference) / FADE


def over(reload: Frames, bound: float) -> float:
    """The largest step of a reload, divided by its bound."""
    return step(reload) / bound if bound else float(step(reload) > 0.0)
