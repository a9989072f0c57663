"""Calls of the functions of node types, in the process that runs their Python: values in, values out."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.parameters import validated
from waves.node_types.library.preparation import KnownParameters, lengths_of, prepared_arrays, with_arrays
from waves.node_types.library.python_errors import MOVED
from waves.notes import NoteError, pack, unpack
from waves.wire import Handle, Message

Ask = Callable[[Message], Any]
"""Asks the player, and waits for its answer."""

METHODS = (
    *("input", "several", "bind", "reference", "gives", "node"),
    *("notes", "step_count", "start", "play", "start_by_kernel", "report"),
)
VALUES = ("names", "settings", "name")
BUILDERS = {
    "waves.language.build.automation_builder": ("stepped", "held"),
    "waves.language.build.copies_builder": ("copied",),
    "waves.language.mixing.mix_builder": ("mixed",),
    "waves.language.build.selection_builder": ("selected",),
    "waves.language.build.tempo_names": ("timed", "in_time"),
}
"""Functions that build for `expand` by themselves; they run in the player, and stand in here under their names."""


class PlayerError(Exception):
    """An error of the player, as it did what it was asked for."""


class AskedParameters(KnownParameters):
    """Parameters of a node; the contents of files are fetched when they are read."""

    def __init__(self, values: dict[str, Any], files: list[str], ask: Ask, which: str):
        super().__init__(**values)
        self._asked = (files, ask, which)

    def __getattr__(self, name: str) -> Any:
        files, ask, which = self.__dict__.get("_asked", ((), None, ""))
        if name in files:
            value = ask({"ask": "parameter", "of": which, "name": name})
            setattr(self, name, value)
            return value
        return super().__getattr__(name)


class BuildStandIn:
    """`build` in `expand`: each call on it is done by the player, sources are handles."""

    def __init__(self, ask: Ask):
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        if name in VALUES:
            return self._ask({"ask": "value", "name": name})
        if name in METHODS:
            return lambda *given, **named: self._call(name, given, named)
        instead = MOVED.get(f"build.{name}")
        known = f": {instead}" if instead else f"; there are {', '.join((*METHODS, *VALUES))}"
        raise AttributeError(f"there is no `build.{name}`{known}")

    def _call(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name == "start":  # its notes are values of this process
            given, named = (pack(given[0]), *given[1:]) if given else given, dict(named)
            if "notes" in named:
                named["notes"] = pack(named["notes"])
        result = self._ask({"ask": "method", "name": name, "given": given, "named": named})
        return unpack(result) if name == "notes" else result


def stand_in_modules() -> dict[str, ModuleType]:
    """Modules with the functions of BUILDERS, by name."""
    modules = {name: ModuleType(name) for name in BUILDERS}
    for name, functions in BUILDERS.items():
        for function in functions:
            setattr(modules[name], function, _stand_in(name, function))
    return modules


def _stand_in(module: str, function: str) -> Callable[..., Any]:
    def builder(build: BuildStandIn, *given: Any, **named: Any) -> Any:
        return build._ask({"ask": "builder", "name": module, "function": function, "given": given, "named": named})

    builder.__name__ = function
    return builder


def call(kind: type[Node], function: str, request: Message, ask: Ask) -> Message:
    """The result of a function of a type, as a message; an error of its Python with its place."""
    try:
        return {"value": _CALLS[function](kind, request, ask)}
    except BaseException as error:  # a file may raise SystemExit too
        return {"error": _described(error, kind, function)}


def _parameters(request: Message, which: str, ask: Ask) -> AskedParameters:
    return AskedParameters(request[which]["values"], request[which]["files"], ask, which)


def _prepare(kind: type[Node], request: Message, ask: Ask) -> Any:
    return prepared_arrays(kind, _parameters(request, "constants", ask), request["rate"])


def _lengths(kind: type[Node], request: Message, ask: Ask) -> Any:
    return lengths_of(kind, _parameters(request, "constants", ask), request["rate"])


def _adopted(kind: type[Node], request: Message, ask: Ask) -> Any:
    state = SimpleNamespace(**request["state"])
    old, new = (with_arrays(kind, _parameters(request, which, ask)) for which in ("old", "new"))
    kind.adopted(state, old, new)
    return {name: getattr(state, name) for name in request["state"]}


def _expand(kind: type[Node], request: Message, ask: Ask) -> Any:
    source = kind.expand(BuildStandIn(ask))
    if isinstance(source, bool) or not isinstance(source, Handle | int | float):
        name = "nothing" if source is None else f"a {type(source).__name__}"
        raise ValueError(f"`expand` returns {name}, not a source of `build`")
    return source


def _validate(kind: type[Node], request: Message, ask: Ask) -> Any:
    return validated(kind, request["values"])


_CALLS: dict[str, Callable[[type[Node], Message, Ask], Any]] = {
    "prepare": _prepare,
    "lengths": _lengths,
    "adopted": _adopted,
    "expand": _expand,
    "validate": _validate,
}


def _described(error: BaseException, kind: type[Node], function: str) -> Message:
    """An error as data: its type and text, and the innermost line of the files of the type."""
    loaded = library.origin(kind)
    files = {source.file for source in loaded.sources()} if loaded else set()
    place: Message = {}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            place = {"file": frame.filename, "line": frame.lineno, "function": frame.name}
            break
    sentence = str(error) if isinstance(error, PlayerError) else f"{type(error).__name__}: {error}"
    if isinstance(error, SystemExit):
        sentence = "SystemExit, which ends the program"
    found = error_of(function, f"raises {sentence}") | place
    if isinstance(error, NoteError):
        return found | {"note": str(error)}
    return found | {"text": str(error)} if isinstance(error, ValueError) else found


def error_of(function: str, sentence: str) -> Message:
    """An error as a message; `text` is added where it is about the values that were given."""
    return {"function": function, "sentence": sentence}
