"""The other end of `prover`: loads texts, and runs kernels on plain memory, as Python and compiled.

The machine code is what will be played; it is given blocks of all sizes, with signals of several kinds, NaN and
infinity among them.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from waves.abi import ROW
from waves.engine.compiler import guarded_loading, kernel_cache
from waves.engine.compiler.python_run import fault, unmade_fault
from waves.engine.compiler.trial_inputs import BLOCKS, RATE, Case, cases
from waves.node import BLOCK, Node
from waves.node_types.library import library, signature
from waves.node_types.library.module_loader import Source

GUARD = 512  # words on either side of what a kernel may write
CANARY = -7.25e77

Array = np.ndarray[Any, Any]
ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)


@dataclass(eq=False, slots=True)
class Memory:
    """What a kernel writes to, between guards."""

    words: Array = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, count: int) -> Memory:
        memory = cls(np.full(count + 2 * GUARD, CANARY))
        memory.inside[:] = 0.0
        return memory

    @property
    def inside(self) -> Array:
        return self.words[GUARD : self.words.size - GUARD]

    @property
    def whole(self) -> bool:
        ends = (self.words[:GUARD], self.words[self.words.size - GUARD :])
        return all(bool((end == CANARY).all()) for end in ends)


def run_compiled(kind: type[Node], entry: Any, case: Case, constant: frozenset[str]) -> str:
    """Run machine code; what is wrong, empty if nothing is."""
    keep: list[Any] = []

    def at(array: Array) -> int:
        keep.append(array)
        return int(array.ctypes.data)

    written = [Memory.of(BLOCK * len(kind.outputs)), Memory.of(kind.scratch * BLOCK)]
    default = signature.state_default(kind)
    state = Memory.of(-(-default.nbytes // 8))
    state.inside.view(np.uint8)[: default.nbytes] = default.view(np.uint8)
    ring = Memory.of(case.ring)
    guarded = [*written, state, ring]
    clock = np.zeros(1, np.int64)
    row = np.zeros(len(ROW) + 8 * (len(signature.arguments(kind)) + 1), np.int64)
    for one in signature.arguments(kind):
        words: list[Any] = [1]
        match one.kind:
            case "out":
                words = [at(written[0].inside) + 8 * BLOCK * kind.outputs.index(one.name)]
            case "signal":
                signal = case.signals[one.name]
                words = [at(np.full(BLOCK, signal[1]) if one.name in constant else signal)]
            case "list" | "live":
                entries = case.lists.get(one.name, [np.zeros(BLOCK)] * 2)
                words = [
                    at(np.array([at(each) for each in entries] or [at(np.zeros(BLOCK))], np.int64)),
                    len(entries),
                ]
            case "number" if one.type == "i8":
                words = [signature.code(kind, one.name, case.settings[one.name])]
            case "number":
                row[one.word : one.word + 1].view(np.float64)[0] = case.settings[one.name]
                continue
            case "rate":
                row[one.word : one.word + 1].view(np.float64)[0] = RATE
                continue
            case "array":
                array = case.arrays[one.name]
                words = [at(array), array.size]
            case "memory":
                words = [at(ring.inside), case.ring - 1, at(np.zeros(2, np.int64))]
            case "state":
                words = [at(state.inside)]
            case "work":
                words = [at(written[1].inside)]
            case "start":
                continue
            case "clock" | "fade":
                words = [at(clock)]
        row[one.word : one.word + len(words)] = words
    name = kind.__name__.lower()
    outputs = written[0].inside.reshape(-1, BLOCK)
    for first, count in BLOCKS:
        outputs[:] = CANARY
        status = entry(row.ctypes.data, first, count)
        if status < 0:
            return f"{name} raises an exception in its trial"
        if not all(memory.whole for memory in guarded):
            return f"{name} writes outside of its memory"
        block = outputs[:, first : first + count]
        if status == 0 and case.tame and (block == CANARY).any():
            output, frame = np.argwhere(block == CANARY)[0]
            return f"{name} does not write {kind.outputs[output]}[{frame}]: every frame is written in every block"
        if case.is_default and not np.isfinite(block).all():
            return f"{name} gives no finite number"
        clock += count
    return ""


def try_out(asked: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """One step of a trial; the answer."""
    sources = [Source(*source) for source in asked["sources"]]
    if asked["do"] == "load":
        return guarded_loading.load(sources, asked["limit"], say)
    kind = library.kind_in(library.restored(sources)[asked["module"]])
    if asked["do"] == "make":
        return unmade_fault(kind) or {"done": True}
    if asked["do"] == "plain":
        return fault(kind)
    for path, names in asked["paths"].items():
        code = kernel_cache.Code(Path(path))
        entry = ENTRY(code.address)
        for case in cases(kind):
            say({"step": "a case"})
            if wrong := run_compiled(kind, entry, case, frozenset(names)):
                return {"sentence": wrong, "case": case.name if "write" not in wrong else ""}
    return {"done": True}


def main() -> None:
    """Answer requests, one a line, until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(2, 1)  # whatever a node file prints must not be taken for an answer
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nor may it read requests
    guarded_loading.guard()

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    say({"step": "ready"})
    for line in requests:
        try:
            say(try_out(json.loads(line), say))
        except BaseException as error:  # a file may raise SystemExit too
            say({"sentence": f"cannot be tried: {type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
