"""Node types of a workspace: their files are tried and described by a process, which also carries out their calls."""

from __future__ import annotations

import atexit
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from waves.node import Node
from waves.node_types.description import Description, Mistakes, description_of
from waves.node_types.library import library
from waves.node_types.library.library import Library
from waves.node_types.library.module_loader import Elsewhere, SourceFile, Tried
from waves.node_types.library.preparation import KnownParameters
from waves.node_types.process import described_types
from waves.node_types.process.calls import BUILDERS, METHODS, VALUES
from waves.node_types.process.python_process import PythonProcess, packed_sources
from waves.node_types.process.python_worker import RECURSION
from waves.notes import NoteError, pack, unpack
from waves.problem import Problem, Problems
from waves.wire import Handle, Message

FIRST_LIMIT = 10.0  # seconds for a file that is run before anything plays: what it imports is not in memory yet
KEPT = 1000  # lengths of rings
MOST = 300  # types and versions of types in one process, which forgets none

Array = np.ndarray[Any, Any]


def own_sources(sources: Mapping[str, SourceFile]) -> dict[str, SourceFile]:
    """The sources that do not come with waves, with those of the modules that they share with it."""
    shipped = f"{library.SHIPPED}."
    return {name: source for name, source in sources.items() if not name.startswith(shipped)}


def tried(process: PythonProcess, sources: Mapping[str, SourceFile], limit: float | None = None) -> Tried:
    """Runs sources in a process; the classes of those that do not come with waves are made from descriptions."""
    own = [name for name in own_sources(sources) if name not in library.SHARED]
    problems, answer = process.load(sources, [name for name in own if library.is_node_file(name)], limit)
    mistakes = {name: [sources[name].problem(*one) for one in found] for name, found in answer["mistakes"].items()}
    classes = {name: _maker(answer["types"].get(name), name) for name in own}
    return Tried(problems, classes, mistakes)


def tried_first(sources: Mapping[str, SourceFile]) -> Tried:
    """The same for sources that are opened before anything plays, in the process of this player.

    Sources that come with waves need no process.
    """
    own = own_sources(sources)
    return tried(node_python(), own, FIRST_LIMIT) if own.keys() - library.SHARED.keys() else Tried()


def _maker(described: Message | None, module: str) -> Elsewhere:
    def make() -> type[Node] | None:
        return described_types.make_type(Description(**described), module, node_python()) if described else None

    return make


def open_types(packages: Iterable[str], read: library.Read) -> Library:
    """The node types in some packages, at the start. The files of a workspace are run in the process of their Python.

    The problems of these are in the result; raises Problems where a file that comes with waves cannot be used.
    """
    unread: dict[str, Problem] = {}
    sources = library.read_sources(packages, read, unread)
    found = tried_first({name: source for name, source in sources.items() if name not in unread})
    opened = library.load_tried(sources, Tried({**found.problems, **unread}, found.classes, found.mistakes))
    if any(name not in opened.loaded for name in sources.keys() - own_sources(sources).keys()):
        raise Problems(opened.problems)
    return opened


