"""How a kernel with a natural signature becomes a C function of one row."""

from __future__ import annotations

import types as python
from typing import Any

import llvmlite.binding as llvm
from numba import cfunc, njit, types
from numba.core import config
from numba.extending import overload

from waves.abi import WORD
from waves.dsp import maths
from waves.engine.native import intrinsics, signals
from waves.node import BLOCK, Node
from waves.node_types.library.fingerprint import CONSTANTS, fingerprint
from waves.node_types.library.signature import Argument, arguments, state_dtype

if llvm.get_host_cpu_features().get("avx512f"):
    # LLVM uses half of each vector register otherwise. Both must be set before the first compilation.
    config.CPU_NAME = llvm.get_host_cpu_name()
    config.CPU_FEATURES = llvm.get_host_cpu_features().flatten() + ",-prefer-256-bit"

FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}  # not nnan, ninf: they compile the guards against NaN away
ENTRY = types.int64(types.int64, types.int64, types.int64)  # row, first frame, frames -> 0 on, 1 ended, -1 failed
OWN = {"floor": maths.floor, "rint": maths.rint}  # one instruction each, by whatever version of `maths` they are
ARGUMENTS = {
    **{"const": signals.CONST, "in": signals.IN, "out": signals.OUT, "inputs": signals.INPUTS},
    **{"work": signals.WORK, "ring": signals.RING},
    **{f"array_{code}": kind for code, kind in signals.ARRAYS.items()},
}
MAKERS, CHECKED_MAKERS = (
    {f"make_{name}": signals.maker(twins.get(kind, kind)) for name, kind in ARGUMENTS.items()}
    for twins in (dict[Any, Any](), signals.CHECKED)
)

_jitted: dict[Any, Any] = {}
_begun: set[python.FunctionType] = set()


def jit(function: python.FunctionType, checked: bool = False) -> Any:
    """A plain function compiled, with the plain functions it uses: node files need not know Numba.

    Functions of one meaning are compiled once, so that a file that is loaded anew costs what was changed in it.
    """
    if function in _begun:
        raise RecursionError(f"'{function.__name__}' calls itself, which a kernel cannot")
    _begun.add(function)
    try:
        scope = {
            name: _global(value, checked)
            for name, value in function.__globals__.items()
            if name in _names(function.__code__)
        }
    finally:
        _begun.remove(function)
    others = sorted((name, id(value)) for name, value in scope.items() if not isinstance(value, CONSTANTS))
    key = (fingerprint(function), checked, tuple(others))
    if key not in _jitted:
        copy = python.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
        _jitted[key] = njit(copy, fastmath=FAST, error_model="numpy", boundscheck=checked)
    return _jitted[key]


def _global(value: Any, checked: bool) -> Any:
    """What a kernel means by a name of its module."""
    if not isinstance(value, python.FunctionType):
        return value
    if value.__module__.partition("@")[0] == maths.__name__ and value.__name__ in OWN:
        return OWN[value.__name__]
    return jit(value, checked)


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


def _argument(argument: Argument, constant: frozenset[str], scratch: int) -> str:
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
            return f"make_state({word()})"
        case "memory":
            return f"make_ring({word()}, {word(1)}, {word(2)})"
        case "array":
            return f"make_array_{argument.type}({word()}, {word(1)})"
        case "work":
            return f"make_work({word()}, {scratch})"
        case "start":
            return "start"
        case "clock" | "fade":
            return f"(get({word()}) + start)"


def entry(kind: type[Node], constant: frozenset[str], name: str, checked: bool = False) -> Any:
    """Compile one variant of a node's kernel: `constant` are the inputs that are one number each.

    `checked`: an index outside of an input, an output, the scratch or an array of the state raises.
    """
    given = arguments(kind)
    scratch = kind.scratch * BLOCK
    # Only the call is inside `try`, which is dear to compile. A raise would otherwise take the GIL to print.
    source = "\n".join(
        (
            f"def {name}(row, start, frames):",
            *(f"    a{k} = {_argument(argument, constant, scratch)}" for k, argument in enumerate(given)),
            "    try:",
            f"        return ended(render({', '.join(f'a{k}' for k in range(len(given)))}))",
            "    except Exception:",
            "        return -1",
        )
    )
    scope: dict[str, Any] = dict(
        CHECKED_MAKERS if checked else MAKERS,
        get=intrinsics.get,
        get_float=intrinsics.get_float,
        ended=_ended,
        render=jit(kind.render, checked),  # type: ignore[attr-defined]
        make_state=intrinsics.record_maker(state_dtype(kind)),
    )
    exec(source, scope)
    return cfunc(ENTRY, fastmath=FAST, error_model="numpy")(scope[name])
