"""Slow values of a node: what its `slowly` gives, at the end of every `STEP` frames, and a line to it from the last.

The steps are places in the engine's block, so that they are the same however a block is cut: where slow values play, a
plan is committed at a step only, and a voice that begins inside a step reaches its end. The first value is the one of
the first frame.
"""

from __future__ import annotations

import inspect
import types
from functools import cache
from typing import Any

from waves.node import STEP, Node

SOURCE = """
def fill(state, start, frames, {given}):
    if not state.slow[0] - state.slow[0] == 0.0:
        {values} = slowly({first})
        {begin}
    at = start
    end = start + frames
    while at < end:
        until = min(at - at % STEP + STEP, end)
        {values} = slowly({last})
        {lines}
        at = until
"""
LINE = """
        old = state.slow[{k}]
        value{k} = value{k} if abs(value{k}) < 1e30 else old
        rise = (value{k} - old) / (until - at)
        for i in range(at, until):
            out{k}[i - start] = old + rise * (i - at + 1)
        state.slow[{k}] = value{k}"""


@cache
def filler(kind: type[Node], signals: tuple[str, ...]) -> types.FunctionType:
    """The function that fills the blocks of the slow values of a type; it can be compiled.

    `fill(state, start, frames, out0, …, the arguments of slowly)`: `start` is the first frame in the engine's block,
    and each block begins with it. `signals` are those arguments of `slowly` that are blocks; the others are numbers.
    """
    slowly: Any = kind.slowly
    taken = list(inspect.signature(slowly).parameters)
    numbers = range(len(kind.slow))
    first = ", ".join(f"{name}[0]" if name in signals else name for name in taken)
    last = ", ".join(f"{name}[until - 1 - start]" if name in signals else name for name in taken)
    source = SOURCE.format(
        given=", ".join([*(f"out{k}" for k in numbers), *taken]),
        values=", ".join(f"value{k}" for k in numbers),
        first=first,
        last=last,
        begin="\n        ".join(f"state.slow[{k}] = value{k} if abs(value{k}) < 1e30 else 0.0" for k in numbers),
        lines="".join(LINE.format(k=k) for k in numbers).lstrip(),
    )
    scope: dict[str, Any] = {"__name__": kind.__module__, "slowly": slowly, "STEP": STEP}
    exec(source, scope)
    made = scope["fill"]
    assert isinstance(made, types.FunctionType)
    return made
