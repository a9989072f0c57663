"""The compiler process, the only one that imports Numba: requests in, object files in the cache out."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel, Kernel, NodeKernel
from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile
from waves.whole_file import write_whole


def compile_request(request: dict[str, Any]) -> None:
    """Compiles one kernel and writes its object file, if the request has a path. Raises what the compiler raises."""
    kernel, compiled = _compiled(request)
    if kernel.name != request["name"]:
        raise RuntimeError("the files of waves have changed since it was started; start it again")
    from waves.engine.native.entry import object_code

    symbol, code = object_code(compiled)
    unknown = set(re.findall(r'^declare [^@]*@"?([\w.$]+)', compiled.inspect_llvm(), re.M)) - kernel_cache.KNOWN_SYMBOLS
    if foreign := sorted(name for name in unknown if not name.startswith("llvm.")):
        raise RuntimeError(f"it needs {', '.join(foreign)}, which the sound thread does not have")
    if request["path"]:  # two processes may write the same file: the same bytes
        write_whole(Path(request["path"]), symbol.encode() + b"\0" + code)


def _compiled(request: dict[str, Any]) -> tuple[Kernel, Any]:
    """The kernel of a request, and its C function as Numba has compiled it."""
    if "function" in request:
        function = EngineKernel(request["function"])
        return function, getattr(importlib.import_module(function.module), function.function)
    from waves.engine.native.entry import entry

    if request["sources"]:
        loaded = library.restored(SourceFile(*source) for source in request["sources"])
        kind = library.kind_in(loaded[request["module"]])
    else:
        kind = getattr(importlib.import_module(request["module"]), request["class"])
    kernel_cache.mark_untrusted([kind] if request["checked"] else [], checked=True)
    kernel = NodeKernel(kind, frozenset(request["constant"]))
    return kernel, entry(kind, kernel.constant, kernel.name, request["checked"])


def main() -> None:
    """Answers requests, one a line, until the pipe is closed."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a node file prints must not be taken for an answer
    gc.disable()
    for line in sys.stdin:
        try:
            compile_request(json.loads(line))
            answer = {}
        except Exception as error:
            answer = {"error": str(error).strip() or type(error).__name__}
        print(json.dumps(answer), file=answers, flush=True)
        gc.collect()  # between requests: it takes a tenth of the time that compiling takes
        gc.freeze()


if __name__ == "__main__":
    main()
