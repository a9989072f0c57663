"""What a function or a node type means, whatever its text looks like: what means the same is the same.

Comments, docstrings and descriptions do not count. Nothing here depends on an address or on the order of a set.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterable, Iterator

import numpy as np

from waves.node import Node
from waves.node_types.library.signature import state_default, state_dtype

CONSTANTS = (bool, int, float, str, tuple, np.ndarray)  # globals that a kernel knows by their value


def fingerprint(function: types.FunctionType) -> str:
    """Meaning of a function and of all of ours it uses: code, constants, helpers, tables."""
    parts: list[str] = []
    _collect(function, parts, set())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def meaning(kind: type[Node]) -> str:
    """Meaning of a node type: its parameters, what it declares and remembers, and all of its functions."""
    parts = [
        kind.__name__,
        *(repr((name, getattr(kind, name))) for name in sorted(Node.__class_vars__ - {"state"})),
    ]
    for name, field in kind.model_fields.items():
        parts.append(repr((name, field.annotation, field.default, field.json_schema_extra)))
    state = state_default(kind)
    parts += [repr(state_dtype(kind).descr), state.tobytes().hex(), repr(kind.state.keeps)]
    seen: set[types.FunctionType] = set()
    for name, function in _functions(kind):
        parts.append(name)
        _collect(function, parts, seen)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _functions(kind: type[Node]) -> Iterator[tuple[str, types.FunctionType]]:
    """The functions of a class and of the classes above it that are no library's, validators among them."""
    for class_ in kind.__mro__:
        if class_ is Node:
            return
        for name, value in sorted(vars(class_).items()):
            function = getattr(value, "__func__", value)
            if isinstance(function, types.FunctionType):
                yield name, function


def _collect(function: types.FunctionType, parts: list[str], seen: set[types.FunctionType]) -> None:
    if function in seen:
        return
    seen.add(function)
    parts.append(repr(function.__defaults__))
    for code in _codes(function.__code__):
        own = [c for c in code.co_consts if not isinstance(c, types.CodeType) and c != function.__doc__]
        parts.append(repr((code.co_code, code.co_varnames, own, code.co_names)))
        for name in code.co_names:
            value = function.__globals__.get(name)
            if isinstance(value, types.FunctionType):
                _collect(value, parts, seen)
            elif isinstance(value, np.ndarray):
                parts.append(f"{name} {value.dtype.str} {hashlib.sha256(value.tobytes()).hexdigest()}")
            elif isinstance(value, (*CONSTANTS, dict, list)):
                parts.append(f"{name} {value!r}")


def _codes(code: types.CodeType) -> Iterable[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


__all__ = ["CONSTANTS", "fingerprint", "meaning"]
