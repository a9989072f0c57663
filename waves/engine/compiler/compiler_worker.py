"""The compiler process, the only one that imports Numba: requests in, object files in the cache out.

`waves.engine.compiler.compiler` is the other end.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import time
from pathlib import Path
from typing import IO, Any

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compile_errors import explain
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel, NodeKernel
from waves.engine.compiler.machine_code import KNOWN_SYMBOLS, write_code
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.process.forked_process import fork_off
from waves.node_types.process.incoming import Incoming
from waves.problem import reason_of
from waves.wire import Message, send

IDLE = 0.5  # seconds without a request, after which garbage is collected
UNCOLLECTED = 20  # requests whose garbage may wait: 5 MB each


def answer_to(request: Message) -> Message:
    """The answer to a request: CPU seconds, or the problem of a kernel that cannot be compiled, at its line."""
    started = time.process_time()
    try:
        compile_request(request)
    except OSError as error:  # of the disk: the node has no part in it
        return {"error": reason_of(error), "disk": True}
    except Exception as error:
        return _explained(request, str(error).strip() or type(error).__name__)
    return {"cpu": time.process_time() - started}


def _explained(request: Message, message: str) -> Message:
    """The answer with a message of the compiler, and with the problem of a node type that has a file."""
    if not request.get("sources"):
        return {"error": message}
    try:
        kind = _kind(request)
        assert kind
        problem = explain(kind, message, [SourceFile(*source) for source in request["sources"]])
    except Exception:  # its file cannot be loaded here
        return {"error": message}
    assert problem.mark
    place = (problem.mark.file, problem.mark.line, problem.mark.column)
    return {"error": message, "sentence": problem.sentence, "mark": place, "source": problem.source}


def compile_request(request: Message) -> None:
    """Compiles one kernel and writes its object file, if the request has a path. Raises what the compiler raises."""
    from waves.engine.compiler.numba_target.cut_fractions import no_fraction_is_cut
    from waves.engine.compiler.numba_target.target import for_machine_code
    from waves.engine.native.entry import needed_names, object_code

    kind = _kind(request)
    with for_machine_code(), no_fraction_is_cut() if kind else contextlib.nullcontext():
        kernel, compiled = _compiled(kind, request)
    if kernel.name != request["name"]:
        raise RuntimeError("the files of waves have changed since it was started; start it again")
    symbol, code = object_code(compiled)
    unknown = needed_names(compiled) - KNOWN_SYMBOLS
    if foreign := sorted(name for name in unknown if not name.startswith("llvm.")):
        raise RuntimeError(f"it needs {', '.join(foreign)}, which the sound thread does not have")
    if request["path"]:  # two processes may write the same file: the same bytes
        write_code(Path(request["path"]), symbol, code)


def _kind(request: Message) -> type[Node] | None:
    """The node type of a request; None for a function of the engine."""
    if "function" in request:
        return None
    if request["sources"]:
        loaded = library.restored(SourceFile(*source) for source in request["sources"])
        return library.kind_in(loaded[request["module"]])
    kind: type[Node] = getattr(importlib.import_module(request["module"]), request["class"])
    return kind


def _compiled(kind: type[Node] | None, request: Message) -> tuple[Kernel, Any]:
    """The kernel of a request, and its C function as Numba has compiled it."""
    if kind is None:
        function = EngineKernel(request["function"])
        return function, getattr(importlib.import_module(function.module), function.function).compiled()
    from waves.engine.native.entry import entry

    kernel_cache.mark_untrusted([kind] if request["checked"] else [], checked=True)
    kernel = NodeKernel(kind, frozenset(request["constant"]))
    return kernel, entry(kind, kernel.constant, kernel.name, request["checked"])


def _prepare() -> None:
    """Imports what compiling needs, and has Numba take in its declarations, as it does for the first function."""
    from waves.engine.compiler.numba_target.target import for_machine_code
    from waves.engine.native import callback, loop, pool  # noqa: F401

    with for_machine_code():
        loop.swap.compiled()


def main() -> None:
    """Answers requests as long as there is a player. Its arguments are those of `fork_off`."""
    requests: IO[bytes] = sys.stdin.buffer
    answers: IO[bytes] = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a node file prints must not be taken for an answer
    gc.disable()
    if given := [int(end) for end in sys.argv[1:]]:
        with contextlib.suppress(Exception):  # found again as something is compiled
            _prepare()
        gc.collect()
        gc.freeze()
        requests, answers = fork_off((given[0], given[1], given[2]), (requests, answers))
    incoming, uncollected = Incoming(requests), 0
    while True:
        request = incoming.take_within(IDLE) if uncollected else incoming.take()
        if request:
            with contextlib.suppress(Exception):  # found again as it is compiled
                _kind(request)
            send(answers, {"step": "loaded"})
            send(answers, answer_to(request))
            uncollected += 1
        if not request or uncollected == UNCOLLECTED:
            gc.collect()  # it takes a tenth of the time that compiling takes
            gc.freeze()
            uncollected = 0


if __name__ == "__main__":
    main()
