"""What a node class must be, looked at before it is compiled: each mistake at its line."""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Iterator

from waves import layout
from waves.modules import Source
from waves.node import Node, Signal, State
from waves.problem import Problems, did_you_mean

HOLDS = "its state holds float, int, bool, Floats[n] and Ints[n] only"
CODES = ("f4", "f8", "i8")
GIVEN = ("state", "memory", "live", "rate", "seed", "work", "start", "clock")


def check(kind: type[Node], source: Source) -> None:
    """Raises Problems, all that is wrong with a class of a file."""
    found = [*_parameters(kind), *_state(kind), *_declared(kind), *_kernel(kind)]
    if not found and hasattr(kind, "render"):
        try:
            layout.arguments(kind)
        except (TypeError, ValueError) as error:
            found.append(("render", str(error).partition(": ")[2] or str(error)))
    if found:
        places = _places(kind, source)
        name = kind.__name__.lower()
        raise Problems(source.problem(f"{name}: {said}", places.get(place, places[""])) for place, said in found)


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


def _parameters(kind: type[Node]) -> Iterator[tuple[str, str]]:
    for name, info in kind.model_fields.items():
        extra = info.json_schema_extra
        numbers = {int, float} & {info.annotation, *typing.get_args(info.annotation)}
        number = numbers or (type(info.default) in (int, float))
        if not isinstance(extra, dict):
            yield name, f"the parameter '{name}' has no `param(…)`"
        elif number and not extra.get("unit"):
            yield name, f"the number '{name}' has no unit: param(…, unit=\"s\")"


def _state(kind: type[Node]) -> Iterator[tuple[str, str]]:
    if not inspect.isclass(kind.state) or not issubclass(kind.state, State):
        yield "state", "`state` is a class: class state(State)"
        return
    try:
        dtype = layout.state_dtype(kind)
    except (TypeError, ValueError, NameError):
        yield "state", HOLDS
        return
    if any(dtype[name].base.kind not in "fi" for name in dtype.names or ()):
        yield "state", HOLDS
        return
    try:
        layout.state_default(kind)
    except (TypeError, ValueError):
        yield "state", "the defaults of its state are numbers"
    for name in kind.state.keeps:
        if name not in (dtype.names or ()):
            yield "keeps", f"`keeps` names '{name}', which is no field of the state"


def _declared(kind: type[Node]) -> Iterator[tuple[str, str]]:
    signals = layout.parameters(kind, Signal)
    for name in kind.constant:
        if name not in signals:
            yield "constant", f"`constant` names '{name}', which is no Signal"
    for what in ("crossfaded", "factors"):
        for name in getattr(kind, what):
            if name not in kind.model_fields:
                yield what, f"`{what}` names '{name}', which is no parameter"
    for name, code in kind.arrays.items():
        if code not in CODES:
            yield "arrays", f"the array '{name}' is of type {code!r}; there are {', '.join(CODES)}"


def _kernel(kind: type[Node]) -> Iterator[tuple[str, str]]:
    render = inspect.getattr_static(kind, "render", None)
    if render is None:
        if kind.expand.__func__ is Node.expand.__func__:  # type: ignore[attr-defined]
            yield "", "it has neither `render`, which makes sound, nor `expand`, which arranges others"
        return
    if not isinstance(render, staticmethod) or not inspect.isfunction(render.__func__):
        yield "render", "`render` is a @staticmethod"
        return
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
    for name in kind.outputs:
        if name not in inspect.signature(render.__func__).parameters:
            yield "render", f"its kernel does not take its output '{name}'"
    if "state" in inspect.signature(render.__func__).parameters and kind.state is Node.state:
        yield "render", "its kernel takes `state`, but there is no class state(State)"
