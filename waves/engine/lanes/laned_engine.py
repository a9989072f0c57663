"""An engine that plays the independent parts of a piece on several cores, where there is no device.

Each lane of the graph is played by an engine and a thread of its own, some blocks ahead; this engine plays the rest,
which reads their outputs. Every number is the same as from one engine.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from waves.abi import ROW, offset
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel
from waves.engine.graph.graph import Graph, Output, Row
from waves.engine.lanes.division import Divided, divided
from waves.engine.plan.plan import Plan, build_plan
from waves.engine.runtime.engine import PAGED, Engine
from waves.engine.state.copies import address_of
from waves.engine.state.state_registry import Registry
from waves.node import BLOCK
from waves.node_types.builtin.feedback import Feed

PART = 128 * BLOCK  # frames that a lane plays at a time
AHEAD = 2  # parts by which lanes may be ahead
CALLS = 30_000  # calls of rows for the costs of all
MOST_BLOCKS = 500  # for these
PATIENCE = 5.0  # seconds for them
STATUS = offset(ROW, "status")

_LANE = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 7)
_RUN = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)


def kernels_of_lanes() -> list[Kernel]:
    """The kernels that a piece in lanes needs, beside those of its rows."""
    return [EngineKernel("lane"), *kernel_cache.variants(Feed)]


def costs_of(graph: Graph, rate: float) -> dict[str, float]:
    """Nanoseconds a block of each row, as the piece begins. Played for this alone; its kernels are compiled."""
    engine = Engine(rate, 1, False, len(graph.outputs) - 1)
    plan = build_plan(graph, None, Registry(), engine.addresses, 0)
    run = _RUN(kernel_cache.address(EngineKernel("run")))
    blocks = min(max(CALLS // len(graph.rows), 4), MOST_BLOCKS)
    places = list(plan.settled.offsets.values())
    calls = [(0, 0), (0, 0), *((place, 1) for place in places)]  # place and rows: two that play nothing
    spent = np.zeros((blocks, len(calls)), np.int64)  # ns
    for block in spent:
        for k, (place, rows) in enumerate(calls):
            began = time.perf_counter_ns()
            run(plan.settled.address + place, rows, 0, BLOCK)
            block[k] = time.perf_counter_ns() - began
        engine.advance(BLOCK)
    _, idle, *costs = np.median(spent, axis=0)  # not a mean, of which other programs are a part
    return {key: max(float(cost - idle), 1.0) for key, cost in zip(plan.settled.offsets, costs, strict=True)}


class Lane:
    """One lane: its engine, its plan, and the frames that it has played, AHEAD parts of them."""

    def __init__(self, graph: Graph, rate: float):
        self.graph = graph
        self.engine = Engine(rate, 1, False, len(graph.outputs) - 1)
        self.plan = build_plan(graph, None, Registry(), self.engine.addresses, 0)
        self.engine.offer(self.plan)
        self.sound = np.zeros((len(graph.outputs), AHEAD * PART))
        self.ends = np.zeros((len(graph.outputs), AHEAD * PART // BLOCK), np.int64)
        rows = self.plan.settled
        keys = [output.key for output in graph.outputs if isinstance(output, Output)]
        self._ends = np.array([rows.address + rows.offsets[key] + STATUS for key in keys], np.int64)
        self._lane = _LANE(kernel_cache.address(EngineKernel("lane")))

    def play(self, part: int) -> None:
        """Play a part, after the one before it. On the lane's thread."""
        place = part % AHEAD * PART
        into = (self.sound.shape[1], *map(address_of, (self._ends, self.sound, self.ends)))
        frames = PAGED if self.plan.rings else PART
        for first in range(place, place + PART, frames):
            self.engine.fill_pages(frames)
            if self._lane(self.engine.address, frames // BLOCK, first, *into):
                raise RuntimeError("a lane has failed")


class LanedEngine(Engine):
    """Plays a graph that is divided; made by `laned_engine`. Only `render` gives its frames, on one thread.

    Call `close` at the end.
    """

    def __init__(self, parts: Divided, rate: float, main_channels: int, limiting: bool, stems: int):
        super().__init__(rate, main_channels, limiting, stems)
        self.lanes = [Lane(graph, rate) for graph in parts.lanes]
        places = {output: (lane, c) for lane in self.lanes for c, output in enumerate(lane.graph.outputs)}

        def feed(output: Output, row: Row) -> Row:
            lane, c = places[output]
            key = f"{output.key} {output.index} of a lane"
            arrays = {"sound": lane.sound[c], "ends": lane.ends[c]}
            return Row(key, Feed, {}, {}, {}, arrays, (Feed, key), 0, key, row.node, early=row.early)

        self.plan = build_plan(parts.fed(feed), None, Registry(), self.addresses, 0)
        self.offer(self.plan)
        self._threads = [ThreadPoolExecutor(1, thread_name_prefix="lane") for _ in self.lanes]
        self._parts: list[list[Future[None]]] = []  # those that were begun
        for _ in range(AHEAD):
            self._begin()

    def close(self) -> None:
        """End the threads."""
        for thread in self._threads:
            thread.shutdown(cancel_futures=True)

    def _begin(self) -> None:
        part = len(self._parts)
        self._parts.append(
            [thread.submit(lane.play, part) for thread, lane in zip(self._threads, self.lanes, strict=True)]
        )

    def render(self, frames: int) -> np.ndarray[Any, Any]:
        """The next frames, float64, shape (frames, channels)."""
        given = []
        while frames > 0:
            part = self.frames_rendered // PART
            for future in self._parts[part]:
                future.result()
            count = min(frames, (part + 1) * PART - self.frames_rendered + self.frames_left)
            given.append(super().render(count))
            frames -= count
            if self.frames_rendered == (part + 1) * PART:  # its place in the memory of the lanes is free
                self._begin()
        return np.concatenate(given) if given else np.empty((0, self.channels))

    @property
    def faults(self) -> dict[str, int]:
        """Blocks in which a row of the rest or of a lane failed, by the key of the row."""
        found: dict[str, int] = dict(super().faults)
        for lane in self.lanes:
            found |= lane.engine.faults
        return found


def plans_that_failed(engine: Engine) -> Iterator[tuple[Plan, str]]:
    """The plan and the key of each row that has failed."""
    plans = [lane.plan for lane in engine.lanes] if isinstance(engine, LanedEngine) else []
    for plan in filter(None, (engine.playing, *plans)):
        for key in plan.settled.faults():
            yield plan, key


def laned_engine(
    graph: Graph, rate: float, main_channels: int, limiting: bool, stems: int, cores: int
) -> LanedEngine | None:
    """An engine that plays a graph on several cores; None where that would hardly be faster. Its kernels are compiled.

    What takes how long is measured, which decides about the lanes and about no number; on a thread, as a node may not
    come to an end. Then there are no lanes, and whoever renders sees where it hangs.
    """
    costs: dict[str, float] = {}
    measuring = threading.Thread(target=lambda: costs.update(costs_of(graph, rate)), name="costs", daemon=True)
    measuring.start()
    measuring.join(PATIENCE)
    if not costs:
        return None
    parts = divided(graph, costs, cores)
    return LanedEngine(parts, rate, main_channels, limiting, stems) if parts else None
