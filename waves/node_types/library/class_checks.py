"""What a node class must be, looked at before it is compiled: each mistake at its line."""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Iterator
from typing import Any, cast

from waves.node import Node, Shared, Signal, State
from waves.node_types.library import signature
from waves.node_types.library.module_loader import Source
from waves.node_types.library.parameters import Parameter, parameters
from waves.problem import Problems, did_you_mean

HOLDS = "its state holds float, int, bool, Floats[n] and Ints[n] only"
CODES = ("f4", "f8", "i8")
BLOCKS = 10_000  # of scratch
TEXT = "a kernel knows no text, only numbers; a word of a Choice is its position"
GIVEN = ("state", "memory", "live", "rate", "seed", "work", "start", "clock")


def check(kind: type[Node], source: Source) -> None:
    """Raises Problems, all that is wrong with a class of a file."""
    found: list[tuple[str | tuple[int, int], str]] = list(_shapes(kind))
    if not found:
        found = [*_parameters(kind), *_state(kind), *_declared(kind), *_kernel(kind), *_body(kind, source)]
    if not found and hasattr(kind, "render"):
        try:
            signature.arguments(kind)
        except (TypeError, ValueError) as error:
            found.append(("render", str(error).partition(": ")[2] or str(error)))
    if found:
        places = _places(kind, source)
        name = kind.__name__.lower()
        where = [place if isinstance(place, tuple) else (places.get(place, places[""]), 1) for place, _ in found]
        raise Problems(source.problem(f"{name}: {said}", *at) for at, (_, said) in zip(where, found, strict=True))


def _places(kind: type[Node], source: Source) -> dict[str, int]:
    """The lines of what a class declares, by name; its own is under the empty one."""
    places = {"": 1}
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
            places[""] = node.lineno
            for inner in node.body:
                match inner:
                    case ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
                        places[name] = inner.lineno
                    case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                        places[name] = inner.lineno
    return places


