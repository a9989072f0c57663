"""A kernel as Python, every index checked: it says which line goes wrong."""

from __future__ import annotations

import contextlib
import ctypes
import math
import operator
import re
import sys
import threading
import time
import traceback
from typing import Any

import numpy as np

from waves.engine.compiler.trial_inputs import BLOCKS, RATE, Case, cases, unmade
from waves.node import BLOCK, Node, Ring
from waves.node_types.library import library, signature
from waves.node_types.library.signature import Argument

PLAIN = 0.4  # seconds for all runs

Array = np.ndarray[Any, Any]


class Outside(IndexError):
    """An index that a kernel must not use."""


class NotFinite(ArithmeticError):
    """A number that a kernel must not give."""


class TooLong(BaseException):
    """The time for runs as Python is over."""


class Frames:
    """A block of frames, or scratch, with every index checked."""

    def __init__(self, name: str, data: Array, what: str):
        self.name, self.data, self.what = name, data, what

    @property
    def size(self) -> int:
        return int(self.data.size)

    def __getitem__(self, index: Any) -> Any:
        return self.data[self.checked(index, "reads")]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.data[self.checked(index, "writes")] = value

    def checked(self, index: Any, does: str) -> int:
        at = operator.index(index) if not isinstance(index, float) else int(index)
        if not 0 <= at < self.size:
            raise Outside(f"{does} {self.name}[{at}], which is outside: it has {self.size} {self.what}, from 0 on")
        return at


class Finite(Frames):
    """And with every number that is written."""

    def __setitem__(self, index: Any, value: Any) -> None:
        if not math.isfinite(value):
            raise NotFinite("gives no finite number")
        super().__setitem__(index, value)


class Nearest:
    """A prepared array or a list of signals: an index outside reads the nearest end."""

    def __init__(self, items: Any):
        self.items, self.size = items, len(items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[min(max(int(index), 0), self.size - 1)] if self.size else 0.0


class PlainRing(Ring):
    """A ring of frames that takes any index a compiled one takes."""

    def at(self, age: Any) -> float:
        return super().at(int(age) % self.size)


def run_plain(kind: type[Node], case: Case) -> None:
    """The kernel as Python; raises whatever it raises, Outside for an index, NotFinite where it may be none."""
    record = signature.state_default(kind).view(np.recarray)[0]
    ring = PlainRing(case.ring)
    work = np.zeros(kind.scratch * BLOCK)
    outputs = np.zeros((len(kind.outputs), BLOCK))
    clock = 0
    for first, count in BLOCKS:
        part = slice(first, first + count)

        def value(one: Argument, part: slice = part, first: int = first, clock: int = clock) -> Any:
            match one.kind:
                case "out":
                    frames = outputs[kind.outputs.index(one.name), part]
                    return (Finite if case.is_default else Frames)(one.name, frames, "frames")
                case "signal":
                    return Frames(one.name, case.signals[one.name][part], "frames")
                case "list":
                    return Nearest(
                        [Frames(f"{one.name}[{k}]", s[part], "frames") for k, s in enumerate(case.lists[one.name])]
                    )
                case "live":
                    return Nearest(
                        [Frames(f"{one.name}[{k}]", np.zeros(part.stop - part.start), "frames") for k in range(2)]
                    )
                case "number":
                    code = signature.code(kind, one.name, case.settings[one.name]) if one.type == "i8" else None
                    return np.float64(case.settings[one.name]) if code is None else code
                case "array":
                    return Nearest(case.arrays[one.name])
                case "memory":
                    return ring
                case "state":
                    return record
                case "work":
                    return Frames(one.name, work, "places")
                case "rate":
                    return np.float64(RATE)
                case "start":
                    return first
                case "clock":
                    return clock
                case _:
                    return 1

        kind.render(*(value(one) for one in signature.arguments(kind)))  # type: ignore[attr-defined]
        clock += count


def fault(kind: type[Node]) -> dict[str, Any]:
    """Where an index goes wrong as Python, which is certain; else `hints`, by case, of what the machine code does."""
    main = threading.get_ident()
    over = threading.Event()
    hints: dict[str, dict[str, Any]] = {}

    def end() -> None:
        frame = sys._current_frames().get(main)
        inside = [one for one, _ in traceback.walk_stack(frame)]
        files = _files(kind)
        for one in inside:
            if one.f_code.co_filename in files:
                hints["late"] = {"file": one.f_code.co_filename, "line": one.f_lineno}
                break
        over.set()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), ctypes.py_object(TooLong))

    timer = threading.Timer(PLAIN, end)
    timer.start()
    try:
        with np.errstate(all="ignore"):
            for case in cases(kind):
                try:
                    run_plain(kind, case)
                except Exception as error:
                    found = _place(error, kind)
                    if isinstance(error, IndexError) and found:
                        return found
                    hints[case.name] = found
    except TooLong:
        pass
    finally:
        timer.cancel()
        with contextlib.suppress(TooLong):
            timer.join()
            time.sleep(0.001 if over.is_set() else 0.0)  # it may come a moment after the timer
    return {"hints": hints}


def _files(kind: type[Node]) -> set[str]:
    """The files that a node is made of."""
    origin = library.origin(kind)
    return {source.file for source in origin.sources()} if origin else set()


def unmade_fault(kind: type[Node]) -> dict[str, Any]:
    """Where `prepare` or `memory` goes wrong, or what is wrong with what it returns; empty if nothing is."""
    error = unmade(kind)
    return (_place(error, kind) or {"sentence": f"{kind.__name__.lower()}: {error}"}) if error else {}


def _place(error: BaseException, kind: type[Node]) -> dict[str, Any]:
    """The line of an error, if it is in the files of a node."""
    files = _files(kind)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            text = str(error)
            if isinstance(error, Outside | NotFinite):
                sentence = text
            elif isinstance(error, ZeroDivisionError):
                sentence = "divides by zero"
            elif isinstance(error, MemoryError):
                sentence = "needs more memory than there is"
            elif found := re.search(r"index (-?\d+) .* size (\d+)", text):
                sentence = f"uses index {found[1]} of an array that has {found[2]} places, from 0 on"
            else:
                sentence = f"raises {type(error).__name__}" + (f": {text}" if text else "")
            return {
                "file": frame.filename,
                "line": frame.lineno,
                "sentence": f"{kind.__name__.lower()} {sentence}",
            }
    return {}
