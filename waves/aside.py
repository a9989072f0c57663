"""Compiles what a save needs beside the sound: other saves go on meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from waves.compiler import CompileError, Compiler
from waves.events import Event, Notify, counted
from waves.kernels import Kernel
from waves.problem import Problem, defect


class Aside:
    """One job at a time; `ready` is called when it is done, `failed` with what went wrong."""

    def __init__(
        self, compiler: Compiler, notify: Notify, ready: Callable[[], None], failed: Callable[[list[Problem]], None]
    ):
        self.compiler, self.notify, self.ready, self.failed = compiler, notify, ready, failed
        self._busy = False

    def compile(self, todo: list[Kernel]) -> None:
        """Begin, unless it is at work: what is missing then is asked for again."""
        if self._busy:
            return
        self._busy = True
        threading.Thread(target=self._run, args=(todo,), name="compile", daemon=True).start()

    def _run(self, todo: list[Kernel]) -> None:
        names = ", ".join(dict.fromkeys(k.kind.__name__.lower() if k.kind else k.function for k in todo))
        started = time.monotonic()
        try:
            with counted(self.notify, f"compiling {names}: the save comes in when that is done"):
                self.compiler.compile(todo)
        except CompileError as error:
            self.failed(error.problems)
            return
        except Exception as error:  # the loop must survive it
            self.failed([defect(error)])
            return
        finally:
            self._busy = False
        seconds = time.monotonic() - started
        self.notify(Event("compiled", f"compiled {names} in {seconds:.1f} s", {"seconds": seconds}))
        self.ready()
