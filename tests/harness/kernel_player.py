"""Runs a node's kernel on arrays, block by block: as plain Python, or as machine code as in the engine."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np

from tests.harness.paths import NODES
from waves.abi import ROW
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import request
from waves.engine.compiler.compiler_worker import compile_request
from waves.node import BLOCK, Node, Ring
from waves.node_types.library import library
from waves.node_types.library.signature import arguments, state_default

RATE = 44100.0
ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)


def node(name: str) -> type[Node]:
    """The node type of a file in `nodes/`."""
    package = library.open_folder(NODES, library.SHIPPED)
    return library.load_node(library.node_files(NODES)[name], package)


class Clamped:
    """A prepared array, or a list of signals, as an uncompiled kernel sees it."""

    def __init__(self, items: Any):
        self.items, self.size = items, len(items)

    def __getitem__(self, index: int) -> Any:
        return self.items[min(max(index, 0), self.size - 1)]


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
        memory: float = 0.0,
        rate: float = RATE,
        seed: int = 1,
        first: int = 0,
        **given: Any,
    ):
        self.kind, self.frames, self.rate, self.seed = kind, frames, rate, seed
        self.first = np.array([first], np.int64)
        self.arrays, self.constant = arrays or {}, frozenset(constant)
        self.given = {name: given.pop(name, self._default(info)) for name, info in kind.model_fields.items()}
        assert not given, f"{kind.__name__} has no parameter {', '.join(given)}"
        if "seed" in kind.model_fields:
            self.given["seed"] = seed
        self.record = state_default(kind)
        self.ring = Ring(max(int(memory * rate), 2))
        self.counter = np.zeros(2, np.int64)
        self.outputs = np.zeros((len(kind.outputs), frames))
        self.work = np.zeros(BLOCK * max(getattr(kind, "scratch", 0), 1))
        self.at, self.ended = 0, False
        self.values = {a.name: self._value(a.name, a.kind, a.type) for a in arguments(kind)}
        self.call = self._compiled() if compiled else self._plain

    @property
    def state(self) -> Any:
        return self.record.view(np.recarray)[0]

    @staticmethod
    def _default(info: Any) -> Any:
        return math.nan if info.is_required() or info.default is None else info.default

    def _signal(self, value: Any) -> np.ndarray[Any, Any]:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, float), self.frames))

    def _value(self, name: str, kind: str, type_: str) -> Any:
        value = self.given.get(name)
        if kind == "signal":
            return self._signal(value)
        if kind == "list":
            return [self._signal(one) for one in (value if isinstance(value, list | tuple) else [value])]
        if kind == "number":
            annotation = self.kind.model_fields[name].annotation
            words = getattr(annotation, "__args__", ())
            value = words.index(value) if isinstance(value, str) else value
            return float(value) if type_ == "f8" else int(value)
        if kind == "array":
            return np.ascontiguousarray(self.arrays[name], type_)
        return {"rate": self.rate, "seed": self.seed, "work": self.work}.get(kind)

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

    def _plain(self, start: int, count: int) -> Any:
        part = slice(start, start + count)
        values: dict[str, Any] = {}
        for a in arguments(self.kind):
            value = self.values[a.name]
            if a.kind == "out":
                value = self.outputs[self.kind.outputs.index(a.name), part]
            elif a.kind == "signal":
                value = value[part]
            elif a.kind == "list":
                value = Clamped([one[part] for one in value])
            elif a.kind == "array":
                value = Clamped(value)
            elif a.kind == "state":
                value = self.state
            elif a.kind == "memory":
                value = self.ring
            elif a.kind == "start":
                value = start % BLOCK
            elif a.kind == "clock":
                value = int(self.first[0]) + start
            values[a.name] = value
        with np.errstate(all="ignore"):
            return self.kind.render(**values)  # type: ignore[attr-defined]

    def _compiled(self) -> Any:
        kernel = kernel_cache.Kernel(self.kind, self.constant)
        if kernel_cache.missing([kernel]):
            compile_request(request(kernel))
        entry = ENTRY(kernel_cache.address(kernel))
        row = np.zeros(len(ROW) + 64, np.int64)
        self.keep: list[Any] = [row]
        for a in arguments(self.kind):
            for k, word in enumerate(self._words(a.name, a.kind)):
                row[a.word + k : a.word + k + 1].view(word.dtype)[0] = word

        def call(start: int, count: int) -> int:
            status = entry(row.ctypes.data, start, count)
            assert status >= 0, "the kernel raised"
            return int(status)

        return call

    def _words(self, name: str, kind: str) -> list[Any]:
        value = self.values[name]
        if kind == "out":
            return [np.int64(self.outputs[self.kind.outputs.index(name)].ctypes.data)]
        if kind == "list":
            table = np.array([one.ctypes.data for one in value] or [0], np.int64)
            self.keep.append(table)
            return [np.int64(table.ctypes.data), np.int64(len(value))]
        if kind == "array":
            return [np.int64(value.ctypes.data), np.int64(value.size)]
        if kind == "state":
            return [np.int64(self.record.ctypes.data)]
        if kind == "memory":
            ring = self.ring
            return [np.int64(a) for a in (ring.data.ctypes.data, ring.size - 1, self.counter.ctypes.data)]
        if kind == "start":
            return []
        if kind == "clock":
            return [np.int64(self.first.ctypes.data)]
        if isinstance(value, np.ndarray):
            return [np.int64(value.ctypes.data)]
        return [np.float64(value) if isinstance(value, float) else np.int64(value)]


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
