"""Client of the compiler processes, which give way to what plays and are the only ones that import Numba.

`waves.engine.compiler.compiler_worker` is the other end; the machine code goes through the cache.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any
from weakref import WeakValueDictionary

from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel, NodeKernel
from waves.engine.compiler.sandbox import Sandbox
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.process.forked_process import can_fork, start_two
from waves.node_types.process.python_process import (
    ONE_THREAD,
    ProcessClosed,
    Worker,
    compiled_answer,
    end_worker,
    lower,
    packed_sources,
    start_worker,
)
from waves.problem import Mark, Problem, Problems
from waves.wire import Message

WORKER = "waves.engine.compiler.compiler_worker"
WORKERS = 2
JOBS = 100  # kernels that a worker compiles before another replaces it: Numba keeps 2 MB of each
TRIES = 2  # of a kernel, where a worker ends without an answer


Needed = Callable[[], bool]
Progress = Callable[[int, int], None]
"""Is told the number of kernels done and of all."""


def untold(done: int, of: int) -> None:
    """No progress."""


class CompileError(Problems):
    """Kernels that cannot be compiled, or that fail in their trial."""


class Compiler:
    """Two worker processes, and a sandbox for new machine code; each is started when it is first needed.

    Any thread but the sound thread. Calls wait for each other's workers, not for each other. A node file that was saved
    has threads and a sandbox of its own, and a third worker where it is in the way.
    """

    def __init__(self) -> None:
        self.sandbox = Sandbox()  # for node files that were saved: nothing else waits for it
        self.cpu_seconds: dict[str, float] = {}
        """CPU seconds of the worker for each kernel that it compiled, by name."""
        self._workers: list[Worker] = []
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._jobs: dict[Worker, int] = {}
        self._renewing = self._closed = self._low = False
        self._calm = threading.Condition()
        self._calls = 0  # of `compile`, that something waits for
        self._kernel_locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._threads, self._others = (ThreadPoolExecutor(WORKERS, thread_name_prefix="compiler") for _ in range(2))
        self._sandbox: Sandbox | None = None  # for all but saved node files

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
        """Starts both workers, before there is something to compile, if none runs."""
        with self._lock:
            if not self._workers and not self._closed:
                self._workers += _start_both()
                self._idle += self._workers
                if self._low:
                    for worker in self._workers:
                        lower(worker)

    def compile_when_idle(self, kernel: Kernel) -> None:
        """Compiles a kernel that nothing waits for yet, once no call of `compile` runs. Raises CompileError."""
        with self._calm:
            self._calm.wait_for(lambda: self._closed or not self._calls)
        self._compile([kernel])

    def _compile(self, wanted: Iterable[Kernel], *how: Any) -> None:
        try:
            self._compile_missing(wanted, *how)
        except (ProcessClosed, CancelledError):
            raise CompileError(()) from None

    def _compile_missing(
        self,
        wanted: Iterable[Kernel],
        progress: Progress = untold,
        of_saved_file: bool = False,
        needed: Needed = lambda: True,
    ) -> None:
        missing = kernel_cache.missing(dict.fromkeys(wanted))
        if not missing:
            return
        progress(0, len(missing))
        done = itertools.count(1)
        groups: dict[Any, list[Kernel]] = {}
        for kernel in missing:
            groups.setdefault(_group(kernel), []).append(kernel)
        if len(groups) > 1:
            self.start()
        threads = self._others if of_saved_file else self._threads
        futures: list[tuple[Kernel, Future[None]]] = [
            (group[0], _submit(threads, self._compile_group, group, lambda: progress(next(done), len(missing))))
            for group in groups.values()
        ]
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
                problems += sandbox.try_out(kind, kernels, *python_runs[kind])
        kernel_cache.hold(missing)  # whatever happens to the folder
        if problems or failed:
            raise CompileError(dict.fromkeys(problems))

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
        for _ in range(TRIES):
            worker = self._take(len(kernel.constant) % WORKERS if isinstance(kernel, NodeKernel) else 0)
            try:
                answer = compiled_answer(worker, message)
            finally:
                self._give_back(worker, message)
            if "ended" not in answer:
                break
        if keep:
            self.cpu_seconds[kernel.name] = answer.get("cpu", 0.0)
        if "disk" in answer:
            reason = f"{answer['error']}; set WAVES_CACHE to a folder with room"
            raise CompileError(Problem(f"compiled nodes cannot be kept in '{cache_folder.folder()}': {reason}"))
        if "error" in answer:
            raise CompileError(_problem(kernel, answer))

    def give_way(self) -> None:
        """Something plays from now on: the workers run at low priority."""
        with self._lock:
            self._low = True
            for worker in self._workers:
                lower(worker)

    def _started(self) -> Worker:
        """A worker that has been started. With the lock."""
        worker = _start()
        if self._low:
            lower(worker)
        return worker

    def _take(self, preferred: int) -> Worker:
        """An idle worker, if possible the one with this number, which has compiled the same variant before.

        Raises CompileError when the compiler was closed meanwhile.
        """
        with self._lock:
            if self._closed:  # nobody would end another worker
                raise CompileError(())
            for worker in sorted(self._idle, key=lambda idle: self._workers.index(idle) % WORKERS != preferred):
                self._idle.remove(worker)
                if worker.poll() is None:
                    return worker
                self._drop(worker)  # the system has ended it
            self._workers.append(self._started())
            return self._workers[-1]

    def _give_back(self, worker: Worker, message: Message) -> None:
        """Makes a worker idle after a request; after `JOBS` of them it is replaced, one worker at a time."""
        with self._lock:
            jobs = self._jobs[worker] = self._jobs.get(worker, 0) + 1
            if self._closed:
                return
            if worker.poll() is not None or len(self._workers) > WORKERS:
                self._drop(worker)
            elif jobs < JOBS or self._renewing:
                self._idle.append(worker)
            else:
                self._renewing = True
                self._threads.submit(self._renew, worker, message)

    def _drop(self, worker: Worker) -> None:
        """Forgets a worker that has ended. With the lock."""
        self._workers.remove(worker)
        self._jobs.pop(worker, None)
        end_worker(worker)

    def _renew(self, worker: Worker, message: Message) -> None:
        """Replaces a worker. The fresh one compiles the last request again: the next edit is likely of the same.

        Where no other can be started, the worker goes on, and is replaced after a later request.
        """
        fresh = worker
        try:
            with self._lock:
                if self._closed:
                    return
                fresh = self._workers[self._workers.index(worker)] = self._started()
                del self._jobs[worker]
            end_worker(worker)
            compiled_answer(fresh, message | {"path": ""})
        finally:
            with self._lock:
                self._renewing = False
                self._idle.append(fresh)

    def close(self) -> None:
        """Ends the processes; a compilation in progress raises CompileError."""
        with self._lock:
            self._closed = True
        for threads in (self._threads, self._others):
            threads.shutdown(wait=False, cancel_futures=True)
        with self._calm:
            self._calm.notify_all()
        for sandbox in filter(None, (self.sandbox, self._sandbox)):
            sandbox.close()
        workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for worker in workers:
            end_worker(worker)

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


def _start() -> Worker:
    """Starts a worker."""
    return start_worker(WORKER, _environment())


def _start_both() -> list[Worker]:
    """Starts two workers: together, where the second can be forked off."""
    return [*start_two(WORKER, _environment())] if can_fork() else [_start(), _start()]


def _environment() -> dict[str, str]:
    return {**cache_folder.environment(), **ONE_THREAD}


def _group(kernel: Kernel) -> Any:
    """The key of the kernels that go to one worker, as they share functions; of an untrusted one itself."""
    if isinstance(kernel, EngineKernel):
        return EngineKernel
    return kernel if kernel.untrusted else kernel.kind


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
