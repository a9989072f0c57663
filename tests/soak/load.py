"""`waves play --json-events` in a process of which some threads burn CPU in Python.

    python -m tests.soak.load THREADS [SOUND | OPTION] …

The last line has the load of the sound thread, as a part of the time it has: the mean, and the highest.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress

from waves.app.player import start
from waves.app.terminal.display import JsonDisplay, Status
from waves.cli import main


class Meter(JsonDisplay):
    """Lines of JSON, and a last one with the load."""

    has_status = True
    loads: tuple[float, ...] = ()

    def status(self, status: Status) -> None:
        self.loads += (status.load,)

    def close(self) -> None:
        settled = self.loads[len(self.loads) // 4 :]
        load = {"mean": sum(settled) / len(settled), "highest": max(settled)}
        print(json.dumps({"event": "load", **load}), flush=True)


def come_first() -> None:
    """Before other jobs of the machine, where that is allowed: a player is tested against its own threads."""
    with suppress(OSError, AttributeError):
        os.nice(-11)


def burn() -> None:
    """Work on dictionaries, text and numbers, without a pause in which another thread would be asked for."""
    while True:
        words = {str(k): k * k for k in range(200)}
        sum(len(word) + number % 7 for word, number in words.items())


if __name__ == "__main__":
    come_first()
    for _ in range(int(sys.argv[1])):
        threading.Thread(target=burn, daemon=True).start()
    start.display_for = lambda wishes: Meter(sys.stdout)
    sys.argv[1] = "play"
    main()
