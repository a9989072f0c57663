"""Client of the compiler processes, which give way to what plays and are the only ones that import Numba.

`waves.engine.compiler.compiler_worker` is the other end; the machine code goes through the cache.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any
from weakref import WeakValueDictionary

from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel, NodeKernel
from waves.engine.compiler.sandbox import Hints, Sandbox
from waves.engine.compiler.workers import WORKERS, Workers
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.fingerprint import used_functions
from waves.node_types.process.python_process import ProcessClosed, packed_sources
from waves.problem import Mark, Problem, Problems
from waves.wire import Message

Needed = Callable[[], bool]
Progress = Callable[[int, int], None]
"""Is told the number of kernels done and of all."""


def untold(done: int, of: int) -> None:
    """No progress."""


class CompileError(Problems):
    """Kernels that cannot be compiled, or that fail in their trial."""


class Compiler:
    """The processes that compile, and a sandbox for new machine code; each is started when it is first needed.

    Any thread but the sound thread. Calls wait for each other's workers, not for each other. A node file that was saved
    has threads and a sandbox of its own, and a third worker where it is in the way.
    """

    def __init__(self, workers: Workers | None = None) -> None:
        self.sandbox = Sandbox()  # for node files that were saved: nothing else waits for it
        self.cpu_seconds: dict[str, float] = {}
        """CPU seconds of the worker for each kernel that it compiled, by name."""
        self.workers = workers or Workers()
        self._lock = threading.Lock()
        self._closed = False
        self._calm = threading.Condition()
        self._calls = 0  # of `compile`, that something waits for
        self._kernel_locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._threads, self._others = (ThreadPoolExecutor(WORKERS, thread_name_prefix="compiler") for _ in range(2))
        self._sandbox: Sandbox | None = None  # for all but saved node files
        self._begun: dict[Kernel, Future[None]] = {}

    def compile(
        self,
        wanted: Iterable[Kernel],
        progress: Progress = untold,
        of_saved_file: bool = False,
        needed: Needed = lambda: True,
    ) -> None:
        """Compiles the kernels that are not in the cache, and tries untrusted ones. Raises CompileError.

        `progress` is called with the number of kernels done and of all, from threads of the compiler.
        `of_saved_file`: nothing else waits for these. They are tried only while they are `needed`.
        """
        with self._calm:
            self._calls += 1
        try:
            self._compile(wanted, progress, of_saved_file, needed)
        finally:
            with self._calm:
                self._calls -= 1
                self._calm.notify_all()

    def start(self) -> None:
        """Starts the processes before there is something to compile, if none runs."""
        self.workers.start()

    def begin(self, kernels: Iterable[Kernel]) -> None:
        """Begins to compile those of these kernels of the engine that are missing, one after another. Once.

        `compile` then waits for those that it wants; one that has failed is compiled again.
        """
        if missing := kernel_cache.missing(kernels):
            self._begun = {kernel: Future() for kernel in missing}
            _submit(self._threads, self._compile_begun)

    def give_way(self) -> None:
        """Something plays from now on: they run at low priority."""
        self.workers.give_way()

    def compile_when_idle(self, kernel: Kernel) -> None:
        """Compiles a kernel that nothing waits for yet, once no call of `compile` runs. Raises CompileError."""
        with self._calm:
            self._calm.wait_for(lambda: self._closed or not self._calls)
        self._compile([kernel])

    def _compile(
        self,
        wanted: Iterable[Kernel],
        progress: Progress = untold,
        of_saved_file: bool = False,
        needed: Needed = lambda: True,
    ) -> None:
        if missing := kernel_cache.missing(dict.fromkeys(wanted)):
            try:
                self._compile_missing(missing, progress, of_saved_file, needed)
            except (ProcessClosed, CancelledError):
                raise CompileError(()) from None

    def _compile_missing(self, missing: list[Kernel], progress: Progress, of_saved_file: bool, needed: Needed) -> None:
        progress(0, len(missing))
        done = itertools.count(1)
        groups: dict[Any, list[Kernel]] = {}
        begun = {kernel: one for kernel, one in self._begun.items() if kernel in missing and not one.done()}
        for kernel in missing:
            if kernel not in begun:
                groups.setdefault(_group(kernel), []).append(kernel)
        if len(groups) > 1:
            self.start()
        threads = self._others if of_saved_file else self._threads
        futures: list[tuple[Kernel, Future[None]]] = [
            (group[0], _submit(threads, self._compile_group, group, lambda: progress(next(done), len(missing))))
            for group in sorted(groups.values(), key=_size, reverse=True)  # two workers then end at about one time
        ]
        for kernel, one in begun.items():
            one.add_done_callback(lambda _: progress(next(done), len(missing)))
            futures.append((kernel, one))
        untrusted: dict[type[Node], list[NodeKernel]] = {}
        for kernel in missing:
            if isinstance(kernel, NodeKernel) and kernel.untrusted:
                untrusted.setdefault(kernel.kind, []).append(kernel)
        sandbox = self.sandbox if of_saved_file or not untrusted else self._sandbox_of_plays()
        python_runs = {kind: sandbox.run_as_python(kind) for kind in untrusted}  # while the workers compile
        problems: list[Problem] = []
        failed, refused = False, set[type[Node]]()
        for kernel, future in futures:
            try:
                future.result()
            except CompileError as error:
                failed = True
                problems += error.problems
                if isinstance(kernel, NodeKernel):
                    refused.add(kernel.kind)
        for kind, kernels in untrusted.items():
            if (
                kind in refused or not needed()
            ):  # neither its run as Python matters nor the machine code of its other variants
                for kernel in kernels:
                    kernel_cache.written_path(kernel).unlink(missing_ok=True)
            else:
                problems += self._tried(sandbox, kind, kernels, python_runs[kind])
        kernel_cache.hold(missing)  # whatever happens to the folder
        if problems or failed:
            raise CompileError(dict.fromkeys(problems))

    def _tried(
        self, sandbox: Sandbox, kind: type[Node], kernels: list[NodeKernel], python_run: tuple[list[Problem], Hints]
    ) -> list[Problem]:
        """The problems of machine code that is tried, if no other call has tried the same meanwhile.

        Raises CompileError.
        """
        with self._kernel_lock(kernels[0]):
            left = [kernel for kernel in kernels if kernel_cache.missing([kernel])]
            for kernel in left:
                if not kernel_cache.written_path(kernel).exists():  # the other call was refused
                    self._ask(kernel)
            return sandbox.try_out(kind, left, *python_run) if left else python_run[0]

    def rehearse(self, wanted: Iterable[Kernel]) -> None:
        """Compiles kernels without keeping them: the next change of one then compiles only what was changed."""
        futures = [_submit(self._threads, self._ask, kernel, False) for kernel in wanted]
        self.sandbox.start()
        for future in futures:
            future.result()

    def _sandbox_of_plays(self) -> Sandbox:
        """The sandbox of types that play or are about to, started when it is first needed."""
        with self._lock:
            self._sandbox = self._sandbox or Sandbox(self.sandbox.limit)
            if self._closed:
                self._sandbox.close()
            return self._sandbox

    def _compile_begun(self) -> None:
        for kernel, begun in self._begun.items():
            if not begun.set_running_or_notify_cancel():
                return
            try:
                self._compile_group([kernel], lambda: None)
                begun.set_result(None)
            except BaseException as error:  # for whoever waits for it
                begun.set_exception(error)

    def _compile_group(self, group: list[Kernel], ready: Callable[[], None]) -> None:
        """Compiles kernels one after another."""
        for kernel in group:
            with self._kernel_lock(kernel):  # of two calls that want it, the second finds it compiled
                if kernel_cache.missing([kernel]):
                    self._ask(kernel)
            ready()

    def _kernel_lock(self, kernel: Kernel) -> threading.Lock:
        with self._lock:
            return self._kernel_locks.setdefault(kernel.name, threading.Lock())

    def _ask(self, kernel: Kernel, keep: bool = True) -> None:
        """Has a worker compile a kernel. Raises CompileError."""
        message = request(kernel, keep)
        try:
            answer = self.workers.answer(message, len(kernel.constant) if isinstance(kernel, NodeKernel) else 0)
        except ProcessClosed:
            raise CompileError(()) from None
        if keep:
            self.cpu_seconds[kernel.name] = answer.get("cpu", 0.0)
        if "disk" in answer:
            reason = f"{answer['error']}; set WAVES_CACHE to a folder with room"
            raise CompileError(Problem(f"compiled nodes cannot be kept in '{cache_folder.folder()}': {reason}"))
        if "error" in answer:
            raise CompileError(_problem(kernel, answer))

    def close(self) -> None:
        """Ends the processes; a compilation in progress raises CompileError."""
        with self._lock:
            self._closed = True
        for threads in (self._threads, self._others):
            threads.shutdown(wait=False, cancel_futures=True)
        for begun in self._begun.values():
            begun.cancel()
        with self._calm:
            self._calm.notify_all()
        for sandbox in filter(None, (self.sandbox, self._sandbox)):
            sandbox.close()
        self.workers.close()

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _submit(threads: ThreadPoolExecutor, work: Callable[..., None], *arguments: Any) -> Future[None]:
    """Calls a function on a thread of the workers; raises CompileError when the compiler was closed meanwhile."""
    try:
        return threads.submit(work, *arguments)
    except RuntimeError:
        raise CompileError(()) from None


def _group(kernel: Kernel) -> Any:
    """The key of the kernels that go to one worker, as they share functions; of an untrusted one itself."""
    if isinstance(kernel, EngineKernel):
        return EngineKernel
    return kernel if kernel.untrusted else kernel.kind


def _size(group: list[Kernel]) -> float:
    """The time that a group takes, beside others: by the bytecode of all that its kernels use. The engine is first."""
    if not isinstance(first := group[0], NodeKernel):
        return math.inf
    used = used_functions(first.kind.render)  # type: ignore[attr-defined]
    return len(group) * sum(len(function.__code__.co_code) for function in used)


def _problem(kernel: Kernel, answer: Message) -> Problem:
    """The problem of a kernel that the compiler refused."""
    if "sentence" in answer:
        return Problem(answer["sentence"], Mark(*answer["mark"]), source=answer["source"])
    return Problem(f"{kernel.title} cannot be compiled: {answer['error']}")


def request(kernel: Kernel, keep: bool = True) -> Message:
    """The request for a kernel; without `keep` the worker writes no file."""
    message: Message = {"name": kernel.name, "path": str(kernel_cache.written_path(kernel)) if keep else ""}
    if isinstance(kernel, EngineKernel):
        return message | {"function": kernel.function}
    origin = library.origin(kernel.kind)
    return message | {
        "module": origin.source.name if origin else kernel.kind.__module__,
        "sources": packed_sources(origin.sources()) if origin else [],
        "class": kernel.kind.__name__,
        "constant": sorted(kernel.constant),
        "checked": kernel.checked,
    }
