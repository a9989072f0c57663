"""Makes pages of patterns ahead of what plays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from waves.engine.runtime.engine import Engine

LOOK = 0.25  # seconds between two looks for pages that are missing; they are made two seconds ahead


def make_pages(engine: Callable[[], Engine], stopping: threading.Event) -> None:
    """Make the pages of the engine that plays, until `stopping`. On a thread of its own."""
    while not stopping.wait(LOOK):
        engine().fill_pages()
