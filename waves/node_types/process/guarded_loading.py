"""Loads node files in a process of their own: what a file must not do while it is loaded is a problem at its line."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from waves.node_types.library import library
from waves.node_types.library.checks import class_checks
from waves.node_types.library.module_loader import Loaded, SourceFile
from waves.node_types.library.python_errors import ForbiddenError
from waves.node_types.process.describing import describe
from waves.problem import Problem, Problems

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


class Said(NamedTuple):
    """The part of an answer that a module is in, and what it says of it."""

    of: Loaded
    part: str
    what: Any


_loading: set[int] = set()  # the thread that loads
_said: dict[str, Said] = {}  # of the last version of each module


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


def load(sources: list[SourceFile], described: Collection[str], begin: Callable[[str], None]) -> dict[str, Any]:
    """Runs the sources that were not run yet, and describes the classes of the modules in `described`.

    The answer: `problems` by module; `types`, descriptions by module; `mistakes` in classes, by module. `begin` is
    called with the name of each module that is run, or described.
    """
    answer: dict[str, Any] = {"done": True, "problems": {}, "types": {}, "mistakes": {}}
    failed: list[BaseException] = []

    def run() -> None:
        _loading.add(threading.get_ident())
        try:
            loaded, problems = library.restore(sources, begin)
            answer["problems"] = {name: _packed(problem) for name, problem in problems.items()}
            for name in described:
                if name in loaded and name not in problems:
                    if name not in _said or _said[name].of is not loaded[name]:
                        begin(name)
                        _said[name] = _describe(loaded[name])
                    answer[_said[name].part][name] = _said[name].what
        except BaseException as error:
            failed.append(error)
        finally:
            _loading.clear()

    thread = threading.Thread(target=run, name="loading", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return answer


def _describe(loaded: Loaded) -> Said:
    try:
        kind = library.kind_in(loaded)
        class_checks.check(kind, loaded.sources())
        return Said(loaded, "types", dataclasses.asdict(describe(kind)))
    except Problems as found:
        return Said(loaded, "mistakes", [_packed(problem) for problem in found.problems])
    except BaseException as error:  # a class may be anything
        sentence = f"cannot be used as a node type: {type(error).__name__}: {error}"
        return Said(loaded, "mistakes", [[sentence, 1, 1]])


def _packed(problem: Problem) -> list[Any]:
    place = (problem.mark.line, problem.mark.column) if problem.mark else ()
    return [problem.sentence, *place]
