"""The entry of a kernel: a C function that makes the kernel's arguments from the words of a row and calls it.

    entry(row, start, frames) -> 0 to go on, 1 ended, below 0 failed: the negative place in its code

`row` is the address of the row, `start` the first frame in the block, `frames` how many to render.
"""

from __future__ import annotations

import inspect
import types as python
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from numba import cfunc, njit, types
from numba.core.registry import cpu_target

from waves.abi import WORD
from waves.dsp import maths
from waves.engine.native import arrays, intrinsics, rings, signals
from waves.engine.native.intrinsics import FAST
from waves.engine.native.slow_values import filler
from waves.node import BLOCK, Node, choice_numbers
from waves.node_types.library.fingerprint import CONSTANTS, fingerprint
from waves.node_types.library.machine_types import INPUT
from waves.node_types.library.signature import (
    Argument,
    arguments,
    kernel_parameters,
    slow_parameters,
    slow_places,
    state_dtype,
)

ENTRY = types.int64(types.int64, types.int64, types.int64)  # row, first frame, frames -> status
INSTRUCTIONS = {
    function.__name__: function
    for function in (maths.floor, maths.rint, maths.power_of_two, maths.exponent, maths.is_constant)
}  # one instruction each, or few, by whatever version of `maths` they are
TYPES = {
    **{
        "const": signals.CONST,
        "in": signals.IN,
        "out": signals.OUT,
        "inputs": signals.INPUTS,
        "outputs": signals.OUTPUTS,
        "slows": signals.SLOWS,
    },
    **{"work": signals.WORK, "ring": rings.RING, "rings": rings.RINGS, "pages": arrays.PAGES},
    **{f"array_{code}": kind for code, kind in arrays.ARRAYS.items()},
    **{f"buffer_{code}": kind for code, kind in arrays.BUFFERS.items()},
    **{f"notes_{width}": kind for width, kind in signals.NOTES.items()},
}
MAKERS, CHECKED_MAKERS = (
    {f"make_{name}": signals.maker(twins.get(kind, kind)) for name, kind in TYPES.items()}
    for twins in (dict[Any, Any](), signals.CHECKED | arrays.CHECKED)
)


class Words(NamedTuple):
    """The words of one argument, as expressions in the source of an entry."""

    argument: Argument
    scratch: int  # frames

    def address(self, k: int = 0) -> str:
        """The address of word `k` of the argument."""
        return f"row + {WORD * (self.argument.word + k)}"

    def word(self, k: int = 0) -> str:
        """The value of word `k`, an integer."""
        return f"get({self.address(k)})"


CONSTANT = "constant"  # an input that is one number
EXPRESSIONS: dict[str, Callable[[Words], str]] = {
    "output": lambda words: f"make_out({words.word()} + 8 * start, frames)",
    "outputs": lambda words: f"make_outputs({words.word(0)}, {words.word(1)}, start, frames)",
    "input": lambda words: f"make_in({words.word()} + 8 * start, frames)",
    CONSTANT: lambda words: f"make_const({words.word()})",
    "inputs": lambda words: f"make_inputs({words.word(0)}, {words.word(1)}, start, frames)",
    "slow": lambda words: f"make_in({words.word()} + 8 * start, frames)",
    "slows": lambda words: f"make_slows({', '.join(map(words.word, range(3)))}, start, frames)",
    "scratch": lambda words: f"make_work({words.word()}, {words.scratch})",
    "array": lambda words: f"make_array_{words.argument.element}({words.word(0)}, {words.word(1)})",
    "ring": lambda words: f"make_ring({words.word(0)}, {words.word(1)}, {words.word(2)})",
    "rings": lambda words: f"make_rings({words.word(0)}, {words.word(1)})",
    "buffer": lambda words: (
        f"make_buffer_{words.argument.element}({', '.join(map(words.word, range(3)))}, get({words.word(3)}))"
    ),
    "notes": lambda words: (
        f"make_notes_{words.argument.element}(begin_notes({words.word(0)}, {words.word(1)}, start, frames), frames)"
    ),
    "pages": lambda words: f"make_pages({words.word()})",
    "record": lambda words: f"make_state({words.word()})",
    "float": lambda words: f"get_float({words.address()})",
    "integer": lambda words: words.word(),
    "frame number": lambda words: f"(get({words.word()}) + start)",
    "frame in block": lambda words: "start",
}
"""By machine type: the expression that makes an argument from its words, `row`, `start` and `frames`."""

_compiled: dict[Any, Any] = {}
_in_progress: set[python.FunctionType] = set()


def jit(function: python.FunctionType, checked: bool = False) -> Any:
    """Compiles a plain function with the plain functions that it uses: node files need not know Numba.

    Functions with the same fingerprint are compiled once, so that a file that is loaded again costs only what was
    changed in it. `checked`: an index outside of an array raises. Raises RecursionError for a function that calls
    itself.
    """
    if function in _in_progress:
        raise RecursionError(f"'{function.__name__}' calls itself, which a kernel cannot")
    _in_progress.add(function)
    try:
        scope = {
            name: _global(value, checked)
            for name, value in function.__globals__.items()
            if name in _names(function.__code__)
        }
    finally:
        _in_progress.remove(function)
    others = sorted((name, id(value)) for name, value in scope.items() if not isinstance(value, CONSTANTS))
    way = type(cpu_target.target_context)  # of compiling: what is compiled for C functions cannot be called from Python
    key = (fingerprint(function), checked, way, tuple(others))
    if key not in _compiled:
        copy = python.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
        _compiled[key] = njit(copy, fastmath=FAST, error_model="numpy", boundscheck=checked)
    return _compiled[key]


