"""Tries a plan before it plays: some blocks on copies of its state, on the build thread and not on the sound thread.

A plan is refused if a node fails, if its level rises without end or is far above that of the plan before, or if it
needs too much time. A level that is only loud is accepted with a warning.
"""

from __future__ import annotations

import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.graph.graph import Output
from waves.engine.graph.slow_rise import Rise, are_numbers, may_rise, rise_of_numbers
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_words import POOL_WORD, Rows, running
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.faults import fault_problems, row_problem
from waves.engine.runtime.state_copies import on_copies
from waves.engine.state.copies import address_of
from waves.node import BLOCK, Node
from waves.node_types.library.signature import state_dtype
from waves.problem import Problem, Problems

BLOCKS = 16  # at least, and as many at a time
SECONDS = 0.01  # of the build thread's time in which further blocks are begun
MAX_BLOCKS = 1024
SILENCE = 1e-5  # what is softer counts as this
ENDLESS_LEVEL = 1e20  # further blocks would show nothing more
TIMINGS = 3  # of the same blocks, the shortest counts
LOUD = 18.0  # dBFS before the limiter
LEAP, LOUD_BEFORE = 40.0, -10.0  # dB above the plan before that are refused, which counts as so loud at least (dBFS)
TOO_LOUD = 40.0  # dBFS from which a first plan is refused
UNTRIED = 20.0  # dB by which numbers may have raised the level since the last trial, without another one
GROWTH = 1.05  # factor by which a loud level must rise within the last quarter
EXPENSIVE, TOO_EXPENSIVE = 0.7, 1.5  # share of the time that a block lasts: a warning, refused
SURELY_TOO_EXPENSIVE = 6.0  # the same share, from which one timing is enough
TIMEOUT = 4.0  # s of a whole trial; a node that loops forever must not stop the build thread
GATE = 0.25  # s for which the gate of a tried note is open

thread_seconds = time.perf_counter if sys.platform == "win32" else time.thread_time  # which is coarse there
"""Seconds of processor time of this thread: other threads may have the processor meanwhile."""

Array = np.ndarray[Any, Any]
Result = TypeVar("Result")
_left_running: list[threading.Thread] = []

_ATTEMPT = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 7)


class TrialRefused(Problems):
    """A plan that failed its trial; the player can accept it all the same."""


def try_plan(plan: Plan, engine: Engine, accepted: bool = False) -> list[Problem]:
    """Tries a plan that is not offered yet; its warnings. Build thread only.

    Raises TrialRefused: a node fails, rises without end, is far too loud, or needs too much time; `accepted`: these are
    warnings, and the next plan may be as loud as it likes. Raises Problems: a node does not come to an end, which
    nobody can accept.
    """
    if not accepted:
        if is_trusted(plan):
            return [row_problem(plan.graph.rows[key], sentence, "warning") for key, sentence in plan.warned]
        return _with_timeout(plan, lambda: _try(plan, engine))
    try:
        warnings = _with_timeout(plan, lambda: _try(plan, engine, accepted))
    except TrialRefused as found:
        warnings = [replace(problem, level="warning") for problem in found.problems]
    plan.level = math.inf
    return warnings


def try_numbers(plan: Plan, engine: Engine) -> None:
    """Tries only what matters offline: raises TrialRefused if a node fails or gives a number that is not finite.

    Main thread, for a plan that is not offered yet.
    """
    _with_timeout(plan, lambda: _play(plan, engine))


def trial_hangs() -> bool:
    """Whether a trial is still running that did not come to an end: its memory must not be freed. Any thread."""
    return any(thread.is_alive() for thread in _left_running)


def _with_timeout(plan: Plan, trial: Callable[[], Result]) -> Result:
    """The result of a trial in a thread of its own, which is left running if it does not come to an end."""
    results: list[Result] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(trial())
        except Exception as error:
            errors.append(error)

    thread, worked = threading.Thread(target=run, name="trial", daemon=True), time.process_time()
    thread.start()
    thread.join(TIMEOUT)
    while thread.is_alive() and time.process_time() - worked < TIMEOUT:  # the machine sleeps, or has other work
        thread.join(TIMEOUT / 10)
    if thread.is_alive():
        _left_running.append(thread)
        rows = [row for _, row in running(plan.settled.words, plan.graph)]
        row = next((row for row in reversed(rows) if row.node), next(iter(plan.graph.rows.values())))
        raise Problems(row_problem(row, f"does not come to an end: its trial took more than {TIMEOUT:g} s"))
    if errors:
        raise errors[0]
    return results[0]


def is_doubted(plan: Plan) -> bool:
    """Whether what a plan changes may show only after some blocks: new rows, formulas, and what is repeated.

    A number of a delay, or one that goes into a loop, may make a level rise with each repetition.
    """
    return plan.transition is None or bool(plan.transition.new) or may_rise(plan.graph, plan.transition)


