"""The sandbox process: loads node files, and runs kernels on guarded memory, as Python and as machine code.

`waves.engine.compiler.sandbox` is the other end. The machine code is the one that will be played; it is given blocks of
all sizes, and inputs of several kinds, NaN and infinity among them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from waves.engine.compiler.machine_code import Code
from waves.engine.compiler.python_run import preparation_mistake, python_mistake, rings_that_are_short
from waves.engine.compiler.single_row import SingleRow, outputs_by_name
from waves.engine.compiler.trial_inputs import BLOCKS, Case, cases
from waves.node import BLOCK, Node
from waves.node_types.library import library, signature
from waves.node_types.library.kernel_arguments import output_names
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.library.preparation import fresh_memories
from waves.node_types.process.python_worker import HANDLERS, Handler, Worker, serve
from waves.node_types.started_notes import StartedNotes
from waves.wire import Message

GUARD = 512  # words on either side of memory that a kernel may write
CANARY = -7.25e77  # their content, and that of an output before a call

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
    output_memory, scratch = GuardedMemory(BLOCK * case.outputs(kind)), GuardedMemory(kind.scratch * BLOCK)
    outputs = output_memory.inside.reshape(-1, BLOCK)
    default = signature.state_default(kind)
    state = GuardedMemory(-(-default.nbytes // 8))
    state.inside.view(np.uint8)[: default.nbytes] = default.view(np.uint8)
    guarded: list[GuardedMemory] = [output_memory, scratch, state]

    def numbers(size: int, element: str) -> Array:
        guarded.append(GuardedMemory(size))
        return guarded[-1].inside.view(element)

    clock = np.zeros(1, np.int64)
    given = {
        **outputs_by_name(kind, outputs),
        **case.given,
        **fresh_memories(case.needs, numbers),
        **{name: np.full(BLOCK, case.signals[name][1]) for name in constant},
    }
    memory: dict[str, Any] = {"record": state.inside, "scratch": scratch.inside, "frame number": clock}
    memory["notes"] = StartedNotes(len(kind.note_values))
    row = SingleRow(kind, given, memory)
    words = row.words()
    name = kind.__name__.lower()
    for first, count in BLOCKS:
        outputs[:] = CANARY if signature.outputs_written(kind) else 0.0
        status = entry(words.ctypes.data, first, count)
        if status < 0:
            return f"{name} raises an exception in its trial"
        if not all(part.is_whole for part in guarded):
            return f"{name} writes outside of its memory"
        block = outputs[:, first : first + count]
        if status == 0 and case.tame and (block == CANARY).any():
            output, frame = np.argwhere(block == CANARY)[0]
            written = f"{_name_of_output(kind, int(output), len(outputs))}[{frame}]"
            return f"{name} does not write {written}: every frame is written in every block"
        if case.is_default and not np.isfinite(block).all():
            return f"{name} gives no finite number"
        if first + count == BLOCK:
            clock += BLOCK
    return ""


def _name_of_output(kind: type[Node], number: int, count: int) -> str:
    """The words by which a kernel writes an output, of so many."""
    names = output_names(kind)
    if not isinstance(kind.channels, str):
        return names[number]
    wide = count - len(names) + 1
    return f"out[{number}]" if number < wide else names[number - wide + 1]


def kind_of(request: Message, worker: Worker) -> type[Node]:
    """The node type that a request is about."""
    sources = [SourceFile(*source) for source in request["sources"]]
    worker.files |= {source.file: source.name for source in sources}
    return library.kind_in(library.restored(sources)[request["module"]])


def try_preparation(request: Message, worker: Worker) -> Message:
    """Call `prepare`, `lengths` and `adopted` of a type; the place of a mistake."""
    return preparation_mistake(kind_of(request, worker)) or {"done": True}


def try_python(request: Message, worker: Worker) -> Message:
    """Run a kernel as Python; the place of a mistake, or hints."""
    return python_mistake(kind_of(request, worker))


def try_rings(request: Message, worker: Worker) -> Message:
    """Run a kernel as Python with its defaults; sentences on the rings that are too short."""
    return {"short": rings_that_are_short(kind_of(request, worker))}


def try_compiled(request: Message, worker: Worker) -> Message:
    """Run the machine code of a kernel with the inputs of all trial cases; a sign of life before each."""
    kind = kind_of(request, worker)
    for path, names in request["paths"].items():
        code = Code(Path(path))
        entry = ENTRY(code.address)
        for case in cases(kind):
            worker.begin("")
            if sentence := run_compiled(kind, entry, case, frozenset(names)):
                return {"sentence": sentence, "case": case.name if "write" not in sentence else ""}
    return {"done": True}


TRIALS: dict[str, Handler] = {
    "prepare": try_preparation,
    "python": try_python,
    "rings": try_rings,
    "compiled": try_compiled,
}


def main() -> None:
    """Run the process."""
    serve({**HANDLERS, **TRIALS})


if __name__ == "__main__":
    main()
