"""The other end of `prover`: runs a kernel on plain memory, first as Python with every index checked, then compiled.

As Python it says which line goes wrong. The machine code is what will be played; it is given blocks of all sizes, with
signals of several kinds, NaN and infinity among them.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import operator
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from waves import kernels, layout, library
from waves.cases import RATE, Case, cases
from waves.layout import ROW, Argument
from waves.modules import Source
from waves.node import BLOCK, Node, Ring

PLAIN = 0.4  # seconds for all runs as Python
BLOCKS = ((0, 64), (0, 64), (0, 1), (1, 40), (41, 23))  # first frame and frames
GUARD = 512  # words on either side of what a kernel may write
CANARY = -7.25e77

Array = np.ndarray[Any, Any]
ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)


class Outside(IndexError):
    """An index that a kernel must not use."""


class TooLong(BaseException):
    """The time for runs as Python is over."""


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
    """The kernel as Python; raises whatever it raises, Outside for an index."""
    record = layout.state_default(kind).view(np.recarray)[0]
    ring = PlainRing(case.ring)
    work = np.zeros(kind.scratch * BLOCK)
    outputs = np.zeros((len(kind.outputs), BLOCK))
    clock = 0
    for first, count in BLOCKS:
        part = slice(first, first + count)

        def value(one: Argument, part: slice = part, first: int = first, clock: int = clock) -> Any:
            match one.kind:
                case "out":
                    return Frames(one.name, outputs[kind.outputs.index(one.name), part], "frames")
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
                    code = layout.code(kind, one.name, case.settings[one.name]) if one.type == "i8" else None
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

        kind.render(*(value(one) for one in layout.arguments(kind)))  # type: ignore[attr-defined]
        clock += count


def run_compiled(kind: type[Node], entry: Any, case: Case, constant: frozenset[str]) -> str:
    """Run machine code; what is wrong, empty if nothing is."""
    keep: list[Any] = []

    def at(array: Array) -> int:
        keep.append(array)
        return int(array.ctypes.data)

    written = [Memory.of(BLOCK * len(kind.outputs)), Memory.of(kind.scratch * BLOCK)]
    default = layout.state_default(kind)
    state = Memory.of(-(-default.nbytes // 8))
    state.inside.view(np.uint8)[: default.nbytes] = default.view(np.uint8)
    ring = Memory.of(case.ring)
    guarded = [*written, state, ring]
    clock = np.zeros(1, np.int64)
    row = np.zeros(len(ROW) + 8 * (len(layout.arguments(kind)) + 1), np.int64)
    for one in layout.arguments(kind):
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
                words = [layout.code(kind, one.name, case.settings[one.name])]
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
    for first, count in BLOCKS:
        if entry(row.ctypes.data, first, count) < 0:
            return f"{name} raises an exception in its trial"
        if not all(memory.whole for memory in guarded):
            return f"{name} writes outside of its memory"
        clock += count
    return ""


def plain_fault(kind: type[Node]) -> dict[str, Any]:
    """Where the kernel goes wrong as Python: an index is certain, the rest a hint for what the machine code does."""
    main = threading.get_ident()
    over = threading.Event()
    hint: dict[str, Any] = {}

    def end() -> None:
        frame = sys._current_frames().get(main)
        inside = [one for one, _ in traceback.walk_stack(frame)]
        files = _files(kind)
        for one in inside:
            if one.f_code.co_filename in files:
                hint.update(file=one.f_code.co_filename, line=one.f_lineno)
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
                        return found | {"certain": True}
                    if not hint:
                        hint.update(found)
    except TooLong:
        pass
    finally:
        timer.cancel()
        with contextlib.suppress(TooLong):
            timer.join()
            time.sleep(0.001 if over.is_set() else 0.0)  # it may come a moment after the timer
    return hint


def _files(kind: type[Node]) -> set[str]:
    """The files that a node is made of."""
    origin = library.origin(kind)
    return {source.file for source in origin.sources()} if origin else set()


def _place(error: BaseException, kind: type[Node]) -> dict[str, Any]:
    """The line of an error, if it is in the files of a node."""
    files = _files(kind)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            text = str(error)
            if isinstance(error, Outside):
                sentence = text
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


def try_out(asked: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """One step of a trial; the answer."""
    loaded = library.restored(Source(*source) for source in asked["sources"])
    if asked["do"] == "load":
        return {"done": True}
    kind = library.kind_in(loaded[asked["module"]])
    if asked["do"] == "plain":
        return plain_fault(kind)
    for path, names in asked["paths"].items():
        code = kernels.Code(Path(path))
        entry = ENTRY(code.address)
        for case in cases(kind):
            say({"step": "a case"})
            if wrong := run_compiled(kind, entry, case, frozenset(names)):
                return {"sentence": wrong}
    return {"done": True}


def main() -> None:
    """Answer requests, one a line, until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a node file prints must not be taken for an answer

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    say({"step": "ready"})
    for line in sys.stdin:
        try:
            say(try_out(json.loads(line), say))
        except BaseException as error:  # a file may raise SystemExit too
            say({"sentence": f"cannot be tried: {type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
