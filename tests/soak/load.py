"""Runs `waves play --json-events` beside THREADS threads of Python that never rest, in one process.

    python -m tests.soak.load THREADS [SOUND | OPTION] …

The last line of JSON has the load of the sound thread, mean and highest: rendering time by the time a block lasts.
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


class LoadDisplay(JsonDisplay):
    """Lines of JSON, and a last one with the load; the first quarter of it is left out."""

    has_status = True
    loads: tuple[float, ...] = ()

    def status(self, status: Status) -> None:
        """Keep the load of now."""
        self.loads += (status.load,)

    def close(self) -> None:
        """Print the load."""
        settled = self.loads[len(self.loads) // 4 :]
        load = {"mean": sum(settled) / len(settled), "highest": max(settled)}
        print(json.dumps({"event": "load", **load}), flush=True)


def raise_priority() -> None:
    """Run before other jobs of the machine, where that is allowed: a player is tested against its own threads."""
    with suppress(OSError, AttributeError):
        os.nice(-11)


def keep_busy() -> None:
    """Work on dictionaries, text and numbers for ever, without a call that lets other threads run."""
    while True:
        words = {str(k): k * k for k in range(200)}
        sum(len(word) + number % 7 for word, number in words.items())


if __name__ == "__main__":
    raise_priority()
    for _ in range(int(sys.argv[1])):
        threading.Thread(target=keep_busy, daemon=True).start()
    start.display_for = lambda options: LoadDisplay(sys.stdout)
    sys.argv[1] = "play"
    main()
