"""Seconds that each kernel takes to compile, as JSON lines; to be run with an empty `WAVES_CACHE`."""

from __future__ import annotations

import json
import time

from bench.piece import SOUNDS, Folder
from bench.texts import FIRST
from waves.app.commands.kernels import needed_to_play
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import Kernel


def main() -> None:
    """The engine's kernels, then those of the first piece: name, constant inputs, seconds."""
    folder = Folder(FIRST, 2)
    wanted = dict.fromkeys(needed_to_play(folder.composer.compose(SOUNDS)))
    with Compiler() as compiler:
        for kernel in [
            Kernel(None, function="swap"),
            *wanted,
        ]:  # the first also pays for the start of the worker
            if not kernel_cache.missing([kernel]):
                continue
            started = time.perf_counter()
            compiler.compile([kernel])
            seconds = time.perf_counter() - started
            name = kernel.kind.__name__.lower() if kernel.kind else kernel.function
            print(
                json.dumps({"kernel": name, "constant": sorted(kernel.constant), "seconds": seconds}),
                flush=True,
            )


if __name__ == "__main__":
    main()
