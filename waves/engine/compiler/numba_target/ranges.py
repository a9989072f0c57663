"""Instructions of loops over ranges, without those of Numba that LLVM takes away again: 75 for each loop.

Numba keeps all numbers of a range in memory, looks whether its step is 0, and divides by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

RANGE, STEPS, PAIR = types.range_state64_type, types.range_iter64_type, types.Pair(types.int64, types.boolean)
I64 = ir.IntType(64)
ZERO, ONE = ir.Constant(I64, 0), ir.Constant(I64, 1)

Emit = Callable[..., Any]
"""Adds the instructions of an operation, with a builder and the values of its arguments."""


def instructions_of(context: Any, function: Any, signature: Any, usual: Callable[[], Emit]) -> Emit:
    """A function that adds the instructions of an operation; `usual` gives the one of Numba."""
    if function != "iternext" and function != "getiter" and signature.return_type != RANGE:
        return usual()

    def made(builder: Any, kind: Any, *values: Any) -> Any:
        struct = ir.Constant(context.get_value_type(kind), ir.Undefined)
        for at, value in enumerate(values):
            struct = builder.insert_value(struct, value, at)
        return struct

    def whole(builder: Any, values: Any, loc: Any = None) -> Any:
        """A range with a step of 1, which remembers where it begins and ends."""
        start, stop = values if len(values) == 2 else (ZERO, *values)
        found = made(builder, RANGE, start, stop, ONE)
        found.limits = start, stop
        return found

    def begin(builder: Any, values: Any, loc: Any = None) -> Any:
        """The steps of a range, from its first number on."""
        if not hasattr(values[0], "limits"):
            return usual()(builder, values)
        start, stop = values[0].limits
        place, left = cgutils.alloca_once(builder, I64), cgutils.alloca_once(builder, I64)
        builder.store(start, place)
        length = builder.sub(stop, start)
        builder.store(builder.select(builder.icmp_signed(">", length, ZERO), length, ZERO), left)
        return made(builder, STEPS, place, stop, ONE, left)

    def following(builder: Any, values: Any, loc: Any = None) -> Any:
        """The next number, and whether there is one."""
        place, step, left = (builder.extract_value(values[0], at) for at in (0, 2, 3))
        count, number = builder.load(left), builder.load(place)
        more = builder.icmp_signed(">", count, ZERO)
        with builder.if_then(more):
            builder.store(builder.sub(count, ONE, flags=["nsw"]), left)
            builder.store(builder.add(number, step), place)
        return made(builder, PAIR, number, more)

    if function == "iternext" and signature.args[0] == STEPS:
        return following
    if function == "getiter" and signature.args[0] == RANGE:
        return begin
    if signature.return_type == RANGE and getattr(function, "typing_key", None) is range and len(signature.args) < 3:
        return whole
    return usual()
