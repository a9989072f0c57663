"""The process of the server: starts it, hands it what clients are told, takes what they ask, and starts it again.

The player holds no socket: whatever clients do ends in that process. One that ends or no longer reads is replaced, at
the same port and with the same token, so that clients find it again.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from waves.node_types.process.python_process import Process, end_worker, start_worker
from waves.problem import Problem, Problems
from waves.wire import Message, receive, send

SERVER = "waves.server.server_process"
START = 30.0  # seconds until it must listen
PARTING = 2.0  # seconds in which it must have told its clients that the player ends
STALLED = 5.0  # seconds in which it must take a message
WAITING = 1000  # messages that wait for it
SHORTEST, LONGEST = 0.1, 5.0  # seconds until it is started again
STEADY = 10.0  # seconds after which an end counts as the first


class Outbox:
    """Messages that wait for the process; of those that only count while they are new, the newest. Any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._newest: dict[str, Message] = {}
        self._changed = threading.Condition()
        self.closed = False

    def put(self, message: Message, newest: str = "") -> bool:
        """Let a message wait; False when there are too many. Of one kind `newest`, only the last is kept."""
        with self._changed:
            if newest:
                self._newest[newest] = message
            elif len(self._waiting) >= WAITING:
                return False
            else:
                self._waiting.append(message)
            self._changed.notify()
        return True

    def take(self) -> Message | None:
        """The next message, which is waited for; None when it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._waiting or self._newest)
            if self.closed:
                return None
            return self._waiting.popleft() if self._waiting else self._newest.pop(next(iter(self._newest)))

    def close(self) -> None:
        """End whoever takes from it."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()


class ServerLink:
    """The server of one player. `start` and `close` are for one thread; the others for any but the sound thread."""

    def __init__(self, setup: Message, asked: Callable[[Message], None], say: Callable[[str], None]):
        """`setup`: address, port, token and methods. `asked` takes what clients ask, on a thread of the link."""
        self._setup, self._asked, self._say = setup, asked, say
        self.clients = 0
        """Clients that are connected."""
        self.restarts = 0
        self._outbox = Outbox()
        self._parting: Message = {"do": "end", "returns": False}
        self._process: Process | None = None
        self._writing = 0.0  # since when, 0: not now
        self._listening = threading.Event()
        self._failure = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens at."""
        return int(self._setup["port"])

    @property
    def process_id(self) -> int:
        """The number of its process, 0 when there is none now."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it, and wait until it listens. Raises Problems."""
        self._thread.start()
        if not self._listening.wait(START):
            self._failure = "it does not start"
        if self._failure:
            self.close()
            where = f"{self._setup['address']} port {self._setup['port']}"
            raise Problems(Problem(f"the server for clients cannot listen at {where}: {self._failure}"))

    def close(self, returns: bool = False) -> None:
        """End it: clients are told that the player has ended, or that it `returns` at the same port."""
        self._parting["returns"] = returns
        self._stopping.set()
        self._outbox.close()
        if self._thread.is_alive():
            self._thread.join(PARTING)
        self._kill()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def tell(self, method: str, params: Any, newest: bool = False) -> None:
        """Tell all clients. Returns at once; `newest`: what waits of this method is out of date."""
        message = {"do": "notify", "method": method, "params": params, "newest": newest}
        if not self._outbox.put(message, method if newest else ""):
            self._kill()  # it does not read any more

    def show(self, message: Message) -> None:
        """Hand over the last sound."""
        self._outbox.put({"do": "sound", **message}, "sound")

    def answer(self, number: int, result: Any) -> None:
        """Answer what a client asked."""
        self._outbox.put({"do": "answer", "number": number, "result": result})

    def refuse(self, number: int, code: int, sentence: str, data: Any = None) -> None:
        """Answer what a client asked with an error."""
        self._outbox.put({"do": "answer", "number": number, "error": [code, sentence, data]})

    def look(self) -> None:
        """End a process that no longer reads. To be called a few times a second."""
        if self._writing and time.monotonic() - self._writing > STALLED:
            self._kill()

    def _kill(self) -> None:
        if process := self._process:
            process.kill()

    def _run(self) -> None:
        wait = SHORTEST
        while not self._stopping.is_set():
            began = time.monotonic()
            process = self._process = start_worker(SERVER, os.environ)
            outbox = self._outbox
            writer = threading.Thread(target=self._write, args=(process, outbox), name="to server", daemon=True)
            writer.start()
            self._read(process)
            outbox.close()
            self._process, self.clients = None, 0
            end_worker(process)
            writer.join()
            if self._failure or self._stopping.is_set():
                self._listening.set()
                return
            self._outbox = Outbox()
            self.restarts += 1
            self._say("the server for clients has ended and is started again: the sound goes on")
            wait = SHORTEST if time.monotonic() - began > STEADY else min(2 * wait, LONGEST)
            self._stopping.wait(wait)

    def _write(self, process: Process, outbox: Outbox) -> None:
        message: Message | None = {"do": "serve", **self._setup}
        assert process.stdin
        with suppress(OSError, ValueError):  # it has ended
            while message:
                self._writing = time.monotonic()
                send(process.stdin, message)
                self._writing = 0.0
                message = outbox.take()
            if self._stopping.is_set():
                send(process.stdin, self._parting)
                process.stdin.close()
        self._writing = 0.0

    def _read(self, process: Process) -> None:
        assert process.stdout
        with suppress(OSError, ValueError):
            while message := receive(process.stdout):
                match message["do"]:
                    case "listening":
                        self._setup = self._setup | {"port": message["port"], "or_any": False}
                        self._listening.set()
                    case "failed" if not self._listening.is_set():
                        self._failure = message["sentence"]
                        return
                    case "clients":
                        self.clients = message["count"]
                    case "ask":
                        self._asked(message)