class NodePython(PythonProcess):
    """The process that carries out `expand`, `prepare`, `memory`, `adopted` and validators of the types in use.

    A mistake of their Python is raised as Problems at its line; a ValueError as ValueError, for the node's line.
    """

    def __init__(self) -> None:
        super().__init__()
        sys.setrecursionlimit(max(RECURSION, sys.getrecursionlimit()))
        self._keys: set[str] = set()
        self._calls = 0  # in progress, each inside the one before
        self._lengths: dict[tuple[str, str], dict[str, float]] = {}

    def _end(self) -> None:
        self._keys.clear()
        super()._end()

    def expand(self, kind: type[Node], build: Any) -> Any:
        """The source that replaces a node of this type; `build` does what its `expand` asks for."""
        sources: list[Any] = []

        def handed(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: handed(one) for key, one in value.items()}
            if value is None or isinstance(value, bool | int | float | str | list | tuple):
                return value
            sources.append(value)
            return Handle(len(sources) - 1)

        def taken(value: Any) -> Any:
            return sources[value.number] if isinstance(value, Handle) else value

        def serve(asked: Message) -> Message:
            name, given, named = asked["name"], asked.get("given", ()), asked.get("named", {})
            if asked["ask"] == "value" and name in VALUES:
                return {"value": getattr(build, name)}
            if asked["ask"] == "method" and name in METHODS:
                function: Callable[..., Any] = getattr(build, name)
                if name == "start":
                    given, named = [*map(unpack, given[:1]), *given[1:]], dict(named)
                    if "notes" in named:
                        named["notes"] = unpack(named["notes"])
                elif name == "notes":
                    return {"value": pack(function(*given, **named))}
            elif asked["ask"] == "builder" and asked["function"] in BUILDERS.get(name, ()):
                function, given = getattr(importlib.import_module(name), asked["function"]), [build, *given]
            else:
                raise TypeError(f"there is no `build.{name}`")
            return {"value": handed(function(*map(taken, given), **{key: taken(one) for key, one in named.items()}))}

        result = taken(self._call(kind, "expand", {}, serve))
        return float(result) if isinstance(result, int | float) else result

    def prepare(self, kind: type[Node], constants: KnownParameters, rate: float) -> dict[str, Array]:
        """The arrays of a node; `rate` in Hz."""
        arrays: dict[str, Array] = self._call_with(kind, "prepare", {"constants": constants}, {"rate": rate})
        return arrays

    def lengths(self, kind: type[Node], constants: KnownParameters, rate: float) -> dict[str, float]:
        """The lengths of the rings and buffers of a node; `rate` in Hz. They are kept for the same parameters."""
        values, files = _divided(constants)
        key = (_key(kind), json.dumps([values, files, rate]))
        lengths = None if files else self._lengths.get(key)
        if lengths is None:
            lengths = dict(self._call_with(kind, "lengths", {"constants": constants}, {"rate": rate}))
            self._lengths = {**dict(list(self._lengths.items())[1 - KEPT :]), key: lengths}
        return lengths

    def adopted(self, kind: type[Node], state: Any, old: KnownParameters, new: KnownParameters) -> None:
        """Let a type change the fields of `state`."""
        changed = self._call_with(kind, "adopted", {"old": old, "new": new}, {"state": vars(state)})
        for name, value in changed.items():
            setattr(state, name, value)

    def validate(self, kind: type[Node], values: dict[str, Any]) -> tuple[dict[str, Any], Mistakes]:
        """The settings of a node as the validators of its type leave them, and the mistakes they find."""
        try:
            settings, mistakes = self._call(kind, "validate", {"values": values})
        except (Problems, ValueError) as error:
            return values, [("", str(error))]
        return settings, [(key, sentence) for key, sentence in mistakes]

    def _call_with(self, kind: type[Node], function: str, known: dict[str, KnownParameters], more: Message) -> Any:
        """Call a function with parameters of nodes; the sounds of their files are handed over if it reads them."""

        def serve(asked: Message) -> Message:
            return {"value": getattr(known[asked["of"]], asked["name"])}

        request: Message = dict(more)
        for which, constants in known.items():
            values, files = _divided(constants)
            request[which] = {"values": values, "files": files}
        return self._call(kind, function, request, serve)

    def _call(
        self, kind: type[Node], function: str, request: Message, serve: Callable[[Message], Message] | None = None
    ) -> Any:
        """The result of a function of a type. Raises Problems and ValueError."""
        loaded = library.origin(kind)
        assert loaded
        sources = loaded.sources()
        with self._lock:
            self._running()
            key = _key(kind)
            if key not in self._keys:
                if len(self._keys) >= MOST and not self._calls:  # a call that waits for this one needs the process
                    self._end()
                self._load(sources, key)
            self._calls += 1
            try:
                answer = self.request({"do": "call", "key": key, "function": function, **request}, serve)
            finally:
                self._calls -= 1
            if "MemoryError" in answer.get("error", {}).get("sentence", ""):  # what it holds is in the way of others
                self._end()
        if "value" in answer:
            return answer["value"]
        raise _failure(kind, function, answer, self.limit)

    def _load(self, sources: list[SourceFile], key: str) -> None:
        """Run the sources of a type, its own last. Raises Problems."""
        request = {"do": "load", "sources": packed_sources(sources), "key": key}
        answer = self.request(request, limit=FIRST_LIMIT)
        if "done" not in answer:
            own = next((source for source in sources if source.name == answer.get("module")), sources[-1])
            sentence = "it does not come to an end" if "late" in answer else "it crashes, or ends its process"
            raise Problems(own.problem(f"cannot be loaded: {sentence}", answer.get("line", 1)))
        if answer["problems"]:
            named = {source.name: source for source in sources}
            raise Problems(named[name].problem(*problem) for name, problem in answer["problems"].items())
        self._keys.add(key)


def _divided(constants: KnownParameters) -> tuple[dict[str, Any], list[str]]:
    """Parameters as plain values, and the names of those that are sounds, or the numbers of a file."""
    files = [name for name, value in vars(constants).items() if _has_arrays(value)]
    return {name: value for name, value in vars(constants).items() if name not in files}, files


def _has_arrays(value: Any) -> bool:
    several = value if isinstance(value, list) else [value]
    return any(isinstance(one, np.ndarray) for one in several)


def _key(kind: type[Node]) -> str:
    loaded = library.origin(kind)
    return _digest(tuple(loaded.sources()) if loaded else ())


@lru_cache(500)
def _digest(sources: tuple[SourceFile, ...]) -> str:
    return sha256(repr(packed_sources(sources)).encode(errors="surrogateescape")).hexdigest()


def _failure(kind: type[Node], function: str, answer: Message, limit: float) -> Exception:
    """The exception for a call without a result."""
    loaded, description = library.origin(kind), description_of(kind)
    assert loaded and description
    name, error = kind.__name__.lower(), answer.get("error", {})
    if "text" in error and function in ("prepare", "lengths"):
        return ValueError(error["text"])
    if "note" in error:
        return NoteError(error["note"])
    place = error or answer
    source = next((one for one in loaded.sources() if one.file == place.get("file")), loaded.source)
    line = place.get("line") or description.functions.get(function, 1)
    if "late" in answer:
        sentence = f"{name} does not come to an end: `{function}` takes more than {limit:g} s"
    elif "lost" in answer:
        sentence = f"{name} is left out: a node inside it has ended the process of their Python"
    elif error:
        sentence = f"`{error['function']}` {error['sentence']}"
    else:
        sentence = f"{name} crashes, or ends its process, in `{function}`"
    return Problems(source.problem(sentence, line))


@cache
def node_python() -> NodePython:
    """The process of this player for the Python of node files. It is started when a type first needs it."""
    process = NodePython()
    atexit.register(process.close)
    return process
