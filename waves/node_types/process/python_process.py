"""Client of a process that runs the Python of node files, which may crash it or never come to an end.

`waves.node_types.process.python_worker` is the other end. A process that is late is killed; the next request starts
another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import IO, Protocol

from waves.node_types.library.module_loader import SourceFile
from waves.node_types.process.time_limit import PATIENCE, TimeLimit, was_late
from waves.problem import Problem, Problems, reason_of
from waves.wire import Message, receive, send

LOAD_SECONDS = 600.0  # until a compiler must have started and loaded the text of a node type, on any busy machine
LOW = 10  # priority of compilers beside a piece that plays
START_SECONDS = 300.0  # until the process must be ready, on any busy machine
LIMIT = 2.0  # seconds of processor time for each step of a request
STDERR = 2  # descriptor
LONGEST_LINE = 65_536  # bytes that are passed on at once
ENDING = 5.0  # seconds until a process that has closed its pipe has ended
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SAME_EVERYWHERE = dict.fromkeys(THREADS, "1") | {"PYTHONHASHSEED": "0"}
"""NumPy calculates on one thread there: its processor time is counted, and its bits are the same on every machine. A
set of texts has the same order in each process, which Python draws otherwise."""
WORKER = "waves.node_types.process.python_worker"

Serve = Callable[[Message], Message]
"""Does what the process asks for; the answer has a `value`, or `raise` with a sentence."""
Process = subprocess.Popen[bytes]


class Worker(Protocol):
    """A process that answers requests, as far as it is used here."""

    @property
    def stdin(self) -> IO[bytes] | None: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def kill(self) -> None: ...
    def wait(self) -> int: ...


class ProcessClosed(Problems):
    """The process was closed: what was asked of it does not matter any more."""


class PythonProcess:
    """One process, started when it is first needed, and again after it was ended.

    `limit` is in seconds of processor time, for each module that is run and each call; what the process asks for does
    not count. A process that waits for ever is killed after `PATIENCE` times the limit.

    Any thread but the sound thread; requests of several threads wait for each other.
    """

    worker = WORKER

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self._process: Process | None = None
        self._late = self._interrupted = False
        self._closed = threading.Event()
        self._clock = TimeLimit(self._kill)
        self._lock = threading.RLock()

    def environment(self) -> Mapping[str, str]:
        """The environment of the process."""
        return os.environ

    def received(self, stream: IO[bytes]) -> Message | None:
        """The next message of the process, None at the end. Raises ValueError for what is none."""
        return receive(stream)

    def stepped(self, step: Message) -> None:
        """The process has begun a step of a request. On the thread of the request."""

    def start(self) -> None:
        """Starts the process, if it does not run."""
        with self._lock:
            self._running()

    def interrupt(self) -> None:
        """Ends the process: requests that other threads wait for, and those until `resume`, raise ProcessClosed."""
        self._interrupted = True
        if process := self._process:
            process.kill()

    def resume(self) -> None:
        """Takes requests again after `interrupt`, in another process."""
        with self._lock:
            if self._interrupted:
                self._end()
            self._interrupted = False

    def close(self) -> None:
        """Ends the process for good: a request of another thread, and each later one, raises ProcessClosed."""
        self._closed.set()
        if process := self._process:
            process.kill()
        with self._lock:
            self._end()
            self._clock.close()

    def load(
        self, sources: Mapping[str, SourceFile], described: Collection[str] = (), limit: float | None = None
    ) -> tuple[dict[str, Problem], Message]:
        """Runs sources as modules: the problems by module, and the answer with descriptions of some of them.

        After a source that crashes or does not come to an end, the others are run again without it: what has no problem
        was run to its end. `limit`: seconds for each source, in place of that of all requests.
        """
        problems: dict[str, Problem] = {}
        left, limit = dict(sources), limit or self.limit
        while left:
            describe = [name for name in described if name in left]
            request = {"do": "load", "sources": packed_sources(left.values()), "describe": describe}
            answer = self.request(request, limit=limit)
            if "done" in answer:
                found = {name: left[name].problem(*problem) for name, problem in answer["problems"].items()}
                return problems | found, answer
            source = left.get(answer.get("module", ""), next(reversed(left.values())))
            sentence = answer.get("sentence", "it crashes, or ends its process, when it is loaded")
            if "late" in answer:
                sentence = f"it takes more than {limit:g} s to load: is there a loop without an end?"
            problems[source.name] = source.problem(f"cannot be loaded: {sentence}", answer.get("line", 1))
            del left[source.name]
        return problems, {"types": {}, "mistakes": {}}

    def request(self, request: Message, serve: Serve | None = None, limit: float | None = None) -> Message:
        """The answer to a request: "late" or "crashed" if there is none, and the process is ended.

        These come with the last place that the process has told: module, file, line. `serve` does what it asks for
        meanwhile, and may make requests; if one of these ends the process, the answer is "lost". Problems that it
        raises are raised again when the process has answered; any other exception of it is raised in the process.
        """
        limit = limit or self.limit
        with self._lock:
            process = self._running()
            try:
                return self._exchange(process, request | {"limit": limit}, serve, limit)
            except BaseException as error:
                if process is self._process and (
                    self._interrupted or not isinstance(error, Exception)
                ):  # its answer must not be read later
                    self._end()
                raise

    def _exchange(self, process: Process, request: Message, serve: Serve | None, limit: float) -> Message:
        place: Message = {}
        raised: Problems | None = None
        self._send(process, request)
        left = limit = PATIENCE * limit  # on the wall: the process itself ends when its processor time is over
        while True:
            began = time.monotonic()
            answer = self._answer(process, left)
            if "step" in answer:
                left = limit / 4 if answer["step"] == "late" else limit
                place = {key: answer[key] for key in ("module", "file", "line") if answer.get(key)}
                self.stepped(answer)
            elif "ask" in answer:
                left -= time.monotonic() - began
                assert serve
                problems = self._serve(process, answer, serve)
                raised = raised or problems  # the first are the reason for others
                if process is not self._process:
                    answer = {"lost": True}
                    break
            else:
                if "late" in answer or "crashed" in answer:
                    self._end()
                    answer |= place
                break
        if raised:
            raise raised
        return answer

    def _serve(self, process: Process, asked: Message, serve: Serve) -> Problems | None:
        """Does what the process asks for, and answers. Problems are of the piece: for whoever made the request."""
        try:
            self._send(process, serve(asked))
        except Problems as error:
            self._send(process, {"raise": "Problems"})
            return error
        except Exception as error:
            self._send(process, {"raise": f"{type(error).__name__}: {error}"})
        return None

    def _send(self, process: Process, message: Message) -> None:
        """Sends a message; a process that is gone is noticed as its answer is read."""
        assert process.stdin
        if not process.stdin.closed:  # ended by another request meanwhile
            with suppress(OSError):
                send(process.stdin, message)

    def _answer(self, process: Process, seconds: float) -> Message:
        """The next message of the process, which is killed when it takes longer than some seconds on the wall."""
        assert process.stdout
        self._late = False
        self._clock.begin(seconds)
        try:
            answer = self.received(process.stdout)
        except ValueError:  # it would go on to write what is no answer
            process.kill()
            answer = None
        finally:
            self._clock.end()
        if answer is None:
            if self._closed.is_set() or self._interrupted:
                raise ProcessClosed(())
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING)
            return {"late": True} if self._late or was_late(process.poll()) else {"crashed": True}
        return answer

    def _kill(self) -> None:
        self._late = True
        if process := self._process:
            process.kill()

    def _running(self) -> Process:
        if self._closed.is_set() or self._interrupted:
            raise ProcessClosed(())
        if self._process is None or self._process.poll() is not None:
            self._end()
            process = self._process = start_worker(self.worker, {**self.environment(), **SAME_EVERYWHERE})
            if self._closed.is_set() or self._interrupted:  # meanwhile
                process.kill()
            try:
                ready = "step" in self._answer(process, START_SECONDS)
            except ProcessClosed:
                self._end()
                raise
            if not ready:
                raise RuntimeError("the process for node files does not start")
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            end_worker(process)


def packed_sources(sources: Iterable[SourceFile]) -> list[list[str]]:
    """Sources as plain data."""
    return [[source.name, source.file, source.text] for source in sources]


def start_worker(module: str, environment: Mapping[str, str], given: tuple[int, ...] = ()) -> Process:
    """Starts a module as a process that answers requests from its input. Its standard error goes through this one.

    `given`: open files that it gets, and their numbers as arguments.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, given)],
        pass_fds=given,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,  # Ctrl-C is for the player, which closes the pipe
    )
    assert process.stderr
    threading.Thread(target=_pass_on, args=(process.stderr,), name="standard error", daemon=True).start()
    return process


def _pass_on(lines: IO[bytes]) -> None:
    """Writes the lines of a process to the standard error of now: a screen may be drawn where that was before."""
    with lines:
        while line := lines.readline(LONGEST_LINE):
            with suppress(OSError):  # nobody reads
                os.write(STDERR, line)


def end_worker(process: Worker) -> None:
    """Ends such a process."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):  # it was gone as something was written
                pipe.close()


def lower(worker: Worker) -> None:
    """Lets such a process give way to what plays."""
    with suppress(OSError, AttributeError):  # it has ended, or there is no such priority
        os.setpriority(os.PRIO_PROCESS, worker.pid, LOW)


def compiled_answer(worker: Worker, message: Message) -> Message:
    """A worker's answer to a request."""
    assert worker.stdin and worker.stdout
    late = threading.Timer(LOAD_SECONDS, worker.kill)
    late.start()
    try:
        send(worker.stdin, message)
        receive(worker.stdout)  # its text is loaded
        late.cancel()
        return receive(worker.stdout) or {"error": "the compiler ended", "ended": True}
    except (OSError, ValueError) as error:
        return {"error": f"the compiler ended: {reason_of(error)}", "ended": True}
    finally:
        late.cancel()
