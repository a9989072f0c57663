"""Slow values of a node: what its `slowly` gives, at the end of every `GRID` frames, and a line to it from the last.

The steps are places in the engine's block, so that they are the same however a block is cut: where slow values play, a
plan is committed at a step only, and a voice that begins inside a step reaches its end. The first value is the one of
the first frame.
"""

from __future__ import annotations

import types
from functools import cache
from typing import Any

from waves.node import GRID, Node
from waves.node_types.library.signature import slow_parameters, slow_places

SOURCE = """
def fill(state, start, frames, out, stride, {taken}):
    if not state.slow[0] - state.slow[0] == 0.0:
        {first}
        for k in range(COUNT):
            state.slow[k] = state.goal[k] if abs(state.goal[k]) < 1e30 else 0.0
    at = start
    end = start + frames
    while at < end:
        until = min(at - at % GRID + GRID, end)
        {last}
        for k in range(COUNT):
            old = state.slow[k]
            new = state.goal[k] if abs(state.goal[k]) < 1e30 else old
            rise = (new - old) / (until - at)
            for i in range(at, until):
                out[k * stride + i] = old + rise * (i - at + 1)
            state.slow[k] = new
        at = until
"""


@cache
def filler(kind: type[Node], signals: tuple[str, ...]) -> types.FunctionType:
    """The function that fills the blocks of the slow values of a type; it can be compiled.

    `fill(state, start, frames, out, stride, the arguments of slowly)`: `start` is the first frame in the engine's
    block; value `k` of that block begins at `out[k * stride]`. `signals` are those arguments that are blocks, which
    begin with frame `start`; lists of slow values are their parts of `state.goal`; the others are numbers.
    """
    scope: dict[str, Any] = {"__name__": kind.__module__, "slowly": kind.slowly, "GRID": GRID}
    scope["COUNT"] = sum(count for _, count in slow_places(kind).values())
    source = SOURCE.format(
        taken=", ".join(f"p{k}" for k in range(len(slow_parameters(kind)))),
        first=_call(kind, signals, "0"),
        last=_call(kind, signals, "until - 1 - start"),
    )
    exec(source, scope)
    made = scope["fill"]
    assert isinstance(made, types.FunctionType)
    return made


def _call(kind: type[Node], signals: tuple[str, ...], frame: str) -> str:
    """The text of a call of `slowly` for a frame, which leaves its values in `state.goal`."""
    read = {**dict.fromkeys(signals, "{0}[{1}]"), "clock": "{0} + {1}"}
    names = slow_parameters(kind)  # any names, also `range` and `end`
    given = [read.get(name, "{0}").format(f"p{k}", frame) for k, name in enumerate(names)]
    call = f"slowly({', '.join(given)})"
    if isinstance(kind.slow, dict):
        return call
    return f"{', '.join(f'state.goal[{k}]' for k in range(len(kind.slow)))} = {call}"
