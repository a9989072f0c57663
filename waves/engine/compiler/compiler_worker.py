"""The compiler process: the only one that imports Numba."""

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
from waves.engine.compiler.kernel_cache import Kernel
from waves.node_types.library import library
from waves.node_types.library.module_loader import Source
from waves.whole_file import write_whole


def compile_request(asked: dict[str, Any]) -> None:
    """Compile one kernel and write its object file; called in the worker."""
    from waves.engine.native.entry import entry

    if "function" in asked:
        kernel = Kernel(None, function=asked["function"])
        module = importlib.import_module(f"waves.engine.native.{kernel_cache.ENGINE[kernel.function]}")
        compiled = getattr(module, kernel.function)
    else:
        if asked["sources"]:
            loaded = library.restored(Source(*source) for source in asked["sources"])
            kind = library.kind_in(loaded[asked["module"]])
        else:
            kind = getattr(importlib.import_module(asked["module"]), asked["class"])
        kernel_cache.mark_untrusted([kind] if asked["checked"] else [], checked=True)
        kernel = Kernel(kind, frozenset(asked["constant"]))
        compiled = entry(kind, kernel.constant, kernel.name, asked["checked"])
    if kernel.name != asked["name"]:
        raise RuntimeError("the files of waves have changed since it was started; start it again")
    _ = compiled.address  # finalises: only then is there object code
    unknown = set(re.findall(r'^declare [^@]*@"?([\w.$]+)', compiled.inspect_llvm(), re.M)) - kernel_cache.KNOWN
    if foreign := sorted(name for name in unknown if not name.startswith("llvm.")):
        raise RuntimeError(f"it needs {', '.join(foreign)}, which the sound thread does not have")
    code = compiled._library.serialize_using_object_code()[2][0]
    if asked["path"]:
        # two processes may write the same file: the same bytes
        write_whole(Path(asked["path"]), compiled._wrapper_name.encode() + b"\0" + code)


def main() -> None:
    """Read requests, one a line, until the pipe is closed."""
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
        gc.collect()  # now that nobody waits: a tenth of the time it takes to compile
        gc.freeze()


if __name__ == "__main__":
    main()
