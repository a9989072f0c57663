"""Copies of what the nodes remember, taken between two blocks, and their files.

The rings are copied ahead; the callback copies the records, and of the rings what was written meanwhile, as it does
for a commit. A file is a `.npz` of plain bytes with a description in JSON: nothing in it can run.
"""

from __future__ import annotations

import ast
import ctypes
import json
import os
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib import format as npy

from waves.engine import Engine
from waves.graph import Graph
from waves.layout import COPY, COPY_BYTES, COPY_RING, PLAN
from waves.plan import Plan
from waves.pools import carry
from waves.problem import Problem, Problems
from waves.registry import Memory, Record, Registry, address_of

SCHEMA = 1  # of the file
RING_BYTES = 16e6  # longer rings are copied only while nothing plays
RECORD_BYTES = 4e6  # of records in all that the callback copies at once: half a millisecond
PATIENCE = 1.0  # seconds for the callback to take a copy
LOOK = 0.001  # seconds between two looks

Array = np.ndarray[Any, Any]


@dataclass(eq=False, slots=True)
class Snapshot:
    """States by key with the name of their kind, rings by key; `about` is plain data that is kept with them."""

    states: dict[str, tuple[str, Array]] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    limiter: Array = field(default_factory=lambda: np.zeros(0, np.uint8))
    about: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0  # records and rings that were too large
    entries: list[tuple[int, ...]] = field(default_factory=list)
    of: Any = None  # what it is copied from, as long as the callback may

    @property
    def bytes(self) -> int:
        arrays = [array for _, array in self.states.values()] + [one.data for one in self.memories.values()]
        return sum(array.nbytes for array in arrays)

    def part(self, keys: Container[str]) -> Snapshot:
        """Only some of the keys."""
        states = {key: one for key, one in self.states.items() if key in keys}
        memories = {key: one for key, one in self.memories.items() if key in keys}
        return Snapshot(states, memories, about=self.about)

    def lend(self, registry: Registry, playing: Plan | None, graph: Graph) -> Snapshot:
        """Park what nodes of the graph that do not play remembered, so that they go on from there; what was parked."""
        living = {*playing.states, *playing.memories} if playing else set()
        returning = [row for row in graph.rows.values() if row.state not in living]
        part = self.part({name for row in returning for name in (row.state, row.memory)} - living)
        for row in returning:
            kind, values = part.states.get(row.state, ("", None))
            record = Record(row.kind)
            if values is not None and kind == row.kind.__name__ and values.dtype == record.values.dtype:
                record.values[:] = values
                registry.parked[row.state] = record
        for key, memory in part.memories.items():
            registry.parked.setdefault(key, None)
            registry.parked_memories[key] = memory.copied(memory.frames)[0]
        return part

    def restore(self, plan: Plan) -> int:
        """Write the states into a plan that does not play yet, by name where a kind has other fields; how many."""
        count = 0
        for key, record in plan.states.items():
            kind, values = self.states.get(key, ("", record.values))
            if kind == record.kind.__name__:
                count += 1
                for source, target, size in carry(
                    values.dtype, record.values.dtype, address_of(values), record.address
                ):
                    ctypes.memmove(target, source, size)
        for key, memory in plan.memories.items():
            if saved := self.memories.get(key):
                memory.data[:] = saved.copied(memory.frames)[0].data
                memory.counter[:] = saved.counter
        return count


def prepared(plan: Plan, wanted: Callable[[Record], bool] = lambda record: True) -> Snapshot:
    """A snapshot whose entries the callback still has to copy: its rings are copied ahead."""
    made = Snapshot(of=plan)
    total = 0
    for key, record in plan.states.items():
        if not wanted(record):
            continue
        total += record.values.nbytes
        if total > RECORD_BYTES:
            total -= record.values.nbytes
            made.left_out += 1
            continue
        copy = record.values.copy()
        made.states[key] = (record.kind.__name__, copy)
        made.entries.append(_bytes(record.values, copy))
    for key, memory in plan.memories.items():
        if memory.data.nbytes > RING_BYTES:
            made.left_out += 1
            continue
        ring, seen = memory.copied(memory.frames)
        made.memories[key] = ring
        ends = (memory.mask, address_of(memory.counter), ring.mask, address_of(ring.counter))
        made.entries.append((COPY_RING, address_of(memory.data), address_of(ring.data), 0, *ends, seen))
    return made


def _bytes(source: Array, target: Array) -> tuple[int, ...]:
    return (COPY_BYTES, address_of(source), address_of(target), source.nbytes, 0, 0, 0, 0, 0)


