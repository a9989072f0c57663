"""Starts with nothing compiled, then the compile time of each kernel, as JSON lines.

To be run with an empty `WAVES_CACHE`; the starts have empty caches of their own.
"""

from __future__ import annotations

import compileall
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.pieces import FIRST
from bench.workspace import SOUNDS, Folder
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, NodeKernel
from waves.engine.plan.plan import needed_to_play

TOP = Path(__file__).parent.parent
STARTS = ("tone", "my_sound")  # of the demo piece
ADOPT = 36  # of `prctl`: processes that are left by what has started them become ours


def start(name: str) -> dict[str, Any]:
    """Seconds from the command to the sound, CPU seconds of all its processes, and kernels, with an empty cache.

    It plays for a moment, so a little of what is compiled while it plays counts too. The bytecode of Python is there,
    as after an installation.
    """
    compileall.compile_dir(TOP / "waves", quiet=2)
    with tempfile.TemporaryDirectory(prefix="waves-bench-") as top:
        piece, cache = Path(top) / "piece", str(Path(top) / "cache")
        shutil.copytree(TOP / "samples", piece / "samples")
        shutil.copy(TOP / "waves.yaml", piece)
        options = ["--dir", str(piece), "--device", "silent", "--json-events", "--duration", "0.05"]
        before, started = _cpu_of_children(), time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "waves", "play", name, *options],
            env={**os.environ, "WAVES_CACHE": cache},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            event = json.loads(process.stdout.readline())["event"]
            seconds = time.perf_counter() - started
            process.communicate()
        if event != "started":
            raise RuntimeError(f"{name} does not start: {event}")
        kernels = len(list((Path(cache) / "kernels").glob("*.o")))
        return {"sound": name, "seconds": seconds, "cpu": _cpu_of_children() - before, "kernels": kernels}


def _cpu_of_children() -> float:
    """CPU seconds of all processes that were started, also of those that were left by what had started them."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the starts, then name, constant inputs, seconds and CPU seconds of the kernels of the first piece."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    for name in STARTS:
        print(json.dumps(start(name)), flush=True)
    folder = Folder(FIRST, 2)
    wanted = dict.fromkeys(needed_to_play(folder.composer.compose(SOUNDS).graph, "callback"))
    with Compiler() as compiler:
        for kernel in [
            EngineKernel("swap"),
            *wanted,
        ]:  # the first also pays for the start of the worker
            if not kernel_cache.missing([kernel]):
                continue
            started = time.perf_counter()
            compiler.compile([kernel])
            seconds = time.perf_counter() - started
            cpu = compiler.cpu_seconds[kernel.name]
            constant = sorted(kernel.constant) if isinstance(kernel, NodeKernel) else []
            print(
                json.dumps({"kernel": kernel.title, "constant": constant, "seconds": seconds, "cpu": cpu}),
                flush=True,
            )


if __name__ == "__main__":
    main()
