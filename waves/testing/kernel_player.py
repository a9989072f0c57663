"""Plays the kernel of one node on arrays, block by block: as plain Python, or as machine code as in the engine."""

from __future__ import annotations

import atexit
import ctypes
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler, request
from waves.engine.compiler.compiler_worker import compile_request
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.engine.compiler.single_row import SingleRow, outputs_by_name
from waves.node import BLOCK, GRID, Channels, DataFile, File, Node, Shared, Signal, Signals
from waves.node_types.library import signature
from waves.node_types.library.machine_types import Buffer, PythonCall, PythonState, Ring
from waves.node_types.library.preparation import KnownParameters, fresh_memories, memory_needs, prepared_arrays
from waves.node_types.started_notes import StartedNotes
from waves.testing.memories import begin_memory, copy_memory

RATE = 44100.0  # Hz
ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)

Array = np.ndarray[Any, Any]


class KernelError(RuntimeError):
    """The machine code of a kernel has raised: an index is outside, or Python would raise there too."""


class Player:
    """One node by itself, with its state and its memory. Any thread, one at a time.

    `given` are its parameters by name: numbers or arrays of shape (frames,) for a `Signal`, lists of them for
    `Signals` and `Channels`, a list of float32 arrays of shape (channels, frames) for a `File` (`file_pitches`: Hz of
    each), an array of shape (columns, rows) for a `DataFile`, a list of numbers for `Numbers`, numbers and words for
    the rest; a parameter that is not given has its default. A `Shared` gets a ring of its own; given the ring of
    another player, `other.memories["name"]`, both share it.

    - `compiled`: machine code as in the engine, instead of plain Python. What is not in the cache is compiled.
    - `constant`: inputs that the compiled variant takes as one number.
    - `arrays`: prepared arrays by name, each of one channel, in place of what `prepare` gives.
    - `channel`: the channel whose rows of prepared arrays it plays.
    - `rate`, `sample_rate`: frames per second. `seed`: the number by which the node differs from others. `first`: the
      frames of the piece before it. `live`: the channels of the live input. A parameter of such a name comes first.

    Raises TypeError for a parameter that the node does not have, ValueError as `prepare` and `lengths` do.
    """

    def __init__(
        self,
        kind: type[Node],
        frames: int,
        /,
        *,
        compiled: bool = False,
        constant: Sequence[str] = (),
        arrays: Mapping[str, Any] | None = None,
        channel: Any = None,
        rate: Any = None,
        sample_rate: Any = None,
        seed: Any = None,
        first: Any = None,
        live: Any = None,
        **given: Any,
    ):
        self.kind, self.frames, self.constant, self.compiled = kind, frames, frozenset(constant), compiled
        options = {"channel": channel, "seed": seed, "first": first, "live": live}
        options |= (rates := {"sample_rate": sample_rate, "rate": rate})
        self._made = {"compiled": compiled, "constant": constant, "arrays": arrays, **options, **given}
        given |= {name: options[name] for name in options.keys() & kind.model_fields if options[name] is not None}
        self.rate = float(next((rates[name] for name in rates.keys() - kind.model_fields if rates[name]), RATE))
        values = {name: given.pop(name, _default(kind, name)) for name in kind.model_fields}
        known = {f"{name}_pitches": given.pop(f"{name}_pitches", []) for name in signature.parameter_names(kind, File)}
        if given:
            raise TypeError(f"{kind.__name__} has no parameter {', '.join(given)}")
        if "seed" in kind.model_fields and seed is None:
            values["seed"] = 1
        self.settings = KnownParameters(**known, **{name: _constant(kind, name, one) for name, one in values.items()})
        self.memories = self._fresh_memories(values)
        if arrays is None:
            arrays = prepared_arrays(kind, self.settings, self.rate) if kind.arrays else {}
        row = int(channel or 0) if "channel" not in kind.model_fields else 0
        rows = {name: array[row] if np.ndim(array) == 2 else array for name, array in arrays.items()}
        prepared = {name: np.ascontiguousarray(array, kind.arrays[name]) for name, array in rows.items()}
        for name in signature.parameter_names(kind, Signal):
            values[name] = self._signal(values[name])
        for name in signature.parameter_names(kind, Signals, Channels):
            values[name] = [self._signal(one) for one in _several(values[name])]
        self.record = signature.state_default(kind)
        """The state: an array of one record."""
        wide = len(values[kind.channels]) if isinstance(kind.channels, str) else 1
        self.outputs = np.zeros((signature.output_count(kind, wide), frames))
        """The sound so far: float64 of shape (outputs, frames)."""
        self.notes: list[tuple[int, int, tuple[float, ...]]] = []
        """The notes that the kernel has started so far: the frame, the length in frames and the values of each."""
        self._started = StartedNotes(len(kind.note_values), frames)
        self.at, self.ended = 0, False
        self._scratch = np.zeros(BLOCK * max(kind.scratch, 1))
        self._clock = int(first or 0) if "first" not in kind.model_fields else 0
        ears = [self._signal(one) for one in (live or (0.0, 0.0))] if "live" not in kind.model_fields else []
        rest = {"rate": self.rate, "sample_rate": self.rate, "seed": 1 if seed is None else seed, "live": ears}
        self._given: dict[str, Any] = {**rest, **values, **prepared, **self.memories}
        self._takes_start = "start" in signature.argument_names(kind) and "start" not in kind.model_fields
        self._starts_notes = signature.starts_notes(kind)
        self._words_of: tuple[int, int, Any] = (-1, 0, None)  # first frame, address, what lives at it
        self._calculate: Callable[[int, int], Any] = self._compiled() if compiled else self._python()

    @property
    def state(self) -> Any:
        """The fields of the state as attributes."""
        return PythonState(self.record)

    @property
    def memory_bytes(self) -> int:
        """Bytes of its rings and buffers."""
        return sum(int(one.data.nbytes) for memory in self.memories.values() for one in _list(memory))

    @property
    def array_bytes(self) -> int:
        """Bytes of its prepared arrays, of this channel."""
        return sum(int(self._given[name].nbytes) for name in self.kind.arrays)

    def render(self, frames: int | None = None, block: int = BLOCK) -> Array:
        """The next frames, all that are left if `frames` is None; silence from the block on after its end.

        `block` is the largest number of frames in one call of the kernel; no call reaches beyond the engine's block
        of 64. The result has one row if the node has one output, else one row for each output. Raises KernelError, and
        as Python whatever the kernel raises.
        """
        first = self.at
        last = self.frames if frames is None else min(self.at + frames, self.frames)
        while self.at < last and not self.ended:
            count = min(block, last - self.at, BLOCK - self.at % BLOCK)
            self._scratch.fill(1e3 + self.at)  # nothing in it outlasts a call
            self.ended = bool(self._calculate(self.at, count))
            if self._starts_notes:
                begun = self._started.started
                self.notes += [(self.at + int(i), int(length), tuple(values)) for i, length, *values in begun]
            self.at += count
        self.at = last
        result = self.outputs[:, first:last]
        return result[0] if len(result) == 1 else result

    def continued(self, kind: type[Node] | None = None, /, **changed: Any) -> Player:
        """A player of the same node that goes on from here in memory of its own, as after a save.

        `kind` is its type as the file is now, which keeps the fields of the state by name. `changed` are the parameters
        and options that are other ones from here on; after another setting the node's `adopted` has seen the state.
        """
        other = Player(kind or self.kind, self.frames, **{**self._made, **changed})
        other.at, other.ended = self.at, self.ended
        known = dict(self.record.dtype.fields or {})
        for name, (form, *_) in dict(other.record.dtype.fields or {}).items():
            if name in known and known[name][0] == form:
                other.record[name] = self.record[name]
        for name, memory in self.memories.items():
            several = isinstance(memory, list)
            for old, new in zip(_list(memory), _list(other.memories[name]), strict=not several):
                if old is not new:
                    copy_memory(old, new)
        if vars(other.settings).keys() & changed.keys():
            fields = SimpleNamespace(**{name: self.record[name][0].copy() for name in self.record.dtype.names or ()})
            self.kind.adopted(fields, self.settings, other.settings)
            for name, value in vars(fields).items():
                other.record[name] = value
        return other

    def begin_note(self) -> None:
        """Begins anew in the same memory, as a voice does with its next note. A ring that nodes share is kept."""
        self.record[:] = signature.state_default(self.kind)
        self.outputs[:] = 0.0
        self.notes.clear()
        self.at, self.ended = 0, False
        for name, memory in self.memories.items():
            if name not in signature.parameter_names(self.kind, Shared):
                for one in _list(memory):
                    begin_memory(one)

    def use(self, address: int) -> None:
        """Calls the machine code at an address from now on, in place of what the cache has."""
        entry = ENTRY(address)

        def call(start: int, count: int) -> int:
            first = self._first_of(start)
            status = int(entry(self._words(first), start - first, count))
            if status < 0:
                raise KernelError(f"the kernel of {self.kind.__name__.lower()} raises an exception")
            return status

        self._calculate = call

    def _signal(self, value: Any) -> Array:
        signal = np.asarray(math.nan if value is None else value, float)
        if signal.ndim and signal.shape != (self.frames,):
            raise ValueError(f"a signal has one number or {self.frames}, this one has the shape {signal.shape}")
        return np.ascontiguousarray(np.broadcast_to(signal, self.frames))

    def _fresh_memories(self, values: dict[str, Any]) -> dict[str, Any]:
        """Rings and buffers by name; those that are shared with another player are its own."""
        channels = {name: len(_several(values[name])) for name in signature.parameter_names(self.kind, Channels)}
        memories: dict[str, Any] = fresh_memories(memory_needs(self.kind, self.settings, self.rate, channels))
        for name in signature.parameter_names(self.kind, Shared):
            if isinstance(shared := values.pop(name), Ring | Buffer):
                memories[name] = shared
        return memories

    def _row(self, first: int, last: int) -> SingleRow:
        """The row for the frames from `first` to `last`."""

        def cut(value: Any) -> Any:
            if isinstance(value, list):
                return [cut(one) if isinstance(one, np.ndarray) else one for one in value]
            return value[first:last] if isinstance(value, np.ndarray) else value

        names = signature.parameter_names(self.kind, Signal, Signals, Channels)
        signals = {name: cut(self._given[name]) for name in (*names, "live") if name in self._given}
        given = {**self._given, **signals, **outputs_by_name(self.kind, self.outputs[:, first:last])}
        clock = np.array([self._clock + first], np.int64)
        memory = {"record": self.record, "scratch": self._scratch, "frame number": clock, "notes": self._started}
        return SingleRow(self.kind, given, memory)

    def _python(self) -> Callable[[int, int], Any]:
        row = self._row(0, self.frames)

        def call(start: int, count: int) -> Any:
            with np.errstate(all="ignore"):
                return self.kind.render(*row.python(PythonCall(start, count)))  # type: ignore[attr-defined]

        return call

    def make_words(self) -> None:
        """Makes the words of the next call of machine code ahead, so that its time is that of the kernel."""
        if self.at < self.frames:
            self._words(self._first_of(self.at))

    def _first_of(self, at: int) -> int:
        """The frame with which the blocks of the row begin that plays a frame; `start` is its place in the engine's."""
        return at - at % BLOCK if self._takes_start else 0

    def _words(self, first: int) -> int:
        """The address of the words of a row whose blocks begin with a frame."""
        if self._words_of[0] != first:
            row = self._row(first, self.frames)
            words = row.words()
            self._words_of = first, words.ctypes.data, (row, words)
        return self._words_of[1]

    def _compiled(self) -> Callable[[int, int], Any]:
        kernel = NodeKernel(self.kind, self.constant)
        if kernel_cache.missing([kernel]):
            if kernel.untrusted:
                _compiler().compile([kernel])
            else:
                compile_request(request(kernel))
        self.use(kernel_cache.address(kernel))
        return self._calculate


