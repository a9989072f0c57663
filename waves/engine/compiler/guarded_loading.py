"""Loads node files in the sandbox process: what a file must not do while it is loaded is a problem at its line."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any

from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.library.python_errors import ForbiddenError, frames_of_thread
from waves.problem import Problem

MEMORY_LIMIT = 2_000_000_000  # bytes
PROGRAM = "it starts another program when it is loaded"
FORBIDDEN = {
    **dict.fromkeys(("os.fork", "os.forkpty", "os.system", "os.exec", "os.posix_spawn", "os.spawn"), PROGRAM),
    **dict.fromkeys(("subprocess.Popen", "os.startfile", "pty.spawn"), PROGRAM),
    **dict.fromkeys(("os.kill", "os.killpg"), "it sends a signal when it is loaded"),
    "builtins.input": "it waits for the keyboard when it is loaded",
    "builtins.breakpoint": "it stops for the debugger when it is loaded",
}
"""Audit events of Python, which are raised before it does such a thing, and the sentence of the problem."""

_loading: set[int] = set()  # the thread that loads


def _audit(event: str, _arguments: Any) -> None:
    if event in FORBIDDEN and threading.get_ident() in _loading:
        raise ForbiddenError(FORBIDDEN[event])


def guard() -> None:
    """Forbids, until this process ends, what a node file must not do as it is loaded, and limits its memory."""
    sys.addaudithook(_audit)
    start = threading.Thread.start

    def start_unless_loading(thread: threading.Thread) -> None:
        if threading.get_ident() in _loading:
            raise ForbiddenError("it starts a thread when it is loaded")
        start(thread)

    # The only method of a library that is replaced: Python has no audit event for the start of a thread.
    threading.Thread.start = start_unless_loading  # type: ignore
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has such limits
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))


def load(sources: list[SourceFile], limit: float, say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Runs the sources that were not run yet; the problems by module, each a sentence, a line and a column.

    Shortly before `limit` seconds are over, `say` tells the line that runs.
    """
    problems: dict[str, Problem] = {}
    failed: list[BaseException] = []

    def run() -> None:
        _loading.add(threading.get_ident())
        try:
            problems.update(library.restore(sources)[1])
        except BaseException as error:
            failed.append(error)
        finally:
            _loading.clear()

    thread = threading.Thread(target=run, name="loading", daemon=True)
    thread.start()
    thread.join(0.75 * limit)
    if thread.is_alive():
        say({"step": "late", **_place(thread, sources)})
        thread.join()
    if failed:
        raise failed[0]
    return {"done": True, "problems": {name: _packed(problem) for name, problem in problems.items()}}


def _packed(problem: Problem) -> list[Any]:
    place = (problem.mark.line, problem.mark.column) if problem.mark else ()
    return [problem.sentence, *place]


def _place(thread: threading.Thread, sources: list[SourceFile]) -> dict[str, Any]:
    """The module and the line that a thread runs, as far as it is in one of the sources."""
    names = {source.file: source.name for source in sources}
    for frame in frames_of_thread(thread.ident):
        if name := names.get(frame.f_code.co_filename):
            return {"module": name, "line": frame.f_lineno}
    return {}
