"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT = 60.0  # seconds until a condition that should hold is taken to never hold


def wait(condition: Callable[[], object], seconds: float = LIMIT) -> bool:
    """Wait until a condition holds, at most so long; whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True
