"""The costs of a node: time a frame, the slowest block, memory, and the time to compile it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from waves.engine.compiler.kernel_cache import variants
from waves.node import BLOCK, Node
from waves.node_types.library.signature import state_default
from waves.testing.case import Case
from waves.testing.kernel_player import Player, compiled_here
from waves.wire import Message

FRAMES = 256 * BLOCK  # that are played
RUNS = 7  # of each the fastest counts, block by block: other work makes one slower, never faster


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of one channel of a node, as machine code in blocks of 64 frames."""

    frame: float
    """Time of a frame in ns."""
    checked: float
    """The same with the indices checked, as a node of a workspace plays."""
    worst: float
    """Time of the slowest block, divided by that of the mean block."""
    state: int
    """Bytes of its state."""
    memory: int
    """Bytes of its rings and buffers."""
    arrays: int
    """Bytes of its prepared arrays."""
    compiled: dict[str, float]
    """Seconds of processor time to compile each variant, by its constant inputs."""


def costs_of(case: Case, begin: Callable[[], None]) -> Message:
    """The `Costs` of a case as plain data; it compiles and plays for some seconds. `begin` is called before each step.

    Only in a process that is used for nothing else: the code is compiled in it.
    """

    class Nothing(Node):
        """A node that does nothing: the time of a call, and of the first compilation in a process."""

        @staticmethod
        def render(out: Any) -> None:
            pass

    begin()
    empty = _blocks(Case(Nothing, {}), compiled_here(Nothing, frozenset(), False), begin)
    constant = frozenset(name for name in case.kind.constant if isinstance(case.value(name), int | float))
    seconds, codes = {}, {}
    for variant in variants(case.kind):
        begin()
        started = time.process_time()
        codes[variant.constant] = compiled_here(case.kind, variant.constant, False)
        seconds[" and ".join(sorted(variant.constant))] = time.process_time() - started
    begin()
    checked = _blocks(case, compiled_here(case.kind, constant, True), begin) - empty
    blocks = np.maximum(_blocks(case, codes[constant], begin) - empty, 0.0)
    mean = max(float(blocks.mean()), 1e-3)
    player = case.player(BLOCK)
    costs = Costs(
        frame=mean / BLOCK,
        checked=max(float(checked.mean()), 0.0) / BLOCK,
        worst=float(blocks.max()) / mean,
        state=state_default(case.kind).nbytes if case.kind.state is not Node.state or case.kind.slow else 0,
        memory=player.memory_bytes,
        arrays=player.array_bytes,
        compiled=seconds,
    )
    return asdict(costs)


def _blocks(case: Case, code: Any, begin: Callable[[], None]) -> np.ndarray[Any, Any]:
    """The time of each block in ns, the shortest of several runs."""
    runs = []
    for _ in range(RUNS):
        begin()
        player: Player = case.player(FRAMES, compiled=False)
        player.use(code.address)
        player.make_words()
        times = np.empty(FRAMES // BLOCK)
        for k in range(times.size):
            started = time.perf_counter_ns()
            player.render(BLOCK)
            times[k] = time.perf_counter_ns() - started
            player.make_words()
        runs.append(times)
    shortest: np.ndarray[Any, Any] = np.min(runs, axis=0)
    return shortest
