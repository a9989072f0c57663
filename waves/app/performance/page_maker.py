"""Makes pages of patterns ahead of what plays."""

from __future__ import annotations

import threading
from collections.abc import Callable

from waves.engine.runtime.engine import Engine
from waves.events.event import Notify
from waves.events.trouble import Fault
from waves.problem import defect

LOOK = 0.25  # seconds between two looks for pages that are missing; they are made two seconds ahead


def make_pages(engine: Callable[[], Engine], stopping: threading.Event, publish: Notify) -> None:
    """Make the pages of the engine that plays, until `stopping`; a defect is told once. On a thread of its own."""
    told = False
    while not stopping.wait(LOOK):
        try:
            engine().fill_pages()
        except Exception as error:  # the next look makes what is left
            if not told:
                told = True
                publish(Fault(message="a cycle of a pattern cannot be made", problems=(defect(error),)))
