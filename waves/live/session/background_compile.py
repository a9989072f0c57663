"""Compiles the kernels of a save, or of a moved parameter, in the background, while other saves take effect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.events.changes import Compiled
from waves.events.event import Notify
from waves.events.progress import compiling
from waves.problem import Problem, defect


class BackgroundCompiler:
    """One job at a time. At its end `ready` is called, or `failed` with problems, on the compile thread."""

    def __init__(
        self,
        compiler: Compiler,
        notify: Notify,
        ready: Callable[[], None],
        failed: Callable[[list[Problem]], None],
        then: Callable[[], str] = str,
    ):
        """`then`: what waits for a job at that moment, in words, for the display."""
        self.compiler, self.notify, self.ready, self.failed = compiler, notify, ready, failed
        self._then = then
        self._lock = threading.Lock()
        self._busy = False
        self._asked = False  # by a newer save, while a job runs
        self._idle = threading.Event()
        self._idle.set()

    def compile(self, todo: list[Kernel]) -> None:
        """Start a job, or let `ready` be called after the one that runs, for a newer save. Build thread."""
        with self._lock:
            if self._busy:
                self._asked = True
                return
            self._busy = True
            self._idle.clear()
        threading.Thread(target=self._run, args=(todo,), name="compile", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no job runs and the last one was reported; False after `timeout` seconds. Any other thread."""
        return self._idle.wait(timeout)

    def _run(self, todo: list[Kernel]) -> None:
        problems: list[Problem] = []
        started = time.monotonic()
        try:
            names = dict.fromkeys(kernel.title for kernel in todo)
            with compiling(self.notify, f"compiling {', '.join(names)}", self._then) as advance:
                self.compiler.compile(todo, advance)
            self.notify(Compiled(names=tuple(names), seconds=time.monotonic() - started))
        except CompileError as error:
            problems = error.problems
        except Exception as error:  # the loop must survive it
            problems = [defect(error)]
        with self._lock:
            again, self._asked, self._busy = self._asked, False, False
        if problems and not again:  # of the newest save
            self.failed(problems)
        else:
            self.ready()
        with self._lock:
            if not self._busy:
                self._idle.set()
