"""What machine code calls, and whether it is made of vectors, read from LLVM's form of it; functions in a loop."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from waves.engine.compiler.machine_code import LIBC, LIBM
from waves.engine.native.entry import FAST, INSTRUCTIONS, jit

ALLOWED = {*LIBC.split(), *LIBM.split()}
"""Names of functions that the sound thread may call: mathematics."""

INSTRUCTION = re.compile(r"llvm\.(floor|rint|fabs|fma|fmuladd|minnum|maxnum|sqrt|copysign)\.\w+")
"""Intrinsics of LLVM that are one instruction."""


def reachable_calls(text: str) -> set[str]:
    """Names of the functions outside that can be reached from the C entry of a compiled function."""
    calls: dict[str, set[str]] = {}
    current = ""
    for line in text.splitlines():
        if found := re.match(r'define .*?@"?([^"(]+)"?\(', line):
            current = found.group(1)
            calls[current] = set()
        elif current:
            calls[current].update(re.findall(r'\b(?:call|invoke)\b[^@]*@"?([\w.$]+)', line))
    todo = [name for name in calls if name.startswith("cfunc.")]
    seen: set[str] = set()
    assert todo
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(calls.get(name, ()))
    return {name for name in seen if name not in calls and not name.startswith("llvm.")}


def in_kernels(function: Callable[..., Any]) -> Any:
    """A function as kernels have it: compiled, or the instructions that stand for it."""
    if function in INSTRUCTIONS.values():
        return njit(lambda x: function(x), fastmath=FAST, error_model="numpy")
    return jit(function)  # type: ignore[arg-type]


@cache
def loop_over(function: Callable[..., Any], given: int = 1, states: int = 0, results: int = 1) -> Any:
    """A function in the loop of a kernel, compiled as the engine does: `loop(out, *frames, *states)`.

    Each of the `given` frames is an array of one number a call, `out` has a row for each result; the states are passed
    on as they are.
    """
    frames, kept = [f"x{k}" for k in range(given)], [f"s{k}" for k in range(states)]
    call = f"called({', '.join([*(f'{name}[i]' for name in frames), *kept])})"
    rows = ", ".join(f"out[{k}, i]" for k in range(results))
    source = (
        f"def loop({', '.join(['out', *frames, *kept])}):\n    for i in range(out.shape[1]):\n        {rows} = {call}"
    )
    scope: dict[str, Any] = {"called": in_kernels(function)}
    exec(source, scope)
    return njit(scope["loop"], fastmath=FAST, error_model="numpy")


def each(function: Callable[..., Any], *frames: Any, states: tuple[int, ...] = (), results: int = 1) -> Any:
    """The results of a compiled function for each frame of its arguments, numbers or arrays, one row a result.

    `states` are the sizes of its states, which begin with 0.
    """
    given = np.broadcast_arrays(*(np.asarray(one, float) for one in frames))
    out = np.empty((results, given[0].size))
    loop = loop_over(function, len(given), len(states), results)
    loop(out, *map(np.ascontiguousarray, given), *map(np.zeros, states))
    return out[0] if results == 1 else out


def is_vector_code(function: Callable[..., Any], given: int = 1, results: int = 1) -> bool:
    """Whether a loop over a function writes vectors of float64, and calls nothing that is more than an instruction."""
    loop = loop_over(function, given, 0, results)
    loop(np.zeros((results, 64)), *np.zeros((given, 64)))
    text = str(loop.inspect_llvm(loop.signatures[0]))
    called = set(re.findall(r'\bcall\b[^@\n]*double @"?([\w.$]+)', text))
    return re.search(r"store <\d+ x (double|i64)>", text) is not None and all(map(INSTRUCTION.fullmatch, called))
