"""Checks of a node class before it is compiled: each mistake at its line."""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np

from waves.node import MOST_VALUES, Channels, Node, Numbers, Shared, Signal, State, parameter_name
from waves.node_types.contract.aliases import alias_mistakes
from waves.node_types.contract.state_names import was_mistake
from waves.node_types.contract.units import unit_mistake, with_param
from waves.node_types.library import signature
from waves.node_types.library.checks.hook_checks import hook_mistakes
from waves.node_types.library.checks.kernel_checks import (
    Mistake,
    body_mistakes,
    kernel_mistakes,
    numpy_mistakes,
    slow_mistakes,
)
from waves.node_types.library.kernel_arguments import output_names
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.library.parameters import Parameter, parameters
from waves.problem import Problems

STATE_FIELDS = "its state holds float, int, bool, Floats[n] and Ints[n] only"
ELEMENTS = ("f4", "f8", "i8")
BUFFER_ELEMENTS = ("f8", "i8")
MOST_RINGS = 64  # of one name
MOST_SLOW = 1024  # numbers of a slow list
LARGEST_SCRATCH = 10_000  # blocks
DEFAULTS: dict[str, tuple[type, ...]] = {
    **{"words": (str,), "text": (str,), "flag": (bool,), "file": (str,), "data": (str,)},
    **{"numbers": (list, tuple), **dict.fromkeys(("signal", "number", "whole"), (int, float))},
}
"""Types of the default of a parameter, by its form."""


def check(kind: type[Node], sources: list[SourceFile]) -> None:
    """Checks a class of a node file; `sources` are the texts that it is made of, its own last.

    Raises Problems with all mistakes.
    """
    source = sources[-1]
    mistakes: list[Mistake] = [*_declarations(kind), *hook_mistakes(kind)]
    if not mistakes:
        mistakes = [*_parameters(kind), *_state(kind), *_declared_names(kind), *kernel_mistakes(kind)]
        mistakes += body_mistakes(kind, source)
        if not any(str(place).startswith("state") for place, _ in mistakes):
            mistakes += numpy_mistakes(kind, sources)
    if mistakes:
        lines = lines_of(kind, source)
        name = kind.__name__.lower()
        places = [place if isinstance(place, tuple) else (lines.get(place, lines[""]),) for place, _ in mistakes]
        raise Problems(
            source.problem(f"{name}: {sentence}", *place) for place, (_, sentence) in zip(places, mistakes, strict=True)
        )


def lines_of(kind: type[Node], source: SourceFile) -> dict[str, int]:
    """The line of each declaration of a class by name; its own is under the empty one."""
    lines = {"": 1}
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
            lines[""] = node.lineno
            state = (one.body for one in node.body if isinstance(one, ast.ClassDef) and one.name == "state")
            fields = [one for body in state for one in body]
            for field in fields:
                match field:
                    case ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
                        lines[f"state.{name}"] = field.lineno
            for inner in [*(one for one in fields if isinstance(one, ast.Assign)), *node.body]:
                match inner:
                    case ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
                        lines[parameter_name(name)] = inner.lineno
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                        lines[name] = inner.lineno
    return lines