def _shapes(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """What is declared in a form that nothing else here could read."""
    for name in ("constant", "outputs", "crossfaded", "factors", "waits"):
        value: Any = getattr(kind, name)
        if not isinstance(value, tuple | list) or not all(isinstance(one, str) for one in value):
            yield name, f'`{name}` is a tuple of names: {name} = ("…",)'
    arrays: Any = kind.arrays
    if not isinstance(arrays, dict):
        yield "arrays", '`arrays` are names with their types: arrays = {"table": "f8"}'
    scratch: Any = kind.scratch
    if not isinstance(scratch, int) or not 0 <= scratch <= BLOCKS:
        yield "scratch", f"`scratch` is a number of blocks, from 0 to {BLOCKS}"
    for name in ("tail", "idle_on_return", "pass_through", "hushed"):
        if not isinstance(getattr(kind, name), bool):
            yield name, f"`{name}` is True or False"


def _parameters(kind: type[Node]) -> Iterator[tuple[str, str]]:
    for name, info in kind.model_fields.items():
        extra = info.json_schema_extra
        numbers = {int, float} & {info.annotation, *typing.get_args(info.annotation)}
        number = numbers or (type(info.default) in (int, float))
        if not isinstance(extra, dict):
            yield name, f"the parameter '{name}' has no `param(…)`"
        elif number and not (extra.get("unit") and isinstance(extra["unit"], str)):
            yield name, f"the number '{name}' has no unit: param(…, unit=\"s\")"
        elif info.annotation is not Shared and (said := _parameter(parameters(kind)[name])):
            yield name, said


def _parameter(one: Parameter) -> str:
    """What is wrong with a parameter: its kind, its unit, its bounds, its default."""
    minimum, maximum, default = (cast(Any, value) for value in (one.minimum, one.maximum, one.default))
    if one.form == "other":
        return f"the parameter '{one.name}' is of an unknown kind; there are Signal, float, int, bool, Choice …"
    if not all(type(bound) in (int, float) for bound in (minimum, maximum)):
        return f"the bounds of '{one.name}' are numbers"
    if minimum > maximum:
        return f"the minimum of '{one.name}', {minimum:g}, is above its maximum, {maximum:g}"
    if one.required or default is None:
        return ""
    fits = {"words": (str,), "text": (str,), "flag": (bool,), "file": (str,)}
    numbers = (int, float) if one.form in ("signal", "number", "whole") else ()
    if wanted := fits.get(one.form, numbers):
        if type(default) not in wanted or (one.form == "words" and default not in one.words.values()):
            return f"the default of '{one.name}', {default!r}, is not {one.expected}"
        if numbers and one.complaint(default):
            return f"the default of '{one.name}': {one.complaint(default)}"
    return ""


def _state(kind: type[Node]) -> Iterator[tuple[str, str]]:
    if not inspect.isclass(kind.state) or not issubclass(kind.state, State):
        yield "state", "`state` is a class: class state(State)"
        return
    for name, value in vars(kind.state).items():
        if not name.startswith("_") and name not in {**kind.state.__annotations__, "keeps": ""}:
            yield "state", f"its state has '{name}' without a type: {name}: float = {value!r}"
            return
    try:
        dtype = signature.state_dtype(kind)
    except (TypeError, ValueError, NameError):
        yield "state", HOLDS
        return
    if any(dtype[name].base.kind not in "fi" for name in dtype.names or ()):
        yield "state", HOLDS
        return
    try:
        signature.state_default(kind)
    except (TypeError, ValueError):
        yield "state", "the defaults of its state are numbers"
    for name in kind.state.keeps:
        if name not in (dtype.names or ()):
            yield "keeps", f"`keeps` names '{name}', which is no field of the state"


def _declared(kind: type[Node]) -> Iterator[tuple[str, str]]:
    signals = signature.parameters(kind, Signal)
    for name in kind.constant:
        if name not in signals:
            yield "constant", f"`constant` names '{name}', which is no Signal"
    for what in ("crossfaded", "factors", *(["waits"] if "waits" in vars(kind) else [])):
        for name in getattr(kind, what):
            if name not in kind.model_fields:
                yield what, f"`{what}` names '{name}', which is no parameter"
    for name, code in kind.arrays.items():
        if code not in CODES:
            yield "arrays", f"the array '{name}' is of type {code!r}; there are {', '.join(CODES)}"
    if set(kind.arrays.values()) & {*CODES} and kind.prepare is Node.prepare:
        yield "arrays", "it has `arrays`, but no prepare(constants, rate) that makes them"


def _kernel(kind: type[Node]) -> Iterator[tuple[str, str]]:
    render = inspect.getattr_static(kind, "render", None)
    if render is None:
        if kind.expand.__func__ is Node.expand.__func__:  # type: ignore[attr-defined]
            yield "", "it has neither `render`, which makes sound, nor `expand`, which arranges others"
        return
    if not isinstance(render, staticmethod) or not inspect.isfunction(render.__func__):
        yield "render", "`render` is a @staticmethod"
        return
    if inspect.iscoroutinefunction(render.__func__):
        yield "render", "`render` waits for nothing: def, without async"
    if render.__func__.__closure__:
        yield "render", "`render` uses names of a function around it; write what it needs beside the class"
    known = (*kind.outputs, *kind.arrays, *kind.model_fields, *GIVEN)
    for name, parameter in inspect.signature(render.__func__).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield "render", f"its kernel takes '*{name}'; name each argument"
        elif name not in (*known, "fade"):
            near = did_you_mean(name, known)
            meant = f"; did you mean {near}?" if near else ""
            yield "render", f"its kernel names '{name}', which is no parameter and nothing known{meant}"
        elif name in kind.model_fields and parameters(kind)[name].form in ("text", "steps", "values"):
            yield "render", f"its kernel names '{name}', which is no number"
    for name in kind.outputs:
        if name not in inspect.signature(render.__func__).parameters:
            yield "render", f"its kernel does not take its output '{name}'"
    if "state" in inspect.signature(render.__func__).parameters and kind.state is Node.state:
        yield "render", "its kernel takes `state`, but there is no class state(State)"
    if "memory" in inspect.signature(render.__func__).parameters and kind.memory is Node.memory:
        yield "render", "its kernel takes `memory`, but there is no memory(constants) that gives its length"


def _body(kind: type[Node], source: Source) -> Iterator[tuple[tuple[int, int], str]]:
    """What the compiler lets pass, and means something else than it says."""
    classes = (one for one in ast.walk(ast.parse(source.text)) if isinstance(one, ast.ClassDef))
    inside = [one for found in classes if found.name == kind.__name__ for one in found.body]
    for render in (one for one in inside if isinstance(one, ast.FunctionDef) and one.name == "render"):
        for node in _own(render):
            match node:
                case ast.Return(value=ast.Constant(value=value)) if value is not None and not isinstance(value, bool):
                    yield source.place(node), "a kernel returns True when it has ended, and nothing otherwise"
                case ast.Compare(left=left, comparators=others) if texts := [*filter(_is_text, (left, *others))]:
                    yield source.place(texts[0]), TEXT
                case ast.MatchValue(value=value) if _is_text(value):
                    yield source.place(value), TEXT


def _own(tree: ast.AST) -> Iterator[ast.AST]:
    """What is in a function, functions inside left out."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node
            yield from _own(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
