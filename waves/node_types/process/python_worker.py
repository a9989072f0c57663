"""The process that runs the Python of node files: requests in, answers out, until its input ends, and it at once.

`waves.node_types.process.python_process` is the other end. While it carries out a request it may ask the player for
something; before it answers, the player may send another request.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.library.python_errors import frames_of_thread
from waves.node_types.process import calls, guarded_loading
from waves.node_types.process.incoming import Incoming
from waves.node_types.process.time_limit import PATIENCE, TimeLimit, limit_processor
from waves.wire import Message, send

UNANSWERED = 30.0  # seconds on the wall after the last limit of a step until this process ends itself
RECURSION = 4000  # frames: of a hundred nodes that expand inside each other, in the player too
EARLY = 0.75  # part of a limit after which the line is told that runs, before the process ends
TELLING = 0.1  # seconds that this needs, of a limit that is as short

Handler = Callable[[Message, "Worker"], Message]


class Worker:
    """This end of the pipes. `say` may be called on any thread, all else on the main one."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, handlers: Mapping[str, Handler]):
        self._requests, self._answers, self._handlers = Incoming(requests), answers, handlers
        self._writing = threading.Lock()
        self._limit = TimeLimit(self._say_place, time.process_time)
        self._seconds, self._module, self._thread = 1.0, "", 0
        self._waits, self._stayed, self._staying = False, -UNANSWERED, 0.0
        self._nowhere = open(os.devnull, "w")  # noqa: SIM115 (for the traceback of the watchdog, as long as it lives)
        self.kinds: dict[str, type[Node]] = {}
        """The types that were loaded to be called, by key."""
        self.files: dict[str, str] = {}
        """The module of each file that was loaded."""

    def run(self, guard: Callable[[], None] = lambda: None) -> None:
        """Answer requests as long as there is a player. `guard` is called once all threads of this process run."""
        threading.Thread(target=self._stay_while_waiting, name="waiting", daemon=True).start()
        self._limit.begin(self._seconds)
        self._limit.end()
        guard()
        self.say({"step": "ready"})
        while True:
            self._reply(self._receive())

    def _receive(self) -> Message:
        """The next message of the player; this process waits for it as long as there is a player."""
        self._waits = True
        message = self._requests.take()
        self._waits = False
        return message

    def say(self, message: Message) -> None:
        """Send a message."""
        with self._writing:
            send(self._answers, message)

    def begin(self, module: str) -> None:
        """A module is run: the time begins anew. On the thread that runs it."""
        self._module, self._thread = module, threading.get_ident()
        self._stay()
        self.say({"step": "module", "module": module})
        self._limit_time()

    def ask(self, message: Message) -> Any:
        """Ask the player, which may send requests before it answers; the time of that does not count."""
        left, seconds = self._end_time(), self._seconds
        self.say(message)
        while "do" in (answer := self._receive()):
            self._reply(answer)
        self._seconds, self._module, self._thread = seconds, "", threading.get_ident()
        self._limit_time(left)
        if "raise" in answer:
            raise calls.PlayerError(answer["raise"])
        return answer["value"]

    def _reply(self, request: Message) -> None:
        """Answer a request."""
        answer = self._answer(request)
        if "id" in request:
            answer["id"] = request["id"]
        try:
            self.say(answer)
        except (TypeError, ValueError) as error:
            function = request.get("function", "")
            self.say({"error": calls.error_of(function, f"returns what cannot be handed over: {error}")})

    def _answer(self, request: Message) -> Message:
        self._seconds, self._module, self._thread = request.get("limit", 1.0), "", threading.get_ident()
        self._stay()
        self._limit_time()
        try:
            return self._handlers[request["do"]](request, self)
        except BaseException as error:  # a file may raise SystemExit too
            return {"sentence": f"cannot be tried: {type(error).__name__}: {error}"}
        finally:
            self._end_time()

    def _limit_time(self, left: float | None = None) -> None:
        """The limit begins: in seconds of processor time until the line is told, all that there are without `left`."""
        early = max(min(EARLY * self._seconds, self._seconds - TELLING), self._seconds / 2)
        left = early if left is None else left
        self._limit.begin(left)
        limit_processor(left + self._seconds - early)

    def _end_time(self) -> float:
        """The limit ends; the seconds that were left until the line would have been told."""
        limit_processor(0.0)
        return self._limit.end()

    def _say_place(self) -> None:
        """Tell the module and the line that run, as far as that is in a node file."""
        module, line = self._module, 0
        for frame in frames_of_thread(self._thread):
            if name := self.files.get(frame.f_code.co_filename):
                module, line = name, frame.f_lineno
                break
        place: Message = {"file": {name: file for file, name in self.files.items()}.get(module, "")}
        self.say({"step": "late", "module": module, **place, **({"line": line} if line else {})})

    def _stay(self) -> None:
        """Put off the end of this process, which a watchdog in C brings about: with each module, each request.

        The player kills this process when it is late. If the player has been killed itself, code without an end must
        not run on alone, not even while it keeps the lock of the interpreter.
        """
        now = time.monotonic()
        seconds = UNANSWERED + PATIENCE * self._seconds
        if now - self._stayed > 1.0 or seconds != self._staying:  # a new watchdog takes as long as a short request
            self._stayed, self._staying = now, seconds
            faulthandler.dump_traceback_later(seconds, exit=True, file=self._nowhere)

    def _stay_while_waiting(self) -> None:
        while True:
            time.sleep(UNANSWERED / 3)
            if self._waits:
                self._stay()


def load(request: Message, worker: Worker) -> Message:
    """Run sources, describe the classes of some, and keep the class of one to be called, if the request has a key."""
    sources = [SourceFile(*source) for source in request["sources"]]
    worker.files |= {source.file: source.name for source in sources}
    answer = guarded_loading.load(sources, request.get("describe", ()), worker.begin)
    if (key := request.get("key")) and not answer["problems"]:
        loaded = library.restored(sources)[sources[-1].name]
        worker.kinds[key] = library.kind_in(loaded)
    return answer


def call(request: Message, worker: Worker) -> Message:
    """Call a function of a type."""
    return calls.call(worker.kinds[request["key"]], request["function"], request, worker.ask)


HANDLERS: dict[str, Handler] = {"load": load, "call": call}


def taken_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The standard input and the standard output, which are taken from whatever else runs here."""
    answers = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # whatever a file prints must not be taken for an answer
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor may it read requests
    return requests, answers


def serve(handlers: Mapping[str, Handler]) -> None:
    """Answer requests from the standard input on the standard output."""
    requests, answers = taken_pipes()
    sys.modules.update(calls.stand_in_modules())
    sys.setrecursionlimit(RECURSION)
    guarded_loading.guard()
    Worker(requests, answers, handlers).run()


def main() -> None:
    """Run the process."""
    serve(HANDLERS)


if __name__ == "__main__":
    main()
