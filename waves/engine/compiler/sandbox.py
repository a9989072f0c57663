"""Client of the sandbox process, in which code is tried that may crash or never return.

`waves.engine.compiler.sandbox_worker` is the other end; a process that does not answer in time is killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.engine.compiler.machine_code import move_code
from waves.node import Node, Shared
from waves.node_types.description import description_of
from waves.node_types.library import library
from waves.node_types.library.fingerprint import line_of
from waves.node_types.library.signature import parameter_names
from waves.node_types.process.python_process import PythonProcess, packed_sources
from waves.problem import Problem

LOAD_SECONDS = 60.0  # for a file that has been loaded before, on a busy machine
PREPARING = ("prepare", "lengths", "adopted")  # functions of a type that the build thread calls

Hint = dict[str, Any]
"""The place where a kernel stopped as Python: file, line, sentence."""
Hints = Mapping[str, Hint]
"""Hints by trial case."""


class Sandbox(PythonProcess):
    """A process for trials, started when it is first needed, and again after it was ended.

    `limit` is in seconds, for each step of a trial. Any thread but the sound thread; requests wait for each other.
    """

    worker = "waves.engine.compiler.sandbox_worker"

    def environment(self) -> dict[str, str]:
        """The environment, with the cache of machine code of this process."""
        return cache_folder.environment()

    def prepare(self, kind: type[Node]) -> list[Problem]:
        """Calls `prepare`, `memory` and `adopted` of a type; a problem if one fails with all of its settings."""
        own = [name for name in PREPARING if getattr(kind, name) is not getattr(Node, name)]
        if not own:
            return []
        answer = self._request_for(kind, "prepare")
        if "done" in answer:
            return []
        name, functions = kind.__name__.lower(), " or ".join(f"`{function}`" for function in own)
        late = f"{name} does not come to an end: {functions} takes more than {self.limit:g} s"
        sentence = late if "late" in answer else answer.get("sentence", f"{name} crashes in {functions}")
        return _problems(kind, sentence, answer, own)

    def run_as_python(self, kind: type[Node]) -> tuple[list[Problem], Hints]:
        """Runs a kernel as Python, with every index checked: the problem of an index outside, and hints."""
        answer = self._request_for(kind, "python")
        if "line" in answer and "sentence" in answer:  # a line alone is where it was when it was late
            return _problems(kind, answer["sentence"], answer), {}
        return [], answer.get("hints", {})

    def short_rings(self, kind: type[Node]) -> list[Problem]:
        """Warnings of the rings that are too short for what a kernel reads with its defaults."""
        if not hasattr(kind, "render") or not (kind.rings or parameter_names(kind, Shared)):
            return []
        name, found = kind.__name__.lower(), self._request_for(kind, "rings").get("short", [])
        return [
            replace(problem, level="warning")
            for sentence in found
            for problem in _problems(kind, f"{name} {sentence}", {}, ("lengths", "render"))
        ]

    def try_out(
        self, kind: type[Node], kernels: Sequence[NodeKernel], problems: list[Problem], hints: Hints
    ) -> list[Problem]:
        """Tries the machine code of a kind, unless there are `problems`; without a problem it goes into the cache."""
        paths = {path: kernel for kernel in kernels if (path := kernel_cache.written_path(kernel)).exists()}
        try:
            if not problems and len(paths) == len(kernels):
                problems = self.run_compiled(kind, {path: kernel.constant for path, kernel in paths.items()}, hints)
                if not problems:
                    for path, kernel in paths.items():
                        with suppress(FileNotFoundError):  # moved by another program, which has tried the same code
                            move_code(path, kernel_cache.path_of(kernel))
            return problems
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    def run_compiled(self, kind: type[Node], paths: Mapping[Path, frozenset[str]], hints: Hints) -> list[Problem]:
        """Runs the machine code of a kernel: a problem if it does what it must not, at the line that `hints` give.

        `paths` are those of the object files, each with the inputs that it takes as one number.
        """
        answer = self._request_for(kind, "compiled", {str(path): sorted(names) for path, names in paths.items()})
        if "done" in answer:
            return []
        name = kind.__name__.lower()
        if "late" in answer:
            sentence = f"{name} does not come to an end: a block took more than {self.limit:g} s in its trial"
            return _problems(kind, sentence, hints.get("late", {}))
        if "crashed" in answer:
            return _problems(kind, f"{name} crashed in its trial", {})
        hint = hints.get(answer.get("case", ""), {})
        return _problems(kind, hint.get("sentence") or answer["sentence"], hint)

    def _request_for(self, kind: type[Node], do: str, paths: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
        origin = library.origin(kind)
        assert origin, "types of the language are trusted"
        module, sources = origin.source.name, packed_sources(origin.sources())
        with self._lock:  # both in one process, which may be new; what the file imports is not the time of its code
            loaded = self.request({"do": "load", "sources": sources}, limit=LOAD_SECONDS)
            if "done" not in loaded:
                late = f"takes more than {LOAD_SECONDS:g} s to load" if "late" in loaded else "crashes as it is loaded"
                return {"sentence": loaded.get("sentence", f"{kind.__name__.lower()} {late}")}
            return self.request({"do": do, "module": module, "sources": sources, "paths": paths})


def _problems(kind: type[Node], sentence: str, place: Hint, functions: Iterable[str] = ("render",)) -> list[Problem]:
    """One problem, at its place, or else at the beginning of the first of these functions that the type has."""
    origin = library.origin(kind)
    assert origin
    source = next((used for used in origin.sources() if used.file == place.get("file")), origin.source)
    return [source.problem(sentence, place.get("line") or _line(kind, functions))]


def _line(kind: type[Node], names: Iterable[str]) -> int:
    """The line of the first of these functions that a type defines itself."""
    if description := description_of(kind):
        return next((description.functions[name] for name in names if name in description.functions), 1)
    origin = library.origin(kind)
    texts = {source.file: source.text for source in origin.sources()} if origin else {}
    own = (getattr(kind, name) for name in names if getattr(kind, name, None) is not getattr(Node, name, None))
    return next((line_of(texts.get(function.__code__.co_filename, ""), function) for function in own), 1)