@cache
def _compiler() -> Compiler:
    """The processes that compile and try node files that do not come with waves."""
    compiler = Compiler()
    atexit.register(compiler.close)
    return compiler


def compiled_here(kind: type[Node], constant: frozenset[str], checked: bool) -> Any:
    """A variant of a kernel, compiled in this process and kept nowhere; its `address` lives as long as the result.

    The code runs here without a trial.
    """
    from waves.engine.compiler.numba_target.target import for_machine_code
    from waves.engine.native.entry import entry

    with for_machine_code():
        compiled = entry(kind, constant, "compiled_here", checked)
    assert compiled.address
    return compiled


def in_blocks(kind: type[Node], frames: int, /, **given: Any) -> list[Array]:
    """The same node played in blocks of several sizes: of 1, 7, 63 and 64 frames.

    A node with slow values is cut at its steps only: blocks of 16, 32, 48 and 64. `given` as for `Player`.
    """
    return [Player(kind, frames, **given).render(block=block) for block in sizes_of_blocks(kind)]


def sizes_of_blocks(kind: type[Node]) -> tuple[int, ...]:
    """The sizes of blocks, in frames, in which a node must play the same."""
    return (GRID, 2 * GRID, 3 * GRID, BLOCK) if kind.slow else (1, 7, 63, BLOCK)


def _default(kind: type[Node], name: str) -> Any:
    info = kind.model_fields[name]
    if not info.is_required() and info.default is not None:
        return info.default
    return math.nan if signature.annotation(kind, name) in (Signal, Signals, Channels) else None


def _constant(kind: type[Node], name: str, value: Any) -> Any:
    """A parameter as `prepare` and `lengths` see it: a signal that moves, or is not written, is None."""
    if signature.annotation(kind, name) is File and isinstance(value, list | tuple):
        return [np.atleast_2d(np.asarray(file, np.float32)) for file in value]
    if signature.annotation(kind, name) is DataFile and value is not None:
        return np.atleast_2d(np.asarray(value, np.float64))
    if signature.annotation(kind, name) is not Signal:
        return value
    return None if value is None or np.ndim(value) or value != value else float(value)


def is_several(value: Any) -> bool:
    """Whether a value is that of several signals: a list, or an array of shape (signals, frames)."""
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 2)


def _several(value: Any) -> Sequence[Any]:
    """The signals of a `Signals` or a `Channels`; one signal is the only one."""
    return value if is_several(value) else [value]


def _list(memory: Any) -> list[Any]:
    return memory if isinstance(memory, list) else [memory]
