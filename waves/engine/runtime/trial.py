"""A new plan is tried before it plays: some blocks on a copy of the state, off the sound thread.

What fails, rises without end or takes too long does not come in.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from waves.abi import WORD
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.graph.graph import Graph, Output, Row
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_words import POOL_WORD, WORD_OF, Rows, running, voices
from waves.engine.plan.state_registry import Record, address_of
from waves.engine.plan.voice_memory import PoolRecord, rings_of
from waves.engine.runtime.engine import Engine
from waves.node import BLOCK
from waves.node_types.builtin.voices import EVENTS
from waves.problem import Problem, Problems

BLOCKS = 16  # at least, and as many at a time
SECONDS = 0.01  # of the builder's time in which further ones are begun
LONGEST = 1024  # blocks at most
FAR = 1e20  # level from which there is nothing more to find out
TIMINGS = 3  # of the same blocks, of which the least counts
RING_FRAMES = 1 << 14  # longer rings are tried empty
LOUD = 18.0  # dBFS before the limiter
GROWTH = 1.05  # factor by which what is loud must rise within the last quarter
DEAR, TOO_DEAR = 0.7, 1.5  # of the time that a block has
HOPELESS = 6.0  # the same, where one timing is enough
LIMIT = 4.0  # s that a trial may take: a node that loops for good must not take the builder with it
NOTE = 0.25  # s that the gate of a voice is open which is tried

processor = time.perf_counter if sys.platform == "win32" else time.thread_time  # which is coarse there
"""Seconds that this thread has worked: others may have the processor meanwhile."""

Array = np.ndarray[Any, Any]
T = TypeVar("T")
_left: list[threading.Thread] = []

_ATTEMPT = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 7)


class Refused(Problems):
    """What a trial found; the save can be let in all the same."""


def try_plan(plan: Plan, engine: Engine) -> list[Problem]:
    """Warnings; raises Refused where a node fails, rises without end, or more is asked for than there is time.

    Raises Problems where a node does not come to an end.
    """
    return _in_time(plan, lambda: _try(plan, engine))


def try_numbers(plan: Plan, engine: Engine) -> None:
    """Raises Refused where a node fails or gives no finite number: what counts offline."""
    _in_time(plan, lambda: _play(plan, engine))


def endless() -> bool:
    """Whether any trial has not come to an end: what it works on may not be freed."""
    return any(thread.is_alive() for thread in _left)


def _in_time(plan: Plan, trial: Callable[[], T]) -> T:
    """What a trial gives; one that does not come to an end is left behind."""
    found: list[T] = []
    wrong: list[Exception] = []

    def run() -> None:
        try:
            found.append(trial())
        except Exception as error:
            wrong.append(error)

    thread, worked = threading.Thread(target=run, name="trial", daemon=True), time.process_time()
    thread.start()
    thread.join(LIMIT)
    while thread.is_alive() and time.process_time() - worked < LIMIT:  # the machine sleeps, or has other work
        thread.join(LIMIT / 10)
    if thread.is_alive():
        _left.append(thread)
        rows = [row for _, row in running(plan.settled.words, plan.graph)]
        row = next((row for row in reversed(rows) if row.node), next(iter(plan.graph.rows.values())))
        raise Problems(_of(row, f"does not come to an end: its trial took more than {LIMIT:g} s"))
    if wrong:
        raise wrong[0]
    return found[0]


def _try(plan: Plan, engine: Engine) -> list[Problem]:
    peaks, seconds = _play(plan, engine, time.perf_counter() + SECONDS)
    if _rises(peaks):
        key, level = _loudest(plan, engine, len(peaks), _rises)
        rises = f"rises above +{LOUD:g} dBFS and goes on rising, to {level:.0f} dB so far"
        raise Refused(_of(plan.graph.rows[key], rises))
    warnings = []
    if _is_loud(peaks):
        key, level = _loudest(plan, engine, len(peaks), _is_loud)
        loud = f"is at {level:+.0f} dBFS: the limiter turns everything down by as much"
        warnings.append(_of(plan.graph.rows[key], loud, "warning"))
    load = seconds * engine.rate / (BLOCKS * BLOCK)
    for _ in range(TIMINGS - 1):
        if DEAR < load < HOPELESS:
            load = min(load, _play(plan, engine)[1] * engine.rate / (BLOCKS * BLOCK))
    if load <= DEAR:
        return warnings
    problem = _too_dear(plan, engine, load)
    if load > TOO_DEAR:
        raise Refused(problem)
    return [*warnings, problem]


def _play(plan: Plan, engine: Engine, until: float = 0.0) -> tuple[Array, float]:
    """The peak of each block, more than the least until some time, and the seconds that so many took."""
    settled = plan.settled
    rows, count, buffers = settled.address, len(settled.offsets), settled.outputs[: engine.main_channels]
    with on_copies(plan), _attempt() as attempt:
        peaks = [attempt(rows, count, 1, buffers)]
        _begin_notes(plan, engine.rate, attempt)
        started = processor()
        peaks.append(attempt(rows, count, BLOCKS, buffers))
        took = processor() - started
        while time.perf_counter() < until and len(peaks) * BLOCKS < LONGEST and peaks[-1].max() < FAR:
            peaks.append(attempt(rows, count, BLOCKS, buffers))
        if faults := settled.faults():
            raise Refused([fault(settled, plan.graph, key) for key in faults])
    return np.concatenate(peaks), took


Attempt = Callable[[int, int, int, Array], Array]


@contextmanager
def _attempt() -> Iterator[Attempt]:
    """Plays so many rows for so many blocks: the highest level of some buffers in each of these."""
    function = _ATTEMPT(kernel_cache.address(EngineKernel("trial_blocks")))
    run = kernel_cache.address(EngineKernel("run"))

    def attempt(rows: int, count: int, blocks: int, buffers: Array) -> Array:
        peaks = np.zeros(blocks)
        function(run, rows, count, blocks, address_of(buffers), len(buffers), address_of(peaks))
        return peaks

    yield attempt


def _begin_notes(plan: Plan, rate: float, attempt: Attempt) -> None:
    """Start a note of each pool, the first that it has."""
    rows = plan.settled
    for key, row in plan.graph.rows.items():
        notes = row.settings["notes"] if row.voice else ()
        step = next((step for step, some in enumerate(notes) if some), None)
        if step is not None:
            at = rows.offsets[key] // WORD
            clock = (ctypes.c_int64 * (1 + 3 * EVENTS)).from_address(int(rows.words[at + POOL_WORD["events"]]))
            clock[0], clock[1], clock[1 + EVENTS], clock[1 + 2 * EVENTS] = 1, 0, step, round(NOTE * rate)
            attempt(rows.address + rows.offsets[key], 1, 1, np.zeros(0, np.int64))


def _rises(peaks: Array) -> bool:
    """Whether a level is above +18 dBFS at the end, and still growing over the last quarter."""
    before, last = np.split(peaks, [-(len(peaks) // 4)])
    first, second = np.array_split(last, 2)
    return bool(
        last.max() > 10 ** (LOUD / 20) and second.max() > GROWTH * first.max() and second.max() > GROWTH * before.max()
    )


def _is_loud(peaks: Array) -> bool:
    return bool(peaks.max() > 10 ** (LOUD / 20))


def _loudest(plan: Plan, engine: Engine, blocks: int, is_so: Callable[[Array], bool]) -> tuple[str, float]:
    """The node that a level comes from and its level in dB: back along what is heard, as long as that is so too."""
    rows, settled = plan.graph.rows, plan.settled
    peaks: dict[str, list[float]] = {key: [] for key in rows}
    with on_copies(plan), _attempt() as attempt:
        buffers = {key: _buffers(settled, key) for key in rows}
        for number in range(blocks):
            for key in rows:
                peaks[key].append(attempt(settled.address + settled.offsets[key], 1, 1, buffers[key])[0])
            if not number:
                _begin_notes(plan, engine.rate, attempt)
    such = {key for key, found in peaks.items() if is_so(np.array(found))}
    heard = [source.key for source in plan.graph.outputs if isinstance(source, Output)]
    key = found = next((key for key in heard if key in such), plan.graph.end)
    seen: set[str] = set()
    while key:
        found = key
        seen.add(key)
        key = next((one for one in _signals(rows[key]) if one in such and one not in seen), "")
    return found, float(20 * np.log10(max(peaks[found])))


def _buffers(rows: Rows, key: str) -> Array:
    """Addresses of the outputs of a row."""
    return rows.word(key, "out") + np.arange(rows.word(key, "outs"), dtype=np.int64) * BLOCK * WORD


def _signals(row: Row) -> Iterator[str]:
    """The rows that a row makes its sound of."""
    for name in row.kind.waits:
        read = row.lists[name].values() if name in row.lists else [row.inputs.get(name)]
        yield from (source.key for source in read if isinstance(source, Output))


def _too_dear(plan: Plan, engine: Engine, load: float) -> Problem:
    """Names the dearest node, or the smallest part that takes more than half."""
    rows, settled = plan.graph.rows, plan.settled
    took: dict[str, float] = {}
    nothing = np.zeros(0, np.int64)
    with on_copies(plan), _attempt() as attempt:
        attempt(settled.address, len(rows), 1, nothing)
        _begin_notes(plan, engine.rate, attempt)
        for key, row in rows.items():
            timings = []
            for _ in range(TIMINGS if load < HOPELESS else 1):
                started = processor()
                attempt(settled.address + settled.offsets[key], 1, BLOCKS, nothing)
                timings.append(processor() - started)
            name = row.node.id if row.node else key
            took[name] = took.get(name, 0.0) + min(timings)
    below = dict(took)
    for name, seconds in took.items():
        around = name.rpartition(".")[0]
        while around:
            if around in took:
                below[around] += seconds
            around = around.rpartition(".")[0]
    total = sum(took.values())
    most = max((name for name in took if name in rows), key=took.__getitem__)
    parts = [name for name in below if name in rows and below[name] > total / 2]
    name = most if took[most] > total / 2 else max(parts, key=len, default=most)
    share, what = below[name] / total, "" if name == most else "with all that is in it "
    level = "error" if load > TOO_DEAR else "warning"
    sentence = f"{what}takes {share:.0%} of all time, and the piece {load:.0%} of what a core has: it would stutter"
    return _of(rows[name], sentence, level)


@contextmanager
def on_copies(plan: Plan) -> Iterator[None]:
    """The settled rows of a plan that nobody plays, every pointer into a state or ring turned to a copy."""
    arrays = [record.values for record in plan.states.values()]
    copies = [copy(record.values, _rings(record)) for record in plan.states.values()]
    for memory in plan.memories.values():
        arrays += [memory.data, memory.counter]
        whole = [(0, memory.data.nbytes)] if memory.frames > RING_FRAMES else []
        copies += [copy(memory.data, whole), memory.counter.copy()]
    addresses = np.array([address_of(array) for array in arrays], np.int64)
    sizes = np.array([array.nbytes for array in arrays], np.int64)
    shifts = np.array([address_of(array) for array in copies], np.int64) - addresses
    order = np.argsort(addresses)
    words = plan.settled.words
    before = words.copy()
    nearest = order[np.searchsorted(addresses[order], words, side="right") - 1]
    into = (words >= addresses[nearest]) & (words < addresses[nearest] + sizes[nearest])
    words[into] += shifts[nearest[into]]
    try:
        yield
    finally:
        words[:] = before


def _rings(record: Record) -> list[tuple[int, int]]:
    """Where the rings of the voices of a large pool are, offset and size in bytes."""
    if not isinstance(record, PoolRecord) or record.values.nbytes < 8 * RING_FRAMES:
        return []
    return sorted((at, 8 * (mask + 1)) for at, mask, *_ in rings_of(record.layout, record.values.view(np.uint8)))


def copy(array: Array, empty: Sequence[tuple[int, int]] = ()) -> Array:
    """A state or the frames of a ring; `empty` are bytes that are zeros instead, memory only where touched."""
    if not empty:
        return array.copy()
    made = np.frombuffer(mmap.mmap(-1, array.nbytes), np.uint8)
    source, at = array.view(np.uint8), 0
    for first, size in [*empty, (array.nbytes, 0)]:
        made[at:first] = source[at:first]
        at = first + size
    return made


def fault(rows: Rows, graph: Graph, key: str) -> Problem:
    """What is said of a row that failed, or of the one in a voice that did."""
    row, at = graph.rows[key], rows.offsets[key] // WORD
    while inside := next(_failed(rows, row, at), None):
        row, at = inside
    raises = rows.words[at + WORD_OF["status"]] < 0
    return _of(row, "uses an index outside, or raises" if raises else "gives no finite number")


def _failed(rows: Rows, row: Row, at: int) -> Iterator[tuple[Row, int]]:
    """The rows in the voices of a pool that failed, each with its place in the words."""
    if row.voice is None:
        return
    words = rows.words
    for program in voices(words, at):
        for inner in row.voice.graph.rows.values():
            if words[program + WORD_OF["faults"]]:
                yield inner, program
            program += int(words[program + WORD_OF["bytes"]]) // WORD


def _of(row: Row, what: str, level: Any = "error") -> Problem:
    """A sentence on a row, at the place of its node."""
    sentence = f"this {row.kind.__name__.lower()} {what}"
    if row.node is None:
        return Problem(f"{row.key}: {sentence}", level=level)
    return Problem(sentence, row.node.mark, row.node.path, level)
