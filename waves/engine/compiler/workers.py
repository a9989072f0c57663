"""The processes that compile, which give way to what plays. `compiler_worker` is their other end."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from waves.engine.compiler import cache_folder
from waves.node_types.process.forked_process import can_fork, start_two
from waves.node_types.process.python_process import (
    SAME_EVERYWHERE,
    ProcessClosed,
    Worker,
    compiled_answer,
    end_worker,
    lower,
    start_worker,
)
from waves.wire import Message

WORKER = "waves.engine.compiler.compiler_worker"
WORKERS = 2
JOBS = 100  # kernels that a worker compiles before another replaces it: Numba keeps 2 MB of each
TRIES = 2  # of a request, where a worker ends without an answer


class Workers:
    """Two workers, started when they are first needed, and a third where a request finds none idle. Any thread."""

    def __init__(self) -> None:
        self._all: list[Worker] = []
        self._idle: list[Worker] = []
        self._jobs: dict[Worker, int] = {}
        self._lock = threading.Lock()
        self._renewing = self._closed = self._low = False

    def start(self) -> None:
        """Starts both, before there is something to compile, if none runs."""
        with self._lock:
            if not self._all and not self._closed:
                self._all += self._lowered(_start_both())
                self._idle += self._all

    def give_way(self) -> None:
        """Something plays from now on: they run at low priority."""
        with self._lock:
            self._low = True
            self._lowered(self._all)

    def answer(self, message: Message, preferred: int) -> Message:
        """The answer of a worker to a request, if it can of the one with this number, which has compiled the like.

        It has `ended` where the worker has. Raises ProcessClosed when they were closed meanwhile.
        """
        answer: Message = {}
        for _ in range(TRIES):
            worker = self._take(preferred % WORKERS)
            try:
                answer = compiled_answer(worker, message)
            finally:
                self._give_back(worker, message)
            if "ended" not in answer:
                break
        return answer

    def close(self) -> None:
        """Ends them; a request in progress raises ProcessClosed, or its answer has `ended`."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
        for worker in workers:
            worker.kill()
        for worker in workers:
            end_worker(worker)

    def __len__(self) -> int:
        return len(self._all)

    def _lowered(self, workers: Iterable[Worker]) -> list[Worker]:
        """Workers, at low priority if something plays. With the lock."""
        found = list(workers)
        if self._low:
            for worker in found:
                lower(worker)
        return found

    def _take(self, preferred: int) -> Worker:
        """An idle worker, or a new one."""
        with self._lock:
            if self._closed:  # nobody would end another worker
                raise ProcessClosed(())
            for worker in sorted(self._idle, key=lambda idle: self._all.index(idle) % WORKERS != preferred):
                self._idle.remove(worker)
                if worker.poll() is None:
                    return worker
                self._drop(worker)  # the system has ended it
            self._all += self._lowered([_start()])
            return self._all[-1]

    def _give_back(self, worker: Worker, message: Message) -> None:
        """Makes a worker idle after a request; after `JOBS` of them it is replaced, one worker at a time."""
        with self._lock:
            jobs = self._jobs[worker] = self._jobs.get(worker, 0) + 1
            if self._closed:
                return
            if worker.poll() is not None or len(self._all) > WORKERS:
                self._drop(worker)
            elif jobs < JOBS or self._renewing:
                self._idle.append(worker)
            else:
                self._renewing = True
                threading.Thread(target=self._renew, args=(worker, message), name="compiler", daemon=True).start()

    def _drop(self, worker: Worker) -> None:
        """Forgets a worker that has ended. With the lock."""
        self._all.remove(worker)
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
                (fresh,) = self._lowered([_start()])
                self._all[self._all.index(worker)] = fresh
                del self._jobs[worker]
            end_worker(worker)
            compiled_answer(fresh, message | {"path": ""})
        except (OSError, ProcessClosed):
            pass  # it is tried again after a later request
        finally:
            with self._lock:
                self._renewing = False
                self._idle.append(fresh)


def _start() -> Worker:
    """Starts a worker."""
    return start_worker(WORKER, _environment())


def _start_both() -> list[Worker]:
    """Starts two workers: together, where the second can be forked off."""
    return [*start_two(WORKER, _environment())] if can_fork() else [_start(), _start()]


def _environment() -> dict[str, str]:
    return {**cache_folder.environment(), **SAME_EVERYWHERE}
