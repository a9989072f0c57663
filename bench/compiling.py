"""Compile time of each kernel, as JSON lines. To be run with an empty `WAVES_CACHE`."""

from __future__ import annotations

import json
import time

from bench.pieces import FIRST
from bench.workspace import SOUNDS, Folder
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, NodeKernel
from waves.engine.plan.plan import needed_to_play


def main() -> None:
    """Print name, constant inputs and seconds of the engine's kernels, then of those of the first piece."""
    folder = Folder(FIRST, 2)
    wanted = dict.fromkeys(needed_to_play(folder.composer.compose(SOUNDS).graph))
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
            constant = sorted(kernel.constant) if isinstance(kernel, NodeKernel) else []
            print(
                json.dumps({"kernel": kernel.title, "constant": constant, "seconds": seconds}),
                flush=True,
            )


if __name__ == "__main__":
    main()
