"""Snapshots as files: a `.npz` of plain bytes with a description in JSON, written whole or not at all.

Nothing in it can run. Most of a ring buffer is silence, so only the pages that are not all 0 are written.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib import format as npy

from waves.engine.plan.state_registry import RingBuffer
from waves.engine.runtime.snapshot import Snapshot
from waves.problem import Problem, Problems
from waves.whole_file import whole_files

SCHEMA = 2  # names of node types are part of it
PAGE = 4096  # bytes

Array = np.ndarray[Any, Any]


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write the file of a snapshot. Raises OSError, and the file is then as it was."""
    dtypes: dict[str, int] = {}
    states, rings = [], []
    blobs: list[Array] = []
    for key, (kind, values) in snapshot.states.items():
        number = dtypes.setdefault(repr(npy.dtype_to_descr(values.dtype)), len(dtypes))
        states.append([key, kind, number])
        blobs.append(values.view(np.uint8))
    for key, ring in snapshot.rings.items():
        rings.append([key, ring.frames, *map(int, ring.counter)])
        blobs.append(ring.data.view(np.uint8))
    description = {
        "schema": SCHEMA, "about": snapshot.about, "dtypes": list(dtypes), "states": states, "rings": rings
    }  # fmt: skip
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_files([path]) as [beside], beside.open("wb") as file:
        pages, used = _pages_of(np.concatenate([np.zeros(0, np.uint8), *blobs]))
        limiter = snapshot.limiter.view(np.uint8)
        np.savez(file, about=text, pages=pages, used=used, ends=snapshot.ends, limiter=limiter)


def _pages_of(data: Array) -> tuple[Array, Array]:
    """The pages of some bytes that are not all 0, shape (used pages, PAGE), and for each page whether it is one."""
    whole = np.zeros(-(-data.size // PAGE) * PAGE, np.uint8)
    whole[: data.size] = data
    pages = whole.reshape(-1, PAGE)
    used: Array = np.any(pages, axis=1)
    return pages[used], used


def _bytes_of(pages: Array, used: Array) -> Array:
    """The bytes that `_pages_of` was given, and zeros up to the end of the last page."""
    data = np.zeros((used.size, PAGE), np.uint8)
    data[used] = pages
    return data.ravel()


def read_snapshot(path: Path) -> Snapshot:
    """Read the file of a snapshot. Raises Problems when it has another schema, or is not a snapshot."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            description = json.loads(bytes(file["about"]))
            if (schema := description["schema"]) != SCHEMA:
                sentence = f"'{path.name}' is of another version of waves ({schema}, not {SCHEMA}) and is not used"
                raise Problems(Problem(sentence))
            return _snapshot_of(description, file)
    except (OSError, BadZipFile, ValueError, KeyError, TypeError, IndexError, EOFError, SyntaxError) as error:
        raise Problems(Problem(f"'{path.name}' cannot be used as a saved state: {error}")) from None


def _snapshot_of(description: Mapping[str, Any], arrays: Mapping[str, Array]) -> Snapshot:
    dtypes = [npy.descr_to_dtype(ast.literal_eval(text)) for text in description["dtypes"]]
    if any(dtype.hasobject for dtype in dtypes):
        raise ValueError("a state is made of numbers")
    snapshot = Snapshot(about=description["about"])
    data, at = _bytes_of(arrays["pages"], arrays["used"]), 0
    for key, kind, number in description["states"]:
        size = dtypes[number].itemsize
        snapshot.states[key] = (kind, data[at : at + size].copy().view(dtypes[number]))
        at += size
    for key, frames, written, begin in description["rings"]:
        if frames <= 0 or frames & (frames - 1):
            raise ValueError(f"a ring has {frames} frames")
        ring = RingBuffer(frames)
        ring.data[:] = data[at : at + 8 * frames].view(np.float64)
        ring.counter[:] = written, begin
        snapshot.rings[key] = ring
        at += 8 * frames
    snapshot.limiter, snapshot.ends = arrays["limiter"], arrays["ends"]
    return snapshot
