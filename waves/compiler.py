"""The compiler, a process of its own at low priority: the only one that imports Numba.

`Compiler` is its other end. Requests and answers are lines of JSON; the machine code goes through the cache.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from waves import kernels, library
from waves.kernels import Kernel
from waves.node import Node

WORKERS = 2


class CompileError(Exception):
    """A kernel that Numba cannot compile; the message is Numba's own."""


class Compiler:
    """Two worker processes, started when first needed."""

    def __init__(self) -> None:
        self._workers: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[str]] = []
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="compiler")

    def compile(
        self, wanted: Iterable[Kernel], progress: Callable[[int, int], None] = lambda done, of: None
    ) -> None:
        """Compile what is not in the cache; returns when all is there. Raises CompileError."""
        todo = kernels.missing(wanted)
        if not todo:
            return
        progress(0, len(todo))
        done = itertools.count(1)
        together: dict[type[Node] | None, list[Kernel]] = {}
        for kernel in todo:
            together.setdefault(kernel.kind, []).append(kernel)
        futures: list[Future[None]] = [
            self._threads.submit(self._several, group, lambda: progress(next(done), len(todo)))
            for group in together.values()
        ]
        for future in futures:
            future.result()

    def _several(self, group: list[Kernel], ready: Callable[[], None]) -> None:
        """Kernels that share helper functions, by one worker: it compiles those once."""
        worker = self._take()
        try:
            for kernel in group:
                if not kernels.path_of(kernel).exists():
                    answer = _ask(worker, kernel)
                    if "error" in answer:
                        raise CompileError(answer["error"])
                ready()
        finally:
            with self._lock:
                if worker.poll() is None:
                    self._idle.append(worker)

    def _take(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            environment = dict(os.environ, WAVES_CACHE=str(kernels.folder().parent))
            worker = subprocess.Popen(
                [sys.executable, "-m", "waves.compiler"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the player, which closes the pipe
            )
            self._workers.append(worker)
            return worker

    def close(self) -> None:
        """End the workers."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe:
                    pipe.close()

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ask(worker: subprocess.Popen[str], kernel: Kernel) -> dict[str, Any]:
    """What a worker answers when it is asked for a kernel."""
    assert worker.stdin and worker.stdout
    try:
        worker.stdin.write(json.dumps(_request(kernel)) + "\n")
        worker.stdin.flush()
        answer: dict[str, Any] = json.loads(worker.stdout.readline() or '{"error": "the compiler ended"}')
    except (OSError, ValueError) as error:
        return {"error": f"the compiler ended: {error}"}
    return answer


def _request(kernel: Kernel) -> dict[str, Any]:
    if kernel.kind is None:
        return {"function": kernel.function, "name": kernel.name}
    module, folder = library.source_of(kernel.kind)
    return {
        "module": module,
        "folder": folder,
        "class": kernel.kind.__name__,
        "constant": sorted(kernel.constant),
        "name": kernel.name,
    }


def compile_request(request: dict[str, Any]) -> None:
    """Compile one kernel and write its object file; called in the worker."""
    from waves.native.entry import entry

    if "function" in request:
        kernel = Kernel(None, function=request["function"])
        module = "waves.native.pool" if kernel.function == "pool" else "waves.native.loop"
        compiled = getattr(importlib.import_module(module), kernel.function)
    else:
        if request["folder"]:
            library.open_folder(Path(request["folder"]), request["module"].rpartition(".")[0])
        kind = getattr(importlib.import_module(request["module"]), request["class"])
        kernel = Kernel(kind, frozenset(request["constant"]))
        compiled = entry(kind, kernel.constant, kernel.name)
    if kernel.name != request["name"]:
        raise RuntimeError("the file changed while it was compiled")
    _ = compiled.address  # finalises: only then is there object code
    unknown = set(re.findall(r'^declare [^@]*@"?([\w.$]+)', compiled.inspect_llvm(), re.M)) - kernels.KNOWN
    if foreign := sorted(name for name in unknown if not name.startswith("llvm.")):
        raise CompileError(f"it needs {', '.join(foreign)}, which the sound thread does not have")
    code = compiled._library.serialize_using_object_code()[2][0]
    path = kernels.path_of(kernel)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(compiled._wrapper_name.encode() + b"\0" + code)
    os.replace(temporary, path)  # two processes may write the same file: the same bytes


def main() -> None:
    """Read requests, one a line, until the pipe is closed."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a node file prints must not be taken for an answer
    for line in sys.stdin:
        try:
            compile_request(json.loads(line))
            answer = {}
        except Exception as error:
            answer = {"error": str(error).strip() or type(error).__name__}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
