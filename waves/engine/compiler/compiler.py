"""The compiler, a process of its own at low priority: the only one that imports Numba.

`Compiler` is its other end. Requests and answers are lines of JSON; the machine code goes through the cache.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compile_errors import explain
from waves.engine.compiler.kernel_cache import Kernel
from waves.engine.compiler.sandbox import Hints, Sandbox, packed, start_process
from waves.node import Node
from waves.node_types.library import library
from waves.problem import Problem, Problems

WORKERS = 2
JOBS = 100  # kernels that a worker compiles before another takes its place: Numba keeps 2 MB of each
TRIAL = ".trial"  # suffix of machine code that was not tried yet

Worker = subprocess.Popen[str]


class CompileError(Problems):
    """A kernel that cannot be compiled, or fails in its trial."""


class Compiler:
    """Two worker processes, and one in which new machine code is tried; started when first needed."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self._workers: list[Worker] = []
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._jobs: dict[Worker, int] = {}
        self._renewing = self._closed = False
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="compiler")

    def compile(self, wanted: Iterable[Kernel], progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """Compile what is not in the cache; returns when all is there. Raises CompileError."""
        todo = kernel_cache.missing(wanted)
        if not todo:
            return
        progress(0, len(todo))
        done = itertools.count(1)
        together: dict[Any, list[Kernel]] = {}
        for kernel in todo:  # variants share helper functions; one that is waited for has all workers
            together.setdefault(kernel if kernel.untrusted else kernel.kind, []).append(kernel)
        futures: list[tuple[Kernel, Future[None]]] = [
            (group[0], self._submit(self._several, group, lambda: progress(next(done), len(todo))))
            for group in together.values()
        ]
        doubted: dict[type[Node], list[Kernel]] = {}
        for kernel in todo:
            if kernel.kind and kernel.untrusted:
                doubted.setdefault(kernel.kind, []).append(kernel)
        plain = {kind: self.sandbox.plain(kind) for kind in doubted}  # while the workers compile
        problems: list[Problem] = []
        for kernel, future in futures:
            try:
                future.result()
            except CompileError as error:
                problems += error.problems
                if kernel.kind in plain:
                    plain[kernel.kind] = [], {}  # what it does as Python is no matter then
        for kind, group in doubted.items():
            problems += self._prove(group, *plain[kind])
        if problems:
            raise CompileError(dict.fromkeys(problems))

    def rehearse(self, wanted: Iterable[Kernel]) -> None:
        """Compile without keeping it, so that the first change of these costs what was changed."""
        self.sandbox.start()
        for future in [self._submit(self._ask, kernel, False) for kernel in wanted]:
            future.result()

    def _submit(self, work: Callable[..., None], *given: Any) -> Future[None]:
        """Give something to the workers; raises CompileError when the compiler was closed meanwhile."""
        try:
            return self._threads.submit(work, *given)
        except RuntimeError:
            raise CompileError(()) from None

    def _several(self, group: list[Kernel], ready: Callable[[], None]) -> None:
        """Kernels that share helper functions, one after another."""
        for kernel in group:
            if not kernel_cache.path_of(kernel).exists():
                self._ask(kernel)
            ready()

    def _prove(self, group: list[Kernel], found: list[Problem], hints: Hints) -> list[Problem]:
        """Try the machine code of a kind, and let it be used if nothing is wrong with it."""
        paths = {_path(kernel): kernel for kernel in group if _path(kernel).exists()}
        try:
            if not found and len(paths) == len(group) and group[0].kind:
                constant = {path: kernel.constant for path, kernel in paths.items()}
                found = self.sandbox.compiled(group[0].kind, constant, hints)
                if not found:
                    for path, kernel in paths.items():
                        os.replace(path, kernel_cache.path_of(kernel))
            return found
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

    def _ask(self, kernel: Kernel, keep: bool = True) -> None:
        """Have a worker compile a kernel; raises CompileError."""
        worker, asked = self._take(len(kernel.constant) % WORKERS), request(kernel, keep)
        try:
            answer = _answer(worker, asked)
        finally:
            self._give_back(worker, asked)
        if "error" in answer:
            raise CompileError(_problem(kernel, answer["error"]))

    def _take(self, wish: int) -> Worker:
        """An idle worker: the one that had the same variant before, if it can be."""
        with self._lock:
            for worker in sorted(self._idle, key=lambda one: self._workers.index(one) % WORKERS != wish):
                self._idle.remove(worker)
                return worker
            self._workers.append(start_process("waves.engine.compiler.compiler_worker"))
            return self._workers[-1]

    def _give_back(self, worker: Worker, asked: dict[str, Any]) -> None:
        """A worker has done what was asked; one that has grown is replaced, one at a time."""
        with self._lock:
            jobs = self._jobs[worker] = self._jobs.get(worker, 0) + 1
            if self._closed:
                return
            if worker.poll() is not None:
                self._workers.remove(worker)
                del self._jobs[worker]
                _end(worker)
            elif jobs < JOBS or self._renewing:
                self._idle.append(worker)
            else:
                self._renewing = True
                self._threads.submit(self._renew, worker, asked)

    def _renew(self, worker: Worker, asked: dict[str, Any]) -> None:
        """Another in place of a worker, which has compiled what was asked last: the next edit is likely of the same."""
        with self._lock:
            if self._closed:
                return
            del self._jobs[worker]
            fresh = self._workers[self._workers.index(worker)] = start_process("waves.engine.compiler.compiler_worker")
        _end(worker)
        _answer(fresh, asked | {"path": ""})
        with self._lock:
            self._renewing = False
            self._idle.append(fresh)

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.sandbox.close()
        for worker in self._workers:
            _end(worker)

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _end(worker: Worker) -> None:
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            pipe.close()


def _answer(worker: Worker, asked: dict[str, Any]) -> dict[str, Any]:
    """What a worker answers when it is asked for a kernel."""
    assert worker.stdin and worker.stdout
    try:
        worker.stdin.write(json.dumps(asked) + "\n")
        worker.stdin.flush()
        answer: dict[str, Any] = json.loads(worker.stdout.readline() or '{"error": "the compiler ended"}')
    except (OSError, ValueError) as error:
        return {"error": f"the compiler ended: {error}"}
    return answer


def _problem(kernel: Kernel, said: str) -> Problem:
    """What is wrong with a kernel that was refused."""
    if kernel.kind is None:
        return Problem(f"{kernel.function} cannot be compiled: {said}")
    origin = library.origin(kernel.kind)
    if origin is None:
        return Problem(f"{kernel.kind.__name__} cannot be compiled: {said}")
    return explain(kernel.kind, said, origin.sources())


def _path(kernel: Kernel) -> Path:
    """Where the machine code of a kernel is written to: what is doubted has to be tried first."""
    path = kernel_cache.path_of(kernel)
    return path.with_suffix(TRIAL) if kernel.untrusted else path


def request(kernel: Kernel, keep: bool = True) -> dict[str, Any]:
    """What a worker is asked; without `keep` it writes no file."""
    asked: dict[str, Any] = {"name": kernel.name, "path": str(_path(kernel)) if keep else ""}
    if kernel.kind is None:
        return asked | {"function": kernel.function}
    origin = library.origin(kernel.kind)
    return asked | {
        "module": origin.source.name if origin else kernel.kind.__module__,
        "sources": packed(origin.sources()) if origin else [],
        "class": kernel.kind.__name__,
        "constant": sorted(kernel.constant),
        "checked": kernel.checked,
    }
