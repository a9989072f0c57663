"""The part of NumPy that works in a kernel, and what is written instead of the rest.

`prepare` is ordinary Python, and so is what a file calculates when it is loaded: there all of NumPy works. A kernel
works on numbers. Of NumPy it knows the constants of `CONSTANTS`, arrays of the module that it reads by index, and
their `size` and `shape`. Everything else is refused with the way to write it, also what the compiler would accept:
there is one way to write a thing.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

CONSTANTS = ("pi", "e", "inf", "nan")
"""Names of NumPy that a kernel may use."""
OF_ARRAYS = ("size", "shape")
"""Attributes of an array of the module, or of the state, that a kernel may use."""

NO_ARRAY = "a kernel makes no array: `Floats[64]` in the state, `work`, or a buffer; a table comes from `prepare`"
ONE_BY_ONE = "frames are taken one by one: a variable, or a field of the state, in the loop over them"
BEFORE = 'a ring keeps past frames: `rings = {"past": 1}`, then `past.at(age)`'
DRAWN = "the n-th random number of a node is `uniform(seed, n)` or `gaussian(seed, n)`, from `waves.dsp.maths`"
WRITE = "for one number write `{}`"
TOO = ", and `import math` at the top of the file"
TURNS = "`math.sin(x)` takes radians, `sine(x)` of `waves.dsp.maths` takes turns"

_MATH = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh"}
_MATH |= {"arccosh": "acosh", "arctanh": "atanh", "deg2rad": "radians", "rad2deg": "degrees", "fabs": "fabs"}
_MATH |= {name: name for name in "sin cos tan sinh cosh tanh exp expm1 log log2 log10 log1p sqrt hypot".split()}
_MATH |= {name: name for name in "floor ceil trunc radians degrees copysign isfinite isnan isinf".split()}
_PLAIN = {"abs": "abs(x)", "absolute": "abs(x)", "minimum": "min(a, b)", "maximum": "max(a, b)", "fmin": "min(a, b)"}
_PLAIN |= {"fmax": "max(a, b)", "power": "a ** b", "float_power": "a ** b", "mod": "a % b", "remainder": "a % b"}
_PLAIN |= {"fmod": "math.fmod(a, b)", "square": "x * x", "add": "a + b", "subtract": "a - b", "multiply": "a * b"}
_PLAIN |= {"divide": "a / b", "where": "a if test else b", "sign": "math.copysign(1.0, x)", "heaviside": "x > 0.0"}
_PLAIN |= {"float64": "float(x)", "float32": "float(x)", "int64": "int(x)", "int32": "int(x)"}
_DSP = {"exp2": ("powers", "exp2"), "clip": ("maths", "clip"), "rint": ("maths", "rint"), "round": ("maths", "rint")}
_DSP |= {"nan_to_num": ("maths", "finite"), "interp": ("interpolation", "linear"), "hanning": ("windows", "hann")}
_DSP |= {"blackman": ("windows", "blackman"), "fft": ("fft", "fft")}
_ARRAYS = "array asarray zeros ones empty full zeros_like ones_like empty_like full_like arange linspace logspace"
_LOOPS = "sum mean average std var median percentile max min amax amin argmax argmin prod any all dot inner vdot sort"
_PAST = "roll diff convolve correlate cumsum cumprod gradient concatenate append pad flip tile repeat stack hstack"

INSTEAD: dict[str, str] = {
    **dict.fromkeys(_ARRAYS.split(), NO_ARRAY),
    **dict.fromkeys(_LOOPS.split(), ONE_BY_ONE),
    **dict.fromkeys(_PAST.split(), BEFORE),
    **{name: WRITE.format(f"math.{other}") for name, other in _MATH.items()},
    **{name: WRITE.format(text) for name, text in _PLAIN.items()},
    **{name: f"write `from waves.dsp.{module} import {function}`" for name, (module, function) in _DSP.items()},
    **{name: TURNS.replace("sin(", f"{name}(") for name in ("sin", "cos")},
    "random": DRAWN,
}
"""By the name in NumPy: what is written in a kernel."""
OTHERWISE = "`prepare` can use it; a kernel takes numbers, `math` and `waves.dsp`"
SLICE = "numbers are taken one by one: `{0}[i]`, not as a slice"
WHOLE = "numbers are taken one by one: `{0}[i]`, not the whole array"
ONE_DIMENSION = "`{0}` has no such dimension: `{0}[k]`, as `{0}[row * size + column]`"
LOOP = "loop over the numbers of the places: `for k in range({0}.size)`"
READ_ONLY = "'{0}' can only be read: what changes is in the state, or in a buffer"
OBJECT = "'{0}' is a {1} of NumPy, which no kernel knows; {2}"
METHOD = "a kernel reads an array by index, `{0}[k]`, and knows `{0}.size`; {1}"

Mistake = tuple[ast.AST, str]


def mistakes(tree: ast.FunctionDef, names: Mapping[str, Any], arrays: frozenset[str]) -> Iterator[Mistake]:
    """Uses of NumPy in a function of a kernel that cannot be, each with its node in the syntax tree.

    `names` are those of its module, `arrays` the fields of the state that are arrays.
    """
    local = {argument.arg for argument in tree.args.args}
    local |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names = {"np": np, "numpy": np, **names}  # also where it is not imported: that would not help
    known = {name: value for name, value in names.items() if name not in local}
    inner: set[ast.AST] = set()
    for node in (one for statement in tree.body for one in ast.walk(statement)):
        match node:
            case _ if node in inner:
                continue
            case ast.Attribute() if (path := _path(node, known)) and path not in CONSTANTS:
                inner |= {*ast.walk(node)}
                words = f"'{ast.unparse(node)}' is of NumPy, which works on whole arrays; {instead(path)}"
                yield node, words + (TOO if WRITE.format("math.")[:-1] in words and "math" not in names else "")
            case ast.Name(id=name) if _is_function(known.get(name)):
                yield node, f"'{name}' is of NumPy, which works on whole arrays; {instead(known[name].__name__)}"
            case ast.Name(id=name) if _is_object(value := known.get(name)):
                kind = type(value).__name__
                yield node, OBJECT.format(name, kind, DRAWN if "Random" in kind or "Gen" in kind else OTHERWISE)
            case ast.Attribute(value=owner, attr=name) if (
                (text := _array(owner, known, arrays)) and hasattr(np.ndarray, name) and name not in OF_ARRAYS
            ):
                yield node, METHOD.format(text, ONE_BY_ONE)
            case ast.Subscript(value=owner, slice=ast.Slice()) if text := _array(owner, known, arrays):
                yield node, SLICE.format(text)
            case ast.Subscript(value=owner, slice=ast.Tuple(elts=places)) if (
                text := _array(owner, known, arrays)
            ) and len(places) > (known[text].ndim if text in known else 1):
                yield node, ONE_DIMENSION.format(text)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) if _array(node.value, known, arrays):
                yield node, READ_ONLY.format(name)
            case ast.For(iter=owner) if text := _array(owner, known, arrays):
                yield owner, LOOP.format(text)
            case _:
                for part in _calculated(node):
                    if text := _array(part, known, arrays):
                        yield part, WHOLE.format(text)


def _calculated(node: ast.AST) -> list[ast.expr]:
    """The parts that a node calculates with, or writes: an array there would be taken as a whole."""
    match node:
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.AugAssign(target=target, value=value):
            return [target, value]
        case ast.Assign(targets=targets):
            return [target for target in targets if isinstance(target, ast.Attribute)]
    return []


def instead(path: str) -> str:
    """The words on how to write a name of NumPy in a kernel: `zeros`, `fft.rfft`."""
    return INSTEAD.get(path) or INSTEAD.get(path.partition(".")[0]) or OTHERWISE


def _path(node: ast.Attribute, known: Mapping[str, Any]) -> str:
    """The name in NumPy of what is written `np.fft.rfft`; empty for what is not of NumPy."""
    parts: list[str] = []
    at: ast.expr = node
    while isinstance(at, ast.Attribute):
        parts.append(at.attr)
        at = at.value
    module = known.get(at.id) if isinstance(at, ast.Name) else None
    if not isinstance(module, types.ModuleType) or module.__name__.partition(".")[0] != "numpy":
        return ""
    return ".".join([*module.__name__.split(".")[1:], *reversed(parts)])


def _is_function(value: Any) -> bool:
    """Whether a global is a function or a type of NumPy, imported by its name."""
    of_numpy = str(getattr(value, "__module__", "")).partition(".")[0] == "numpy"
    return isinstance(value, np.ufunc) or (of_numpy and callable(value) and hasattr(value, "__name__"))


def _is_object(value: Any) -> bool:
    """Whether a global is an object of NumPy that is neither a number, nor an array, nor a function."""
    of_numpy = type(value).__module__.partition(".")[0] == "numpy"
    return of_numpy and not isinstance(value, np.ndarray | np.generic | np.ufunc) and not callable(value)


def _array(node: ast.expr, known: Mapping[str, Any], arrays: frozenset[str]) -> str:
    """An expression as it is written if it is an array of the module or of the state."""
    match node:
        case ast.Name(id=name) if isinstance(known.get(name), np.ndarray):
            return name
        case ast.Attribute(value=ast.Name(id="state"), attr=name) if name in arrays:
            return f"state.{name}"
    return ""
