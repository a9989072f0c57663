"""Snapshots as files: a seal, then a `.npz` of plain bytes with a description in JSON, written whole or not at all.

Nothing in it can run. Most of a ring buffer is silence, so only the pages that are not all 0 are written. Sizes and
shapes are checked as they are read; the numbers are checked where they are restored (`engine.runtime.state_checks`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import prod
from tokenize import TokenError  # of the heads of arrays
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import numpy as np

from waves.dsp.limiter import LIMITER
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.state.kept_memory import KeptMemory, NumberBuffer, RingBuffer
from waves.live.kept.owner_key import SEAL, Seal
from waves.live.kept.safe_folder import SafeFolder
from waves.problem import Problem, Problems, reason_of

HEAD = b"waves state 4\n"  # names of node types are part of this schema
MOST_BYTES = 1_000_000_000  # of a file, and of what it holds
MOST_TEXT = 50_000_000  # bytes of its description
PAGE = 4096  # bytes
ARRAYS = ("about", "pages", "used", "ends", "limiter")
NUMBERS = ("<f8", "<i8")
DEEPEST = 40  # records in records
PURPOSE = "state"
ADOPTED = "adopted"  # mark of a state that somebody else wrote first

Array = np.ndarray[Any, Any]


def write_snapshot(folder: SafeFolder, name: str, snapshot: Snapshot, seal: Seal) -> int:
    """Write the file of a snapshot; its size in bytes. Raises OSError, and the file is then as it was."""
    dtypes: dict[str, int] = {}
    states, memories = [], []
    blobs: list[Array] = []
    for key, (kind, values) in snapshot.states.items():
        number = dtypes.setdefault(json.dumps(_described(values.dtype)), len(dtypes))
        states.append([key, kind, number])
        blobs.append(values.view(np.uint8))
    for key, memory in snapshot.memories.items():
        counts = list(map(int, memory.counter)) if isinstance(memory, RingBuffer) else memory.element
        memories.append([key, memory.size, counts])
        blobs.append(memory.data.view(np.uint8))
    description = {
        "about": snapshot.about | ({ADOPTED: True} if snapshot.from_others else {}),
        "dtypes": [json.loads(text) for text in dtypes],
        "states": states,
        "memories": memories,  # of a ring its counts, of a buffer the type of its numbers
    }
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    with folder.replacing(name) as file:
        file.write(HEAD + b"0" * SEAL + b"\n")
        begin = file.tell()
        pages, used = _pages_of(np.concatenate([np.zeros(0, np.uint8), *blobs]))
        limiter = snapshot.limiter.view(np.uint8)
        np.savez(file, about=text, pages=pages, used=used, ends=snapshot.ends, limiter=limiter)
        size = file.seek(0, 2)
        file.seek(begin)
        made = seal.of(PURPOSE, *_chunks(file))
        file.seek(len(HEAD))
        file.write(made.encode())
        return size


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while part := file.read(1 << 20):
        yield part


def _described(dtype: np.dtype[Any]) -> Any:
    """A dtype as plain data: `"<f8"`, `[base, shape]`, or `{"fields": [[name, dtype], …]}`."""
    if dtype.subdtype:
        base, shape = dtype.subdtype
        return [_described(base), list(shape)]
    if dtype.names:
        return {"fields": [[name, _described(dtype[name])] for name in dtype.names]}
    return dtype.str


def _dtype_of(described: Any, depth: int = 0) -> np.dtype[Any]:
    """The dtype of plain data. Raises ValueError for anything but records of whole numbers and floats."""
    if depth > DEEPEST:
        raise ValueError("records in records without end")
    if isinstance(described, str) and described in NUMBERS:
        return np.dtype(described)
    if isinstance(described, list) and len(described) == 2:
        base, shape = _dtype_of(described[0], depth + 1), described[1]
        if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
            raise ValueError("an array of so many dimensions")
        if not all(type(size) is int and 0 < size <= MOST_BYTES for size in shape):
            raise ValueError("an array of this size")
        if base.itemsize * prod(shape) > MOST_BYTES:
            raise ValueError("an array of this size")
        return np.dtype((base, tuple(shape)))
    if isinstance(described, dict) and isinstance(described.get("fields"), list):
        fields = [(str(name), _dtype_of(inner, depth + 1)) for name, inner in described["fields"]]
        if sum(inner.itemsize for _, inner in fields) > MOST_BYTES or not fields:
            raise ValueError("a record of this size")
        return np.dtype(fields)
    raise ValueError("a state is made of numbers")


def _pages_of(data: Array) -> tuple[Array, Array]:
    """The pages of some bytes that are not all 0, shape (used pages, PAGE), and for each page whether it is one."""
    whole = np.zeros(-(-data.size // PAGE) * PAGE, np.uint8)
    whole[: data.size] = data
    pages = whole.reshape(-1, PAGE)
    used: Array = np.any(pages, axis=1)
    return pages[used], used


def _bytes_of(pages: Array, used: Array) -> Array:
    """The bytes that `_pages_of` was given, and zeros up to the end of the last page. Raises ValueError."""
    if used.dtype != np.bool_ or used.ndim != 1 or used.size * PAGE > MOST_BYTES:
        raise ValueError("its pages cannot be counted")
    if pages.dtype != np.uint8 or pages.shape != (int(used.sum()), PAGE):
        raise ValueError("its pages are not whole")
    data = np.zeros((used.size, PAGE), np.uint8)
    data[used] = pages
    return data.ravel()


def read_snapshot(folder: SafeFolder, name: str, seal: Seal | None) -> Snapshot:
    """Read the file of a snapshot; without a `seal` it is somebody else's.

    Raises Problems when it is damaged, not under this seal, of another schema, too large, or not a snapshot.
    """
    try:
        with folder.reading(name, MOST_BYTES) as file:
            if file.read(len(HEAD)) != HEAD:
                raise ValueError("it is not the state of a session, or of an earlier version of waves")
            said = file.read(SEAL + 1)[:SEAL]
            begin = file.tell()
            if seal and not seal.fits(said.decode("ascii", "replace"), PURPOSE, *_chunks(file)):
                raise ValueError("it is damaged")
            file.seek(begin)
            snapshot = _snapshot_in(file)
            snapshot.from_others = seal is None or bool(snapshot.about.get(ADOPTED))
            return snapshot
    except (OSError, BadZipFile, ValueError, KeyError, TypeError, IndexError, EOFError, SyntaxError) as error:
        reason = reason_of(error)
        raise Problems(Problem(f"'{name}' cannot be used as a saved state: {reason}")) from None
    except (TokenError, RecursionError, OverflowError, NotImplementedError, RuntimeError, MemoryError):
        raise Problems(Problem(f"'{name}' cannot be used as a saved state: it is not one")) from None


def _snapshot_in(file: BinaryIO) -> Snapshot:
    with ZipFile(file) as archive:
        entries = archive.infolist()
        if sorted(entry.filename for entry in entries) != sorted(f"{name}.npy" for name in ARRAYS):
            raise ValueError("it does not hold what a state holds")
        if sum(entry.file_size for entry in entries) > MOST_BYTES or any(entry.compress_type for entry in entries):
            raise ValueError("it is too large")
        if archive.getinfo("about.npy").file_size > MOST_TEXT:
            raise ValueError("it is too large")
    file.seek(len(HEAD) + SEAL + 1)
    with np.load(file, allow_pickle=False) as arrays:
        return _snapshot_of(json.loads(bytes(arrays["about"])), {name: arrays[name] for name in ARRAYS})


def _snapshot_of(description: Mapping[str, Any], arrays: Mapping[str, Array]) -> Snapshot:
    dtypes = [_dtype_of(described) for described in description["dtypes"]]
    if any(dtype.names is None for dtype in dtypes):
        raise ValueError("a state is a record")
    if not isinstance(description["about"], dict):
        raise ValueError("it says nothing about itself")
    snapshot = Snapshot(about=description["about"], from_file=True)
    data, at = _bytes_of(arrays["pages"], arrays["used"]), 0
    for key, kind, number in description["states"]:
        dtype = dtypes[number]
        if not isinstance(key, str) or not isinstance(kind, str) or at + dtype.itemsize > data.size:
            raise ValueError("its states are not whole")
        snapshot.states[key] = (kind, data[at : at + dtype.itemsize].copy().view(dtype))
        at += dtype.itemsize
    for key, size, counts in description["memories"]:
        if not isinstance(key, str) or type(size) is not int or not 0 < size <= (data.size - at) // 8:
            raise ValueError("its memories are not whole")
        memory = _memory_of(size, counts)
        memory.data[:] = data[at : at + 8 * size].view(memory.data.dtype)
        snapshot.memories[key] = memory
        at += 8 * size
    limiter, snapshot.ends = arrays["limiter"], arrays["ends"]
    if limiter.dtype != np.uint8 or limiter.ndim != 1 or limiter.size not in (0, LIMITER.itemsize):
        raise ValueError("its limiter is not whole")
    snapshot.limiter = limiter
    return snapshot


def _memory_of(size: int, counts: Any) -> KeptMemory:
    """An empty memory of so many numbers; `counts` are those of a ring, or the type of the numbers of a buffer."""
    if counts in ("f8", "i8"):
        buffer = NumberBuffer(size, counts)
        buffer.pages[:] = 1
        return buffer
    if size & (size - 1):
        raise ValueError(f"a ring has {size} frames")
    ring = RingBuffer(size)
    written, begin = counts
    ring.counter[:] = written, begin
    return ring
