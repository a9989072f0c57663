"""Runs texts for the first time, in the process of `proof`: what they must not do is a problem at its line."""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from waves.node_types.library import library
from waves.node_types.library.module_loader import Source
from waves.node_types.library.python_errors import Unwanted
from waves.problem import Problem

MOST = 2_000_000_000  # bytes that code on trial may ask for
PROGRAM = "it starts another program when it is loaded"
UNWANTED = {
    **dict.fromkeys(("os.fork", "os.forkpty", "os.system", "os.exec", "os.posix_spawn", "os.spawn"), PROGRAM),
    **dict.fromkeys(("subprocess.Popen", "os.startfile", "pty.spawn"), PROGRAM),
    **dict.fromkeys(("os.kill", "os.killpg"), "it sends a signal when it is loaded"),
    "builtins.input": "it waits for the keyboard when it is loaded",
    "builtins.breakpoint": "it stops for the debugger when it is loaded",
}
"""What Python tells of before it does it, and what is said instead."""

_loading: set[int] = set()  # the thread that loads


def _refuse(event: str, _given: Any) -> None:
    if event in UNWANTED and threading.get_ident() in _loading:
        raise Unwanted(UNWANTED[event])


def guard() -> None:
    """Refuse from now on what a text must not do, and more memory than it may have. For good."""
    sys.addaudithook(_refuse)
    start = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        if threading.get_ident() in _loading:
            raise Unwanted("it starts a thread when it is loaded")
        start(thread)

    threading.Thread.start = started  # type: ignore  # Python tells nobody of it
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has such limits
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST, MOST))


def load(sources: list[Source], limit: float, say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Run the texts that are not known yet: the problems by module, each a sentence, a line and a column.

    When that takes nearly as long as `limit`, in seconds, it is said where it is.
    """
    found: dict[str, Problem] = {}
    failed: list[BaseException] = []

    def run() -> None:
        _loading.add(threading.get_ident())
        try:
            found.update(library.restore(sources)[1])
        except BaseException as error:
            failed.append(error)
        finally:
            _loading.clear()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(0.75 * limit)
    if thread.is_alive():
        say({"step": "late", **_place(thread, sources)})
        thread.join()
    if failed:
        raise failed[0]
    return {"done": True, "problems": {name: _packed(problem) for name, problem in found.items()}}


def _packed(problem: Problem) -> list[Any]:
    place = (problem.mark.line, problem.mark.column) if problem.mark else ()
    return [problem.sentence, *place]


def _place(thread: threading.Thread, sources: list[Source]) -> dict[str, Any]:
    """The module and the line in which a thread is."""
    names = {source.file: source.name for source in sources}
    for frame, line in traceback.walk_stack(sys._current_frames().get(thread.ident or 0)):
        if name := names.get(frame.f_code.co_filename):
            return {"module": name, "line": line}
    return {}
