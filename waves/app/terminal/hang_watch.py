"""Ends a program without a device in which a node does not come to an end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waves.app.exit_codes import Exit
from waves.app.terminal.messages import show_problems
from waves.engine.lanes.laned_engine import LanedEngine
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.faults import hang_event
from waves.engine.runtime.watchdog import wait_for_hang_offline
from waves.whole_file import remove_unfinished


@contextmanager
def ends_when_it_hangs(engine: Engine) -> Iterator[None]:
    """Say which node it is, and end the program, when one does not come to an end: machine code ends for no signal."""
    engines = [engine, *(lane.engine for lane in engine.lanes)] if isinstance(engine, LanedEngine) else [engine]
    over = threading.Event()

    def watch() -> None:
        rows = wait_for_hang_offline(engines, over)
        if rows is None:
            return
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[?25h")  # the progress bar has hidden the cursor
        show_problems(hang_event(rows).problems)
        remove_unfinished()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(Exit.HUNG)

    thread = threading.Thread(target=watch, name="hang", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