def is_trusted(plan: Plan) -> bool:
    """Whether a plan needs no trial: only numbers differ, and neither fail nor make anything loud that was not.

    Notes in `risen` of the plan by how much they may have raised its level since the last trial.
    """
    playing, transition = plan.parent, plan.transition
    if not (playing and transition and are_numbers(plan.graph, transition)) or playing.level in (None, math.inf):
        return False
    plan.risen = rise_of_numbers(plan.graph, transition, playing.risen)
    if plan.risen.total > min(UNTRIED, LOUD - playing.level) or may_rise(plan.graph, transition):
        return False
    plan.level, plan.warned = playing.level, playing.warned
    return True


def _try(plan: Plan, engine: Engine, accepted: bool = False) -> list[Problem]:
    peaks, seconds = _play(plan, engine, time.perf_counter() + SECONDS, is_doubted(plan))
    if _rises(peaks):
        key, level = _source_of_level(plan, engine, len(peaks), _rises)
        rises = f"rises above +{LOUD:g} dBFS and goes on rising, to {level:.0f} dB so far"
        raise TrialRefused(row_problem(plan.graph.rows[key], rises))
    before = plan.parent.level if plan.parent else None
    plan.level, plan.risen, plan.warned = _decibels(peaks), Rise(), ()
    if plan.parent and before is not None and plan.level > loudest_after(before):  # what plays may have grown since
        before = max(before, _level_now(plan.parent, engine))
    if plan.level > loudest_after(before) and not accepted:
        key, level = _source_of_level(plan, engine, len(peaks), lambda some: _decibels(some) > loudest_after(before))
        above = f"above +{TOO_LOUD:g} dBFS" if before is None else f"{plan.level - before:.0f} dB above what plays"
        raise TrialRefused(row_problem(plan.graph.rows[key], f"is at {level:+.0f} dBFS, {above}"))
    warnings: list[Problem] = []
    if _is_loud(peaks):
        key, level = _source_of_level(plan, engine, len(peaks), _is_loud)
        out = "" if abs(plan.level - level) < 1.0 else f", and what comes out at {plan.level:+.0f} dBFS"
        said = f"is at {level:+.0f} dBFS{out}: the limiter turns everything down by as much"
        warnings = [row_problem(plan.graph.rows[key], said, "warning")]
    load = seconds * engine.rate / (BLOCKS * BLOCK)
    for _ in range(TIMINGS - 1):
        if EXPENSIVE < load < SURELY_TOO_EXPENSIVE:
            load = min(load, _play(plan, engine)[1] * engine.rate / (BLOCKS * BLOCK))
    if load <= EXPENSIVE:
        return warnings
    key, sentence = _most_expensive(plan, engine, load)
    if load > TOO_EXPENSIVE:
        raise TrialRefused(row_problem(plan.graph.rows[key], sentence))
    plan.warned = ((key, sentence),)  # a loud plan is tried again in any case
    return [*warnings, row_problem(plan.graph.rows[key], sentence, "warning")]


def _play(plan: Plan, engine: Engine, until: float = 0.0, is_doubted: bool = True) -> tuple[Array, float]:
    """The peak of each block, float64 of shape (blocks,), and the seconds that `BLOCKS` of them took.

    More blocks are begun before the time `until`, of a plan that is not doubted only if it is loud.
    """
    settled = plan.settled
    rows, count, buffers = settled.address, len(settled.offsets), settled.outputs[: engine.main_channels]
    attempt = _attempt_function()
    with on_copies(plan):
        peaks = [attempt(rows, count, 1, buffers)]
        _begin_notes(plan, engine.rate, attempt)
        started = thread_seconds()
        peaks.append(attempt(rows, count, BLOCKS, buffers))
        took = thread_seconds() - started
        while time.perf_counter() < until and len(peaks) * BLOCKS < MAX_BLOCKS and peaks[-1].max() < ENDLESS_LEVEL:
            if not (is_doubted or _is_loud(peaks[-1])):
                break
            peaks.append(attempt(rows, count, BLOCKS, buffers))
        if faults := settled.faults():
            raise TrialRefused([problem for key in faults for problem in fault_problems(plan, key)])
    return np.concatenate(peaks), took


def _level_now(plan: Plan, engine: Engine) -> float:
    """The level in dBFS at which a plan that plays goes on from here; that of silence if one of its nodes fails."""
    try:
        return _decibels(_play(plan, engine)[0])
    except TrialRefused:
        return _decibels(np.zeros(1))


Attempt = Callable[[int, int, int, Array], Array]


def _attempt_function() -> Attempt:
    """A function that executes `count` rows at an address for some blocks: the peak of `buffers` in each block."""
    function = _ATTEMPT(kernel_cache.address(EngineKernel("trial_blocks")))
    run = kernel_cache.address(EngineKernel("run"))

    def attempt(rows: int, count: int, blocks: int, buffers: Array) -> Array:
        peaks = np.zeros(blocks)
        function(run, rows, count, blocks, address_of(buffers), len(buffers), address_of(peaks))
        return peaks

    return attempt


