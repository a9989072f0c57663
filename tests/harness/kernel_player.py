"""Runs a node's kernel on arrays, block by block: as plain Python, or as machine code as in the engine."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from tests.harness.paths import NODES
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import request
from waves.engine.compiler.compiler_worker import compile_request
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.engine.compiler.single_row import SingleRow, outputs_by_name
from waves.engine.native.intrinsics import FLUSH, get_mode, set_mode
from waves.node import BLOCK, Channels, Node, Shared, Signal, Signals
from waves.node_types.library import library, signature
from waves.node_types.library.machine_types import PythonCall
from waves.node_types.library.preparation import KnownParameters, fresh_memories, memory_needs
from waves.node_types.started_notes import StartedNotes

RATE = 44100.0
ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)


@cache
def node(name: str) -> type[Node]:
    """The node type of a file in `nodes/`."""
    return library.load_library(NODES)[name]


class Player:
    """One node of its own, with its state.

    `given` are parameters by name: numbers or arrays for signals, lists of them for `Signals` and `Channels`,
    numbers or words for the rest. `arrays` are what `prepare` gives, the row of a channel already chosen.
    `constant` names the inputs that the compiled variant takes as one number; `first` is the number of the
    first frame since the piece began.
    """

    def __init__(
        self,
        kind: type[Node],
        frames: int,
        *,
        compiled: bool = False,
        constant: tuple[str, ...] = (),
        arrays: dict[str, Any] | None = None,
        rate: float = RATE,
        seed: int = 1,
        first: int = 0,
        **given: Any,
    ):
        self.kind, self.frames, self.constant = kind, frames, frozenset(constant)
        values = {name: given.pop(name, self._default(info)) for name, info in kind.model_fields.items()}
        assert not given, f"{kind.__name__} has no parameter {', '.join(given)}"
        if "seed" in kind.model_fields:
            values["seed"] = seed
        constants = KnownParameters(**{name: self._constant(kind, name, value) for name, value in values.items()})
        channels = {}
        for name in signature.parameter_names(kind, Channels):
            channels[name] = len(values[name]) if isinstance(values[name], list | tuple) else 1
        self.memories = fresh_memories(memory_needs(kind, constants, rate, channels))
        for name in signature.parameter_names(kind, Signal):
            values[name] = self._signal(values[name])
        for name in signature.parameter_names(kind, Signals, Channels):
            several = values[name] if isinstance(values[name], list | tuple) else [values[name]]
            values[name] = [self._signal(one) for one in several]
        for name in signature.parameter_names(kind, Shared):
            del values[name]
        prepared = {name: np.ascontiguousarray(array, kind.arrays[name]) for name, array in (arrays or {}).items()}
        self.notes = StartedNotes(len(kind.note_values), frames)
        self.record = signature.state_default(kind)
        wide = channels.get(str(kind.channels), 1)
        self.outputs = np.zeros((signature.output_count(kind, wide), frames))
        self.at, self.ended = 0, False
        memory_of = {
            "record": self.record,
            "scratch": np.zeros(BLOCK * max(kind.scratch, 1)),
            "frame number": np.array([first], np.int64),
            "notes": self.notes,
        }
        outputs = outputs_by_name(kind, self.outputs)
        self.row = SingleRow(
            kind, {"rate": rate, "seed": seed, **values, **prepared, **self.memories, **outputs}, memory_of
        )
        self.call = self._compiled() if compiled else self._python

    @property
    def state(self) -> Any:
        """The record of the state."""
        return self.record.view(np.recarray)[0]

    @staticmethod
    def _constant(kind: type[Node], name: str, value: Any) -> Any:
        """A parameter as `lengths` sees it: a signal that moves, or is not written, is None."""
        if signature.annotation(kind, name) is not Signal:
            return value
        return None if np.ndim(value) or value != value else float(value)

    @staticmethod
    def _default(info: Any) -> Any:
        return math.nan if info.is_required() or info.default is None else info.default

    def _signal(self, value: Any) -> np.ndarray[Any, Any]:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, float), self.frames))

    def render(self, frames: int | None = None, block: int = BLOCK) -> np.ndarray[Any, Any]:
        """The next frames: one row if the node has one output, else one row per output."""
        first = self.at
        last = self.frames if frames is None else self.at + frames
        while self.at < last and not self.ended:
            count = min(block, last - self.at)
            self.ended = bool(self.call(self.at, count))
            self.at += count
        self.at = last
        result = self.outputs[:, first:last]
        return result[0] if len(result) == 1 else result

    def _python(self, start: int, count: int) -> Any:
        with np.errstate(all="ignore"):
            return self.kind.render(*self.row.python(PythonCall(start, count)))  # type: ignore[attr-defined]

    def _compiled(self) -> Any:
        kernel = NodeKernel(self.kind, self.constant)
        if kernel_cache.missing([kernel]):
            compile_request(request(kernel))
        entry = ENTRY(kernel_cache.address(kernel))
        words = self.row.words()

        def call(start: int, count: int) -> int:
            status = entry(words.ctypes.data, start, count)
            assert status >= 0, "the kernel raised"
            return int(status)

        return call


@contextmanager
def flushing() -> Iterator[None]:
    """This thread calculates as the sound thread does: the numbers nearest to 0 are 0."""
    before = _mode(FLUSH)
    try:
        yield
    finally:
        _mode(before, only=True)


@njit
def _mode(mode, only=False):  # type: ignore[no-untyped-def]
    """Sets bits of the mode of the floating-point unit, or `only` those; the mode before."""
    before = get_mode()
    set_mode(mode if only else before | mode)
    return before


def in_blocks(kind: type[Node], frames: int, **given: Any) -> list[np.ndarray[Any, Any]]:
    """The same piece rendered in blocks of 1, 7, 63 and 64 frames."""
    return [Player(kind, frames, **given).render(block=block) for block in (1, 7, 63, 64)]


def level(signal: np.ndarray[Any, Any], freq: float, rate: float = RATE) -> float:
    """Level in dB of the strongest partial within two bins of `freq`; a full-scale sine is 0 dB."""
    spectrum = spectrum_db(signal)
    place = round(freq * signal.size / rate)
    return float(spectrum[max(place - 2, 0) : place + 3].max())


def spectrum_db(signal: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Levels of all bins in dB, seen through a window whose side lobes are below -140 dB."""
    window = np.kaiser(signal.size, 20.0)
    spectrum = np.abs(np.fft.rfft(signal * window)) * 2.0 / window.sum()
    return 20.0 * np.log10(np.maximum(spectrum, 1e-15))
