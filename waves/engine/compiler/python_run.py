"""Runs a kernel as Python, with every index checked: it says which line goes wrong. Sandbox process only."""

from __future__ import annotations

import contextlib
import ctypes
import math
import operator
import os
import re
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from waves.engine.compiler.single_row import SingleRow, outputs_by_name
from waves.engine.compiler.trial_inputs import BLOCKS, LONGEST, Case, cases, preparation_error
from waves.node import BLOCK, Node
from waves.node_types.library import library, signature
from waves.node_types.library.machine_types import PythonCall
from waves.node_types.library.preparation import fresh_memories, short_rings
from waves.node_types.library.python_errors import frames_of_thread
from waves.node_types.started_notes import StartedNotes

SECONDS = 0.4  # for all runs

Array = np.ndarray[Any, Any]
Place = dict[str, Any]
"""A mistake as JSON: file, line and sentence; empty when it is in no file of the node."""


class OutsideError(IndexError):
    """An index outside of a block."""


class NotFiniteError(ArithmeticError):
    """A number in an output that is not finite."""


class TooLong(BaseException):
    """The time for runs as Python is over; `except Exception` in a kernel does not catch it."""


class CheckedBlock:
    """A block of frames, or scratch, that raises OutsideError for an index outside."""

    def __init__(self, name: str, numbers: Array, places: str):
        self.name, self.numbers, self.places = name, numbers, places

    @property
    def size(self) -> int:
        """Frames of this call, or places of the scratch."""
        return int(self.numbers.size)

    def __getitem__(self, index: Any) -> Any:
        return self.numbers[self._checked(index, "reads")]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.numbers[self._checked(index, "writes")] = value

    def _checked(self, index: Any, does: str) -> int:
        at = operator.index(index) if not isinstance(index, float) else int(index)
        if not 0 <= at < self.size:
            places = self.places if self.size != 1 else self.places.removesuffix("s")
            sentence = f"{does} {self.name}[{at}], which is outside: it has {self.size} {places}, from 0 on"
            raise OutsideError(sentence)
        return at


class FiniteBlock(CheckedBlock):
    """An output that also raises NotFiniteError for a number that is not finite."""

    def __setitem__(self, index: Any, value: Any) -> None:
        if not math.isfinite(value):
            raise NotFiniteError("gives no finite number")
        super().__setitem__(index, value)


def run_as_python(kind: type[Node], case: Case) -> dict[str, Any]:
    """Calls the kernel with the inputs of a trial case, for all blocks of a trial; its rings and buffers by name.

    Raises what the kernel raises, OutsideError, and NotFiniteError in the case of default inputs.
    """
    outputs = outputs_by_name(kind, np.zeros((case.outputs(kind), BLOCK)))
    clock = np.zeros(1, np.int64)
    memory = {
        "record": signature.state_default(kind),
        "scratch": np.zeros(kind.scratch * BLOCK),
        "frame number": clock,
        "notes": StartedNotes(len(kind.note_values)),
    }
    memories = fresh_memories(case.needs)
    row = SingleRow(kind, {**outputs, **case.given, **memories}, memory)

    def block(name: str, numbers: Array, places: str) -> CheckedBlock:
        finite = case.is_default and name.partition("[")[0] in outputs
        return (FiniteBlock if finite else CheckedBlock)(name, numbers, places)

    for first, count in BLOCKS:
        kind.render(*row.python(PythonCall(first, count, block)))  # type: ignore[attr-defined]
        if first + count == BLOCK:
            clock += BLOCK
    return memories


def rings_that_are_short(kind: type[Node]) -> list[str]:
    """The rings that are too short for what the kernel reads with its defaults, a sentence each."""
    case = next((one for one in cases(kind) if one.is_default), None)
    try:
        with np.errstate(all="ignore"), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
            return short_rings(run_as_python(kind, case), LONGEST) if case else []
    except Exception:  # it is a mistake of its own
        return []


def python_mistake(kind: type[Node]) -> dict[str, Any]:
    """The place of an index outside, which is certainly a mistake; else `hints`.

    Hints are the places where the kernel stopped as Python, by trial case, and under "late" where it was when its
    time was over. They explain what the machine code does wrong. What a kernel prints goes nowhere.
    """
    main = threading.get_ident()
    over = threading.Event()
    hints: dict[str, Place] = {}

    def stop() -> None:
        files = _files(kind)
        for frame in frames_of_thread(main):
            if frame.f_code.co_filename in files:
                hints["late"] = {"file": frame.f_code.co_filename, "line": frame.f_lineno}
                break
        over.set()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), ctypes.py_object(TooLong))

    timer = threading.Timer(SECONDS, stop)
    timer.start()
    try:
        # A node file prints to the errors (`module_loader`).
        with np.errstate(all="ignore"), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
            for case in cases(kind):
                try:
                    run_as_python(kind, case)
                except Exception as error:
                    place = _place(error, kind)
                    if isinstance(error, IndexError) and place:
                        return place
                    hints[case.name] = place
    except TooLong:
        pass
    finally:
        timer.cancel()
        with contextlib.suppress(TooLong):
            timer.join()
            time.sleep(0.001 if over.is_set() else 0.0)  # it may come a moment after the timer
    return {"hints": hints}


def preparation_mistake(kind: type[Node]) -> Place:
    """The mistake in `prepare`, `lengths` or `adopted` that fails with all settings of a type; else empty."""
    error = preparation_error(kind)
    if error is None:
        return {}
    notes = "".join(f": {note}" for note in getattr(error, "__notes__", ()))
    place = _place(error, kind) or {"sentence": f"{kind.__name__.lower()}: {error}"}
    return {**place, "sentence": f"{place['sentence']}{notes}"}


def _files(kind: type[Node], package: str = "") -> set[str]:
    """The paths of the files that a node type is made of, those of a package or all."""
    origin = library.origin(kind)
    return {source.file for source in origin.sources() if source.name.startswith(package)} if origin else set()


def _place(error: BaseException, kind: type[Node]) -> Place:
    """The innermost line of an error in the files of a node type, with a sentence.

    Of an error in a function of `waves.dsp` it is the line that calls it; the sentence has the place inside.
    """
    shared = _files(kind, "waves.dsp")
    inside = [one for one in traceback.extract_tb(error.__traceback__) if one.filename in _files(kind)]
    if not inside:
        return {}
    last = inside[-1]
    calling = next((one for one in reversed(inside) if one.filename not in shared), last)
    where = "" if calling is last else f", in `{last.name}` ({Path(last.filename).name}:{last.lineno})"
    sentence = f"{kind.__name__.lower()} {_predicate(error)}{where}"
    return {"file": calling.filename, "line": calling.lineno, "sentence": sentence}


def _predicate(error: BaseException) -> str:
    """The error as the end of a sentence that begins with the node."""
    text = str(error)
    if isinstance(error, OutsideError | NotFiniteError):
        return text
    if isinstance(error, ZeroDivisionError):
        return "divides by zero"
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if outside := re.search(r"index (-?\d+) .* size (\d+)", text):
        return f"uses index {outside[1]} of an array that has {outside[2]} place{'s' * (outside[2] != '1')}, from 0 on"
    return f"raises {type(error).__name__}" + (f": {text}" if text else "")
