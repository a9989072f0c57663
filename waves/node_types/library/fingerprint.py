"""Fingerprints of functions and node types: equal when their behaviour is, whatever comments and descriptions say.

Nothing here depends on an address or on the order of a set, so that a fingerprint is the same in every process.
"""

from __future__ import annotations

import ast
import hashlib
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from waves.node import Node, choice_words
from waves.node_types.description import description_of
from waves.node_types.library.signature import state_default, state_dtype

CONSTANTS = (bool, int, float, str, tuple, np.ndarray)  # globals that a kernel knows by their value


def fingerprint(function: types.FunctionType) -> str:
    """Fingerprint of a function and all functions of ours that it uses: code, constants, tables."""
    return _hashed(_parts(function, set()))


def kernel_fingerprint(kind: type[Node]) -> str:
    """Fingerprint of the kernel of a node type."""
    if description := description_of(kind):
        return description.kernel
    kernel = fingerprint(kind.render)  # type: ignore[attr-defined]
    slowly: Any = kind.slowly
    return _hashed([kernel, repr(kind.slow), fingerprint(slowly)]) if kind.slow else kernel


def type_fingerprint(kind: type[Node]) -> str:
    """Fingerprint of a node type: parameters, declarations, state, and all of its functions."""
    if description := description_of(kind):
        return description.fingerprint
    parts = [
        kind.__name__,
        *(repr((name, getattr(kind, name))) for name in sorted(Node.__class_vars__ - {"state"})),
    ]
    for name, field in kind.model_fields.items():
        parts.append(repr((name, field.annotation, field.default, field.json_schema_extra)))
    state = state_default(kind)
    parts += [repr(state_dtype(kind).descr), state.tobytes().hex(), repr(kind.state.numbered), repr(kind.state.ranges)]
    parts.append(repr(kind.state.was))
    seen: set[types.FunctionType] = set()
    for name, function in _methods(kind):
        parts += [name, *_parts(function, seen)]
    return _hashed(parts)


def used_functions(
    function: types.FunctionType, seen: set[types.FunctionType] | None = None
) -> Iterator[types.FunctionType]:
    """A function and the plain functions that it uses, by itself or through others, each once.

    Functions in `seen` are left out; the others are added to it.
    """
    seen = set() if seen is None else seen
    if function in seen:
        return
    seen.add(function)
    yield function
    for _, value in used_globals(function):
        if isinstance(value, types.FunctionType):
            yield from used_functions(value, seen)


def used_globals(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The globals of its module that a function names, inner functions included; None for those of Python."""
    for code in code_objects(function.__code__):
        for name in code.co_names:
            yield name, function.__globals__.get(name)


def definition(text: str, function: types.FunctionType) -> ast.FunctionDef | None:
    """The syntax tree of a function in the text of its file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == function.__code__.co_firstlineno:
                return node
    return None


def _hashed(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _methods(kind: type[Node]) -> Iterator[tuple[str, types.FunctionType]]:
    """The functions of a class and of its bases up to `Node`, validators among them."""
    for class_ in kind.__mro__:
        if class_ is Node:
            return
        for name, value in sorted(vars(class_).items()):
            function = getattr(value, "__func__", value)
            if isinstance(function, types.FunctionType):
                yield name, function


def _parts(function: types.FunctionType, seen: set[types.FunctionType]) -> Iterator[str]:
    """All that decides the behaviour of a function, as text."""
    for one in used_functions(function, seen):
        yield repr(one.__defaults__)
        for code in code_objects(one.__code__):
            constants = [c for c in code.co_consts if not isinstance(c, types.CodeType) and c != one.__doc__]
            yield repr((code.co_code, code.co_varnames, constants, code.co_names))
        for name, value in used_globals(one):
            if isinstance(value, np.ndarray):
                yield f"{name} {value.dtype.str} {hashlib.sha256(value.tobytes()).hexdigest()}"
            elif words := choice_words(value):
                yield f"{name} {words!r}"
            elif isinstance(value, (*CONSTANTS, dict, list)):
                yield f"{name} {value!r}"


def code_objects(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those of its inner functions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)
