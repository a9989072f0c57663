"""Client of the sandbox process, in which code is tried that may crash or never return.

`waves.engine.compiler.sandbox_worker` is the other end. Requests and answers are lines of JSON; a process that does not
answer in time is killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile
from waves.problem import Problem

START_SECONDS = 60.0  # until the process must be ready
LIMIT = 2.0  # seconds for each step of a trial
PREPARING = ("prepare", "memory", "adopted")  # functions of a type that the build thread calls

Hint = dict[str, Any]
"""The place where a kernel stopped as Python: file, line, sentence."""
Hints = Mapping[str, Hint]
"""Hints by trial case."""


class Sandbox:
    """One process, started when it is first needed, and again after it was ended.

    `limit` is in seconds, for each step of a trial. Any thread but the sound thread; requests wait for each other.
    """

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Starts the process, if it does not run."""
        with self._lock:
            self._running()

    def load(self, sources: Mapping[str, SourceFile], saved: SourceFile) -> dict[str, Problem]:
        """Runs sources as modules; the problems by module. A crash is a problem of `saved`.

        After a source that crashes or does not come to an end, the others are run again without it: what has no problem
        was run to its end.
        """
        problems: dict[str, Problem] = {}
        left = dict(sources)
        while left:
            answer = self._request({"do": "load", "sources": packed_sources(left.values()), "limit": self.limit})
            if "done" in answer:
                return problems | {name: left[name].problem(*problem) for name, problem in answer["problems"].items()}
            source = left.get(answer.get("module", ""), saved if saved.name in left else next(iter(left.values())))
            sentence = "it crashes when it is loaded"
            if "late" in answer:
                sentence = f"it takes more than {self.limit:g} s to load: is there a loop without an end?"
            problems[source.name] = source.problem(f"cannot be loaded: {sentence}", answer.get("line", 1))
            del left[source.name]
        return problems

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
        return (_problems(kind, answer["sentence"], answer), {}) if "line" in answer else ([], answer.get("hints", {}))

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
        return self._request({"do": do, "module": module, "sources": sources, "paths": paths})

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        """The last answer to a request: "late" or "crashed" if there is none, and the process is ended."""
        with self._lock:
            process = self._running()
            assert process.stdin
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            except OSError:
                return {"crashed": True}
            place: dict[str, Any] = {}
            while "step" in (answer := self._answer(self.limit / 4 if place else self.limit)):
                place = {key: answer[key] for key in ("module", "line") if key in answer}
            if "late" in answer or "crashed" in answer:
                self._end()
            return answer | place

    def _answer(self, seconds: float) -> dict[str, Any]:
        """The next line of the process, which is killed when it takes longer than some seconds."""
        process = self._process
        assert process and process.stdout
        late = threading.Event()

        def kill() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, kill)
        timer.start()
        try:
            line = process.stdout.readline()
        finally:
            timer.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        return {"late": True} if late.is_set() else {"crashed": True}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = start_process("waves.engine.compiler.sandbox_worker")
            if "step" not in self._answer(START_SECONDS):
                raise RuntimeError("the process for trials does not start")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def _problems(kind: type[Node], sentence: str, place: Hint, functions: Iterable[str] = ("render",)) -> list[Problem]:
    """One problem, at its place, or else at the beginning of the first of these functions that the type has."""
    origin = library.origin(kind)
    assert origin
    source = next((used for used in origin.sources() if used.file == place.get("file")), origin.source)
    return [source.problem(sentence, place.get("line") or _line(kind, functions))]


def _line(kind: type[Node], names: Iterable[str]) -> int:
    """The line of the first of these functions that a type defines itself."""
    own = (getattr(kind, name) for name in names if getattr(kind, name, None) is not getattr(Node, name, None))
    return next((int(function.__code__.co_firstlineno) for function in own), 1)


def packed_sources(sources: Iterable[SourceFile]) -> list[list[str]]:
    """Sources as JSON."""
    return [[source.name, source.file, source.text] for source in sources]


def start_process(module: str) -> subprocess.Popen[str]:
    """Starts a process that answers requests: a line of JSON on its input, one or more on its output."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=dict(os.environ, WAVES_CACHE=str(kernel_cache.folder().parent)),
        start_new_session=True,  # Ctrl-C is for the player, which closes the pipe
    )
