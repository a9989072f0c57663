"""Compiled types of ring buffers: one, and several of one name. Positions wrap, so that no age can leave a ring."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload_attribute, overload_method

from waves.dsp import interpolation
from waves.engine.native.intrinsics import F64, FAST, I64, made, members, pointer
from waves.engine.native.signals import FLOATS, INTS, can_read, element, new_type, scoped, within
from waves.node_types.library.machine_types import whole_and_part

RING = new_type("Ring", data=FLOATS, mask=types.int64, counter=INTS)
RINGS = new_type("Rings", data=INTS, size=types.int64)
"""A table with the three words of each ring, and how many rings there are."""

split, linear, hermite = (
    njit(function, fastmath=FAST, error_model="numpy")
    for function in (whole_and_part, interpolation.linear, interpolation.hermite)
)


@intrinsic
def _push(_context: Any, ring: Any, v: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own = members(context, builder, ring, values[0])
        written = scoped(builder, builder.load(own.counter), "counter")
        _store(builder, own, written, _faded_over(builder, own.counter, written, written, _finite(builder, values[1])))
        scoped(builder, builder.store(builder.add(written, ir.Constant(I64, 1)), own.counter), "counter")
        return context.get_dummy_value()

    return types.void(ring, types.float64), codegen


@intrinsic
def _put(_context: Any, ring: Any, age: Any, v: Any) -> Any:
    """Writes over the frame of `age` pushes ago."""

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own = members(context, builder, ring, values[0])
        written = scoped(builder, builder.load(own.counter), "counter")
        place = builder.sub(written, values[1])
        _store(builder, own, place, _faded_over(builder, own.counter, written, place, _finite(builder, values[2])))
        return context.get_dummy_value()

    return types.void(ring, types.int64, types.float64), codegen


def _finite(builder: Any, value: Any) -> Any:
    """The value, or 0 where it is not finite: it would circulate for ever."""
    small = builder.fcmp_ordered("<", builder.call(_fabs(builder), [value]), ir.Constant(F64, 1e30))  # false for NaN
    return builder.select(small, value, ir.Constant(F64, 0.0))


def _store(builder: Any, ring: Any, place: Any, value: Any) -> None:
    scoped(builder, builder.store(value, element(builder, ring.data, builder.and_(place, ring.mask))), "ring")


def _faded_over(builder: Any, counter: Any, written: Any, place: Any, value: Any) -> Any:
    """The value to write at `place`: after a seam it fades in, or over from what is written to another ring.

    See `seam_words`.
    """

    def word(k: int) -> Any:
        return scoped(builder, builder.load(element(builder, counter, ir.Constant(I64, k))), "counter")

    zero, none = ir.Constant(I64, 0), ir.Constant(F64, 0.0)
    left = builder.sub(word(2), written)
    before, fades = builder.block, builder.icmp_signed(">", left, zero)
    with builder.if_then(fades, likely=False):
        data, outer = word(4), builder.block
        with builder.if_then(builder.icmp_signed("!=", data, zero)):
            other_place = builder.add(data, builder.shl(builder.and_(place, word(5)), ir.Constant(I64, 3)))
            there, inner = builder.load(pointer(builder, other_place, F64)), builder.block
        other = builder.phi(F64)
        other.add_incoming(none, outer)
        other.add_incoming(there, inner)
        missing = builder.fmul(builder.sitofp(left, F64), builder.bitcast(word(3), F64))
        mixed, last = builder.fadd(value, builder.fmul(missing, builder.fsub(other, value))), builder.block
    result = builder.phi(F64)
    result.add_incoming(value, before)
    result.add_incoming(mixed, last)
    return result


def _fabs(builder: Any) -> Any:
    return builder.module.declare_intrinsic("llvm.fabs", [F64], ir.FunctionType(F64, [F64]))


@intrinsic
def _at(_context: Any, ring: Any, age: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own = members(context, builder, ring, values[0])
        written = scoped(builder, builder.load(own.counter), "counter")
        index = builder.and_(builder.sub(written, values[1]), own.mask)
        value = scoped(builder, builder.load(element(builder, own.data, index)), "ring")
        # A voice that starts again reads zeros instead of its last note: the ring begins at its second counter.
        origin = scoped(builder, builder.load(element(builder, own.counter, ir.Constant(I64, 1))), "counter")
        since = builder.icmp_signed("<=", values[1], builder.sub(written, origin))
        return builder.select(since, value, ir.Constant(F64, 0.0))

    return types.float64(ring, types.int64), codegen


@intrinsic
def _written(_context: Any, ring: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own = members(context, builder, ring, values[0])
        return scoped(builder, builder.load(own.counter), "counter")

    return types.int64(ring), codegen


@intrinsic
def _ring_size(_context: Any, ring: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.add(members(context, builder, ring, values[0]).mask, ir.Constant(I64, 1))

    return types.int64(ring), codegen


def _ring(context: Any, builder: Any, _rings: Any, values: Any) -> Any:
    """Ring `k` of several; outside of them the nearest."""
    many = members(context, builder, RINGS, values[0])
    first = builder.mul(within(builder, values[1], many.size), ir.Constant(I64, 3))
    words = []
    for at, (_, kind) in enumerate(RING.members):
        place = element(builder, many.data, builder.add(first, ir.Constant(I64, at)))
        word = scoped(builder, builder.load(place), "table")
        is_pointer = isinstance(kind, types.CPointer)
        words.append(builder.inttoptr(word, context.get_value_type(kind)) if is_pointer else word)
    return made(context, builder, RING, *words)


can_read(RINGS, RING, _ring)


@overload_method(type(RING), "between", jit_options={"fastmath": FAST})
def _between(ring, age):
    def between(ring, age):
        whole, part = split(age)
        return linear(_at(ring, whole), _at(ring, whole + 1), part)

    return between


@overload_method(type(RING), "cubic", jit_options={"fastmath": FAST})
def _cubic(ring, age):
    def cubic(ring, age):
        whole, part = split(age)
        return hermite(_at(ring, max(whole - 1, 1)), _at(ring, whole), _at(ring, whole + 1), _at(ring, whole + 2), part)

    return cubic


overload_method(type(RING), "push")(lambda ring, value: lambda ring, value: _push(ring, value))
overload_method(type(RING), "at")(lambda ring, age: lambda ring, age: _at(ring, age))
overload_method(type(RING), "put")(lambda ring, age, value: lambda ring, age, value: _put(ring, age, value))
overload_attribute(type(RING), "written")(lambda ring: lambda ring: _written(ring))
overload_attribute(type(RING), "size")(lambda ring: lambda ring: _ring_size(ring))