def with_copies(plan: Plan, snapshot: Snapshot) -> None:
    """Let the commit of a plan copy what plays until then. Before the plan is offered."""
    more = np.array(snapshot.entries, np.int64).reshape(-1, len(COPY))
    plan.copies = np.concatenate([plan.copies, more])
    plan.header[PLAN.index("copies")] = address_of(plan.copies)
    plan.header[PLAN.index("copies_count")] = len(plan.copies)


def take(engine: Engine, ended: Callable[[], bool] = lambda: False) -> Snapshot | None:
    """What plays, with the limiter and the clock, as it is between two blocks; None while nothing can be taken.

    The callback copies at most 4 MB of records; what it lets pass in a pause or on a device that is away comes later.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not ended():
        plan, taken = engine.playing, int(engine.mail["taken"])
        if plan is None or engine.fading or engine.mail["snapshot"]:
            time.sleep(LOOK)
            continue
        made = prepared(plan)
        parts = {name: source.copy() for name, source in engine.parts.items()}
        made.entries += [_bytes(source, parts[name]) for name, source in engine.parts.items()]
        engine.copy(np.array(made.entries, np.int64), (made, parts))
        while engine.mail["snapshot"] and time.monotonic() < deadline:
            time.sleep(LOOK)
        if not engine.mail["snapshot"] and engine.mail["taken"] == taken:
            return _with_engine(made, parts)
    return None


def still(engine: Engine) -> Snapshot | None:
    """What plays, all of it, while no device runs."""
    plan = engine.playing
    if plan is None:
        return None
    made = Snapshot()
    made.states = {key: (one.kind.__name__, one.values.copy()) for key, one in plan.states.items()}
    made.memories = {key: one.copied(one.frames)[0] for key, one in plan.memories.items()}
    return _with_engine(made, {name: source.copy() for name, source in engine.parts.items()})


def _with_engine(made: Snapshot, parts: Mapping[str, Array]) -> Snapshot:
    mail = parts["mail"][0]
    made.limiter = parts["limiter"]
    made.about |= {"clock": int(mail["clock"]), "level": float(mail["level"]), "written": int(mail["ring_written"])}
    made.of = None
    return made


def write(path: Path, snapshot: Snapshot) -> None:
    """The file, written whole or not at all. Raises OSError."""
    dtypes: dict[str, int] = {}
    states, rings = [], []
    blobs: list[Array] = []
    for key, (kind, values) in snapshot.states.items():
        number = dtypes.setdefault(repr(npy.dtype_to_descr(values.dtype)), len(dtypes))
        states.append([key, kind, number])
        blobs.append(values.view(np.uint8))
    for key, memory in snapshot.memories.items():
        rings.append([key, memory.frames, *map(int, memory.counter)])
    about = {
        "schema": SCHEMA, "about": snapshot.about, "dtypes": list(dtypes), "states": states, "rings": rings
    }  # fmt: skip
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("wb") as file:
            np.savez(
                file,
                about=text,
                states=np.concatenate([np.zeros(0, np.uint8), *blobs]),
                rings=np.concatenate([np.zeros(0), *(one.data for one in snapshot.memories.values())]),
                limiter=snapshot.limiter.view(np.uint8),
            )
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read(path: Path) -> Snapshot:
    """A snapshot from its file; raises Problems when it is of another version, or no snapshot."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            if about["schema"] != SCHEMA:
                sentence = f"'{path.name}' is of another version of waves ({about['schema']}, not {SCHEMA}) and is not used"
                raise Problems(Problem(sentence))
            return _filled(about, {name: file[name] for name in file.files if name != "about"})
    except (OSError, BadZipFile, ValueError, KeyError, TypeError, IndexError, EOFError, SyntaxError) as error:
        raise Problems(Problem(f"'{path.name}' cannot be used as a saved state: {error}")) from None


def _filled(about: Mapping[str, Any], arrays: Mapping[str, Array]) -> Snapshot:
    dtypes = [npy.descr_to_dtype(ast.literal_eval(text)) for text in about["dtypes"]]
    if any(dtype.hasobject for dtype in dtypes):
        raise ValueError("a state is made of numbers")
    made = Snapshot(about=about["about"])
    at = 0
    for key, kind, number in about["states"]:
        size = dtypes[number].itemsize
        made.states[key] = (kind, arrays["states"][at : at + size].copy().view(dtypes[number]))
        at += size
    at = 0
    for key, frames, written, begin in about["rings"]:
        if frames <= 0 or frames & (frames - 1):
            raise ValueError(f"a ring has {frames} frames")
        memory = Memory(frames)
        memory.data[:] = arrays["rings"][at : at + frames]
        memory.counter[:] = written, begin
        made.memories[key] = memory
        at += frames
    made.limiter = arrays["limiter"]
    return made
