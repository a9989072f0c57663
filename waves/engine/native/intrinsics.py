"""Intrinsics of compiled code: memory by address, atomic operations, calls by address, the floating-point mode."""

from __future__ import annotations

import platform
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core.errors import NumbaError
from numba.core.imputils import fix_returning_optional
from numba.extending import intrinsic, lower_builtin, type_callable

from waves.dsp import maths

FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}  # not nnan, ninf: they compile the guards against NaN away
I64, I32, I1 = ir.IntType(64), ir.IntType(32), ir.IntType(1)
F64, F32, VOID = ir.DoubleType(), ir.FloatType(), ir.VoidType()
BYTES = ir.IntType(8).as_pointer()

TRUTHS = (types.NoneType, types.Boolean, types.Number, types.Optional)

MACHINE = platform.machine().lower()
X86 = MACHINE in ("x86_64", "amd64")
ARM = MACHINE in ("arm64", "aarch64")
# Flush denormals to zero: FTZ and DAZ of MXCSR, or FZ of FPCR. Without it a decaying filter takes 25 times as long.
FLUSH = 0x8040 if X86 else 1 << 24 if ARM else 0


def instruction(result: Any, count: int, emit: Callable[..., Any]) -> Any:
    """An intrinsic with `count` int64 arguments and a result; `emit(builder, *values)` adds its LLVM instructions."""

    def typing(_context: Any, *_arguments: Any) -> Any:
        def codegen(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            value = emit(builder, *values)
            return context.get_dummy_value() if result == types.void else value

        return result(*[types.int64] * count), codegen

    names = ", ".join(["context", *"abcdef"[:count]])  # Numba reads the names of the arguments
    return intrinsic(eval(f"lambda {names}: typing({names})", {"typing": typing}))


@intrinsic
def put_float(_context: Any, address: Any, value: Any) -> Any:
    """Stores a float64 at an address."""

    def codegen(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        builder.store(values[1], pointer(builder, values[0], F64))
        return context.get_dummy_value()

    return types.void(types.int64, types.float64), codegen


class Members:
    """The members of a value, each taken out where it is asked for."""

    def __init__(self, builder: Any, kind: Any, value: Any):
        self._builder, self._value = builder, value
        self._places = {name: at for at, (name, _) in enumerate(kind.members)}

    def __getattr__(self, name: str) -> Any:
        return self._builder.extract_value(self._value, self._places[name])


def members(_context: Any, builder: Any, kind: Any, value: Any) -> Members:
    """The members of a value of such a type."""
    return Members(builder, kind, value)


def made(context: Any, builder: Any, kind: Any, *values: Any) -> Any:
    """A value of such a type, of its members in their order."""
    struct = ir.Constant(context.get_value_type(kind), ir.Undefined)
    for at, value in enumerate(values):
        struct = builder.insert_value(struct, value, at)
    return struct


def pointer(builder: Any, address: Any, kind: Any = I64) -> Any:
    """An LLVM pointer to a type, from an address."""
    return builder.inttoptr(address, kind.as_pointer())


def _call(count: int) -> Callable[..., Any]:
    def emit(builder: Any, function: Any, *arguments: Any) -> Any:
        kind = ir.FunctionType(I64, [I64] * count)
        return builder.call(builder.inttoptr(function, kind.as_pointer()), arguments)

    return emit


def _copy(builder: Any, target: Any, source: Any, size: Any) -> Any:
    kind = ir.FunctionType(VOID, [BYTES, BYTES, I64, I1])
    copy = builder.module.declare_intrinsic("llvm.memcpy", [BYTES, BYTES, I64], kind)
    to, of = builder.inttoptr(target, BYTES), builder.inttoptr(source, BYTES)
    return builder.call(copy, [to, of, size, ir.Constant(I1, 0)])


def _get_mode(builder: Any) -> Any:
    if X86:
        store = builder.module.declare_intrinsic("llvm.x86.sse.stmxcsr", (), ir.FunctionType(VOID, [BYTES]))
        cell = builder.alloca(I32)
        builder.call(store, [builder.bitcast(cell, BYTES)])
        return builder.zext(builder.load(cell), I64)
    if ARM:
        return builder.asm(ir.FunctionType(I64, []), "mrs $0, fpcr", "=r", [], True)
    return ir.Constant(I64, 0)


def _set_mode(builder: Any, value: Any) -> None:
    if X86:
        load = builder.module.declare_intrinsic("llvm.x86.sse.ldmxcsr", (), ir.FunctionType(VOID, [BYTES]))
        cell = builder.alloca(I32)
        builder.store(builder.trunc(value, I32), cell)
        builder.call(load, [builder.bitcast(cell, BYTES)])
    elif ARM:
        builder.asm(ir.FunctionType(VOID, [I64]), "msr fpcr, $0", "r", [value], True)


# Calls of a C function with one, three or four int64 arguments: its address, then the arguments.
call_block = instruction(types.int64, 2, _call(1))
call = instruction(types.int64, 4, _call(3))
call_run = instruction(types.int64, 5, _call(4))
# Words at an address. `load` and `store` are atomic, with acquire and release order; `get` and `put` are not.
get = instruction(types.int64, 1, lambda b, a: b.load(pointer(b, a)))
put = instruction(types.void, 2, lambda b, a, v: b.store(v, pointer(b, a)))
get_float = instruction(types.float64, 1, lambda b, a: b.load(pointer(b, a, F64)))
copy_bytes = instruction(types.void, 3, _copy)
exchange = instruction(types.int64, 2, lambda b, a, v: b.atomic_rmw("xchg", pointer(b, a), v, "acq_rel"))
compare_exchange = instruction(
    types.int64,
    3,
    lambda b, a, old, new: b.extract_value(b.cmpxchg(pointer(b, a), old, new, "acq_rel", "acquire"), 0),
)
load = instruction(types.int64, 1, lambda b, a: b.load_atomic(pointer(b, a), "acquire", 8))
store = instruction(types.void, 2, lambda b, a, v: b.store_atomic(v, pointer(b, a), "release", 8))
get_mode = instruction(types.int64, 0, _get_mode)
set_mode = instruction(types.void, 1, _set_mode)
floats_at = instruction(types.CPointer(types.float64), 1, lambda b, a: pointer(b, a, F64))
singles_at = instruction(types.CPointer(types.float32), 1, lambda b, a: pointer(b, a, F32))


def attempt(count: int, is_truth: bool = False) -> Any:
    """An intrinsic that calls a compiled function with `count` arguments; its result as an int64, -1 if it raises.

    Without a result it is 0; with `is_truth` it is 0 or 1, and if it raises the negative place in its code. It does the
    same as `try`, but there each call would be compiled with code that looks for an exception.
    """

    def typing(context: Any, function: Any, *given: Any) -> Any:
        try:
            called = function.get_call_type(context, given, {})
        except NumbaError as error:  # as it is: Numba would word it as a mistake of this call
            raise ValueError(str(error)) from error
        compiled = function.dispatcher.overloads[called.args]
        if is_truth and not isinstance(called.return_type, TRUTHS):
            return None

        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            context.active_code_library.add_linking_library(compiled.library)
            pairs = zip(values[1:], signature.args[1:], called.args, strict=True)
            passed = [context.cast(builder, value, own, wanted) for value, own, wanted in pairs]
            status, result = context.call_internal_no_propagate(builder, compiled.fndesc, called, passed)
            kind = called.return_type
            if kind == types.none:
                number = ir.Constant(I64, 0)
            elif is_truth:
                whole = fix_returning_optional(context, builder, called, status, result)
                number = builder.zext(context.is_true(builder, kind, whole), I64)
            else:
                number = context.cast(builder, result, kind, types.int64)
            failed = builder.neg(builder.sext(status.code, I64)) if is_truth else ir.Constant(I64, -1)
            return builder.select(status.is_error, failed, number)

        return types.int64(function, *given), codegen

    names = ", ".join(["context", "function", *(f"a{k}" for k in range(count))])
    made = eval(f"lambda {names}: typing({names})", {"typing": typing})
    made.__name__ = made.__qualname__ = "attempt"  # `compile_errors` knows it by this name
    return intrinsic(made)


def record_maker(dtype: Any) -> Any:
    """An intrinsic that gives the record of a NumPy type at an address; nothing in it can raise."""
    kind = from_dtype(np.dtype(dtype))

    @intrinsic
    def record(_context: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], context.get_value_type(kind))

        return kind(types.int64), codegen

    return record


@intrinsic
def bits_of(_context: Any, number: Any) -> Any:
    """The 64 bits of a float64 as an integer: of two numbers that are not negative, the higher one has more."""
    return types.int64(types.float64), lambda context, b, signature, values: b.bitcast(values[0], I64)


@intrinsic
def float_of(_context: Any, bits: Any) -> Any:
    """The float64 with these bits."""
    return types.float64(types.int64), lambda context, b, signature, values: b.bitcast(values[0], F64)


@intrinsic
def address_of(_context: Any, pointer: Any) -> Any:
    """The address in a pointer from PortAudio."""
    return types.int64(pointer), lambda context, b, signature, values: b.ptrtoint(values[0], I64)


def _emit(function: Any, emit: Callable[..., Any]) -> None:
    """Compiles a function of one float64 `x` to the instructions that `emit(builder, value)` adds."""
    type_callable(function)(lambda context: lambda x: x if isinstance(x, types.Float) else None)
    lower_builtin(function, types.Float)(lambda context, builder, signature, values: emit(builder, values[0]))


def _llvm(name: str) -> Callable[..., Any]:
    """One intrinsic of LLVM.

    In Numba math.floor gives an integer, which costs two conversions a frame; LLVM's own is one instruction.
    """

    def emit(builder: Any, value: Any) -> Any:
        return builder.call(builder.module.declare_intrinsic(name, [F64], ir.FunctionType(F64, [F64])), [value])

    return emit


# By way of 32 bits, whose conversions are vector instructions on every processor.
def _power_of_two(builder: Any, x: Any) -> Any:
    biased = builder.add(builder.fptosi(x, I32), ir.Constant(I32, 1023))
    return builder.bitcast(builder.shl(builder.zext(biased, I64), ir.Constant(I64, 52)), F64)


def _exponent(builder: Any, x: Any) -> Any:
    root = struct.unpack("<q", struct.pack("<d", maths.SQRT_HALF))[0]
    biased = builder.add(builder.bitcast(x, I64), ir.Constant(I64, (1024 << 52) - root))
    whole = builder.trunc(builder.lshr(biased, ir.Constant(I64, 52)), I32)
    return builder.sitofp(builder.sub(whole, ir.Constant(I32, 1024)), F64)


_emit(maths.floor, _llvm("llvm.floor"))
_emit(maths.rint, _llvm("llvm.rint"))
_emit(maths.power_of_two, _power_of_two)
_emit(maths.exponent, _exponent)