def _begin_notes(plan: Plan, rate: float, attempt: Attempt) -> None:
    """Start the first note of each pool, whenever its clock would: its voices are tried as well."""
    rows = plan.settled
    for key, row in plan.graph.rows.items():
        notes = row.settings["notes"] if row.voice else ()
        step = plan.rings[key].first_cycle() if key in plan.rings else next((k for k, n in enumerate(notes) if n), None)
        clock = row.inputs.get("clock")
        if step is not None and isinstance(clock, Output):
            dtype = state_dtype(plan.graph.rows[clock.key].kind)
            address = int(rows.words[rows.place(key) + POOL_WORD["events"]])
            state = np.ctypeslib.as_array((ctypes.c_uint8 * dtype.itemsize).from_address(address)).view(dtype)[0]
            state["count"], state["frame"][0], state["step"][0], state["length"][0] = 1, 0, step, round(GATE * rate)
            attempt(rows.address + rows.offsets[key], 1, 1, np.zeros(0, np.int64))


def _rises(peaks: Array) -> bool:
    """Whether a level is above +18 dBFS at the end, and still growing over the last quarter."""
    before, last = np.split(peaks, [-(len(peaks) // 4)])
    first, second = np.array_split(last, 2)
    return bool(
        last.max() > 10 ** (LOUD / 20) and second.max() > GROWTH * first.max() and second.max() > GROWTH * before.max()
    )


def loudest_after(before: float | None) -> float:
    """The level in dBFS above which a plan is refused, after one with a level `before`; None: it is the first."""
    return TOO_LOUD if before is None else max(before, LOUD_BEFORE) + LEAP


def _decibels(peaks: Array) -> float:
    return 20 * math.log10(max(float(peaks.max()), SILENCE))


def _is_loud(peaks: Array) -> bool:
    return bool(peaks.max() > 10 ** (LOUD / 20))


def _source_of_level(plan: Plan, engine: Engine, blocks: int, has: Callable[[Array], bool]) -> tuple[str, float]:
    """The row that a level comes from, and its peak in dB.

    Back from the outputs along rows that have it too, by the inputs that the end of a row waits for: it passes them on.
    """
    rows, settled = plan.graph.rows, plan.settled
    peaks: dict[str, list[float]] = {key: [] for key in rows}
    attempt = _attempt_function()
    with on_copies(plan):
        buffers = {key: _channels(settled, key, row.kind) for key, row in rows.items()}
        for number in range(blocks):
            for key in rows:
                peaks[key].append(attempt(settled.address + settled.offsets[key], 1, 1, buffers[key])[0])
            if not number:
                _begin_notes(plan, engine.rate, attempt)
    having = {key for key, levels in peaks.items() if has(np.array(levels))}
    outputs = [source.key for source in plan.graph.outputs if isinstance(source, Output)]
    key = source = next((key for key in outputs if key in having), plan.graph.end)
    seen: set[str] = set()
    while key:
        source = key
        seen.add(key)
        passed_on = (output.key for output in rows[key].outputs_read(rows[key].kind.waits))
        key = next((before for before in passed_on if before in having and before not in seen), "")
    return source, float(20 * np.log10(max(peaks[source])))


def _channels(rows: Rows, key: str, kind: type[Node]) -> Array:
    """Addresses of the channels of a row, int64 of shape (channels,): what else it gives is no sound."""
    count = rows.word(key, "outs")
    if kind.outputs:
        count = count - len(kind.outputs) if kind.channels else 1
    return rows.word(key, "out") + np.arange(count, dtype=np.int64) * BLOCK * 8


def _most_expensive(plan: Plan, engine: Engine, load: float) -> tuple[str, str]:
    """The most expensive node, or the smallest part of the piece that takes more than half of the time; a sentence."""
    took = _seconds_by_node(plan, engine, TIMINGS if load < SURELY_TOO_EXPENSIVE else 1)
    with_inner = dict(took)
    for name, seconds in took.items():
        parent = name.rpartition(".")[0]
        while parent:
            if parent in took:
                with_inner[parent] += seconds
            parent = parent.rpartition(".")[0]
    rows, total = plan.graph.rows, sum(took.values())
    most = max((name for name in took if name in rows), key=took.__getitem__)
    parts = [name for name in with_inner if name in rows and with_inner[name] > total / 2]
    name = most if took[most] > total / 2 else max(parts, key=len, default=most)
    share, what = with_inner[name] / total, "" if name == most else "with all that is in it "
    return name, f"{what}takes {share:.0%} of all time, and the piece {load:.0%} of what a core has: it would stutter"


def _seconds_by_node(plan: Plan, engine: Engine, timings: int) -> dict[str, float]:
    """Seconds that the rows of each node take for `BLOCKS` blocks, by ID: of so many timings the shortest."""
    rows, settled = plan.graph.rows, plan.settled
    took, attempt, nothing = dict[str, float](), _attempt_function(), np.zeros(0, np.int64)
    with on_copies(plan):
        attempt(settled.address, len(rows), 1, nothing)
        _begin_notes(plan, engine.rate, attempt)
        for key, row in rows.items():
            seconds = []
            for _ in range(timings):
                started = thread_seconds()
                attempt(settled.address + settled.offsets[key], 1, BLOCKS, nothing)
                seconds.append(thread_seconds() - started)
            name = row.node.id if row.node else key
            took[name] = took.get(name, 0.0) + min(seconds)
    return took
