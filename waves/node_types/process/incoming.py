"""Messages of the player to a process of it, which ends with the player."""

from __future__ import annotations

import os
import queue
import threading
from typing import IO

from waves.wire import Message, receive


class Incoming:
    """Reads on a thread of its own: as soon as the pipe is closed, the process ends, whatever it does then."""

    def __init__(self, stream: IO[bytes]):
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stream = stream
        threading.Thread(target=self._read, name="incoming", daemon=True).start()

    def take(self) -> Message:
        """The next message; it waits for one."""
        return self._messages.get()

    def take_within(self, seconds: float) -> Message | None:
        """The next message; None if there is none after some seconds."""
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            return None

    def _read(self) -> None:
        try:
            while (message := receive(self._stream)) is not None:
                self._messages.put(message)
        finally:
            os._exit(0)  # nobody is there any more
