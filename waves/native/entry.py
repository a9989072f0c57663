"""How a kernel with a natural signature becomes a C function of one row."""

from __future__ import annotations

import types as python
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numba import carray, cfunc, njit, types
from numba.core import config
from numba.extending import overload

from waves.dsp import maths
from waves.layout import WORD, Argument, arguments, state_dtype
from waves.native import intrinsics, signals
from waves.node import Node

if llvm.get_host_cpu_features().get("avx512f"):
    # LLVM uses half of each vector register otherwise. Both must be set before the first compilation.
    config.CPU_NAME = llvm.get_host_cpu_name()
    config.CPU_FEATURES = llvm.get_host_cpu_features().flatten() + ",-prefer-256-bit"

FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}  # not nnan, ninf: they compile the guards against NaN away
ENTRY = types.int64(types.int64, types.int64, types.int64)  # row, first frame, frames -> 0 on, 1 ended, -1 failed
OWN = {maths.floor, maths.rint}  # overloaded by name
MAKERS = {
    f"make_{name.lower()}": signals.maker(kind)
    for name, kind in (
        *(("const", signals.CONST), ("in", signals.IN), ("out", signals.OUT), ("inputs", signals.INPUTS)),
        *(("work", signals.WORK), ("ring", signals.RING)),
        *(((f"array_{code}"), kind) for code, kind in signals.ARRAYS.items()),
    )
}

_jitted: dict[python.FunctionType, Any] = {}


def jit(function: python.FunctionType) -> Any:
    """A plain function compiled, with the plain functions it uses: node files need not know Numba."""
    if function not in _jitted:
        scope: dict[str, Any] = {}
        for name, value in function.__globals__.items():
            if name in _names(function.__code__):
                plain = isinstance(value, python.FunctionType) and value not in OWN
                scope[name] = jit(value) if plain else value
        copy = python.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
        _jitted[function] = njit(copy, fastmath=FAST, error_model="numpy")
    return _jitted[function]


def _names(code: python.CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, python.CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _ended(result: Any) -> int:
    raise NotImplementedError


@overload(_ended)
def _(result):
    if isinstance(result, types.NoneType):
        return lambda result: 0
    return lambda result: 1 if result else 0


def _argument(argument: Argument, constant: frozenset[str]) -> str:
    def word(k: int = 0) -> str:
        return f"get(row + {WORD * (argument.word + k)})"

    match argument.kind:
        case "out":
            return f"make_out({word()} + 8 * start, frames)"
        case "signal" if argument.name in constant:
            return f"make_const({word()})"
        case "signal":
            return f"make_in({word()} + 8 * start, frames)"
        case "list" | "live":
            return f"make_inputs({word()}, {word(1)}, start, frames)"
        case "number" if argument.type == "f8":
            return f"get_float(row + {WORD * argument.word})"
        case "rate":
            return f"get_float(row + {WORD * argument.word})"
        case "number" | "seed":
            return word()
        case "state":
            return f"carray(record_at({word()}), (1,), State)[0]"
        case "memory":
            return f"make_ring({word()}, {word(1)}, {word(2)})"
        case "array":
            return f"make_array_{argument.type}({word()}, {word(1)})"
        case "work":
            return f"make_work({word()})"
        case "start":
            return "start"
        case "clock" | "fade":
            return f"(get({word()}) + start)"


def entry(kind: type[Node], constant: frozenset[str], name: str) -> Any:
    """Compile one variant of a node's kernel: `constant` are the inputs that are one number each."""
    given = arguments(kind)
    # Only the call is inside `try`, which is dear to compile. A raise would otherwise take the GIL to print.
    source = "\n".join(
        (
            f"def {name}(row, start, frames):",
            *(f"    a{k} = {_argument(argument, constant)}" for k, argument in enumerate(given)),
            "    try:",
            f"        return ended(render({', '.join(f'a{k}' for k in range(len(given)))}))",
            "    except Exception:",
            "        return -1",
        )
    )
    scope: dict[str, Any] = dict(
        MAKERS,
        get=intrinsics.get,
        get_float=intrinsics.get_float,
        record_at=intrinsics.record_at,
        carray=carray,
        ended=_ended,
        render=jit(kind.render),  # type: ignore[attr-defined]
        State=np.dtype(state_dtype(kind)),
    )
    exec(source, scope)
    return cfunc(ENTRY, fastmath=FAST, error_model="numpy")(scope[name])
