"""The sandbox process: loads node files, and runs kernels on guarded memory, as Python and as machine code.

`waves.engine.compiler.sandbox` is the other end. The machine code is the one that will be played; it is given blocks of
all sizes, and inputs of several kinds, NaN and infinity among them.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from waves.engine.compiler import guarded_loading, kernel_cache
from waves.engine.compiler.python_run import preparation_mistake, python_mistake
from waves.engine.compiler.single_row import SingleRow
from waves.engine.compiler.trial_inputs import BLOCKS, Case, cases
from waves.node import BLOCK, Node
from waves.node_types.library import library, signature
from waves.node_types.library.machine_types import Ring
from waves.node_types.library.module_loader import SourceFile

GUARD = 512  # words on either side of memory that a kernel may write
CANARY = -7.25e77  # their content, and that of an output before a call
UNANSWERED = 30.0  # seconds in one step of a trial until this process ends itself

Array = np.ndarray[Any, Any]
ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)


class GuardedMemory:
    """Memory that a kernel may write: float64 words, zero at first, between guards that must stay as they are."""

    def __init__(self, count: int):
        self._words = np.full(count + 2 * GUARD, CANARY)
        self.inside = self._words[GUARD : self._words.size - GUARD]
        self.inside[:] = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was written into the guards."""
        ends = (self._words[:GUARD], self._words[self._words.size - GUARD :])
        return all(bool((end == CANARY).all()) for end in ends)


def run_compiled(kind: type[Node], entry: Callable[[int, int, int], int], case: Case, constant: frozenset[str]) -> str:
    """Runs machine code with the inputs of a trial case; the mistake as a sentence, empty if there is none.

    `constant` are the inputs that this variant takes as one number.
    """
    output_memory, scratch = GuardedMemory(BLOCK * len(kind.outputs)), GuardedMemory(kind.scratch * BLOCK)
    outputs = output_memory.inside.reshape(-1, BLOCK)
    default = signature.state_default(kind)
    state = GuardedMemory(-(-default.nbytes // 8))
    state.inside.view(np.uint8)[: default.nbytes] = default.view(np.uint8)
    ring, ring_memory = Ring(case.ring), GuardedMemory(case.ring)
    ring.data = ring_memory.inside
    clock = np.zeros(1, np.int64)
    given = {
        **dict(zip(kind.outputs, outputs, strict=True)),
        **case.given,
        **{name: np.full(BLOCK, case.signals[name][1]) for name in constant},
    }
    memory = {"record": state.inside, "ring": ring, "scratch": scratch.inside, "frame number": clock}
    row = SingleRow(kind, given, memory)
    words = row.words()
    guarded = (output_memory, scratch, state, ring_memory)
    name = kind.__name__.lower()
    for first, count in BLOCKS:
        outputs[:] = CANARY
        status = entry(words.ctypes.data, first, count)
        if status < 0:
            return f"{name} raises an exception in its trial"
        if not all(part.is_whole for part in guarded):
            return f"{name} writes outside of its memory"
        block = outputs[:, first : first + count]
        if status == 0 and case.tame and (block == CANARY).any():
            output, frame = np.argwhere(block == CANARY)[0]
            return f"{name} does not write {kind.outputs[output]}[{frame}]: every frame is written in every block"
        if case.is_default and not np.isfinite(block).all():
            return f"{name} gives no finite number"
        if first + count == BLOCK:
            clock += BLOCK
    return ""


def answer(request: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The answer to one request; `say` sends a sign of life before it."""
    sources = [SourceFile(*source) for source in request["sources"]]
    if request["do"] == "load":
        return guarded_loading.load(sources, request["limit"], say)
    kind = library.kind_in(library.restored(sources)[request["module"]])
    if request["do"] == "prepare":
        return preparation_mistake(kind) or {"done": True}
    if request["do"] == "python":
        return python_mistake(kind)
    for path, names in request["paths"].items():
        code = kernel_cache.Code(Path(path))
        entry = ENTRY(code.address)
        for case in cases(kind):
            say({"step": "a case"})
            if sentence := run_compiled(kind, entry, case, frozenset(names)):
                return {"sentence": sentence, "case": case.name if "write" not in sentence else ""}
    return {"done": True}


def main() -> None:
    """Answers requests, one a line, until the pipe is closed.

    The client kills this process when it is late. If the client has been killed itself, code without an end must not
    run on alone: a watchdog in C ends the process, also while the code keeps the lock of the interpreter.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(2, 1)  # whatever a node file prints must not be taken for an answer
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor may it read requests
    guarded_loading.guard()

    nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")  # for the traceback of the watchdog

    def step() -> None:
        faulthandler.dump_traceback_later(UNANSWERED, exit=True, file=nowhere)

    def say(line: dict[str, Any]) -> None:
        step()
        print(json.dumps(line), file=answers, flush=True)

    say({"step": "ready"})
    faulthandler.cancel_dump_traceback_later()
    for line in requests:
        step()
        try:
            say(answer(json.loads(line), say))
        except BaseException as error:  # a file may raise SystemExit too
            say({"sentence": f"cannot be tried: {type(error).__name__}: {error}"})
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
