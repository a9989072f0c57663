"""Functions of `waves.dsp` as kernels have them: in a loop of 64 frames, those of Python's math beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from bench.table import Table
from bench.timing import interleaved
from waves.dsp.fft import fft, fft_table
from waves.dsp.filters.halfband import down, up
from waves.dsp.filters.one_pole import lowpass
from waves.dsp.hadamard import hadamard
from waves.dsp.maths import sine
from waves.dsp.powers import exp, exp2, expm1, log2, power, tanh
from waves.engine.native.entry import FAST, jit
from waves.node import BLOCK

PAIRS: dict[str, tuple[Any, str, str]] = {  # a function, its call in the loop, and what does the same with `math`
    "exp2(x), 2.0 ** x": (exp2, "called(x[i])", "2.0 ** x[i]"),
    "exp": (exp, "called(x[i])", "math.exp(x[i])"),
    "expm1": (expm1, "called(x[i])", "math.expm1(x[i])"),
    "log2": (log2, "called(x[i])", "math.log2(x[i])"),
    "power(x, y), x ** y": (power, "called(x[i], 1.7)", "x[i] ** 1.7"),
    "tanh": (tanh, "called(x[i])", "math.tanh(x[i])"),
    "sine(x), sin(tau * x)": (sine, "called(x[i])", "math.sin(math.tau * x[i])"),
}
SIZE, LINES = 1024, 16  # numbers of a Fourier and of a Hadamard transform


def _round_trip(x: float, state: Any) -> float:
    a, b = up(x, state, 0)
    return down(a, b, state, 8)


def _loop(call: str, function: Any) -> Any:
    """Compiled code that makes a call for each of 64 frames, many times; `called` in it is the function."""
    source = f"def loop(x, out, state, table):\n    for i in range({BLOCK}):\n        out[i] = {call}"
    scope: dict[str, Any] = {"called": jit(function), "math": math}
    exec(source, scope)
    return _repeated(njit(scope["loop"], fastmath=FAST, error_model="numpy"))


def _repeated(function: Any) -> Any:
    def many(x: Any, out: Any, state: Any, table: Any, times: int) -> None:
        for _ in range(times):
            function(x, out, state, table)

    return njit(many)


def _runs(compiled: dict[str, Any], times: int) -> dict[str, Callable[[], Any]]:
    x, out = np.random.default_rng(1).uniform(0.1, 5.0, BLOCK), np.zeros(BLOCK)
    state, table = np.zeros(SIZE), fft_table(SIZE)
    for one in compiled.values():
        one(x, out, state, table, 1)
    return {name: lambda one=one: one(x, out, state, table, times) for name, one in compiled.items()}


def functions(quick: bool) -> Table:
    """Nanoseconds per call, and of the function of `math` that does the same."""
    compiled = {
        f"{name} {which}": _loop(call, function)
        for name, (function, ours, theirs) in PAIRS.items()
        for which, call in (("ours", ours), ("theirs", theirs))
    }
    times = 500 if quick else 5000
    best = interleaved(_runs(compiled, times), 15)
    table = Table("Functions", "ns a call.", ("function", "waves.dsp", "math", "budget"))
    for name in PAIRS:
        ours, theirs = (best[f"{name} {which}"] / times / BLOCK * 1e9 for which in ("ours", "theirs"))
        table.row((name, f"{ours:.2f}", f"{theirs:.2f}", "at most half"), ours <= 0.5 * theirs)
    return table


def filters(quick: bool) -> Table:
    """Nanoseconds per frame of filters, and per transform."""
    frames = {
        "a lowpass of one pole, per frame": _loop("called(x[i], 0.1, state)", lowpass),
        "up and down, per frame": _loop("called(x[i], state)", _round_trip),
    }
    whole = {
        f"Hadamard transform of {LINES} numbers": _repeated(_over(jit(hadamard), LINES)),
        f"Fourier transform of {SIZE} numbers": _repeated(_spectrum(jit(fft))),
    }
    times = 200 if quick else 2000
    best = interleaved(_runs({**frames, **whole}, times), 15)
    table = Table("Filters and transforms", columns=("measured", "ns"))
    for name, seconds in best.items():
        table.row((name, f"{seconds / times / (BLOCK if name in frames else 1) * 1e9:.1f}"))
    return table


def _over(transform: Any, size: int) -> Any:
    return njit(lambda x, out, state, table: transform(x, size, 0), fastmath=FAST)


def _spectrum(transform: Any) -> Any:
    return njit(lambda x, out, state, table: transform(state, table, SIZE, 0), fastmath=FAST)


def measure(quick: bool = False) -> list[Table]:
    """All tables."""
    return [functions(quick), filters(quick)]
