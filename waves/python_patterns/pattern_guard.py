"""Limits of the process that runs pattern files, and what no file of them may replace there."""

from __future__ import annotations

import _thread
import builtins
import fractions
import json
import operator
import random
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any, Never

from waves.node_types.library.python_errors import ForbiddenError
from waves.node_types.process.python_worker import RECURSION

MEMORY_LIMIT = 512_000_000  # bytes
FORBIDDEN = (
    *("os.fork", "os.forkpty", "os.system", "os.exec", "os.posix_spawn", "os.spawn"),
    *("subprocess.Popen", "os.startfile", "pty.spawn"),
)
"""Audit events of Python as a program is started."""
PROGRAM = "it starts a program, which a file of patterns must not"
THREAD = "it starts a thread, which a file of patterns must not"
CALLS = (
    "mmap.__new__",
    "resource.setrlimit",
    "ctypes.dlopen",
    "ctypes.dlsym",
    "ctypes.dlsym/handle",
    "os.kill",
    "os.killpg",
    "builtins.input",
)
REPLACED = "it replaces '{}', which all files use: give yours another name"
SHARED = (builtins, json, json.decoder, json.encoder, random, fractions, operator, re)
"""Modules of Python that this process answers with."""
METHODS = (FunctionType, property, classmethod, staticmethod)


class Originals:
    """The functions and classes that all files share, as they were before one of them ran."""

    def __init__(self) -> None:
        own = [one for name, one in [*sys.modules.items()] if name.partition(".")[0] in ("waves", "__main__")]
        self._modules = [(one, _callables(one)) for one in (*SHARED, *own)]
        kinds = {id(kind): kind for _, found in self._modules for kind in found.values() if isinstance(kind, type)}
        methods = ((kind, _methods(kind)) for kind in kinds.values())
        self._kinds = [(kind, found) for kind, found in methods if found]

    def restored(self) -> str:
        """Put back what a file has replaced: the first of it as a dotted name; empty if nothing was."""
        first = ""
        for module, functions in self._modules:
            now = module.__dict__
            for name, one in functions.items():
                if now.get(name) is not one:
                    now[name] = one
                    first = first or f"{module.__name__}.{name}"
        for kind, methods in self._kinds:
            has = kind.__dict__
            for name, one in methods.items():
                if has.get(name) is not one:
                    setattr(kind, name, one)
                    first = first or f"{kind.__module__}.{kind.__qualname__}.{name}"
        sys.settrace(None)
        sys.setprofile(None)
        with suppress(RecursionError):
            sys.setrecursionlimit(RECURSION)
        return first


def _callables(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {name: one for name, one in vars(module).items() if callable(one)}


def _methods(kind: type) -> dict[str, Any]:
    return {name: one for name, one in vars(kind).items() if isinstance(one, METHODS)}


def guard() -> None:
    """Limit this process until it ends. The threads that it needs run already."""
    own = threading.main_thread().ident

    def audit(event: str, _arguments: Any) -> None:
        if event in FORBIDDEN and threading.get_ident() == own:
            raise ForbiddenError(PROGRAM)
        if event in CALLS and threading.get_ident() == own:
            raise ForbiddenError(f"it calls '{event}', which a file of patterns must not")

    # Functions that Python does not audit are replaced: nothing of this process needs them any more.
    threading.Thread.start = _no_thread  # type: ignore[assignment, method-assign]
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        for module, one in ((_thread, name), (threading, f"_{name}")):
            if hasattr(module, one):
                setattr(module, one, _no_thread)
    with suppress(ImportError):
        import _posixsubprocess

        _posixsubprocess.fork_exec = _no_program
    with suppress(ImportError, ValueError, OSError):  # not every system has such limits
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(audit)


def _no_program(*_arguments: Any) -> Never:
    raise ForbiddenError(PROGRAM)


def _no_thread(*_arguments: Any) -> Never:
    raise ForbiddenError(THREAD)
