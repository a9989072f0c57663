"""The costs of a node: time a frame, the slowest block, memory, and the time to compile it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from waves.engine.compiler.kernel_cache import variants
from waves.node import BLOCK, Node
from waves.node_types.library.signature import state_default
from waves.testing.case import Array, Case
from waves.testing.kernel_player import Player, compiled_here
from waves.wire import Message

FRAMES = 256 * BLOCK  # that are played
RUNS = 9  # of each, in turn; the fastest counts, block by block: other work makes one slower, never faster


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of one channel of a node, as machine code in blocks of 64 frames."""

    frame: float
    """Time of a frame in ns."""
    checked: float
    """The same with the indices checked, as a node of a workspace plays; a check costs no less than none."""
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


Begin = Callable[[str], None]
"""Is called before each step, with words for it."""


def costs_of(case: Case, begin: Begin) -> Message:
    """The `Costs` of a case as plain data; it compiles and plays for some seconds.

    Only in a process that is used for nothing else: the code is compiled in it.
    """

    class Nothing(Node):
        """A node that does nothing: the time of a call, and of the first compilation in a process."""

        @staticmethod
        def render(out: Any) -> None:
            pass

    begin("compiling nothing")
    nothing = compiled_here(Nothing, frozenset(), False)
    constant = frozenset(name for name in case.kind.constant if isinstance(case.value(name), int | float))
    seconds, codes = {}, {}
    for variant in variants(case.kind):
        name = " and ".join(sorted(variant.constant))
        begin(f"compiling for a constant {name}" if name else "compiling")
        started = time.process_time()
        codes[variant.constant] = compiled_here(case.kind, variant.constant, False)
        seconds[name] = time.process_time() - started
    begin("compiling with checks")
    checks = compiled_here(case.kind, constant, True)
    empty, plain, checked = _blocks([(Case(Nothing, {}), nothing), (case, codes[constant]), (case, checks)], begin)
    blocks = np.maximum(plain - empty, 0.0)
    mean = max(float(blocks.mean()), 1e-3)
    player = case.player(BLOCK)
    costs = Costs(
        frame=mean / BLOCK,
        checked=max(float((checked - empty).mean()), mean) / BLOCK,
        worst=float(blocks.max()) / mean,
        state=state_default(case.kind).nbytes if case.kind.state is not Node.state or case.kind.slow else 0,
        memory=player.memory_bytes,
        arrays=player.array_bytes,
        compiled=seconds,
    )
    return asdict(costs)


def _blocks(measured: Sequence[tuple[Case, Any]], begin: Begin) -> Array:
    """The times of the blocks of several cases with their code in ns, the shortest of several runs: (cases, blocks).

    The runs of one are between those of the others, so that what else the machine does is the same for all.
    """
    times = np.empty((RUNS, len(measured), FRAMES // BLOCK))
    for run in times:
        for blocks, (case, code) in zip(run, measured, strict=True):
            begin("measuring the costs")
            _time(blocks, case.player(FRAMES, compiled=False), code)
    shortest: Array = times.min(axis=0)
    return shortest


def _time(times: Array, player: Player, code: Any) -> None:
    """Writes the time of each block of a run in ns."""
    player.use(code.address)
    player.make_words()
    for k in range(times.size):
        started = time.perf_counter_ns()
        player.render(BLOCK)
        times[k] = time.perf_counter_ns() - started
        player.make_words()
