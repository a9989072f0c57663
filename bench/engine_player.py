"""Plays graphs on an engine without a device, one version after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.clicks import Frames
from bench.workspace import FADE, RATE
from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan, build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry


class Player:
    """An engine that plays a graph, and commits others."""

    def __init__(self, graph: Graph, *, channels: int = 2, limiting: bool = False):
        self.engine = Engine(RATE, channels, limiting)
        self.registry = Registry()
        self.plan: Plan | None = None
        self.played = 0  # frames
        self.offer(graph)

    def offer(self, graph: Graph, fade: int = FADE, at: int = -1) -> Plan:
        """Commit a graph with the next block, or at frame `at` of the piece; `fade` in frames."""
        plan = build_plan(graph, self.plan, self.registry, self.engine.addresses, fade, at=at)
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