def _global(value: Any, checked: bool) -> Any:
    """A global of a module as compiled code knows it: a function compiled, a `Choice` as its numbers by name."""
    if numbers := choice_numbers(value):
        return namedtuple("Choice", numbers)(**numbers)
    if not isinstance(value, python.FunctionType):
        return value
    if value.__module__.partition("@")[0] == maths.__name__ and value.__name__ in INSTRUCTIONS:
        return INSTRUCTIONS[value.__name__]
    return jit(value, checked)


def _names(code: python.CodeType) -> set[str]:
    """All names that a code object uses, inner functions included."""
    inner = (constant for constant in code.co_consts if isinstance(constant, python.CodeType))
    return set(code.co_names).union(*map(_names, inner))


@dataclass(frozen=True, slots=True)
class EngineFunction:
    """A function of the engine, which becomes a C function with this signature of Numba when it is needed."""

    function: Callable[..., Any]
    signature: Any

    def compiled(self) -> Any:
        """The C function, as Numba compiles it. Compiler process only."""
        return cfunc(self.signature, error_model="numpy")(self.function)


def engine_function(signature: Any) -> Callable[[Callable[..., Any]], EngineFunction]:
    """A decorator that makes an `EngineFunction` of a function."""
    return lambda function: EngineFunction(function, signature)


def _expression(argument: Argument, constant: frozenset[str], scratch: int) -> str:
    name = CONSTANT if argument.name in constant else argument.machine_type.name
    return EXPRESSIONS[name](Words(argument, scratch))


def _signals(kind: type[Node]) -> tuple[str, ...]:
    """The arguments that are blocks."""
    return tuple(argument.name for argument in arguments(kind) if argument.machine_type is INPUT)


def _slow_lines(kind: type[Node], given: Sequence[Argument]) -> list[str]:
    """The lines of an entry that fill the blocks of its slow values, before the kernel reads them."""
    if not kind.slow:
        return []
    names = {argument.name: (k, argument) for k, argument in enumerate(given)}
    name, at = next((name, at) for name, (at, _) in slow_places(kind).items() if name in names)
    words = Words(names[name][1], 0)
    size = sum(count for _, count in slow_places(kind).values())
    out = f"make_work({words.word()} - {8 * at} * {words.word(1)}, {size} * {words.word(1)})"
    at_goal = dict(state_dtype(kind).fields or {})["goal"][1]
    state = Words(names["state"][1], 0).word()
    lists = {
        name: f"make_work({state} + {at_goal + WORD * at}, {count})" for name, (at, count) in slow_places(kind).items()
    }
    taken = slow_parameters(kind)
    passed = [lists[name] if name in lists else f"a{names[name][0]}" for name in taken]
    fill = ["fill", f"a{names['state'][0]}", "start", "frames", out, words.word(1), *passed]
    return [f"    if attempt_fill({', '.join(fill)}) < 0:", "        return -1"]


def entry(kind: type[Node], constant: frozenset[str], name: str, checked: bool = False) -> Any:
    """Compiles one variant of a node type's kernel; the inputs in `constant` are one number each.

    `checked`: an index outside of an input, an output, the scratch or an array of the state raises. Compiler process
    only.
    """
    given = arguments(kind)
    called = len(kernel_parameters(kind))
    scratch = kind.scratch * BLOCK
    # Only these calls may raise: an exception that leaves a C function would take the GIL to be printed.
    source = "\n".join(
        (
            f"def {name}(row, start, frames):",
            *(f"    a{k} = {_expression(argument, constant, scratch)}" for k, argument in enumerate(given)),
            *_slow_lines(kind, given),
            f"    return attempt_render({', '.join(['render', *(f'a{k}' for k in range(called))])})",
        )
    )
    scope: dict[str, Any] = dict(
        CHECKED_MAKERS if checked else MAKERS,
        get=intrinsics.get,
        get_float=intrinsics.get_float,
        begin_notes=signals.begin_notes,
        attempt_render=intrinsics.attempt(called, is_truth=True),
        render=jit(kind.render, checked),  # type: ignore[attr-defined]
        make_state=intrinsics.record_maker(state_dtype(kind)),
    )
    if kind.slow:
        fill = scope["fill"] = jit(filler(kind, _signals(kind)), checked)
        scope["attempt_fill"] = intrinsics.attempt(len(inspect.signature(fill.py_func).parameters))
    exec(source, scope)
    return cfunc(ENTRY, fastmath=FAST, error_model="numpy")(scope[name])


def object_code(compiled: Any) -> tuple[str, bytes]:
    """The name of the entry of a compiled C function, and its object file.

    By private parts of Numba: a cfunc has no public way to its object code.
    """
    assert compiled.address  # only then is there object code
    return compiled._wrapper_name, compiled._library._get_compiled_object()


def needed_names(compiled: Any) -> set[str]:
    """The names of the functions that a compiled C function needs and that are not in its object file."""
    return {function.name for function in compiled._library._final_module.functions if function.is_declaration}
