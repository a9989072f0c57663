"""Fingerprints of functions and node types: equal when their behaviour is, whatever comments and descriptions say.

Nothing here depends on an address or on the order of a set, so that a fingerprint is the same in every process.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import hashlib
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from waves.node import Node, choice_words
from waves.node_types.description import description_of
from waves.node_types.library.signature import state_default, state_dtype

CONSTANTS = (bool, int, float, str, tuple, np.ndarray)  # globals that a kernel knows by their value
NODE_FILES = "waves_"  # begins the names of the packages of node files
MOST_OBJECTS = 1000  # objects and classes whose attributes count
DEEPEST = 50  # values inside each other up to one whose attributes count


class Seen(set[types.FunctionType]):
    """Functions that are written already, and by the address of an object or a class its text."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[int, str] = {}


def fingerprint(function: types.FunctionType) -> str:
    """Fingerprint of a function and all functions of ours that it uses: code, constants, tables."""
    return _hashed(_parts(function, Seen()))


def kernel_fingerprint(kind: type[Node]) -> str:
    """Fingerprint of the kernel of a node type."""
    if description := description_of(kind):
        return description.kernel
    kernel = fingerprint(kind.render)  # type: ignore[attr-defined]
    slowly: Any = kind.slowly
    return _hashed([kernel, written(kind.slow), fingerprint(slowly)]) if kind.slow else kernel


def type_fingerprint(kind: type[Node]) -> str:
    """Fingerprint of a node type: parameters, declarations, state, and all of its functions."""
    if description := description_of(kind):
        return description.fingerprint
    parts = [
        kind.__name__,
        *(written((name, getattr(kind, name))) for name in sorted(Node.__class_vars__ - {"state"})),
    ]
    for name, field in kind.model_fields.items():
        parts.append(written((name, repr(field.annotation), field.default, field.json_schema_extra)))
    state = state_default(kind)
    parts += [repr(state_dtype(kind).descr), state.tobytes().hex()]
    parts.append(written((kind.state.numbered, kind.state.ranges, kind.state.was)))
    seen = Seen()
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
    """The globals of its module that a function names, inner functions included; None for those of Python.

    Of a module of ours those that the function names too: `tables.SINE` of `from . import tables`.
    """
    for code in code_objects(function.__code__):
        for name in code.co_names:
            value = function.__globals__.get(name)
            yield name, value
            if isinstance(value, types.ModuleType) and value.__name__.startswith("waves"):
                yield from ((f"{name}.{one}", getattr(value, one)) for one in code.co_names if hasattr(value, one))


def definition(text: str, function: types.FunctionType) -> ast.FunctionDef | None:
    """The syntax tree of a function in the text of its file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first == function.__code__.co_firstlineno:
                return node
    return None


def line_of(text: str, function: types.FunctionType) -> int:
    """The line of a function's `def` in the text of its file; its decorators stand above."""
    tree = definition(text, function)
    return tree.lineno if tree else function.__code__.co_firstlineno


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


def _parts(function: types.FunctionType, seen: Seen) -> Iterator[str]:
    """All that decides the behaviour of a function, as text."""
    for one in used_functions(function, seen):
        yield written((one.__defaults__, one.__kwdefaults__, [*_enclosed(one)]), seen)
        for code in code_objects(one.__code__):
            constants = [c for c in code.co_consts if not isinstance(c, types.CodeType) and c != one.__doc__]
            yield written((code.co_code, code.co_varnames, constants, code.co_names), seen)
        for name, value in used_globals(one):
            if value is not None and not isinstance(value, types.FunctionType):
                yield f"{name} {written(value, seen)}"


def _enclosed(function: types.FunctionType) -> Iterator[Any]:
    """The values that a function has from the function around it; an empty cell has none."""
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):
            yield cell.cell_contents


def _of_class(kind: type) -> Iterator[Any]:
    """The names, functions and values of a class of a node file and of its bases, those that Python adds left out."""
    for class_ in kind.__mro__:
        if class_.__module__.startswith(NODE_FILES) and not issubclass(class_, Node):
            for name, value in sorted(vars(class_).items()):
                if isinstance(value, property):
                    yield name, value.fget, value.fset
                    continue
                function = getattr(value, "__func__", getattr(value, "func", value))  # of a static or cached one
                if isinstance(function, types.FunctionType) or not (name.startswith("__") and name.endswith("__")):
                    yield name, function


def _attributes(value: Any) -> list[tuple[str, Any]]:
    """The attributes of an object by name, those in slots too; nothing of the object runs."""
    found = dict(getattr(value, "__dict__", {}))
    for class_ in type(value).__mro__:
        for name, slot in vars(class_).items():
            if isinstance(slot, types.MemberDescriptorType):
                with contextlib.suppress(AttributeError):  # not set
                    found[name] = slot.__get__(value)
    return sorted(found.items())


def written(value: Any, seen: Seen | None = None, around: tuple[int, ...] = ()) -> str:
    """A value as text, by its type, its shape and everything in it: values that a function can tell apart differ in it.

    Of an object whose class is of a node file, these are the attributes and the functions of the class; of any other
    object only the name of its class is told. `seen`: functions and objects that are written already; `around`: what
    the value is in, for one that is inside itself.

        0.0                 float:0.0
        -0.0                float:-0.0
        "0.0"               str:'0.0'
        {"a": (1, True)}    dict[str:'a', tuple[int:1, bool:True]]
    """
    seen = Seen() if seen is None else seen
    if id(value) in around:
        return f"around {around.index(id(value))}"

    def several(values: Iterable[Any]) -> list[str]:
        return [written(one, seen, (*around, id(value))) for one in values]

    def once(name: str, values: Iterable[Any]) -> str:
        known = seen.objects
        if id(value) not in known and len(known) < MOST_OBJECTS and len(around) < DEEPEST:
            known[id(value)] = name  # for one that is inside itself by way of a function
            known[id(value)] = f"{name} {_hashed(several(values))}"
        return known.get(id(value), name)

    name = type(value).__qualname__
    match value:
        case np.ndarray() if value.dtype.hasobject:
            return f"{name}{value.shape}{several(value.ravel().tolist())}"
        case np.ndarray() | np.generic():
            return f"{name}{value.dtype.descr}{value.shape}{hashlib.sha256(value.tobytes()).hexdigest()}"
        case dict():
            return f"{name}[{', '.join(several(part for item in value.items() for part in item))}]"
        case list() | tuple():
            return f"{name}{getattr(value, '_fields', '')}[{', '.join(several(value))}]"
        case set() | frozenset():
            return f"{name}[{', '.join(sorted(several(value)))}]"
        case type():
            return once(f"class {value.__qualname__} {choice_words(value)}", _of_class(value))
        case types.FunctionType():
            return f"{value.__qualname__} {_hashed(_parts(value, seen))}"
        case functools.partial():
            return f"{name}[{', '.join(several((value.func, value.args, value.keywords)))}]"
        case functools._lru_cache_wrapper():
            return f"{name}[{', '.join(several([value.__wrapped__]))}]"
        case _ if type(value).__module__.startswith(NODE_FILES) or isinstance(value, types.SimpleNamespace):
            return once(name, (type(value), *_attributes(value)))
        case _ if dataclasses.is_dataclass(value):
            return f"{name}[{', '.join(several(getattr(value, one.name) for one in dataclasses.fields(value)))}]"
        case bool() | int() | float() | complex() | str() | bytes() | range() | None:
            return f"{name}:{value!r}"
    return name


def code_objects(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those of its inner functions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)
