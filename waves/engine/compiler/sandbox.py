"""Tries code that was never played in a process of its own, which it may crash or never come back from.

`waves.proof` is the other end. Requests and answers are lines of JSON; every answer has to come within a time.
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
from waves.node_types.library.module_loader import Source
from waves.problem import Problem

BEGIN = 60.0  # seconds until the process must be there
LIMIT = 2.0  # seconds for each step of a trial

Hint = dict[str, Any]  # file, line, sentence: where a kernel stopped as Python
Hints = Mapping[str, Hint]  # by case


class Sandbox:
    """One process, started when first needed, and again after it was ended."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Have the process ready."""
        with self._lock:
            self._started()

    def loads(self, sources: Mapping[str, Source], saved: Source) -> dict[str, Problem]:
        """What is wrong with texts as modules, by name, before they are run here; `saved` is blamed for a crash."""
        answer = self._tried({"do": "load", "sources": packed(sources.values()), "limit": self.limit})
        if "done" in answer:
            return {name: sources[name].problem(*problem) for name, problem in answer["problems"].items()}
        source = sources.get(answer.get("module", ""), saved)
        sentence = "it crashes when it is loaded"
        if "late" in answer:
            sentence = f"it takes more than {self.limit:g} s to load: is there a loop without an end?"
        return {source.name: source.problem(f"cannot be loaded: {sentence}", answer.get("line", 1))}

    def makes(self, kind: type[Node]) -> list[Problem]:
        """What is wrong with `prepare` and `memory` of a type, if nothing can be made of it."""
        if kind.prepare is Node.prepare and kind.memory is Node.memory:
            return []
        answer = self._asked(kind, "make")
        if "done" in answer:
            return []
        name = kind.__name__.lower()
        late = f"{name} does not come to an end: `prepare` or `memory` takes more than {self.limit:g} s"
        sentence = late if "late" in answer else answer.get("sentence", f"{name} crashes in `prepare` or `memory`")
        return _problems(kind, sentence, answer, ("prepare", "memory"))

    def plain(self, kind: type[Node]) -> tuple[list[Problem], Hints]:
        """What is wrong with a kernel as Python, every index checked; and where else it stopped, if it did."""
        answer = self._asked(kind, "plain")
        return (_problems(kind, answer["sentence"], answer), {}) if "line" in answer else ([], answer.get("hints", {}))

    def compiled(self, kind: type[Node], paths: Mapping[Path, frozenset[str]], hints: Hints) -> list[Problem]:
        """What is wrong with machine code at `paths`, each with its constant inputs; `hints` say in which line."""
        answer = self._asked(kind, "compiled", {str(path): sorted(names) for path, names in paths.items()})
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

    def _asked(self, kind: type[Node], what: str, paths: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
        origin = library.origin(kind)
        assert origin, "the nodes of the language are not doubted"
        module, sources = origin.source.name, packed(origin.sources())
        return self._tried({"do": what, "module": module, "sources": sources, "paths": paths})

    def close(self) -> None:
        with self._lock:
            self._end()

    def _tried(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The last answer to a request; the process is ended if it gave none."""
        with self._lock:
            process = self._started()
            assert process.stdin
            try:
                process.stdin.write(json.dumps(asked) + "\n")
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
        """The next line of the process; it is killed when it is late."""
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

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = start_process("waves.engine.compiler.sandbox_worker")
            if "step" not in self._answer(BEGIN):
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
    """One problem, at the line where it was seen, or where the first of its functions begins."""
    origin = library.origin(kind)
    assert origin
    source = next((one for one in origin.sources() if one.file == place.get("file")), origin.source)
    return [source.problem(sentence, place.get("line") or _line(kind, functions))]


def _line(kind: type[Node], names: Iterable[str]) -> int:
    """Where the first of these functions begins."""
    found = (getattr(kind, name) for name in names if getattr(kind, name, None) is not getattr(Node, name, None))
    return next((int(function.__code__.co_firstlineno) for function in found), 1)


def packed(sources: Iterable[Source]) -> list[list[str]]:
    """Texts as JSON."""
    return [[source.name, source.file, source.text] for source in sources]


def start_process(module: str) -> subprocess.Popen[str]:
    """A process of ours that answers on its output what it is asked on its input."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=dict(os.environ, WAVES_CACHE=str(kernel_cache.folder().parent)),
        start_new_session=True,  # Ctrl-C is for the player, which closes the pipe
    )