def _declarations(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """Declarations of a wrong type, which would break the other checks."""
    for name in [name for name in kind.model_fields if name in Node.__class_vars__]:
        yield name, f"a parameter cannot be called '{name}', which says something of the node: `{name} = …`"
        return
    for name in (
        "aliases",
        "constant",
        "outputs",
        "crossfaded",
        "factors",
        "unsaved",
        "waits",
        "latched",
        "note_values",
    ):
        value: Any = getattr(kind, name)
        if not isinstance(value, tuple | list) or not all(isinstance(item, str) for item in value):
            yield name, f'`{name}` is a tuple of names: {name} = ("…",)'
        elif name == "aliases":
            yield from ((name, sentence) for sentence in alias_mistakes(value))
    wide: Any = kind.channels
    if isinstance(wide, str) and wide not in signature.parameter_names(kind, Channels):
        yield "channels", f"`channels` names '{wide}', which is not a parameter of type Channels"
    elif not isinstance(wide, str | tuple | list) or not all(isinstance(name, str) for name in wide):
        yield "channels", '`channels` are the names of outputs, or a parameter of type Channels: ("left", "right")'
    elif isinstance(kind.outputs, tuple | list) and {*map(str, kind.outputs)} & {"left", "right"}:
        yield "outputs", '`outputs` are signals of their own now: channels = ("left", "right")'
    arrays: Any = kind.arrays
    if not isinstance(arrays, dict):
        yield "arrays", '`arrays` are names with their types: arrays = {"table": "f8"}'
    rings: Any = kind.rings
    if not isinstance(rings, dict) or not all(_is_count(kind, count) for count in rings.values()):
        yield "rings", '`rings` are names, each with how many, or a parameter of type Channels: rings = {"line": 1}'
    slow: Any = kind.slow
    counts = slow.values() if isinstance(slow, dict) else ()
    if not isinstance(slow, dict | tuple | list) or not all(type(n) is int and 0 < n <= MOST_SLOW for n in counts):
        yield "slow", '`slow` are names, or lists with the count of each: slow = ("decay",), slow = {"gains": 8}'
    buffers: Any = kind.buffers
    if not isinstance(buffers, dict) or not {*map(str, buffers.values())} <= {*BUFFER_ELEMENTS}:
        yield "buffers", '`buffers` are names with their types, "f8" or "i8": buffers = {"past": "f8"}'
    elif isinstance(kind.unsaved, tuple | list):
        for name in kind.unsaved:
            if name not in buffers:
                yield "unsaved", f"`unsaved` names '{name}', which is not in `buffers`"
    if "__init__" in vars(kind):
        yield (
            "__init__",
            "`__init__` is not called: what a node remembers is in class state, tables in `prepare`",
        )
    if "memory" in vars(kind):
        yield "memory", _moved_memory(kind)
    scratch: Any = kind.scratch
    if not isinstance(scratch, int) or not 0 <= scratch <= LARGEST_SCRATCH:
        yield "scratch", f"`scratch` is a number of blocks, from 0 to {LARGEST_SCRATCH}"
    late: Any = kind.closes_loops
    if late != "" and late not in signature.parameter_names(kind, Signal):
        yield "closes_loops", f"`closes_loops` is the name of a signal in seconds, not {late!r}"
    tail: Any = kind.tail
    if not isinstance(tail, bool) and not _is_time(kind, tail):
        yield "tail", f"`tail` is True, False, or the name of a parameter in seconds, not {tail!r}"
    for name in ("idle_on_return", "pass_through", "hushed"):
        if not isinstance(getattr(kind, name), bool):
            yield name, f"`{name}` is True or False"


def _is_time(kind: type[Node], name: Any) -> bool:
    """Whether a name is that of a parameter in seconds: a signal or a number."""
    known: Any = kind.model_fields.get(name) if isinstance(name, str) else None
    extra = known.json_schema_extra if known else None
    is_number = known is not None and signature.annotation(kind, name) in (Signal, float)
    return is_number and isinstance(extra, dict) and extra.get("unit") == "s"


def _moved_memory(kind: type[Node]) -> str:
    """The sentence on a class that gives the length of its only ring by `memory`."""
    code: Any = getattr(getattr(kind, "render", None), "__code__", None)
    shared = signature.parameter_names(kind, Shared)
    own = ["memory"] if not shared or (code and "memory" in code.co_varnames) else []
    declared = 'write rings = {"memory": 1}, and ' if own else ""
    lengths = ", ".join(f'"{name}": the seconds' for name in (*own, *shared))
    return f"`memory(constants)` is `lengths(constants, rate)`: {declared}return {{{lengths}}}"


def _is_count(kind: type[Node], count: Any) -> bool:
    """Whether a class may declare so many rings of one name."""
    if isinstance(count, str):
        return count in signature.parameter_names(kind, Channels)
    return type(count) is int and 1 <= count <= MOST_RINGS


def _parameters(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """Mistakes in the declarations of parameters."""
    for name, info in kind.model_fields.items():
        extra = info.json_schema_extra
        annotated = signature.annotation(kind, name)
        number = annotated in (int, float, Numbers) or type(info.default) in (int, float)
        if not isinstance(extra, dict):
            default = "" if info.is_required() else repr(info.default)
            written = with_param(name, getattr(annotated, "__name__", "float"), default)
            yield name, f"the parameter '{name}' has no `param(…)`: {written}"
        elif number and not (extra.get("unit") and isinstance(extra["unit"], str)):
            yield name, f"the number '{name}' has no unit: param(…, unit=\"s\")"
        elif sentence := unit_mistake(name, extra.get("unit")) or _parameter(parameters(kind)[name], annotated):
            yield name, sentence


def _kind_meant(annotated: Any) -> str:
    """The kind of parameter that another annotation may mean."""
    written = getattr(typing.get_origin(annotated) or annotated, "__name__", "")
    if written in ("list", "tuple", "ndarray", "Sequence"):
        return "a list of numbers is Numbers, a file of them DataFile"
    if written.startswith(("float", "int", "uint")):
        return f"a number is {'float' if written.startswith('float') else 'int'}"
    return "there are Signal, float, int, bool, Choice …"


def _parameter(parameter: Parameter, annotated: Any) -> str:
    """The mistake in the annotation, the bounds or the default of a parameter, or an empty string."""
    name, form = parameter.name, parameter.form
    minimum, maximum, default = (
        cast(Any, value) for value in (parameter.minimum, parameter.maximum, parameter.default)
    )
    if form == "other":
        return f"the parameter '{name}' is of an unknown kind; {_kind_meant(annotated)}"
    if not all(type(bound) in (int, float) for bound in (minimum, maximum)):
        return f"the bounds of '{name}' are numbers"
    if minimum > maximum:
        return f"the minimum of '{name}', {minimum:g}, is above its maximum, {maximum:g}"
    if parameter.former and parameter.is_signal:
        return f"'{name}' is a signal: only the default of a constant has `former` ones"
    for former in parameter.former.values():
        if complaint := _parameter(replace(parameter, default=former, former={}), annotated):
            return f"`former`: {complaint}"
    if parameter.required or default is None or form not in DEFAULTS:
        return ""
    if form in ("file", "data") and default == "":
        return f"the default of '{name}' is a path, or None for no file"
    if type(default) not in DEFAULTS[form] or (form == "words" and default not in parameter.words.values()):
        return f"the default of '{name}', {default!r}, is not {parameter.expected}"
    if complaint := parameter.default_complaint():
        return f"the default of '{name}': {complaint}"
    return ""


def _field(name: str, value: object) -> str:
    """A field of a state, as it is written for this value."""
    if isinstance(value, np.ndarray) and value.size > 1:
        return f"{name}: Floats[{value.size}]"
    return f"{name}: float = {value!r}"


def _state(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """The first mistake in `class state`, and those in its `numbered` and `ranges`."""
    if not inspect.isclass(kind.state) or not issubclass(kind.state, State):
        yield "state", "`state` is a class: class state(State)"
        return
    for name, value in vars(kind.state).items():
        if not name.startswith("_") and name not in {**kind.state.__annotations__, **vars(State)}:
            yield f"state.{name}", f"its state has '{name}' without a type: {_field(name, value)}"
            return
    for name, value in kind.state.__annotations__.items():
        if isinstance(value, np.ndarray):
            yield f"state.{name}", f"its state has '{name}' with numbers in place of a type: {_field(name, value)}"
            return
    try:
        dtype = signature.state_dtype(kind)
    except (TypeError, ValueError, NameError):
        written = {name: one for name, one in kind.state.__annotations__.items() if not isinstance(one, str | np.dtype)}
        wrong = [name for name, one in written.items() if one not in (float, int, bool)]
        yield f"state.{wrong[0]}" if wrong else "state", STATE_FIELDS
        return
    if wrong := [name for name in dtype.names or () if dtype[name].base.kind not in "fi"]:
        yield f"state.{wrong[0]}", STATE_FIELDS
        return
    try:
        signature.state_default(kind)
    except (TypeError, ValueError):
        values = {name: value for name, value in vars(kind.state).items() if name in kind.state.__annotations__}
        wrong = [name for name, value in values.items() if not isinstance(value, int | float)]
        yield f"state.{wrong[0]}" if wrong else "state", "the defaults of its state are numbers"
    for name in kind.state.numbered:
        if name not in (dtype.names or ()) or dtype[name].kind != "i":
            yield "numbered", f"`numbered` names '{name}', which is not a whole number of the state"
    if sentence := was_mistake(kind.state.was, dtype.names or ()):
        yield "was", sentence
    ranges: Any = kind.state.ranges
    for name, ends in ranges.items() if isinstance(ranges, dict) else [("", ranges)]:
        match ends:
            case (int() | float() as least, int() | float() as most) if least <= most:
                if name not in (dtype.names or ()):
                    yield "ranges", f"`ranges` names '{name}', which is not a field of the state"
            case _:
                yield "ranges", '`ranges` gives fields the least and the greatest value: ranges = {"count": (0, 100)}'


def _declared_names(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """Names in declarations that are not those of parameters, and arrays that nothing prepares."""
    signals = signature.parameter_names(kind, Signal)
    for name in kind.constant:
        if name not in signals:
            yield "constant", f"`constant` names '{name}', which is not a Signal"
    for name in kind.latched:
        if name not in signals:
            yield "latched", f"`latched` names '{name}', which is not a Signal"
    yield from slow_mistakes(kind)
    for declaration in ("crossfaded", "factors", *(["waits"] if "waits" in vars(kind) else [])):
        for name in getattr(kind, declaration):
            if name not in kind.model_fields:
                yield declaration, f"`{declaration}` names '{name}', which is not a parameter"
    shared = signature.parameter_names(kind, Shared)
    owners = dict.fromkeys(kind.model_fields, "a parameter")
    for name in output_names(kind):
        if name in owners:
            yield "outputs", f"the output '{name}' is {owners[name]} too"
        owners[name] = "an output"
    for declaration in ("arrays", "rings", "buffers", "slow"):
        for name in getattr(kind, declaration):
            if name in owners and not (declaration == "buffers" and name in shared):
                yield declaration, f"'{name}' in `{declaration}` is {owners[name]} too"
            owners[name] = f"in `{declaration}`"
    if len(kind.note_values) > MOST_VALUES:
        yield "note_values", f"`note_values` has {len(kind.note_values)} names; a note has at most {MOST_VALUES}"
    for name, element in kind.arrays.items():
        if element not in ELEMENTS:
            yield "arrays", f"the array '{name}' is of type {element!r}; there are {', '.join(ELEMENTS)}"
    if set(kind.arrays.values()) & {*ELEMENTS} and kind.prepare is Node.prepare:
        yield "arrays", "it has `arrays`, but no prepare(constants, rate) that makes them"
